"""Tokens of tracked links: what was sent to whom is named by a campaign and a number, and signed.

A click's token holds its target, so that it is answered from memory alone, by any process, also one that has
just begun. It holds no address. Its key is the database's own: links outlive the deployment's secrets.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b

from bson import ObjectId

from crm_graphql.mongo.stored_keys import stored_key
from crm_graphql.tracking.targets import TARGET_LIMIT, safe_target

_PARTS = struct.Struct(">B12sIH")
_MAC_BYTES = 12
TOKEN_LIMIT = (_PARTS.size + _MAC_BYTES + TARGET_LIMIT) * 4 // 3 + 4
"""Characters of the longest token that is made."""

_OPEN, _CLICK, _CLICK_HTTP = 1, 2, 3
_SCHEMES = {_CLICK: b"https://", _CLICK_HTTP: b"http://"}


class Kind(Enum):
    """What a person did with a message."""

    OPEN = "OPEN"
    CLICK = "CLICK"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a token says: something was done with the delivery `number` of a campaign.

    `link` is the number of the link in the campaign's table, and `target` where it leads; 0 and empty for
    opens.
    """

    kind: Kind
    campaign_id: ObjectId
    number: int
    link: int = 0
    target: str = ""


async def tracking_key() -> bytes:
    """The key of this database's tracked links."""
    return await stored_key("tracking")


class Signer:
    """Makes the links of one campaign's messages."""

    def __init__(self, public_url: str, campaign_id: ObjectId, key: bytes) -> None:
        self._root = public_url.rstrip("/")
        self._campaign = campaign_id.binary
        self._key = key

    def click_url(self, number: int, link: int, target: str) -> str:
        """The link in place of one to `target`, a safe one."""
        kind = _CLICK if target.startswith("https://") else _CLICK_HTTP
        rest = target.encode().removeprefix(_SCHEMES[kind])
        return f"{self._root}/c/{self._token(kind, number, link, rest)}"

    def open_url(self, number: int) -> str:
        """The picture that tells that a message was looked at."""
        return f"{self._root}/o/{self._token(_OPEN, number, 0, b'')}.gif"

    def _token(self, kind: int, number: int, link: int, rest: bytes) -> str:
        signed = _PARTS.pack(kind, self._campaign, number, link) + rest
        return _text(signed + _mac(signed, self._key))


def read_seen(token: str, kind: Kind, key: bytes) -> Seen | None:
    """What the token says; None for one that was changed, cut off, or made for something else."""
    if len(token) > TOKEN_LIMIT:
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    signed, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    # Of the spellings that base64 has for the same bytes only ours is one.
    if len(signed) < _PARTS.size or not hmac.compare_digest(mac, _mac(signed, key)) or _text(raw) != token:
        return None
    code, campaign, number, link = _PARTS.unpack_from(signed)
    if kind is Kind.OPEN:
        return Seen(kind, ObjectId(campaign), number) if code == _OPEN else None
    if code not in _SCHEMES:
        return None
    target = (_SCHEMES[code] + signed[_PARTS.size :]).decode("ascii", "replace")
    # What is signed was safe when it was; it must be so for this release, too.
    return Seen(kind, ObjectId(campaign), number, link, target) if safe_target(target) == target else None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(signed: bytes, key: bytes) -> bytes:
    return blake2b(signed, digest_size=_MAC_BYTES, key=key, person=b"crm tracking").digest()
