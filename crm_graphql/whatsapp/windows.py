"""Windows: until when free text may be sent to a person, and what else their last acts on WhatsApp mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from crm_graphql.whatsapp.addresses import is_bsuid
from crm_graphql.whatsapp.documents import WhatsappFile, WhatsappWindow

REST = timedelta(hours=24)
"""Meta refused marketing to this person for now, and wants no other try sooner."""
UNREACHABLE_LIMIT = 2
"""A number without WhatsApp may get it: only the second time in a row it is believed."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who acted: by their number in E.164, their BSUID, or both."""

    number: str | None
    user_id: str | None

    @property
    def address(self) -> str | None:
        """By which they are known here."""
        return self.number or self.user_id


async def heard(sender: Sender, at: datetime) -> None:
    """Note that the person wrote: late and doubled news change nothing."""
    await _note(sender, {"$max": {"heard_at": at}, "$set": {"unreachable": []}})


async def chooses(sender: Sender, at: datetime) -> bool:
    """Note that the person opted out or in. False where they said something later already."""
    key = await _key(sender)
    windows = WhatsappWindow.get_pymongo_collection()
    if await windows.find_one({"_id": key, "chose_at": {"$gt": at}}, {"_id": 1}) is not None:
        return False
    await _note(sender, {"$max": {"chose_at": at}})
    return True


async def rest(address: str, until: datetime) -> None:
    """Note that no marketing gets through to the person until then."""
    await _note(_sender_at(address), {"$max": {"rests_until": until}})


async def unreachable(address: str, key: str) -> bool:
    """Note that the message `key` could not reach the address. True where it is to be believed by now."""
    await _note(_sender_at(address), {"$addToSet": {"unreachable": key}})
    row = await WhatsappWindow.get_pymongo_collection().find_one({"_id": address}, {"unreachable": 1})
    return row is not None and len(row.get("unreachable") or ()) >= UNREACHABLE_LIMIT


async def reached(addresses: Collection[str]) -> None:
    """Note that messages arrived there."""
    await WhatsappWindow.get_pymongo_collection().update_many(
        {"_id": {"$in": list(addresses)}, "unreachable.0": {"$exists": True}}, {"$set": {"unreachable": []}}
    )


async def move_window(old: str, new: Sender) -> None:
    """A person has another number: what is known of them is known of it."""
    row = await WhatsappWindow.get_pymongo_collection().find_one_and_delete({"_id": old})
    if row is not None and row.get("heard_at") is not None:
        await heard(new, row["heard_at"])


async def known_numbers(sender: Sender) -> list[str]:
    """The numbers that were told with the person's BSUID, also where several customers share one."""
    if sender.user_id is None:
        return []
    rows = WhatsappWindow.get_pymongo_collection().find({"user_id": sender.user_id}, {"_id": 1})
    return [row["_id"] async for row in rows if not is_bsuid(row["_id"])]


async def forget_on_whatsapp(addresses: Collection[str], session: AsyncClientSession) -> None:
    """Delete what is kept of an erased person, by their numbers and BSUIDs, in the session's transaction."""
    either = [{"_id": {"$in": list(addresses)}}, {"user_id": {"$in": list(addresses)}}]
    await WhatsappWindow.get_pymongo_collection().delete_many({"$or": either}, session=session)
    await WhatsappFile.get_pymongo_collection().delete_many(
        {"sender": {"$in": list(addresses)}}, session=session
    )


def _sender_at(address: str) -> Sender:
    return Sender(address, None)


async def _key(sender: Sender) -> str:
    """Under which the person is kept: their number, also where only the BSUID was told this time."""
    assert sender.address is not None, "somebody acted"
    if sender.number is None:
        row = await WhatsappWindow.get_pymongo_collection().find_one({"user_id": sender.user_id}, {"_id": 1})
        if row is not None:
            return str(row["_id"])
    return sender.address


async def _note(sender: Sender, change: Mapping[str, Any]) -> None:
    named = {"user_id": sender.user_id} if sender.user_id else {}
    update = {
        **change,
        "$set": {**change.get("$set", {}), **named},
        "$currentDate": {"changed_at": True},
    }
    if not update["$set"]:
        del update["$set"]
    key = await _key(sender)
    windows = WhatsappWindow.get_pymongo_collection()
    try:
        await windows.update_one({"_id": key}, update, upsert=True)
    except DuplicateKeyError:
        # Somebody made it at the same moment.
        await windows.update_one({"_id": key}, update)
