"""Inviting, changing, deactivating users; the links that are handed out; the last admin."""

from __future__ import annotations

import asyncio

import pytest

from crm_graphql.core.actor import Role
from tests.accounts.doors import PASSWORD, Client, Doors, code_of

USERS = "{ users { nodes { id email role isActive } } }"


async def id_of(client: Client) -> str:
    return str((await client.data("{ viewer { user { id } } }"))["user"]["id"])


async def set_password(doors: Doors, url: str, password: str = PASSWORD) -> list[dict[str, object]]:
    payload = await doors.client().mutate("passwordSet", {"code": code_of(url), "password": password})
    return list(payload["errors"])


async def test_an_invitation_works_once_and_gives_the_invited_role(doors: Doors) -> None:
    admin = await doors.first_admin()
    made = await admin.mutate(
        "userCreate",
        {"email": "m@example.com", "name": " Mia ", "role": "MARKETER"},
        "user { name role } inviteUrl",
    )
    assert made["user"] == {"name": "Mia", "role": "MARKETER"}
    assert made["inviteUrl"].startswith("http://crm.test/set-password#code=")
    (weak,) = await set_password(doors, made["inviteUrl"], "m@example.com")
    assert (weak["code"], weak["path"]) == ("INVALID", ["password"])
    assert await set_password(doors, made["inviteUrl"]) == []
    (used,) = await set_password(doors, made["inviteUrl"])
    assert (used["code"], used["path"]) == ("INVALID", ["code"])
    assert (await doors.client().login("m@example.com"))["user"]["role"] == "MARKETER"


async def test_of_two_uses_of_a_link_at_once_one_counts(doors: Doors) -> None:
    made = await doors.operator().mutate(
        "userCreate", {"email": "m@example.com", "role": "VIEWER"}, "inviteUrl"
    )
    words = ["eight", "nine", "eleven", "twelve"]
    results = await asyncio.gather(
        *[set_password(doors, made["inviteUrl"], f"{word} silver owls read") for word in words]
    )
    assert sum(not errors for errors in results) == 1


async def test_a_reset_link_signs_every_device_out_and_replaces_earlier_links(doors: Doors) -> None:
    admin = await doors.first_admin()
    user = await doors.user("u@example.com", by=admin)
    key = await id_of(user)
    first = await admin.mutate("userPasswordReset", {"id": key}, "resetUrl")
    second = await admin.mutate("userPasswordReset", {"id": key}, "resetUrl")
    assert [error["path"] for error in await set_password(doors, first["resetUrl"])] == [["code"]]
    assert await user.is_in()
    new = "five orange boats drift"
    assert await set_password(doors, second["resetUrl"], new) == []
    assert not await user.is_in()
    assert (await user.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"
    assert (await doors.client().login("u@example.com", new))["errors"] == []


async def test_a_link_that_is_too_old_is_void(doors: Doors) -> None:
    made = await doors.operator().mutate(
        "userCreate", {"email": "m@example.com", "role": "VIEWER"}, "inviteUrl"
    )
    await doors.resources.database.one_time_links.update_many({}, [{"$set": {"expires_at": "$$NOW"}}])
    assert [error["path"] for error in await set_password(doors, made["inviteUrl"])] == [["code"]]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "a@b",
        "a b@example.com",
        "a@example.com\nBcc: x@y.example",
        "a@@b.example",
        "@b.example",
        "é" * 300,
    ],
)
async def test_what_is_no_address_is_refused(doors: Doors, email: str) -> None:
    payload = await doors.operator().mutate("userCreate", {"email": email, "role": "VIEWER"}, "user { id }")
    assert (payload["user"], payload["errors"][0]["path"]) == (None, ["email"])


async def test_no_address_twice(doors: Doors) -> None:
    admin = doors.operator()
    answers = await asyncio.gather(
        *[
            admin.mutate("userCreate", {"email": email, "role": "VIEWER"}, "user { id }")
            for email in ("A@b.example", "ａ@B.example", " a@b.example")
        ]
    )
    assert sorted(answer["errors"][0]["code"] if answer["errors"] else "" for answer in answers) == [
        *("", "ALREADY_EXISTS", "ALREADY_EXISTS")
    ]


