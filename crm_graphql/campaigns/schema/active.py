"""The live states of all campaigns that are being sent, shared by who watches them in this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from bson import ObjectId

from crm_graphql.campaigns.messages import CAMPAIGNS_TOPIC
from crm_graphql.campaigns.queries import campaigns_by_ids, sending_campaigns
from crm_graphql.campaigns.schema.progress import CampaignProgress
from crm_graphql.core.paging import Row
from crm_graphql.gql.changelog import ChangeLog
from crm_graphql.gql.context import Info

FRESH_SECONDS = 1.0
"""What was read so lately is told to who comes; the next reading tells the rest."""
KEPT_SECONDS = 30.0
"""For so long the last state of one that is no longer sent is kept for readers that lag behind."""


@dataclass(slots=True)
class _State:
    turn: int
    row: Row
    left_at: float | None = None


class ActiveCampaigns:
    """The newest state of each campaign that is being sent or has just stopped, by the turn of its last
    change: turns count the changes that this process has seen."""

    def __init__(self) -> None:
        self._states: dict[ObjectId, _State] = {}
        self._turn = 0
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def known(self) -> int:
        """The turn of the newest change, by a reading that is not old."""
        if time.monotonic() - self._read_at < FRESH_SECONDS:
            return self._turn
        return await self.read(unless_fresh=True)

    async def read(self, *, unless_fresh: bool = False) -> int:
        """Take in what is true now; the turn of the newest change."""
        async with self._reading:
            if unless_fresh and time.monotonic() - self._read_at < FRESH_SECONDS:
                return self._turn
            self._forget()
            sending = {row["_id"]: row for row in await sending_campaigns()}
            stopped = [key for key in self._states if key not in sending]
            for key, row in {**sending, **await campaigns_by_ids(stopped)}.items():
                self._take(key, row, is_sent=key in sending)
            self._read_at = time.monotonic()
            return self._turn

    def next_after(self, turn: int) -> _State | None:
        """The earliest change after a turn, in its newest state."""
        later = [state for state in self._states.values() if state.turn > turn]
        return min(later, key=lambda state: state.turn, default=None)

    def _take(self, key: ObjectId, row: Row, *, is_sent: bool) -> None:
        known = self._states.get(key)
        left_at = None if is_sent else (known and known.left_at) or time.monotonic()
        if known is not None and known.row["revision"] >= row["revision"]:
            known.left_at = left_at
            return
        self._turn += 1
        self._states[key] = _State(self._turn, row, left_at)

    def _forget(self) -> None:
        """Drop what nobody waits for: those that stopped long ago, and all when nobody has watched."""
        now = time.monotonic()
        if now - self._read_at > KEPT_SECONDS:
            self._states.clear()
        for key in [
            key for key, one in self._states.items() if one.left_at and one.left_at < now - KEPT_SECONDS
        ]:
            del self._states[key]


class ActiveLog(ChangeLog[int, CampaignProgress]):
    """Where each campaign is, in the order in which they last changed."""

    def __init__(self, info: Info, active: ActiveCampaigns, *, newest: int) -> None:
        self._info = info
        self._active = active
        self.start = -1
        self.newest = newest
        self.opening = None

    def caught_up(self, place: int) -> None:
        """Nothing: whoever is told nothing knows that nothing is being sent."""

    async def heads(self) -> AsyncIterator[int]:
        """The turns of the newest changes."""
        states = self._info.context.live.states(
            CAMPAIGNS_TOPIC, "active", self._active.read, lambda turn: turn
        )
        async with aclosing(states):
            async for turn in states:
                yield turn

    async def page(self, after: int, up_to: int) -> tuple[CampaignProgress, int] | None:
        """The next campaign that changed after the turn."""
        state = self._active.next_after(after)
        if state is None:
            return None
        now = self._info.context.resources.clock.now()
        return CampaignProgress.from_document(state.row, at=now), state.turn


async def active_log(info: Info) -> ActiveLog:
    """The log of those that are being sent, from all that are now."""
    active = info.context.live.keep("active campaigns", ActiveCampaigns)
    return ActiveLog(info, active, newest=await active.known())
