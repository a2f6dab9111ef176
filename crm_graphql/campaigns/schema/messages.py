"""Messages of campaigns, and their variants, as clients see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from bson import ObjectId

from crm_graphql.audiences.schema.stats import DeliveryStats
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.results.schema.types import CampaignResults, variant_results


@strawberry.type(description="The text of a campaign: Liquid templates.")
class Message:
    subject: str | None = strawberry.field(description="The subject; email only.")
    body: str = strawberry.field(description="The body.")

    @classmethod
    def from_document(cls, message: Mapping[str, Any]) -> Message:
        """The projection of a stored message."""
        return cls(subject=message.get("subject"), body=message["body"])


@strawberry.type(description="One of several messages of a campaign.")
class Variant:
    key: str = strawberry.field(description="Its name within the campaign.")
    weight: int = strawberry.field(description="Relative: 2 gets twice the share of 1.")
    message: Message = strawberry.field(description="The text.")
    stats: DeliveryStats = strawberry.field(
        description="Of those to whom it is assigned; who was refused or held out before is in none."
    )
    campaign_id: strawberry.Private[ObjectId]
    is_launched: strawberry.Private[bool]

    @classmethod
    def all_of(cls, row: Row) -> list[Variant]:
        """Those of a campaign document, in their order."""
        return [
            cls(
                key=one["key"],
                weight=one["weight"],
                message=Message.from_document(one["message"]),
                stats=DeliveryStats.from_document(row, one["key"]),
                campaign_id=row["_id"],
                is_launched=row.get("launched_at") is not None,
            )
            for one in row.get("variants") or ()
        ]

    @strawberry.field(description="What came of it, in people. Null before the campaign's launch.")
    async def results(self, info: Info) -> CampaignResults | None:
        return await variant_results(info, self.campaign_id, self.key) if self.is_launched else None
