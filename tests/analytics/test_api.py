"""Statistics, reports, saved reports and usage as a client of the API meets them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from crm_graphql.analytics import reading
from crm_graphql.assistant.budget import reserve
from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.actor import Role
from crm_graphql.core.clock import SystemClock
from crm_graphql.core.ids import encode_id
from crm_graphql.media.room import change_room
from tests.analytics.world import NOW, World
from tests.audiences.factories import where
from tests.gql.conftest import Api
from tests.gql.conftest import api as api
from tests.ingestion.doors import ORDERS, send

REPORT = """query ($metrics: [ReportMetric!]!, $by: ReportDimension!, $from: DateTime, $until: DateTime,
  $timeZone: String, $rule: RuleInput, $first: Int) {
  report(metrics: $metrics, by: $by, from: $from, until: $until, timeZone: $timeZone, rule: $rule, first:
  $first) { asOf metrics truncated rows { key label at values } } }"""
STATS = """query ($rule: RuleInput) { customerStats(rule: $rule) {
  asOf total active newLast30Days totalSpend averageSpend
  spendHistogram { from to count } customersByMonth { at value } topCountries { name count } } }"""
SAVE = """mutation ($input: ReportSaveInput!) { reportSave(input: $input) {
  savedReport { id name metrics by rule ruleText report { rows { key values } } } errors { path code } } }"""
DELETE = "mutation ($id: ID!) { reportDelete(input: {id: $id}) { deletedId errors { path code } } }"
NODE = "query ($id: ID!) { node(id: $id) { ... on SavedReport { name } } }"
USAGE = """query ($from: DateTime, $until: DateTime) { usage(from: $from, until: $until) { asOf requests
  messages records activeUsers assistantTokens storageBytes storageLimitBytes } }"""


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _self: NOW)


@pytest.fixture
async def world(api: Api) -> World:
    """Three customers in two countries, their orders, a campaign."""
    world = World(api.resources)
    await world.customers(["ann", "bob"], NOW - timedelta(days=40), country="IN", city="Pune", tags=["VIP"])
    await world.customers(["cem"], NOW - timedelta(days=3), country="TR")
    await world.orders(
        ("o1", "ann", 100_0000, NOW - timedelta(days=40)),
        ("o2", "bob", 50_5000, NOW - timedelta(days=2)),
        ("o3", "cem", 1_0001, NOW - timedelta(days=2)),
        ("o4", "ann", -30_0000, NOW - timedelta(days=1)),
    )
    return world


async def report(api: Api, *metrics: str, by: str, **given: Any) -> dict[str, Any]:
    """The report's data."""
    variables = {"metrics": list(metrics), "by": by, **given}
    found: dict[str, Any] = (await api.data(REPORT, variables))["report"]
    return found


async def refused(api: Api, *metrics: str, by: str, **given: Any) -> dict[str, Any]:
    """The one error of a report that is refused."""
    answer = await api.ask(REPORT, {"metrics": list(metrics), "by": by, **given})
    assert answer["data"] == {"report": None}
    (error,) = answer["errors"]
    found: dict[str, Any] = error
    return found


async def test_a_report_by_time_has_every_stretch_with_exact_values(api: Api, world: World) -> None:
    found = await report(api, "REVENUE", "ORDERS", "AVERAGE_ORDER", "CUSTOMERS", by="MONTH")
    assert found == {
        "asOf": "2024-06-15T12:00:00Z",
        "metrics": ["REVENUE", "ORDERS", "AVERAGE_ORDER", "CUSTOMERS"],
        "truncated": False,
        "rows": [
            {
                "key": "2024-05",
                "label": "May 2024",
                "at": "2024-05-01",
                "values": ["100.00", "1.00", "100.00", "2.00"],
            },
            {
                "key": "2024-06",
                "label": "June 2024",
                "at": "2024-06-01",
                "values": ["21.5001", "2.00", "10.75", "1.00"],
            },
        ],
    }
    weeks = await report(api, "ORDERS", by="WEEK", first=2)
    assert [(row["key"], row["label"], row["at"], row["values"]) for row in weeks["rows"]] == [
        ("2024-W23", "Week 23, 2024", "2024-06-03", ["0.00"]),
        ("2024-W24", "Week 24, 2024", "2024-06-10", ["2.00"]),
    ]
    assert weeks["truncated"] is True


