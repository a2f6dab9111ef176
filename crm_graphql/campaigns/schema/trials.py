"""Trying a campaign's message out on addresses of one's own."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.campaigns.schema.inputs import CampaignTestInput
from crm_graphql.campaigns.schema.messages import CampaignTestPayload
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.delivery.common import CampaignParts
from crm_graphql.delivery.trials import TrialTools, send_trial
from crm_graphql.delivery.vendors.choose import choose_vendors
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import UserError
from crm_graphql.gql.permission import mutation


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "Send the message to given addresses only, to look at it. Counted nowhere, not even by a frequency cap; "
    "its links to unsubscribe lead nowhere. At most 100 addresses an hour and caller.",
    subject="id",
)
async def campaign_test(
    info: Info, input: Annotated[CampaignTestInput, strawberry.argument(description="Which, and where to.")]
) -> CampaignTestPayload:
    resources = info.context.resources
    settings = resources.settings
    trial = await send_trial(
        info.context.actor,
        decode_key("Campaign", input.id),
        input.addresses,
        customer=input.customer.reference(field="customer") if input.customer else None,
        variant_key=input.variant_key,
        tools=TrialTools(
            choose_vendors(settings, resources.http),
            CampaignParts(resources.storage, settings.public_url),
            resources.clock,
            resources.slices,
            settings.country or None,
            settings.vendor_deadline_seconds,
        ),
    )
    return CampaignTestPayload(
        sent=trial.sent, errors=[UserError.from_problem(problem) for problem in trial.problems]
    )
