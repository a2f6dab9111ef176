"""Payloads of the mutations of campaigns."""

from __future__ import annotations

from typing import Self

import strawberry

from crm_graphql.campaigns.schema.messages import WARNINGS
from crm_graphql.campaigns.schema.types import Campaign
from crm_graphql.core.errors import DomainError
from crm_graphql.gql.errors import Payload, UserError


@strawberry.type
class CampaignPayload(Payload):
    """Base of the payloads that hold a campaign."""

    campaign: Campaign | None = strawberry.field(
        default=None, description="The campaign as it now stands; also filled with WRONG_STATE and CONFLICT."
    )

    @classmethod
    def failed(cls, error: DomainError) -> Self:
        """The payload of a mutation that `error` ended, with the campaign that it met."""
        row = error.subject
        return cls(
            errors=[UserError.from_problem(problem) for problem in error.problems],
            campaign=Campaign.from_document(row) if isinstance(row, dict) else None,
        )


@strawberry.type
class MessagePayload(CampaignPayload):
    """Base of the payloads of what reads the message."""

    warnings: list[UserError] = strawberry.field(default_factory=list, description=WARNINGS)


@strawberry.type(description="What became of campaignCreate.")
class CampaignCreatePayload(MessagePayload):
    pass


@strawberry.type(description="What became of campaignUpdate.")
class CampaignUpdatePayload(MessagePayload):
    pass


@strawberry.type(description="What became of campaignLaunch.")
class CampaignLaunchPayload(MessagePayload):
    pass


@strawberry.type(description="What became of campaignSchedule.")
class CampaignSchedulePayload(CampaignPayload):
    pass


@strawberry.type(description="What became of campaignUnschedule.")
class CampaignUnschedulePayload(CampaignPayload):
    pass


@strawberry.type(description="What became of campaignPause.")
class CampaignPausePayload(CampaignPayload):
    pass


@strawberry.type(description="What became of campaignResume.")
class CampaignResumePayload(CampaignPayload):
    pass


@strawberry.type(description="What became of campaignCancel.")
class CampaignCancelPayload(CampaignPayload):
    pass


@strawberry.type(description="What became of campaignDuplicate.")
class CampaignDuplicatePayload(CampaignPayload):
    pass


@strawberry.type(description="What became of campaignRetry.")
class CampaignRetryPayload(CampaignPayload):
    pass


@strawberry.type(description="What became of campaignDelete.")
class CampaignDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of what was deleted."
    )
