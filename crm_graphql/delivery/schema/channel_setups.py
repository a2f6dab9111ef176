"""Channels as clients see them: who carries each, and whether that is well."""

from __future__ import annotations

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.delivery.vendors import setups
from crm_graphql.delivery.vendors.choose import choose_vendors
from crm_graphql.delivery.vendors.setups import DeliveryGuarantee, setups_of
from crm_graphql.deployment.values import DeploymentValues
from crm_graphql.gql.context import Info
from crm_graphql.gql.enums import describe_enum
from crm_graphql.gql.permission import query

describe_enum(
    DeliveryGuarantee,
    "What a crash in the middle of a call to a vendor means for its messages.",
    {
        "EXACTLY_ONCE": "Nothing: the vendor sends a key once, or can be asked what it knows.",
        "AT_MOST_ONCE": "None is sent twice. Those that may have been taken fail with OUTCOME_UNKNOWN.",
    },
)


@strawberry.type(description="How a channel is set up. Secrets are never shown.")
class ChannelSetup:
    channel: Channel = strawberry.field(description="How its messages travel.")
    vendor: str = strawberry.field(description='Who carries it: "simulator", "smtp", "twilio" and the like.')
    sender: str | None = strawberry.field(
        description="Who its messages are from: an address, a number. Null where the vendor knows it."
    )
    sender_name: str | None = strawberry.field(
        description="The name beside it in e-mail, as it would be now: what `settings` says, else the "
        "operator; null for none."
    )
    reply_to: str | None = strawberry.field(
        description="Where answers to e-mail go, as it would be now; null for the sender, and on other "
        "channels."
    )
    guarantee: DeliveryGuarantee = strawberry.field(
        description="What a crash in the middle of a call means for a message."
    )
    messages_per_second: float | None = strawberry.field(
        description="The vendor's own limit, over all campaigns together; null for none."
    )
    problem: str | None = strawberry.field(
        description="What keeps the vendor from taking messages, as of a minute ago at most; null while all "
        "is well. Asking sends nothing."
    )

    @classmethod
    def from_setup(cls, setup: setups.ChannelSetup, settings: DeploymentValues) -> ChannelSetup:
        """The projection of a set-up, with what people set."""
        is_mail = TRAITS[setup.channel].has_subject
        return cls(
            channel=setup.channel,
            vendor=setup.vendor,
            sender=setup.sender,
            sender_name=settings.sender_name or setup.sender_name if is_mail else None,
            reply_to=settings.reply_to if is_mail else None,
            guarantee=setup.guarantee,
            messages_per_second=setup.messages_per_second,
            problem=setup.problem,
        )


@query(Permission.SETTINGS_READ, "Who carries each channel, and whether they would take messages now.")
async def channels(info: Info) -> list[ChannelSetup] | None:
    resources = info.context.resources
    carriers = choose_vendors(resources.settings, resources.http)
    found = await setups_of(carriers, resources.vendor_checks)
    return [ChannelSetup.from_setup(one, resources.deployment.values) for one in found]
