"""Downloads of files as answers: harmless to whoever opens them, in parts where parts are asked for."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from crm_graphql.storage.port import Reading, Storage

HARMLESS = {
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
}
"""A file is no page of this server's, whatever it holds: no scripts, no forms, nothing of its origin."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Download:
    """What is to be answered. `tag` changes with the bytes."""

    key: str
    size_bytes: int
    content_type: str
    tag: str
    filename: str | None = None
    """Under which it is saved; None shows it where it stands."""
    max_age_seconds: int | None = None
    """How long anybody may keep it; None: nobody may."""


async def download_response(request: Request, found: Download, storage: Storage) -> Response:
    """The answer: whole, in part (one range), unchanged, or without a body for HEAD.

    Raises ObjectMissing and StorageAway before anything is sent.
    """
    headers = _headers(found)
    if found.tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    asked = _asked_range(request, found)
    if asked is not None and asked.start >= found.size_bytes:
        headers["content-range"] = f"bytes */{found.size_bytes}"
        return Response(status_code=416, headers=headers)
    part = asked if asked is not None else range(found.size_bytes)
    headers["content-length"] = str(len(part))
    if asked is not None:
        headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{found.size_bytes}"
    status = 200 if asked is None else 206
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=found.content_type)
    reading = await storage.get(found.key, offset=part.start, length=len(part))
    return StreamingResponse(
        _closed(reading), status_code=status, headers=headers, media_type=found.content_type
    )


def _headers(found: Download) -> dict[str, str]:
    headers = {**HARMLESS, "etag": found.tag, "accept-ranges": "bytes"}
    if found.filename is not None:
        headers["content-disposition"] = attachment(found.filename)
    else:
        headers["content-disposition"] = "inline"
        # In mails and on pages of others.
        headers["cross-origin-resource-policy"] = "cross-origin"
    if found.max_age_seconds is not None:
        headers["cache-control"] = f"public, max-age={found.max_age_seconds}"
    return headers


def attachment(filename: str) -> str:
    """The header of a file that is to be saved, in both forms of RFC 6266: whoever can takes the second."""
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def _asked_range(request: Request, found: Download) -> range | None:
    """The one range that is asked for; None for none, for several, and for one of other bytes than these."""
    match = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if match is None or request.headers.get("if-range", found.tag) != found.tag:
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, found.size_bytes - int(last)), found.size_bytes) if last else None
    stop = min(found.size_bytes, int(last) + 1) if last else found.size_bytes
    return range(int(first), stop) if not last or int(first) <= int(last) else None


async def _closed(reading: Reading) -> AsyncIterator[bytes]:
    try:
        async for piece in reading:
            yield piece
    finally:
        await reading.close()
