"""Workbooks: their cells as they hold them, and none that takes more memory than it may."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.errors import InvalidInput, LimitExceeded
from crm_graphql.imports.files import workbook_sizes, xlsx_table
from crm_graphql.imports.files.recognise import last_batches, recognise
from crm_graphql.imports.tables import FileFormat, FileHints
from tests.imports.files.reading import (
    PACKINGS,
    cut_at_random,
    in_pieces,
    memory_below,
    read,
    unpacked,
    zipped,
)

Rows = Sequence[Sequence[Any]]


def workbook(sheets: dict[str, Rows], prepare: Callable[[Any, Any], None] | None = None) -> bytes:
    """An .xlsx of these sheets. `prepare` gets the workbook and the last sheet."""
    file = io.BytesIO()
    options = {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss", "strings_to_formulas": False}
    with xlsxwriter.Workbook(file, {**options, "strings_to_urls": False}) as book:
        # The moment would change its packed size.
        book.set_properties({"created": datetime(2024, 1, 1)})
        sheet = None
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        if prepare is not None:
            prepare(book, sheet)
    return file.getvalue()


_TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=8)
_CELLS = (
    _TEXTS.filter(str.strip)
    | st.integers(-(10**14), 10**14)
    | st.decimals(-99999, 99999, places=4)
    | st.booleans()
    | st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))
)


@given(
    data=st.data(),
    rows=st.lists(st.lists(_CELLS, min_size=3, max_size=3), max_size=5),
    packing=st.sampled_from(sorted(PACKINGS)),
)
def test_any_cells_read_back(data: st.DataObject, rows: list[list[Any]], packing: str) -> None:
    body = workbook({"Data": [["id", "a b", "ü"], *rows]})
    assert unpacked(cut_at_random(data, PACKINGS[packing](body))) == body
    found = read(*cut_at_random(data, body), content_type="application/octet-stream")
    assert found.headings == ["id", "a b", "ü"]
    assert found.rows == rows
    assert [type(cell) is bool for row in found.rows for cell in row] == [
        type(cell) is bool for row in rows for cell in row
    ]
    assert found.lines == list(range(2, len(rows) + 2))


def test_numbers_are_what_the_cell_holds() -> None:
    body = workbook({"Data": [["id", "n"], [7090000000000, 0.1 + 0.2], [123.0, 1234567890123456789]]})
    found = read(body)
    assert found.rows == [[7090000000000, Decimal("0.3")], [123, "1.23456789012346E+18"]]
    assert type(found.rows[1][0]) is int


def test_dates_times_and_errors() -> None:
    def prepare(book: Any, sheet: Any) -> None:
        for column, form in enumerate(["yyyy-mm-dd", "hh:mm", "[h]:mm:ss"]):
            sheet.write_number(
                1, column, 45657.75 if column else 45657, book.add_format({"num_format": form})
            )
        sheet.write_number(2, 0, 1.5, book.add_format({"num_format": "[h]:mm:ss"}))
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 2, '="x"', None, "x")

    found = read(workbook({"Data": [["date", "time", "span"]]}, prepare))
    assert found.rows[0][:2] == [datetime(2024, 12, 31), datetime(2024, 12, 31, 18)]
    assert found.rows[1] == ["36:00:00", "", "x"]


def test_blank_rows_and_columns_and_short_and_long_rows() -> None:
    rows = [[], ["", "id", "name"], [], ["", "1"], ["", "2", "b", " "], ["", "3", "c", "more"], ["", " "]]
    found = read(workbook({"Data": rows}))
    assert found.headings == ["id", "name"]
    assert found.rows[:2] == [["1", ""], ["2", "b"]]
    assert found.messages == ["Row 6 has 3 columns, the header has 2. Name each column in the first row."]
    assert found.lines == [4, 5, 6]


def test_the_sheet_is_the_one_named_or_the_first_that_is_seen_and_has_rows() -> None:
    sheets: dict[str, Rows] = {"Empty": [], "Hidden": [["h"]], "Data": [["d"], ["1"]], "More": [["m"]]}
    body = workbook(sheets, lambda book, _: book.get_worksheet_by_name("Hidden").hide())
    found = read(body)
    assert (found.form.sheet, found.headings) == ("Data", ["d"])
    assert found.form.sheets == ("Empty", "Hidden", "Data", "More")
    assert found.form.format is FileFormat.XLSX
    assert read(body, sheet=" more ").headings == ["m"]
    assert read(body, sheet="Hidden").headings == ["h"]
    with pytest.raises(InvalidInput, match='no sheet "Nope"; it has: Empty, Hidden, Data, More'):
        read(body, sheet="Nope")
    with pytest.raises(InvalidInput, match='"Empty" is empty'):
        read(body, sheet="Empty")
    with pytest.raises(InvalidInput, match="The workbook is empty"):
        read(workbook({"Empty": []}))


def test_rows_come_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_table, "ROWS_A_BATCH", 10)
    body = workbook({"Data": [["id"], *([n] for n in range(25))]})
    table = recognise(body, FileHints(), is_whole=True)
    table.feed(body)
    batches = list(last_batches(table))
    assert [len(batch.rows) for batch in batches] == [10, 10, 5]
    assert [cell for batch in batches for (cell,) in batch.rows] == list(range(25))  # type: ignore[misc]
    other = recognise(b"a,b\n1,2", FileHints(), is_whole=True)
    other.feed(b"a,b\n1,2")
    assert [batch.rows for batch in last_batches(other)] == [[["1", "2"]]]


def with_parts(body: bytes, **parts: bytes) -> bytes:
    """The workbook with some of its files replaced or added."""
    with zipfile.ZipFile(io.BytesIO(body)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    return zipped(*(files | {name.replace("__", "/"): content for name, content in parts.items()}).items())


BOOK = workbook({"Data": [["id"], ["1"]]})
SHEET = "xl__worksheets__sheet1.xml"
_HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_TAIL = b"</sheetData></worksheet>"


def sheet(*rows: bytes) -> bytes:
    """A workbook whose sheet has this XML."""
    return with_parts(BOOK, **{SHEET: _HEAD + b"".join(rows) + _TAIL})


def cell(place: bytes) -> bytes:
    return b'<c r="%s"><v>1</v></c>' % place


FAR = {
    "a corner": sheet(
        b'<row r="1">' + cell(b"A1") + b'</row><row r="1048576">' + cell(b"XFD1048576") + b"</row>"
    ),
    "rows without places": sheet(
        b'<row r="1">' + cell(b"XFD1") + b"</row>" + (b"<row>" + cell(b"A2") + b"</row>") * 400
    ),
    "cells without places": sheet(
        b"<row>" + b"<c><v>1</v></c>" * 16_000 + b"</row>", b"<row><c><v>1</v></c></row>" * 400
    ),
    "other names": sheet(
        b'<x:row spans="1" r="1"><x:c s="1" r="XFD1"/></x:row>',
        b'<x:row\ts="1" r="400"><x:c\n s="1" r="A400"/></x:row>',
    ),
}


@pytest.mark.parametrize("form", FAR)
def test_a_small_file_of_an_enormous_sheet_is_refused_before_it_is_opened(form: str) -> None:
    with pytest.raises(LimitExceeded, match="more than 5000000 cells"):
        read(FAR[form])


def test_cells_without_places_are_counted_row_by_row() -> None:
    body = sheet(b"<row><c><v>7</v></c><c><v>8</v></c></row>" * 20_000)
    assert len(read(*in_pieces(body)).rows) == 19_999


@pytest.mark.parametrize(
    "body",
    [
        with_parts(BOOK, **{SHEET: _HEAD + b" " * 300 * 1024**2 + _TAIL}),
        with_parts(BOOK, xl__media__a=b" " * 300 * 1024**2),
        with_parts(BOOK, **{f"xl__media__{n}": b" " * 1024**2 for n in range(40)}),
    ],
    ids=["one sheet", "one other part", "many parts"],
)
def test_a_bomb_is_not_unpacked(body: bytes) -> None:
    with memory_below(24 * 1024**2), pytest.raises(LimitExceeded, match="unpacks to more than"):
        read(*in_pieces(body))


def test_what_a_bomb_says_of_its_size_is_not_believed() -> None:
    body = bytearray(with_parts(BOOK, xl__media__a=b" " * 40 * 1024**2))
    size = (40 * 1024**2).to_bytes(4, "little")
    assert body.count(size) == 2
    with pytest.raises(LimitExceeded, match="unpacks to more than"):
        read(bytes(body.replace(size, (1000).to_bytes(4, "little"))))


def test_a_workbook_beyond_the_limit_is_refused_as_soon_as_it_is() -> None:
    table = recognise(BOOK, FileHints(), is_whole=False)
    for _ in range(workbook_sizes.BOOK_BYTES // len(BOOK)):
        table.feed(BOOK)
    with pytest.raises(LimitExceeded, match="read up to 32 MiB"):
        table.feed(BOOK)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (BOOK[:3000], "broken or incomplete"),
        (BOOK[:-30], "broken or incomplete"),
        (with_parts(BOOK, **{SHEET: b"<worksheet><sheetData><row"}), "broken or incomplete"),
        (with_parts(BOOK, **{"xl__workbook.xml": b""}), "broken or incomplete|empty"),
        (zipped(("[Content_Types].xml", b"<x/>"), ("xl/a", b"")), "broken or incomplete"),
        (zipped(("xl/a", b"")), "broken or incomplete"),
    ],
    ids=["cut early", "cut late", "sheet cut", "no book", "no sheets", "no types"],
)
def test_a_broken_workbook_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(body)


@pytest.mark.parametrize("said", [b"99999999999", b"&#57;9999999999", b"9" * 30, b" +99999999999"])
@pytest.mark.parametrize("name", [b"count", b"uniqueCount"])
def test_a_number_of_texts_that_cannot_be_is_refused_before_memory_is_set_aside(
    name: bytes, said: bytes
) -> None:
    texts = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" %s = "%s"/>' % (
        name,
        said,
    )
    for padding in (b"", b"<!--" + b"x" * (1024**2 - 100) + b"-->"):
        with pytest.raises(InvalidInput, match="broken"):
            read(*in_pieces(with_parts(BOOK, **{"xl__sharedStrings.xml": padding + texts})))


def with_texts(texts: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    """A workbook whose cells name these shared texts by these values."""
    shared = b"<sst>" + b"".join(b"<si><t>%s</t></si>" % text for text in texts) + b"</sst>"
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s">%s</c></row>' % (n, n, v) for n, v in enumerate(values, 1))
    return with_parts(BOOK, **{"xl__sharedStrings.xml": shared, SHEET: _HEAD + rows + _TAIL})


@pytest.mark.parametrize("value", [b"<v>1</v>", b"<v >1</v>", b"<v>&#49;</v>", b"<v>+1</v>", b"<x:v>1</x:v>"])
def test_a_long_text_that_many_cells_name_is_refused_before_it_is_copied(value: bytes) -> None:
    with pytest.raises(LimitExceeded, match="texts of the cells of a sheet are more"):
        read(*in_pieces(with_texts([b"id", b"x" * 30_000], [b"<v>0</v>", *[value] * 10_000])))


def test_a_long_text_among_many_short_ones_is_read() -> None:
    found = read(
        *in_pieces(
            with_texts([b"id", b"x" * 30_000, b"y"], [b"<v>0</v>", b"<v>1</v>"] + [b"<v>2</v>"] * 9_999)
        )
    )
    assert [found.rows[0], *found.rows[-1:]] == [["x" * 30_000], ["y"]]


def test_a_workbook_of_too_many_columns_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has 10001 columns; at most 10000"):
        read(*in_pieces(workbook({"Data": [[f"c{n}" for n in range(10_001)]]})))
