"""Messages and preferences of people on WhatsApp, as Meta's webhooks tell them: read entry by entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from crm_graphql.consents.replies import Reply, reply_in
from crm_graphql.whatsapp.addresses import bsuid_of, number_of
from crm_graphql.whatsapp.windows import Sender

_FILE_ID_CHARACTERS = 100
_MARKETING = "marketing_messages"
_REPLIES = {"stop": Reply.STOP, "resume": Reply.START}
_LATEST = 253_402_300_799
"""The end of the year 9999: beyond it there are no moments."""

Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a message."""

    id: str
    filename: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of a person, or what WhatsApp says for them."""

    sender: Sender
    at: datetime
    reply: Reply | None = None
    file: SentFile | None = None
    moved_to: Sender | None = None
    """Their new number. Then they wrote nothing themselves."""


@dataclass(frozen=True, slots=True)
class Preferred:
    """What a person set in WhatsApp about marketing of this business."""

    sender: Sender
    at: datetime
    reply: Reply


class _Text(msgspec.Struct):
    body: str | None = None


class _Button(msgspec.Struct):
    payload: str | None = None
    text: str | None = None


class _Chosen(msgspec.Struct):
    id: str | None = None
    title: str | None = None


class _Interactive(msgspec.Struct):
    button_reply: _Chosen | None = None
    list_reply: _Chosen | None = None


class _File(msgspec.Struct):
    id: str
    filename: str | None = None


class _System(msgspec.Struct):
    type: str | None = None
    wa_id: str | None = None
    new_wa_id: str | None = None
    user_id: str | None = None


class _Message(msgspec.Struct, rename={"sender": "from"}):
    timestamp: str | int
    type: str
    sender: str | None = None
    from_user_id: str | None = None
    text: _Text | None = None
    button: _Button | None = None
    interactive: _Interactive | None = None
    image: _File | None = None
    video: _File | None = None
    audio: _File | None = None
    document: _File | None = None
    sticker: _File | None = None
    system: _System | None = None


class _Contact(msgspec.Struct):
    wa_id: str | None = None
    user_id: str | None = None


class _Preference(msgspec.Struct):
    value: str
    timestamp: str | int
    category: str = _MARKETING
    wa_id: str | None = None
    user_id: str | None = None


_message = msgspec.json.Decoder(_Message)
_contact = msgspec.json.Decoder(_Contact)
_preference = msgspec.json.Decoder(_Preference)


def moment_of(timestamp: str | int, now: datetime) -> datetime:
    """The moment of whole seconds since 1970, never after `now`. Raises ValueError for what is none."""
    seconds = int(timestamp)
    if not 0 < seconds < _LATEST:
        raise ValueError("no moment")
    return min(datetime.fromtimestamp(seconds, UTC), now)


def read_contacts(raws: Sequence[msgspec.Raw]) -> Mapping[str, str]:
    """The BSUIDs of the contacts, by their wa_id; that of one without it under an empty text."""
    found: dict[str, str] = {}
    for raw in raws:
        try:
            contact = _contact.decode(raw)
        except ValueError:
            continue
        if (user_id := bsuid_of(contact.user_id)) is not None:
            found[contact.wa_id or ""] = user_id
    return found


def read_message(raw: msgspec.Raw, contacts: Mapping[str, str], now: datetime) -> Heard | None:
    """What one message says; None where WhatsApp says something for the person that is no new number: they
    wrote nothing. Raises ValueError for what is none, or is from nobody."""
    message = _message.decode(raw)
    user_id = bsuid_of(message.from_user_id) or contacts.get(message.sender or "")
    sender = Sender(number_of(message.sender), user_id)
    if sender.address is None:
        raise ValueError("it is from nobody")
    at = moment_of(message.timestamp, now)
    if message.type == "system":
        moved_to = _moved_to(message.system)
        return None if moved_to is None else Heard(sender, at, moved_to=moved_to)
    replies = [reply for text in _texts(message) if (reply := reply_in(text or "")) is not None]
    return Heard(sender, at, replies[0] if replies else None, _file(message))


def read_preference(raw: msgspec.Raw, contacts: Mapping[str, str], now: datetime) -> Preferred | None:
    """What one preference says; None where it is about something else than marketing. Raises ValueError."""
    told = _preference.decode(raw)
    reply = _REPLIES.get(told.value.lower())
    if reply is None or told.category != _MARKETING:
        return None
    sender = Sender(number_of(told.wa_id), bsuid_of(told.user_id) or contacts.get(told.wa_id or ""))
    if sender.address is None:
        raise ValueError("it is of nobody")
    return Preferred(sender, moment_of(told.timestamp, now), reply)


def _texts(message: _Message) -> Iterator[str | None]:
    if message.text is not None:
        yield message.text.body
    if message.button is not None:
        yield from (message.button.payload, message.button.text)
    if message.interactive is not None:
        for chosen in (message.interactive.button_reply, message.interactive.list_reply):
            if chosen is not None:
                yield from (chosen.id, chosen.title)


def _file(message: _Message) -> SentFile | None:
    for file in (message.image, message.video, message.audio, message.document, message.sticker):
        # It becomes a part of an address.
        if (
            file is not None
            and file.id.isalnum()
            and file.id.isascii()
            and len(file.id) <= _FILE_ID_CHARACTERS
        ):
            return SentFile(file.id, file.filename)
    return None


def _moved_to(system: _System | None) -> Sender | None:
    if system is None or system.type not in ("user_changed_number", "customer_changed_number"):
        return None
    number = number_of(system.wa_id or system.new_wa_id)
    return None if number is None else Sender(number, bsuid_of(system.user_id))
