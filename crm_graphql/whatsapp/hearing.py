"""Hearing: what follows from what people do on WhatsApp. All of it durable on return, and twice is once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.consents import replies
from crm_graphql.consents.addresses import compared
from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact
from crm_graphql.whatsapp.documents import WhatsappFile
from crm_graphql.whatsapp.messages import WHATSAPP_FILES_QUEUE, WhatsappFileArrived
from crm_graphql.whatsapp.people import move_number, note_user_id, numbers_of
from crm_graphql.whatsapp.told import Heard, Preferred, SentFile
from crm_graphql.whatsapp.windows import Sender, chooses, heard

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ears:
    """What hearing needs of its process."""

    settings: Settings
    transact: Transact
    bus: Bus


async def hear(message: Heard, ears: Ears) -> None:
    """Open the person's window, heed a stop word, note a file, a BSUID, or a new number."""
    sender = message.sender
    if message.moved_to is not None:
        if sender.number is not None:
            await move_number(
                sender.number,
                message.moved_to,
                transact=ears.transact,
                bus=ears.bus,
                settings=ears.settings,
            )
        return
    await heard(sender, message.at)
    # Campaigns write to the number as their customer has it.
    for number in await numbers_of(sender):
        if number != sender.number:
            await heard(Sender(number, sender.user_id), message.at)
    await note_user_id(sender, transact=ears.transact)
    if message.reply is not None:
        await heed(Preferred(sender, message.at, message.reply), ears)
    if message.file is not None:
        await _note_file(message.file, sender, message.at, ears.bus)


async def heed(preferred: Preferred, ears: Ears) -> None:
    """Close the person's addresses on WhatsApp, or open what they had closed themselves; only where they said
    nothing later."""
    sender = preferred.sender
    if not await chooses(sender, preferred.at):
        return
    said = f"{preferred.at.timestamp():.0f}:{preferred.reply.value}"
    for address in [*await numbers_of(sender), *([sender.user_id] if sender.user_id else [])]:
        await replies.hear(
            preferred.reply,
            Channel.WHATSAPP,
            compared(address),
            source=f"whatsapp:{address}:{said}",
            now=await database_now(),
            transact=ears.transact,
        )


async def _note_file(file: SentFile, sender: Sender, at: datetime, bus: Bus) -> None:
    assert sender.address is not None
    made = await WhatsappFile.get_pymongo_collection().update_one(
        {"_id": file.id},
        {
            "$setOnInsert": {
                "sender": sender.address,
                "filename": file.filename,
                "at": at,
                "attempts": 0,
                "touched_at": await database_now(),
            }
        },
        upsert=True,
    )
    if made.upserted_id is None:
        return
    try:
        await bus.publish(WHATSAPP_FILES_QUEUE, WhatsappFileArrived(file_id=file.id))
    except BusError as error:
        # It is noted; the reconciler announces it later.
        _log.warning("a file waits, the bus is away", reason=str(error))
