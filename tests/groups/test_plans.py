"""What is asked of groups, as MongoDB plans it: by indexes that were there before."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audiences.compile import compile_rule
from crm_graphql.audiences.fields import stored_fields
from crm_graphql.audiences.rules import parse
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.queries import list_filter
from crm_graphql.resources import Resources
from tests.bulk.factories import people
from tests.delivery.factories import LONG_AGO

GROUP = ObjectId()


def stages(plan: dict[str, Any]) -> list[str]:
    """The stages of a plan with their indexes, from the top."""
    found = []
    while plan:
        plan = plan.get("queryPlan", plan)
        found.append(" ".join(filter(None, (plan["stage"], plan.get("indexName")))))
        plan = plan.get("inputStage", {})
    return found


@pytest.fixture
async def members(resources: Resources) -> list[ObjectId]:
    keys = await people(200)
    joined = {"groups": [GROUP], "folded.groups": [str(GROUP)]}
    await Customer.get_pymongo_collection().update_many({"_id": {"$in": keys[:5]}}, {"$set": joined})
    return keys[:5]


@pytest.mark.parametrize("operator", ["CONTAINS", "IN"])
async def test_a_rule_on_a_group_reads_its_members_alone(members: list[ObjectId], operator: str) -> None:
    value: Any = [encode_id("Group", GROUP)] if operator == "IN" else encode_id("Group", GROUP)
    rule = parse({"where": {"field": "group", "operator": operator, "value": value}}, stored_fields({}))
    found = Customer.get_pymongo_collection().find(compile_rule(rule, LONG_AGO))
    plan = await found.explain()
    assert stages(plan["queryPlanner"]["winningPlan"]) == ["FETCH", "IXSCAN folded"]
    assert plan["executionStats"]["totalDocsExamined"] == len(members)


async def test_the_customers_of_a_group_are_found_by_the_index_of_texts(members: list[ObjectId]) -> None:
    found = Customer.get_pymongo_collection().find(list_filter(group_id=GROUP))
    plan = await found.explain()
    assert "IXSCAN folded" in stages(plan["queryPlanner"]["winningPlan"])
    assert plan["executionStats"]["nReturned"] == len(members)
