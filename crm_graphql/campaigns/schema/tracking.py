"""Tracking as clients see it: what a campaign says of it, and what the deployment does else."""

from __future__ import annotations

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.core.channels import Channel
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query
from crm_graphql.tracking.policy import TrackingPolicy


@strawberry.type(description="What a campaign itself says of what is to be recorded.")
class TrackingChoice:
    opens: bool | None = strawberry.field(description="Of opens; null: as the deployment does.")
    clicks: bool | None = strawberry.field(description="Of clicks; null: as the deployment does.")


@strawberry.type(description="What is recorded of a channel's campaigns that say nothing of it.")
class TrackingDefault:
    channel: Channel = strawberry.field(description="How the messages travel.")
    opens: bool = strawberry.field(description="Whether it is recorded who opens.")
    clicks: bool = strawberry.field(description="Whether it is recorded who clicks.")


@query(
    Permission.CAMPAIGNS_READ,
    "What the deployment does, channel by channel, where a campaign says nothing of tracking.",
)
async def tracking_defaults(info: Info) -> list[TrackingDefault]:
    policy = TrackingPolicy.of(info.context.resources.settings)
    silent = [(channel, {"channel": channel.value}) for channel in Channel]
    return [
        TrackingDefault(channel=channel, opens=policy.tracks_opens(says), clicks=policy.tracks_clicks(says))
        for channel, says in silent
    ]
