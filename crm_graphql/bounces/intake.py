"""The intake of notices: what they say is durable once it returns, and twice is once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from bson import ObjectId
from pymongo.errors import BulkWriteError
from structlog import get_logger

from crm_graphql.bounces.documents import Bounce
from crm_graphql.bus.port import Bus
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import storable
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.receipts import REASON_TEXT_LIMIT, accept_receipts, checked_receipt
from crm_graphql.delivery.webhooks.port import Notice, read_key

_Waiting = tuple[Sequence[Notice], "asyncio.Future[None]"]

CALLERS = 200
"""So many share a round at most."""
CODE_LIMIT = 40
ADDRESS_LIMIT = 320
_DUPLICATE = 11_000
_log = get_logger(__name__)


class Intake:
    """The intake of one process: what waits while some is being stored goes together into the next round, so
    that many callers at once share its trips to the database."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None

    async def take(self, notices: Sequence[Notice], *, settings: Settings, bus: Bus, clock: Clock) -> None:
        """As `accept_notices`; returns once these are durable."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((notices, done))
        if self._task is None:
            self._task = asyncio.create_task(self._drain(settings, bus, clock), name="intake of notices")
        await done

    async def _drain(self, settings: Settings, bus: Bus, clock: Clock) -> None:
        batch: list[_Waiting] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:CALLERS], self._waiting[CALLERS:]
                notices = [notice for some, _ in batch for notice in some]
                _settle(
                    batch, await _failure(accept_notices(notices, settings=settings, bus=bus, clock=clock))
                )
        finally:
            self._task = None
            for _, done in (*batch, *self._waiting):
                done.cancel()
            self._waiting = []


async def _failure(work: Coroutine[Any, Any, None]) -> Exception | None:
    try:
        await work
    except Exception as error:
        return error
    return None


def _settle(batch: Sequence[_Waiting], failure: Exception | None) -> None:
    for _, done in batch:
        if done.done():
            continue
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(failure)


async def accept_notices(notices: Sequence[Notice], *, settings: Settings, bus: Bus, clock: Clock) -> None:
    """Make the notices durable. For callers that are trusted; a notice that nobody can mean is left out.

    Raises what the database raises: then the same may be said again.
    """
    now = clock.now()
    receipts, returned = list(_receipts(notices, now)), list(_returned(notices, settings, now))
    # First: a process that dies here has the same notice again, while the ledger alone would not list it.
    await _store(returned)
    await accept_receipts(receipts, bus=bus, partitions=settings.partitions)


def _receipts(notices: Sequence[Notice], now: datetime) -> Iterator[Receipt]:
    for notice in notices:
        receipt = notice.receipt
        if receipt is None:
            continue
        text = receipt.reason_text
        receipt = msgspec.structs.replace(receipt, reason_text=text and storable(text))
        try:
            yield checked_receipt(receipt, now=now)
        except InvalidInput as error:
            _log.warning("a notice is left out", problem=str(error))


def _returned(notices: Sequence[Notice], settings: Settings, now: datetime) -> Iterator[Mapping[str, Any]]:
    expires_at = now + timedelta(days=settings.bounce_retention_days)
    for notice in notices:
        if notice.returned is None:
            continue
        key = _key_in(notice)
        address = storable(notice.address)[:ADDRESS_LIMIT] if notice.address and key is None else None
        if key is None and address is None:
            _log.info("a bounce of nobody is left out", code=notice.code)
            continue
        yield {
            "_id": _id_of(notice, key, address),
            "kind": notice.returned.value,
            "at": now,
            "channel": (notice.channel or Channel.EMAIL).value,
            "delivery_id": ObjectId(key[0]) if key else None,
            "address": address,
            "code": storable(notice.code)[:CODE_LIMIT] if notice.code else None,
            # Of somebody who may not be in the ledger nothing is kept but that.
            "text": storable(notice.reason_text)[:REASON_TEXT_LIMIT] if notice.reason_text and key else None,
            "is_open": True,
            "expires_at": expires_at,
        }


def _key_in(notice: Notice) -> tuple[str, int] | None:
    return read_key(f"{notice.delivery_id}-{notice.attempt or 1}")


def _id_of(notice: Notice, key: tuple[str, int] | None, address: str | None) -> ObjectId:
    """The same for the same news, however it is told and however often."""
    of = f"{key[0]}-{key[1]}" if key else f"{notice.vendor_message_id} {(address or '').casefold()}"
    kind = notice.returned.value if notice.returned else ""
    return ObjectId(blake2b(f"{kind} {of}".encode(), digest_size=12).digest())


async def _store(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    try:
        await Bounce.get_pymongo_collection().insert_many([dict(row) for row in rows], ordered=False)
    except BulkWriteError as error:
        details: Mapping[str, Any] = error.details or {}
        failed = details.get("writeErrors", [])
        # What is there already is what was to be made so.
        if any(one["code"] != _DUPLICATE for one in failed) or details.get("writeConcernErrors"):
            raise
