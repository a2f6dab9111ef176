"""Files that people sent: fetched from Meta into the media library, in the background, each once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import httpx
import msgspec
from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.core.actor import SYSTEM
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import DomainError, Unavailable
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.media.attachments import attach_media
from crm_graphql.media.intake import Intake
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact
from crm_graphql.storage.port import Storage
from crm_graphql.whatsapp.addresses import is_bsuid
from crm_graphql.whatsapp.documents import WhatsappFile
from crm_graphql.whatsapp.graph import GraphApi, GraphAway, GraphRefused, GraphSilent
from crm_graphql.whatsapp.messages import WHATSAPP_FILES_QUEUE, WhatsappFileArrived
from crm_graphql.whatsapp.people import customers_of
from crm_graphql.whatsapp.windows import Sender

ATTEMPTS = 5
"""Quick ones. More are begun only where each ended in order: a file that kills who fetches it is left."""
KEPT_FOR = timedelta(days=7)
"""So long is waited for Meta, or for people to mend the account. Meta itself keeps it no longer."""
UNHEARD = timedelta(seconds=150)
AT_ONCE = 200
PIECE_BYTES = 64 * 1024
ASK_SECONDS = 15.0
FETCH_SECONDS = 120.0
_GONE = frozenset({33, 100, 131052})
"""Meta's codes of what is not there any more."""
_PASSING = frozenset({401, 403, 408, 429})
"""Of HTTP: a token that people renew, an address that is over, too much at once."""
_log = get_logger(__name__)

Result = TypeVar("Result")


class _Known(msgspec.Struct):
    url: str
    file_size: int | None = None


class _DoneAlready(Exception):
    """Somebody else was quicker."""


_known = msgspec.json.Decoder(_Known)


@dataclass(frozen=True, slots=True)
class Fetching:
    """What fetching needs of its process."""

    api: GraphApi
    storage: Storage
    settings: Settings
    transact: Transact
    bus: Bus
    clock: Clock


async def fetch_file(file_id: str, tools: Fetching) -> None:
    """Put one file into the library and tie it to the customer it is from. Again it changes nothing.

    What is too large, of a type that is not taken, or gone at Meta's is given up, and said in the log. Raises
    GraphAway, GraphSilent, GraphRefused and StorageAway, after which it is to be tried again at once; after
    some such tries it returns, and the file waits for the reconciler, for a week.
    """
    files = WhatsappFile.get_pymongo_collection()
    row = await files.find_one_and_update(
        {"_id": file_id, "sender": {"$type": "string"}},
        {"$inc": {"attempts": 1}, "$currentDate": {"touched_at": True}},
        return_document=ReturnDocument.AFTER,
    )
    if row is None:
        return
    if row["attempts"] > ATTEMPTS:
        await _give_up(row, "each try failed")
        return
    try:
        media = await _stored(row, tools)
    except (GraphAway, GraphSilent, Unavailable) as error:
        await _wait(row, error)
    except GraphRefused as error:
        await (_give_up(row, str(error)) if _is_for_good(error) else _wait(row, error))
    except (DomainError, msgspec.DecodeError) as error:
        await _give_up(row, str(error))
    except _DoneAlready:
        return
    else:
        await _attach(media, row["sender"], tools)


async def announce_waiting(bus: Bus) -> None:
    """Announce again what no message points at any more. Harmless at any time and any number of times."""
    now = await database_now()
    files = WhatsappFile.get_pymongo_collection()
    waiting = {"sender": {"$type": "string"}, "touched_at": {"$lt": now - UNHEARD}}
    rows = await files.find(waiting, {"_id": 1}, hint="waiting", limit=AT_ONCE).to_list()
    if not rows:
        return
    try:
        if await bus.depth(WHATSAPP_FILES_QUEUE):
            return
        keys = [row["_id"] for row in rows]
        await files.update_many({"_id": {"$in": keys}}, {"$set": {"touched_at": now}})
        await bus.publish(WHATSAPP_FILES_QUEUE, *(WhatsappFileArrived(file_id=key) for key in keys))
    except BusError as error:
        _log.info("the bus is away, files wait", reason=str(error))


async def _stored(row: Row, tools: Fetching) -> ObjectId:
    """The file in the library. It is noted as done in the same transaction."""
    file_id = row["_id"]
    known = _known.decode(await tools.api.get(file_id, seconds=ASK_SECONDS))
    done = _done_with(file_id, tools.transact)
    async with Intake(SYSTEM, tools.storage, tools.settings) as intake:
        async with tools.api.download(known.url, seconds=FETCH_SECONDS) as answer:
            name = row["filename"] or f"whatsapp-{file_id}"
            await intake.add(name, _pieces(answer))
        (media,) = await intake.take(transact=done, bus=tools.bus, clock=tools.clock)
    key: ObjectId = media["_id"]
    return key


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for piece in answer.aiter_bytes(PIECE_BYTES):
        yield piece


def _done_with(file_id: str, transact: Transact) -> Transact:
    """Transactions that note the file as done, and are none where it is already."""

    async def run(work: Callable[[AsyncClientSession], Awaitable[Result]]) -> Result:
        async def both(session: AsyncClientSession) -> Result:
            done = await WhatsappFile.get_pymongo_collection().update_one(
                {"_id": file_id, "sender": {"$type": "string"}}, _DONE, session=session
            )
            if not done.modified_count:
                raise _DoneAlready
            return await work(session)

        return await transact(both)

    return run


def _is_for_good(error: GraphRefused) -> bool:
    """Whether no later try will have the file. What is said of the account, of its rights and limits, is not:
    people sent the file all the same."""
    return error.status not in _PASSING if error.code is None else error.code in _GONE


async def _wait(row: Row, error: Exception) -> None:
    """Raise the error for another try at once; after the last such leave the file to the reconciler."""
    if await database_now() - row["at"] > KEPT_FOR:
        await _give_up(row, str(error))
        return
    if row["attempts"] < ATTEMPTS:
        raise error
    _log.warning("a file that was sent to us waits", file_id=row["_id"], reason=str(error)[:200])
    await WhatsappFile.get_pymongo_collection().update_one(
        {"_id": row["_id"], "sender": {"$type": "string"}}, {"$set": {"attempts": ATTEMPTS - 1}}
    )


async def _give_up(row: Row, why: str) -> None:
    _log.warning("a file that was sent to us is not taken", file_id=row["_id"], reason=why[:200])
    await WhatsappFile.get_pymongo_collection().update_one({"_id": row["_id"]}, _DONE)


_DONE = {"$set": {"sender": None, "filename": None}, "$currentDate": {"done_at": True}}


async def _attach(media: ObjectId, sender: str, tools: Fetching) -> None:
    """To the one customer who has the address. Of several nobody knows which: it is in the library."""
    found = await customers_of(Sender(None, sender) if is_bsuid(sender) else Sender(sender, None))
    if len(found) != 1:
        return
    try:
        reference = CustomerReference(key=found[0]["_id"])
        await attach_media(SYSTEM, media, reference, transact=tools.transact)
    except DomainError as error:
        _log.info("a file is not tied to its customer", problem=str(error))
