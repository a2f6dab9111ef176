"""The customer as MongoDB holds it, with each index beside the query that it serves."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_graphql.customers.rule_indexes import RULE_INDEXES

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
    tags: list[str] = Field(default_factory=list)
    name_words: list[str] = Field(default_factory=list)
    """The name's words, for search by the beginning of any. Missing until a customer's next change where it
    was stored by a release without them: then the beginning of the whole name finds it."""


class Opening(BaseModel):
    """Balances carried over from another system; orders add to them. Money in ten-thousandths."""

    total_spend: int = 0
    visit_count: int = 0
    last_visit_at: datetime | None = None


class Customer(Document):
    """A person. `total_spend` is in ten-thousandths of the deployment's currency, net of refunds.

    Totals are the opening balance plus the orders' and move only in the transaction that writes those.
    `versions` holds, for each field that a record has set (opening balances as `opening_<field>`), the
    version of that record: an older record never overwrites a newer one's value, whatever order they come in.
    A text that is not set is null, never empty.
    """

    external_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    city: str | None = None
    country: str | None = None
    tags: list[str] = Field(default_factory=list)
    signed_up_at: datetime | None = None
    folded: Folded
    reach: int = 0
    """Which addresses there are; `reach.py` makes it."""
    total_spend: int = 0
    visit_count: int = 0
    first_visit_at: datetime | None = None
    last_visit_at: datetime | None = None
    opening: Opening = Field(default_factory=Opening)
    versions: dict[str, int] = Field(default_factory=dict)
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "customers"
        use_state_management = False
        indexes: ClassVar[list[IndexModel]] = [
            # Look-up by the caller's key; ingestion's look-up of existing customers.
            IndexModel([("external_id", ASCENDING)], name="external_id", unique=True),
            *RULE_INDEXES,
            # Lists newest first; sort CREATED_AT.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # Sort NAME; search and rules on the name.
            # Beanie makes only one of two indexes that differ in nothing but the order of their fields.
            IndexModel([("folded.name", ASCENDING), ("_id", ASCENDING)], name="folded_name"),
            # Search by prefix, and rules on the other texts and on tags: one index for all of them.
            IndexModel([("folded.$**", ASCENDING)], name="folded"),
        ]
