"""Watching a campaign, or all that are being sent."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing
from typing import Annotated

import strawberry

from crm_graphql.campaigns.schema.active import active_log
from crm_graphql.campaigns.schema.progress import CampaignProgress
from crm_graphql.campaigns.schema.watching import campaign_states, watched_campaign
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription


@subscription(
    Permission.CAMPAIGNS_READ,
    "First the state now, then changes, newest wins; goes on after COMPLETED (a retry reopens it).",
)
async def campaign_progress(
    info: Info, campaign_id: Annotated[strawberry.ID, strawberry.argument(description="Which campaign.")]
) -> AsyncIterator[CampaignProgress]:
    key = decode_key("Campaign", campaign_id, field="campaignId")
    await watched_campaign(key)
    async with aclosing(campaign_states(info, key)) as states:
        async for row in states:
            yield CampaignProgress.from_document(row, at=info.context.resources.clock.now())


@subscription(
    Permission.CAMPAIGNS_READ,
    "Of every campaign that is being sent: first where each is, then changes, newest wins; also the state in "
    "which one stopped. For home pages and lists.",
    is_log=True,
)
async def active_campaigns(info: Info) -> AsyncIterable[CampaignProgress]:
    return await active_log(info)