async def test_the_zone_decides_on_which_day_something_was(api: Api, world: World) -> None:
    at = NOW.replace(hour=19, minute=0) - timedelta(days=1)
    await world.orders(("late", "cem", 7_0000, at))
    span = {"from": "2024-06-14T00:00:00Z"}
    for zone, days in (("UTC", ["0.00", "-23.00"]), ("Asia/Kolkata", ["7.00", "-30.00"])):
        found = await report(api, "REVENUE", by="DAY", timeZone=zone, **span)
        by_day = {row["at"]: row["values"][0] for row in found["rows"]}
        assert by_day["2024-06-14"] == ("-23.00" if zone == "UTC" else "-30.00"), days
        assert by_day["2024-06-15"] == ("0.00" if zone == "UTC" else "7.00")


async def test_a_report_by_place_has_labels_the_largest_first(api: Api, world: World) -> None:
    assert [
        list(row.values()) for row in (await report(api, "CUSTOMERS", "REVENUE", by="COUNTRY"))["rows"]
    ] == [
        ["IN", "India", None, ["2.00", "120.50"]],
        ["TR", "Türkiye", None, ["1.00", "1.0001"]],
    ]
    tags = await report(api, "REVENUE", by="TAG", first=1)
    assert (tags["rows"][0]["key"], tags["rows"][0]["label"], tags["truncated"]) == ("vip", "VIP", True)
    cities = await report(api, "CUSTOMERS", by="CITY", rule=where("visitCount", "GTE", 1))
    assert [(row["key"], row["label"]) for row in cities["rows"]] == [("pune", "Pune"), ("", "Not set")]
    channels = await report(api, "CUSTOMERS", by="CHANNEL")
    assert {row["key"]: row["label"] for row in channels["rows"]} == {
        "EMAIL": "Email",
        "SMS": "SMS",
        "WHATSAPP": "WhatsApp",
    }


async def test_a_report_by_campaign_tells_what_arrived(api: Api, world: World) -> None:
    key = await world.campaign("Spring", NOW - timedelta(days=5))
    await api.resources.database.campaigns.update_one(
        {"_id": key}, {"$set": {"stats": {"queued": 5, "sent": 1, "delivered": 2, "failed": 3, "skipped": 9}}}
    )
    found = await report(api, "DELIVERIES", "DELIVERY_RATE", by="CAMPAIGN")
    assert [list(row.values()) for row in found["rows"]] == [
        [encode_id("Campaign", key), "Spring", None, ["6.00", "0.3333"]]
    ]


async def test_what_means_nothing_is_refused_with_the_reason(api: Api) -> None:
    error = await refused(api, "ORDERS", by="CHANNEL")
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "inputPath": ["metrics", "0"]}
    assert "comes by no channel" in error["message"]
    error = await refused(api, "DELIVERIES", "REVENUE", by="CAMPAIGN")
    assert error["extensions"]["inputPath"] == ["metrics", "1"]
    assert "ask for DELIVERIES" in (await refused(api, "CUSTOMERS", by="CAMPAIGN"))["message"]
    assert "twice" in (await refused(api, "ORDERS", "ORDERS", by="DAY"))["message"]
    assert "at least one metric" in (await refused(api, by="DAY"))["message"]


BAD = [
    ({"timeZone": "Europe/Berln"}, ["timeZone"], "Did you mean Europe/Berlin?"),
    ({"timeZone": "x" * 10_000}, ["timeZone"], "no time zone"),
    ({"first": -1}, ["first"], "negative"),
    ({"first": 1_001}, ["first"], "1,000"),
    ({"from": "2024-02-01", "until": "2024-02-01"}, ["until"], "later"),
    ({"rule": where("nothing", "EQ", 1)}, ["rule", "where", "field"], "nothing"),
]


