"""Keyset pages: how many, from where, in which direction; and the texts of places in a log."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import msgspec
from bson import Int64, ObjectId, json_util
from bson.errors import BSONError

from crm_graphql.core.errors import InvalidInput, LimitExceeded
from crm_graphql.core.texts import is_storable

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100

# What decoding a text that is no cursor may raise: not base64, not JSON, or not BSON's form of it.
_NO_CURSOR = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError, BSONError)

Row = Mapping[str, Any]
RowT = TypeVar("RowT")


_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A checked request for a page. `backward` means the `size` rows that end before the cursor."""

    size: int = DEFAULT_PAGE_SIZE
    cursor: tuple[Any, ...] | None = None
    backward: bool = False

    @classmethod
    def of(
        cls,
        first: int | None = None,
        after: tuple[Any, ...] | None = None,
        last: int | None = None,
        before: tuple[Any, ...] | None = None,
    ) -> PageRequest:
        """Check Relay's four arguments, the cursors as the sort keys that they name. Raises InvalidInput or
        LimitExceeded, naming the argument."""
        backward = last is not None or before is not None
        if backward and (first is not None or after is not None):
            raise InvalidInput("Use first/after to page forward or last/before to page backward, not both.")
        name, size = ("last", last) if backward else ("first", first)
        size = DEFAULT_PAGE_SIZE if size is None else size
        if size < 0:
            raise InvalidInput(f"{name} must not be negative.", path=(name,))
        if size > MAX_PAGE_SIZE:
            raise LimitExceeded(f"{name} is {size}; at most {MAX_PAGE_SIZE} are allowed.", path=(name,))
        return cls(size, before if backward else after, backward)


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """The rows of a page in the list's own order, whatever the direction they were asked in."""

    rows: Sequence[RowT]
    has_next: bool
    has_previous: bool


def encode_cursor(*key: object) -> str:
    """An opaque text for a place in a log; the last part is a row's id."""
    parts = [_plain(part) for part in key]
    return base64.urlsafe_b64encode(_ENCODER.encode(parts)).decode().rstrip("=")


def _plain(part: object) -> object:
    """The part in the extended JSON of MongoDB, which `decode_cursor` reads."""
    if isinstance(part, ObjectId):
        return {"$oid": str(part)}
    if isinstance(part, datetime):
        return {"$date": round(part.timestamp() * 1000)}
    # What is stored in eight bytes comes as a class of its own, which the encoder does not know.
    return int(part) if isinstance(part, Int64) else part


def decode_cursor(text: str, *, field: str = "after") -> tuple[Any, ...]:
    """The place in a log's cursor. Raises InvalidInput for a text that is none."""
    try:
        padded = text + "=" * (-len(text) % 4)
        key = json_util.loads(
            base64.b64decode(padded, altchars=b"-_", validate=True).decode(),
            json_options=json_util.JSONOptions(tz_aware=True),
        )
        if isinstance(key, list) and all(map(_is_plain, key)):
            return tuple(key)
    except _NO_CURSOR:
        pass
    raise InvalidInput("This is not a cursor of this log. Pass one that it returned.", path=(field,))


def _is_plain(part: object) -> bool:
    """Whether a place can hold it: a cursor must smuggle neither an operator nor what BSON refuses into a
    filter. Exact types, for BSON's code is a text to `isinstance`."""
    if type(part) is str:
        return is_storable(part)
    if type(part) in (int, Int64):
        return -(2**63) <= cast("int", part) < 2**63
    return part is None or type(part) in (datetime, ObjectId)


@dataclass(frozen=True, slots=True)
class SortKey:
    """The order of a list: fields with their direction (1 or -1); the last must be unique."""

    fields: tuple[tuple[str, int], ...]
    nullable: frozenset[str] = frozenset()
    """Fields that rows may lack: they cost a further branch in the filter."""

    def values(self, row: Row) -> list[Any]:
        """The place of `row` in the order."""
        return [_value(row, name) for name, _ in self.fields]

    def mongo_sort(self, *, backward: bool) -> list[tuple[str, int]]:
        """The order for `find().sort()`."""
        return [(name, -way if backward else way) for name, way in self.fields]

    def mongo_filter(self, page: PageRequest) -> dict[str, Any]:
        """What comes strictly after the cursor in reading direction; MongoDB sorts null before all."""
        if page.cursor is None:
            return {}
        branches: list[dict[str, Any]] = []
        equal: dict[str, Any] = {}
        for (name, way), value in zip(self.fields, page.cursor, strict=True):
            beyond = self._beyond(name, value, ascending=(way > 0) != page.backward)
            if beyond is not None:
                branches.append({**equal, **beyond})
            equal[name] = value
        if not branches:
            return {"_id": {"$in": []}}
        return {"$or": branches} if len(branches) > 1 else branches[0]

    def _beyond(self, name: str, value: Any, *, ascending: bool) -> dict[str, Any] | None:
        if value is None:
            return {name: {"$ne": None}} if ascending else None
        if ascending:
            return {name: {"$gt": value}}
        below = {name: {"$lt": value}}
        return {"$or": [below, {name: None}]} if name in self.nullable else below

    def page(self, rows: Sequence[RowT], request: PageRequest) -> Page[RowT]:
        """The page from `size + 1` rows that were fetched in reading direction."""
        more = len(rows) > request.size
        kept = list(rows[: request.size])
        if request.backward:
            kept.reverse()
            return Page(kept, has_next=request.cursor is not None, has_previous=more)
        return Page(kept, has_next=more, has_previous=request.cursor is not None)


def _value(row: Row, name: str) -> Any:
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
