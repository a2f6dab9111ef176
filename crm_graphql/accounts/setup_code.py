"""The setup code of the first user: no stranger who reaches a fresh server first owns it."""

from __future__ import annotations

import base64
import hmac

from crm_graphql.accounts.tokens import derived_key
from crm_graphql.core.settings import Settings

_GROUPS = 5


def setup_code(settings: Settings) -> str:
    """The deployment's code: 125 bits, XXXXX-XXXXX-XXXXX-XXXXX-XXXXX.

    It follows from the secret key, so all processes print the same one, and who has not seen their output
    cannot know it. Once there is a user it is good for nothing.
    """
    text = base64.b32encode(derived_key(settings, "setup code")).decode()
    return "-".join(text[at * 5 : at * 5 + 5] for at in range(_GROUPS))


def same_code(given: str | None, code: str) -> bool:
    """Whether it is the code; case, spaces and hyphens do not count."""
    return hmac.compare_digest(_plain(given), _plain(code))


def _plain(code: str | None) -> bytes:
    return "".join(sign for sign in (code or "").upper() if sign.isalnum()).encode("utf-8", "replace")
