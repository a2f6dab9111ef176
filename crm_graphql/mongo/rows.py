"""Rows of new documents: the mapping that MongoDB will hold, the shape in which services return them."""

from __future__ import annotations

from typing import Any

from beanie import Document
from beanie.odm.utils.dump import get_dict
from bson import ObjectId


def row_of(document: Document) -> dict[str, Any]:
    """The document as MongoDB holds it; one that is new gets its `_id` here."""
    return {**get_dict(document, to_db=True), "_id": document.id or ObjectId()}
