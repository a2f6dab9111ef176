"""Reading of returned mail: notices of mail servers (RFC 3464, and older ones), and complaints (RFC 5965).

Written for mail that means harm: of any input it reads a bounded part, in bounded time, and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser

from flufl.bounce import all_failures

from crm_graphql.delivery.webhooks.codes import find_code, is_vague, kind_of
from crm_graphql.delivery.webhooks.port import Returned

READ_BYTES = 256 * 1024
"""What servers have to say stands before the mail that they return."""
PARTS = 40
"""A mail with more parts, or with more bounds of parts, is not read."""
TEXT_CHARACTERS = 500
_WORDS_CHARACTERS = 20_000
_MENTIONS_CHARACTERS = 64 * 1024

_FOLDS = re.compile(r"\s+")
_FAILED = frozenset({"failed", "failure"})
_ARRIVED = frozenset({"delivered", "relayed", "expanded"})
_NOT_FAILED = frozenset({"delayed", *_ARRIVED})
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_ORIGINALS = frozenset(
    {
        "message/rfc822",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global",
        "message/global-headers",
    }
)
_MICROSOFT = "x-hmxmroriginalrecipient"
"""Microsoft's feedback loop writes no report: it attaches the mail, with this header before the others."""
_TYPE = re.compile(r"\A[\w\-]+ ?; ?")
"""Before what a server said: smtp, X-Postfix."""
_WORD = re.compile(r"[a-z0-9\-]*")
_REPLIES = ("x-autoreply", "x-autorespond", "auto-submitted")
_Headers = HeaderParser()


@dataclass(frozen=True, slots=True)
class Understood:
    """What a mail says. `mentions` is where else it may name the message: the fields of a complaint, and the
    headers of the mail that it is about."""

    kind: Returned
    code: str | None = None
    text: str | None = None
    mentions: str = ""


def read_mail(raw: bytes) -> Understood | None:
    """What the mail says; None for what is no news: a notice of delay, a reply by a machine, a letter."""
    raw = raw[:READ_BYTES]
    if raw.lower().count(b"boundary") > PARTS:
        return None
    try:
        mail = message_from_bytes(raw)
        parts = list(_parts(mail))
        return _complaint(parts) or _status(parts) or _attached(parts) or _by_habit(mail, parts)
    except Exception:
        # The standard library, and whoever reads what no standard says, raise whatever they like for mail
        # that is broken on purpose; RecursionError among them.
        return None


def _parts(mail: Message) -> Iterator[Message]:
    """The parts, but not those of a mail within the mail."""
    waiting, count = [mail], 0
    while waiting and count < PARTS:
        part = waiting.pop()
        count += 1
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting.extend(one for one in reversed(inner) if isinstance(one, Message))


def _complaint(parts: list[Message]) -> Understood | None:
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            report = _text_of(part)
            if _word(_Headers.parsestr(report.lstrip()), "feedback-type") not in _COMPLAINTS:
                return None
            return Understood(Returned.COMPLAINT, mentions=f"{report}\n{_original(parts)}")
    return None


def _attached(parts: list[Message]) -> Understood | None:
    """A complaint that is nothing but the mail."""
    original = _original(parts)
    if f"{_MICROSOFT}:" not in original.lower() or any(map(_says_something, parts)):
        return None
    return Understood(Returned.COMPLAINT, mentions=original)


def _status(parts: list[Message]) -> Understood | None:
    """By the blocks of a delivery status: the first is of the mail, each other of a recipient."""
    for part in parts:
        if part.get_content_type() in _STATUS_PARTS:
            blocks = list(_blocks(part))
            if any(_word(block, "action") in _ARRIVED for block in blocks):
                # It has arrived, where it was addressed to; whoever failed was passed on to from there.
                return None
            for block in blocks:
                if (understood := _of_recipient(block)) is not None:
                    return understood
    return None


def _of_recipient(block: Message) -> Understood | None:
    action = _word(block, "action")
    status = find_code(_field(block, "status"))
    said = _field(block, "diagnostic-code")
    if action in _NOT_FAILED or (action not in _FAILED and not (status or "").startswith("5")):
        return None
    words = _TYPE.sub("", said)
    code = status
    if is_vague(code):
        code = find_code(words) or code
    return Understood(kind_of(code, words), code, words[:TEXT_CHARACTERS] or None)


