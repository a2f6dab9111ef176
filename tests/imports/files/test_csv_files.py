"""A cell of CSV is a cell, whatever stands in it; what is wrong with a file of CSV is said with its place."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.csv_table import CsvTable
from crm_graphql.imports.files.encodings import Utf8
from crm_graphql.imports.files.lines import LINE_BYTES
from crm_graphql.imports.files.widths import COLUMNS_LIMIT
from tests.imports.files.reading import cut_at_random, in_pieces, read

FIELD = Path(__file__).parents[2] / "data" / "field"

BROKEN = (
    '\ufeffcustomer_id,name,tags\r\n1,Zoë,a;b\r\n\r\n2,"Smith, Ann ""A""",\r\n3,"two\nlines",x\n'
    '4,5" disk,x\n5,"open,x\n6,six,x\n7,\x00,x\n8,eight\n9,"nine",x\n10,"never closed,x\n11,eleven,'
).encode() + b"\n12,Ren\xe9,x\n13,last,x"


@given(data=st.data())
def test_the_cut_of_a_broken_file_does_not_matter(data: st.DataObject) -> None:
    assert read(*cut_at_random(data, BROKEN)) == read(BROKEN)


def test_rows_and_their_problems() -> None:
    found = read(BROKEN)
    assert found.first_cells[:4] == ["1", "2", "3", "4"]
    assert found.rows[1] == ["2", 'Smith, Ann "A"', ""]
    assert "Line 8 opens a quote that is not closed where a value ends" in found.first_cells[4]
    assert "Line 13 opens a quote that is never closed" in found.first_cells[5]
    assert found.lines == [2, 4, 5, 7, 8, 13]


@pytest.mark.parametrize("line_breaks", [0, 1, 100, 101, 5_000, 200_000])
def test_a_long_note_never_becomes_a_record(line_breaks: int) -> None:
    note = "thanks!\n" * line_breaks + "victim,Eve,eve@evil.example,\n"
    body = f'customer_id,name,email,note\nshop,Sam,s@x.org,"{note}"\nnext,Nia,n@x.org,\n'.encode()
    first, last = read(*in_pieces(body)).first_cells
    assert first == "shop" or f"longer than {LINE_BYTES} bytes" in first
    assert last == "next"


@pytest.mark.parametrize("tail", [b"", b"\n", b'\n3,"x', b"\n" + b"4,b\n" * 400_000])
def test_a_quote_that_is_never_closed_is_one_bad_row_to_the_end(tail: bytes) -> None:
    body = b'customer_id,name\n1,a\n2,"open\nvictim,b' + tail.replace(b'"', b"")
    good, bad = read(*in_pieces(body)).first_cells
    assert good == "1"
    assert "Line 3 " in bad


def test_the_line_that_is_named_is_where_the_open_quote_stands() -> None:
    (message,) = read(b'customer_id,name,city\n1,"two\nlines","open\nvictim,b').messages
    assert "Line 3 opens a quote that is never closed" in message


def test_a_cell_larger_than_the_limit_is_not_held() -> None:
    table = CsvTable(Utf8(), ",")
    table.feed(b'customer_id,name\n1,"')
    for _ in range(64):
        assert not table.feed(b"x\n" * 32_768).rows
        assert len(table._cutter._held) <= LINE_BYTES
    bad, good = table.feed(b'"\n2,b\n').rows
    assert "Line 2 is longer" in bad.message  # type: ignore[union-attr]
    assert good == ["2", "b"]


def test_a_quote_within_a_plain_cell_is_a_sign_as_any_other() -> None:
    found = read(b'customer_id,name\n1,5" disk\n2,a"b"c\n3, "x"\n4,"say ""hi"""\n')
    assert [row[1] for row in found.rows] == ['5" disk', 'a"b"c', ' "x"', 'say "hi"']


def test_a_heading_with_a_line_break_is_one_heading() -> None:
    found = read((FIELD / "17-header-cell-with-line-break.csv").read_bytes())
    assert found.headings == ["customer_id", "Full name", "name"]
    assert (found.rows, found.lines) == ([["h1", "x", "Ann"]], [3])


def test_doubled_and_empty_headings_are_left_to_who_maps_them() -> None:
    assert read(b"id, Name ,,name,name\n1,2,3,4,5\n").headings == ["id", "Name", "", "name", "name"]


def test_missing_cells_are_empty_and_empty_further_cells_are_nothing() -> None:
    found = read((FIELD / "18-trailing-and-short-rows.csv").read_bytes())
    assert found.rows == [
        ["t1", "Ann", "ann@example.com", ""],
        ["t2", "Bea", "bea@example.com", "Oslo"],
        ["t3", "Cec", "cec@example.com", "Oslo"],
    ]
    (message,) = read(b"customer_id,name\n1,Smith, Ann\n").messages
    assert message == ("Line 2 has 3 columns, the header has 2. Quote values that hold a comma.")
    (message,) = read(b'"sep=|"\ncustomer_id|name\n1|a|b\n').messages
    assert message == "Line 3 has 3 columns, the header has 2. Quote values that hold a vertical bar."


