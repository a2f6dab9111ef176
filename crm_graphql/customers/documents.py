"""The customer, its words, its changes and its tombstone, with each index beside the query that it serves."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_graphql.core.channels import Channel
from crm_graphql.customers.parts import Folded, Former, Opening
from crm_graphql.customers.rule_indexes import RULE_INDEXES
from crm_graphql.customers.words import ConsentStatus


class Customer(Document):
    """A person. `total_spend` is in ten-thousandths of the deployment's currency, net of refunds.

    Totals are the opening balance plus the orders' and move only in the transaction that writes those.
    `versions` holds, for each field that a record has set (opening balances as `opening_<field>`), that
    record's: an older one never overwrites a newer one's value. Tags have two (`tagging.py`), custom
    values are `custom:<slot>`. A text that is not set is null, `time_zone` and `is_tracked` may be
    missing.
    """

    external_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    city: str | None = None
    country: str | None = None
    time_zone: str | None = None
    is_tracked: bool = True
    tags: list[str] = Field(default_factory=list)
    signed_up_at: datetime | None = None
    source_ids: list[str] = Field(default_factory=list)
    """Its ids in other systems, in the order they came, at most 20. Missing where there is none."""
    groups: list[PydanticObjectId] = Field(default_factory=list)
    """The groups that it is in. Missing where it was in none yet."""
    custom_fields: dict[str, Any] = Field(default_factory=dict)
    """Values of custom fields by the field's slot. Missing where there was none yet."""
    metadata: list[dict[str, Any]] = Field(default_factory=list)
    """Free-form values: see `metadata.py`. Missing where there was none yet."""
    consents: list[dict[str, Any]] = Field(default_factory=list)
    """The words that count, one a topic and channel; see `words.py`. Missing where nothing was said."""
    folded: Folded
    reach: int = 0
    """Which addresses there are, and where they are suppressed; `derived.py` makes it."""
    total_spend: int = 0
    visit_count: int = 0
    first_visit_at: datetime | None = None
    last_visit_at: datetime | None = None
    opening: Opening = Field(default_factory=Opening)
    former: list[Former] = Field(default_factory=list)
    """Those who were merged into it, in the order in which they were. Missing where nobody was."""
    revision: int = 0
    """Grows with every change of a field that people edit, whoever makes it."""
    versions: dict[str, int] = Field(default_factory=dict)
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "customers"
        indexes: ClassVar[list[IndexModel]] = [
            # Look-up by the caller's key; ingestion's look-up of existing customers.
            IndexModel([("external_id", ASCENDING)], name="external_id", unique=True),
            *RULE_INDEXES,
            # Lists newest first; sort CREATED_AT.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # Sort NAME, search and rules on it. Of two that differ in order alone Beanie makes one.
            IndexModel([("folded.name", ASCENDING), ("_id", ASCENDING)], name="folded_name"),
            # Search by prefix, and rules on the other texts, on tags and custom fields: one index for all.
            IndexModel([("folded.$**", ASCENDING)], name="folded"),
        ]


