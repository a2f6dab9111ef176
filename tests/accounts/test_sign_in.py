"""Setting up, signing in, going on and leaving, as a client over HTTP sees it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from argon2 import extract_parameters

from crm_graphql.accounts import sessions
from crm_graphql.accounts.setup_code import setup_code
from crm_graphql.core.actor import ROLE_PERMISSIONS, Role
from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, Doors, open_doors

VIEWER = "{ viewer { role permissions grantedPermissions user { email } apiKey { name } } }"


async def test_the_first_user_needs_the_setup_code_and_becomes_admin(doors: Doors) -> None:
    stranger = doors.client()
    assert await stranger.data("{ serverInfo { needsSetup } }") == {"needsSetup": True}
    values = {"email": "eve@example.com", "password": PASSWORD}
    for code in (None, "", "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", setup_code(doors.resources.settings)[:-1]):
        refused = await stranger.mutate(
            "register", {**values, "setupCode": code}, "user { id } tokens { accessToken }"
        )
        assert (refused["user"], refused["tokens"]) == (None, None)
        assert [(error["code"], error["path"]) for error in refused["errors"]] == [
            ("FORBIDDEN", ["setupCode"])
        ]
    admin = await doors.first_admin()
    viewer = await admin.data(VIEWER)
    assert (viewer["role"], viewer["user"]["email"]) == ("ADMIN", "ada@example.com")
    assert await stranger.data("{ serverInfo { needsSetup } }") == {"needsSetup": False}
    late = await stranger.mutate("register", {**values, "setupCode": setup_code(doors.resources.settings)})
    assert [error["code"] for error in late["errors"]] == ["FORBIDDEN"]


async def test_of_many_who_are_first_at_once_one_becomes_admin(doors: Doors) -> None:
    values = {"password": PASSWORD, "setupCode": setup_code(doors.resources.settings).lower()}
    answers = await asyncio.gather(
        *[
            doors.client().mutate("register", {"email": f"u{number}@example.com", **values}, "user { role }")
            for number in range(8)
        ]
    )
    assert sum(answer["user"] is not None for answer in answers) == 1
    assert await doors.resources.database.users.count_documents({}) == 1


async def test_registration_is_closed_unless_it_is_opened_and_gives_viewers(
    doors: Doors, resources: Resources
) -> None:
    await doors.first_admin()
    values = {"email": "new@example.com", "password": PASSWORD}
    closed = await doors.client().mutate("register", values)
    assert [error["code"] for error in closed["errors"]] == ["FORBIDDEN"]
    async with open_doors(resources, registration_open=True) as opened:
        client = opened.client()
        assert (await client.mutate("register", values, "user { id }"))["errors"] == []
        payload = await client.login("new@example.com")
        assert payload["user"]["role"] == "VIEWER"


@pytest.mark.parametrize("role", list(Role))
async def test_viewer_says_who_asks_and_what_they_may(doors: Doors, role: Role) -> None:
    expected = sorted(permission.value for permission in ROLE_PERMISSIONS[role])
    assert await doors.client().data(VIEWER) is None
    operator = await doors.operator(role).data(VIEWER)
    assert operator == {
        "role": role.value,
        "permissions": expected,
        "grantedPermissions": expected,
        "user": None,
        "apiKey": None,
    }
    user = await (await doors.user("u@example.com", role)).data(VIEWER)
    assert user == {
        "role": role.value,
        "permissions": expected,
        "grantedPermissions": expected,
        "user": {"email": "u@example.com"},
        "apiKey": None,
    }


async def test_the_case_of_an_address_does_not_count(doors: Doors) -> None:
    await doors.user("Ann.B@Example.com")
    assert (await doors.client().login(" ann.b@EXAMPLE.com"))["user"]["email"] == "Ann.B@Example.com"


async def test_a_session_goes_on_by_refresh_and_each_refresh_token_works_once(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "GRACE_SECONDS", 0)
    client = await doors.user("u@example.com")
    first = client.refresh_token
    tokens = {first}
    for _ in range(3):
        assert (await client.refresh())["errors"] == []
        tokens.add(client.refresh_token)
    assert len(tokens) == 4
    assert await client.is_in()
    assert (await doors.client().refresh(first))["errors"][0]["code"] == "UNAUTHENTICATED"


async def test_sessions_are_listed_with_device_and_address_and_revoked_one_by_one(doors: Doors) -> None:
    first = await doors.user("u@example.com")
    second, third = doors.client("192.0.2.7"), doors.client()
    await second.login("u@example.com")
    await third.login("u@example.com")
    document = "{ sessions { id device ipAddress isCurrent createdAt lastUsedAt expiresAt } }"
    listed = await second.data(document)
    assert len(listed) == 3
    (mine,) = [one for one in listed if one["isCurrent"]]
    assert (mine["device"], mine["ipAddress"]) == ("tests", "192.0.2.7")
    (theirs,) = [one for one in await first.data(document) if one["isCurrent"]]
    gone = await second.mutate("sessionRevoke", {"id": theirs["id"]}, "revokedId")
    assert gone == {"revokedId": theirs["id"], "errors": []}
    assert [await client.is_in() for client in (first, second, third)] == [False, True, True]
    assert (await first.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"
    rest = await second.data("mutation { sessionsRevokeOthers { revokedIds errors { code } } }")
    assert len(rest["revokedIds"]) == 1
    assert [await client.is_in() for client in (second, third)] == [True, False]


async def test_nobody_ends_or_sees_the_session_of_somebody_else(doors: Doors) -> None:
    mine, other = await doors.user("a@example.com"), await doors.user("b@example.com", Role.ADMIN)
    (session,) = await mine.data("{ sessions { id } }")
    document = "query ($id: ID!) { node(id: $id) { id ... on Session { isCurrent } } }"
    assert await mine.data(document, session) == {"id": session["id"], "isCurrent": True}
    assert await other.data(document, session) is None
    assert await doors.operator().data(document, session) is None
    refused = await other.mutate("sessionRevoke", {"id": session["id"]}, "revokedId")
    assert refused["errors"][0]["code"] == "NOT_FOUND"
    assert await mine.is_in()


async def test_logout_ends_the_session_at_once(doors: Doors) -> None:
    client = await doors.user("u@example.com")
    other = doors.client()
    await other.login("u@example.com")
    assert (await client.mutate("logout", None))["errors"] == []
    body = await client.ask("{ sessions { id } }")
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await client.ask("{ viewer { role } }"))["data"] == {"viewer": None}
    assert (await client.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"
    assert await other.is_in()


async def test_who_has_no_session_is_told_so(doors: Doors) -> None:
    operator = doors.operator()
    assert await operator.data("{ sessions { id } }") == []
    assert (await operator.mutate("logout", None))["errors"][0]["code"] == "WRONG_STATE"
    change = {"currentPassword": "x", "newPassword": PASSWORD}
    assert (await operator.mutate("passwordChange", change))["errors"][0]["code"] == "WRONG_STATE"


async def test_changing_the_password_signs_the_other_devices_out(doors: Doors) -> None:
    client = await doors.user("u@example.com")
    other = doors.client()
    await other.login("u@example.com")
    new = "nine purple ladders hum"
    wrong = await client.mutate("passwordChange", {"currentPassword": "not it at all", "newPassword": new})
    assert [(error["code"], error["path"]) for error in wrong["errors"]] == [("INVALID", ["currentPassword"])]
    weak = await client.mutate("passwordChange", {"currentPassword": PASSWORD, "newPassword": "password1234"})
    assert [(error["code"], error["path"]) for error in weak["errors"]] == [("INVALID", ["newPassword"])]
    assert await other.is_in()
    done = await client.mutate("passwordChange", {"currentPassword": PASSWORD, "newPassword": new})
    assert done["errors"] == []
    assert [await one.is_in() for one in (client, other)] == [True, False]
    assert (await doors.client().login("u@example.com"))["errors"][0]["code"] == "UNAUTHENTICATED"
    assert (await doors.client().login("u@example.com", new))["errors"] == []


async def test_hashes_are_made_anew_when_the_parameters_rise(doors: Doors, resources: Resources) -> None:
    await doors.user("u@example.com")
    users = resources.database.users
    before: Any = await users.find_one({"email_key": "u@example.com"})
    async with open_doors(resources, password_hash_memory_kib=2048) as raised:
        assert (await raised.client().login("u@example.com"))["errors"] == []
    after: Any = await users.find_one({"email_key": "u@example.com"})
    costs = [extract_parameters(row["password_hash"]).memory_cost for row in (before, after)]
    assert costs == [1024, 2048]
    assert before["password_hash"].startswith("$argon2id$")
    assert (await doors.client().login("u@example.com"))["errors"] == []


async def test_an_expired_session_is_no_session_even_before_it_vanishes(doors: Doors) -> None:
    client = await doors.user("u@example.com")
    await doors.resources.database.sessions.update_many({}, [{"$set": {"expires_at": "$created_at"}}])
    assert (await client.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"
    assert await client.data("{ sessions { id } }") == []


async def test_what_expires_vanishes_by_ttl_indexes(doors: Doors) -> None:
    for name in ("sessions", "one_time_links", "revocations", "sign_in_attempts", "audit_events"):
        indexes = await doors.resources.database[name].index_information()
        assert indexes["expires_at"]["expireAfterSeconds"] == 0, name


async def test_server_info_tells_what_a_client_needs_before_anyone_is_signed_in(doors: Doors) -> None:
    info = await doors.client().data(
        "{ serverInfo { version currency registrationOpen googleLoginUrl limits { pageSize "
        "recordsPerMutation ruleNodes ruleDepth uploadBytes queryCost queryDepth } } }"
    )
    settings = doors.resources.settings
    assert (info["currency"], info["registrationOpen"], info["googleLoginUrl"]) == ("USD", False, None)
    assert info["limits"] == {
        "pageSize": 100,
        "recordsPerMutation": 1000,
        "ruleNodes": 200,
        "ruleDepth": 10,
        "uploadBytes": 2**31 - 1,
        "queryCost": settings.query_cost,
        "queryDepth": settings.query_depth,
    }
