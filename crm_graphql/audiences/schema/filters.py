"""Filters of lists by rules and audiences, as MongoDB filters."""

from __future__ import annotations

from typing import Any

import strawberry

from crm_graphql.audiences.compile import select_customers
from crm_graphql.audiences.queries import fields_of_stored, get_audience, present_fields
from crm_graphql.audiences.schema.inputs import RuleInput
from crm_graphql.core.errors import InvalidInput, NotFound
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info


async def compiled_rules(
    info: Info, rule: RuleInput | None, audience_id: strawberry.ID | None
) -> dict[str, Any]:
    """The MongoDB filter for the customers that match both, as of now; empty when neither is given.

    Raises InvalidInput with the path inside the list's filter, NotFound for an unknown audience.
    """
    resources = info.context.resources
    settings = resources.settings
    now, country = settings.local(resources.clock.now()), settings.country or None
    parts: list[dict[str, Any]] = []
    if rule is not None:
        try:
            fields = await present_fields()
            parts.append(select_customers(rule.tree(), now, fields, default_country=country))
        except InvalidInput as error:
            raise InvalidInput.of([problem.under("filter", "rule") for problem in error.problems]) from None
    if audience_id is not None:
        audience = await get_audience(
            info.context.actor, decode_key("Audience", audience_id, field="audienceId")
        )
        if audience is None:
            raise NotFound("There is no such audience.", path=("filter", "audienceId"))
        parts.append(select_customers(audience["rule"], now, await fields_of_stored(audience["rule"])))
    return {"$and": parts} if parts else {}
