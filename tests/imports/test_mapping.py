"""Mappings: which column goes to which field, what is wrong with one, and what becomes of rows."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import pytest
from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.imports.mapping import plan as make_plan
from crm_graphql.imports.plans import ImportOptions, ImportRequest
from crm_graphql.imports.rows import LAYOUTS, RowProblem
from crm_graphql.imports.tables import Batch
from tests.imports.plans import (
    CUSTOMERS,
    ORDERS,
    SUPPRESSIONS,
    planned,
    problem_of,
    read_file,
    records,
    rows_of,
)


def mapped(**columns: str | None) -> ImportRequest:
    """A request with this mapping; `_` of a column's name is a space."""
    return ImportRequest(mapping=tuple((name.replace("_", " "), field) for name, field in columns.items()))


def test_our_own_files_are_taken_as_they_are_and_cells_are_not_touched() -> None:
    text = "customer_id,name,phone,tags,total_spend,last_visit_at,remark\n1,Ann,0170,a;b,12.50,2024-06-01,x\n"
    plan, found = planned(CUSTOMERS, text)
    row = dict(zip(LAYOUTS[CUSTOMERS].keys, found.rows[0], strict=True))  # type: ignore[arg-type]
    assert row["total_spend"] == "12.50"
    assert row["last_visit_at"] == "2024-06-01"
    assert row["email"] is row["consents"] is UNSET
    assert (found.lines, found.cells[0]) == ([2], ["1", "Ann", "0170", "a;b", "12.50", "2024-06-01", "x"])
    assert plan.ignored_columns == ["remark"]
    assert {one.because for one in plan.columns} == {"heading", None}
    assert plan.columns[1].samples == ("Ann",)


def test_the_files_from_the_field() -> None:
    _, ids = read_file(CUSTOMERS, "field/11-ids-shortened-by-excel.csv")
    assert [row["customer_id"] for row in ids] == ["7.09E+12"] * 3
    plan, (broken,) = read_file(CUSTOMERS, "field/17-header-cell-with-line-break.csv")
    assert (broken, plan.ignored_columns) == ({"customer_id": "h1", "name": "Ann"}, ["Full\nname"])
    _, short = read_file(CUSTOMERS, "field/18-trailing-and-short-rows.csv")
    assert [row.get("city") for row in short] == [None, "Oslo", "Oslo"]
    _, as_they_are = read_file(CUSTOMERS, "field/19-placeholders.csv")
    assert as_they_are[1]["last_visit_at"] == "NULL"
    _, empty = read_file(CUSTOMERS, "field/19-placeholders.csv", empty=("N/A", "null", "-"))
    assert [row.keys() for row in empty] == [{"customer_id", "name"}] * 2


def test_the_german_file_needs_no_option() -> None:
    (row,) = rows_of(
        CUSTOMERS,
        "customer_id;name;city;total_spend;last_visit_at\nd1;Jörg;Köln;1.234,56;31.12.2024\n",
        delimiter=";",
    )
    assert (row["total_spend"], row["last_visit_at"]) == ("1234.56", datetime(2024, 12, 31, tzinfo=UTC))


def test_a_mapping_counts_before_headings_and_leaves_the_other_columns_to_them() -> None:
    text = "Email,Private Mail,Vorname,Nachname,Ort\nwork@example.com,ida@example.com,Ida,Nordby,Oslo\n"
    plan, found = planned(CUSTOMERS, text, request=mapped(Private_Mail="email", Ort=None))
    (row,) = records(CUSTOMERS, found)
    assert row == {"customer_id": "email:ida@example.com", "email": "ida@example.com", "name": "Ida Nordby"}
    assert plan.ignored_columns == ["Email", "Ort"]
    assert plan.columns[1].because == "mapping"
    assert plan.names["email"] == plan.names["external_id"] == "Private Mail"


def test_several_columns_make_a_name_in_the_order_of_the_mapping_and_tags_take_all() -> None:
    text = 'Email,Title,Surname,Given,T1,T2\nida@example.com,Dr,Nordby,Ida,"a, b","c"\n'
    request = mapped(Title="name", Given="name", Surname="name", T1="tags", T2="tags")
    (row,) = rows_of(CUSTOMERS, text, request=request)
    assert (row["name"], row["tags"]) == ("Dr Ida Nordby", ["a", "b", "c"])


