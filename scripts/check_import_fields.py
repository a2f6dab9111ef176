"""Fields of files as docs/importing.md lists them: the table that the reading of files itself goes by.

With --write the tables are written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from crm_graphql.imports.fields import FIELDS
from crm_graphql.imports.kinds import IngestionKind

DOCUMENT = Path("docs/importing.md")
PLACE = re.compile(r"(?<=^<!-- fields -->\n).*?(?=^<!-- /fields -->$)", re.DOTALL | re.MULTILINE)


def tables() -> str:
    """The fields of each kind in markdown."""
    return "".join(f"{line}\n" for kind in IngestionKind for line in _table(kind))


def _table(kind: IngestionKind) -> Iterator[str]:
    yield f"### {kind.value.capitalize()}"
    yield ""
    yield "| field | what it is | example | other headings |"
    yield "| --- | --- | --- | --- |"
    for field in FIELDS[kind]:
        description = f"{field.description}{' **Required.**' if field.is_required else ''}"
        cells = (f"`{field.field}`", description, f"`{field.example}`", ", ".join(field.aliases))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def with_tables(text: str) -> str | None:
    """The document with the fields as they are; None where it has no place for them."""
    mended, count = PLACE.subn(lambda _: tables(), text)
    return mended if count == 1 else None


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    text = DOCUMENT.read_text(encoding="utf-8")
    wanted = with_tables(text)
    if wanted is None:
        print(f"{DOCUMENT}: there is no one place between <!-- fields --> and <!-- /fields -->")
        return 1
    if wanted == text:
        return 0
    if "--write" in sys.argv[1:]:
        DOCUMENT.write_text(wanted, encoding="utf-8")
        return 0
    print(f"{DOCUMENT}: the fields are others; run scripts/check_import_fields.py --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
