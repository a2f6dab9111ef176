"""Answers of the doors: ingestions and previews as JSON."""

from __future__ import annotations

from typing import Any

from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.core.times import format_moment
from crm_graphql.imports.plans import DateOrder
from crm_graphql.ingestion.preview import Preview
from crm_graphql.ingestion.queries import FIGURES


def ingestion_answer(ingestion: Row, row_errors_url: str | None, *, errors_kept: int) -> dict[str, Any]:
    """The ingestion, and what its sender must know of the file: columns that nothing took, how it was read,
    where the refused rows lie."""
    completed = ingestion["completed_at"]
    plan = ingestion.get("plan") or {}
    return {
        "id": encode_id("Ingestion", ingestion["_id"]),
        "kind": ingestion["kind"],
        "status": ingestion["status"],
        "failureReason": ingestion["failure_reason"],
        "source": ingestion["source"],
        "received": ingestion["received"],
        "accepted": ingestion["received"] - ingestion["rejected"],
        "rejected": ingestion["rejected"],
        "incomplete": ingestion["incomplete"],
        **{name: ingestion["counters"][name] for name in FIGURES},
        "createdAt": format_moment(ingestion["created_at"]),
        "completedAt": format_moment(completed) if completed else None,
        "isDryRun": bool(ingestion.get("is_dry_run")),
        "preset": plan.get("preset"),
        "columns": plan.get("columns", []),
        "ignoredColumns": plan.get("ignored", []),
        "notes": [*plan.get("notes", []), *_more_refused(ingestion["rejected"], errors_kept)],
        "rowErrorsUrl": row_errors_url,
        "rowErrorCounts": ingestion.get("row_error_counts") or [],
    }


def _more_refused(rejected: int, kept: int) -> list[str]:
    if rejected <= kept:
        return []
    return [f"{rejected:,} rows were refused; the first {kept:,} of them are kept (CRM_ROW_ERRORS_KEPT)."]


def preview_answer(preview: Preview) -> dict[str, Any]:
    """The preview by the names of the type ImportPreview, with `notes` on how the file was read, and with
    `refusal`: why it would not be taken as it is."""
    form, plan, options = preview.form, preview.plan, preview.plan.options
    return {
        "format": form.format.value,
        "encoding": form.encoding,
        "delimiter": form.delimiter,
        "sheets": list(form.sheets),
        "sheet": form.sheet,
        "preset": plan.preset,
        "columns": [
            {
                "column": column.column,
                "samples": list(column.samples),
                "field": column.field,
                "because": column.because,
            }
            for column in plan.columns
        ],
        "missingFields": list(plan.missing_fields),
        "options": {
            "dateOrder": (options.date_order or DateOrder.YMD).value,
            "decimalComma": options.decimal_comma or False,
            "timeZone": options.time_zone or "UTC",
            "country": options.country,
            "empty": list(options.empty or ()),
        },
        "questions": list(plan.questions),
        "records": preview.records,
        "rowErrors": preview.errors,
        "notes": [*form.notes, *plan.notes],
        "refusal": preview.refusal,
    }
