"""Reading campaigns, and trying out messages."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.campaigns.checking import check_campaign
from crm_graphql.campaigns.previews import preview_campaign, preview_message
from crm_graphql.campaigns.queries import (
    NEWEST_FIRST,
    count_campaigns,
    find_campaign,
    list_campaigns,
    list_filter,
)
from crm_graphql.campaigns.schema.enums import Channel
from crm_graphql.campaigns.schema.inputs import CampaignFilter
from crm_graphql.campaigns.schema.message_inputs import MessageInput
from crm_graphql.campaigns.schema.messages import CampaignFinding, MessagePreview, TemplateField
from crm_graphql.campaigns.schema.types import Campaign
from crm_graphql.campaigns.template_fields import CATALOGUE, custom_catalogue
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import Faults, InvalidInput
from crm_graphql.core.ids import decode_key
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.customers.schema.references import CustomerRef
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.CAMPAIGNS_READ, "One campaign; null when there is none.")
async def campaign(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which one.")]
) -> Campaign | None:
    row = await find_campaign(decode_key("Campaign", id))
    return Campaign.from_document(row) if row else None


@query(Permission.CAMPAIGNS_READ, "Campaigns, newest first.")
async def campaigns(
    info: Info,
    filter: Annotated[
        CampaignFilter | None, strawberry.argument(description="Which ones; all by default.")
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Campaign] | None:
    wanted = filter or CampaignFilter()
    audience = decode_key("Audience", wanted.audience_id, field="audienceId") if wanted.audience_id else None
    matching = list_filter(wanted.statuses, wanted.channel, audience, wanted.search)
    cursors = list_cursors(info, NEWEST_FIRST, wanted)
    page = await list_campaigns(matching, cursors.page(first, after, last, before))
    return connection(page, cursors, Campaign.from_document, lambda: count_campaigns(matching))


@query(
    Permission.CAMPAIGNS_READ,
    "A message as a customer (or a made-up one) would get it, while it is being written.",
)
async def message_preview(
    info: Info,
    message: Annotated[MessageInput, strawberry.argument(description="The text.")],
    channel: Annotated[Channel, strawberry.argument(description="How it would travel.")],
    customer: Annotated[
        CustomerRef | None,
        strawberry.argument(description="Who would get it; a made-up customer by default."),
    ] = None,
) -> MessagePreview | None:
    faults = Faults()
    draft = message.draft(faults)
    try:
        faults.check()
        preview = await preview_message(
            info.context.actor,
            draft,
            channel=channel,
            customer=customer.reference(field="customer") if customer else None,
            slices=info.context.resources.slices,
        )
    except InvalidInput as error:
        return MessagePreview.refused(error.problems)
    return MessagePreview.of(preview)


@query(Permission.CAMPAIGNS_READ, "A campaign's message as a customer would get it; null when there is none.")
async def campaign_preview(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Which campaign.")],
    customer: Annotated[CustomerRef, strawberry.argument(description="Who would get it.")],
    variant_key: Annotated[
        str | None, strawberry.argument(description="Which variant; the first by default.")
    ] = None,
) -> MessagePreview | None:
    try:
        preview = await preview_campaign(
            info.context.actor,
            decode_key("Campaign", id),
            customer.reference(field="customer"),
            variant_key=variant_key,
            slices=info.context.resources.slices,
        )
    except InvalidInput as error:
        return MessagePreview.refused(error.problems)
    return MessagePreview.of(preview) if preview else None


@query(
    Permission.CAMPAIGNS_READ,
    "What stands in the way of a launch, and what one may have overlooked; null when there is no campaign.",
)
async def campaign_check(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which campaign.")]
) -> list[CampaignFinding] | None:
    resources = info.context.resources
    findings = await check_campaign(
        info.context.actor,
        decode_key("Campaign", id),
        settings=resources.settings,
        clock=resources.clock,
        slices=resources.slices,
    )
    return None if findings is None else [CampaignFinding.of(finding) for finding in findings]


@query(Permission.CAMPAIGNS_READ, "What a template may name.")
async def template_fields(info: Info) -> list[TemplateField]:
    known = (*CATALOGUE, *custom_catalogue(await definitions()))
    return [TemplateField(name=field.name, label=field.label, example=field.example) for field in known]
