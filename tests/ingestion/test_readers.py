"""Readers give the same rows however a body is cut, and say where a broken body is broken."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.lines import LINE_BYTES
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import InputRow, RowProblem
from crm_graphql.ingestion.readers.csv_rows import CsvReader
from crm_graphql.ingestion.readers.json_array import JsonArrayReader
from crm_graphql.ingestion.readers.ndjson import NdjsonReader
from crm_graphql.ingestion.readers.port import Reader

CUSTOMERS, ORDERS = IngestionKind.CUSTOMERS, IngestionKind.ORDERS
READERS: dict[str, Callable[[IngestionKind], Reader]] = {
    "csv": CsvReader,
    "ndjson": NdjsonReader,
    "json": JsonArrayReader,
}


def read(form: str, *pieces: bytes, kind: IngestionKind = CUSTOMERS) -> list[InputRow]:
    """All rows of a body that comes in these pieces."""
    reader = READERS[form](kind)
    rows: list[InputRow] = []
    for piece in pieces:
        rows += reader.feed(piece)
    return [*rows, *reader.finish()]


def names(rows: Sequence[InputRow]) -> list[Any]:
    """Of each row the id, or the problem's message."""
    return [row.message if isinstance(row, RowProblem) else row[0] for row in rows]


BODIES = {
    "csv": (
        '\ufeffcustomer_id,name,tags\r\n1,Zoë,a;b\r\n\r\n2,"Smith, Ann ""A""",\r\n3,"two\nlines",x\n'
        '4,5" disk,x\n5,"open,x\n6,six,x\n7,\x00,x\n8,eight\n9,"nine",x\n10,"never closed,x\n11,eleven,'
    ).encode()
    + b"\n12,Ren\xe9,x\n13,last,x",
    "ndjson": (
        '\ufeff{"customer_id":"1","name":"Zoë","total_spend":0.1}\n\n{"customer_id":2}\r\n{"customer_id":"3"\n'
        '[1]\n{"customer_id":"4","nested":{"a":[1,2,"}"]}}\n{"customer_id":"5","total_spends":1.0}\n'
    ).encode()
    + b'{"customer_id":"\xe9"}\n{"customer_id":"6"}',
    "json": (
        '\ufeff [ {"customer_id":"1","name":"Zo\\"ë, ]}"} ,\n{"customer_id":"2","x":{"y":[1,{"z":"]"}]}},'
        ' 17, "text, with [", {"customer_id":3.5}, {"customer_id" "4"}, null ]\n '
    ).encode(),
}


@pytest.mark.parametrize("form", BODIES)
@given(data=st.data())
def test_the_cut_of_a_body_does_not_matter(form: str, data: st.DataObject) -> None:
    body = BODIES[form]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    edges = [0, *cuts, len(body)]
    pieces = [body[start:end] for start, end in pairwise(edges)]
    assert read(form, *pieces) == read(form, body)


def test_csv_rows_and_their_problems() -> None:
    rows = names(read("csv", BODIES["csv"]))
    assert rows[:4] == ["1", "2", "3", "4"]
    assert "Line 8 opens a quote that is not closed where a value ends" in rows[4]
    assert "Line 13 opens a quote that is never closed" in rows[5]
    assert len(rows) == 6


def test_a_line_that_is_not_utf8_is_one_bad_row() -> None:
    rows = names(read("csv", b'customer_id,name\n1,"two\nl\xe9nes"\n2,R\xe9n\n3,last'))
    assert "Line 3 is not UTF-8: byte 0xE9 at column 2" in rows[0]
    assert "Line 4 is not UTF-8: byte 0xE9 at column 4" in rows[1]
    assert rows[2] == "3"


def test_csv_takes_quoted_values_and_leaves_missing_columns_out() -> None:
    row = read("csv", b'name,customer_id,other\n"Smith, ""A""\r\nB",1,x\n')[0]
    assert isinstance(row, tuple)
    assert row[:3] == ("1", 'Smith, "A"\r\nB', UNSET)


def test_ndjson_rows_and_their_problems() -> None:
    rows = read("ndjson", BODIES["ndjson"])
    found = names(rows)
    assert found[0] == "1"
    assert rows[0][7] == Decimal("0.1")  # type: ignore[index]
    assert found[1] == 2
    assert "Line 4 is not valid JSON" in found[2]
    assert "Line 5 is not a JSON object" in found[3]
    assert found[4:6] == ["4", "5"]
    assert "Line 8 is not UTF-8" in found[6]
    assert found[7:] == ["6"]


