"""What people send that is no table is refused with what it is and what to do; what looks odd is read."""

from __future__ import annotations

import gzip
import lzma
import random

import pytest

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.recognise import LOOK_BYTES, recognise
from crm_graphql.imports.tables import FileFormat, FileHints
from tests.imports.files.reading import read, zipped

_CSV = b"id,name\n1,Ann\n"
WRONG = {
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "This is a PDF. Export the table as CSV or XLSX"),
    "PNG": (b"\x89PNG\r\n\x1a\n", "This is a picture"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF", "This is a picture"),
    "GIF": (b"GIF89a\1\0", "This is a picture"),
    "WEBP": (b"RIFF\x24\0\0\0WEBPVP8 ", "This is a picture"),
    "HEIC": (b"\0\0\0\x18ftypheic", "This is a picture"),
    "XLS": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel file .* save it as .xlsx or as CSV"),
    "DOCX": (zipped(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")), "Word document"),
    "PPTX": (zipped(("[Content_Types].xml", b"<x/>"), ("ppt/presentation.xml", b"")), "a presentation"),
    "XLSB": (zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.bin", b"")), "binary workbook"),
    "ODS": (zipped(("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")), "OpenDocument"),
    "Numbers": (zipped(("Index/Document.iwa", b"x"), ("preview.jpg", b"x")), "Numbers file. Export it"),
    "zip": (zipped(("a.csv", _CSV)), "zip file within another packing"),
    "empty zip": (zipped(), "zip file is empty"),
    "gzip": (gzip.compress(_CSV), "gzip file within another packing"),
    "xz": (lzma.compress(_CSV), "packed with xz"),
    "bzip2": (b"BZh91AY&SY\x12\x34", "packed with bzip2"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "7z archive. Unpack it"),
    "RAR": (b"Rar!\x1a\x07\x01\0", "RAR archive. Unpack it"),
    "zstd": (b"\x28\xb5\x2f\xfd\x24", "packed with zstd"),
    "Parquet": (b"PAR1\x15\4\x15", "Parquet file"),
    "SQLite": (b"SQLite format 3\0\x10\0", "SQLite database"),
    "RTF": (b"{\\rtf1\\ansi id;name}", "text document"),
    "web page": (b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "web page.* Export the file again"),
    "table of a web page": (b"<table border=1><tr><td>id", "web page"),
    "web page with mark": (b"\xef\xbb\xbf<HTML>", "web page"),
    "web page in UTF-16": ("<html><body>".encode("utf-16"), "web page"),
    "XML": (b'<?xml version="1.0"?><customers/>', "XML file"),
    "vCard": (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "address book"),
    "random bytes": (random.Random(7).randbytes(2_000), "binary file"),
    "zeros": (bytes(2_000), "binary file"),
    "executable": (b"\x7fELF\2\1\1" + bytes(9) + b"\3\0>\0\1\0\0\0", "binary file"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("content_type", ["text/csv", "application/vnd.ms-excel", None])
def test_what_is_no_table_is_refused_with_what_it_is(kind: str, content_type: str | None) -> None:
    body, message = WRONG[kind]
    with pytest.raises(InvalidInput, match=message):
        read(body, content_type=content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/vnd.ms-excel",
        "application/octet-stream",
        "text/plain",
        "text/csv; header=present",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/json",
        "application/zip",
        "",
        "nonsense;;;charset=;",
        None,
    ],
)
def test_csv_is_csv_whatever_a_browser_calls_it(content_type: str | None) -> None:
    for name in ("customers.csv", "customers.xls", "x.json", "x", "", None):
        found = read(_CSV, content_type=content_type, name=name)
        assert found.form.format is FileFormat.CSV
        assert found.rows == [["1", "Ann"]]


@pytest.mark.parametrize(
    "heading",
    [
        "PAR1",
        "BZhours",
        "GIF8",
        "RIFF",
        "ORC",
        "II*",
        "%PDF",
        "html",
        "<id>",
        "Obj",
        "7z",
        "{id}",
        "[id]",
        "[1]",
    ],
)
def test_a_heading_that_begins_like_another_file_is_a_heading(heading: str) -> None:
    found = read(f"{heading},name\n1,Ann\n".encode(), name="x.csv")
    assert found.headings == [heading, "name"]


def test_a_stray_control_character_is_no_reason_to_refuse_a_file() -> None:
    found = read(b"id,name\n1,A\0nn\n2,\x1b[1mBea\n" + b"3,Cecilia\n" * 20)
    assert found.rows[0] == ["1", "A\0nn"]


def test_no_more_than_the_beginning_is_looked_at() -> None:
    long = b'{"a":[{"b":"' + b"x" * LOOK_BYTES + b'"}]}\n{"a":1}\n'
    for body, form in ((b"id;name\n" + b"1;Ann\n" * LOOK_BYTES, FileFormat.CSV), (long, FileFormat.JSON)):
        for size in (LOOK_BYTES, LOOK_BYTES + 9, len(body)):
            table = recognise(body[:size], FileHints(), is_whole=size == len(body))
            assert table.form.format is form
