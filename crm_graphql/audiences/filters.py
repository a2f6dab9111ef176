"""The conjunction and disjunction of MongoDB filters, in a form that the server has nothing to rewrite in.

Some servers read a disjunction wrong that says one value twice: while planning they turn its equalities into
`$in`, which changes the order of its parts, and then give one part the index bounds of another (MongoDB's
SERVER-83602, mended in 6.0.15). Here equalities of one field are one condition from the start, no
part stands twice, and nothing stands in another of its own kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Filter = dict[str, Any]


def all_of(parts: Iterable[Filter]) -> Filter:
    """What meets each of the filters, of which there is at least one."""
    return _joined("$and", _distinct(_flat("$and", parts)))


def any_of(parts: Iterable[Filter]) -> Filter:
    """What meets at least one of the filters, of which there is at least one."""
    found: list[Filter] = []
    values: dict[str, dict[Any, None]] = {}
    for part in _flat("$or", parts):
        equality = _equality(part)
        if equality is None:
            found.append(part)
            continue
        path, these = equality
        if path not in values:
            values[path] = {}
            found.append({path: {"$in": values[path]}})
        values[path] |= dict.fromkeys(these)
    return _joined("$or", _distinct(_plain(part) for part in found))


def _flat(kind: str, parts: Iterable[Filter]) -> Iterator[Filter]:
    for part in parts:
        if kind in part:
            yield from part[kind]
        else:
            yield part


def _equality(part: Filter) -> tuple[str, Iterable[Any]] | None:
    """The field and the values of a condition that asks for one of some values."""
    ((path, condition),) = part.items()
    if isinstance(condition, dict) and len(condition) == 1:
        if "$eq" in condition:
            return path, [condition["$eq"]]
        if "$in" in condition:
            return path, condition["$in"]
    return None


def _plain(part: Filter) -> Filter:
    equality = _equality(part)
    if equality is None:
        return part
    path, (*values,) = equality
    return {path: {"$eq": values[0]} if len(values) == 1 else {"$in": values}}


def _distinct(parts: Iterable[Filter]) -> list[Filter]:
    found: list[Filter] = []
    for part in parts:
        if part not in found:
            found.append(part)
    return found


def _joined(kind: str, parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else {kind: parts}
