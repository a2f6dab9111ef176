"""Documents of WhatsApp: who wrote lately, budgets, templates, files that are to be fetched."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pydantic import Field
from pymongo import ASCENDING, IndexModel

WINDOW_KEPT_DAYS = 30
"""So long after a person's last word what is known of them here is kept."""


class WhatsappWindow(Document):
    """What a person last did on WhatsApp, by their number in E.164, or by their BSUID where that is all that
    is known. All moments are Meta's."""

    id: str  # type: ignore[assignment]
    user_id: str | None = None
    """Their business-scoped user id, where it was told."""
    heard_at: datetime | None = None
    """When they last wrote: free text may be sent for 24 hours."""
    rests_until: datetime | None = None
    """Until then Meta lets no more marketing through to them."""
    chose_at: datetime | None = None
    """When they last opted out or in: older words are no news."""
    unreachable: list[str] = Field(default_factory=list)
    """The last messages in a row that could not reach them; two are believed."""
    changed_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "whatsapp_windows"
        indexes: ClassVar[list[IndexModel]] = [
            # Who it is that wrote without showing a number.
            IndexModel(
                [("user_id", ASCENDING)],
                name="user_id",
                partialFilterExpression={"user_id": {"$type": "string"}},
            ),
            # Whoever has been silent for long.
            IndexModel(
                [("changed_at", ASCENDING)],
                name="changed_at",
                expireAfterSeconds=WINDOW_KEPT_DAYS * 24 * 3600,
            ),
        ]


class WhatsappPair(Document):
    """How far the pace to one person has been reserved; `id` is a keyed hash of their address."""

    id: bytes  # type: ignore[assignment]
    tat: float
    """The next free moment, in milliseconds since 1970, by the database's clock."""
    key: str
    """The message that reserved last."""
    changed_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "whatsapp_pairs"
        indexes: ClassVar[list[IndexModel]] = [
            # It is soon repaid, and then says nothing any more.
            IndexModel([("changed_at", ASCENDING)], name="changed_at", expireAfterSeconds=3600),
        ]


class WhatsappReached(Document):
    """A place among the people who may be reached in 24 hours; `id` is its number, from 0."""

    id: int  # type: ignore[assignment]
    person: bytes | None
    """A keyed hash of the address that has it."""
    key: str
    """The message that took it."""
    at: datetime
    """When the person was last written to."""

    class Settings:
        """Collection and indexes."""

        name = "whatsapp_reached"
        indexes: ClassVar[list[IndexModel]] = [
            # Who has a place already. Nobody has two.
            IndexModel(
                [("person", ASCENDING)],
                name="person",
                unique=True,
                partialFilterExpression={"person": {"$type": "binData"}},
            ),
            # The places that are free, or will be first.
            IndexModel([("at", ASCENDING), ("_id", ASCENDING)], name="at"),
        ]


class WhatsappTemplate(Document):
    """A template of the account, as Meta last told it."""

    id: str  # type: ignore[assignment]
    name: str
    language: str
    status: str
    category: str | None = None
    is_named: bool = False
    """Whether its parameters have names; else they are numbered."""
    header: str | None = None
    """The kind of its head: TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION."""
    header_parameters: list[str]
    body: str
    body_parameters: list[str]
    buttons: list[dict[str, Any]]
    """Those with a parameter: `index` and `sub_type`."""
    read_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "whatsapp_templates"
        indexes: ClassVar[list[IndexModel]] = [
            # What a campaign names.
            IndexModel([("name", ASCENDING), ("language", ASCENDING)], name="name"),
        ]


class WhatsappTemplatesRead(Document):
    """When the templates were last read; there is one at most, and none where they never were."""

    id: str  # type: ignore[assignment]
    at: datetime
    is_outdated: bool = False
    """Something was told that is not among them yet."""

    class Settings:
        """Collection."""

        name = "whatsapp_templates_read"


class WhatsappFile(Document):
    """A file that a person sent and that is to be fetched; `id` is Meta's. Once it is in the library, or
    cannot be had, its id is kept for as long as Meta may tell of it again."""

    id: str  # type: ignore[assignment]
    sender: str | None
    """Their number or BSUID; None once it is done."""
    filename: str | None = None
    at: datetime
    attempts: int = 0
    touched_at: datetime
    """When it was last announced or taken in hand, by the database's clock."""
    done_at: datetime | None = None

    class Settings:
        """Collection and indexes."""

        name = "whatsapp_files"
        indexes: ClassVar[list[IndexModel]] = [
            # What no message points at any more.
            IndexModel(
                [("touched_at", ASCENDING)],
                name="waiting",
                partialFilterExpression={"sender": {"$type": "string"}},
            ),
            # What is to go when the person is erased.
            IndexModel(
                [("sender", ASCENDING)],
                name="sender",
                partialFilterExpression={"sender": {"$type": "string"}},
            ),
            # Meta tells again for seven days.
            IndexModel([("done_at", ASCENDING)], name="done_at", expireAfterSeconds=8 * 24 * 3600),
        ]
