"""Words as they come in one by one: by the API, by a link in a message, by an answer to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.documents import Topic
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput, NotFound
from crm_graphql.core.paging import Row
from crm_graphql.core.texts import is_storable
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import CustomerDraft
from crm_graphql.customers.heard import write_words
from crm_graphql.customers.queries import CustomerReference, find_whole
from crm_graphql.customers.words import ConsentStatus, Place, Word
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact

API = "api"
SOURCE_CHARACTERS = 100


With = Callable[[Row, AsyncClientSession], Awaitable[None]]
"""What else is written of a customer, in the transaction of their words."""


async def nothing_else(_customer: Row, _session: AsyncClientSession) -> None:
    """Words alone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose just now, of a topic's document and a channel."""

    topic: Row
    channel: Channel
    status: ConsentStatus


async def set_consent(
    actor: Actor,
    customer: CustomerReference,
    topic_id: ObjectId,
    channel: Channel,
    status: ConsentStatus,
    source: str | None,
    *,
    transact: Transact,
) -> Row:
    """Note what a customer said just now; the customer as it then is. Requires CONSENTS_WRITE.

    In force when this returns: of what is queued, nothing is claimed any more that the customer said no to.
    Raises NotFound at `customer` or `topicId`, InvalidInput at `source`.
    """
    actor.require(Permission.CONSENTS_WRITE)
    heard_from = (source or "").strip() or API
    if len(heard_from) > SOURCE_CHARACTERS or not is_storable(heard_from):
        raise InvalidInput(f"A source is a text of at most {SOURCE_CHARACTERS} characters.", path=("source",))
    topic = await Topic.get_pymongo_collection().find_one({"_id": topic_id, "deleted_at": None})
    if topic is None:
        raise NotFound("There is no such topic; it may have been deleted.", path=("topicId",))
    row = await say(customer, [Choice(topic, channel, status)], source=heard_from, transact=transact)
    if row is None:
        raise NotFound("There is no such customer.", path=("customer",))
    return row


async def say(
    who: CustomerReference,
    choices: Sequence[Choice],
    *,
    source: str,
    transact: Transact,
    also: With = nothing_else,
) -> Row | None:
    """Note choices of the customer whom the reference means, in one transaction, as of now by the database's
    clock, and with them what is `also` to be written. The customer as it then is; None when there is none."""

    async def work(session: AsyncClientSession) -> Row | None:
        customers = Customer.get_pymongo_collection()
        customer = await find_whole(who, session=session)
        if customer is None:
            return None
        now = await database_now()
        draft = CustomerDraft(customer, is_new=False)
        draft.hear(
            Word(Place(one.topic["_id"], one.topic["slug"], one.channel), one.status, now, source)
            for one in choices
        )
        draft.settle(now)
        if draft.dirty:
            await customers.bulk_write([draft.update()], session=session)
        await write_words({customer["_id"]: draft.heard}, now, session)
        await also(draft.customer, session)
        return draft.customer

    return await transact(work)
