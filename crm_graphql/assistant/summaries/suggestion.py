"""The one suggestion of a summary: what is most worth doing next, by the figures alone."""

from __future__ import annotations

from collections.abc import Callable

from crm_graphql.assistant.summaries.figures import CampaignFigures
from crm_graphql.campaigns.documents import CampaignStatus

Condition = Callable[[CampaignFigures], bool]

MANY_FAILED = 20
"""One message in so many fails, and it is worth a look."""
MANY_SKIPPED = 5
"""One recipient in so many is skipped, and it is worth a look."""


def _fails_by(cause: str) -> Condition:
    return lambda figures: figures.failed_by.get(cause, 0) * MANY_FAILED > figures.tried


def _skips_by(cause: str) -> Condition:
    return lambda figures: figures.skipped_by.get(cause, 0) * MANY_SKIPPED > figures.total


def _is_running(figures: CampaignFigures) -> bool:
    return figures.status is CampaignStatus.SENDING


def _is_paused(figures: CampaignFigures) -> bool:
    return figures.status is CampaignStatus.PAUSED


def _reached_nobody(figures: CampaignFigures) -> bool:
    return not figures.reached


def _orders_fell(figures: CampaignFigures) -> bool:
    earlier = figures.earlier
    if earlier is None or figures.ordered_share is None or earlier.ordered_share is None:
        return False
    return figures.ordered_share * 2 < earlier.ordered_share


def _nobody_ordered(figures: CampaignFigures) -> bool:
    return figures.orders is not None and not figures.orders.orders


def _some_ordered(figures: CampaignFigures) -> bool:
    return figures.orders is not None and figures.orders.orders > 0


SUGGESTIONS: tuple[tuple[Condition, str], ...] = (
    (
        lambda figures: figures.launched_at is None and figures.status is CampaignStatus.CANCELLED,
        "Make a new campaign if the message is still to be sent: a cancelled campaign cannot be launched.",
    ),
    (
        lambda figures: figures.launched_at is None,
        "Preview the message for a customer without any values, then launch it.",
    ),
    (
        _fails_by("TEMPLATE_ERROR"),
        "Mend the template before the next launch: preview it for a customer for whom it failed.",
    ),
    (
        _skips_by("TEMPLATE_ERROR"),
        "Mend the template before the next launch: it leaves nothing to send for customers without some "
        "values.",
    ),
    (
        _fails_by("BOUNCED"),
        "Take the addresses that bounced out of the audience: writing to them again costs the sender "
        "its good name.",
    ),
    (_fails_by("VENDOR_REJECTED"), "Ask the vendor why it refused messages before you send more."),
    (_fails_by("NO_RECEIPT"), "Check that the vendor's receipts reach this server."),
    (_fails_by("OUTCOME_UNKNOWN"), "Look at the vendor's own log for the messages whose outcome is unknown."),
    (_is_paused, "Resume it or cancel it: while it is paused nobody else is written to."),
    (_is_running, "Look again once all messages have their outcome."),
    (
        _skips_by("NO_ADDRESS"),
        "Try another channel for those without an address, or ask for it at their next visit.",
    ),
    (_skips_by("DUPLICATE_ADDRESS"), "Look for customers who are in the records more than once."),
    (_reached_nobody, "Check the audience: nobody of it could be reached."),
    (_orders_fell, "Try the offer or the tone of the campaign before this one: it brought more orders."),
    (_nobody_ordered, "Give it some days, then try another offer or another channel for the same audience."),
    (_some_ordered, "Thank those who ordered, and remind those who have not."),
)
"""The first whose condition holds is made."""
OTHERWISE = "Look at the deliveries that failed, then decide on a reminder."


def suggestion(figures: CampaignFigures) -> str:
    """One sentence without a number."""
    return next((text for holds, text in SUGGESTIONS if holds(figures)), OTHERWISE)