def test_text_of_windows_is_read_as_such_from_its_first_sign() -> None:
    found = read(b'customer_id,name\n1,"two\nl\xe9nes"\n2,R\xe9n\n3,last')
    assert [row[1] for row in found.rows] == ["two\nlénes", "Rén", "last"]
    assert found.form.encoding == "windows-1252"
    assert "read as Windows-1252" in found.form.notes[0]
    assert read(b"id,n\n1,x\x81\n").rows == [["1", "x\ufffd"]]
    assert read(b"id,n\n1,caf\xc3").rows == [["1", "cafÃ"]]


def test_a_file_that_has_shown_utf8_stays_utf8() -> None:
    found = read('customer_id,name\n0,é\n1,"two\n'.encode() + b'l\xe9nes"\n2,R\xe9n\n3,last')
    assert "Line 4 is not UTF-8: byte 0xE9 at column 2" in found.messages[0]
    assert "Line 5 is not UTF-8: byte 0xE9 at column 4" in found.messages[1]
    assert found.first_cells[3] == "3"
    assert found.form.notes == ()
    assert "Line 3 is not UTF-8" in read("id,n\n1,é\n".encode(), b"2,R\xe9n\n").messages[0]
    with pytest.raises(InvalidInput, match="header is not UTF-8 at byte 15"):
        read("customer_é".encode() + b"id,n\xe9\n")


def test_what_is_said_of_the_encoding_counts_where_the_file_is_not_utf8() -> None:
    body = "id,n\n1,Жук\n".encode("cp1251")
    assert read(body, content_type="text/csv; charset=windows-1251").rows == [["1", "Жук"]]
    assert read(body, encoding="cp1251").rows == [["1", "Жук"]]
    as_utf8 = "id,n\n1,Жук\n".encode()
    assert read(as_utf8, content_type="text/csv; charset=windows-1251").rows == [["1", "Жук"]]
    assert read(b"id,n\n1,\xe9\n", content_type='text/csv; charset="utf-8"').rows == [["1", "é"]]
    assert "Line 2 is not UTF-8" in read(b"id,n\n1,\xe9\n", encoding="utf-8").messages[0]
    jis = "id,n\n1,日本\n".encode("iso2022_jp")
    assert read(jis, content_type="text/csv;charset=iso-2022-jp").rows == [["1", "日本"]]
    with pytest.raises(InvalidInput, match='The encoding "klingon" is not known'):
        read(b"a,b\n", encoding="klingon")
    for no_encoding_of_files in ("rot13", "base64", "idna", "unicode_escape", "utf-7", "", "\0", "a" * 500):
        if no_encoding_of_files:
            with pytest.raises(InvalidInput, match="is not known"):
                read(b"a,b\n", encoding=no_encoding_of_files)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is empty"),
        (b"\n\n", "The body is empty"),
        (b'customer_id,"name\n1,2\n', "a quote is not closed"),
        (b'customer_id,"na"me\n1,2\n', "a quote is not closed"),
        (b"a" * (LINE_BYTES + 1), "header is longer"),
        (b'customer_id,"' + b"name\n" * 300_000, "header is longer"),
        (b"customer_id," + b"c," * 5_000_000, "header is longer"),
        (b"c," * COLUMNS_LIMIT, "has 10001 columns; at most 10000 are read"),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(*in_pieces(body) or [b""])


def test_ten_thousand_columns_are_read() -> None:
    names = [f"c{n}" for n in range(COLUMNS_LIMIT)]
    found = read(",".join(names).encode() + b"\n" + b"," * (COLUMNS_LIMIT - 1) + b"\n1,2\n")
    assert found.headings == names
    assert found.rows[0] == [""] * COLUMNS_LIMIT
    assert found.messages == ["Line 3 has 2 columns, the header has 10000. Is it cut off?"]


def test_short_rows_of_many_columns_take_no_more_memory_than_the_file() -> None:
    body = ("," * 4_999).encode() + b"x\n" + b"1\n" * 30_000
    found = read(*in_pieces(body))
    assert len(found.messages) == 30_000


def test_an_endless_line_is_one_bad_row() -> None:
    found = read(*in_pieces(b"customer_id\n1\n" + b"x" * 2_400_000 + b"\n2\n" + b"1," * 900_000 + b"\n3\n"))
    assert found.first_cells[::2] == ["1", "2", "3"]
    assert all("is longer than" in message for message in found.messages)
    assert found.lines == [2, 3, 4, 5, 6]


def test_many_broken_and_many_good_quotes_do_not_take_long() -> None:
    began = time.monotonic()
    found = read(b"customer_id,name\n" + b'1,"a\n2,b\n3,c"c\n4,d\n' * 20_000)
    assert found.first_cells[1::2] == ["4"] * 20_000
    found = read(b"customer_id,name\n" + (b'1,"a"' + b',""' * 100_000 + b"\n") * 2, b"2,b")
    assert found.first_cells == ["1", "1", "2"]
    assert time.monotonic() - began < 5