def test_what_is_wrong_with_a_mapping_is_told_at_once() -> None:
    request = ImportRequest(
        mapping=(
            ("Email", "email"),
            ("E-Mail 2", "email"),
            ("Colour", "name"),
            ("City", "colour"),
            ("Name", "name"),
            ("Name", "city"),
            ("Points", "custom.points"),
        )
    )
    with pytest.raises(InvalidInput) as refused:
        planned(CUSTOMERS, "Email,E-Mail 2,City,Name,Points\n1,2,3,4,5\n", request=request)
    messages = [problem.message for problem in refused.value.problems]
    for words in (
        '"Colour", which the file has not; it has: Email',
        'gives the column "City" the field colour, which is none of: city',
        'names the column "Name" twice',
        "custom.points, which is no custom field",
        'The columns "Email" and "E-Mail 2" are both mapped to email',
    ):
        assert any(words in message for message in messages), words
    assert len(messages) == 5
    assert {problem.path[0] for problem in refused.value.problems} == {"mapping"}


@pytest.mark.parametrize(
    "again", [("Mail", "email"), ("Mail", "city"), (" mail ", "email"), ("M-A-I-L", None)]
)
def test_a_column_that_a_mapping_names_twice_is_refused(again: tuple[str, str | None]) -> None:
    with pytest.raises(InvalidInput, match="twice"):
        planned(CUSTOMERS, "Mail,Ort\n1,2\n", request=ImportRequest(mapping=(("Mail", "email"), again)))


def test_columns_of_one_heading_may_each_have_their_entry() -> None:
    text = "Email,Label,Label,Note,Note\nida@example.com,a,b,c,d\n"
    entries = (("Label", "tags"), ("Label", None), ("Note", None))
    plan, found = planned(CUSTOMERS, text, request=ImportRequest(mapping=entries))
    assert records(CUSTOMERS, found)[0]["tags"] == "a"  # type: ignore[index]
    assert plan.ignored_columns == ["Label", "Note", "Note"]


def test_options_that_are_none_are_told_at_once() -> None:
    options = ImportOptions(time_zone="Mars/Base", country="Norway")
    with pytest.raises(InvalidInput) as refused:
        planned(CUSTOMERS, "email\na@example.com\n", request=ImportRequest(options=options))
    assert {problem.path for problem in refused.value.problems} == {("timeZone",), ("country",)}
    for zone in ("../etc/passwd", "", "Europe"):
        with pytest.raises(InvalidInput, match="timeZone"):
            planned(CUSTOMERS, "email\na@example.com\n", time_zone=zone)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (CUSTOMERS, "id,name\n1,a\n", "has no column customer_id; it has: id, name"),
        (ORDERS, "a,b\n1,2\n", "no column order_id, customer_id, amount, ordered_at"),
        (ORDERS, "order_id,email,total\n1,a@b.de,2\n", "no column ordered_at; it has"),
        (CUSTOMERS, "customer_id;name\n", "Separate columns by commas"),
        (
            CUSTOMERS,
            "customer_id,customer_id\n",
            'The columns "customer_id" and "customer_id" of the header are one field',
        ),
        (CUSTOMERS, "customer_id,externalId,name\n", "are one field"),
        (CUSTOMERS, "customer_id,remark\n1,x\n", "No column but the id is known"),
        (CUSTOMERS, "order_id,customer_id,amount,ordered_at\n", "These are orders, sent as customers"),
        (CUSTOMERS, "Order Number,E-Mail,Grand Total,Order Date\n", "These are orders, sent as customers"),
        (ORDERS, "customer_id,name,email,city\n", "These are customers, sent as orders"),
        (SUPPRESSIONS, "channel\n", "no column address"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_is_missing(
    kind: Any, text: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        planned(kind, text)


def test_of_two_headings_of_one_field_the_first_is_taken_and_the_answer_says_so() -> None:
    plan, found = planned(CUSTOMERS, "Mail,Mobile,Telephone\nida@example.com,+4722000002,+4722000003\n")
    assert records(CUSTOMERS, found)[0]["phone"] == "+4722000002"  # type: ignore[index]
    assert plan.notes == ('"Mobile" is taken as phone, and not Telephone. A mapping says otherwise.',)
    assert plan.ignored_columns == ["Telephone"]


def test_customers_without_ids_are_keyed_by_address_then_by_number() -> None:
    text = "E-Mail,Phone\n Ida@Example.com ,1\n,0170 1234567\nn/a,0170 1234567\n,\nnobody,\n,123456\n"
    plan, found = planned(CUSTOMERS, text, country="DE")
    first, second, third, none, bad, short = records(CUSTOMERS, found)
    assert first["customer_id"] == "email:ida@example.com"  # type: ignore[index]
    assert second["customer_id"] == third["customer_id"] == "phone:+491701234567"  # type: ignore[index]
    assert isinstance(none, RowProblem)
    assert (none.code, none.field) == (ErrorCode.REQUIRED, "E-Mail")
    assert isinstance(bad, RowProblem)
    assert (bad.code, bad.field, bad.value) == (ErrorCode.INVALID, "E-Mail", "nobody")
    assert not isinstance(short, RowProblem) or short.code is ErrorCode.REQUIRED
    assert plan.missing_fields == ("name",)
    assert problem_of(CUSTOMERS, "email,phone\n,0170 1234567\n").code is ErrorCode.REQUIRED
    assert rows_of(
        CUSTOMERS, "email,phone\n,0170 1234567\n", request=ImportRequest(options=ImportOptions(country="DE"))
    )[0]


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        (ORDERS, "Order Number,Email,Name,Total,Created At"),
        (CUSTOMERS, "E-Mail,Vorname,Quantity"),
        (CUSTOMERS, "Email,Order Count,Total Spent"),
    ],
)
def test_a_file_of_other_names_than_ours_is_of_its_kind(kind: Any, headings: str) -> None:
    planned(kind, f"{headings}\n")


