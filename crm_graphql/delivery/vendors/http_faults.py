"""Faults of HTTP by which surely nothing reached the vendor."""

from __future__ import annotations

import httpx

NOTHING_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
"""Before any byte of the request can have left."""
