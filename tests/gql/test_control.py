"""A campaign under control through the API: what each mutation answers, and what is seen of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.ids import encode_id
from crm_graphql.core.times import format_moment
from crm_graphql.delivery import failures
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.resources import Resources
from tests.delivery.factories import campaign_row, make_audience, make_customers, make_draft, make_ledger
from tests.gql.conftest import Api

SEEN = "campaign { status scheduledAt pauseReason createdBy } errors { code path message }"
TOMORROW = format_moment(datetime.now(UTC).replace(microsecond=0) + timedelta(days=1))


async def act(api: Api, name: str, key: ObjectId, **given: Any) -> dict[str, Any]:
    """What a mutation of a campaign answers."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {SEEN} }} }}"
    payload = (await api.data(document, {"input": {"id": encode_id("Campaign", key), **given}}))[name]
    assert isinstance(payload, dict)
    return payload


async def test_from_draft_to_cancelled_each_step_shows_how_it_stands(api: Api) -> None:
    await make_customers(1)
    key = await make_draft(api.resources)
    steps: list[tuple[str, dict[str, Any], str, str | None]] = [
        ("campaignSchedule", {"at": TOMORROW}, "SCHEDULED", TOMORROW),
        ("campaignUnschedule", {}, "DRAFT", None),
        ("campaignSchedule", {"at": TOMORROW}, "SCHEDULED", TOMORROW),
        ("campaignLaunch", {}, "SENDING", TOMORROW),
        ("campaignPause", {}, "PAUSED", TOMORROW),
        ("campaignResume", {}, "SENDING", TOMORROW),
        ("campaignCancel", {}, "CANCELLED", TOMORROW),
    ]
    for name, given, status, scheduled_at in steps:
        payload = await act(api, name, key, **given)
        seen = {"status": status, "scheduledAt": scheduled_at, "pauseReason": None, "createdBy": "marketer"}
        assert payload == {"campaign": seen, "errors": []}, name
    refused = await act(api, "campaignResume", key)
    assert (refused["campaign"]["status"], refused["errors"][0]["code"]) == ("CANCELLED", "WRONG_STATE")
    events = await AuditEvent.get_pymongo_collection().find({}).sort("_id").to_list()
    codes = [None] * len(steps) + ["WRONG_STATE"]
    assert [(event["action"], event["code"]) for event in events] == list(
        zip([*(step[0] for step in steps), "campaignResume"], codes, strict=True)
    )
    assert {event["subject_id"] for event in events} == {encode_id("Campaign", key)}


async def test_a_copy_and_a_deletion_name_what_they_made_and_ended(api: Api) -> None:
    key = await make_draft(api.resources)
    document = """mutation ($id: ID!) {
      campaignDuplicate(input: {id: $id}) { campaign { id name } errors { code } }
      campaignDelete(input: {id: $id}) { deletedId errors { code } } }"""
    data = await api.data(document, {"id": encode_id("Campaign", key)})
    assert data["campaignDuplicate"]["campaign"]["name"] == "Summer sale (copy)"
    assert data["campaignDelete"] == {"deletedId": encode_id("Campaign", key), "errors": []}
    left = await api.data("{ campaigns { nodes { id } } }")
    assert left["campaigns"]["nodes"] == [{"id": data["campaignDuplicate"]["campaign"]["id"]}]


async def test_the_terms_go_in_and_come_out(api: Api) -> None:
    hours = {"from": "21:00", "until": "08:00"}
    audience = encode_id("Audience", await make_audience())
    terms: dict[str, Any] = {"sendBefore": TOMORROW, "ratePerSecond": 7, "quietHours": hours}
    made = await api.data(
        """mutation ($input: CampaignCreateInput!) { campaignCreate(input: $input) { errors { path }
          campaign { id sendBefore ratePerSecond quietHours { from until } } } }""",
        {"input": {"name": "Sale", "audienceId": audience, "channel": "EMAIL", **terms}},
    )
    campaign = made["campaignCreate"]["campaign"]
    assert {name: campaign[name] for name in terms} == terms
    changed = await api.data(
        """mutation ($input: CampaignUpdateInput!) { campaignUpdate(input: $input) { errors { path }
          campaign { sendBefore ratePerSecond quietHours { from until } } } }""",
        {"input": {"id": campaign["id"], "ratePerSecond": None, "quietHours": {**hours, "until": "21:00"}}},
    )
    assert changed["campaignUpdate"] == {
        "errors": [{"path": ["quietHours", "until"]}],
        "campaign": None,
    }


