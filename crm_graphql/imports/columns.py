"""Columns of a file and the fields that they go to: by the sender's mapping, a preset, or their headings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crm_graphql.core.errors import Faults, InvalidInput
from crm_graphql.custom_fields.definitions import NO_FIELDS, PREFIX, Definitions
from crm_graphql.imports.custom import JSON_ONLY, key_in
from crm_graphql.imports.exported import OPENINGS, is_exported
from crm_graphql.imports.fields import field_names, fields_by_heading, folded, own_headings
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import ImportRequest
from crm_graphql.imports.presets.preset import Preset

SEVERAL = frozenset({"name", "tags"})
"""The fields that take several columns."""
TOTALS = frozenset({"total_spend", "visit_count"})
_MAPPING = "mapping"
_HEADING = "heading"
_SHOWN = 40
_MAKES_USELESS = frozenset({"name", "customer_id", "amount"})
"""Fields beside which others bring nothing; the further ones of _USELESS are needed by them."""
_USELESS = {
    IngestionKind.CUSTOMERS: (
        ("name", "first_name"),
        ("name", "last_name"),
        ("email_consent", "email_consent_at"),
        ("sms_consent", "sms_consent_at"),
        ("whatsapp_consent", "whatsapp_consent_at"),
    ),
    IngestionKind.ORDERS: (
        ("customer_id", "customer_email"),
        ("customer_id", "customer_phone"),
        ("amount", "line_amount"),
    ),
}


@dataclass(slots=True)
class Assigned:
    """A column, its place among the headings, and the field that takes it."""

    column: str
    place: int
    field: str | None = None
    because: str | None = None
    rank: int = 0
    """Of several columns of a field the lowest comes first."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """All columns of a file. `notes` are sentences for the sender."""

    columns: Sequence[Assigned]
    places: Mapping[str, Sequence[int]]
    """The columns of each field, in the order in which they count."""
    notes: tuple[str, ...]


def assign(
    kind: IngestionKind,
    headings: Sequence[str],
    request: ImportRequest,
    preset: Preset | None,
    *,
    grows: bool,
    consent: int | None = None,
    custom: Definitions = NO_FIELDS,
) -> Assignment:
    """Which column goes to which field. `consent` is the place of one whose cells speak of it, `custom` are
    the custom fields that there are. `grows` where
    headings may follow, as keys of JSON do; of these several may be one field, a row has one of them.

    Raises InvalidInput with all that is wrong with the mapping.
    """
    columns = [Assigned(heading.strip(), place) for place, heading in enumerate(headings)]
    notes: list[str] = []
    _by_heading(kind, columns, request, preset, notes)
    if kind is IngestionKind.CUSTOMERS:
        _custom_columns(columns, custom, notes, grows=grows)
    if consent is not None and columns[consent].field is None:
        columns[consent].field, columns[consent].because, columns[consent].rank = "email_consent", _HEADING, 1
    faults = Faults()
    known = field_names(kind)
    if kind is IngestionKind.CUSTOMERS:
        known |= {field.name for field in custom.values()}
    mapped = _mapped(known, columns, request, faults, grows=grows)
    _overlay(columns, mapped)
    _settle(kind, columns, faults, notes, grows=grows)
    faults.check()
    places: dict[str, list[int]] = defaultdict(list)
    for column in sorted(columns, key=lambda one: one.rank):
        if column.field is not None:
            places[column.field].append(column.place)
    return Assignment(columns, dict(places), tuple(notes))


def _by_heading(
    kind: IngestionKind,
    columns: Sequence[Assigned],
    request: ImportRequest,
    preset: Preset | None,
    notes: list[str],
) -> None:
    """Give each column the field that the preset or its heading names."""
    aliases = fields_by_heading(kind)
    own = own_headings(kind)
    if preset is None:
        left_out = TOTALS if request.options.totals is False else frozenset()
        # Beside an opening balance the total is for people to read.
        opened = {OPENINGS[column.column] for column in columns if column.column in OPENINGS}
        for column in columns:
            name = folded(column.column)
            field = aliases.get(name)
            if field in opened and column.column not in OPENINGS:
                continue
            if field is not None and field not in left_out:
                column.field, column.because, column.rank = field, _HEADING, 0 if name in own else 1
        return
    known = _columns_of(preset, with_totals=bool(request.options.totals))
    given = {folded(column.column) for column in columns}
    filled = {field for heading, (field, _) in known.items() if heading in given and field is not None}
    # A preset's file is keyed by address, so that both files of a pair meet.
    kept_out = filled | TOTALS | {"customer_id"}
    for column in columns:
        name = folded(column.column)
        if name in known:
            column.field, column.rank = known[name]
            column.because = f"preset {preset.name}" if column.field else None
        elif (field := aliases.get(name)) is not None and field not in kept_out:
            column.field, column.because, column.rank = field, _HEADING, 1
    notes += preset.notes
    totals = [column.column for column in columns if folded(column.column) in set(map(folded, preset.totals))]
    if totals and not request.options.totals:
        notes.append(
            f"{' and '.join(totals)} are left out, since the shop's orders file brings them too. The option "
            "totals takes them."
        )


def _columns_of(preset: Preset, *, with_totals: bool) -> dict[str, tuple[str | None, int]]:
    """The field of each heading of a preset, and its place among those of the field."""
    known = {folded(heading): (field, rank) for rank, (heading, field) in enumerate(preset.columns.items())}
    for rank, (heading, field) in enumerate(preset.totals.items()):
        known[folded(heading)] = (field if with_totals else None, rank)
    return known


def _custom_columns(
    columns: Sequence[Assigned], custom: Definitions, notes: list[str], *, grows: bool
) -> None:
    """Give columns headed custom.<key> to the fields of these keys, and say which there are not."""
    unknown: list[str] = []
    is_own = is_exported([column.column for column in columns])
    for column in columns:
        if column.field in JSON_ONLY and not grows and not is_own:
            _drop([column])
        key = key_in(column.column)
        if key is None or column.field is not None:
            continue
        if field := custom.get(key):
            column.field, column.because, column.rank = field.name, _HEADING, 0
        else:
            unknown.append(column.column)
    if unknown:
        notes.append(f"There is no such custom field, so nothing takes: {listed(unknown)}. Make it first.")


def _mapped(
    known: frozenset[str],
    columns: Sequence[Assigned],
    request: ImportRequest,
    faults: Faults,
    *,
    grows: bool,
) -> dict[int, str | None]:
    """The field of each column that the sender's mapping names."""
    exact: dict[str, list[int]] = defaultdict(list)
    alike: dict[str, list[int]] = defaultdict(list)
    for column in columns:
        exact[column.column].append(column.place)
        alike[folded(column.column)].append(column.place)
    found: dict[int, str | None] = {}
    entries = Counter(name.strip() for name, _ in request.mapping or ())
    for name, field in request.mapping or ():
        heading = name.strip()
        with faults.noted("mapping", heading[:_SHOWN]):
            _require_field(known, heading, field)
            places = exact.get(heading) or alike.get(folded(heading), [])
            if not places and not grows:
                raise InvalidInput(
                    f'The mapping names the column "{heading[:_SHOWN]}", which the file has not; it has: '
                    f"{listed([column.column for column in columns])}."
                )
            if 1 < entries[heading] <= len(places):
                # Columns of one heading, of which each has an entry.
                places = [place for place in places if place not in found][:1]
            for place in places:
                if place in found:
                    raise InvalidInput(f'The mapping names the column "{heading[:_SHOWN]}" twice.')
                found[place] = field
    return found


