"""Metadata of customers: free-form values by key, merged by key, bounded, and never read by the product.

A customer's document holds each value as JSON text in a list: so no key and no value means anything to
MongoDB, whatever signs are in it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from crm_graphql.core.errors import InvalidInput, Problem
from crm_graphql.core.texts import is_storable

KEYS = 64
KEY_CHARACTERS = 100
BYTES = 16 * 1024
"""All keys and values of a customer together, as JSON."""
DEPTH = 5
_REMEMBERED = 64
"""Cleared keys whose version is still known: an older record does not bring them back."""
_EXACT = 2**53
_PATH = "metadata"

MetadataChanges = Mapping[str, str | None]
"""JSON texts by key; None clears one."""
Entries = Sequence[Mapping[str, Any]]


class BadMetadata(ValueError):
    """What was given cannot be kept. The message follows the field's name."""


def read_metadata(given: object) -> dict[str, str | None]:
    """The keys and values of an object as they are kept. Raises BadMetadata."""
    if not isinstance(given, Mapping):
        raise BadMetadata("is no object of values by their keys.")
    if len(given) > 2 * KEYS:
        raise BadMetadata(f"has more than {2 * KEYS} keys. Send fewer.")
    found: dict[str, str | None] = {}
    size = 0
    for key, value in given.items():
        if not isinstance(key, str) or not 0 < len(key) <= KEY_CHARACTERS or not is_storable(key):
            raise BadMetadata(f"has a key that is no text of 1 to {KEY_CHARACTERS} characters.")
        found[key] = None if value is None else json.dumps(_plain(value, key, 2), separators=(",", ":"))
        size += len(key) + len(found[key] or "")
        if size > BYTES:
            raise BadMetadata(f"is larger than {BYTES:,} bytes. Send less.")
    return found


def checked_metadata(given: object) -> dict[str, str | None]:
    """The same for an edit. Raises InvalidInput at `metadata`."""
    try:
        return read_metadata(given)
    except BadMetadata as error:
        raise InvalidInput(f"metadata {error}", path=(_PATH,)) from None


def merge_metadata(customer: dict[str, Any], changes: MetadataChanges, version: int) -> set[str]:
    """Take over the values that no newer record has set: which fields of the document must be written.

    What goes beyond the bounds is left out, as if it had not been said; ask `too_much` before an edit.
    """
    entries: dict[str, Mapping[str, Any]] = {entry["key"]: entry for entry in customer.get(_PATH) or ()}
    is_changed = False
    for key, value in changes.items():
        known = entries.get(key)
        if known is not None and known["version"] >= version:
            continue
        following: dict[str, Mapping[str, Any]] = {
            **entries,
            key: {"key": key, "value": value, "version": version},
        }
        if value is not None and _is_too_much(following.values()):
            continue
        entries = following
        is_changed = True
    if not is_changed:
        return set()
    customer[_PATH] = _bounded(list(entries.values()))
    return {_PATH}


def too_much(customer: Mapping[str, Any], changes: MetadataChanges) -> Problem | None:
    """What is said of an edit with which the customer would hold more than may be."""
    entries: dict[str, Mapping[str, Any]] = {entry["key"]: entry for entry in customer.get(_PATH) or ()}
    entries |= {key: {"key": key, "value": value} for key, value in changes.items()}
    if not any(value is not None for value in changes.values()) or not _is_too_much(entries.values()):
        return None
    message = f"A customer's metadata has at most {KEYS} keys and {BYTES:,} bytes. Clear some: null."
    return InvalidInput(message, path=(_PATH,)).problems[0]


def shown_metadata(entries: Entries | None) -> dict[str, Any]:
    """The values by key, as they were given."""
    return {entry["key"]: json.loads(entry["value"]) for entry in entries or () if entry["value"] is not None}


def texts_of(entries: Entries | None) -> dict[str, str]:
    """The values by key, as JSON texts."""
    return {entry["key"]: entry["value"] for entry in entries or () if entry["value"] is not None}


def _is_too_much(entries: Iterable[Mapping[str, Any]]) -> bool:
    held = [entry for entry in entries if entry["value"] is not None]
    return len(held) > KEYS or sum(len(entry["key"]) + len(entry["value"]) for entry in held) > BYTES


def _bounded(entries: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without the keys that were cleared longest ago, beyond those that are remembered."""
    cleared = sorted((entry["version"] for entry in entries if entry["value"] is None), reverse=True)
    if len(cleared) <= _REMEMBERED:
        return entries
    since = cleared[_REMEMBERED - 1]
    return [entry for entry in entries if entry["value"] is not None or entry["version"] >= since]


def _plain(value: object, key: str, depth: int) -> Any:
    """The value in what JSON holds exactly. Raises BadMetadata."""
    if depth > DEPTH and isinstance(value, Mapping | list | tuple):
        raise BadMetadata(f'is deeper than {DEPTH} levels under "{key}".')
    if isinstance(value, Mapping):
        return {_text(str(name), key): _plain(inner, key, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, key, depth + 1) for inner in value]
    if isinstance(value, str):
        return _text(value, key)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return _number(value, key)
    raise BadMetadata(f'holds what JSON has not under "{key}".')


def _text(text: str, key: str) -> str:
    if len(text) > BYTES or not is_storable(text):
        raise BadMetadata(f'holds a text that is too long or none under "{key}".')
    return text


def _number(number: int | float | Decimal, key: str) -> int | float:
    if isinstance(number, int) or (isinstance(number, Decimal) and number == number.to_integral_value()):
        if abs(Decimal(number)) <= _EXACT:
            return int(number)
    elif math.isfinite(float(number)):
        return float(number)
    raise BadMetadata(f'holds a number under "{key}" that not every program keeps. Send it as text.')
