"""Campaigns as clients write them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.campaigns.schema.enums import CampaignStatus, Channel
from crm_graphql.campaigns.schema.message_inputs import MessageInput
from crm_graphql.customers.schema.references import CustomerRef
from crm_graphql.delivery.schema.enums import DeliveryReason
from crm_graphql.deployment.schema.inputs import QuietHoursInput


@strawberry.input(description="One of several messages of a campaign.")
class VariantInput:
    key: str = strawberry.field(description="1 to 40 letters of a to z, digits, - and _; each once.")
    weight: int = strawberry.field(description="Relative, 1 to 1,000,000: 2 gets twice the share of 1.")
    message: MessageInput = strawberry.field(description="The text.")


@strawberry.input(description="Which campaigns. All that is given must hold.")
class CampaignFilter:
    statuses: list[CampaignStatus] | None = strawberry.field(
        default=None, description="In one of these states."
    )
    channel: Channel | None = strawberry.field(default=None, description="By this channel.")
    audience_id: strawberry.ID | None = strawberry.field(default=None, description="To this audience.")
    search: str | None = strawberry.field(default=None, description="Prefix of a word of the name.")


@strawberry.input(description="A new campaign.")
class CampaignCreateInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    audience_id: strawberry.ID = strawberry.field(description="Who gets it.")
    topic_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="What it is about: who said no to that is left out. None: only suppressions count.",
    )
    channel: Channel = strawberry.field(description="How its messages travel.")
    message: MessageInput | None = strawberry.field(
        default=None, description="The text; may be written later, before the launch."
    )
    send_before: datetime | None = strawberry.field(
        default=None, description="What is not sent by then is skipped. None: it is sent however late."
    )
    rate_per_second: int | None = strawberry.field(
        default=None, description="Messages a second, 1 to 100,000. None: as fast as the vendor takes them."
    )
    attachment_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Files that everybody gets with it, at most 10; email only."
    )
    quiet_hours: QuietHoursInput | None = strawberry.field(
        default=None, description="When nobody is written to. None: as the deployment's settings say."
    )
    variants: list[VariantInput] | None = strawberry.field(
        default=None, description="2 to 10 messages to be compared, instead of `message`."
    )
    holdout: float | None = strawberry.field(
        default=None, description="Share of the audience, 0 to 0.5, that gets nothing, to compare with."
    )
    tracks_opens: bool | None = strawberry.field(
        default=None, description="None: as the deployment does. Only HTML tells of opens."
    )
    tracks_clicks: bool | None = strawberry.field(
        default=None,
        description="None: as the deployment does in email, and not in short messages, whose text tracked "
        "links make longer.",
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="The same key with the same content gives the same campaign back."
    )


@strawberry.input(description="A change of a draft. A field left out stays.")
class CampaignUpdateInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")
    expected_revision: int | None = strawberry.field(
        default=None,
        description="The `revision` that was read: CONFLICT, with `campaign` as it stands, where somebody "
        "has changed it since.",
    )
    name: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 200 characters.")
    audience_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Who gets it.")
    topic_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="What it is about; null: only suppressions count."
    )
    channel: Channel | None = strawberry.field(
        default=strawberry.UNSET, description="How its messages travel."
    )
    message: MessageInput | None = strawberry.field(
        default=strawberry.UNSET, description="The text; null clears it."
    )
    send_before: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="What is not sent by then is skipped; null: no end."
    )
    rate_per_second: int | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 100,000; null: as fast as the vendor takes them."
    )
    attachment_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Files that everybody gets with it; null: none."
    )
    quiet_hours: QuietHoursInput | None = strawberry.field(
        default=strawberry.UNSET, description="Null: as the deployment's settings say."
    )
    variants: list[VariantInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="2 to 10 messages to be compared, instead of `message`; null: there are none.",
    )
    holdout: float | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 0.5 of the audience get nothing; null is 0."
    )
    tracks_opens: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Null: as the deployment does."
    )
    tracks_clicks: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Null: as the deployment does in email, and not in short messages.",
    )


@strawberry.input(description="The launch of a draft, or of one that is scheduled.")
class CampaignLaunchInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")


@strawberry.input(description="The end of a schedule.")
class CampaignUnscheduleInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")


@strawberry.input(description="A pause.")
class CampaignPauseInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")


@strawberry.input(description="The end of a pause.")
class CampaignResumeInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")


@strawberry.input(description="The end of a campaign.")
class CampaignCancelInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")


@strawberry.input(description="A copy.")
class CampaignDuplicateInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")


@strawberry.input(description="The deletion of a campaign.")
class CampaignDeleteInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")


@strawberry.input(description="A launch at a moment to come.")
class CampaignScheduleInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")
    at: datetime = strawberry.field(
        description="When it is launched: in the future, and before its `sendBefore`."
    )


@strawberry.input(description="Failed deliveries, once more.")
class CampaignRetryInput:
    id: strawberry.ID = strawberry.field(description="Which campaign.")
    reasons: list[DeliveryReason] | None = strawberry.field(
        default=None,
        description="Which failures; left out: VENDOR_REJECTED, NO_RECEIPT, TEMPLATE_ERROR, OTHER. "
        "OUTCOME_UNKNOWN only when named: the person may have got it. BOUNCED and COMPLAINED never.",
    )


@strawberry.input(description="A message, sent to try it out.")
class CampaignTestInput:
    id: strawberry.ID = strawberry.field(description="Which campaign; in any state.")
    addresses: list[str] = strawberry.field(
        description="Where to: 1 to 10 email addresses, or phone numbers. Nobody else gets it."
    )
    customer: CustomerRef | None = strawberry.field(
        default=None, description="Whose values to fill in; a made-up customer's by default."
    )
    variant_key: str | None = strawberry.field(
        default=None, description="Which variant; the first by default."
    )
