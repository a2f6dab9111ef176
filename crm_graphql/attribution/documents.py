"""Credits of orders, and the sums of them by campaign and arm."""

from __future__ import annotations

from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pydantic import Field
from pymongo import ASCENDING, IndexModel

HELD_OUT = "/held-out"
"""The arm of those who get nothing: no variant can have this key."""


class OrderCredit(Document):
    """What an order counts for by now; `id` is the order's. An order that counts for nothing has none.

    Counting it again takes this back first, so it makes no difference how often that is done.
    """

    id: PydanticObjectId
    amount: int
    touch: dict[str, Any] | None = None
    """`campaign` and `arm` of the last message before it."""
    compared: list[dict[str, Any]] = Field(default_factory=list)
    """`campaign`, `arm` and `row` (the delivery) of each experiment in whose time it falls."""

    class Settings:
        """Collection."""

        name = "order_credits"


class ComparedPerson(Document):
    """What a person of an experiment has bought in its time; `id` is that of the delivery. Who bought nothing
    has none."""

    id: PydanticObjectId
    orders: int
    amount: int

    class Settings:
        """Collection."""

        name = "compared_people"


class CampaignOrders(Document):
    """The sums of one arm of a campaign; `id` is `<campaign id>:<arm>`.

    Amounts are ten-thousandths. Squares are sums over people, as texts: they outgrow eight bytes.
    """

    id: str  # type: ignore[assignment]
    campaign_id: PydanticObjectId
    arm: str | None = None
    """A variant's key, HELD_OUT, or None for those who get the one message there is."""
    orders: int = 0
    amount: int = 0
    """Of the last touch: each order counts for one campaign only."""
    compared_orders: int = 0
    compared_amount: int = 0
    """Of the comparison: every order of the arm's people in its time."""
    order_squares: str = "0"
    amount_squares: str = "0"

    class Settings:
        """Collection and indexes."""

        name = "campaign_orders"
        indexes: ClassVar[list[IndexModel]] = [
            # The arms of campaigns.
            IndexModel([("campaign_id", ASCENDING)], name="campaign"),
        ]


class LedgerPlace(Document):
    """How far a campaign's ledger was followed, in the order of its revisions; `id` is the campaign's."""

    id: PydanticObjectId
    revision: int
    row: PydanticObjectId
    """The last delivery of that revision that was looked at."""

    class Settings:
        """Collection."""

        name = "attribution_places"
