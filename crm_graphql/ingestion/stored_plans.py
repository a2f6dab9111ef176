"""Plans and requests of imports as an ingestion keeps them, so that a retry reads its file alike."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import DateOrder, ImportOptions, ImportRequest, Plan
from crm_graphql.imports.tables import FileForm, FileHints


@dataclass(frozen=True, slots=True)
class Upload:
    """What is asked of a file: how it is to be read, and what becomes of it."""

    request: ImportRequest = field(default_factory=ImportRequest)
    hints: FileHints = field(default_factory=FileHints)
    mapping_id: str | None = None
    """A kept mapping, whose columns and options come before `request`'s own."""
    is_dry_run: bool = False

    def hash(self, kind: IngestionKind) -> str:
        """Of all that makes another import of the same file; not of what its sender says of its name."""
        hints = self.hints
        asked = [kind.value, asdict(self.request), hints.encoding, hints.delimiter, hints.sheet]
        encoded = msgspec.json.encode([*asked, self.mapping_id, self.is_dry_run], order="deterministic")
        return hashlib.sha256(encoded).hexdigest()


def stored_plan(plan: Plan, form: FileForm) -> dict[str, Any]:
    """The plan as the ingestion keeps it."""
    options = asdict(plan.options)
    options["date_order"] = plan.options.date_order.value if plan.options.date_order else None
    options["empty"] = None if plan.options.empty is None else list(plan.options.empty)
    return {
        "format": form.format.value,
        "preset": plan.preset,
        "columns": [{"column": column.column, "field": column.field} for column in plan.columns],
        "ignored": list(plan.ignored_columns),
        "options": options,
        "notes": [*form.notes, *plan.notes],
    }


def is_same_plan(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both read a file alike. Columns that came later, as keys of JSON do, make no difference."""
    common = min(len(one["columns"]), len(other["columns"]))
    return all(
        [
            one["columns"][:common] == other["columns"][:common],
            one["preset"] == other["preset"],
            one["options"] == other["options"],
        ]
    )


def request_of(stored: Mapping[str, Any]) -> ImportRequest:
    """The request by which the same plan is made again."""
    options = dict(stored["options"])
    order, empty = options["date_order"], options["empty"]
    options["date_order"] = None if order is None else DateOrder(order)
    options["empty"] = None if empty is None else tuple(empty)
    columns: Sequence[Mapping[str, Any]] = stored["columns"]
    return ImportRequest(
        mapping=tuple((column["column"], column["field"]) for column in columns),
        preset=stored["preset"],
        options=ImportOptions(**options),
    )
