"""Insights as a client of the API meets them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from crm_graphql.core.actor import Role
from crm_graphql.core.clock import SystemClock
from crm_graphql.core.ids import encode_id
from tests.audiences.factories import AT
from tests.gql.conftest import Api
from tests.gql.conftest import api as api
from tests.insights.people import make_campaign, make_people

INSIGHTS = """query ($first: Int) { insights(first: $first) {
  title text value before rule campaign { id name stats { failed } } } }"""
PREVIEW = "query ($rule: RuleInput!) { audiencePreview(rule: $rule) { size errors { code } } }"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _self: AT)


async def test_a_client_reads_insights_with_their_rule_or_their_campaign(api: Api) -> None:
    await make_people(120, 10)
    await make_people(60, 40)
    await make_campaign("Spring sale", 45, delivered=900, failed=20)
    key = await make_campaign("Summer sale", 5, delivered=800, failed=120)
    found = {one["title"]: one for one in (await api.data(INSIGHTS))["insights"]}
    assert found["More customers ordered"] == {
        "title": "More customers ordered",
        "text": "120 customers ordered in the last 30 days, 100% more than the 60 in the 30 days before.",
        "value": "120.00",
        "before": "60.00",
        "rule": {"where": {"field": "lastVisitAt", "operator": "WITHIN_LAST", "value": "P30D"}},
        "campaign": None,
    }
    failing = found["“Summer sale” fails more often than usual"]
    assert (failing["value"], failing["before"], failing["rule"]) == ("13.00", "2.20", None)
    assert failing["campaign"] == {
        "id": encode_id("Campaign", key),
        "name": "Summer sale",
        "stats": {"failed": 120},
    }
    assert found["Revenue is up"]["value"] == "6000.00"
    assert len((await api.data(INSIGHTS, {"first": 1}))["insights"]) == 1
    assert (await api.data(INSIGHTS, {"first": 0}))["insights"] == []


async def test_a_rule_of_an_insight_goes_into_a_preview_as_it_is(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_people(90, 10, city="Pune")
    await make_people(30, 40, city="Pune")
    await make_people(60, 100)
    await make_people(20, 130)
    found = (await api.data(INSIGHTS))["insights"]
    # Seconds later, when somebody has read the insight.
    monkeypatch.setattr(SystemClock, "now", lambda _self: AT + timedelta(seconds=5))
    rules = [one for one in found if one["rule"]]
    assert len(rules) >= 5
    for one in rules:
        preview = (await api.data(PREVIEW, {"rule": one["rule"]}))["audiencePreview"]
        assert preview == {"size": Decimal(one["value"]), "errors": []}, one["title"]


async def test_a_number_that_is_none_of_a_page_is_refused(api: Api) -> None:
    for first in (-1, 101):
        answer = await api.ask(INSIGHTS, {"first": first})
        assert answer["errors"][0]["extensions"]["inputPath"] == ["first"]
        assert answer["data"] == {"insights": None}


async def test_an_ingestor_reads_none(api: Api) -> None:
    answer = await api.ask(INSIGHTS, role=Role.INGESTOR)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