def _overlay(columns: Sequence[Assigned], mapped: Mapping[int, str | None]) -> None:
    """Let the mapping have its way with the columns that it names. Where it gives a field just the columns
    that the preset gives it, these stay the preset's: a row has one or the other."""
    wanted: dict[str | None, set[int]] = defaultdict(set)
    for place, field in mapped.items():
        wanted[field].add(place)
    by_preset: dict[str | None, set[int]] = defaultdict(set)
    for column in columns:
        if column.because not in (None, _HEADING):
            by_preset[column.field].add(column.place)
    for order, (place, field) in enumerate(mapped.items()):
        column = columns[place]
        if field is None or wanted[field] != by_preset.get(field):
            column.field, column.because, column.rank = field, _MAPPING if field else None, order


def _require_field(known: frozenset[str], heading: str, field: str | None) -> None:
    if field is None or field in known:
        return
    if field.startswith(PREFIX):
        raise InvalidInput(
            f"The mapping gives {field[:_SHOWN]}, which is no custom field. Make it first, or map it to null."
        )
    raise InvalidInput(
        f'The mapping gives the column "{heading[:_SHOWN]}" the field {field[:_SHOWN]}, which is none of: '
        f"{', '.join(sorted(known))}."
    )


def _settle(
    kind: IngestionKind, columns: Sequence[Assigned], faults: Faults, notes: list[str], *, grows: bool
) -> None:
    """See to it that each field has the columns that it can take."""
    by_field: dict[str, list[Assigned]] = defaultdict(list)
    for column in columns:
        if column.field is not None:
            by_field[column.field].append(column)
    for field, found in by_field.items():
        mapped = [column for column in found if column.because == _MAPPING]
        if mapped:
            _drop(column for column in found if column.because != _MAPPING)
            if len(mapped) > 1 and field not in SEVERAL and not grows:
                with faults.noted("mapping"):
                    raise InvalidInput(
                        f"The columns {_pair(mapped)} are both mapped to {field}. "
                        f"Only {' and '.join(sorted(SEVERAL))} take several columns."
                    )
            continue
        if len(found) > 1 and found[0].because == _HEADING and field != "tags" and not grows:
            _settle_headings(found, field, faults, notes)
    fields = {column.field for column in columns}
    for needed, useless in _USELESS.get(kind, ()):
        if (needed in fields) == (needed in _MAKES_USELESS):
            _drop(column for column in by_field.get(useless, ()) if column.because in (_HEADING, _MAPPING))


def _settle_headings(found: Sequence[Assigned], field: str, faults: Faults, notes: list[str]) -> None:
    own = [column for column in found if column.rank == 0]
    if len(own) > 1:
        with faults.noted():
            raise InvalidInput(
                f"The columns {_pair(own)} of the header are one field. Rename one, or leave it out."
            )
    taken = (own or list(found))[0]
    others = [column for column in found if column is not taken]
    _drop(others)
    notes.append(
        f'"{taken.column[:_SHOWN]}" is taken as {field}, and not {listed([one.column for one in others])}. '
        "A mapping says otherwise."
    )


def _pair(columns: Sequence[Assigned]) -> str:
    return " and ".join(f'"{column.column[:_SHOWN]}"' for column in columns[:2])


def _drop(columns: Iterable[Assigned]) -> None:
    for column in columns:
        column.field = column.because = None


def listed(headings: Sequence[str]) -> str:
    """The first headings, for a message."""
    found = ", ".join(heading.strip()[:_SHOWN] for heading in headings[:12])
    return found if len(headings) <= 12 else f"{found} and {len(headings) - 12} more"
