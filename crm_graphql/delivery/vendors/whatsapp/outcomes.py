"""Outcomes of messages that Meta refused, or that were kept back: in the port's words."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.vendors.port import Fault, Outcome, OutcomeStatus
from crm_graphql.delivery.vendors.whatsapp.codes import Refusal
from crm_graphql.whatsapp.graph import GraphRefused
from crm_graphql.whatsapp.windows import REST

NO_WINDOW = (
    "This person has not written in the last 24 hours: WhatsApp takes free text only then, and templates "
    "always."
)
PAIR_SECONDS = 60.0
SLOWER_SECONDS = 5.0

_REJECTED = {
    Refusal.UNREACHABLE: Fault.PERSON,
    Refusal.PERSON: Fault.PERSON,
    Refusal.OPTED_OUT: Fault.PERSON,
    Refusal.WINDOW: Fault.CONTENT,
    Refusal.CONTENT: Fault.CONTENT,
    Refusal.TEMPLATE_VALUES: Fault.TEMPLATE,
}
_SECONDS = {
    Refusal.PAIR: PAIR_SECONDS,
    Refusal.SLOWER: SLOWER_SECONDS,
    Refusal.REST: REST.total_seconds(),
}


def refused(key: str, refusal: Refusal, error: GraphRefused) -> Outcome:
    """The outcome of a message that an answer refused.

    A template that is not to be had holds the campaign as an account's fault does: it is the same for all.
    """
    if (fault := _REJECTED.get(refusal)) is not None:
        return Outcome(key, OutcomeStatus.REJECTED, reason_text=error.text, fault=fault)
    if refusal in (Refusal.TEMPLATE, Refusal.ACCOUNT):
        return for_all(key, error.text)
    seconds = error.retry_after_seconds
    return Outcome(
        key,
        OutcomeStatus.DEFERRED,
        reason_text=error.text,
        fault=Fault.TRANSIENT,
        retry_after_seconds=_SECONDS.get(refusal) if seconds is None else seconds,
    )


def for_all(key: str, text: str) -> Outcome:
    """Not taken, and nobody else's message will be: the campaign pauses and loses none of its people."""
    return Outcome(key, OutcomeStatus.DEFERRED, reason_text=text, fault=Fault.ACCOUNT)


def kept_back(key: str, until: datetime, now: datetime, text: str) -> Outcome:
    """Put off by a budget of ours, so that Meta need not."""
    seconds = max((until - now) / timedelta(seconds=1), 0.1)
    return Outcome(
        key,
        OutcomeStatus.DEFERRED,
        reason_text=text,
        fault=Fault.TRANSIENT,
        retry_after_seconds=seconds,
        is_own_limit=True,
    )


def later(key: str, text: str, seconds: float | None = None) -> Outcome:
    """Surely not taken, for a reason that passes."""
    return Outcome(
        key,
        OutcomeStatus.DEFERRED,
        reason_text=text,
        fault=Fault.TRANSIENT,
        retry_after_seconds=seconds,
        is_own_limit=True,
    )


def without_window(key: str) -> Outcome:
    """Free text to somebody who has not written lately."""
    return Outcome(
        key,
        OutcomeStatus.REJECTED,
        reason=DeliveryReason.VENDOR_REJECTED,
        reason_text=NO_WINDOW,
        fault=Fault.CONTENT,
    )


def empty_value(key: str, name: str) -> Outcome:
    """A template whose parameter has nothing to say to this person: Meta refuses it."""
    text = f'The template\'s parameter "{name}" is empty for this customer.'
    return Outcome(key, OutcomeStatus.REJECTED, reason_text=text, fault=Fault.TEMPLATE)
