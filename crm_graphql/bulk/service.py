"""Bulk operations as they are asked for: tags and groups of many customers, and their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.bulk.documents import BulkOperation, BulkOperationKind
from crm_graphql.bulk.lifecycle import fail_operation, publish
from crm_graphql.bulk.queries import find_operation, find_tag
from crm_graphql.bulk.targets import FrozenTarget, Target, freeze
from crm_graphql.bulk.worker import BulkWorker
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import Faults, InvalidInput, NotFound, RequiredInput, WrongState
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.core.versions import NUMBERS
from crm_graphql.customers.changes import Author
from crm_graphql.customers.documents import TagRename
from crm_graphql.customers.labels import group_label, settle_labels, tag_label
from crm_graphql.customers.tagging import folded_tags
from crm_graphql.customers.values import BadValue, tags
from crm_graphql.groups.queries import find_group, sizes_of_groups
from crm_graphql.groups.service import missing_group
from crm_graphql.mongo.leases import database_now, next_number
from crm_graphql.mongo.rows import row_of
from crm_graphql.mongo.transient import is_transient, reason

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be done to each customer."""

    kind: BulkOperationKind
    touches: Sequence[str]
    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    group_id: ObjectId | None = None


async def tag_customers(
    actor: Actor,
    target: Target,
    *,
    add: Sequence[str],
    remove: Sequence[str],
    worker: BulkWorker,
    settings: Settings,
) -> Row:
    """Add tags to customers and take tags away; the operation that does it. Requires CUSTOMERS_WRITE.

    Customers that are named by their keys are done when it returns, unless an older operation on one of the
    tags is under way; others in the background. A customer that would have more than 100 tags counts as
    failed and stays as it was. Raises InvalidInput with all that is wrong, LimitExceeded, NotFound.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    faults = Faults()
    with faults.noted():
        add = _checked_tags(add, "add")
    with faults.noted():
        remove = folded_tags(_checked_tags(remove, "remove"))
    with faults.noted():
        if not add and not remove:
            raise RequiredInput("Give tags to add or to remove.", path=("add",))
        if both := [tag for tag in add if tag.casefold() in remove]:
            raise InvalidInput(f'"{both[0]}" is to be added and removed at once.', path=("remove",))
    faults.check()
    touches = [tag_label(tag) for tag in (*add, *remove)]
    wanted = _Wanted(BulkOperationKind.TAG, touches, add, remove)
    return await _start(actor, wanted, await freeze(actor, target, settings=settings), worker)


async def rename_tag(actor: Actor, tag: str, to: str, *, worker: BulkWorker) -> Row:
    """Give a tag another name everywhere, in the background; who has both keeps one. Requires
    CUSTOMERS_WRITE.

    A file that began before, and whose records come later, brings the new name. Raises InvalidInput, NotFound
    for a tag that nobody has.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    faults = Faults()
    with faults.noted():
        tag = _checked_tag(tag, "tag")
    with faults.noted():
        to = _checked_tag(to, "to")
    faults.check()
    found = await _tag_in_use(tag, worker)
    if found["name"] == to:
        raise InvalidInput(f'The tag is called "{to}" already.', path=("to",))
    touches = [tag_label(tag), tag_label(to)]
    wanted = _Wanted(BulkOperationKind.TAG_RENAME, touches, [to], folded_tags([tag]))
    target = FrozenTarget(await database_now(), matched=found["customers"])
    return await _start(actor, wanted, target, worker)


