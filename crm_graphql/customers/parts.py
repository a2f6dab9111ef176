"""Parts of a customer's document: its folded copies, its openings, and those who were merged into it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from beanie import PydanticObjectId
from pydantic import BaseModel, Field

TEXT_FIELDS = ("external_id", "name", "email", "phone", "city", "country")
"""The fields that `folded` repeats in folded case."""


class Folded(BaseModel):
    """Case-folded copies: rules, search and sorting compare these, so that case never matters."""

    external_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    city: str | None = None
    country: str | None = None
    time_zone: str | None = None
    """Missing where it has none."""
    tags: list[str] = Field(default_factory=list)
    name_words: list[str] = Field(default_factory=list)
    """The name's words, for search by the beginning of any. Missing until a customer's next change where it
    was stored by a release without them: then the beginning of the whole name finds it."""
    consent: dict[str, dict[str, str]] = Field(default_factory=dict)
    """By a topic's slug and by channel: the status that counts, for rules. Missing where nothing was said."""
    source_ids: list[str] = Field(default_factory=list)
    """For search, with and without the name of the system in front. Missing where there is none."""
    groups: list[str] = Field(default_factory=list)
    """Its groups' keys, for rules and lists. Missing where it is in none."""
    custom: dict[str, Any] = Field(default_factory=dict)
    """Values of custom fields by slot as rules compare them. Missing where there is none."""
    suppressed: list[str] = Field(default_factory=list)
    """The channels on which its address must not be written to. Missing where there is none."""
    former_ids: list[str] = Field(default_factory=list)
    """External ids of those who were merged into it, for search. Missing where nobody was."""


class Opening(BaseModel):
    """Balances carried over from another system; orders add to them. Money in ten-thousandths."""

    total_spend: int = 0
    visit_count: int = 0
    last_visit_at: datetime | None = None


class Former(BaseModel):
    """A customer who was merged into another: its keys, and its own openings, for records that come later."""

    customer_id: PydanticObjectId
    external_id: str
    opening: Opening = Field(default_factory=Opening)
    versions: dict[str, int] = Field(default_factory=dict)
    """Of its openings."""
