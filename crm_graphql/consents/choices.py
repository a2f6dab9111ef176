"""Choices of the person who follows a link in a message: to leave, to see what they get, to change it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.addresses import compared
from crm_graphql.consents.documents import Suppression, SuppressionReason, Topic
from crm_graphql.consents.links import Link
from crm_graphql.consents.queries import list_topics, suppressions_of
from crm_graphql.consents.saying import Choice, With, nothing_else, say
from crm_graphql.consents.suppress import NewSuppression, lift, store
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.customers.merged import FORMER_FIELD
from crm_graphql.customers.queries import CustomerReference, find_customer
from crm_graphql.customers.words import ConsentStatus, by_place, may_write
from crm_graphql.mongo.transactions import Transact

ONE_CLICK = "one-click"
PAGE = "preference page"

Chosen = tuple[str, Channel]
"""A topic's slug, and a channel."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person can choose: topics by name, the channels that reach them, and what they get now."""

    topics: Sequence[Row]
    channels: Sequence[Channel]
    chosen: frozenset[Chosen]


async def leave(link: Link, *, transact: Transact, clock: Clock, on_no: With = nothing_else) -> None:
    """Take the person off what the message was about: its topic on its channel, and without a topic their
    address on the channel. In force when this returns; again, or of an erased person, it changes nothing.

    `on_no` here and below: what else is written where the person said no, in the same transaction, also when
    they had said so before.
    """
    if link.topic_id is not None:
        topic = await Topic.get_pymongo_collection().find_one({"_id": link.topic_id})
        if topic is not None:
            choice = Choice(topic, link.channel, ConsentStatus.UNSUBSCRIBED)
            who = CustomerReference(link.customer_id)
            await say(who, [choice], source=ONE_CLICK, transact=transact, also=on_no)
            return
    customer = await _customer(link)
    if customer is not None:
        await _close(customer, (link.channel,), clock, transact, on_no)


async def topic_of(link: Link) -> str | None:
    """The name of what the message was about; None where it had no topic."""
    if link.topic_id is None:
        return None
    topic = await Topic.get_pymongo_collection().find_one({"_id": link.topic_id}, {"name": 1})
    return None if topic is None else topic["name"]


async def choices_of(link: Link) -> Choices | None:
    """What the person can choose, and what they get now; None for one who was erased."""
    customer = await _customer(link)
    return None if customer is None else _choices(customer, await list_topics())


async def choose(
    link: Link, wanted: Collection[Chosen], *, transact: Transact, on_no: With = nothing_else
) -> Choices | None:
    """Take over what the person wants from now on, on every topic and each of their channels; None for one
    who was erased.

    A yes opens an address that the person had closed, never one that came back or complained. Only changes
    become words.
    """
    customer = await _customer(link)
    if customer is None:
        return None
    topics, opened = await list_topics(), {channel for _, channel in wanted}
    # An address that a yes opens must not open it for what was left unchecked too.
    held = set(customer.get("suppressed") or []) - {channel.value for channel in opened}
    once_open = _choices({**customer, "suppressed": held}, topics).chosen
    before = _choices(customer, topics)
    await _say(link, before, frozenset(wanted), transact, on_no, once_open=once_open)
    await _open(customer, opened)
    return await choices_of(link)


async def leave_all(
    link: Link, *, transact: Transact, clock: Clock, on_no: With = nothing_else
) -> Choices | None:
    """Take the person off everything: every topic, and their addresses on every channel, so that messages
    without a topic stop too. None for one who was erased."""
    customer = await _customer(link)
    if customer is None:
        return None
    before = _choices(customer, await list_topics())
    await _say(link, before, frozenset(), transact, on_no)
    await _close(customer, before.channels, clock, transact, on_no)
    return await choices_of(link)


async def _say(
    link: Link,
    before: Choices,
    wanted: frozenset[Chosen],
    transact: Transact,
    on_no: With,
    *,
    once_open: frozenset[Chosen] = frozenset(),
) -> None:
    """Say what changes of what the person saw, and no to what they would get `once_open` and do not want."""
    unwanted = once_open - wanted
    changes = [
        Choice(topic, channel, ConsentStatus.SUBSCRIBED if place in wanted else ConsentStatus.UNSUBSCRIBED)
        for topic in before.topics
        for channel in before.channels
        if ((place := (topic["slug"], channel)) in wanted) is not (place in before.chosen)
        or place in unwanted
    ]
    if changes:
        is_no = any(change.status is ConsentStatus.UNSUBSCRIBED for change in changes)
        also = on_no if is_no else nothing_else
        await say(CustomerReference(link.customer_id), changes, source=PAGE, transact=transact, also=also)


def _choices(customer: Row, topics: Sequence[Row]) -> Choices:
    channels = [channel for channel, traits in TRAITS.items() if customer.get(traits.address.field)]
    closed = customer.get("suppressed") or []
    words = by_place(customer)
    said = {(place.slug, place.channel): word.status for place, word in words.items()}
    chosen = frozenset(
        (topic["slug"], channel)
        for topic in topics
        for channel in channels
        if channel.value not in closed
        and may_write(said.get((topic["slug"], channel)), is_opt_out=topic["is_opt_out"])
    )
    return Choices(topics, channels, chosen)


async def _customer(link: Link) -> Row | None:
    fields = {"email": 1, "phone": 1, "consents": 1, "suppressed": 1, FORMER_FIELD: 1}
    return await find_customer(CustomerReference(link.customer_id), fields=fields)


async def _close(
    customer: Mapping[str, Any], channels: Collection[Channel], clock: Clock, transact: Transact, on_no: With
) -> None:
    now = clock.now()
    wanted = [
        NewSuppression(channel, compared(address), SuppressionReason.UNSUBSCRIBED, now)
        for channel in channels
        if (address := customer.get(TRAITS[channel].address.field))
    ]

    async def work(session: AsyncClientSession) -> None:
        await store(wanted, session=session)
        await on_no(customer, session)

    if wanted:
        await transact(work)


async def _open(customer: Row, channels: Collection[Channel]) -> None:
    """Lift what the person had closed."""
    (found,) = await suppressions_of([customer])
    for row in found:
        if Channel(row["channel"]) in channels and row["reason"] == SuppressionReason.UNSUBSCRIBED.value:
            deleted = await Suppression.get_pymongo_collection().find_one_and_delete(
                {"_id": row["_id"], "reason": row["reason"]}
            )
            if deleted is not None:
                await lift(deleted)
