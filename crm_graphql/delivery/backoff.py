"""Backoff: for how long a process leaves a vendor alone that cannot take anything now."""

from __future__ import annotations

import asyncio
import contextlib
import time

_FIRST_SECONDS = 0.5
_LONGEST_SECONDS = 30.0


class Backoff:
    """Shared by all calls to one vendor, so that an outage is not hammered by each of them."""

    def __init__(self) -> None:
        self._until = 0.0
        self._failures = 0
        self._worked_at = float("-inf")
        self._interrupted = asyncio.Event()

    def failed(self, wished_seconds: float | None) -> float:
        """The vendor took nothing: for how long it is left alone now, in seconds.

        As long as it wished, else from 0.5 s growing to 30 s.
        """
        now = time.monotonic()
        if now >= self._until:
            # Calls that were under way together are one failure.
            self._failures += 1
        growing = min(_FIRST_SECONDS * 2 ** min(self._failures - 1, 10), _LONGEST_SECONDS)
        seconds = growing if wished_seconds is None else min(max(wished_seconds, 0.05), _LONGEST_SECONDS)
        self._until = max(self._until, now + seconds)
        return self._until - now

    def worked(self) -> None:
        """The vendor took something."""
        self._failures = 0
        self._worked_at = time.monotonic()

    def worked_since(self, moment: float) -> bool:
        """Whether the vendor has taken something since `moment`, by `time.monotonic`."""
        return self._worked_at >= moment

    @property
    def seconds_left(self) -> float:
        """How long the vendor is still to be left alone; 0 when it may be called."""
        return max(0.0, self._until - time.monotonic())

    async def wait(self) -> None:
        """Return when it may be called, or at once when interrupted."""
        while (seconds := self.seconds_left) > 0 and not self._interrupted.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._interrupted.wait(), seconds)

    @property
    def is_interrupted(self) -> bool:
        """Whether the process stops."""
        return self._interrupted.is_set()

    def interrupt(self) -> None:
        """Let nobody wait any more: the process stops."""
        self._interrupted.set()
