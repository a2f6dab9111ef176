"""Targets of clicks: web addresses in the one spelling that every browser reads alike."""

from __future__ import annotations

import re
from urllib.parse import quote

import idna

TARGET_LIMIT = 1_500
"""Characters; mail clients cut longer links."""

_SCHEME = re.compile(r"(https?)://", re.IGNORECASE)
_AUTHORITY_END = re.compile(r"[/?#]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]")
_PORT = re.compile(r"[0-9]{1,5}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_SAFE = "/?#[]@!$&'()*+,;=:%-._~"


def safe_target(url: str) -> str | None:
    """The address as it is redirected to; None for what is no plain web address.

    Refused is whatever two readers may take for two hosts: control characters, backslashes, user names
    before the host, hosts that are no names. Giving it its own answer changes nothing.
    """
    if len(url) > TARGET_LIMIT or _CONTROL.search(url):
        return None
    scheme = _SCHEME.match(url)
    if scheme is None:
        return None
    rest = url[scheme.end() :]
    end = _AUTHORITY_END.search(rest)
    cut = end.start() if end else len(rest)
    authority = _safe_authority(rest[:cut])
    if authority is None:
        return None
    try:
        target = f"{scheme[1].lower()}://{authority}{quote(rest[cut:], safe=_SAFE)}"
    except UnicodeEncodeError:
        return None
    return target if len(target) <= TARGET_LIMIT else None


def _safe_authority(authority: str) -> str | None:
    host, port = authority, ""
    if (colon := authority.rfind(":")) > authority.rfind("]"):
        host, port = authority[:colon], authority[colon + 1 :]
        if not _PORT.fullmatch(port) or not 0 < int(port) < 65_536:
            return None
    if not host.isascii():
        try:
            host = idna.encode(host.lower()).decode()
        except idna.IDNAError:
            return None
    host = host.lower()
    if not _HOST.fullmatch(host) or ".." in host:
        return None
    return f"{host}:{port}" if port else host
