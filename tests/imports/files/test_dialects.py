"""Any table, written in any recognised dialect of CSV, reads back as the same cells on the same lines."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.tables import FileFormat
from tests.imports.files.reading import PACKINGS, cut_at_random, read, unpacked

DELIMITERS = [",", ";", "\t", "|"]
_ASCII = "aB3 ,;|\"\t\n\r'=-_.@"


@dataclass(frozen=True)
class Encoding:
    """How a text becomes bytes, which signs it may hold, and what the sender must say of it."""

    codec: str
    letters: str
    mark: bytes = b""
    said: str | None = None
    name: str = ""


ENCODINGS = {
    "UTF-8": Encoding("utf-8", "é日😀\u200b", name="utf-8"),
    "UTF-8 with mark": Encoding("utf-8", "é日😀", b"\xef\xbb\xbf", name="utf-8"),
    "UTF-16LE with mark": Encoding("utf-16-le", "é日😀", b"\xff\xfe", name="utf-16le"),
    "UTF-16BE with mark": Encoding("utf-16-be", "é日😀", b"\xfe\xff", name="utf-16be"),
    "UTF-16LE": Encoding("utf-16-le", "éß", name="utf-16le"),
    "UTF-16BE": Encoding("utf-16-be", "éß", name="utf-16be"),
    "UTF-32 with mark": Encoding("utf-32-be", "é日😀", b"\0\0\xfe\xff", name="utf-32be"),
    "Windows-1252": Encoding("cp1252", "éäñü", name="windows-1252"),
    "Windows-1251, said": Encoding("cp1251", "жЯ", said="windows-1251", name="windows-1251"),
    "Shift JIS, said": Encoding("shift_jis", "日ソ", said="Shift_JIS", name="shift_jis"),
}


@dataclass(frozen=True)
class Dialect:
    """One way to write a table as CSV."""

    delimiter: str
    line_end: str
    quotes_all: bool
    has_separator_line: bool
    ends: bool

    def write(self, table: list[list[str]]) -> str:
        lines = [self.delimiter.join(self._cell(cell, row) for cell in row) for row in table]
        first = [f"sep={self.delimiter}"] if self.has_separator_line else []
        return self.line_end.join([*first, *lines]) + (self.line_end if self.ends else "")

    def _cell(self, cell: str, row: list[str]) -> str:
        must = not set(cell).isdisjoint(f'{self.delimiter}"\r\n') or (len(row) == 1 and not cell)
        return '"' + cell.replace('"', '""') + '"' if must or self.quotes_all else cell

    def lines_of(self, table: list[list[str]]) -> list[int]:
        """The line on which each row after the headings begins."""
        line_feed = self.line_end[-1]
        at, found = 2 if self.has_separator_line else 1, []
        for row in table:
            found.append(at)
            at += 1 + sum(self._cell(cell, row).count(line_feed) for cell in row)
        return found[1:]


dialects = st.builds(
    Dialect,
    delimiter=st.sampled_from(DELIMITERS),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quotes_all=st.booleans(),
    has_separator_line=st.booleans(),
    ends=st.booleans(),
)


@st.composite
def tables(draw: st.DrawFn, letters: str, heading_signs: str) -> list[list[str]]:
    """Headings and rows of cells of these letters."""
    width = draw(st.integers(1, 5))
    heading = st.text(st.sampled_from(heading_signs), max_size=6).map(lambda text: f"h{text}x")
    cells = st.text(st.sampled_from(_ASCII + letters), max_size=8)
    headings = draw(st.lists(heading, min_size=width, max_size=width))
    return [headings, *draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=6))]


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
@given(data=st.data(), dialect=dialects, packing=st.sampled_from(sorted(PACKINGS)))
def test_any_table_in_any_dialect_reads_back(
    encoding: Encoding, data: st.DataObject, dialect: Dialect, packing: str
) -> None:
    # A heading that holds what could be a delimiter is quoted by whoever means it as a sign.
    signs = _ASCII.replace("\n", "").replace("\r", "") if dialect.quotes_all else "aB _-"
    table = data.draw(tables(encoding.letters, signs))
    body = encoding.mark + dialect.write(table).encode(encoding.codec)
    packed = PACKINGS[packing](body)
    assert unpacked(cut_at_random(data, packed)) == body
    found = read(*cut_at_random(data, body), encoding=encoding.said)
    assert found.headings == table[0]
    assert found.rows == table[1:]
    assert found.lines == dialect.lines_of(table)
    assert found.form.format is FileFormat.CSV
    if len(table[0]) > 1:
        assert found.form.delimiter == dialect.delimiter
    assert found.form.encoding in (encoding.name, "utf-8")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("id;name;notes, internal\n1;Ann;a,b\n2;Bea;c\n", ";"),
        ("id;amount\n1;3,50\n2;4,25\n", ";"),
        ("id,tags\n1,a;b;c\n2,d;e\n", ","),
        ('"id";"a,b,c"\n', ";"),
        ("id\tname, first\tcity, zip\n1\tAnn\tOslo\n", "\t"),
        ("email\nann@example.com\n", ","),
        ("id|name\n1|a,b;c\n", "|"),
    ],
)
def test_the_heading_line_and_the_first_rows_decide(text: str, delimiter: str) -> None:
    assert read(text.encode()).form.delimiter == delimiter


@pytest.mark.parametrize(
    ("said", "sign"), [("^", "^"), ("tab", "\t"), ("\\t", "\t"), ("\t", "\t"), (";", ";")]
)
def test_what_the_sender_says_is_the_delimiter(said: str, sign: str) -> None:
    body = f"sep=,\na,b{sign}c\n1,2{sign}3\n".encode()
    found = read(body, delimiter=said)
    assert (found.headings, found.rows) == (["a,b", "c"], [["1,2", "3"]])


@pytest.mark.parametrize("said", ["ab", '"', "\n", "a", "§", "\0"])
def test_what_cannot_be_a_delimiter_is_refused(said: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a delimiter"):
        read(b"a,b\n", delimiter=said)
