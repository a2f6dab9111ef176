"""Files that nobody meant: whatever their headings and cells, a plan refuses or reads, and never breaks."""

from __future__ import annotations

import gc
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.fields import FIELDS
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.mapping import plan
from crm_graphql.imports.plans import DateOrder, ImportOptions, ImportRequest
from crm_graphql.imports.presets import NONE, PRESETS
from crm_graphql.imports.rows import LAYOUTS, RowProblem
from crm_graphql.imports.tables import FileFormat
from tests.imports.plans import read_all

KNOWN = sorted(
    {name for fields in FIELDS.values() for field in fields for name in (field.field, *field.aliases)}
    | {name for preset in PRESETS for name in preset.columns}
)
TEXTS = [
    "",
    " ",
    "a@example.com",
    "Ann",
    "1.200",
    "1,5",
    "$5",
    "31/12/2024",
    "03/04/24",
    "45444",
    "yes",
    "'1",
    '"a',
    "\ud800",
    "1" * 400,
    "n/a",
    "٣",
    "²",
]
cells = st.one_of(
    st.sampled_from(TEXTS),
    st.text(max_size=12),
    st.sampled_from(
        [
            UNSET,
            None,
            True,
            7,
            45444,
            10**30,
            Decimal("1.5"),
            Decimal("NaN"),
            Decimal("1e99"),
            ["a", 1],
            {"a": 1},
            datetime(2024, 6, 1, 10),
            datetime.max,
            date.max,
        ]
    ),
)
headings = st.lists(st.one_of(st.sampled_from(KNOWN), st.text(max_size=8)), min_size=1, max_size=8)
requests = st.builds(
    ImportRequest,
    mapping=st.none() | st.just(()),
    preset=st.sampled_from([None, NONE, "shopify", "stripe", "mailchimp"]),
    options=st.builds(
        ImportOptions,
        date_order=st.none() | st.sampled_from(DateOrder),
        decimal_comma=st.none() | st.booleans(),
        time_zone=st.sampled_from([None, "Europe/Oslo"]),
        empty=st.sampled_from([None, ("n/a",)]),
        totals=st.none() | st.booleans(),
    ),
)


@given(
    data=st.data(), kind=st.sampled_from(IngestionKind), format=st.sampled_from(FileFormat), request=requests
)
def test_any_file_is_refused_or_read_and_alike_however_it_is_cut(
    data: Any, kind: IngestionKind, format: FileFormat, request: ImportRequest
) -> None:
    names = data.draw(headings)
    rows = data.draw(st.lists(st.lists(cells, min_size=len(names), max_size=len(names)), max_size=6))
    lines = list(range(2, 2 + len(rows)))
    found = []
    for cut in (1, 2, 100):
        try:
            made = plan(kind, names, rows, request, country="NO", currency="USD", format=format)
            made.require_readable()
        except InvalidInput as refused:
            found.append(("refused", str(refused)))
            continue
        result = read_all(made, rows, lines, cut)
        assert len(result.rows) == len(result.lines) == len(result.cells) <= len(rows)
        for row in result.rows:
            assert isinstance(row, RowProblem) or len(row) == len(LAYOUTS[kind].fields)
        found.append((repr(result.rows), repr(result.lines)))
    assert found[0] == found[1] == found[2]


def test_long_headings_and_cells_are_not_kept_in_mind() -> None:
    long = "1" * 1_000_000
    before = len(gc.get_referrers(long))
    names = ["order_id", "customer_id", "amount", "ordered_at", long]
    request = ImportRequest(options=ImportOptions(decimal_comma=True))
    made = plan(IngestionKind.ORDERS, names, [], request, country=None, currency="USD")
    rows = [["1", "c", "5", f"2024-06-01{' ' * 1_000_000}10:15", ""], ["1", "c", long, "2024-06-01", ""]]
    found = read_all(made, rows, [2, 3]).rows
    for row in found:
        assert isinstance(row, RowProblem)
        assert len(row.message) + len(row.value or "") < 1000
    del made, rows, names
    gc.collect()
    assert len(gc.get_referrers(long)) == before
