"""Draws figures of campaigns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from crm_graphql.assistant.summaries import CampaignFigures, Earlier, Orders
from crm_graphql.assistant.summaries.reading import FAILURES
from crm_graphql.campaigns.documents import CampaignStatus
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import DeliveryReason

AT = datetime(2026, 11, 27, 8, 10, tzinfo=UTC)
COUNTS = st.integers(0, 2_000_000) | st.integers(0, 30)
NAMES = st.sampled_from(
    ["Summer sale", "Sale 2024 (5)", "50% off", "7", "A “quoted” one", "İki 3", "two for one"]
)


@st.composite
def _tally(draw: st.DrawFn) -> dict[str, Any]:
    parts = {name: draw(COUNTS) for name in ("queued", "sent", "delivered", "failed", "skipped")}
    customers = draw(st.integers(0, parts["sent"] + parts["delivered"]))
    orders = Orders(
        customers,
        customers + draw(st.integers(0, 50) if customers else st.just(0)),
        draw(st.integers(-(10**9), 10**14)),
        is_estimate=draw(st.booleans()),
    )
    return {
        "name": draw(NAMES),
        "total": sum(parts.values()),
        **parts,
        "orders": draw(st.sampled_from([orders, None])),
        "launched_at": AT - timedelta(minutes=draw(st.integers(1, 10**6))),
    }


def _split(draw: st.DrawFn, count: int, reasons: list[DeliveryReason]) -> dict[str, int]:
    """The count, parted among some of the reasons."""
    found: dict[str, int] = {}
    for reason in draw(st.lists(st.sampled_from(reasons), max_size=5, unique=True)):
        part = draw(st.integers(0, count))
        found |= {reason.value: part} if part else {}
        count -= part
    return found


@st.composite
def figures(draw: st.DrawFn) -> CampaignFigures:
    """Those of some campaign, launched or not."""
    tally = draw(_tally())
    if draw(st.integers(0, 9)) == 0:
        tally |= dict.fromkeys(("total", "queued", "sent", "delivered", "failed", "skipped"), 0)
        tally |= {"launched_at": None, "orders": None}
    earlier = draw(st.none() | _tally()) if tally["launched_at"] else None
    skips = [reason for reason in DeliveryReason if reason not in FAILURES]
    return CampaignFigures(
        **tally,
        channel=draw(st.sampled_from(Channel)),
        status=draw(st.sampled_from(CampaignStatus)),
        at=AT,
        currency=draw(st.sampled_from(["USD", "INR", "EUR"])),
        is_whole=draw(st.booleans()),
        failed_by=_split(draw, tally["failed"], [*FAILURES, DeliveryReason.TEMPLATE_ERROR]),
        skipped_by=_split(draw, tally["skipped"], skips),
        earlier=Earlier(**earlier) if earlier else None,
    )


def example(**changes: Any) -> CampaignFigures:
    """A campaign that went well enough."""
    values: dict[str, Any] = {
        "name": "Summer sale",
        "launched_at": AT - timedelta(days=26),
        "total": 1_000,
        "delivered": 912,
        "failed": 31,
        "skipped": 57,
        "orders": Orders(45, 60, 123_450_0000),
        "channel": Channel.EMAIL,
        "status": CampaignStatus.COMPLETED,
        "at": AT,
        "currency": "USD",
        "failed_by": {"BOUNCED": 20, "VENDOR_REJECTED": 11},
        "skipped_by": {"NO_ADDRESS": 57},
        "earlier": Earlier(
            name="Spring sale",
            launched_at=AT - timedelta(days=90),
            total=900,
            delivered=800,
            failed=100,
            orders=Orders(20, 22, 10_0000),
        ),
    }
    return CampaignFigures(**{**values, **changes})
