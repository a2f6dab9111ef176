"""Exports as clients ask for them, and their files by the signed address."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from bson import ObjectId

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.core.clock import SystemClock
from crm_graphql.core.ids import decode_id, encode_id
from crm_graphql.exports.links import export_url
from crm_graphql.exports.reconcile import remove_expired
from tests.bulk.factories import EVERYONE, people
from tests.clocks import FixedClock
from tests.exports.factories import finish, stored
from tests.gql.conftest import Api

EXPORT = """export { id subject format status failureReason rows url asOf isOneMoment note createdBy createdAt
  expiresAt }"""
CREATE = f"""mutation ($input: ExportCreateInput!) {{
  exportCreate(input: $input) {{ {EXPORT} errors {{ path code message }} }} }}"""
ONE = f"query ($id: ID!) {{ {EXPORT.replace('export {', 'export(id: $id) {')} }}"
ALL = {"subject": "CUSTOMERS", "format": "CSV"}


async def create(api: Api, who: str = "tester", **given: Any) -> dict[str, Any]:
    answer = await api.ask(CREATE, {"input": {**ALL, **given}}, subject=who)
    assert "errors" not in answer, answer
    found: dict[str, Any] = answer["data"]["exportCreate"]
    return found


async def completed(api: Api, *, subject: str = "tester", **given: Any) -> dict[str, Any]:
    """An export that was made, as the one who asked for it sees it."""
    made = (await create(api, **given))["export"]
    await finish(api.resources, {"_id": decode_id(made["id"])[1]})
    found: dict[str, Any] = (await api.ask(ONE, {"id": made["id"]}, subject=subject))["data"]["export"]
    return found


async def get(api: Api, url: str, *, subject: str | None = None, method: str = "GET") -> Any:
    """The answer at an address; with a token of `subject` where one is named."""
    path = url.removeprefix(api.resources.settings.public_url)
    headers = {}
    if subject is not None:
        token = mint_token(api.resources.settings, Role.ADMIN, timedelta(minutes=5), subject)
        headers["authorization"] = f"Bearer {token}"
    return await api.http.request(method, path, headers=headers)


def changed(url: str, **parts: str) -> str:
    """The address with other parameters."""
    split = urlsplit(url)
    given = {name: values[0] for name, values in parse_qs(split.query).items()}
    return split._replace(query=urlencode({**given, **parts})).geturl()


async def downloads() -> list[tuple[Any, ...]]:
    """What the audit has of downloads."""
    rows = AuditEvent.get_pymongo_collection().find({"action": "exportDownload"}, sort=[("_id", 1)])
    return [(row["actor"], row["subject_id"], row["succeeded"], row["code"]) async for row in rows]


async def test_an_export_is_made_and_downloaded_and_all_of_it_is_in_the_audit(api: Api) -> None:
    await people(3)
    made = await create(api)
    assert made["errors"] == []
    begun = made["export"]
    assert (begun["status"], begun["rows"], begun["url"], begun["asOf"]) == ("RUNNING", 0, None, None)
    ended = await finish(api.resources, {"_id": decode_id(begun["id"])[1]})
    found = (await api.data(ONE, {"id": begun["id"]}))["export"]
    assert (found["status"], found["rows"], found["createdBy"]) == ("COMPLETED", 3, "tester")
    assert (found["isOneMoment"], found["note"]) == (True, None)
    answer = await get(api, found["url"])
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="customers-')
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["content-length"]) == len(answer.content) == ended["file"]["size"]
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(answer.content).decode(), newline="")))
    assert [row["customer_id"] for row in rows] == ["C0000", "C0001", "C0002"]
    assert await downloads() == [("tester", begun["id"], True, None)]
    event: Any = await AuditEvent.get_pymongo_collection().find_one({"action": "exportCreate"})
    assert (event["subject_id"], event["actor"]) == (begun["id"], "tester")


async def test_exports_are_listed_newest_first_and_are_nodes(api: Api) -> None:
    first, second = [(await create(api))["export"]["id"] for _ in range(2)]
    ask = "query ($id: ID!) { node(id: $id) { id } exports(first: 1) { nodes { id } totalCount } }"
    assert await api.data(ask, {"id": first}) == {
        "node": {"id": first},
        "exports": {"nodes": [{"id": second}], "totalCount": 2},
    }
    assert (await api.data(ONE, {"id": encode_id("Export", ObjectId())}))["export"] is None


async def test_a_key_gives_the_same_export_and_refuses_another(api: Api) -> None:
    keys = await people(2)
    given: dict[str, Any] = {"idempotencyKey": "k", "customers": {"ids": [encode_id("Customer", keys[0])]}}
    first = await create(api, **given)
    await api.resources.database.customers.delete_many({})
    again = await create(api, **given)
    assert again["export"]["id"] == first["export"]["id"]
    for other in ({"format": "NDJSON"}, {"customers": {"externalIds": ["C0000"]}}, {"subject": "ORDERS"}):
        refused = await create(api, **{**given, **other})
        assert [(one["path"], one["code"]) for one in refused["errors"]] == [(["idempotencyKey"], "CONFLICT")]
    assert (await create(api, "somebody", idempotencyKey="k"))["export"]["id"] != first["export"]["id"]


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"customers": {"ids": ["x"]}}, ["customers", "ids", "0"], "INVALID"),
        ({"customers": {"externalIds": ["gone"]}}, ["customers", "externalIds", "0"], "NOT_FOUND"),
        ({"customers": {"externalIds": []}}, ["customers", "externalIds"], "REQUIRED"),
        (
            {"customers": {"audienceId": encode_id("Audience", "0" * 24)}},
            ["customers", "audienceId"],
            "NOT_FOUND",
        ),
        (
            {"customers": {"rule": {"where": {"field": "tags", "operator": "CONTAINS"}}}},
            ["customers", "rule", "where", "value"],
            "REQUIRED",
        ),
        ({"campaignId": encode_id("Campaign", "0" * 24)}, ["campaignId"], "NOT_FOUND"),
        ({"campaignId": "x"}, ["campaignId"], "INVALID"),
        (
            {"campaignId": encode_id("Campaign", "0" * 24), "customers": {"rule": EVERYONE}},
            ["campaignId"],
            "INVALID",
        ),
        ({"from": "2024-01-02T00:00:00Z", "until": "2024-01-02T00:00:00Z"}, ["until"], "INVALID"),
        ({"from": "2024-01-02T00:00:00Z", "customers": {"externalIds": ["C0000"]}}, ["from"], "INVALID"),
        ({"idempotencyKey": " "}, ["idempotencyKey"], "INVALID"),
    ],
)
async def test_whatever_is_wrong_has_its_place(
    api: Api, given: dict[str, Any], path: list[str], code: str
) -> None:
    await people(1)
    answer = await create(api, **given)
    assert [(one["path"], one["code"]) for one in answer["errors"]] == [(path, code)]
    assert answer["export"] is None
    assert await api.resources.database.exports.count_documents({}) == 0


async def test_who_asks_for_very_many_is_refused_until_one_has_ended(api: Api) -> None:
    made = [(await create(api))["export"] for _ in range(api.resources.settings.exports_open)]
    assert (await create(api))["errors"][0]["code"] == "LIMIT_EXCEEDED"
    assert (await create(api, "somebody"))["errors"] == []
    await finish(api.resources, {"_id": decode_id(made[0]["id"])[1]})
    assert (await create(api))["errors"] == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INGESTOR])
async def test_who_may_read_customers_may_not_take_them_all_along(api: Api, role: Role) -> None:
    answer = await api.ask(CREATE, {"input": ALL}, role=role)
    assert answer["data"]["exportCreate"]["errors"][0]["code"] == "FORBIDDEN"
    seen = await api.ask("{ exports { nodes { id url } } }", role=role)
    assert seen["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_link_is_good_for_quarter_of_an_hour(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FixedClock(datetime.now(UTC))
    monkeypatch.setattr(SystemClock, "now", lambda _self: clock.now())
    url = (await completed(api))["url"]
    clock.advance(timedelta(minutes=14, seconds=58))
    assert (await get(api, url)).status_code == 200
    clock.advance(timedelta(seconds=3))
    answer = await get(api, url)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["message"].startswith("This address was good for 15 minutes.")
    assert [one[2:] for one in await downloads()] == [(True, None), (False, "FORBIDDEN")]


async def test_a_link_of_somebody_else_opens_nothing(api: Api) -> None:
    found = await completed(api)
    assert (await get(api, found["url"], subject="tester")).status_code == 200
    answer = await get(api, found["url"], subject="somebody")
    assert answer.status_code == 403
    assert "somebody else" in answer.json()["errors"][0]["message"]
    own = (await api.ask(ONE, {"id": found["id"]}, subject="somebody"))["data"]["export"]["url"]
    assert (await get(api, own, subject="somebody")).status_code == 200
    assert [one[0] for one in await downloads()] == ["tester", "somebody", "somebody"]
    assert [one[2] for one in await downloads()] == [True, False, True]


async def test_a_link_of_who_is_out_opens_nothing(api: Api) -> None:
    found = await completed(api)
    export = await stored(decode_id(found["id"])[1])
    users = api.resources.database.users
    user: dict[str, Any] = {
        "_id": ObjectId(),
        "email": "ann@example.com",
        "email_key": "ann",
        "role": "ADMIN",
        "is_active": True,
    }
    await users.insert_one(user)
    ann = Actor(Role.ADMIN, str(user["_id"]), ActorKind.USER, "ann@example.com", user_id=user["_id"])
    url = export_url(ann, export, settings=api.resources.settings, clock=api.resources.clock)
    assert url is not None
    assert "ann" not in url
    assert (await get(api, url)).status_code == 200
    for out in ({"role": "VIEWER"}, {"is_active": False}):
        await users.update_one({"_id": user["_id"]}, {"$set": out})
        assert (await get(api, url)).status_code == 403
    assert [(one[0], one[2]) for one in await downloads()] == [
        ("ann@example.com", True),
        ("ann@example.com", False),
        ("anonymous", False),
    ]


async def test_a_link_that_was_changed_opens_nothing(api: Api) -> None:
    found, other = await completed(api), await completed(api)
    url = found["url"]
    own, theirs = (urlsplit(one["url"]).path for one in (found, other))
    somebodys = (await api.ask(ONE, {"id": found["id"]}, subject="x"))["data"]["export"]["url"]
    far = str(int(datetime.now(UTC).timestamp()) + 10**6)
    for bad in (
        url.replace(own, theirs),
        changed(url, expires=far),
        changed(url, **{"for": parse_qs(urlsplit(somebodys).query)["for"][0]}),
        changed(url, signature="0" * 64),
        changed(url, signature="é"),
        url.partition("?")[0],
        url.replace(own, "/exports/x"),
        url.replace(own, "/exports/..%2f..%2fetc%2fpasswd"),
    ):
        answer = await get(api, bad)
        assert answer.status_code in (403, 404), bad
        assert b"customer_id" not in answer.content
    assert not any(succeeded for _, _, succeeded, _ in await downloads())


async def test_a_file_that_has_expired_is_gone(api: Api) -> None:
    found = await completed(api)
    key = decode_id(found["id"])[1]
    past = {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}}
    await api.resources.database.exports.update_one({"_id": key}, past)
    assert (await get(api, found["url"])).status_code == 404
    assert (await api.data(ONE, {"id": found["id"]}))["export"]["url"] is None
    await remove_expired(api.resources.storage)
    assert [one async for one in api.resources.storage.list(f"exports/{key}")] == []
    assert (await stored(key))["has_file"] is False


async def test_a_head_request_gets_no_file_and_counts_as_none(api: Api) -> None:
    found = await completed(api)
    answer = await get(api, found["url"], method="HEAD")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0
    assert await downloads() == []
