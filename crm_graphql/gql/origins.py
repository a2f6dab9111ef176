"""Which pages of browsers may open a websocket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def origin_allowed(headers: Mapping[str, str], allowed_origins: Sequence[str]) -> bool:
    """Whether a websocket may be opened: browsers open them across origins without asking.

    `headers` have lower-case names. Allowed are clients that are no browsers (no Origin), pages of this very
    host and port, and those of `allowed_origins` ("*" for all). The origin "null" (a sandbox) is none.
    """
    text = headers.get("origin")
    if text is None or "*" in allowed_origins:
        return True
    origin = _normal(text)
    if origin is None:
        return False
    if any(origin == _normal(allowed) for allowed in allowed_origins):
        return True
    scheme, host, port = origin
    own = _normal(f"{scheme}://{headers.get('host', '')}")
    return own is not None and (host, port) == own[1:]


def _normal(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port, the port always said; None for what is no origin."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
    if not parts.hostname or parts.username or parts.path or parts.query or parts.fragment:
        return None
    return parts.scheme, parts.hostname, port
