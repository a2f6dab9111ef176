"""Files of exports: packed by several as one, and cells that no spreadsheet runs and every import undoes."""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import zlib

from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.exports.documents import ExportFormat
from crm_graphql.exports.packing import Packer
from crm_graphql.exports.tables import Column, Kind, Lines
from crm_graphql.imports.cells import Tags
from crm_graphql.imports.exported import defused, undone
from crm_graphql.imports.presets.preset import TagStyle

FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"[+-]?[\d.,]+")
NASTY = st.text(st.sampled_from("=+-@'\t\r\n\"＝＋－＠a1,; é"), max_size=6) | st.text(max_size=6)


@given(text=NASTY)
def test_a_cell_is_never_a_formula_and_comes_back_as_it_was(text: str) -> None:
    cell = defused(text)
    assert not FORMULA.match(cell) or NUMBER.fullmatch(cell)
    assert undone(cell) == text


def test_numbers_stay_what_they_are() -> None:
    for number in ("+4722000002", "-12.50", "007"):
        assert defused(number) == number
    assert [defused(text) for text in ("=1", "+a", "'x", "", "a=1")] == ["'=1", "'+a", "''x", "", "a=1"]


@given(tags=st.lists(NASTY.map(str.strip).filter(bool), min_size=1, max_size=4))
def test_tags_come_back_as_they_were(tags: list[str]) -> None:
    body = Lines(ExportFormat.CSV, [Column("x"), Column("tags", Kind.LIST)]).of([(None, tags)])
    ((_, cell),) = csv.reader(io.StringIO(body.decode(errors="surrogatepass"), newline=""))
    assert not FORMULA.match(cell) or NUMBER.fullmatch(cell)
    (read,) = Tags(TagStyle.ANY)([undone(cell)])
    # What holds no quotes is split by the checks.
    found = [one.strip() for one in re.split("[;,]", read)] if isinstance(read, str) else read
    assert found == tags


def test_parts_of_several_packers_are_one_file_of_one_member() -> None:
    rows = [random.Random(number).randbytes(3_000).hex().encode() for number in range(40)]
    checksum, size, parts = 0, 0, []
    for start in range(0, 40, 10):
        packer = Packer(checksum, size, is_first=start == 0)
        part = b"".join(packer.add(row) for row in rows[start : start + 10])
        parts.append(part + packer.end(is_last=start == 30))
        checksum, size = packer.checksum, packer.size
    whole = b"".join(parts)
    assert gzip.decompress(whole) == b"".join(rows)
    one = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    assert (one.decompress(whole), one.eof, one.unused_data) == (b"".join(rows), True, b"")
