"""Mapping of a file: a plan of its first rows says how every row of it becomes a row for the checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definitions
from crm_graphql.imports import presets
from crm_graphql.imports.cells import Column, Refused, has_refused
from crm_graphql.imports.columns import Assignment, assign, listed
from crm_graphql.imports.consent import status_column
from crm_graphql.imports.deciding import decide, require_options
from crm_graphql.imports.doors import ForeignRows, right_door
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.line_items import LineItems, NoSales, Row
from crm_graphql.imports.plans import ImportOptions, ImportRequest, PlannedColumn, PlannedRows
from crm_graphql.imports.presets.preset import Preset
from crm_graphql.imports.rows import LAYOUTS, InputRow, RowProblem, shown, wrong_door
from crm_graphql.imports.sources import Sources
from crm_graphql.imports.tables import Batch, Cells, FileFormat

_SAMPLES = 3
_SAMPLE_ROWS = 20
_ADDRESSES = {
    IngestionKind.CUSTOMERS: ("email", "phone"),
    IngestionKind.ORDERS: ("customer_email", "customer_phone"),
}
"""The fields by which a customer is known where no column brings an id."""


def plan(
    kind: IngestionKind,
    headings: Sequence[str],
    samples: Sequence[Cells],
    request: ImportRequest,
    *,
    country: str | None,
    currency: str,
    format: FileFormat = FileFormat.CSV,
    custom: Definitions = NO_FIELDS,
) -> FilePlan:
    """How the rows of a file under these headings are read, by its first rows and what its sender asks.

    `country`, `currency` and the `custom` fields are the deployment's. Raises InvalidInput with all that is
    wrong with the request; whether a row can be read, the plan's `require_readable` says.
    """
    require_options(request.options)
    if request.preset is None:
        preset = presets.recognised(headings, kind)
    else:
        preset = presets.named(request.preset, headings, kind)
    return FilePlan(kind, headings, samples, request, preset, country, currency, format, custom)


class FilePlan:
    """The plan of one file: it holds what waits for further rows, so it reads one file once, in its order."""

    def __init__(
        self,
        kind: IngestionKind,
        headings: Sequence[str],
        samples: Sequence[Cells],
        request: ImportRequest,
        preset: Preset | None,
        country: str | None,
        currency: str,
        format: FileFormat,
        custom: Definitions,
    ) -> None:
        self.kind = kind
        self._request = request
        self._preset = preset
        self.preset = None if preset is None else preset.name
        self._format = format
        self._grows = format.grows
        self._custom = custom
        self._samples = samples[:_SAMPLE_ROWS]
        self._headings = list(headings)
        self._consent = status_column(headings, samples) if kind is IngestionKind.CUSTOMERS else None
        assignment = self._assign()
        decided = decide(
            assignment.places, samples, request.options, custom=custom, currency=currency, grows=self._grows
        )
        self.options: ImportOptions = decided.options
        self.questions: Sequence[str] = decided.questions
        self._notes = (*assignment.notes, *decided.notes)
        self._country = request.options.country or country
        self._currency = currency
        self._is_keyed = kind in _ADDRESSES and "customer_id" not in assignment.places
        self._no_sales = NoSales()
        self._take(assignment)
        sums = "line_amount" in assignment.places and "amount" not in assignment.places
        self._items: LineItems | None = None
        if kind is IngestionKind.ORDERS and (sums or (preset is not None and preset.has_line_items)):
            self._items = LineItems(self.names["external_id"], sums=sums)

    def _assign(self) -> Assignment:
        return assign(
            *(self.kind, self._headings, self._request, self._preset),
            grows=self._grows,
            consent=self._consent,
            custom=self._custom,
        )

    def _take(self, assignment: Assignment) -> None:
        """Read by this assignment from now on."""
        self._assignment = assignment
        self._sources = Sources(
            self.kind,
            assignment,
            self._preset,
            self.options,
            country=self._country,
            currency=self._currency,
            is_keyed_by_address=self._is_keyed,
            format=self._format,
            custom=self._custom,
        )
        self.names = self._sources.names
        self.columns: Sequence[PlannedColumn] = [
            PlannedColumn(column.column, _samples(self._samples, column.place), column.field, column.because)
            for column in assignment.columns
        ]
        is_told = self._preset is not None or self._request.mapping is not None
        self._foreign = ForeignRows(self.kind, self._headings) if self._grows and not is_told else None
        self.missing_fields: Sequence[str] = (*self._missing(), *self._useful())

    @property
    def notes(self) -> Sequence[str]:
        """Sentences for the sender; they become more as rows are read."""
        left_out = self._no_sales.note()
        return self._notes if left_out is None else (*self._notes, left_out)

    @property
    def ignored_columns(self) -> Sequence[str]:
        """The columns that nothing takes."""
        return [column.column for column in self.columns if column.field is None]

    def require_readable(self) -> None:
        """Raise InvalidInput where no row could be read: records of another kind, a field that is required,
        nothing but an id, an open question."""
        if self._request.mapping is None and self._request.preset is None:
            right = right_door(self.kind, self._headings)
            if right is not None:
                raise InvalidInput(wrong_door(self.kind, right))
        taken = self._assignment.places.keys()
        missing = self._missing()
        # Keys of JSON may come yet.
        if missing and not (self._grows and taken):
            raise InvalidInput(self._what_is_missing(missing))
        if taken == {"customer_id"} and len(self.columns) > 1:
            raise InvalidInput(
                f"No column but the id is known; the header has: {listed(self._headings)}. "
                f"Name at least one of: {', '.join(LAYOUTS[self.kind].keys[1:])}."
            )
        if self.questions:
            raise InvalidInput.of(
                [Problem(ErrorCode.INVALID, one, (one.partition(":")[0],)) for one in self.questions]
            )

    def extend(self, headings: Sequence[str]) -> None:
        """Take up columns that came later, as keys of JSON do."""
        self._headings = list(headings)
        self._take(self._assign())

    def read(self, batch: Batch) -> PlannedRows:
        """The batch as rows for the checks: one each, but for further line items and what is no sale."""
        problems: dict[int, RowProblem] = {}
        if RowProblem in set(map(type, batch.rows)):
            problems = {place: row for place, row in enumerate(batch.rows) if isinstance(row, RowProblem)}
        if self._foreign is not None and self._foreign:
            for place, row in enumerate(batch.rows):
                if not isinstance(row, RowProblem) and (problem := self._foreign.problem(row)):
                    problems[place] = problem
        cells: Sequence[Any] = batch.rows
        if problems:
            cells = [row for place, row in enumerate(batch.rows) if place not in problems]
        rows = None if self._items is not None else self._sources.quick(cells)
        if rows is not None and not problems:
            return PlannedRows(rows, batch.lines, cells)
        found = iter(self._mapped(cells))
        kept = []
        for place, (row, line) in enumerate(zip(batch.rows, batch.lines, strict=True)):
            came = None if isinstance(row, RowProblem) else row
            if place in problems:
                kept.append(Row(None, problems[place], line, came))
            else:
                key, values = next(found)
                kept.append(Row(key, values, line, came))
        return _planned(kept if self._items is None else self._items.feed(kept))

    def finish(self) -> PlannedRows:
        """What waited for the file's end, as the last order of a file of line items."""
        return _planned(() if self._items is None else self._items.finish())

    def _mapped(self, cells: Sequence[Cells]) -> list[tuple[str | None, InputRow | None]]:
        """Each row with its key; None in its place where it is no sale."""
        sheet = self._sources.sheet(cells)
        columns = self._sources.values(sheet)
        keys = [_key(one) for one in columns[0]]
        rows: list[InputRow | None] = list(zip(*columns, strict=True))
        if any(map(has_refused, columns)):
            for place, row in enumerate(rows):
                rows[place] = _refused(row) or row
        words = self._sources.no_sales(sheet)
        for place, word in enumerate(words or ()):
            if word is not None:
                self._no_sales.count(word)
                rows[place] = None
        return list(zip(keys, rows, strict=True))

    def _missing(self) -> list[str]:
        """The required fields that no column brings."""
        places = self._assignment.places
        stands_in = {"customer_id": _ADDRESSES.get(self.kind, ()), "amount": ("line_amount",)}
        return [
            key
            for key in LAYOUTS[self.kind].required
            if key not in places and not any(other in places for other in stands_in.get(key, ()))
        ]

    def _useful(self) -> list[str]:
        places = self._assignment.places
        if self.kind is not IngestionKind.CUSTOMERS:
            return []
        has_name = places.keys() & {"name", "first_name", "last_name"}
        return [
            key
            for key in ("name", "email", "phone")
            if key not in places and not (key == "name" and has_name)
        ]

    def _what_is_missing(self, missing: Sequence[str]) -> str:
        if self._preset is not None and self._preset.refusal is not None and "customer_id" in missing:
            return self._preset.refusal
        found = listed(self._headings)
        sentence = f"The header has no column {', '.join(missing)}; it has: {found}."
        if len(self._headings) == 1 and (";" in found or "\t" in found):
            sentence += " Separate columns by commas."
        elif "customer_id" in missing:
            sentence += f" In place of customer_id, {' or '.join(_ADDRESSES[self.kind])} would do."
        return sentence


def _samples(rows: Sequence[Cells], place: int) -> tuple[str, ...]:
    texts = (shown(row[place]) for row in rows if place < len(row))
    return tuple([text for text in texts if text][:_SAMPLES])


def _key(value: Any) -> str | None:
    return value.strip() or None if type(value) is str else None


def _refused(row: Column | RowProblem | None) -> RowProblem | None:
    """What is said of a row by the first of its cells that cannot be read."""
    if not isinstance(row, tuple):
        return None
    for value in row:
        if type(value) is Refused:
            return RowProblem(
                value.code,
                f"{value.heading} {value.message}",
                field=value.heading,
                value=shown(value.value),
                external_id=_key(row[0]),
            )
    return None


def _planned(rows: Iterable[Row]) -> PlannedRows:
    kept = [row for row in rows if row.values is not None]
    return PlannedRows(
        [row.values for row in kept if row.values is not None],
        [row.line for row in kept],
        [row.cells for row in kept],
    )
