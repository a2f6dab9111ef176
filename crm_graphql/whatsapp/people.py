"""Customers behind WhatsApp's addresses: found by number or BSUID, given a BSUID, moved to a new number."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.bus.port import Bus
from crm_graphql.consents.addresses import compared, suppressed_on
from crm_graphql.consents.suppress import carry_over
from crm_graphql.core.actor import SYSTEM
from crm_graphql.core.errors import DomainError
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import CustomerDraft
from crm_graphql.customers.edits import Edit
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.customers.service import update_customer
from crm_graphql.customers.source_ids import add_source_id
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact
from crm_graphql.whatsapp.addresses import SOURCE, spellings
from crm_graphql.whatsapp.windows import Sender, forget_on_whatsapp, known_numbers, move_window

_SOME = 2
"""One is the person; of two nobody knows which."""
_log = get_logger(__name__)


async def customers_of(sender: Sender) -> Sequence[Row]:
    """The customers who have the number, else those who have the BSUID; two at most."""
    customers = Customer.get_pymongo_collection()
    if sender.number is not None:
        theirs = {"folded.phone": {"$in": spellings(sender.number)}}
        found = await customers.find(theirs, limit=_SOME).to_list()
        if found:
            return found
    if sender.user_id is None:
        return []
    # By the words of it, which are folded; the case of letters tells BSUIDs apart.
    by_id = {"source_ids": SOURCE + sender.user_id, "folded.source_ids": (SOURCE + sender.user_id).casefold()}
    return await customers.find(by_id, limit=_SOME).to_list()


async def numbers_of(sender: Sender) -> list[str]:
    """By which the person may be written to, in each spelling: as it was told, as it was told before with
    their BSUID, or as their customers have it."""
    if sender.number is not None:
        return spellings(sender.number)
    theirs = [row["phone"] for row in await customers_of(sender) if row.get("phone")]
    return list(dict.fromkeys([*await known_numbers(sender), *theirs]))


async def note_user_id(sender: Sender, *, transact: Transact) -> None:
    """Keep the BSUID with the one customer who has the number, among the ids of other systems."""
    if sender.number is None or sender.user_id is None:
        return
    source_id = SOURCE + sender.user_id
    found = await customers_of(Sender(sender.number, None))
    if len(found) != 1 or source_id in (found[0].get("source_ids") or ()):
        return

    async def work(session: AsyncClientSession) -> None:
        customers = Customer.get_pymongo_collection()
        row = await customers.find_one({"_id": found[0]["_id"]}, session=session)
        if row is None:
            return
        draft = CustomerDraft(dict(row), is_new=False)
        if add_source_id(draft.customer, source_id):
            draft.dirty.add("source_ids")
            draft.derive()
            draft.settle(await database_now())
            await customers.bulk_write([draft.update()], session=session)

    await transact(work)


async def move_number(old: str, new: Sender, *, transact: Transact, bus: Bus, settings: Settings) -> bool:
    """Give the one customer who has the old number the new one. False, and only noted, where that is not
    safe: several have the old one, or somebody has the new one already."""
    assert new.number is not None
    of_old = await customers_of(Sender(old, None))
    of_new = await customers_of(Sender(new.number, None))
    if len(of_old) != 1 or of_new:
        if of_old:
            _log.warning("a number was changed, which customer's is not clear", customers=len(of_old))
        return False
    key: ObjectId = of_old[0]["_id"]
    # First, so that nobody is reachable in between.
    number = spellings(new.number)[0]
    for one in spellings(old):
        await carry_over(compared(one), compared(number), now=await database_now())
    try:
        await update_customer(
            SYSTEM,
            Edit(CustomerReference(key=key), {"phone": number}, of_old[0].get("revision", 0)),
            suppressed_on=suppressed_on,
            transact=transact,
            bus=bus,
            settings=settings,
        )
    except DomainError as error:
        _log.warning("a changed number is not taken", customer_id=str(key), problem=str(error))
        return False
    for one in spellings(old):
        await move_window(one, Sender(number, new.user_id))
    return True


async def forget_person(
    customer: Row, former: Collection[tuple[str, str]], session: AsyncClientSession
) -> None:
    """Delete what is kept here of an erased customer, by the numbers and BSUIDs that they have and had, in
    the session's transaction. What another customer has, too, is theirs."""
    numbers = {customer.get("phone") or "", *(value for field, value in former if field == "phone")}
    for number in numbers - {""}:
        theirs = {"folded.phone": number.casefold(), "_id": {"$ne": customer["_id"]}}
        if await Customer.get_pymongo_collection().find_one(theirs, {"_id": 1}, session=session) is None:
            await forget_on_whatsapp(spellings(number), session)
    await forget_on_whatsapp(user_ids_of(customer), session)


def addresses_of(customer: Row) -> list[str]:
    """By which a customer is known on WhatsApp."""
    return [*(spellings(customer["phone"]) if customer.get("phone") else []), *user_ids_of(customer)]


def user_ids_of(customer: Row) -> list[str]:
    """The customer's BSUIDs."""
    found = customer.get("source_ids") or ()
    return [one.removeprefix(SOURCE) for one in found if one.startswith(SOURCE)]
