"""Answers of Twilio's Messages API: what each status and error code means for a message.

Codes are of Twilio's error dictionary. One that is not here says only that the message was not taken: it is
tried again later, for it may be ours to mend, and ends by itself where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import httpx
import msgspec

from crm_graphql.core.times import retry_after_seconds
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.vendors.port import (
    Fault,
    Outcome,
    OutcomeStatus,
    VendorAccountFault,
    VendorUnavailable,
    VendorUncertain,
)

TEXT_LIMIT = 300
"""Of Twilio's own words, in characters."""
QUEUE_FULL_SECONDS = 60.0
_ACCOUNT_STATUSES = frozenset({401, 403, 404})


class Meaning(Enum):
    """What an error code is about."""

    STOPPED = "STOPPED"
    """The person answered STOP: Twilio sends them nothing until they take it back."""
    GONE = "GONE"
    """The number cannot get an SMS, now or ever."""
    AWAY = "AWAY"
    """The number did not get this one."""
    CONTENT = "CONTENT"
    """The message is not taken by anyone."""
    ACCOUNT = "ACCOUNT"
    """Nothing more is taken until people mend the account."""
    COUNTRY = "COUNTRY"
    """Ours to mend as well, but only for numbers of one country: those of others are taken."""
    LATER = "LATER"
    """Too much at once."""


MEANINGS: Mapping[int, Meaning] = {
    21610: Meaning.STOPPED,
    21211: Meaning.GONE,  # no telephone number
    21614: Meaning.GONE,  # no mobile one
    21635: Meaning.GONE,  # a landline
    21265: Meaning.GONE,  # a short code
    21266: Meaning.GONE,  # the sender itself
    21268: Meaning.GONE,  # a premium number
    30005: Meaning.GONE,  # unknown handset
    30006: Meaning.GONE,  # landline or carrier that takes no SMS
    30003: Meaning.AWAY,  # unreachable: switched off, out of reach
    30004: Meaning.AWAY,  # blocked
    30008: Meaning.AWAY,  # unknown error
    21617: Meaning.CONTENT,  # longer than 1,600 characters
    30007: Meaning.CONTENT,  # filtered by the carrier
    20003: Meaning.ACCOUNT,  # credentials
    20005: Meaning.ACCOUNT,  # not active
    20404: Meaning.ACCOUNT,  # no such account
    20008: Meaning.ACCOUNT,  # credentials for tests
    21606: Meaning.ACCOUNT,  # not a sender of this account; the next ones say why, where Twilio knows
    21212: Meaning.ACCOUNT,  # no number
    21267: Meaning.ACCOUNT,  # a name, on trial
    21607: Meaning.ACCOUNT,  # a number that cannot send
    21659: Meaning.ACCOUNT,  # not of Twilio
    21660: Meaning.ACCOUNT,  # of another account
    21661: Meaning.ACCOUNT,  # no SMS
    21701: Meaning.ACCOUNT,  # no such Messaging Service
    21704: Meaning.ACCOUNT,  # one without numbers
    21705: Meaning.ACCOUNT,  # one that is not valid
    21609: Meaning.ACCOUNT,  # nobody can call the address in CRM_PUBLIC_URL
    30002: Meaning.ACCOUNT,  # suspended
    30032: Meaning.ACCOUNT,  # a toll-free number that is not verified
    30033: Meaning.ACCOUNT,  # registered traffic that is suspended
    30034: Meaning.ACCOUNT,  # unregistered traffic to the United States
    30037: Meaning.ACCOUNT,  # sending is disabled
    21408: Meaning.COUNTRY,  # country not enabled
    21612: Meaning.COUNTRY,  # no route from this sender
    21703: Meaning.COUNTRY,  # no number of the Messaging Service for this one
    20429: Meaning.LATER,  # too many calls
    21611: Meaning.LATER,  # the sender's queue is full
    30001: Meaning.LATER,  # a queue overflowed
}

_NOT_THERE = 21659
"""Of a short code it may say as well that the number is of another country than the code."""
_FAULTS = {Meaning.STOPPED: Fault.PERSON, Meaning.GONE: Fault.PERSON, Meaning.CONTENT: Fault.CONTENT}
"""Of what is refused for good."""
_WENT_WRONG = frozenset({"failed", "undelivered", "canceled"})


