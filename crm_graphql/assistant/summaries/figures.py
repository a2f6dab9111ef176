"""The figures of a campaign at one moment, and every number that a text about it may state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from crm_graphql.campaigns.documents import CampaignStatus
from crm_graphql.core.channels import Channel
from crm_graphql.core.money import from_units


@dataclass(frozen=True, slots=True)
class Orders:
    """What those who got the message ordered since its launch.

    `revenue` is in ten-thousandths of the deployment's currency, net of refunds. An estimate is of a part of
    the recipients, scaled up and rounded to two digits.
    """

    customers: int
    orders: int
    revenue: int
    is_estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A campaign's messages by what became of them, and the orders since. `orders` is None where nothing was
    sent, or counting took too long."""

    name: str
    launched_at: datetime | None
    total: int
    queued: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    skipped: int = 0
    orders: Orders | None = None

    @property
    def tried(self) -> int:
        """Messages that went to the vendor, or ended on the way there."""
        return self.sent + self.delivered + self.failed

    @property
    def reached(self) -> int:
        """Messages that the vendor took and that did not fail."""
        return self.sent + self.delivered

    @property
    def delivered_share(self) -> Decimal | None:
        """Delivered, in percent of those tried."""
        return share(self.delivered, self.tried)

    @property
    def ordered_share(self) -> Decimal | None:
        """Customers who ordered since, in percent of those reached."""
        return share(self.orders.customers, self.reached) if self.orders else None


class Earlier(Tally):
    """The campaign to the same audience that was launched last before, its orders counted for as long."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFigures(Tally):
    """What is known of a campaign at the moment `at`. Causes are by the name of the reason, most first."""

    channel: Channel
    status: CampaignStatus
    at: datetime
    currency: str
    is_whole: bool = True
    """Whether all recipients are written down."""
    failed_by: Mapping[str, int] = field(default_factory=dict)
    skipped_by: Mapping[str, int] = field(default_factory=dict)
    earlier: Earlier | None = None


class FactKind(Enum):
    """What a number counts."""

    COUNT = "COUNT"
    PERCENT = "PERCENT"
    MONEY = "MONEY"
    DAYS = "DAYS"


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that a text may state. Money is in whole currency, a percentage in percent."""

    label: str
    kind: FactKind
    value: Decimal


def share(part: int, whole: int) -> Decimal | None:
    """`part` in percent of `whole`; None of nothing."""
    return Decimal(part) * 100 / whole if whole else None


def facts(figures: CampaignFigures) -> tuple[Fact, ...]:
    """Every number that a text about the campaign may state, with what it says, moments aside."""
    found = [*_of(figures, ""), *_causes(figures)]
    if figures.launched_at is not None:
        days = Decimal((figures.at - figures.launched_at).days)
        found.append(Fact("days since the launch", FactKind.DAYS, days))
    if (earlier := figures.earlier) is not None:
        found += _of(earlier, "the campaign before: ")
        found += _differences(figures, earlier)
    return tuple(found)


def _of(tally: Tally, prefix: str) -> Iterator[Fact]:
    for name in ("total", "queued", "sent", "delivered", "failed", "skipped"):
        label = "recipients" if name == "total" else name
        yield Fact(f"{prefix}{label}", FactKind.COUNT, Decimal(getattr(tally, name)))
    shares = {
        "delivered, of those tried": tally.delivered_share,
        "failed, of those tried": share(tally.failed, tally.tried),
        "delivered, of all recipients": share(tally.delivered, tally.total),
        "failed, of all recipients": share(tally.failed, tally.total),
        "skipped, of all recipients": share(tally.skipped, tally.total),
        "customers who ordered, of those reached": tally.ordered_share,
    }
    for label, value in shares.items():
        if value is not None:
            yield Fact(f"{prefix}{label}", FactKind.PERCENT, value)
    if (orders := tally.orders) is not None:
        yield Fact(f"{prefix}customers who ordered since", FactKind.COUNT, Decimal(orders.customers))
        yield Fact(f"{prefix}orders since", FactKind.COUNT, Decimal(orders.orders))
        yield Fact(f"{prefix}worth of the orders", FactKind.MONEY, from_units(orders.revenue))


def _causes(figures: CampaignFigures) -> Iterator[Fact]:
    for what, causes in (("failed", figures.failed_by), ("skipped", figures.skipped_by)):
        for cause, count in causes.items():
            yield Fact(f"{what} with {cause}", FactKind.COUNT, Decimal(count))


def _differences(figures: Tally, earlier: Tally) -> Iterator[Fact]:
    """How much more or less than before, without a sign."""
    pairs = {
        "delivered": (figures.delivered_share, earlier.delivered_share),
        "customers who ordered": (figures.ordered_share, earlier.ordered_share),
    }
    for label, (now, before) in pairs.items():
        if now is not None and before is not None:
            yield Fact(f"{label}, percentage points from before", FactKind.PERCENT, abs(now - before))
