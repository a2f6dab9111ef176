"""A vendor that does what a test tells it to, and remembers every call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from crm_graphql.delivery.vendors.port import Outcome, OutcomeStatus, OutgoingMessage

Refuse = Callable[[OutgoingMessage], Outcome | None]
Step = Callable[[Sequence[OutgoingMessage]], Awaitable[None]]


class StandInVendor:
    """Takes every message once a key, as a vendor that dedupes does; `keys` counts those that it sent.

    `before` and `after` run around taking them: what they raise is what the sender gets.
    """

    name = "stand-in"

    def __init__(
        self,
        *,
        dedupes_for: timedelta | None = None,
        can_look_up: bool = False,
        sends_receipts: bool = True,
        batch_limit: int = 1000,
    ) -> None:
        self.dedupes_for = dedupes_for
        self.can_look_up = can_look_up
        self.sends_receipts = sends_receipts
        self.batch_limit = batch_limit
        self.keys: Counter[str] = Counter()
        self.bodies: dict[str, str] = {}
        self.calls = 0
        self.looked_up: list[str] = []
        self.before: Step | None = None
        self.after: Step | None = None
        self.statuses: dict[str, OutcomeStatus] = {}
        """By address; ACCEPTED for all others."""
        self.refuse: Refuse | None = None
        """Says of a message that is not to be taken what the answer is; None: it is taken."""

    async def send(self, messages: Sequence[OutgoingMessage], *, deadline_seconds: float) -> list[Outcome]:
        """Take the messages."""
        self.calls += 1
        assert len(messages) <= self.batch_limit
        if self.before is not None:
            await self.before(messages)
        refused = {message.key: self.refuse(message) if self.refuse else None for message in messages}
        for message in messages:
            if refused[message.key] is not None:
                continue
            if self.dedupes_for is None or message.key not in self.keys:
                self.keys[message.key] += 1
            assert self.bodies.setdefault(message.key, message.body) == message.body
        if self.after is not None:
            await self.after(messages)
        return [
            refused[message.key]
            or Outcome(message.key, self.statuses.get(message.address, OutcomeStatus.ACCEPTED), "v")
            for message in messages
        ]

    async def look_up(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """What it took."""
        self.looked_up += keys
        return {key: Outcome(key, OutcomeStatus.ACCEPTED, "v") for key in keys if key in self.keys}
