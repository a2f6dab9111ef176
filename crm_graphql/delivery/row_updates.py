"""The changes of many rows of the ledger as few updates: most rows of a flush change alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import UpdateMany

from crm_graphql.delivery.ledger import RowState

_VENDOR_ID = "vendor_message_id"
_IDS_AN_UPDATE = 200
"""Each row searches the list, so a long one would cost more than it saves."""


def row_updates(
    before: Mapping[ObjectId, RowState], after: Mapping[ObjectId, RowState], common: Mapping[str, Any]
) -> Iterator[UpdateMany]:
    """Updates that turn the rows of `after` from what they were `before`, each with `common` added.

    Only what changes is written. Rows that differ in nothing but the vendor's id share updates that find each
    row's own id in a list: an update of its own for each row costs half as much again.
    """
    alike: dict[tuple[tuple[str, Any], ...], list[ObjectId]] = defaultdict(list)
    for key, row in after.items():
        changes = _changes(before[key], row)
        # The vendor's id is the only value that hardly two rows share.
        if _VENDOR_ID in changes:
            changes[_VENDOR_ID] = None
        alike[tuple(changes.items())].append(key)
    for changed, ids in alike.items():
        values = {**dict(changed), **common}
        if _VENDOR_ID in values:
            for start in range(0, len(ids), _IDS_AN_UPDATE):
                some = ids[start : start + _IDS_AN_UPDATE]
                vendor_ids = [after[key].vendor_message_id for key in some]
                yield UpdateMany({"_id": {"$in": some}}, [{"$set": _with_own_ids(values, some, vendor_ids)}])
        else:
            yield UpdateMany({"_id": {"$in": ids}}, {"$set": values})


def _changes(before: RowState, after: RowState) -> dict[str, Any]:
    old = before.stored()
    return {name: value for name, value in after.stored().items() if value != old[name]}


def _with_own_ids(
    values: Mapping[str, Any], ids: Sequence[ObjectId], vendor_ids: Sequence[str | None]
) -> dict[str, Any]:
    # Literals: what vendors say must never be read as an expression.
    literals: dict[str, Any] = {name: {"$literal": value} for name, value in values.items()}
    place = {"$indexOfArray": [{"$literal": list(ids)}, "$_id"]}
    return {**literals, _VENDOR_ID: {"$arrayElemAt": [{"$literal": list(vendor_ids)}, place]}}
