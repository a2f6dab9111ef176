"""Customers as people write them: made, edited one by one and many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from crm_graphql.bus.port import Bus
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import (
    AlreadyExists,
    Conflict,
    DomainError,
    Faults,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Problem,
)
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.core.versions import NUMBERS, record_version
from crm_graphql.customers.apply_records import SuppressedOn, note_suppressed, write_drafts
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.changes import Author, changed_since, write_changes
from crm_graphql.customers.drafts import CustomerDraft, new_customer
from crm_graphql.customers.edits import Edit, Fields, Values, checked_changes, checked_external_id
from crm_graphql.customers.erased import erased_keys
from crm_graphql.customers.merged import found_by_keys, found_under, leads_to
from crm_graphql.customers.metadata import too_much
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.mongo.duplicate_keys import already_taken
from crm_graphql.mongo.leases import database_now, next_number
from crm_graphql.mongo.transactions import Transact

UPDATES_AT_ONCE = 1_000
MADE_UP = "crm:"
"""What external ids begin with that nobody gave."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What became of updates, in their order: the customer, or None where `problems` names it."""

    rows: Sequence[Row | None]
    problems: Sequence[Problem]


async def create_customer(
    actor: Actor,
    external_id: str | None,
    changes: Mapping[str, Any],
    *,
    suppressed_on: SuppressedOn,
    transact: Transact,
    bus: Bus,
    settings: Settings,
) -> Row:
    """Make a customer; without an external id one is made up. Requires CUSTOMERS_WRITE.

    Raises InvalidInput with every fault, and AlreadyExists, also where the external id was that of somebody
    who was erased: what comes later under it is dropped.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    # A new customer may lack no custom field that is required.
    fields = await Fields.read(settings, {"custom_fields": {}})
    faults, values = Faults(), Values({})
    key = ObjectId()
    wanted = f"{MADE_UP}{key}"
    with faults.noted():
        values = checked_changes(changes, fields, is_new=True)
    with faults.noted():
        wanted = wanted if external_id is None else checked_external_id(external_id)
    faults.check()

    async def work(session: AsyncClientSession) -> Row:
        await _check_free(wanted, session)
        now = await database_now()
        draft = CustomerDraft({**new_customer(wanted, now), "_id": key}, is_new=True)
        draft.merge(values.record(wanted), record_version(await next_number(NUMBERS), 0))
        await _write([draft], actor, suppressed_on, session)
        return draft.customer

    try:
        row = await transact(work)
    except BulkWriteError as error:
        already_taken(error)
        raise _taken() from None
    await tell_customers_changed(bus)
    return row


async def _check_free(external_id: str, session: AsyncClientSession) -> None:
    """Raise AlreadyExists where the external id was somebody's who is no customer any more."""
    if await erased_keys([external_id], session=session):
        message = "This external id was that of a customer who was erased. Choose another one."
        raise AlreadyExists(message, path=("externalId",))
    if await leads_to([external_id], session=session):
        message = "This external id leads to another customer, into whom its own was merged."
        raise AlreadyExists(f"{message} Choose another one.", path=("externalId",))


