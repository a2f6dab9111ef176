"""Patience with a relay: when it is left alone, and when what it refuses must be our own fault."""

from __future__ import annotations

import time
from dataclasses import replace

from crm_graphql.delivery.vendors.port import Fault
from crm_graphql.delivery.vendors.smtp.outcomes import GREYLIST_SECONDS, Verdict

POLICY_LIMIT = 3
"""One person's server may refuse how mail is sent, and no one else's does: they wait. So many in a row, with
nothing taken in between, and it is ours to mend: the campaign is paused, and loses nobody."""
CONTENT_LIMIT = 10
"""So many messages in a row that the relay does not take for what is in them are one message to all."""
_FIRST_SECONDS = 5.0
_LONGEST_SECONDS = 300.0


class Patience:
    """What a process remembers of its relay's last answers."""

    def __init__(self) -> None:
        self._policy = 0
        self._content = 0
        self._slow = 0
        self._until = 0.0

    @property
    def seconds_left(self) -> float:
        """For how long the relay is to be left alone; 0 when it may be called."""
        return max(0.0, self._until - time.monotonic())

    def took(self) -> None:
        """It took a message."""
        self._policy = self._content = self._slow = 0

    def refused(self, verdict: Verdict) -> Verdict:
        """It did not: what that means after all that it refused before."""
        if verdict.slows:
            self._slow_down()
        if verdict.is_policy:
            self._policy += 1
            if self._policy < POLICY_LIMIT:
                return replace(verdict, fault=Fault.TRANSIENT, retry_after_seconds=GREYLIST_SECONDS)
        if verdict.fault is Fault.CONTENT:
            self._content += 1
            if self._content >= CONTENT_LIMIT:
                return replace(verdict, fault=Fault.ACCOUNT)
        return verdict

    def _slow_down(self) -> None:
        now = time.monotonic()
        if now >= self._until:
            # Answers to messages that were under way together are one.
            self._slow += 1
            self._until = now + min(_FIRST_SECONDS * 2 ** min(self._slow - 1, 10), _LONGEST_SECONDS)
