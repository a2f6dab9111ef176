"""Campaigns as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from bson import ObjectId
from strawberry.scalars import JSON

from crm_graphql.audiences.schema.loaders import audience_loader, rule_sentence
from crm_graphql.audiences.schema.stats import DeliveryStats
from crm_graphql.campaigns.custom import frozen_fields
from crm_graphql.campaigns.queries import rule_zone
from crm_graphql.campaigns.schema.enums import CampaignStatus, Channel
from crm_graphql.campaigns.schema.failures import FailureCount
from crm_graphql.campaigns.schema.links import campaign_links
from crm_graphql.campaigns.schema.loaders import campaign_loader, outlook_loader
from crm_graphql.campaigns.schema.messages import Message, Variant
from crm_graphql.campaigns.schema.results import (
    CampaignPoint,
    CampaignResults,
    LinkStats,
    campaign_results,
    campaign_timeline,
)
from crm_graphql.campaigns.schema.tracking import TrackingChoice
from crm_graphql.campaigns.variants import holdout_of
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.delivery.failures import causes_of
from crm_graphql.delivery.outlook import Outlook
from crm_graphql.delivery.queries import (
    count_deliveries,
    deliveries_to,
    list_deliveries,
    list_filter,
    sort_key,
)
from crm_graphql.deployment.schema.types import QuietHours
from crm_graphql.gql.connections import (
    CONNECTION_PATHS,
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    list_cursors,
)
from crm_graphql.gql.context import Info
from crm_graphql.gql.node import Node, global_id, node_type, register
from crm_graphql.tracking.policy import TrackingPolicy

if TYPE_CHECKING:
    from crm_graphql.audiences.schema.types import Audience
    from crm_graphql.consents.schema.types import Topic
    from crm_graphql.delivery.schema.inputs import DeliveryFilter, DeliverySort
    from crm_graphql.delivery.schema.types import Delivery
    from crm_graphql.media.schema.types import Media


@strawberry.type(description="A message to an audience, from draft to the last receipt.")
class Campaign(Node):
    name: str = strawberry.field(description="The name that people know it by.")
    status: CampaignStatus = strawberry.field(description="How far it is.")
    failure_reason: str | None = strawberry.field(description="Why it failed, when it did.")
    pause_reason: str | None = strawberry.field(
        description="Why it is PAUSED, where nobody paused it: what keeps the vendor from sending."
    )
    channel: Channel = strawberry.field(description="How its messages travel.")
    message: Message = strawberry.field(
        description="The text; empty until it is written. With variants, the first one's."
    )
    variants: list[Variant] = strawberry.field(
        description="Messages that are compared; empty where there is one for all."
    )
    holdout: float = strawberry.field(
        description="Share of the audience, 0 to 0.5, that gets nothing, to compare with: SKIPPED with "
        "HOLDOUT."
    )
    scheduled_at: datetime | None = strawberry.field(
        description="When it is launched by itself; null where nobody scheduled it."
    )
    send_before: datetime | None = strawberry.field(
        description="What is not sent by then is SKIPPED with EXPIRED; null is never."
    )
    rate_per_second: int | None = strawberry.field(
        description="Messages a second at most; null is as fast as the vendor takes them."
    )
    quiet_hours: QuietHours | None = strawberry.field(
        description="No message between these local times of the recipient; what falls there waits. "
        "Null: the deployment's."
    )
    created_by: str | None = strawberry.field(
        description="Who made it: a user's or an API key's name. Null for campaigns of earlier releases."
    )
    stats: DeliveryStats = strawberry.field(description="How many messages are in which state.")
    revision: int = strawberry.field(
        description="Grows with every edit of a draft and change of status, stats or results; compare it "
        "with CampaignProgress.revision."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    launched_at: datetime | None = strawberry.field(description="When it was launched.")
    completed_at: datetime | None = strawberry.field(description="When its last message had its outcome.")
    row: strawberry.Private[Row]

    @classmethod
    def from_document(cls, row: Row) -> Campaign:
        """The projection of a campaign document."""
        hours = row.get("quiet_hours")
        return cls(
            id=global_id("Campaign", row["_id"]),
            name=row["name"],
            status=CampaignStatus(row["status"]),
            failure_reason=row.get("failure_reason"),
            pause_reason=row.get("pause_reason"),
            scheduled_at=row.get("scheduled_at"),
            send_before=row.get("send_before"),
            rate_per_second=row.get("rate_per_second"),
            quiet_hours=QuietHours(from_=hours["from"], until=hours["until"]) if hours else None,
            created_by=row.get("created_by"),
            channel=Channel(row["channel"]),
            message=Message.from_document(row.get("message")),
            variants=Variant.all_of(row),
            holdout=holdout_of(row),
            stats=DeliveryStats.from_document(row),
            revision=row["revision"],
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            launched_at=row.get("launched_at"),
            completed_at=row.get("completed_at"),
            row=row,
        )

    @strawberry.field(description="The audience that it was made for. Null once deleted.")
    async def audience(
        self, info: Info
    ) -> Annotated[Audience, strawberry.lazy("crm_graphql.audiences.schema.types")] | None:
        audience: Audience | None = await node_type("Audience").load(info, self.row["audience_id"])
        return audience

    @strawberry.field(
        description="What the recipient must not have unsubscribed from (opt-out) or must have subscribed "
        "to; null: only suppressions count."
    )
    async def topic(
        self, info: Info
    ) -> Annotated[Topic, strawberry.lazy("crm_graphql.consents.schema.types")] | None:
        topic_id = self.row.get("topic_id")
        topic: Topic | None = await node_type("Topic").load(info, topic_id) if topic_id else None
        return topic

    @strawberry.field(description="The files that everybody gets with it, but those that were deleted.")
    async def attachments(
        self, info: Info
    ) -> list[Annotated[Media, strawberry.lazy("crm_graphql.media.schema.types")]]:
        keys = self.row.get("attachment_ids") or ()
        found = [await node_type("Media").load(info, key) for key in keys]
        return [media for media in found if media is not None]

    @strawberry.field(description="The rule as at launch; before that, as it is now.")
    async def audience_rule(self, info: Info) -> JSON:
        return JSON(await self._rule(info))

    @strawberry.field(description="That rule as an English sentence.")
    async def audience_rule_text(self, info: Info) -> str:
        rule = await self._rule(info)
        if not rule:
            return ""
        frozen = frozen_fields(self.row).values() if self.row.get("launched_at") else None
        return await rule_sentence(info, rule, zone=rule_zone(self.row), frozen=frozen)

    @strawberry.field(description="Its messages, in the order in which they were written down unless said.")
    async def deliveries(
        self,
        info: Info,
        filter: Annotated[
            Annotated[DeliveryFilter, strawberry.lazy("crm_graphql.delivery.schema.inputs")] | None,
            strawberry.argument(description="Which ones; all by default."),
        ] = None,
        sort: Annotated[
            Annotated[DeliverySort, strawberry.lazy("crm_graphql.delivery.schema.inputs")] | None,
            strawberry.argument(description="In which order."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Delivery, strawberry.lazy("crm_graphql.delivery.schema.types")]] | None:
        delivery = node_type("Delivery")
        matching = list_filter(self.row["_id"])
        if filter is not None:
            country = info.context.resources.settings.country or None
            found = await deliveries_to(
                info.context.actor, self.row["_id"], filter.search, default_country=country
            )
            matching = list_filter(
                self.row["_id"], filter.statuses, filter.reasons, filter.variants, among=found
            )
        fields = delivery.projection(info, *CONNECTION_PATHS)
        order = sort_key(sort.field, sort.direction) if sort else sort_key()
        cursors = list_cursors(info, order, self.row["_id"], filter)
        page = await list_deliveries(matching, order, cursors.page(first, after, last, before), fields=fields)
        return connection(page, cursors, delivery.make, lambda: count_deliveries(matching))

    @strawberry.field(description="While nothing can be sent: until when, as at the end of quiet hours.")
    async def waiting_until(self, info: Info) -> datetime | None:
        return (await self.outlook(info)).waiting_until

    @strawberry.field(description="Over the last ten seconds; null when nothing is being sent.")
    async def messages_per_second(self, info: Info) -> float | None:
        return (await self.outlook(info)).messages_per_second

    @strawberry.field(description="When the last message will be sent at this pace; null when that is open.")
    async def estimated_end_at(self, info: Info) -> datetime | None:
        return (await self.outlook(info)).estimated_end_at

    @strawberry.field(
        description="Failed and skipped deliveries by cause, most first, at most 50. Null where counting "
        "takes too long."
    )
    async def failures(self) -> list[FailureCount] | None:
        causes = await causes_of(self.row["_id"])
        return None if causes is None else [FailureCount.from_cause(cause) for cause in causes]

    @strawberry.field(description="What came of it, in people. Null before its launch.")
    async def results(self, info: Info) -> CampaignResults | None:
        return None if self.launched_at is None else await campaign_results(info, self.row["_id"])

    @strawberry.field(
        description="For charts: what happened in each step of time since the launch, at most 500 steps, all "
        "of one length. Null before its launch."
    )
    async def timeline(self) -> list[CampaignPoint] | None:
        return (
            None if self.launched_at is None else await campaign_timeline(self.row["_id"], self.launched_at)
        )

    @strawberry.field(
        description="Whether it is recorded who opens it; before the launch, whether it will be."
    )
    async def tracks_opens(self, info: Info) -> bool:
        return self._tracking(info).tracks_opens(self.row) if self.launched_at is None else self._is("opens")

    @strawberry.field(description="Whether it is recorded who clicks; before the launch, whether it will be.")
    async def tracks_clicks(self, info: Info) -> bool:
        return (
            self._tracking(info).tracks_clicks(self.row) if self.launched_at is None else self._is("clicks")
        )

    @strawberry.field(description="What it says of both itself; after its launch what that came to.")
    async def tracking(self) -> TrackingChoice:
        return TrackingChoice(opens=self.row.get("tracks_opens"), clicks=self.row.get("tracks_clicks"))

    @strawberry.field(
        description="Links as they stand in the template, most clicked first, at most 100. Null before its "
        "launch; empty where clicks are not tracked."
    )
    async def links(self, info: Info) -> list[LinkStats] | None:
        return None if self.launched_at is None else await campaign_links(info, self.row)

    def _tracking(self, info: Info) -> TrackingPolicy:
        return TrackingPolicy.of(info.context.resources.settings)

    def _is(self, what: str) -> bool:
        return bool(self.row.get(f"tracks_{what}"))

    async def outlook(self, info: Info) -> Outlook:
        """How its sending goes now."""
        if self.status is not CampaignStatus.SENDING:
            return Outlook()
        return await info.context.loader(outlook_loader).load(self.row["_id"])

    async def _rule(self, info: Info) -> dict[str, Any]:
        frozen = self.row.get("rule")
        if frozen is not None:
            return dict(frozen)
        audience_id: ObjectId = self.row["audience_id"]
        audience = await info.context.loader(audience_loader).load(audience_id)
        return dict(audience["rule"]) if audience else {}


register(Campaign, permission=Permission.CAMPAIGNS_READ, loader=campaign_loader)
