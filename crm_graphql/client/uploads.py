"""Sends a body to an ingest door, and again after a loss, so that it ends applied once."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from crm_graphql.client.api import Api, ApiAway, read_object

TIMEOUT = httpx.Timeout(connect=10.0, write=120.0, read=300.0, pool=10.0)
"""The door stops reading while consumers are behind, and seals before it answers."""
GIVE_UP_SECONDS = 600.0
"""A server that has been away this long is not waited for any more."""
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
LONGEST_PAUSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Upload:
    """What is sent, and how it is told apart from every other upload."""

    kind: str
    """`customers`, `orders` or `suppressions`."""
    pieces: Callable[[], Iterable[bytes]]
    """Gives the same bytes at each call: after a loss they are sent again. An empty piece is none yet."""
    content_type: str
    gzip: bool = False
    source: str | None = None
    name: str | None = None
    """The file's name: a hint at what it is."""
    options: Sequence[tuple[str, str]] = ()
    """How it is to be read, as query parameters."""
    idempotency_key: str = field(default_factory=lambda: f"upload-{uuid.uuid4().hex}")
    """One key over all attempts: what the server has already stored, it leaves alone."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Hears how it goes."""

    sent: Callable[[int], None] = lambda _total: None
    """Bytes of the present attempt so far."""
    waiting: Callable[[str, float], None] = lambda _why, _seconds: None
    """Why, and how many seconds, before the next attempt."""


async def upload(api: Api, what: Upload, watcher: Watcher | None = None) -> dict[str, Any]:
    """The ingestion, once every good record is durable.

    A lost connection and a server that asks for patience (503) are waited out, up to ten minutes without an
    answer. Raises ApiRefused for a body or token that is not taken, ApiAway when nothing ever answered or
    patience ended.
    """
    watcher = watcher or Watcher()
    ever_answered = False
    attempts = 0
    last_answer = time.monotonic()
    while True:
        try:
            return await _attempt(api, what, watcher)
        except ApiAway as away:
            if away.answered:
                ever_answered = True
                last_answer = time.monotonic()
            if not ever_answered or time.monotonic() - last_answer > GIVE_UP_SECONDS:
                raise
            pause = away.retry_after_seconds or BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS) - 1)]
            pause = min(pause, LONGEST_PAUSE_SECONDS)
            attempts += 1
            watcher.waiting(str(away), pause)
            await asyncio.sleep(pause)


async def _attempt(api: Api, what: Upload, watcher: Watcher) -> dict[str, Any]:
    answer = await api.request(
        "POST",
        f"/ingest/{what.kind}",
        params=[*what.options, *([] if what.source is None else [("source", what.source)])],
        headers={**_headers(what), "idempotency-key": what.idempotency_key},
        content=_counted(what.pieces(), watcher),
        timeout=TIMEOUT,
    )
    return read_object(answer)


async def preview_of(api: Api, what: Upload) -> dict[str, Any]:
    """What the file is, and what would become of it. Stores nothing. Raises ApiRefused or ApiAway."""
    answer = await api.request(
        "POST",
        f"/ingest/{what.kind}/preview",
        params=list(what.options),
        headers=_headers(what),
        content=_counted(what.pieces(), Watcher()),
        timeout=TIMEOUT,
    )
    return read_object(answer)


def _headers(what: Upload) -> dict[str, str]:
    headers = {"content-type": what.content_type}
    if what.name is not None:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(what.name, safe='')}"
    if what.gzip:
        headers["content-encoding"] = "gzip"
    return headers


async def _counted(pieces: Iterable[bytes], watcher: Watcher) -> AsyncIterator[bytes]:
    sent = 0
    watcher.sent(0)
    for piece in pieces:
        if not piece:
            # To an HTTP connection an empty piece is the end; meanwhile it and Ctrl-C are looked after.
            await asyncio.sleep(0)
            continue
        yield piece
        sent += len(piece)
        watcher.sent(sent)
