"""Windows in which rates are counted: storages for `limits`, in one process or over all of a deployment.

The library's own do not fit here: its memory storage goes through all keys at each hit, and its asynchronous
MongoDB storage needs a driver (motor) that is at its end and asks the server at each hit.

A window lasts a whole number of seconds and begins when the clock divides by it, so processes agree on it.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from limits.aio.storage import Storage

from crm_graphql.mongo.transient import is_transient

log = structlog.get_logger()

KEYS = 100_000
"""Callers that a process keeps count of. Beyond it the windows that are over are forgotten, then all."""
SHARE_SECONDS = 0.5
"""How often processes tell each other what was spent."""
PAUSE_SECONDS = 5.0
"""How long a process counts alone after MongoDB could not be reached."""

AddSpending = Callable[[Mapping[str, tuple[int, datetime]]], Awaitable[dict[str, int]]]


@dataclass(slots=True)
class Window:
    """What is known to be spent in a window of so many seconds, and the part of it that other processes do
    not know yet."""

    number: int
    seconds: int
    spent: int = 0
    unshared: int = 0


class ProcessWindows(Storage):
    """Counts in this process alone."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._windows: dict[str, Window] = {}

    def __len__(self) -> int:
        return len(self._windows)

    def now(self) -> float:
        """The storage's clock, as a Unix time."""
        return self._clock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a failure of the storage raises: nothing does."""
        return OSError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` in the current window of `expiry` seconds. What is spent in it by now."""
        window = self._current(key, expiry)
        window.spent += amount
        return window.spent

    async def get(self, key: str) -> int:
        """What is spent in the current window."""
        window = self._windows.get(key)
        return window.spent if window and window.number == int(self._clock() // window.seconds) else 0

    async def get_expiry(self, key: str) -> float:
        """When the last window of this key ends, as a Unix time; now if it has none."""
        window = self._windows.get(key)
        return (window.number + 1) * window.seconds if window else self._clock()

    async def check(self) -> bool:
        """Whether it works; it always does."""
        return True

    async def reset(self) -> int | None:
        """Forget all. How many keys were forgotten."""
        count = len(self._windows)
        self._windows.clear()
        return count

    async def clear(self, key: str) -> None:
        """Forget the key."""
        self._windows.pop(key, None)

    def _current(self, key: str, seconds: int) -> Window:
        number = int(self._clock() // seconds)
        window = self._windows.get(key)
        if window is None or window.number != number:
            window = self._begin(key, Window(number, seconds))
        return window

    def _begin(self, key: str, window: Window) -> Window:
        if len(self._windows) >= KEYS:
            now = self._clock()
            self._windows = {
                name: each for name, each in self._windows.items() if each.number == now // each.seconds
            }
            if len(self._windows) >= KEYS:
                # Callers without number: better to let some through than to grow or to refuse everyone.
                self._windows.clear()
        self._windows[key] = window
        return window


class SharedWindows(ProcessWindows):
    """Counts in this process, and every half second adds to what all processes know.

    No request waits for MongoDB. The price: what other processes let through within the last half second is
    not known yet, so a caller that uses P processes at once may pass its limit by what P - 1 of them let
    through in that time. Without MongoDB each process goes on with its own counts, and adds them later; what
    was on its way when the connection broke may count twice, for that minute.
    """

    def __init__(
        self,
        add_spending: AddSpending,
        *,
        clock: Callable[[], float] = time.time,
        share_seconds: float = SHARE_SECONDS,
    ) -> None:
        super().__init__(clock)
        self._add_spending = add_spending
        self._share_seconds = share_seconds
        self._unshared: dict[tuple[str, int], Window] = {}
        self._sharing: asyncio.Task[None] | None = None

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` in the current window of `expiry` seconds. What is known to be spent in it."""
        window = self._current(key, expiry)
        window.spent += amount
        window.unshared += amount
        self._unshared[key, window.number] = window
        if self._sharing is None or self._sharing.done():
            self._sharing = asyncio.create_task(self._keep_sharing(), name="share rates")
        return window.spent

    async def close(self) -> None:
        """Stop sharing."""
        if self._sharing is not None:
            self._sharing.cancel()
            await asyncio.gather(self._sharing, return_exceptions=True)

    async def share(self) -> None:
        """Add what was spent here, and learn what all have spent. What cannot be added now is kept."""
        given = [(key, window, window.unshared) for (key, _), window in self._unshared.items()]
        spent = {
            _name(key, window): (amount, datetime.fromtimestamp((window.number + 2) * window.seconds, UTC))
            for key, window, amount in given
        }
        if not spent:
            return
        totals = await self._add_spending(spent)
        for key, window, amount in given:
            window.unshared -= amount
            if not window.unshared:
                del self._unshared[key, window.number]
            window.spent = max(window.spent, totals.get(_name(key, window), 0) + window.unshared)

    async def _keep_sharing(self) -> None:
        """Until all is shared; the next request starts it again."""
        while self._unshared:
            await asyncio.sleep(self._share_seconds)
            try:
                await self.share()
            except Exception as error:
                if is_transient(error):
                    log.warning("rates are counted in this process alone", error=repr(error))
                else:
                    log.exception("rates cannot be shared")
                await asyncio.sleep(PAUSE_SECONDS)
                self._forget_what_is_over()

    def _forget_what_is_over(self) -> None:
        now = self._clock()
        self._unshared = {
            name: window for name, window in self._unshared.items() if window.number == now // window.seconds
        }


def _name(key: str, window: Window) -> str:
    # A caller's name may be long, and is nobody's business in a collection that expires by itself.
    return f"{hashlib.sha256(key.encode(errors='replace')).hexdigest()[:32]}@{window.number}"
