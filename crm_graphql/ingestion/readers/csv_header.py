"""The header of a CSV body: which column holds which field."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from crm_graphql.core.errors import InvalidInput
from crm_graphql.ingestion.documents import IngestionKind
from crm_graphql.ingestion.rows import LAYOUTS, kind_named, wrong_door

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class CsvHeader:
    """`positions` has the column of each field of the kind, -1 for one that the file does not have."""

    columns: int
    positions: tuple[int, ...]
    names: dict[str, str]


def read_header(record: bytes, kind: IngestionKind, separator: str = ",") -> CsvHeader:
    """Read the header. Raises InvalidInput that names what is missing, doubled, or another door's."""
    if record.startswith(UTF16_MARKS):
        raise InvalidInput("The file is UTF-16. Save it as UTF-8.")
    try:
        columns = next(csv.reader([record.decode()], delimiter=separator, strict=True))
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The header is not UTF-8 at byte {error.start}. Save the file as UTF-8."
        ) from None
    except csv.Error as error:
        raise InvalidInput(f"The header line is not valid CSV: {error}.") from None
    layout = LAYOUTS[kind]
    places: dict[str, int] = {}
    aliases = {alias.lower(): key for alias, key in layout.aliases.items()}
    for position, column in enumerate(columns):
        name = column.strip().lower()
        key = aliases.get(name, name)
        if key in layout.keys:
            if key in places:
                first = columns[places[key]].strip()
                raise InvalidInput(
                    f'The columns "{first}" and "{column.strip()}" of the header are one field.'
                )
            places[key] = position
    missing = [key for key in layout.required if key not in places]
    right = kind_named([column.strip() for column in columns], kind)
    if right is not None:
        raise InvalidInput(wrong_door(kind, right))
    if missing:
        raise InvalidInput(_missing(missing, columns))
    if len(places) == len(layout.required) == 1 < len(columns):
        raise InvalidInput(_only_the_id(columns, layout.keys[1:]))
    return CsvHeader(
        columns=len(columns),
        positions=tuple(places.get(key, -1) for key in layout.keys),
        names={
            field: columns[places[key]].strip() if key in places else key
            for field, key in zip(layout.fields, layout.keys, strict=True)
        },
    )


def _missing(missing: list[str], columns: list[str]) -> str:
    found = _listed(columns)
    hint = " Separate columns by commas." if len(columns) == 1 and (";" in found or "\t" in found) else ""
    return f"The header has no column {', '.join(missing)}; it has: {found}.{hint}"


def _only_the_id(columns: list[str], known: tuple[str, ...]) -> str:
    return (
        f"No column but the id is known; the header has: {_listed(columns)}. "
        f"Name at least one of: {', '.join(known)}."
    )


def _listed(columns: list[str]) -> str:
    found = ", ".join(column.strip()[:40] for column in columns[:12])
    return found if len(columns) <= 12 else f"{found} and {len(columns) - 12} more"
