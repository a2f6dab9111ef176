"""Shares of a campaign that come back: when so much does that it is paused, and what people are told then."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from crm_graphql.core.settings import Settings
from crm_graphql.delivery.webhooks.port import Returned

_Z = 1.645
"""Of a one-sided bound that holds in 95 of 100 cases."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How many messages were sent since the campaign was last judged, and how many of them came back."""

    sent: int
    returned: Mapping[Returned, int]


def reason_to_pause(figures: Figures, settings: Settings) -> str | None:
    """Why a campaign with these figures is to be paused; None where it is not."""
    if 0 < settings.policy_bounces <= (refused := figures.returned.get(Returned.POLICY, 0)):
        return (
            f"{refused} messages were refused by policy, not for their addresses: look at SPF, DKIM and "
            "DMARC of the sender's domain and at its reputation, then resume. `bounces` has what the servers "
            "said."
        )
    if figures.sent < settings.bounce_share_floor:
        return None
    return _too_many(
        *(figures, Returned.HARD, settings.max_bounce_share, "bounced", "CRM_MAX_BOUNCE_SHARE")
    ) or _too_many(
        *(figures, Returned.COMPLAINT, settings.max_complaint_share),
        *("were complained of", "CRM_MAX_COMPLAINT_SHARE"),
    )


def surely_at_least(count: int, total: int) -> float:
    """The lower bound of the share that `count` of `total` speak for (Wilson): one bounce of ten is no tenth.

    0 where there is nothing to judge by.
    """
    if total <= 0 or count <= 0:
        return 0.0
    # More may come back than is known to be sent: news of both is on its way.
    share = min(count / total, 1.0)
    square = _Z * _Z
    middle = share + square / (2 * total)
    width = _Z * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    return (middle - width) / (1 + square / total)


def _too_many(figures: Figures, kind: Returned, limit: float, what: str, setting: str) -> str | None:
    count = figures.returned.get(kind, 0)
    if not limit or surely_at_least(count, figures.sent) <= limit:
        return None
    return (
        f"{count} of {figures.sent} messages {what}, surely more than {limit:.1%} ({setting}). Look at where "
        "these addresses come from, then resume or cancel it."
    )