async def delete_tag(actor: Actor, tag: str, *, worker: BulkWorker) -> Row:
    """Take a tag away everywhere, in the background. Requires CUSTOMERS_WRITE.

    A file that began before, and whose records come later, does not bring it back. Raises InvalidInput,
    NotFound for a tag that nobody has.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    tag = _checked_tag(tag, "tag")
    found = await _tag_in_use(tag, worker)
    wanted = _Wanted(BulkOperationKind.TAG_DELETE, [tag_label(tag)], remove=folded_tags([tag]))
    target = FrozenTarget(await database_now(), matched=found["customers"])
    return await _start(actor, wanted, target, worker)


async def change_members(
    actor: Actor,
    kind: BulkOperationKind,
    group_id: ObjectId,
    target: Target,
    *,
    worker: BulkWorker,
    settings: Settings,
) -> Row:
    """Have customers join a group (GROUP_ADD) or leave it (GROUP_REMOVE); the operation that does it.

    Requires CUSTOMERS_WRITE. Done at once or in the background as `tag_customers` is. Raises NotFound for the
    group, and what `freeze` raises.
    """
    actor.require(Permission.CUSTOMERS_WRITE)
    if await find_group(group_id) is None:
        raise missing_group()
    wanted = _Wanted(kind, [group_label(group_id)], group_id=group_id)
    return await _start(actor, wanted, await freeze(actor, target, settings=settings), worker)


async def group_clearing(
    actor: Actor, group_id: ObjectId, *, worker: BulkWorker
) -> Callable[[ObjectId, AsyncClientSession], Awaitable[Row]]:
    """What writes down, in a session's transaction, that everybody is to leave the group. `dispatch` what it
    returns after the commit."""
    await settle_labels(worker.transact)
    size = (await sizes_of_groups([group_id]))[group_id]
    target = FrozenTarget(await database_now(), matched=size)

    async def clear(key: ObjectId, session: AsyncClientSession) -> Row:
        wanted = _Wanted(BulkOperationKind.GROUP_REMOVE, [group_label(key)], group_id=key)
        return await _store(actor, wanted, target, worker, session)

    return clear


async def dispatch(operation: Row, *, worker: BulkWorker) -> None:
    """Hand out an operation that was stored."""
    await publish([operation["_id"]], bus=worker.bus)


async def cancel_operation(actor: Actor, key: ObjectId, *, worker: BulkWorker) -> Row:
    """End an operation that is under way, within a page; the customers that are done stay so. Requires
    CUSTOMERS_WRITE. Raises NotFound, and WrongState for one that has ended."""
    actor.require(Permission.CUSTOMERS_WRITE)
    told = f"{actor.label} cancelled it. What was done until then stays."
    is_ended = await fail_operation({"_id": key}, told, bus=worker.bus, clock=worker.clock)
    row = await find_operation(key)
    if row is None:
        raise NotFound("There is no such operation.", path=("id",))
    if not is_ended:
        raise WrongState("This operation has ended already.", path=("id",))
    return row


async def _start(actor: Actor, wanted: _Wanted, target: FrozenTarget, worker: BulkWorker) -> Row:
    async def work(session: AsyncClientSession) -> Row:
        return await _store(actor, wanted, target, worker, session)

    operation = await worker.transact(work)
    if target.customer_ids is not None:
        try:
            await worker.work(operation["_id"])
        except Exception as error:
            # It is written down: consumers go on with it.
            if not is_transient(error):
                raise
            _log.warning("a bulk operation goes on later", reason=reason(error))
    row = await find_operation(operation["_id"]) or operation
    if row["completed_at"] is None:
        await dispatch(row, worker=worker)
    return row


async def _store(
    actor: Actor, wanted: _Wanted, target: FrozenTarget, worker: BulkWorker, session: AsyncClientSession
) -> Row:
    author = Author.of(actor)
    # Within the transaction, so that operations become visible in the order of their numbers.
    number = await next_number(NUMBERS, session=session)
    row: dict[str, Any] = row_of(
        BulkOperation(
            number=number,
            kind=wanted.kind,
            touches=list(wanted.touches),
            add=list(wanted.add),
            remove=list(wanted.remove),
            group_id=wanted.group_id,
            customer_ids=None if target.customer_ids is None else list(target.customer_ids),
            rule=None if target.rule is None else dict(target.rule),
            time_zone=target.time_zone,
            evaluated_at=target.evaluated_at,
            looked_from=target.evaluated_at,
            matched=target.matched,
            created_by=author.name,
            actor_id=author.id,
            created_at=worker.clock.now(),
        )
    )
    await BulkOperation.get_pymongo_collection().insert_one(row, session=session)
    if wanted.kind in (BulkOperationKind.TAG_RENAME, BulkOperationKind.TAG_DELETE):
        to = next(iter(wanted.add), None)
        rename = row_of(TagRename(number=number, tag=wanted.remove[0], to=to))
        await TagRename.get_pymongo_collection().insert_one(rename, session=session)
    return row


async def _tag_in_use(tag: str, worker: BulkWorker) -> Row:
    await settle_labels(worker.transact)
    found = await find_tag(tag)
    if found is None:
        raise NotFound(f'No customer has the tag "{tag}".', path=("tag",))
    return found


def _checked_tags(given: Sequence[str], name: str) -> list[str]:
    """The tags as ingestion would take them, each once. Raises InvalidInput."""
    try:
        found = tags(list(given)) or []
    except BadValue as error:
        raise InvalidInput(f"{name} {error}", path=(name,)) from None
    return list({tag.casefold(): tag for tag in reversed(found)}.values())[::-1]


def _checked_tag(given: str, name: str) -> str:
    found = _checked_tags([given], name)
    if not found:
        raise RequiredInput("A tag is needed.", path=(name,))
    return found[0]
