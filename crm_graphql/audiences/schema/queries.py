"""Reading audiences, and trying out rules."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.audiences.queries import (
    NEWEST_FIRST,
    count_audiences,
    explain_customer,
    find_audience,
    list_audiences,
    list_filter,
    preview_rule,
)
from crm_graphql.audiences.queries import rule_fields as list_rule_fields
from crm_graphql.audiences.schema.inputs import RuleInput
from crm_graphql.audiences.schema.types import Audience, AudiencePreview, RuleExplanation, RuleField
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import InvalidInput, Problem
from crm_graphql.core.ids import decode_key
from crm_graphql.customers.schema.references import CustomerRef
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.node import node_type
from crm_graphql.gql.permission import query
from crm_graphql.gql.selection import selected


@query(Permission.AUDIENCES_READ, "One audience; null when there is none.")
async def audience(
    info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which one.")]
) -> Audience | None:
    row = await find_audience(decode_key("Audience", id))
    return Audience.from_document(row) if row else None


@query(Permission.AUDIENCES_READ, "Audiences, newest first.")
async def audiences(
    info: Info,
    search: Annotated[str | None, strawberry.argument(description="Prefix of a word of the name.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[Audience] | None:
    matching = list_filter(search)
    cursors = list_cursors(info, NEWEST_FIRST, search)
    page = await list_audiences(matching, cursors.page(first, after, last, before))
    return connection(page, cursors, Audience.from_document, lambda: count_audiences(matching))


@query(
    Permission.AUDIENCES_READ,
    "Size and a sample of a rule that is not saved; an incomplete rule comes back in `errors`.",
)
async def audience_preview(
    info: Info,
    rule: Annotated[RuleInput, strawberry.argument(description="The rule.")],
    sample_size: Annotated[
        int | None, strawberry.argument(description="Customers in `sample`: 10 by default, 100 at most.")
    ] = None,
) -> AudiencePreview | None:
    resources = info.context.resources
    wants_sample = "sample" in selected(info)
    preview = await preview_rule(
        info.context.actor,
        rule.tree(),
        sample_size if wants_sample else 0,
        fields=node_type("Customer").projection(info, "sample"),
        clock=resources.clock,
        settings=resources.settings,
    )
    return AudiencePreview.from_preview(preview)


@query(
    Permission.AUDIENCES_READ,
    "Why a customer is in or out of a rule: each part with its outcome and the actual value. Needs "
    "CUSTOMERS_READ too.",
)
async def audience_explain(
    info: Info,
    rule: Annotated[RuleInput, strawberry.argument(description="The rule, saved or not.")],
    customer: Annotated[CustomerRef, strawberry.argument(description="Whom it is about.")],
) -> RuleExplanation | None:
    resources, problems = info.context.resources, list[Problem]()
    try:
        reference = customer.reference(field="customer")
    except InvalidInput as error:
        reference, problems = None, list(error.problems)
    explanation = await explain_customer(
        info.context.actor, rule.tree(), reference, clock=resources.clock, settings=resources.settings
    )
    return RuleExplanation.from_explanation(explanation, problems)


@query(
    Permission.AUDIENCES_READ,
    "Every field that a rule may name, with type and operators: enough to draw a rule builder.",
)
async def rule_fields(info: Info) -> list[RuleField]:
    return [RuleField.from_info(one) for one in await list_rule_fields(info.context.actor)]
