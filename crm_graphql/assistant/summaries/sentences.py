"""The plain summary of a campaign: three to five sentences made of its figures, and one suggestion."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from crm_graphql.assistant.summaries.figures import CampaignFigures, Tally
from crm_graphql.assistant.summaries.suggestion import suggestion
from crm_graphql.campaigns.documents import CampaignStatus
from crm_graphql.core.channels import Channel
from crm_graphql.core.money import for_reading

SHOWN_CAUSES = 3
CHANNELS: Mapping[Channel, str] = {
    Channel.EMAIL: "email",
    Channel.SMS: "SMS",
    Channel.WHATSAPP: "WhatsApp",
}
CAUSES: Mapping[str, str] = {
    "NO_ADDRESS": "without an address for the channel",
    "DUPLICATE_ADDRESS": "with an address that somebody before them had",
    "SUPPRESSED": "with an address that must not be written to",
    "NO_CONSENT": "who did not say yes, or said no",
    "FREQUENCY_CAP": "written to too often lately",
    "CANCELLED": "left when the campaign was cancelled",
    "EXPIRED": "left when its time to be sent was over",
    "HOLDOUT": "held out to compare with",
    "ERASED": "erased since",
    "TEMPLATE_ERROR": "for whom the template fails or is empty",
    "VENDOR_REJECTED": "refused by the vendor",
    "BOUNCED": "refused by the receiving side",
    "COMPLAINED": "called spam by the recipient",
    "NO_RECEIPT": "without a receipt in time",
    "OUTCOME_UNKNOWN": "whose outcome is unknown",
    "OTHER": "for another reason",
}
"""What is said of the messages with a reason, after their number."""


def plain_summary(figures: CampaignFigures) -> str:
    """Three to five sentences about a campaign; `wrong_numbers` finds nothing wrong in them."""
    if figures.launched_at is None:
        state = {
            CampaignStatus.DRAFT: "is a draft and has not been launched",
            CampaignStatus.SCHEDULED: "waits for its moment and has not been launched",
        }.get(figures.status, "was never launched")
        first = f"{_name(figures)} {state}."
        return f"{first} As of {moment(figures.at)}, nothing has been sent. {suggestion(figures)}"
    sentences = [_outcome(figures), _causes(figures), _ordered(figures), _compared(figures)]
    return " ".join([*filter(None, sentences), suggestion(figures)])


def moment(at: datetime) -> str:
    """A moment for people: "27 November 2026, 08:10 UTC"."""
    return f"{at.day} {at:%B} {at.year}, {at:%H:%M} UTC"


def _name(tally: Tally) -> str:
    return f"“{tally.name}”"


def _percent(value: Decimal | None) -> str:
    return "" if value is None else f" ({value:.1f}%)"


def _recipients(count: int) -> str:
    return f"{count:,} recipient{'' if count == 1 else 's'}"


def _outcome(figures: CampaignFigures) -> str:
    """What became of the messages."""
    so_far = "" if figures.is_whole else " so far"
    parts = [f"{figures.delivered:,} delivered{_percent(figures.delivered_share)}"]
    if figures.sent:
        parts.append(f"{figures.sent:,} sent without a receipt yet")
    if figures.queued:
        parts.append(f"{figures.queued:,} waiting")
    return (
        f"{_name(figures)} went to {_recipients(figures.total)}{so_far} by {CHANNELS[figures.channel]}; "
        f"as of {moment(figures.at)}, {_listed(parts)}."
    )


def _causes(figures: CampaignFigures) -> str:
    """What kept the others back."""
    if not figures.failed and not figures.skipped:
        return "Nothing failed and nothing was skipped."
    parts = []
    for count, what, causes in (
        (figures.failed, "failed", figures.failed_by),
        (figures.skipped, "skipped", figures.skipped_by),
    ):
        if count:
            told = [f"{number:,} {_cause(cause)}" for cause, number in list(causes.items())[:SHOWN_CAUSES]]
            more = ", and others" if len(causes) > SHOWN_CAUSES else ""
            parts.append(f"{count:,} {what}{f' ({_listed(told)}{more})' if told else ''}")
    text = " and ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _cause(name: str) -> str:
    return CAUSES.get(name, f"with {name.replace('_', ' ').lower()}")


def _ordered(figures: CampaignFigures) -> str:
    """What those who got it ordered."""
    if (orders := figures.orders) is None:
        if not figures.reached:
            return "It has reached nobody, so there are no orders to tell of."
        return "The orders of its recipients were not counted: that took too long."
    if not orders.orders:
        return "None of those it reached has ordered since the launch."
    about = "about " if orders.is_estimate else ""
    customers = f"{about}{orders.customers:,} customer{'' if orders.customers == 1 else 's'}"
    placed = f"{about}{orders.orders:,} order{'' if orders.orders == 1 else 's'}"
    return (
        f"Since its launch, {customers} of those it reached{_percent(figures.ordered_share)} placed {placed} "
        f"worth {about}{for_reading(orders.revenue, figures.currency)}."
    )


def _compared(figures: CampaignFigures) -> str:
    """This one beside the one before it, to the same audience."""
    if (earlier := figures.earlier) is None:
        return ""
    told = f"The campaign to this audience before it, {_name(earlier)}, had {_recipients(earlier.total)}"
    parts = []
    if figures.delivered_share is not None and earlier.delivered_share is not None:
        change = _change(figures.delivered_share, earlier.delivered_share)
        parts.append(f"delivered {earlier.delivered_share:.1f}%{change}")
    if figures.ordered_share is not None and earlier.ordered_share is not None:
        change = _change(figures.ordered_share, earlier.ordered_share)
        parts.append(f"as long after its launch {earlier.ordered_share:.1f}% had ordered{change}")
    return f"{told}: {_listed(parts)}." if parts else f"{told}."


def _change(now: Decimal, before: Decimal) -> str:
    points = abs(now - before)
    if round(points, 1) == 0:
        return " (the same)"
    return f" (now {points:.1f} percentage points {'more' if now > before else 'less'})"


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