async def fail(key: ObjectId, numbers: range, status: str, reason: str, text: str | None) -> None:
    """Let these deliveries have failed so."""
    values = {"status": status, "reason": reason, "reason_text": text}
    filter_ = {"campaign_id": key, "number": {"$in": list(numbers)}}
    await Delivery.get_pymongo_collection().update_many(filter_, {"$set": values})


FAILURES = """query ($id: ID!) { campaign(id: $id) { failures { status reason reasonText count } } }"""


async def test_an_edit_of_what_somebody_changed_since_shows_how_it_stands(api: Api) -> None:
    key = await make_draft(api.resources)
    await act(api, "campaignUpdate", key, ratePerSecond=5, expectedRevision=0)
    refused = await act(api, "campaignUpdate", key, ratePerSecond=9, expectedRevision=0)
    assert refused["campaign"]["status"] == "DRAFT"
    assert [(one["code"], one["path"]) for one in refused["errors"]] == [("CONFLICT", ["expectedRevision"])]
    assert (await campaign_row(key))["rate_per_second"] == 5


async def test_failures_are_counted_by_cause_most_first_in_the_vendors_words_where_they_are_few(
    api: Api,
) -> None:
    key, _ = await make_ledger(100, status=DeliveryStatus.DELIVERED)
    await fail(key, range(20), "SKIPPED", "NO_ADDRESS", None)
    await fail(key, range(20, 50), "FAILED", "BOUNCED", "mailbox full")
    await fail(key, range(50, 55), "FAILED", "BOUNCED", "no such user")
    for number in range(55, 80):
        await fail(key, range(number, number + 1), "FAILED", "VENDOR_REJECTED", f"refused {number}@x.example")
    found = (await api.data(FAILURES, {"id": encode_id("Campaign", key)}))["campaign"]["failures"]
    assert [tuple(cause.values()) for cause in found] == [
        ("FAILED", "BOUNCED", "mailbox full", 30),
        ("FAILED", "VENDOR_REJECTED", None, 25),
        ("SKIPPED", "NO_ADDRESS", None, 20),
        ("FAILED", "BOUNCED", "no such user", 5),
    ]


async def test_failures_are_read_from_the_index_alone(resources: Resources) -> None:
    key, _ = await make_ledger(200, status=DeliveryStatus.FAILED)
    await fail(key, range(200), "FAILED", "OTHER", "text")
    plan = await resources.database.command(
        {
            "explain": {
                "aggregate": "deliveries",
                "pipeline": failures._pipeline(key),
                "hint": "causes",
                "cursor": {},
            },
            "verbosity": "executionStats",
        }
    )
    stages = plan["stages"][0]["$cursor"] if "stages" in plan else plan
    assert stages["executionStats"]["totalKeysExamined"] in (200, 201)
    assert stages["executionStats"]["totalDocsExamined"] == 0


async def test_failures_that_take_too_long_to_count_are_left_out(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_graphql.mongo.pages.COUNT_TIMEOUT_MS", 1)
    work = {"$reduce": {"input": {"$range": [0, 100_000]}, "initialValue": 0, "in": {"$add": ["$$value", 1]}}}
    slow = [{"$group": {"_id": {"number": "$number", "work": work}}}]
    monkeypatch.setattr(failures, "_pipeline", lambda key: [{"$match": {"status": "FAILED"}}, *slow])
    key, _ = await make_ledger(50, status=DeliveryStatus.FAILED)
    data = await api.data(FAILURES, {"id": encode_id("Campaign", key)})
    assert data["campaign"]["failures"] is None