def test_json_array_rows_and_their_problems() -> None:
    found = names(read("json", BODIES["json"]))
    assert found[:2] == ["1", "2"]
    assert "Element 2 is not a JSON object" in found[2]
    assert "Element 3 is not a JSON object" in found[3]
    assert found[4] == Decimal("3.5")
    assert "Element 5 is not valid JSON" in found[5]
    assert "Element 6" in found[6]


def test_an_alias_is_the_field_and_both_are_a_problem() -> None:
    reader = NdjsonReader(ORDERS)
    one, both = reader.feed(
        b'{"order_id":"1","order_amount":5,"order_date":"2024-01-01"}\n'
        b'{"order_id":"2","order_amount":5,"amount":6}\n'
    )
    assert isinstance(one, tuple)
    assert one[2:4] == (5, "2024-01-01")
    assert reader.names["amount"] == "order_amount"
    assert isinstance(both, RowProblem)
    assert both.field == "order_amount"
    row = read("csv", b"order_id,customer_id,order_amount,order_date\n1,2,3,4\n", kind=ORDERS)[0]
    assert row == ("1", "2", "3", "4", UNSET, UNSET)


@pytest.mark.parametrize(
    ("form", "body", "message"),
    [
        ("csv", b"", "The body is empty"),
        ("csv", b"\n\n", "The body is empty"),
        ("csv", b"id,name\n1,a\n", "has no column customer_id; it has: id, name"),
        ("csv", b"customer_id;name\n", "Separate columns by commas"),
        ("csv", b"customer_id,customer_id\n", "are one field"),
        ("csv", b'customer_id,"name\n1,2\n', "header line is not valid CSV"),
        ("csv", b"customer_id,n\xe9\n", "header is not UTF-8 at byte 13"),
        ("csv", "customer_id\n".encode("utf-16"), "UTF-16"),
        ("csv", b"a" * (LINE_BYTES + 1), "header is longer"),
        ("ndjson", b"", "The body is empty"),
        ("ndjson", b" \n", "The body is empty"),
        ("json", b"", "The body is empty"),
        ("json", b"  ", "The body is empty"),
        ("json", b'{"customer_id":"1"}', "Byte 0 of the body is not the opening bracket"),
        ("json", b'[{"customer_id":"1"}', "ends at byte 20 without its closing bracket"),
        ("json", b'[{"customer_id":"1"},]', "an element is missing"),
        ("json", b"[]]", "follows the end"),
        ("json", b"[] x", "follows the end"),
        ("json", b"[}", "closing brace"),
        ("json", b'["' + b"a" * (LINE_BYTES + 9), "longer than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(form: str, body: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message.replace("[", r"\[")):
        read(form, body)


def test_no_rows_are_fine_where_the_form_says_so() -> None:
    assert read("csv", b"customer_id,name\n") == []
    assert read("json", b" [ ] ") == []


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_an_endless_line_is_one_bad_row(form: str) -> None:
    head = b"customer_id\n" if form == "csv" else b""
    good = b"1\n" if form == "csv" else b'{"customer_id":"1"}\n'
    rows = names(read(form, head + good, *[b"x" * 400_000] * 6, b"\n" + good))
    assert rows[0] == rows[2] == "1"
    assert "is longer than" in rows[1]


def test_five_million_columns_are_refused_quickly() -> None:
    began = time.monotonic()
    with pytest.raises(InvalidInput):
        read("csv", b"customer_id," + b"c," * 5_000_000)
    row = names(read("csv", b"customer_id\n" + b"1," * 5_000_000 + b"\n2\n"))
    assert "is longer than" in row[0]
    assert row[1] == "2"
    assert time.monotonic() - began < 3


def test_many_broken_quotes_do_not_take_long() -> None:
    body = b"customer_id,name\n" + b'1,"a\n2,b\n3,c"c\n4,d\n' * 20_000
    began = time.monotonic()
    rows = names(read("csv", body))
    assert time.monotonic() - began < 5
    assert rows[1::2] == ["4"] * 20_000
    assert "Line 2 opens a quote that is not closed where a value ends" in rows[0]


def test_numbers_of_json_stay_exact() -> None:
    body = json.dumps([{"order_id": "1", "amount": 0.1}]).encode()
    (row,) = read("json", body, kind=ORDERS)
    assert isinstance(row, tuple)
    assert row[2] == Decimal("0.1")
