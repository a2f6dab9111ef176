"""The setup code of the first user: no stranger who reaches a fresh server first owns it."""

from __future__ import annotations

import base64
import hmac

from crm_graphql.accounts.tokens import derived_key, derived_keys
from crm_graphql.core.settings import Settings

_GROUPS = 5
_PURPOSE = "setup code"


def setup_code(settings: Settings) -> str:
    """The deployment's code: 125 bits, XXXXX-XXXXX-XXXXX-XXXXX-XXXXX.

    It follows from the secret key, so all processes print the same one, and who has not seen their output
    cannot know it. Once there is a user it is good for nothing.
    """
    return _code(derived_key(settings, _PURPOSE))


def is_setup_code(given: str | None, settings: Settings) -> bool:
    """Whether it is the code, of this process or of one with the key before or after a change; case, spaces
    and hyphens do not count."""
    codes = [_code(key) for key in derived_keys(settings, _PURPOSE)]
    return any(hmac.compare_digest(_plain(given), _plain(code)) for code in codes)


def _code(key: bytes) -> str:
    text = base64.b32encode(key).decode()
    return "-".join(text[at * 5 : at * 5 + 5] for at in range(_GROUPS))


def _plain(code: str | None) -> bytes:
    return "".join(sign for sign in (code or "").upper() if sign.isalnum()).encode("utf-8", "replace")