async def test_a_new_role_counts_at_once_for_tokens_that_are_out(doors: Doors) -> None:
    admin = await doors.first_admin()
    user = await doors.user("u@example.com", Role.ADMIN, by=admin)
    assert (await user.ask(USERS)).get("errors") is None
    done = await admin.mutate("userUpdate", {"id": await id_of(user), "role": "VIEWER"}, "user { role }")
    assert done == {"user": {"role": "VIEWER"}, "errors": []}
    refused = await user.ask(USERS)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await user.refresh())["user"]["role"] == "VIEWER"
    refused = await user.ask(USERS)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_who_is_deactivated_is_out_on_every_device_and_stays_out(doors: Doors) -> None:
    admin = await doors.first_admin()
    user = await doors.user("u@example.com", by=admin)
    other = doors.client()
    await other.login("u@example.com")
    key = await id_of(user)
    link = await admin.mutate("userPasswordReset", {"id": key}, "resetUrl")
    await admin.mutate("userUpdate", {"id": key, "isActive": False})
    for client in (user, other):
        assert not await client.is_in()
        assert (await client.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"
    assert (await doors.client().login("u@example.com"))["errors"][0]["code"] == "UNAUTHENTICATED"
    assert [error["path"] for error in await set_password(doors, link["resetUrl"])] == [["code"]]
    assert (await admin.mutate("userPasswordReset", {"id": key}))["errors"][0]["code"] == "WRONG_STATE"
    await admin.mutate("userUpdate", {"id": key, "isActive": True})
    assert not await user.is_in()
    assert (await doors.client().login("u@example.com"))["errors"] == []


async def test_the_name_is_changed_and_cleared_and_the_rest_stays(doors: Doors) -> None:
    admin, user = doors.operator(), await doors.user("u@example.com", Role.MARKETER)
    key = await id_of(user)
    for name in ("Uma", None):
        done = await admin.mutate("userUpdate", {"id": key, "name": name}, "user { name role isActive }")
        assert done["user"] == {"name": name, "role": "MARKETER", "isActive": True}
    assert await user.is_in()
    for field in ("role", "isActive"):
        refused = await admin.mutate("userUpdate", {"id": key, field: None})
        assert [(error["code"], error["path"]) for error in refused["errors"]] == [("REQUIRED", [field])]


@pytest.mark.parametrize("change", [{"role": "VIEWER"}, {"isActive": False}])
async def test_the_last_active_admin_stays_one(doors: Doors, change: dict[str, object]) -> None:
    admin = await doors.first_admin()
    key = await id_of(admin)
    refused = await admin.mutate("userUpdate", {"id": key, **change})
    assert (refused["errors"][0]["code"], refused["errors"][0]["path"]) == ("WRONG_STATE", list(change))
    assert await admin.is_in()
    second = await doors.user("b@example.com", Role.ADMIN, by=admin)
    await admin.mutate("userUpdate", {"id": await id_of(second), "isActive": False})
    # A deactivated admin is none.
    assert (await admin.mutate("userUpdate", {"id": key, **change}))["errors"][0]["code"] == "WRONG_STATE"


async def test_two_admins_who_demote_each_other_at_once_leave_one(doors: Doors) -> None:
    admin = await doors.first_admin()
    for round_ in range(4):
        other = await doors.user(f"b{round_}@example.com", Role.ADMIN, by=doors.operator())
        keys = [await id_of(admin), await id_of(other)]
        operator = doors.operator()
        answers = await asyncio.gather(
            operator.mutate("userUpdate", {"id": keys[0], "role": "VIEWER"}),
            operator.mutate("userUpdate", {"id": keys[1], "isActive": False}),
        )
        assert sorted(len(answer["errors"]) for answer in answers) == [0, 1]
        acting = {"role": "ADMIN", "is_active": True}
        assert await doors.resources.database.users.count_documents(acting) == 1
        await doors.resources.database.users.update_many({}, {"$set": acting})
        await doors.resources.database.users.delete_one({"email_key": f"b{round_}@example.com"})
        await admin.login("ada@example.com")


async def test_users_are_nodes_for_admins_alone(doors: Doors) -> None:
    user = await doors.user("u@example.com")
    document = "query ($id: ID!) { node(id: $id) { ... on User { email } } }"
    key = await id_of(user)
    assert await doors.operator().data(document, {"id": key}) == {"email": "u@example.com"}
    refused = await user.ask(document, {"id": key})
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
