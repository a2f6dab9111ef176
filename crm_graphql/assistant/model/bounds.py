"""Bounds of what a model's server may send: so many bytes, not packed, whatever it claims."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

ANSWER_BYTES = 1_000_000
"""Of one answer on the wire: a stream wraps each token in about 250 bytes."""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            size += len(piece)
            if size > ANSWER_BYTES:
                raise httpx2.ReadError(f"more than {ANSWER_BYTES} bytes", request=self._request)
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


async def bound(response: httpx2.Response) -> None:
    """Let the response be read up to the bound. A hook of the client, so that it holds behind proxies too.

    Raises httpx2.DecodingError for a packed one, which could unpack to a great deal; none was asked for.
    """
    if response.headers.get("content-encoding", "identity") != "identity":
        raise httpx2.DecodingError("a packed answer that was not asked for", request=response.request)
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = _Bounded(response.stream, response.request)
