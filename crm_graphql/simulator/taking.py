"""Taking a call's messages: their fates decided, the new ones stored, those that came before counted."""

from __future__ import annotations

import random
import time
from collections.abc import Container

import msgspec

from crm_graphql.simulator.behaviour import Behaviour
from crm_graphql.simulator.outcomes import Decision, decide, is_deferred, message_id
from crm_graphql.simulator.store import OwedReceipt, Store, Taken
from crm_graphql.simulator.wire import IncomingMessage, Result, SendRequest

EARLY_GRACE_SECONDS = 15.0
"""A receipt that is posted before the answer is due again after this long, should that post fail."""
_MORE = ("html", "from_name", "reply_to", "unsubscribe_url", "attachments", "template")


class Taking:
    """The way of a call into the store."""

    def __init__(self, store: Store, seed: int, callback_url: str | None) -> None:
        self._store = store
        self._seed = seed
        self._callback_url = callback_url
        self._were_put_off: set[str] = set()

    def take(
        self, batch: SendRequest, behaviour: Behaviour
    ) -> tuple[list[Result], list[OwedReceipt], str | None]:
        """Results in the order of the messages, receipts to post before answering, and where to.

        When it returns, all of it is stored. A key keeps the fate of its first time, whatever is asked later.
        """
        url = batch.callback_url or self._callback_url
        known = self._store.fates([message.key for message in batch.messages])
        put_off = self._put_off(batch, known, behaviour)
        new: list[Taken] = []
        again: list[Taken] = []
        early_keys: list[str] = []
        now = time.time()
        for message in batch.messages:
            if message.key in put_off:
                continue
            decision = decide(self._seed, message.key, message.channel, message.to, behaviour)
            taken = _taken(message, decision, behaviour, url, now)
            if message.key in known:
                again.append(taken)
                continue
            new.append(taken)
            known[message.key] = (taken.fate, taken.reason_text)
            if decision.early and taken.due_at is not None:
                early_keys.append(message.key)
        self._store.add(new, again, dedupe=behaviour.dedupe)
        early = self._store.owed(early_keys) if early_keys else []
        results = [
            _deferred(message.key, behaviour)
            if message.key in put_off
            else _result(message.key, *known[message.key])
            for message in batch.messages
        ]
        return results, early, url

    def _put_off(self, batch: SendRequest, known: Container[str], behaviour: Behaviour) -> frozenset[str]:
        """The keys that are not taken now: each once, as long as this process lives."""
        if not behaviour.deferred_share:
            return frozenset()
        keys = {message.key for message in batch.messages} - self._were_put_off
        put_off = frozenset(
            key for key in keys if key not in known and is_deferred(self._seed, key, behaviour)
        )
        self._were_put_off |= put_off
        return put_off


def _taken(
    message: IncomingMessage, decision: Decision, behaviour: Behaviour, url: str | None, now: float
) -> Taken:
    wanted = 0 if decision.fate == "REJECTED" or url is None else decision.receipts
    delay = behaviour.receipt_delay_ms / 1000
    if behaviour.reorder:
        delay += random.uniform(0, 2 * delay + 0.5)
    occurred_at = now if decision.early else now + delay
    due_at = now + EARLY_GRACE_SECONDS if decision.early else occurred_at
    return Taken(
        key=message.key,
        recipient=message.to,
        channel=message.channel,
        subject=message.subject,
        body=message.body,
        tag=message.tag,
        taken_at=now,
        fate=decision.fate,
        reason=decision.reason,
        reason_text=decision.reason_text,
        occurred_at=occurred_at,
        sent_receipt=decision.sent_receipt,
        callback_url=url,
        receipts_wanted=wanted,
        due_at=due_at if wanted else None,
        more=_more(message),
    )


def _more(message: IncomingMessage) -> str | None:
    """What a message has beside subject and body, the same text for the same things."""
    told = {name: getattr(message, name) for name in _MORE if getattr(message, name)}
    return msgspec.json.encode(told, order="sorted").decode() if told else None


def _deferred(key: str, behaviour: Behaviour) -> Result:
    text = "451 4.7.1 try again later"
    return Result(key, message_id(key), "deferred", text, behaviour.deferred_ms)


def _result(key: str, fate: str, reason_text: str | None) -> Result:
    if fate == "REJECTED":
        return Result(key, message_id(key), "rejected", reason_text)
    return Result(key, message_id(key), "accepted")