class _Made(msgspec.Struct, frozen=True):
    """The message resource in a 201."""

    sid: str
    status: str = ""
    num_segments: str | int | None = None
    error_code: int | None = None
    error_message: str | None = None


class _Refused(msgspec.Struct, frozen=True):
    code: int | None = None
    message: str = ""


class Account(msgspec.Struct, frozen=True):
    """The account resource, as far as it matters here."""

    status: str
    friendly_name: str = ""


_made = msgspec.json.Decoder(_Made)
_refused = msgspec.json.Decoder(_Refused)
_account = msgspec.json.Decoder(Account)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call or message was refused: Twilio's code, where there is one, and its words with the code."""

    code: int | None
    text: str

    @property
    def meaning(self) -> Meaning | None:
        """None for a code that is not known."""
        return None if self.code is None else MEANINGS.get(self.code)


def told(code: int | None, message: str) -> Refusal:
    """A refusal in words for people, who find the rest under the code in Twilio's dictionary."""
    words = " ".join(message.split()) or "refused"
    return Refusal(code, f"Twilio {code}: {words}"[:TEXT_LIMIT] if code else f"Twilio: {words}"[:TEXT_LIMIT])


def outcome_of(key: str, answer: httpx.Response, *, is_short_code: bool = False) -> Outcome:
    """What became of the message of a call, which a short code or another sender sent.

    Raises VendorUnavailable where nobody's message is taken now, VendorAccountFault until people mend that,
    and VendorUncertain where the answer does not say whether it was taken.
    """
    if answer.is_success:
        return _made_outcome(key, answer)
    if answer.status_code >= 500:
        raise VendorUncertain(f"status {answer.status_code}")
    refusal = refusal_of(answer)
    meaning = Meaning.COUNTRY if is_short_code and refusal.code == _NOT_THERE else refusal.meaning
    return _refused_outcome(key, refusal, meaning, answer)


def refusal_of(answer: httpx.Response) -> Refusal:
    """The error in an answer that is none of success; its status where it is not Twilio who answers."""
    try:
        body = _refused.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return told(None, f"status {answer.status_code}")
    return told(body.code, body.message or f"status {answer.status_code}")


def account_of(answer: httpx.Response) -> Account | None:
    """The account in an answer; None where there is none in it."""
    try:
        return _account.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _made_outcome(key: str, answer: httpx.Response) -> Outcome:
    try:
        made = _made.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise VendorUncertain("the answer cannot be read") from None
    if made.status in _WENT_WRONG:
        # No callback follows for the first state.
        refusal = told(made.error_code, made.error_message or made.status)
        fault = _FAULTS.get(refusal.meaning, Fault.CONTENT) if refusal.meaning else Fault.CONTENT
        return _rejected(key, refusal, fault, made.sid)
    return Outcome(key, OutcomeStatus.ACCEPTED, made.sid, segments=_charged(made.num_segments))


def _charged(num_segments: str | int | None) -> int | None:
    """A number from 1; Twilio says 0 while a Messaging Service has not chosen the sender."""
    text = str(num_segments or "")
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 1_000 else None


def _refused_outcome(key: str, refusal: Refusal, meaning: Meaning | None, answer: httpx.Response) -> Outcome:
    if meaning is Meaning.LATER or answer.status_code == 429:
        wished = retry_after_seconds(answer.headers.get("retry-after"))
        if wished is None and refusal.code == 21611:
            wished = QUEUE_FULL_SECONDS
        raise VendorUnavailable(refusal.text, retry_after_seconds=wished)
    if meaning is Meaning.ACCOUNT or (meaning is None and answer.status_code in _ACCOUNT_STATUSES):
        raise VendorAccountFault(refusal.text)
    if meaning in _FAULTS:
        return _rejected(key, refusal, _FAULTS[meaning])
    return Outcome(key, OutcomeStatus.DEFERRED, reason_text=refusal.text, fault=Fault.TRANSIENT)


def _rejected(key: str, refusal: Refusal, fault: Fault, sid: str | None = None) -> Outcome:
    stopped = refusal.meaning is Meaning.STOPPED
    return Outcome(
        key,
        OutcomeStatus.REJECTED,
        sid,
        reason=DeliveryReason.VENDOR_REJECTED,
        reason_text=refusal.text,
        fault=fault,
        closes_address=stopped,
    )
