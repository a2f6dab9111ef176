"""Files that hold no rows that can be read: what each is, and what its sender can do."""

from __future__ import annotations

import re

from crm_graphql.core.errors import InvalidInput

ZIP_MAGIC = b"PK\x03\x04"

_EXPORT = "Export the table as CSV or XLSX, and send that file."
_UNPACK = "Unpack it, and send the file that is in it."
_PICTURE = f"This is a picture. {_EXPORT}"
_BY_BEGINNING = (
    (b"%PDF-", f"This is a PDF. {_EXPORT}"),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF87a", _PICTURE),
    (b"GIF89a", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "This is an old Excel file (.xls), or a workbook with a password. "
        "Open it, take the password off, and save it as .xlsx or as CSV.",
    ),
    (b"PAR1\x15", f"This is a Parquet file. {_EXPORT}"),
    (b"Obj\x01", f"This is an Avro file. {_EXPORT}"),
    (b"ARROW1\0", f"This is an Arrow file. {_EXPORT}"),
    (b"SQLite format 3\0", f"This is a SQLite database. {_EXPORT}"),
    (b"7z\xbc\xaf\x27\x1c", f"This is a 7z archive. {_UNPACK}"),
    (b"Rar!\x1a\x07", f"This is a RAR archive. {_UNPACK}"),
    (b"\xfd7zXZ\0", f"This is packed with xz. {_UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"This is packed with zstd. {_UNPACK}"),
    (b"\x1f\x8b", f"This is a gzip file within another packing. {_UNPACK}"),
    (b"PK\x05\x06", "This zip file is empty."),
    (b"{\\rtf", f"This is a text document (RTF). {_EXPORT}"),
)
_BZIP2 = re.compile(rb"BZh\d1AY&SY")
_MEDIA = re.compile(rb"RIFF.{4}(WEBP|WAVE|AVI )|\0\0\0.ftyp", re.DOTALL)
_WEB_PAGE = re.compile(rb"<(!doctype html|html|head|body|script|div|table|meta)\b", re.IGNORECASE)
_OTHER_TEXTS = (
    (re.compile(rb"<\?xml\b", re.IGNORECASE), f"This is an XML file. {_EXPORT}"),
    (re.compile(rb"BEGIN:VCARD", re.IGNORECASE), f"This is an address book (vCard). {_EXPORT}"),
    (re.compile(rb"BEGIN:VCALENDAR", re.IGNORECASE), f"This is a calendar. {_EXPORT}"),
)
_IN_ZIPS = (
    (b"word/", f"This is a Word document. {_EXPORT}"),
    (b"ppt/", f"This is a presentation. {_EXPORT}"),
    (b"xl/workbook.bin", "This is a binary workbook (.xlsb). Save it as .xlsx or as CSV."),
    (b"Index/", "This is a Numbers file. Export it to Excel (.xlsx) or CSV, and send that file."),
    (b"Index.zip", "This is a Numbers file. Export it to Excel (.xlsx) or CSV, and send that file."),
    (b"mimetype", "This is an OpenDocument file (.ods). Save it as .xlsx or as CSV."),
)
_PARTS_OF_WORKBOOKS = (b"xl/", b"[Content_Types].xml", b"_rels/", b"docProps/", b"customXml/")

# Control characters that no text has: all but tab, the line ends, form feed and the end of file of DOS.
_CONTROLS = bytes(sign for sign in range(0x20) if sign not in b"\t\n\v\f\r\x1a\x1b")


def refuse_strangers(beginning: bytes) -> None:
    """Raise InvalidInput for a file of another kind, which says what it is and what to do."""
    for magic, sentence in _BY_BEGINNING:
        if beginning.startswith(magic):
            raise InvalidInput(sentence)
    if _BZIP2.match(beginning):
        raise InvalidInput(f"This is packed with bzip2. {_UNPACK}")
    if _MEDIA.match(beginning):
        raise InvalidInput(f"This is a picture, a sound or a film. {_EXPORT}")
    if beginning.startswith(ZIP_MAGIC):
        _refuse_other_zips(beginning)


def refuse_other_texts(text: bytes) -> None:
    """Raise InvalidInput for a text, in UTF-8, that is no table: a web page, or nothing that one can read."""
    text = text.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _WEB_PAGE.match(text):
        raise InvalidInput(
            "This is a web page, not the file itself: perhaps the sign-in page of where it came from. "
            "Export the file again, and look into it before you send it."
        )
    for beginning, sentence in _OTHER_TEXTS:
        if beginning.match(text):
            raise InvalidInput(sentence)
    controls = len(text) - len(text.translate(None, _CONTROLS))
    if controls * 20 > len(text):
        raise InvalidInput(f"This is a binary file of a kind that is not known. {_EXPORT}")


def _refuse_other_zips(beginning: bytes) -> None:
    """Everything that is packed like a workbook and is none."""
    names = [
        beginning[at.end() + 26 :][: int.from_bytes(beginning[at.end() + 22 : at.end() + 24], "little")]
        for at in re.finditer(re.escape(ZIP_MAGIC), beginning)
    ]
    for part, sentence in _IN_ZIPS:
        if any(name.startswith(part) for name in names):
            raise InvalidInput(sentence)
    if not any(name.startswith(_PARTS_OF_WORKBOOKS) for name in names):
        raise InvalidInput(f"This is a zip file within another packing. {_UNPACK}")
