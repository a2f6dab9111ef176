"""API keys: shown once, let in everywhere, out at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from crm_graphql.accounts.documents import ApiKey
from crm_graphql.accounts.key_cache import ApiKeyCache
from crm_graphql.core.actor import Role
from crm_graphql.core.times import format_moment
from crm_graphql.resources import Resources
from tests.accounts.doors import Client, Doors, open_doors

KEYS = "{ apiKeys { id name role hint createdAt lastUsedAt expiresAt } }"
CUSTOMERS = b'{"customer_id": "1", "name": "Ann"}\n'


async def new_key(doors: Doors, role: Role, **values: Any) -> tuple[Client, str]:
    """A client that uses a new key, and the key's id."""
    made = await doors.operator().mutate(
        "apiKeyCreate", {"name": "shop", "role": role.value, **values}, "apiKey { id hint } secret"
    )
    assert made["errors"] == [], made
    client = doors.client()
    client.token = made["secret"]
    assert made["secret"].startswith(made["apiKey"]["hint"])
    return client, made["apiKey"]["id"]


async def test_a_key_has_its_role_and_shows_its_use(doors: Doors) -> None:
    client, key = await new_key(doors, Role.INGESTOR)
    viewer = await client.data("{ viewer { role user { id } apiKey { id name hint } } }")
    assert (viewer["role"], viewer["user"], viewer["apiKey"]["id"]) == ("INGESTOR", None, key)
    refused = await client.ask("{ customers { totalCount } }")
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    (listed,) = await doors.operator().data(KEYS)
    assert listed["lastUsedAt"] is not None
    assert (listed["name"], listed["role"], len(listed["hint"])) == ("shop", "INGESTOR", 9)


async def test_the_bulk_doors_take_a_key_and_it_sees_its_own_ingestions_alone(doors: Doors) -> None:
    client, _ = await new_key(doors, Role.INGESTOR)
    other, _ = await new_key(doors, Role.INGESTOR)
    answer = await client.http.post(
        "/ingest/customers",
        content=CUSTOMERS,
        headers={"authorization": f"Bearer {client.token}", "content-type": "application/x-ndjson"},
    )
    assert answer.status_code == 202, answer.text
    document = "{ ingestions { nodes { id } } }"
    assert (await client.data(document))["nodes"] == [{"id": answer.json()["id"]}]
    assert (await other.data(document))["nodes"] == []


async def test_a_revoked_key_is_out_at_once_though_it_was_just_used(doors: Doors) -> None:
    client, key = await new_key(doors, Role.VIEWER)
    assert (await client.ask("{ ruleFields { field } }")).get("errors") is None
    gone = await doors.operator().mutate("apiKeyRevoke", {"id": key}, "revokedId")
    assert gone == {"revokedId": key, "errors": []}
    refused = await client.ask("{ ruleFields { field } }")
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    again = await doors.operator().mutate("apiKeyRevoke", {"id": key}, "revokedId")
    assert again["errors"][0]["code"] == "NOT_FOUND"
    assert await doors.operator().data(KEYS) == []


async def test_a_key_ends_when_it_was_said_to(doors: Doors) -> None:
    soon = format_moment(datetime.now(UTC) + timedelta(hours=1))
    client, _ = await new_key(doors, Role.VIEWER, expiresAt=soon)
    assert await client.data("{ viewer { role } }") == {"role": "VIEWER"}
    await doors.resources.database.api_keys.update_many({}, [{"$set": {"expires_at": "$created_at"}}])
    doors.resources.access.keys = ApiKeyCache()
    refused = await client.ask("{ ruleFields { field } }")
    assert "expired" in refused["errors"][0]["message"]


@pytest.mark.parametrize(
    ("values", "path"),
    [({"name": " "}, "name"), ({"name": "x" * 101}, "name"), ({"expiresAt": "2020-01-01"}, "expiresAt")],
)
async def test_a_key_that_makes_no_sense_is_refused(doors: Doors, values: dict[str, str], path: str) -> None:
    made = await doors.operator().mutate("apiKeyCreate", {"name": "k", "role": "VIEWER", **values}, "secret")
    assert (made["secret"], made["errors"][0]["path"]) == (None, [path])


@pytest.mark.parametrize("secret", ["crmk_", "crmk_nonsense", "crmk_" + "x" * 5000, "crmk_{$gt:''}"])
async def test_what_is_no_key_is_nobody(doors: Doors, secret: str) -> None:
    client = doors.client()
    client.token = secret
    refused = await client.ask("{ ruleFields { field } }")
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_key_that_was_just_used_costs_no_read(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = await new_key(doors, Role.VIEWER)
    await client.is_in()

    def refuse(*_: object) -> object:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(ApiKey, "get_pymongo_collection", refuse)
    assert await client.is_in()


async def test_while_the_database_is_away_a_key_is_told_to_come_again(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = await new_key(doors, Role.INGESTOR)

    def away(*_: object) -> object:
        raise ServerSelectionTimeoutError("no server")

    monkeypatch.setattr(ApiKey, "get_pymongo_collection", away)
    asked = await client.post("{ viewer { role } }")
    door = await client.http.post(
        "/ingest/customers",
        content=CUSTOMERS,
        headers={"authorization": f"Bearer {client.token}", "content-type": "application/x-ndjson"},
    )
    for answer in (asked, door):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert asked.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_only_admins_hand_out_keys(doors: Doors, resources: Resources) -> None:
    async with open_doors(resources) as opened:
        for role in (Role.MARKETER, Role.VIEWER, Role.INGESTOR):
            made = await opened.operator(role).mutate(
                "apiKeyCreate", {"name": "k", "role": "ADMIN"}, "secret"
            )
            assert (made["secret"], made["errors"][0]["code"]) == (None, "FORBIDDEN")
