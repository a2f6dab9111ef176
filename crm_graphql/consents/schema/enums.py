"""The enums of consents, described."""

from __future__ import annotations

from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.core.channels import Channel
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.gql.enums import describe_enum

__all__ = ["Channel", "ConsentStatus", "SuppressionReason"]

describe_enum(
    ConsentStatus,
    "What a customer said of a topic on a channel.",
    {
        "PENDING": "Asked (double opt-in), not yet confirmed: counts as no.",
        "SUBSCRIBED": "Yes.",
        "UNSUBSCRIBED": "No.",
    },
)
describe_enum(
    SuppressionReason,
    "Why an address must not be written to.",
    {
        "UNSUBSCRIBED": "Whoever has it took it off, of all there is.",
        "BOUNCED": "Messages to it come back.",
        "COMPLAINED": "Whoever has it called a message spam.",
        "MANUAL": "Somebody entered it.",
    },
)