def _blocks(part: Message) -> Iterator[Message]:
    inner = part.get_payload()
    is_read = part.get_content_type() == "message/delivery-status" and not _is_encoded(part)
    if is_read and isinstance(inner, list):
        yield from (one for one in inner[:PARTS] if isinstance(one, Message))
        return
    for text in re.split(r"\r?\n[ \t]*\r?\n", _text_of(part))[:PARTS]:
        yield _Headers.parsestr(text.lstrip())


def _by_habit(mail: Message, parts: list[Message]) -> Understood | None:
    """Of servers that keep to no standard: by what each of them usually writes."""
    if any(map(_says_something, parts)):
        return None
    if not _field(mail, "x-failed-recipients") and _is_reply(mail):
        return None
    _, failed = all_failures(mail)
    if not failed:
        return None
    words = _FOLDS.sub(" ", _words(parts))
    code = find_code(words)
    said = _sentence(words, code, failed)
    return Understood(kind_of(code, said), code, said[:TEXT_CHARACTERS] or None)


def _says_something(part: Message) -> bool:
    """Whether it is in a standard's form; Gmail has it empty now and then, and tells people alone."""
    kind = part.get_content_type()
    is_status = kind in _STATUS_PARTS and any(_field(block, "action") for block in _blocks(part))
    return is_status or kind == "message/feedback-report"


def _is_reply(mail: Message) -> bool:
    """Whether a machine answers for a person, who is away."""
    if any(_field(mail, name).lower() not in ("", "no") for name in _REPLIES):
        return True
    return _field(mail, "precedence").lower() == "auto_reply"


def _sentence(words: str, code: str | None, failed: frozenset[bytes]) -> str:
    """From where the address is named, or else the code: not the greeting, which blames nobody."""
    lowered = words.lower()
    for mark in (*(one.decode("ascii", "replace").lower() for one in failed), code or ""):
        place = lowered.find(mark) if mark else -1
        if place >= 0:
            return words[place : place + TEXT_CHARACTERS]
    return words[:TEXT_CHARACTERS]


def _words(parts: list[Message]) -> str:
    """The first text that people are to read."""
    for part in parts:
        if part.get_content_type() == "text/plain":
            return _text_of(part)[:_WORDS_CHARACTERS]
    return ""


def _original(parts: list[Message]) -> str:
    """The headers of the mail that it is about, however they are attached."""
    found: list[str] = []
    for part in parts:
        if part.get_content_type() in _ORIGINALS:
            inner = part.get_payload()
            first = inner[0] if isinstance(inner, list) and inner and not _is_encoded(part) else None
            if isinstance(first, Message):
                found += [f"{name}: {value}" for name, value in first.items()]
            else:
                found.append(_text_of(part))
    return "\n".join(found)[:_MENTIONS_CHARACTERS]


def _text_of(part: Message) -> str:
    """The part as text. A part of type message holds its text as a mail of its own."""
    inner = part.get_payload()
    if isinstance(inner, list):
        held = [one for one in inner[:PARTS] if isinstance(one, Message)]
        text = "\n\n".join(
            "\n".join([*(f"{name}: {value}" for name, value in one.items()), "", _text_of_leaf(one)])
            for one in held
        )[:_MENTIONS_CHARACTERS]
        return _decoded(part, text.strip()) if _is_encoded(part) else text
    return _text_of_leaf(part)


def _is_encoded(part: Message) -> bool:
    return _word(part, "content-transfer-encoding") in ("base64", "quoted-printable")


def _decoded(part: Message, text: str) -> str:
    """The text of a part of type message, which the library takes for a mail before it looks how it is
    written: RFC 6533 has those of addresses beyond ASCII in any encoding."""
    leaf = Message()
    leaf["Content-Transfer-Encoding"] = str(part["Content-Transfer-Encoding"])
    leaf.set_payload(text)
    return _text_of_leaf(leaf)


def _text_of_leaf(part: Message) -> str:
    inner = part.get_payload(decode=True)
    # Whatever charset it claims: what we look for is ASCII.
    return inner.decode("utf-8", "replace")[:_MENTIONS_CHARACTERS] if isinstance(inner, bytes) else ""


def _word(block: Message, name: str) -> str:
    """The word with which a field begins, in small letters."""
    found = _WORD.match(_field(block, name).lower())
    return found[0] if found else ""


def _field(block: Message, name: str) -> str:
    """A field on one line, or empty. Folds stay in what the standard library reads."""
    value = block.get(name)
    return "" if value is None else _FOLDS.sub(" ", str(value)).strip()
