"""The change log that a resumable subscription reads: newest states, again from any place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

Place = TypeVar("Place")
"""Where in the log: comparable, and greater further on."""
Event = TypeVar("Event")
"""What a page of the log is shown as."""


class ChangeLog(ABC, Generic[Place, Event]):
    """One watched log, from the place where its subscriber begins.

    A log can be read by several at different places and ends in the same states for all; it is iterated as a
    whole by one that shares it with nobody.
    """

    start: Any
    """The place after which the subscriber begins."""
    newest: Any
    """The newest place when the subscriber came: what it is told up to here is the truth of then."""
    opening: Event | None
    """An event to begin with: the place of now, for one who did not name a place."""

    @abstractmethod
    def caught_up(self, place: Place) -> Event | None:
        """The event without any news, for one who resumed and missed nothing: what it knows is the state at
        `place`. None where such a one is told nothing."""

    @abstractmethod
    def heads(self) -> AsyncIterator[Place]:
        """The newest place of the log now, then each newer one (newest wins), for as long as one iterates."""

    @abstractmethod
    async def page(self, after: Place, up_to: Place) -> tuple[Event, Place] | None:
        """The next event after a place and by `up_to`, and the place that it reaches; None for none."""

    async def __aiter__(self) -> AsyncIterator[Event]:
        place, told = self.start, self.opening is not None
        if self.opening is not None:
            yield self.opening
        async for known in self.heads():
            head = max(known, self.newest)
            while (found := await self.page(place, head)) is not None:
                event, place = found
                told = True
                yield event
            place = max(place, head)
            if not told:
                told = True
                if (nothing := self.caught_up(place)) is not None:
                    yield nothing
