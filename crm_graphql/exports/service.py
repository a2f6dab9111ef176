"""Exports as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from crm_graphql.bulk.targets import FrozenTarget, Target, freeze
from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import (
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
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import Delivery
from crm_graphql.exports.documents import Export, ExportFormat, ExportSubject
from crm_graphql.exports.lifecycle import publish
from crm_graphql.exports.rights import needed
from crm_graphql.ingestion.begin import check_labels
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.rows import row_of
from crm_graphql.orders.documents import Order

_COLLECTIONS = {
    ExportSubject.CUSTOMERS: Customer,
    ExportSubject.ORDERS: Order,
    ExportSubject.DELIVERIES: Delivery,
}
Error = TypeVar("Error", bound=DomainError)
_hashable = msgspec.json.Encoder(enc_hook=str, order="sorted")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported, of whom and of when; at most one of `target` and `campaign_id` is set."""

    content: ExportSubject
    format: ExportFormat
    target: Target | None = None
    campaign_id: ObjectId | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None

    @property
    def is_person(self) -> bool:
        """Whether everything is wanted that is held of one customer, who is named."""
        named = () if self.target is None else self.target.keys or self.target.external_ids or ()
        return self.content is ExportSubject.CUSTOMERS and len(set(named)) == 1


async def create_export(
    actor: Actor,
    wanted: Wanted,
    *,
    idempotency_key: str | None,
    settings: Settings,
    bus: Bus,
    clock: Clock,
) -> Row:
    """Have a file made in the background; the export. Requires EXPORTS_WRITE, and what reading its rows does.

    The same idempotency key gives the export that it made, whatever has become of what it names, and is
    Conflict with anything else. Raises InvalidInput, NotFound, LimitExceeded for more open ones of the actor
    than CRM_EXPORTS_OPEN.
    """
    actor.require(Permission.EXPORTS_WRITE)
    for permission in needed(
        wanted.content, is_person=wanted.is_person, of_campaign=wanted.campaign_id is not None
    ):
        actor.require(permission)
    _check(wanted)
    check_labels(idempotency_key, None)
    hash_ = sha256(_hashable.encode(wanted)).hexdigest()
    if idempotency_key is not None and (made := await _made(actor, idempotency_key, hash_)):
        return made
    await _check_room(actor, settings)
    export = await _export(actor, wanted, settings, clock)
    export |= {"idempotency_key": idempotency_key, "idempotency_hash": hash_}
    try:
        await Export.get_pymongo_collection().insert_one(export)
    except DuplicateKeyError:
        assert idempotency_key is not None, "only a key can be taken"
        made = await _made(actor, idempotency_key, hash_)
        if made is None:
            raise
        return made
    await publish(export["_id"], bus=bus)
    return export


def _check(wanted: Wanted) -> None:
    faults = Faults()
    with faults.noted():
        if wanted.target is not None and wanted.campaign_id is not None:
            message = "Name customers or a campaign, not both."
            raise InvalidInput(message, path=("campaignId",))
    with faults.noted():
        begin, end = wanted.from_at, wanted.until_at
        if begin is not None and end is not None and begin >= end:
            raise InvalidInput("until is not after from: nothing lies between them.", path=("until",))
    with faults.noted():
        if wanted.is_person and (wanted.from_at is not None or wanted.until_at is not None):
            message = "One customer's export is all that is held of them. Leave from and until out."
            raise InvalidInput(message, path=("from",))
    faults.check()


async def _made(actor: Actor, idempotency_key: str, hash_: str) -> Row | None:
    row: Row | None = await Export.get_pymongo_collection().find_one(
        {"subject": actor.subject, "idempotency_key": idempotency_key}
    )
    if row is not None and row["idempotency_hash"] != hash_:
        message = (
            "This idempotency key was used before with other content. Send the same, or use another key."
        )
        raise Conflict(message, path=("idempotencyKey",))
    return row


async def _check_room(actor: Actor, settings: Settings) -> None:
    """Two that ask at once may both come in: the limit is for who asks thousands of times."""
    limit = settings.exports_open
    open_ones = {"is_open": True, "subject": actor.subject}
    count = await Export.get_pymongo_collection().count_documents(open_ones, hint="open", limit=limit)
    if count >= limit:
        raise LimitExceeded(
            f"You have {limit} exports that are being made; no more are taken at once (CRM_EXPORTS_OPEN). "
            "Wait until one has ended."
        )


async def _export(actor: Actor, wanted: Wanted, settings: Settings, clock: Clock) -> dict[str, Any]:
    frozen = await _frozen(actor, wanted, settings)
    await _require_campaign(wanted)
    ids: Sequence[ObjectId] | None = None if frozen is None else frozen.customer_ids
    return row_of(
        Export(
            content=wanted.content,
            format=wanted.format,
            person=ids[0] if wanted.is_person and ids else None,
            customer_ids=None if ids is None else list(ids),
            rule=None if frozen is None or frozen.rule is None else dict(frozen.rule),
            time_zone=settings.time_zone if frozen is None else frozen.time_zone,
            campaign_id=wanted.campaign_id,
            from_at=wanted.from_at,
            until_at=wanted.until_at,
            expected=await _expected(wanted, frozen),
            subject=actor.subject,
            created_by=actor.label,
            created_at=clock.now(),
            expires_at=await database_now() + timedelta(days=settings.exports_days),
        )
    )


async def _frozen(actor: Actor, wanted: Wanted, settings: Settings) -> FrozenTarget | None:
    if wanted.target is None:
        return None
    try:
        return await freeze(actor, wanted.target, settings=settings)
    except DomainError as error:
        raise as_customers(error) from None


def as_customers(error: Error) -> Error:
    """The error with its paths where this input has what a bulk operation calls its target."""
    error.problems = tuple(map(_moved, error.problems))
    return error


def _moved(problem: Problem) -> Problem:
    head, *rest = problem.path or ("",)
    return replace(problem, path=("customers", *rest)) if head == "target" else problem


async def _require_campaign(wanted: Wanted) -> None:
    if wanted.campaign_id is None:
        return
    if await Campaign.get_pymongo_collection().find_one({"_id": wanted.campaign_id}, {"_id": 1}) is None:
        raise NotFound("There is no such campaign.", path=("campaignId",))


async def _expected(wanted: Wanted, frozen: FrozenTarget | None) -> int | None:
    """How many rows it will have, for an estimate of its time."""
    if frozen is not None:
        return frozen.matched
    if wanted.campaign_id is not None:
        return None
    collection = _COLLECTIONS[wanted.content].get_pymongo_collection()
    return int(await collection.estimated_document_count())
