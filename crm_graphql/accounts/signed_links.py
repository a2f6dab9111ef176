"""Signed links: addresses that open one thing for 15 minutes, for whoever has them, without signing in."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from crm_graphql.accounts.tokens import derived_key, derived_keys
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Forbidden
from crm_graphql.core.settings import Settings

GOOD_FOR = timedelta(minutes=15)
_LONGEST_NUMBER = 12


def signed_query(purpose: str, subject: str, *, settings: Settings, clock: Clock) -> str:
    """The query of a link to `subject`, good from now on. A `purpose` has a key of its own."""
    expires = int((clock.now() + GOOD_FOR).timestamp())
    signature = _mac(derived_key(settings, purpose), f"{subject}:{expires}").decode()
    return f"expires={expires}&signature={signature}"


def check_signed(
    purpose: str,
    subject: str,
    query: Mapping[str, str],
    *,
    ask_again: str,
    settings: Settings,
    clock: Clock,
) -> None:
    """Raise Forbidden unless the query was signed for this subject, and is still good; `ask_again` is the
    field that has a new link."""
    expires, signature = query.get("expires", ""), query.get("signature", "")
    signed = f"{subject}:{expires}"
    is_number = expires.isascii() and expires.isdigit() and len(expires) <= _LONGEST_NUMBER
    if not is_number or not any(
        hmac.compare_digest(_mac(one, signed), signature.encode("utf-8", "replace"))
        for one in derived_keys(settings, purpose)
    ):
        raise Forbidden(f"This address is not signed by this server. Ask for {ask_again} again.")
    if clock.now().timestamp() >= int(expires):
        raise Forbidden(f"This address was good for 15 minutes. Ask for {ask_again} again.")


def _mac(key: bytes, signed: str) -> bytes:
    return hmac.new(key, signed.encode("utf-8", "replace"), sha256).hexdigest().encode()
