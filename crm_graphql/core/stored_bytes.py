"""Holders of stored bytes: whoever stores files says here how many bytes they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Holder = Callable[[], Awaitable[int]]
"""Says how many bytes are held now; quickly, for it is asked whenever somebody looks."""

_HOLDERS: dict[str, Holder] = {}


def holds_bytes(name: str, holder: Holder) -> None:
    """Announce a holder under its name, once, when its module is imported. A second one replaces the
    first."""
    _HOLDERS[name] = holder


async def stored_bytes() -> int:
    """How many bytes all holders have; 0 while there is none."""
    return sum(await asyncio.gather(*(holder() for holder in _HOLDERS.values())))