def test_an_order_of_nobody_is_a_row_error() -> None:
    found = problem_of(ORDERS, "order_id,E-Mail,Total,Date\n1,,5,2024-06-01\n")
    assert (found.code, found.field) == (ErrorCode.REQUIRED, "E-Mail")


def test_an_apostrophe_before_ids_goes_and_stays_before_names() -> None:
    (row,) = rows_of(
        CUSTOMERS, "customer_id,name,city,phone\n'00123,'t Hooft,'s-Hertogenbosch,'+31201234567\n"
    )
    assert row == {
        "customer_id": "00123",
        "name": "'t Hooft",
        "city": "'s-Hertogenbosch",
        "phone": "+31201234567",
    }
    assert rows_of(CUSTOMERS, "customer_id,name\n''a,Ann\n")[0]["customer_id"] == "''a"


def test_totals_are_left_out_where_the_sender_says_so() -> None:
    text = "customer_id,name,total_spend,visit_count\n1,Ann,5,1\n"
    plan, found = planned(CUSTOMERS, text, totals=False)
    assert records(CUSTOMERS, found) == [{"customer_id": "1", "name": "Ann"}]
    assert plan.ignored_columns == ["total_spend", "visit_count"]


def test_a_file_of_ids_alone_is_read() -> None:
    assert rows_of(CUSTOMERS, "customer_id\n1\n") == [{"customer_id": "1"}]


def test_what_a_reader_refused_stays_in_its_place() -> None:
    text = "customer_id,name\n1,Ann\n"
    plan, _ = planned(CUSTOMERS, text)
    broken = RowProblem(ErrorCode.INVALID, "Line 3 is not valid CSV.")
    found = plan.read(Batch([["1", "Ann"], broken, ["2", "Bob"]], [2, 3, 4]))
    assert found.rows[1] is broken
    assert (found.lines, found.cells) == ([2, 3, 4], [["1", "Ann"], None, ["2", "Bob"]])


def test_suppressions_of_other_senders_are_read() -> None:
    (row,) = rows_of(SUPPRESSIONS, "Email Address,UNSUB_TIME\nida@example.com,2024-04-01 09:00:00\n")
    assert row == {"address": "ida@example.com", "created_at": datetime(2024, 4, 1, 9, tzinfo=UTC)}


def test_ten_thousand_columns_are_planned_and_read_at_once() -> None:
    headings = ["customer_id", "name", *(f"column {n}" for n in range(9_998))]
    rows = [[str(n), "Ann", *["x"] * 9_998] for n in range(100)]
    request = ImportRequest(mapping=tuple((heading, None) for heading in headings[2:]))
    begun = time.perf_counter()
    plan = make_plan(CUSTOMERS, headings, rows, request, country=None, currency="USD")
    plan.require_readable()
    found = plan.read(Batch(rows, list(range(2, 102))))
    assert time.perf_counter() - begun < 5
    assert len(found.rows) == 100
    assert len(plan.ignored_columns) == 9_998


def test_a_plain_file_costs_little_more_than_picking_its_cells() -> None:
    headings = ["order_id", "customer_id", "amount", "ordered_at", "currency"]
    rows: list[list[Any]] = [[f"o{n}", f"c{n % 99}", "11.77", "1997-01-01", "USD"] for n in range(20_000)]
    lines = list(range(2, 20_002))
    plan = make_plan(ORDERS, headings, rows[:1000], ImportRequest(), country=None, currency="USD")
    pick = itemgetter(0, 1, 2, 3, 4, -1)

    def bare() -> list[Any]:
        found = []
        for row in rows:
            row.append(UNSET)
            found.append(pick(row))
            row.pop()
        return found

    assert plan.read(Batch(rows, lines)).rows == bare()
    costs = [min(_seconds(work) for _ in range(7)) for work in (bare, lambda: plan.read(Batch(rows, lines)))]
    assert costs[1] < costs[0] * 8


def _seconds(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
