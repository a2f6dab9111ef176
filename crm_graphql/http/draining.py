"""Draining of refused bodies: a sender that is cut off in the middle never sees why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect

DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 5.0
"""How much of a refused body is still read, so that its sender gets to the answer."""


async def drain(stream: AsyncIterator[bytes]) -> None:
    """Read on for a while."""
    size = 0
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for piece in stream:
                size += len(piece)
                if size > DRAIN_BYTES:
                    return
    except (TimeoutError, ClientDisconnect, RuntimeError):
        return
