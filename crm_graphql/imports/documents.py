"""Import mappings as MongoDB holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pydantic import BaseModel, Field
from pymongo import ASCENDING, IndexModel

from crm_graphql.imports.kinds import IngestionKind


class MappedColumn(BaseModel):
    """A column of a file and the field that it goes to; null: it is left out."""

    column: str
    field: str | None = None


class ImportMapping(Document):
    """Columns and options kept under a name, for files that come again."""

    name: str
    name_key: str
    """The name in folded case: no other mapping of the kind has it."""
    kind: IngestionKind
    columns: list[MappedColumn]
    options: dict[str, Any] = Field(default_factory=dict)
    """Only those that were said, by their names in ImportOptions."""
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "import_mappings"
        indexes: ClassVar[list[IndexModel]] = [
            # One of a kind and name; the list of a kind by name.
            IndexModel([("kind", ASCENDING), ("name_key", ASCENDING)], name="name_key", unique=True),
        ]