class ConsentWord(Document):
    """One word of a customer, kept for good: what was said, when, where, and when we took it in."""

    customer_id: PydanticObjectId
    topic_id: PydanticObjectId
    channel: Channel
    status: ConsentStatus
    at: datetime
    source: str
    is_dated: bool = True
    heard_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "consent_words"
        indexes: ClassVar[list[IndexModel]] = [
            # A customer's history, newest first.
            IndexModel([("customer_id", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
            # Who said something on a topic and channel since a moment, from the index alone.
            IndexModel(
                [
                    ("topic_id", ASCENDING),
                    ("channel", ASCENDING),
                    ("heard_at", ASCENDING),
                    ("customer_id", ASCENDING),
                ],
                name="heard_at",
            ),
            # A word that is told again is the same word.
            IndexModel(
                [
                    ("customer_id", ASCENDING),
                    ("topic_id", ASCENDING),
                    ("channel", ASCENDING),
                    ("at", ASCENDING),
                    ("status", ASCENDING),
                    ("source", ASCENDING),
                ],
                name="word",
                unique=True,
            ),
        ]


class CustomerChange(Document):
    """One change of the fields that people edit, written in the transaction that made it."""

    customer_id: PydanticObjectId
    at: datetime
    actor: str
    """Who did it: a user's or an API key's name, or "import"."""
    actor_id: str | None = None
    """The global id of the user or API key, where it was one."""
    revision: int
    """The customer's, once it was made."""
    changes: list[dict[str, Any]]
    """`field`, `before` and `after` of each, long values cut."""
    merged: dict[str, Any] | None = None
    """Where a merge made it: `customer_id` and `external_id` of who became part of the customer."""

    class Settings:
        """Collection and indexes."""

        name = "customer_changes"
        indexes: ClassVar[list[IndexModel]] = [
            # A customer's timeline, newest first; what changed since a revision.
            IndexModel([("customer_id", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)], name="newest"),
        ]


class MergedCustomer(Document):
    """A customer who became part of another; its id is the one that they had. Its keys lead to the other."""

    external_id: str
    customer_id: PydanticObjectId
    """Whose they are now."""
    merged_at: datetime
    """By the database's clock: also when the other one was merged in turn."""
    is_open: bool = True
    """Orders, deliveries or words may still lie under the id that it had."""
    pieces: int = 0
    """How many transactions have moved some of them."""

    class Settings:
        """Collection and indexes."""

        name = "merged_customers"
        indexes: ClassVar[list[IndexModel]] = [
            # Whose a record under the former external id is.
            IndexModel([("external_id", ASCENDING)], name="external_id", unique=True),
            # Those of a customer, when it is merged in turn, or erased.
            IndexModel([("customer_id", ASCENDING)], name="customer"),
            # Who was merged since a moment, from the index alone.
            IndexModel(
                [("merged_at", ASCENDING), ("_id", ASCENDING), ("customer_id", ASCENDING)], name="merged_at"
            ),
            # What a reconciler has to go on with: few.
            IndexModel(
                [("is_open", ASCENDING), ("merged_at", ASCENDING)],
                name="open",
                partialFilterExpression={"is_open": True},
            ),
        ]


class ErasedCustomer(Document):
    """The tombstone of a customer who was erased; its id is the customer's.

    In a collection of its own, so that no rule, list or search can meet it. What comes later under the same
    external id is known by the keyed hash, and dropped.
    """

    key: bytes
    version: int
    """When it was, among the versions of records."""
    erased_at: datetime
    """By the database's clock."""
    is_open: bool = True
    """Something may still be left that names the person."""
    is_scrubbed: bool = False
    """What there was then is gone; what was being written at that moment is looked for later."""
    external_id: str | None
    """Only while it is open: what names the person is found by it."""

    class Settings:
        """Collection and indexes."""

        name = "erased_customers"
        indexes: ClassVar[list[IndexModel]] = [
            # Whether a record is of somebody who was erased.
            IndexModel([("key", ASCENDING)], name="key", unique=True),
            # Who was erased since a moment, from the index alone.
            IndexModel([("erased_at", ASCENDING), ("_id", ASCENDING)], name="erased_at"),
            # What a reconciler has to go on with: few.
            IndexModel(
                [("is_open", ASCENDING), ("erased_at", ASCENDING)],
                name="open",
                partialFilterExpression={"is_open": True},
            ),
        ]


class TagRename(Document):
    """A tag that got another name, or none, everywhere: for older records that are applied later."""

    number: int
    """Of the ingestions' counter."""
    tag: str
    """In folded case."""
    to: str | None = None

    class Settings:
        """Collection and indexes."""

        name = "tag_renames"
        indexes: ClassVar[list[IndexModel]] = [
            # Those that are newer than an ingestion: none, as a rule.
            IndexModel([("number", ASCENDING)], name="number", unique=True),
        ]


class LabelCount(Document):
    """How many customers have a tag, or are in a group: `labels.py` keeps it. Of none there is no row."""

    id: str  # type: ignore[assignment]
    kind: str
    key: str
    """The tag in folded case, or the group's key."""
    name: str
    """A tag as people write it: as was chosen last by hand, else as it was first seen."""
    customers: int

    class Settings:
        """Collection and indexes."""

        name = "label_counts"
        indexes: ClassVar[list[IndexModel]] = [
            # Tags, most used first.
            IndexModel(
                [("kind", ASCENDING), ("customers", DESCENDING), ("key", ASCENDING)], name="most_used"
            ),
            # Tags that begin with a text.
            IndexModel([("kind", ASCENDING), ("key", ASCENDING)], name="key"),
        ]


class LabelChanges(Document):
    """What one transaction did to labels, until it is added to the counts."""

    changes: list[dict[str, Any]]

    class Settings:
        """Collection."""

        name = "label_changes"


class AddressChanges(Document):
    """Addresses that one transaction gave to customers or took from them, until who shares them is seen."""

    addresses: list[str]
    """As `<field>:<address>`, in folded case."""

    class Settings:
        """Collection."""

        name = "address_changes"


class CustomersMoment(Document):
    """When any customers last changed: one document, for those who watch lists of them."""

    id: str  # type: ignore[assignment]
    at: datetime

    class Settings:
        """Collection."""

        name = "customers_moment"
