"""Outcomes of SMTP: what an answer means, by the phase in which it came and its enhanced code.

A relay says yes or no to one message at a time. What failed before the message itself was sent was surely not
taken; what broke off after that may have been.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from crm_graphql.core.texts import storable
from crm_graphql.delivery.vendors.port import Fault

GREYLIST_SECONDS = 300.0
"""Grey lists open after some minutes; who comes back earlier begins anew."""
FULL_SECONDS = 3_600.0
_TEXT_LIMIT = 400
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_OF_US = re.compile(
    r"\b(relay|sender|helo|client host|authenticat|log ?in\b|sending (limit|quota)|rate.?limit|spam|"
    r"black ?list|block ?list|dnsbl|rbl\b|reputation|blocked|banned|spf\b|dkim|dmarc|"
    r"too many (messages|mails|e-?mails|connections|errors))",
    re.IGNORECASE,
)
"""What servers say of who sends, with the same three digits as of a person who does not exist: relays like
Exim and Postfix look at the sender only once a recipient is named."""
_ADDRESS = re.compile(r"\S*@\S*")


class Phase(Enum):
    """How far a message was."""

    MAIL = "MAIL"
    """Its sender was named."""
    RCPT = "RCPT"
    """Its recipient was."""
    DATA = "DATA"
    """The message itself was sent, or was about to be."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means. `fault` says whose it is: TRANSIENT and ACCOUNT wait, all others end.

    `slows`: the relay wants less of everything now. `is_policy`: it objects to how this is sent, not to whom.
    """

    fault: Fault
    retry_after_seconds: float | None = None
    slows: bool = False
    is_policy: bool = False


_LATER = Verdict(Fault.TRANSIENT)
_CONTENT = Verdict(Fault.CONTENT)
_PERSON = Verdict(Fault.PERSON)
_FULL = Verdict(Fault.TRANSIENT, FULL_SECONDS)
_OURS = Verdict(Fault.ACCOUNT)
_POLICY = Verdict(Fault.ACCOUNT, is_policy=True)
_RATE = Verdict(Fault.TRANSIENT, GREYLIST_SECONDS, slows=True)
_GREY = Verdict(Fault.TRANSIENT, GREYLIST_SECONDS)
_BUSY = Verdict(Fault.TRANSIENT, slows=True)

_NOBODY = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
"""No such address or domain, no mail there (null MX), disabled: for good."""
_SENDER = frozenset({"1.7", "1.8"})
"""The sender's address is none, or its domain is."""
_TOO_LARGE = frozenset({"2.3", "3.4"})
_AUTHENTICATION = frozenset(f"7.{detail}" for detail in range(20, 30))
"""SPF, DKIM, DMARC, the name of our address: nothing that a person is to blame for."""
_NOBODY_CODES = frozenset({550, 551, 553, 501, 521, 556})
_NOT_LOGGED_IN = frozenset({530, 534, 535, 538})
_PROTOCOL = frozenset({500, 502, 503, 504})
"""Confusion over commands: the fault of the connection, which is closed."""


def enhanced_code(code: int, text: str) -> str | None:
    """Subject and detail of the enhanced code (RFC 3463) at the beginning of an answer: "1.1" of 5.1.1.

    Read also where the server did not announce them; one of another class than the answer is none.
    """
    found = _ENHANCED.match(text.lstrip())
    if found is None or found[1] != str(code)[0]:
        return None
    return f"{int(found[2])}.{int(found[3])}"


def verdict_of(phase: Phase, code: int, text: str) -> Verdict | None:
    """What a refusal means; None for what is no refusal at all, a surprise."""
    enhanced = enhanced_code(code, text)
    if 400 <= code < 500:
        return _later(phase, code, enhanced)
    if not 500 <= code < 600:
        return None
    if code in _NOT_LOGGED_IN:
        return _OURS
    if phase is Phase.RCPT and _is_of_us(enhanced, text):
        return _POLICY
    if code in _PROTOCOL and enhanced in (None, "5.1", "5.2"):
        return _LATER
    return _REFUSED[phase](code, enhanced, text)


def is_hard_bounce(code: int, text: str) -> bool:
    """Whether a refusal of a recipient says, by its enhanced code, that nobody will be there. Without one
    servers refuse for many a reason with the same three digits."""
    return 500 <= code < 600 and enhanced_code(code, text) in _NOBODY


def _later(phase: Phase, code: int, enhanced: str | None) -> Verdict:
    if code == 421:
        return _BUSY
    if enhanced == "2.2":
        return _FULL
    if enhanced is not None and enhanced.startswith("7."):
        # Of one recipient it is mostly a grey list; of our sender it is our rate.
        return _GREY if phase is Phase.RCPT and enhanced == "7.1" else _RATE
    if phase is Phase.MAIL:
        return _BUSY
    return _GREY if enhanced is None and code in (450, 451) and phase is Phase.RCPT else _LATER


def _mail(code: int, enhanced: str | None, _text: str) -> Verdict:
    is_large = code == 552 or enhanced in _TOO_LARGE
    return _CONTENT if is_large or (enhanced or "").startswith("6.") else _OURS


def _rcpt(code: int, enhanced: str | None, _text: str) -> Verdict:
    if enhanced is None or _says_nothing(enhanced):
        if code == 552:
            return _FULL
        return _PERSON if code in _NOBODY_CODES else _POLICY
    if enhanced in _NOBODY:
        return _PERSON
    if enhanced == "2.2":
        return _FULL
    if enhanced.startswith("7."):
        return _POLICY
    return _CONTENT


def _says_nothing(enhanced: str) -> bool:
    """Whether it is the code for whatever has none of its own."""
    return enhanced.endswith(".0") and not enhanced.startswith(("6.", "7."))


def _is_of_us(enhanced: str | None, text: str) -> bool:
    """Whether it is the sender that a refusal of a recipient is about."""
    if enhanced is None or _says_nothing(enhanced) or enhanced.startswith("5."):
        # What is in an address is no word of the server.
        return _OF_US.search(_ADDRESS.sub("", text)) is not None
    return enhanced in _SENDER


def _data(code: int, enhanced: str | None, _text: str) -> Verdict:
    if enhanced == "2.2":
        return _FULL
    return _POLICY if enhanced in _AUTHENTICATION else _CONTENT


_REFUSED = {Phase.MAIL: _mail, Phase.RCPT: _rcpt, Phase.DATA: _data}
if left_out := set(Phase) - _REFUSED.keys():
    raise AssertionError(f"phases without a reading: {left_out}")


def words_of(code: int, text: str) -> str:
    """The relay's words on one line, as the ledger keeps them: it takes no byte that is no UTF-8, and servers
    write their languages as they like."""
    shown = " ".join(_readable(text).split())
    return f"{code} {shown}"[:_TEXT_LIMIT]


def _readable(text: str) -> str:
    try:
        text = text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError:
        # Whatever else it may be, all of that can be read.
        text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:
        pass
    return storable(text)
