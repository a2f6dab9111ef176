"""A body that is a zip of one file is unpacked as it comes; any other zip is refused, and so is a bomb."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core import zips
from crm_graphql.core.errors import InvalidInput, LimitExceeded
from tests.imports.files.reading import (
    PACKINGS,
    Forward,
    cut_at_random,
    drain,
    in_pieces,
    memory_below,
    unpacked,
    zipped,
)

CSV = b"id,name\n1,Ann\n" * 50
MEBIBYTE = 1024**2


@pytest.mark.parametrize("packing", PACKINGS)
@given(data=st.data(), body=st.binary(max_size=400))
def test_one_file_comes_out_as_it_went_in_however_the_body_is_cut(
    packing: str, data: st.DataObject, body: bytes
) -> None:
    body = b"id\n" + body
    packed = PACKINGS[packing](body)
    assert unpacked(cut_at_random(data, packed)) == body


@pytest.mark.parametrize("packing", [name for name in PACKINGS if name != "plain"])
def test_a_body_of_single_bytes_is_unpacked(packing: str) -> None:
    packed = PACKINGS[packing](CSV)
    assert unpacked([packed[at : at + 1] for at in range(len(packed))]) == CSV


def test_a_file_of_many_pieces_is_unpacked_in_little_memory() -> None:
    packed = zipped(("a.csv", b"".join(b"%d,Ann\n" % n for n in range(3_000_000))))
    unzip, pieces = zips.Unzip(), in_pieces(packed)
    size = 0
    with memory_below(2 * MEBIBYTE):
        for piece in pieces:
            unzip.put(piece)
            while unpacked_piece := unzip.take():
                size += len(unpacked_piece)
    unzip.end()
    assert size > 30 * MEBIBYTE


def test_a_workbook_is_a_zip_that_is_left_as_it_is() -> None:
    for first in ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "docProps/app.xml", "mimetype"):
        body = zipped((first, b"<x/>"), ("xl/worksheets/sheet1.xml", b"<x/>"))
        assert unpacked([body]) == body


def encrypted() -> bytes:
    """A zip whose entry says that it has a password."""
    body = bytearray(zipped(("a.csv", CSV)))
    body[6] |= 1
    return bytes(body)


def packed_otherwise(method: int) -> bytes:
    return zipped(("a.csv", CSV), method=method)


BAD = {
    "two files": (zipped(("a.csv", CSV), ("b.csv", CSV)), 'several files in the zip, "a.csv" and "b.csv"'),
    "two in folders": (zipped(("x/", b""), ("x/a.csv", CSV), ("y/a.csv", CSV)), "several files in the zip"),
    "only folders": (zipped(("x/", b""), ("__MACOSX/._x", b"x")), "There is no file in the zip"),
    "password": (encrypted(), "has a password"),
    "lzma": (packed_otherwise(zipfile.ZIP_LZMA), "packed in a way that is not read"),
    "bzip2": (packed_otherwise(zipfile.ZIP_BZIP2), "packed in a way that is not read"),
    "stored by a pipe": (
        zipped(("a.csv", CSV), method=zipfile.ZIP_STORED, streamed=True),
        "packed in a way that is not read",
    ),
    "cut in the file": (zipped(("a.csv", CSV))[:60], "ends too early"),
    "cut in the header": (zipped(("a.csv", CSV))[:33], "ends too early"),
    "cut before the directory": (zipped(("a.csv", b""))[:35], "ends too early"),
    "nonsense behind": (zipped(("a.csv", CSV)).replace(b"PK\1\2", b"nope"), "does not begin where it should"),
    "broken within": (zipped(("a.csv", CSV))[:35] + b"\xff" * 40, "The zip file is broken"),
    "another checksum": (
        zipped(("a.csv", CSV), method=zipfile.ZIP_STORED).replace(b"1,Ann", b"1,Bea", 1),
        "the checksum of the file in it is another",
    ),
    "another checksum, by a pipe": (
        zipped(("a.csv", CSV), streamed=True).replace(struct.pack("<L", zlib.crc32(CSV)), b"nope"),
        "the checksum of the file in it is another",
    ),
    "much beside": (
        zipped(("__MACOSX/._a", b" " * 2 * MEBIBYTE), ("a.csv", CSV)),
        "More than one file is in the zip",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_zip_that_cannot_be_read_is_refused(kind: str) -> None:
    body, message = BAD[kind]
    with pytest.raises(InvalidInput, match=message):
        unpacked([body])


@pytest.mark.parametrize("file", [io.BytesIO(), Forward()], ids=["in the header", "behind the file"])
def test_sizes_of_eight_bytes_are_read(file: io.BytesIO) -> None:
    method = zipfile.ZIP_DEFLATED if isinstance(file, Forward) else zipfile.ZIP_STORED
    with (
        zipfile.ZipFile(file, "w", method) as writer,
        writer.open("a.csv", "w", force_zip64=True) as one,
    ):
        one.write(CSV)
    assert unpacked([file.getvalue()]) == CSV


@pytest.mark.parametrize("packing", ["gzip", "zip", "zip by a pipe", "zip in gzip"])
def test_a_bomb_is_refused_long_before_it_is_unpacked(packing: str) -> None:
    bomb = PACKINGS[packing](b" " * 100 * MEBIBYTE)
    with memory_below(4 * MEBIBYTE), pytest.raises(LimitExceeded, match="more than 300 times its size"):
        drain([bomb])


def test_the_limit_is_that_of_the_unpacked_body() -> None:
    body = b"id\n" + bytes(range(256)) * 400
    assert unpacked([zipped(("a.csv", body))], limit_bytes=len(body)) == body
    with pytest.raises(LimitExceeded, match=f"larger than {len(body) - 1} bytes"):
        unpacked([zipped(("a.csv", body))], limit_bytes=len(body) - 1)


def test_what_packs_well_is_no_bomb() -> None:
    body = b"id,name,email\n" + b"1,Ann,ann@example.com\n" * 1_000_000
    packed = gzip.compress(body, 1)
    assert len(body) < len(packed) * 300
    assert unpacked([packed]) == body