async def update_customer(
    actor: Actor,
    edit: Edit,
    *,
    suppressed_on: SuppressedOn,
    transact: Transact,
    bus: Bus,
    settings: Settings,
) -> Row:
    """Change only the fields in the edit; the customer as it then stands. Requires CUSTOMERS_WRITE.

    The edit has its place among ingestions: what was accepted before it does not undo it, whenever that is
    applied. Raises InvalidInput with every fault, NotFound at `customer`, and Conflict at `expectedRevision`.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    tools = Tools(suppressed_on, transact, bus, settings)
    (outcome,) = await _update(actor, [edit], tools)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


async def update_customers(
    actor: Actor,
    edits: Sequence[Edit],
    *,
    suppressed_on: SuppressedOn,
    transact: Transact,
    bus: Bus,
    settings: Settings,
) -> Updated:
    """The same for up to 1,000 edits, in their order and in one transaction; one that is at fault keeps none
    of the others back. Requires CUSTOMERS_WRITE. Raises LimitExceeded at `updates`."""
    actor.require(Permission.CUSTOMERS_WRITE)
    if len(edits) > UPDATES_AT_ONCE:
        message = f"These are {len(edits)} updates; at most {UPDATES_AT_ONCE:,} are taken at once."
        raise LimitExceeded(f"{message} Send a file to POST /ingest/customers.", path=("updates",))
    tools = Tools(suppressed_on, transact, bus, settings)
    outcomes = await _update(actor, edits, tools)
    return Updated(
        rows=[None if isinstance(outcome, DomainError) else outcome for outcome in outcomes],
        problems=[
            problem.under("updates", str(index))
            for index, outcome in enumerate(outcomes)
            if isinstance(outcome, DomainError)
            for problem in outcome.problems
        ],
    )


Outcome = Row | DomainError


class Tools(NamedTuple):
    """What writing edits needs."""

    suppressed_on: SuppressedOn
    transact: Transact
    bus: Bus
    settings: Settings


async def _update(actor: Actor, edits: Sequence[Edit], tools: Tools) -> Sequence[Outcome]:
    fields = await Fields.read(tools.settings, *(edit.changes for edit in edits))
    checked = [_checked(edit, fields) for edit in edits]
    wanted = [edit.customer for edit in edits if edit.customer]

    async def work(session: AsyncClientSession) -> list[Outcome]:
        drafts = await _drafts_of(wanted, session)
        # After the customers were read: so the edit comes after whatever is stored of them, also where an
        # ingestion or another edit was quicker; and it is drawn again when the transaction is.
        number = await next_number(NUMBERS)
        outcomes: list[Outcome] = []
        for row, (edit, values) in enumerate(zip(edits, checked, strict=True)):
            if isinstance(values, DomainError):
                outcomes.append(values)
                continue
            draft = drafts.get(edit.customer) if edit.customer else None
            version = record_version(number, row)
            merge = _Merge(edit, values, version)
            outcomes.append(_missing() if draft is None else await _merged(draft, merge, session))
        await _write(list(dict.fromkeys(drafts.values())), actor, tools.suppressed_on, session)
        return outcomes

    outcomes = await tools.transact(work)
    if any(not isinstance(outcome, DomainError) for outcome in outcomes):
        await tell_customers_changed(tools.bus)
    return outcomes


class _Merge(NamedTuple):
    """An edit on its way into a draft."""

    edit: Edit
    values: Values
    version: int


def _checked(edit: Edit, fields: Fields) -> Values | InvalidInput:
    """The edit's values as they are stored, or all that is wrong with it."""
    problems, values = list(edit.problems), Values({})
    try:
        values = checked_changes(edit.changes, fields)
    except InvalidInput as error:
        problems += error.problems
    return InvalidInput.of(problems) if problems else values


async def _drafts_of(
    references: Sequence[CustomerReference], session: AsyncClientSession
) -> Mapping[CustomerReference, CustomerDraft]:
    """By each reference the draft of its customer; two references to one have one draft."""
    keys = {one.key for one in references if one.key is not None}
    external_ids = {one.external_id or "" for one in references if one.key is None}
    # Each by its own index.
    by_key = await found_by_keys(keys, session=session)
    by_external_id = await found_under(external_ids, session=session)
    rows = (*by_key.values(), *by_external_id.values())
    drafts = {row["_id"]: CustomerDraft(row, is_new=False) for row in rows}
    found = {
        one: by_external_id.get(one.external_id or "") if one.key is None else by_key.get(one.key)
        for one in references
    }
    return {one: drafts[row["_id"]] for one, row in found.items() if row is not None}


async def _merged(draft: CustomerDraft, merge: _Merge, session: AsyncClientSession) -> Outcome:
    """The customer with the edit, or why it is refused."""
    customer, edit = draft.customer, merge.edit
    revision = customer.get("revision", 0)
    if edit.expected_revision is not None and edit.expected_revision != revision:
        changed = {
            **await changed_since(customer, edit.expected_revision, session=session),
            **dict.fromkeys(draft.before, "this request"),
        }
        return _outdated(edit.expected_revision, revision, changed)
    if merge.values.metadata and (problem := too_much(customer, merge.values.metadata)):
        return InvalidInput.of([problem])
    draft.merge(merge.values.record(customer["external_id"]), merge.version)
    return customer


async def _write(
    drafts: Sequence[CustomerDraft], actor: Actor, suppressed_on: SuppressedOn, session: AsyncClientSession
) -> None:
    now = await database_now()
    await note_suppressed(drafts, suppressed_on, session)
    await write_drafts(drafts, now, session)
    await write_changes(drafts, Author.of(actor), now, session)


def _outdated(expected: int, revision: int, changed: Mapping[str, str]) -> Conflict:
    what = ", ".join(f"{field} (by {actor})" for field, actor in sorted(changed.items()))
    since = f"since revision {expected}; it is at {revision} now"
    message = f"The customer has been edited {since}{': ' + what if what else ''}. Read it again, then edit."
    return Conflict(message, path=("expectedRevision",))


def _taken() -> AlreadyExists:
    message = "Another customer has this external id. Choose another one, or update that customer."
    return AlreadyExists(message, path=("externalId",))


def _missing() -> NotFound:
    return NotFound("There is no such customer; it may have been erased.", path=("customer",))
