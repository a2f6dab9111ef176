"""Each mutation and sign-in event with who, what, which object, from where, outcome; paged and exported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import PyMongoError

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.audit.queries import AuditFilter
from crm_graphql.audit.service import record
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.ids import encode_id
from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, Client, Doors, open_doors

EVENTS = """query ($filter: AuditEventFilter, $first: Int, $after: String) {
  auditEvents(filter: $filter, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    nodes { id at actor actorId action subjectId succeeded code ipAddress requestId } } }"""


@pytest.fixture
async def doors(resources: Resources) -> AsyncIterator[Doors]:
    async with open_doors(resources) as opened:
        yield opened


async def listed(client: Client, **filter_: Any) -> list[dict[str, Any]]:
    """The events, newest first."""
    return list((await client.data(EVENTS, {"filter": filter_}))["nodes"])


async def test_a_mutation_is_recorded_with_who_what_and_from_where(doors: Doors) -> None:
    admin = await doors.first_admin()
    admin.http.headers["x-request-id"] = "request-7"
    rule = {"where": {"field": "name", "operator": "IS_SET"}}
    made = await admin.mutate("audienceCreate", {"name": "A", "rule": rule}, "audience { id }")
    me = (await admin.data("{ viewer { user { id } } }"))["user"]["id"]
    (event,) = await listed(admin, action="audienceCreate")
    assert event.pop("at")
    assert event.pop("id")
    assert event == {
        "actor": "ada@example.com",
        "actorId": me,
        "action": "audienceCreate",
        "subjectId": made["audience"]["id"],
        "succeeded": True,
        "code": None,
        "ipAddress": "10.0.0.1",
        "requestId": "request-7",
    }


async def test_what_failed_is_recorded_with_the_object_it_meant(doors: Doors) -> None:
    admin = await doors.first_admin()
    marketer = await doors.user("m@example.com", Role.MARKETER, by=admin)
    target = (await admin.data("{ viewer { user { id } } }"))["user"]["id"]
    await marketer.mutate("userUpdate", {"id": target, "role": "VIEWER"})
    await admin.mutate("userUpdate", {"id": target, "role": "VIEWER"})
    assert [
        (event["actor"], event["subjectId"], event["succeeded"], event["code"])
        for event in await listed(admin, action="userUpdate")
    ] == [
        ("ada@example.com", target, False, "WRONG_STATE"),
        ("m@example.com", target, False, "FORBIDDEN"),
    ]


async def test_sign_in_events_name_the_user_and_never_what_was_typed(doors: Doors) -> None:
    admin = await doors.first_admin()
    user = await doors.user("u@example.com", by=admin)
    key = (await user.data("{ viewer { user { id } } }"))["user"]["id"]
    stranger = doors.client("203.0.113.7")
    await stranger.login("u@example.com", "typed a secret here")
    await stranger.login("my-password-by-mistake", "x")
    await user.mutate("logout", None)
    assert [
        (event["actor"], event["subjectId"], event["succeeded"])
        for event in await listed(admin, action="login")
    ] == [("anonymous", None, False), ("anonymous", key, False), ("u@example.com", key, True)]
    (left,) = await listed(admin, action="logout")
    assert (left["actor"], left["actorId"]) == ("u@example.com", key)
    stored = str(await doors.resources.database.audit_events.find({}).to_list())
    for secret in ("typed a secret here", "my-password-by-mistake", PASSWORD):
        assert secret not in stored


async def test_an_open_registration_tells_the_audit_what_it_does_not_tell_the_caller(
    resources: Resources,
) -> None:
    async with open_doors(resources, registration_open=True) as doors:
        admin = await doors.first_admin()
        for _ in range(2):
            await doors.client().mutate("register", {"email": "n@example.com", "password": PASSWORD})
        taken, made, first = await listed(admin, action="register")
        assert (taken["succeeded"], taken["code"], taken["subjectId"]) == (
            False,
            "ALREADY_EXISTS",
            made["subjectId"],
        )
        assert (made["succeeded"], made["code"], made["actor"]) == (True, None, "anonymous")
        assert first["actor"] == "ada@example.com"


async def test_bulk_doors_keys_and_operators_are_recorded_too(doors: Doors) -> None:
    admin = doors.operator(subject="ops")
    made = await admin.mutate("apiKeyCreate", {"name": "shop", "role": "INGESTOR"}, "secret apiKey { id }")
    headers = {"authorization": f"Bearer {made['secret']}", "content-type": "text/csv"}
    client = doors.client()
    taken = await client.http.post("/ingest/customers", content=b"customer_id\n1\n", headers=headers)
    await client.http.post("/ingest/orders", content=b"\xff", headers=headers)
    refused, done, created = await listed(admin)
    assert (created["actor"], created["actorId"], created["subjectId"]) == ("ops", None, made["apiKey"]["id"])
    assert (done["action"], done["actor"], done["actorId"]) == (
        "ingestCustomers",
        "shop",
        made["apiKey"]["id"],
    )
    assert (done["subjectId"], done["succeeded"]) == (taken.json()["id"], True)
    assert (refused["action"], refused["succeeded"], refused["code"]) == ("ingestOrders", False, "INVALID")


async def test_a_secret_that_a_mutation_returns_is_not_in_the_audit(doors: Doors) -> None:
    admin = await doors.first_admin()
    key = await admin.mutate("apiKeyCreate", {"name": "k", "role": "VIEWER"}, "secret")
    made = await admin.mutate("userCreate", {"email": "n@example.com", "role": "VIEWER"}, "inviteUrl")
    stored = str(await doors.resources.database.audit_events.find({}).to_list())
    assert key["secret"] not in stored
    assert made["inviteUrl"].partition("=")[2] not in stored


async def fill(doors: Doors, count: int) -> None:
    for number in range(count):
        await record(
            Actor(Role.ADMIN, "=cmd()" if number == 0 else f"ops-{number % 2}"),
            "a" if number % 3 else "b",
            subject_id=f"s{number}",
            succeeded=number % 2 == 0,
            settings=doors.resources.settings,
            clock=doors.resources.clock,
        )


async def test_pages_hold_each_event_once_newest_first(doors: Doors) -> None:
    await fill(doors, 25)
    admin, seen, after = doors.operator(), [], None
    while True:
        page = await admin.data(EVENTS, {"first": 10, "after": after})
        seen += [event["subjectId"] for event in page["nodes"]]
        assert page["totalCount"] == 25
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [f"s{number}" for number in reversed(range(25))]


async def test_filters_narrow_the_list_and_never_become_operators(doors: Doors) -> None:
    await fill(doors, 12)
    admin = doors.operator()
    assert len(await listed(admin, action="b")) == 4
    assert [event["subjectId"] for event in await listed(admin, subjectId="s7")] == ["s7"]
    newest = (await listed(admin))[0]["at"]
    assert len(await listed(admin, **{"from": "2020-01-01", "until": newest})) < 12
    assert await listed(admin, **{"from": "2100-01-01"}) == []
    for value in ('{"$ne": null}', "$where", ".*"):
        assert await listed(admin, action=value) == []


async def test_the_whole_is_exported_oldest_first_as_csv_and_ndjson(doors: Doors) -> None:
    await fill(doors, 1_200)
    admin = doors.operator()
    headers = {"authorization": f"Bearer {admin.token}"}
    answer = await admin.http.get("/audit/export", params={"action": "b"}, headers=headers)
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["subjectId"] for row in rows] == [f"s{number}" for number in range(0, 1_200, 3)]
    # A spreadsheet must not run what somebody called themselves.
    assert rows[0]["actor"] == "'=cmd()"
    answer = await admin.http.get("/audit/export", params={"format": "ndjson"}, headers=headers)
    events = [json.loads(line) for line in answer.text.splitlines()]
    assert len(events) == 1_200
    assert events[0]["actor"] == "=cmd()"


@pytest.mark.parametrize(
    ("role", "query", "status"),
    [
        (None, "", 401),
        (Role.MARKETER, "", 403),
        (Role.VIEWER, "", 403),
        (Role.INGESTOR, "", 403),
        (Role.ADMIN, "?format=xlsx", 400),
        (Role.ADMIN, "?from=yesterday", 400),
    ],
)
async def test_who_may_not_export_and_what_cannot_be(
    doors: Doors, role: Role | None, query: str, status: int
) -> None:
    client = doors.operator(role) if role else doors.client()
    headers = {"authorization": f"Bearer {client.token}"} if client.token else {}
    answer = await client.http.get(f"/audit/export{query}", headers=headers)
    assert (answer.status_code, len(answer.json()["errors"])) == (status, 1)


async def test_events_are_kept_for_the_configured_time(resources: Resources) -> None:
    async with open_doors(resources, audit_retention_days=7) as doors:
        await doors.first_admin()
        event: Any = await resources.database.audit_events.find_one({})
        assert event["expires_at"] - event["at"] == timedelta(days=7)


async def test_an_event_that_cannot_be_stored_goes_to_the_log_and_the_mutation_stands(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        async def insert_one(self, _event: object) -> None:
            raise PyMongoError("disk full")

    admin = doors.operator()
    monkeypatch.setattr(AuditEvent, "get_pymongo_collection", lambda: Broken())
    made = await admin.mutate("apiKeyCreate", {"name": "k", "role": "VIEWER"}, "secret")
    assert made["errors"] == []
    assert "an audit event could not be stored" in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "wanted",
    [AuditFilter(), AuditFilter(actor_id="x"), AuditFilter(action="a"), AuditFilter(subject_id="s1")],
    ids=["all", "actor", "action", "subject"],
)
async def test_each_list_is_served_by_an_index(doors: Doors, wanted: AuditFilter) -> None:
    await fill(doors, 20)
    found = doors.resources.database.audit_events.find(wanted.mongo_filter()).sort([("at", -1), ("_id", -1)])
    plan = str((await found.limit(11).explain())["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan
    assert "'SORT'" not in plan


async def test_each_mutation_names_the_object_that_its_input_means_done_or_not(doors: Doors) -> None:
    admin = doors.operator()
    rule = {"where": {"field": "name", "operator": "IS_SET"}}
    made = await admin.mutate("audienceCreate", {"name": "A", "rule": rule}, "audience { id }")
    key = await admin.mutate("apiKeyCreate", {"name": "k", "role": "VIEWER"}, "apiKey { id }")
    audience, api_key = made["audience"]["id"], key["apiKey"]["id"]
    user, campaign, session = (encode_id(kind, ObjectId()) for kind in ("User", "Campaign", "Session"))
    meant: list[tuple[str, dict[str, Any], str | None]] = [
        ("audienceUpdate", {"id": audience, "name": ""}, audience),
        ("audienceDelete", {"id": audience}, audience),
        ("audienceDelete", {"id": audience}, audience),
        ("apiKeyRevoke", {"id": api_key}, api_key),
        ("campaignCreate", {"name": "C", "audienceId": audience, "channel": "SMS"}, audience),
        ("campaignUpdate", {"id": campaign, "name": "C"}, campaign),
        ("campaignLaunch", {"id": campaign}, campaign),
        ("campaignLaunch", {"id": "typed by mistake"}, None),
        ("userUpdate", {"id": user, "name": "U"}, user),
        ("userPasswordReset", {"id": user}, user),
        ("sessionRevoke", {"id": session}, session),
        ("userCreate", {"email": "none", "role": "VIEWER"}, None),
    ]
    for action, given, _ in meant:
        await admin.mutate(action, given)
    recorded = [(event["action"], event["subjectId"]) for event in await listed(admin)]
    assert recorded[: len(meant)][::-1] == [(action, subject) for action, _, subject in meant]
