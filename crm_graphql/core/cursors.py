"""Cursors of a list: opaque texts that name a place in it, and are of no use in any other list."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any

import msgspec
from bson import ObjectId

from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import PageRequest, Row, SortKey

MARK_BYTES = 8
"""What says of which list a cursor is; too many to try out, few enough for an address."""
_OBJECT_ID = 1
"""The type of an ObjectId among MessagePack's extensions."""


def _encoded(part: object) -> object:
    # BSON's integers are int to everybody but MessagePack.
    return msgspec.msgpack.Ext(_OBJECT_ID, part.binary) if isinstance(part, ObjectId) else int(part)  # type: ignore[call-overload]


def _decoded(_code: int, data: memoryview) -> ObjectId:
    return ObjectId(bytes(data))


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_encoded)
_DECODER: msgspec.msgpack.Decoder[list[Any]] = msgspec.msgpack.Decoder(list[Any], ext_hook=_decoded)


class ListCursors:
    """The cursors of one list. Each is marked with a keyed hash of the list and the place together.

    So a cursor of another order, direction or filter is refused, as is one that was made up, and none says
    what was searched for, nor whether two are of one list.
    """

    def __init__(self, secrets: Callable[[], Sequence[bytes]], order: SortKey, identity: str) -> None:
        """`identity` says all that a list depends on but its order. The first of the secrets marks; all of
        them count."""
        self._secrets = secrets
        self._order = order
        self._identity = identity

    def of(self, row: Row) -> str:
        """The cursor of a row."""
        place = _ENCODER.encode(self._order.values(row))
        return base64.urlsafe_b64encode(_mark(self._keys[0], place) + place).decode().rstrip("=")

    def page(
        self,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> PageRequest:
        """Check Relay's four arguments. Raises InvalidInput or LimitExceeded, naming the argument."""
        return PageRequest.of(first, self._place(after, "after"), last, self._place(before, "before"))

    def _place(self, text: str | None, argument: str) -> tuple[Any, ...] | None:
        if text is None:
            return None
        try:
            padded = text + "=" * (-len(text) % 4)
            content = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            content = b""
        mark, place = content[:MARK_BYTES], content[MARK_BYTES:]
        if any(hmac.compare_digest(mark, _mark(key, place)) for key in self._keys):
            return tuple(_DECODER.decode(place))
        raise InvalidInput(
            "This is not a cursor of this list in this order. Pass one that it returned, or none at all.",
            path=(argument,),
        )

    @cached_property
    def _keys(self) -> list[bytes]:
        list_ = repr((self._identity, self._order.fields)).encode()
        return [blake2b(list_, key=secret, digest_size=32).digest() for secret in self._secrets()]


def _mark(key: bytes, place: bytes) -> bytes:
    return blake2b(place, key=key, digest_size=MARK_BYTES).digest()
