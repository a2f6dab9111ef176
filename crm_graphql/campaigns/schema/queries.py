"""Reading campaigns, and trying out messages."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.campaigns.queries import (
    NEWEST_FIRST,
    count_campaigns,
    find_campaign,
    list_campaigns,
    list_filter,
    preview_message,
)
from crm_graphql.campaigns.schema.enums import Channel
from crm_graphql.campaigns.schema.inputs import CampaignFilter, MessageInput
from crm_graphql.campaigns.schema.types import Campaign, MessagePreview, TemplateField
from crm_graphql.campaigns.template_fields import CATALOGUE, custom_catalogue
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.ids import decode_key
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.customers.schema.references import CustomerRef
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import UserError
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
    try:
        rendered, warnings = await preview_message(
            info.context.actor,
            subject=message.subject,
            body=message.body,
            channel=channel,
            customer=customer.reference(field="customer") if customer else None,
            slices=info.context.resources.slices,
        )
    except InvalidInput as error:
        problems = [UserError.from_problem(problem) for problem in error.problems]
        return MessagePreview(subject=None, body=None, missing=[], errors=problems, warnings=[])
    return MessagePreview(
        subject=rendered.subject,
        body=rendered.body,
        missing=list(rendered.missing),
        errors=[],
        warnings=[UserError.from_problem(warning) for warning in warnings],
    )


@query(Permission.CAMPAIGNS_READ, "What a template may name.")
async def template_fields(info: Info) -> list[TemplateField]:
    known = (*CATALOGUE, *custom_catalogue(await definitions()))
    return [TemplateField(name=field.name, label=field.label, example=field.example) for field in known]
