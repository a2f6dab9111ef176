"""A cell of CSV is a cell: whatever stands within quotes never becomes a row."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from crm_graphql.core.errors import InvalidInput
from crm_graphql.ingestion.documents import IngestionKind
from crm_graphql.ingestion.readers.csv_rows import CsvReader
from crm_graphql.ingestion.readers.lines import LINE_BYTES
from crm_graphql.ingestion.rows import InputRow, RowProblem

FIELD = Path(__file__).parents[1] / "data" / "field"
NAME, EMAIL, CITY = 1, 2, 4


def read(*pieces: bytes) -> list[InputRow]:
    """All rows of a body that comes in these pieces."""
    reader = CsvReader(IngestionKind.CUSTOMERS)
    rows: list[InputRow] = []
    for piece in pieces:
        rows += reader.feed(piece)
    return [*rows, *reader.finish()]


def ids(rows: Sequence[InputRow]) -> list[Any]:
    """Of each row the id, or the problem's message."""
    return [row.message if isinstance(row, RowProblem) else row[0] for row in rows]


_CELLS = st.text(st.sampled_from('a,;"\n\r\u00e9 '), max_size=6)


@given(
    data=st.data(),
    cells=st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=8),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    separator=st.sampled_from([",", ";"]),
)
def test_quoted_cells_come_back_as_they_were_however_lines_end_and_pieces_are_cut(
    data: st.DataObject, cells: list[tuple[str, str]], line_end: str, separator: str
) -> None:
    file = io.StringIO(newline="")
    file.write("" if separator == "," else f"sep={separator}{line_end}")
    writer = csv.writer(file, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow(["name", "customer_id", "city"])
    writer.writerows([(name, "1", city) for name, city in cells])
    body = file.getvalue().encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    rows = read(*(body[start:end] for start, end in pairwise([0, *cuts, len(body)])))
    assert [(row[NAME], row[CITY]) for row in rows if not isinstance(row, RowProblem)] == cells


@pytest.mark.parametrize("line_breaks", [0, 1, 100, 101, 5_000, 200_000])
def test_a_long_note_never_becomes_a_record(line_breaks: int) -> None:
    note = "thanks!\n" * line_breaks + "victim,Eve,eve@evil.example,\n"
    body = f'customer_id,name,email,note\nshop,Sam,s@x.org,"{note}"\nnext,Nia,n@x.org,\n'.encode()
    rows = ids(read(*(body[at : at + 65_536] for at in range(0, len(body), 65_536))))
    assert rows[-1] == "next"
    assert "victim" not in rows
    assert len(rows) == 2
    assert rows[0] == "shop" or f"longer than {LINE_BYTES} bytes" in rows[0]


def test_the_note_that_was_taken_for_records_is_one_row() -> None:
    rows = ids(read((FIELD / "01b-quoted-cell-101-line-breaks.csv").read_bytes()))
    assert rows == ["shop"]


@pytest.mark.parametrize("tail", [b"", b"\n", b'\n3,"x', b"\n" + b"4,b\n" * 400_000])
def test_a_quote_that_is_never_closed_is_one_bad_row_to_the_end(tail: bytes) -> None:
    body = b'customer_id,name\n1,a\n2,"open\nvictim,b' + tail.replace(b'"', b"")
    rows = ids(read(*(body[at : at + 65_536] for at in range(0, len(body), 65_536))))
    assert rows[0] == "1"
    assert len(rows) == 2
    assert "Line 3 " in rows[1]


def test_the_line_that_is_named_is_where_the_open_quote_stands() -> None:
    rows = ids(read(b'customer_id,name,city\n1,"two\nlines","open\nvictim,b'))
    assert "Line 3 opens a quote that is never closed" in rows[0]


def test_a_closed_quote_with_more_behind_it_spoils_its_own_record_only() -> None:
    rows = ids(read(b'customer_id,name\n1,"a" b,"c\nd"\n2,"e"\n3,f\n'))
    assert "Line 2 opens a quote that is not closed where a value ends" in rows[0]
    assert rows[1:] == ["2", "3"]


def test_a_cell_larger_than_the_limit_is_not_held() -> None:
    reader = CsvReader(IngestionKind.CUSTOMERS)
    reader.feed(b'customer_id,name\n1,"')
    for _ in range(64):
        assert reader.feed(b"x\n" * 32_768) == []
        assert len(reader._cutter._held) <= LINE_BYTES
    rows = ids([*reader.feed(b'"\n2,b\n'), *reader.finish()])
    assert "Line 2 is longer" in rows[0]
    assert rows[1:] == ["2"]


def test_a_quote_within_a_plain_cell_is_a_sign_as_any_other() -> None:
    rows = read(b'customer_id,name\n1,5" disk\n2,a"b"c\n3, "x"\n4,"say ""hi"""\n')
    assert [row[NAME] for row in rows if isinstance(row, tuple)] == ['5" disk', 'a"b"c', ' "x"', 'say "hi"']


def test_a_heading_with_a_line_break_is_one_heading() -> None:
    (row,) = read((FIELD / "17-header-cell-with-line-break.csv").read_bytes())
    assert isinstance(row, tuple)
    assert row[:2] == ("h1", "Ann")


def test_missing_cells_are_empty_and_empty_further_cells_are_nothing() -> None:
    rows = read((FIELD / "18-trailing-and-short-rows.csv").read_bytes())
    assert [(row[0], row[EMAIL], row[CITY]) for row in rows if isinstance(row, tuple)] == [
        ("t1", "ann@example.com", ""),
        ("t2", "bea@example.com", "Oslo"),
        ("t3", "cec@example.com", "Oslo"),
    ]
    assert "Line 2 has 3 columns, the header has 2" in ids(read(b"customer_id,name\n1,Smith, Ann\n"))[0]


def test_a_line_that_names_the_separator_is_no_heading() -> None:
    (row,) = read((FIELD / "12b-excel-german-sep-line.csv").read_bytes())
    assert row == ("d1", "Eva", *[UNSET] * 10)
    assert "Line 3 has 3 columns" in ids(read(b'"sep=|"\ncustomer_id|name\n1|a|b\n'))[0]


def test_many_quoted_cells_in_one_line_do_not_take_long() -> None:
    began = time.monotonic()
    rows = read(b"customer_id,name\n" + (b'1,"a"' + b',""' * 100_000 + b"\n") * 2, b"2,b")
    assert time.monotonic() - began < 3
    assert ids(rows) == ["1", "1", "2"]


def test_a_header_that_opens_a_quote_and_never_closes_it_is_refused() -> None:
    with pytest.raises(InvalidInput, match="a quote is not closed"):
        read(b'customer_id,"name\n1,2\n')
    with pytest.raises(InvalidInput, match="header is longer"):
        CsvReader(IngestionKind.CUSTOMERS).feed(b'customer_id,"' + b"name\n" * 300_000)
