"""Presets: what is known of the export of one program, so that its file goes in as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.words import FileStatus


class TagStyle(Enum):
    """How tags stand in one cell."""

    ANY = "ANY"
    """Between commas or semicolons; quotes hold one together."""
    COMMA = "COMMA"
    SEMICOLON = "SEMICOLON"


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of file of one exporter, known by its headings: any of `signs`, in any order, among others.

    `columns` has for each heading its field, or None for one that must not be taken; of two headings of one
    field the first that the file has is taken. All are keyed by address, so that both files of a pair meet.
    """

    name: str
    exporter: str
    kind: IngestionKind
    signs: tuple[tuple[str, ...], ...]
    columns: Mapping[str, str | None]
    totals: Mapping[str, str] = field(default_factory=dict)
    """What an orders file of the same shop brings too: taken only where the sender asks for it."""
    tag_style: TagStyle = TagStyle.ANY
    no_sale: frozenset[str] = frozenset()
    """Words of the field status by which an order is none, as headings are compared."""
    cancelled_at: str | None = None
    """The column that is filled where an order was cancelled."""
    has_line_items: bool = False
    """Whether rows that follow an order's are its further line items."""
    email_status: FileStatus | None = None
    """What the whole file says of its people."""
    agreed_by: tuple[str, ...] = ()
    """Columns of which one is filled where a person agreed to e-mail; who has none did not."""
    notes: tuple[str, ...] = ()
    refusal: str | None = None
    """Why such a file cannot be read, and what to export in its place."""
