"""Insights as clients see them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from crm_graphql.gql.node import node_type
from crm_graphql.insights.changes import Insight as Change

if TYPE_CHECKING:
    from crm_graphql.campaigns.schema.types import Campaign


@strawberry.type(description="Something that changed, in the last 30 days against the 30 before.")
class Insight:
    title: str = strawberry.field(description="A few words.")
    text: str = strawberry.field(description="One sentence with both figures.")
    value: Decimal = strawberry.field(
        description="The figure now: customers, money, or percent of a campaign's messages."
    )
    before: Decimal = strawberry.field(description="The same figure of the 30 days before.")
    rule: JSON | None = strawberry.field(
        description="The rule whose customers it is about, `value` of them, in the shape of RuleInput; null "
        "for a sum of money and for a campaign."
    )
    campaign: Annotated[Campaign, strawberry.lazy("crm_graphql.campaigns.schema.types")] | None = (
        strawberry.field(description="The campaign that it is about.")
    )

    @classmethod
    def from_change(cls, change: Change) -> Insight:
        """The insight as clients see it."""
        return cls(
            title=change.title,
            text=change.text,
            value=change.value,
            before=change.before,
            rule=None if change.rule is None else JSON(change.rule),
            campaign=None if change.campaign is None else node_type("Campaign").make(change.campaign),
        )
