"""Making, changing and launching campaigns."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import strawberry
from bson import ObjectId

from crm_graphql.campaigns.documents import MessageTemplate, Variant
from crm_graphql.campaigns.drafts import warnings_of
from crm_graphql.campaigns.schema.inputs import (
    CampaignCreateInput,
    CampaignLaunchInput,
    CampaignUpdateInput,
    VariantInput,
)
from crm_graphql.campaigns.schema.message_inputs import attachment_keys
from crm_graphql.campaigns.schema.payloads import (
    CampaignCreatePayload,
    CampaignLaunchPayload,
    CampaignUpdatePayload,
)
from crm_graphql.campaigns.schema.types import Campaign
from crm_graphql.campaigns.service import create_campaign, launch_campaign, update_campaign
from crm_graphql.campaigns.terms import Terms
from crm_graphql.campaigns.variants import Experiment, texts_of
from crm_graphql.core.actor import Permission
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import Faults
from crm_graphql.core.ids import decode_key
from crm_graphql.core.paging import Row
from crm_graphql.deployment.schema.inputs import QuietHoursInput
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import UserError
from crm_graphql.gql.permission import mutation
from crm_graphql.tracking.policy import TrackingPolicy

WARNINGS_LIMIT = 40
_PLAIN_FIELDS = (
    *("name", "channel", "send_before", "rate_per_second", "tracks_opens", "tracks_clicks", "holdout"),
)


def _variants(given: list[VariantInput] | None, faults: Faults) -> list[Variant]:
    return [
        Variant(key=one.key, weight=one.weight, message=one.message.draft(faults, "variants", str(number)))
        for number, one in enumerate(given or ())
    ]


def _audience_key(given: str | None) -> ObjectId | None:
    return None if given is None else decode_key("Audience", given, field="audienceId")


def _topic_key(given: str | None) -> ObjectId | None:
    return None if given is None else decode_key("Topic", given, field="topicId")


def _hours(given: QuietHoursInput | None) -> dict[str, str] | None:
    return None if given is None else {"from": given.from_, "until": given.until}


def _warnings(row: Row) -> list[UserError]:
    """Those of the campaign's messages, for a payload; of many variants the first ones."""
    found = (
        UserError.from_problem(warning.under(*place))
        for place, text in texts_of(row)
        for warning in warnings_of(MessageTemplate.model_validate(text), Channel(row["channel"]))
    )
    return list(islice(found, WARNINGS_LIMIT))


@mutation(Permission.CAMPAIGNS_WRITE, "Make a draft.", subject="audience_id")
async def campaign_create(
    info: Info, input: Annotated[CampaignCreateInput, strawberry.argument(description="The campaign.")]
) -> CampaignCreatePayload:
    faults, audience_id, topic_id = Faults(), None, None
    with faults.noted():
        audience_id = decode_key("Audience", input.audience_id, field="audienceId")
    with faults.noted():
        topic_id = _topic_key(input.topic_id)
    row = await create_campaign(
        info.context.actor,
        name=input.name,
        audience_id=audience_id,
        topic_id=topic_id,
        channel=input.channel,
        message=input.message.draft(faults) if input.message else None,
        attachment_ids=attachment_keys(input.attachment_ids, faults),
        experiment=Experiment(_variants(input.variants, faults), input.holdout),
        terms=Terms(
            input.send_before,
            input.rate_per_second,
            _hours(input.quiet_hours),
            input.tracks_opens,
            input.tracks_clicks,
        ),
        idempotency_key=input.idempotency_key,
        clock=info.context.resources.clock,
        faults=faults,
    )
    return CampaignCreatePayload(campaign=Campaign.from_document(row), warnings=_warnings(row))


@mutation(Permission.CAMPAIGNS_WRITE, "Change a draft. Drafts only.", subject="id")
async def campaign_update(
    info: Info, input: Annotated[CampaignUpdateInput, strawberry.argument(description="The change.")]
) -> CampaignUpdatePayload:
    changes: dict[str, Any] = {}
    faults, key = Faults(), None
    with faults.noted():
        key = decode_key("Campaign", input.id)
    for name in _PLAIN_FIELDS:
        if (value := getattr(input, name)) is not strawberry.UNSET:
            changes[name] = value
    if input.audience_id is not strawberry.UNSET:
        with faults.noted():
            changes["audience_id"] = _audience_key(input.audience_id)
    if input.topic_id is not strawberry.UNSET:
        with faults.noted():
            changes["topic_id"] = _topic_key(input.topic_id)
    if input.message is not strawberry.UNSET:
        changes["message"] = input.message.draft(faults) if input.message else None
    if input.variants is not strawberry.UNSET:
        changes["variants"] = _variants(input.variants, faults)
    if input.attachment_ids is not strawberry.UNSET:
        changes["attachment_ids"] = attachment_keys(input.attachment_ids, faults)
    if input.quiet_hours is not strawberry.UNSET:
        changes["quiet_hours"] = _hours(input.quiet_hours)
    row = await update_campaign(
        info.context.actor,
        key,
        changes,
        clock=info.context.resources.clock,
        expected_revision=input.expected_revision,
        faults=faults,
    )
    return CampaignUpdatePayload(campaign=Campaign.from_document(row), warnings=_warnings(row))


@mutation(
    Permission.CAMPAIGNS_WRITE,
    "Freeze rule and message and begin to send. A second launch answers WRONG_STATE, with `campaign` filled.",
    subject="id",
)
async def campaign_launch(
    info: Info, input: Annotated[CampaignLaunchInput, strawberry.argument(description="Which campaign.")]
) -> CampaignLaunchPayload:
    key = decode_key("Campaign", input.id)
    resources = info.context.resources
    row = await launch_campaign(
        info.context.actor,
        key,
        bus=resources.bus,
        time_zone=resources.settings.time_zone,
        attribution_days=resources.settings.attribution_days,
        tracking=TrackingPolicy.of(resources.settings),
    )
    return CampaignLaunchPayload(campaign=Campaign.from_document(row), warnings=_warnings(row))
