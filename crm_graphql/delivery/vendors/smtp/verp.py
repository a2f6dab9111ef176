"""Envelope senders that name the message (VERP): what comes back tells by its address which one it was.

Each has a MAC: without it anybody could have addresses suppressed by writing to the domain of returned mail.
"""

from __future__ import annotations

import base64
import hmac
import re

from crm_graphql.accounts.tokens import derived_key, derived_keys
from crm_graphql.core.settings import Settings

_PURPOSE = "returned mail"
_MAC_CHARACTERS = 10
_LOCAL_PART = re.compile(rf"b\+([0-9a-f]{{24}}-[1-9][0-9]{{0,6}})-([a-z2-7]{{{_MAC_CHARACTERS}}})")
_IN_TEXT = re.compile(rf"{_LOCAL_PART.pattern}@[a-z0-9.\-]{{1,253}}", re.IGNORECASE)


def envelope_sender(key: str, settings: Settings) -> str:
    """The envelope sender of the message `key`, `b+<key>-<mac>@<domain>`; empty where CRM_BOUNCES_DOMAIN is
    not set, and mail goes back to the visible sender."""
    if not settings.bounces_domain:
        return ""
    return f"b+{key}-{_mac(derived_key(settings, _PURPOSE), key)}@{settings.bounces_domain}"


def key_of(address: str, settings: Settings) -> str | None:
    """The key of the message that returned mail to this address is about; None unless we made the address.

    Mail servers on the way may have changed the case of its letters.
    """
    local_part, _, domain = address.strip().lower().rpartition("@")
    found = _LOCAL_PART.fullmatch(local_part)
    if found is None or not settings.bounces_domain or domain != settings.bounces_domain:
        return None
    key, mac = found.groups()
    goods = [
        hmac.compare_digest(_mac(one, key).encode(), mac.encode()) for one in derived_keys(settings, _PURPOSE)
    ]
    return key if any(goods) else None


def keys_within(text: str, settings: Settings) -> list[str]:
    """The keys of the senders that we made which stand anywhere in the text, each once, in their order."""
    found = (key_of(match[0], settings) for match in _IN_TEXT.finditer(text))
    return list(dict.fromkeys(key for key in found if key))


def _mac(secret: bytes, key: str) -> str:
    digest = hmac.digest(secret, key.encode(), "sha256")
    return base64.b32encode(digest).decode().lower()[:_MAC_CHARACTERS]
