"""The enums of campaigns, described."""

from __future__ import annotations

from crm_graphql.audiences.schema.enums import Channel
from crm_graphql.campaigns.documents import CampaignStatus
from crm_graphql.gql.enums import describe_enum

__all__ = ["CampaignStatus", "Channel"]

describe_enum(
    CampaignStatus,
    "How far a campaign is.",
    {
        "DRAFT": "Being written; can be changed and launched.",
        "SCHEDULED": "Waits for its moment to be launched.",
        "SENDING": "Launched: the ledger is being written or messages are on their way.",
        "PAUSED": "Sends nothing until it is resumed.",
        "COMPLETED": "Every message has its final outcome.",
        "CANCELLED": "Ended before all was sent.",
        "FAILED": "Could not go on; `failureReason` says why.",
    },
)
