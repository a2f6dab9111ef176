"""Audiences as clients see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from bson import ObjectId
from strawberry.scalars import JSON

from crm_graphql.audiences.catalogue import FieldInfo
from crm_graphql.audiences.compile import select_customers
from crm_graphql.audiences.explain import Explanation, NodeOutcome
from crm_graphql.audiences.fields import RuleOperator
from crm_graphql.audiences.queries import RulePreview, count_rule, fields_of_stored
from crm_graphql.audiences.schema.enums import Channel, RuleFieldType, RuleValueShape
from crm_graphql.audiences.schema.loaders import (
    audience_loader,
    audience_size_loader,
    audience_stats_loader,
    campaigns_of_audience_loader,
    rule_sentence,
)
from crm_graphql.audiences.schema.stats import DeliveryStats
from crm_graphql.campaigns.queries import NEWEST_FIRST as NEWEST_CAMPAIGNS_FIRST
from crm_graphql.campaigns.queries import count_campaigns_of
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import Problem
from crm_graphql.core.paging import Row
from crm_graphql.customers.queries import list_customers, sort_key
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
from crm_graphql.gql.errors import UserError
from crm_graphql.gql.loaders import ChildPage
from crm_graphql.gql.node import Node, global_id, node_type, register

if TYPE_CHECKING:
    from crm_graphql.campaigns.schema.types import Campaign
    from crm_graphql.customers.schema.types import Customer


@strawberry.type(description="Customers cut by a rule, under a name.")
class Audience(Node):
    name: str = strawberry.field(description="The name that people know it by.")
    description: str | None = strawberry.field(description="What it is for.")
    rule: JSON = strawberry.field(
        description="The tree as it was given, in the shape of RuleInput, without null keys."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    created_by: str | None = strawberry.field(
        description="Who made it: a user's name, or an API key's. Null for those of former releases."
    )
    row: strawberry.Private[Row]

    @classmethod
    def from_document(cls, row: Row) -> Audience:
        """The projection of an audience document."""
        return cls(
            id=global_id("Audience", row["_id"]),
            name=row["name"],
            description=row.get("description"),
            rule=JSON(row["rule"]),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            created_by=row.get("created_by"),
            row=row,
        )

    @strawberry.field(description="The rule as an English sentence.")
    async def rule_text(self, info: Info) -> str:
        return await rule_sentence(info, self.row["rule"])

    @strawberry.field(
        description="Customers that match, counted within the last minute; null where that takes too long."
    )
    async def size(self, info: Info) -> int | None:
        return (await info.context.loader(audience_size_loader).load(self.row)).size

    @strawberry.field(description="When `size` was counted; null where it is.")
    async def size_at(self, info: Info) -> datetime | None:
        return (await info.context.loader(audience_size_loader).load(self.row)).at

    @strawberry.field(description="The customers that match now, newest first.")
    async def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Customer, strawberry.lazy("crm_graphql.customers.schema.types")]] | None:
        customer = node_type("Customer")
        resources, rule = info.context.resources, self.row["rule"]
        fields_of_rule = await fields_of_stored(rule)
        now = resources.settings.local(resources.clock.now())
        matching = select_customers(rule, now, fields_of_rule)
        fields = customer.projection(info, *CONNECTION_PATHS)
        cursors = list_cursors(info, sort_key(), self.row["_id"])
        page_asked = cursors.page(first, after, last, before)
        page = await list_customers(matching, sort_key(), page_asked, fields=fields)
        return connection(
            page,
            cursors,
            customer.make,
            lambda: count_rule(rule, clock=resources.clock, settings=resources.settings),
        )

    @strawberry.field(description="The campaigns that were sent to it, newest first.")
    async def campaigns(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Campaign, strawberry.lazy("crm_graphql.campaigns.schema.types")]] | None:
        key: ObjectId = self.row["_id"]
        cursors = list_cursors(info, NEWEST_CAMPAIGNS_FIRST, key)
        asked = ChildPage(key, cursors.page(first, after, last, before), frozenset())
        page = await info.context.loader(campaigns_of_audience_loader).load(asked)
        return connection(page, cursors, node_type("Campaign").make, lambda: count_campaigns_of(key))

    @strawberry.field(description="The messages of all its campaigns together; null where there is none.")
    async def stats(self, info: Info) -> DeliveryStats | None:
        row = await info.context.loader(audience_stats_loader).load(self.row["_id"])
        return DeliveryStats.from_document(row) if row else None


register(Audience, permission=Permission.AUDIENCES_READ, loader=audience_loader)


@strawberry.type(description="How many customers a channel reaches.")
class ChannelReach:
    channel: Channel = strawberry.field(description="The channel.")
    size: int = strawberry.field(description="Customers of the rule with an address for it.")


@strawberry.type(description="What a rule that is not saved would select.")
class AudiencePreview:
    size: int | None = strawberry.field(
        description="Customers that match; null with `errors`, and where counting takes too long."
    )
    rule_text: str | None = strawberry.field(
        description="The rule as an English sentence; null with `errors`."
    )
    reachable: list[ChannelReach] = strawberry.field(
        description="How many of them each channel can reach, all who share an address counted; empty where "
        "`size` is null."
    )
    sample: list[Annotated[Customer, strawberry.lazy("crm_graphql.customers.schema.types")]] = (
        strawberry.field(description="Some of them, in no order.")
    )
    evaluated_at: datetime = strawberry.field(description="The moment that relative dates are counted from.")
    errors: list[UserError] = strawberry.field(description="What is wrong with the rule, or still missing.")

    @classmethod
    def from_preview(cls, preview: RulePreview) -> AudiencePreview:
        """What the service found, as clients see it."""
        count = preview.count
        make = node_type("Customer").make
        return cls(
            size=count.size if count else None,
            rule_text=preview.rule_text,
            reachable=[ChannelReach(channel=channel, size=count.reached[channel]) for channel in Channel]
            if count
            else [],
            sample=[make(row) for row in preview.sample],
            evaluated_at=preview.evaluated_at,
            errors=[UserError.from_problem(problem) for problem in preview.problems],
        )


@strawberry.type(description="A part of a rule, and what it comes to for one customer.")
class RuleNodeOutcome:
    path: list[str] = strawberry.field(description='Into the rule, e.g. ["all", "1", "where"].')
    matches: bool = strawberry.field(description="Whether this part holds.")
    field: str | None = strawberry.field(description="Of a condition: the field that it asks about.")
    operator: RuleOperator | None = strawberry.field(description="Of a condition: how it compares.")
    expected: str | None = strawberry.field(
        description='What it asks, for people: "is more than 5,000.00 INR"; of a group how many of its parts.'
    )
    actual: str | None = strawberry.field(
        description='What the customer has, for people: "1,234.50 INR", "not set"; of a group how many hold.'
    )

    @classmethod
    def from_outcome(cls, node: NodeOutcome) -> RuleNodeOutcome:
        """The part as clients see it."""
        return cls(
            path=list(node.path),
            matches=node.matches,
            field=node.field,
            operator=node.operator,
            expected=node.expected,
            actual=node.actual,
        )


@strawberry.type(description="Why a customer is in or out of a rule, as of now.")
class RuleExplanation:
    matches: bool | None = strawberry.field(description="Whether the customer is in; null with `errors`.")
    nodes: list[RuleNodeOutcome] = strawberry.field(
        description="Each part of the rule, in the order of the tree, a group before its parts."
    )
    text: str | None = strawberry.field(description="Two sentences; null with `errors`.")
    errors: list[UserError] = strawberry.field(
        description="What is wrong with the rule or still missing, and an unknown customer."
    )

    @classmethod
    def from_explanation(cls, explanation: Explanation, problems: Iterable[Problem]) -> RuleExplanation:
        """What was found, with the problems that were noted before, as clients see it."""
        return cls(
            matches=explanation.matches,
            nodes=[RuleNodeOutcome.from_outcome(node) for node in explanation.nodes],
            text=explanation.text,
            errors=[UserError.from_problem(problem) for problem in (*explanation.problems, *problems)],
        )


@strawberry.type(description="An operator that a field takes.")
class RuleOperatorInfo:
    operator: RuleOperator = strawberry.field(description="The operator.")
    label: str = strawberry.field(description='The words between field and value: "is more than".')
    value_shape: RuleValueShape = strawberry.field(description="What it wants as its value.")


@strawberry.type(description="A value that is an id, and what people read.")
class RuleFieldChoice:
    value: str = strawberry.field(description="What a rule holds.")
    label: str = strawberry.field(description="What people call it.")


@strawberry.type(description="A field that a rule may name.")
class RuleField:
    field: str = strawberry.field(description="Its name in a rule.")
    label: str = strawberry.field(description="Its name for people.")
    section: str = strawberry.field(description="A heading to list it under.")
    type: RuleFieldType = strawberry.field(description="What kind of value it holds.")
    options: list[str] | None = strawberry.field(description="Known values, where there are few.")
    choices: list[RuleFieldChoice] | None = strawberry.field(
        description="Of a field whose values are ids: all that there are."
    )
    operators: list[RuleOperatorInfo] = strawberry.field(description="What it can be asked.")

    @classmethod
    def from_info(cls, info: FieldInfo) -> RuleField:
        """The entry of the catalogue as clients see it."""
        return cls(
            field=info.field,
            label=info.label,
            section=info.section,
            type=info.type,
            options=None if info.options is None else list(info.options),
            choices=None
            if info.choices is None
            else [RuleFieldChoice(value=key, label=name) for key, name in info.choices],
            operators=[
                RuleOperatorInfo(operator=one.operator, label=one.label, value_shape=one.value_shape)
                for one in info.operators
            ],
        )
