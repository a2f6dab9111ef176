"""Mutations that put a campaign under control: schedule, pause, resume, cancel, retry, duplicate, delete."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.campaigns.control import (
    cancel_campaign,
    delete_campaign,
    duplicate_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
    unschedule_campaign,
)
from crm_graphql.campaigns.schema.inputs import (
    CampaignCancelInput,
    CampaignDeleteInput,
    CampaignDuplicateInput,
    CampaignPauseInput,
    CampaignResumeInput,
    CampaignRetryInput,
    CampaignScheduleInput,
    CampaignUnscheduleInput,
)
from crm_graphql.campaigns.schema.payloads import (
    CampaignCancelPayload,
    CampaignDeletePayload,
    CampaignDuplicatePayload,
    CampaignPausePayload,
    CampaignResumePayload,
    CampaignRetryPayload,
    CampaignSchedulePayload,
    CampaignUnschedulePayload,
)
from crm_graphql.campaigns.schema.types import Campaign
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.delivery.retrying import retry_campaign
from crm_graphql.gql.context import Info
from crm_graphql.gql.node import global_id
from crm_graphql.gql.permission import mutation


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "Have a draft launched at a moment; one that is scheduled gets another moment. It is launched once, late "
    "rather than never: but FAILED where nothing ran until its `sendBefore`.",
    subject="id",
)
async def campaign_schedule(
    info: Info, input: Annotated[CampaignScheduleInput, strawberry.argument(description="Which, and when.")]
) -> CampaignSchedulePayload:
    key, bus = decode_key("Campaign", input.id), info.context.resources.bus
    row = await schedule_campaign(info.context.actor, key, input.at, bus=bus)
    return CampaignSchedulePayload(campaign=Campaign.from_document(row))


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "Make a scheduled campaign a draft again.",
    subject="id",
)
async def campaign_unschedule(
    info: Info, input: Annotated[CampaignUnscheduleInput, strawberry.argument(description="Which campaign.")]
) -> CampaignUnschedulePayload:
    key, bus = decode_key("Campaign", input.id), info.context.resources.bus
    row = await unschedule_campaign(info.context.actor, key, bus=bus)
    return CampaignUnschedulePayload(campaign=Campaign.from_document(row))


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "Send nothing more of it until it is resumed: within two seconds no call to a vendor begins any more.",
    subject="id",
)
async def campaign_pause(
    info: Info, input: Annotated[CampaignPauseInput, strawberry.argument(description="Which campaign.")]
) -> CampaignPausePayload:
    key, bus = decode_key("Campaign", input.id), info.context.resources.bus
    row = await pause_campaign(info.context.actor, key, bus=bus)
    return CampaignPausePayload(campaign=Campaign.from_document(row))


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "Go on with one that is paused, or that failed after its launch: nobody twice, nobody left out.",
    subject="id",
)
async def campaign_resume(
    info: Info, input: Annotated[CampaignResumeInput, strawberry.argument(description="Which campaign.")]
) -> CampaignResumePayload:
    key, bus = decode_key("Campaign", input.id), info.context.resources.bus
    row = await resume_campaign(info.context.actor, key, bus=bus)
    return CampaignResumePayload(campaign=Campaign.from_document(row))


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "End it for good. What is queued becomes SKIPPED with CANCELLED, in the background; what a vendor is "
    "being handed ends as it ends.",
    subject="id",
)
async def campaign_cancel(
    info: Info, input: Annotated[CampaignCancelInput, strawberry.argument(description="Which campaign.")]
) -> CampaignCancelPayload:
    key, bus = decode_key("Campaign", input.id), info.context.resources.bus
    row = await cancel_campaign(info.context.actor, key, bus=bus)
    return CampaignCancelPayload(campaign=Campaign.from_document(row))


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "Send failed deliveries once more. WRONG_STATE where none failed so, or another retry is under way.",
    subject="id",
)
async def campaign_retry(
    info: Info, input: Annotated[CampaignRetryInput, strawberry.argument(description="Which failures.")]
) -> CampaignRetryPayload:
    key, bus = decode_key("Campaign", input.id), info.context.resources.bus
    row = await retry_campaign(info.context.actor, key, input.reasons, bus=bus)
    return CampaignRetryPayload(campaign=Campaign.from_document(row))


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "Make a draft with the content and the terms of another campaign, in whatever state that is.",
    subject="id",
)
async def campaign_duplicate(
    info: Info, input: Annotated[CampaignDuplicateInput, strawberry.argument(description="Which campaign.")]
) -> CampaignDuplicatePayload:
    key, clock = decode_key("Campaign", input.id), info.context.resources.clock
    row = await duplicate_campaign(info.context.actor, key, clock=clock)
    return CampaignDuplicatePayload(campaign=Campaign.from_document(row))


@mutation(Permission.CAMPAIGNS_WRITE, "Delete a campaign that was never launched.", subject="id")
async def campaign_delete(
    info: Info, input: Annotated[CampaignDeleteInput, strawberry.argument(description="Which campaign.")]
) -> CampaignDeletePayload:
    key = decode_key("Campaign", input.id)
    await delete_campaign(info.context.actor, key)
    return CampaignDeletePayload(deleted_id=global_id("Campaign", key))