@pytest.mark.parametrize(("given", "path", "words"), BAD, ids=[str(path) + words for _, path, words in BAD])
async def test_a_bad_question_is_told_what_is_wrong(
    api: Api, given: dict[str, Any], path: list[str], words: str
) -> None:
    error = await refused(api, "ORDERS", by="DAY", **given)
    assert error["extensions"]["inputPath"] == path
    assert words in error["message"]


async def test_what_takes_too_long_says_what_to_do(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PART_OF_TIMEOUT", 1e-9)
    error = await refused(api, "ORDERS", by="DAY", rule=where("visitCount", "GTE", 0))
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "Narrow `from` and `until`, or the rule" in error["message"]


async def test_statistics_as_a_client_reads_them(api: Api, world: World) -> None:
    assert (await api.data(STATS))["customerStats"] == {
        "asOf": "2024-06-15T12:00:00Z",
        "total": 3,
        "active": 3,
        "newLast30Days": 1,
        "totalSpend": "121.5001",
        "averageSpend": "40.50",
        "spendHistogram": [
            {"from": "0.00", "to": "1.00", "count": 0},
            {"from": "1.00", "to": "2.00", "count": 1},
            {"from": "2.00", "to": "5.00", "count": 0},
            {"from": "5.00", "to": "10.00", "count": 0},
            {"from": "10.00", "to": "20.00", "count": 0},
            {"from": "20.00", "to": "50.00", "count": 0},
            {"from": "50.00", "to": None, "count": 2},
        ],
        "customersByMonth": [{"at": "2024-05-01", "value": "2.00"}, {"at": "2024-06-01", "value": "1.00"}],
        "topCountries": [{"name": "India", "count": 2}, {"name": "Türkiye", "count": 1}],
    }
    of_rule = await api.data(STATS, {"rule": where("country", "EQ", "India")})
    assert (of_rule["customerStats"]["total"], of_rule["customerStats"]["totalSpend"]) == (2, "120.50")
    answer = await api.ask(STATS, {"rule": {}})
    assert answer["errors"][0]["extensions"]["inputPath"] == ["rule"]


async def test_a_report_is_saved_replaced_run_and_deleted_and_the_audit_knows(api: Api, world: World) -> None:
    rule = where("country", "EQ", "IN")
    given = {"name": " By tag ", "metrics": ["ORDERS"], "by": "TAG", "rule": rule}
    made = (await api.data(SAVE, {"input": given}))["reportSave"]["savedReport"]
    assert made == {
        "id": made["id"],
        "name": "By tag",
        "metrics": ["ORDERS"],
        "by": "TAG",
        "rule": rule,
        "ruleText": 'country is "IN"',
        "report": {"rows": [{"key": "vip", "values": ["2.00"]}]},
    }
    changed = {"id": made["id"], "name": "A", "metrics": ["CUSTOMERS"], "by": "COUNTRY"}
    saved = (await api.data(SAVE, {"input": changed}))["reportSave"]["savedReport"]
    assert (saved["id"], saved["report"]["rows"][0]["values"]) == (made["id"], ["2.00"])
    assert (saved["rule"], saved["ruleText"]) == (None, None)
    listed = await api.data("{ savedReports { name report { truncated } } }")
    assert listed["savedReports"] == [{"name": "A", "report": {"truncated": False}}]
    node = await api.data(NODE, {"id": made["id"]})
    assert node["node"] == {"name": "A"}
    assert (await api.data(DELETE, {"id": made["id"]}))["reportDelete"] == {
        "deletedId": made["id"],
        "errors": [],
    }
    gone = (await api.data(DELETE, {"id": made["id"]}))["reportDelete"]
    assert gone["errors"] == [{"path": ["id"], "code": "NOT_FOUND"}]
    again = (await api.data(SAVE, {"input": changed}))["reportSave"]
    assert again["errors"] == [{"path": ["id"], "code": "NOT_FOUND"}]
    events = await AuditEvent.get_pymongo_collection().find().sort("_id").to_list()
    assert [(event["action"], event["succeeded"], event["subject_id"]) for event in events] == [
        ("reportSave", True, made["id"]),
        ("reportSave", True, made["id"]),
        ("reportDelete", True, made["id"]),
        ("reportDelete", False, made["id"]),
        ("reportSave", False, made["id"]),
    ]


async def test_a_report_to_save_is_checked_as_a_whole(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_graphql.analytics.service.REPORTS_LIMIT", 1)
    bad = {"name": " ", "metrics": ["ORDERS"], "by": "CAMPAIGN", "rule": {}}
    assert (await api.data(SAVE, {"input": bad}))["reportSave"]["errors"] == [
        {"path": ["name"], "code": "REQUIRED"},
        {"path": ["metrics", "0"], "code": "INVALID"},
        {"path": ["rule"], "code": "REQUIRED"},
    ]
    good = {"name": "A", "metrics": ["ORDERS"], "by": "DAY"}
    assert (await api.data(SAVE, {"input": good}))["reportSave"]["errors"] == []
    assert (await api.data(SAVE, {"input": good}))["reportSave"]["errors"] == [
        {"path": [], "code": "LIMIT_EXCEEDED"}
    ]


async def test_usage_tells_what_was_asked_sent_taken_and_stored(api: Api, world: World) -> None:
    sent = {"queued": 5, "sent": 1, "delivered": 2, "failed": 3, "skipped": 9}
    for days in (5, 31):
        key = await world.campaign("Spring", NOW - timedelta(days=days))
        await api.resources.database.campaigns.update_one({"_id": key}, {"$set": {"stats": sent}})
    # The second one is refused.
    order = {"external_id": "o9", "customer_external_id": "ann", "amount": "1", "ordered_at": "2024-05-01"}
    await send(api.resources, ORDERS, [order, {}])
    await api.resources.database.ingestions.update_one({}, {"$set": {"created_at": NOW}})
    settings = api.resources.settings
    reserved = await reserve("ann", 100, now=NOW, settings=settings)
    assert reserved is not None
    await reserved.settle(70)
    before = (await api.data(USAGE))["usage"]
    assert (before["requests"], before["messages"], before["records"]) == ("0.00", "6.00", "1.00")
    await api.resources.usage.flush()
    await api.resources.in_transaction(partial(change_room, 2**53 + 1))
    after = (await api.data(USAGE))["usage"]
    assert after == {
        **before,
        "asOf": "2024-06-15T12:00:00Z",
        "requests": "1.00",
        "assistantTokens": "70.00",
        "storageBytes": f"{2**53 + 1}.00",
        "storageLimitBytes": None,
    }
    earlier = {"from": "2024-01-01", "until": "2024-05-01"}
    old = (await api.data(USAGE, earlier))["usage"]
    assert [old[name] for name in ("requests", "messages", "records", "assistantTokens")] == ["0.00"] * 4
    answer = await api.ask(USAGE, {"from": "2024-05-01", "until": "2024-01-01"})
    assert answer["errors"][0]["extensions"]["inputPath"] == ["until"]


@pytest.mark.parametrize("role", [Role.INGESTOR, Role.VIEWER, Role.MARKETER])
async def test_only_who_may_reads_and_writes(api: Api, role: Role) -> None:
    variables = {"metrics": ["ORDERS"], "by": "DAY"}
    for document, given in ((REPORT, variables), (STATS, {}), (USAGE, {}), ("{ savedReports { id } }", {})):
        answer = await api.ask(document, given, role=role)
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        assert codes == (["FORBIDDEN"] if role is Role.INGESTOR else []), document
    saved = await api.ask(SAVE, {"input": {"name": "A", "metrics": ["ORDERS"], "by": "DAY"}}, role=role)
    codes = [error["code"] for error in saved["data"]["reportSave"]["errors"]]
    assert codes == ([] if role is Role.MARKETER else ["FORBIDDEN"])
