"""Users' addresses: invisible signs are nothing at every door, and who had them in a key still comes in."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.accounts.addresses import checked_email, renew_keys
from crm_graphql.accounts.queries import find_user_by_email
from crm_graphql.core.errors import InvalidInput
from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, Doors, open_doors

SEEN = "ida@example.com"
WRITTEN = [
    "i\u200bda@example.com",
    "\ufeffida@example.com",
    "ida@exam\u00adple.com",
    "\u202eida@example.com\u202c",
    "IDA\uff20example.com ",
]


async def keep_old_key(resources: Resources, user: str, address: str) -> None:
    """Store the user as they were stored when invisible signs counted."""
    changed = {"email": address, "email_key": address.casefold()}
    result = await resources.database.users.update_one({"email_key": user}, {"$set": changed})
    assert result.modified_count == 1


@pytest.mark.parametrize("written", WRITTEN)
async def test_an_address_with_invisible_signs_is_the_one_that_is_seen(doors: Doors, written: str) -> None:
    await doors.user(written)
    users = await doors.operator().data("{ users { nodes { email } } }")
    assert [user["email"].lower() for user in users["nodes"]] == [SEEN]
    assert (await doors.client().login(SEEN))["user"]["email"].lower() == SEEN
    taken = await doors.operator().mutate("userCreate", {"email": SEEN, "role": "VIEWER"})
    assert [error["code"] for error in taken["errors"]] == ["ALREADY_EXISTS"]


@pytest.mark.parametrize("written", WRITTEN)
async def test_signing_in_and_resetting_take_the_address_as_it_was_pasted(doors: Doors, written: str) -> None:
    await doors.user(SEEN)
    assert (await doors.client().login(written))["errors"] == []
    found = await find_user_by_email(written)
    assert found is not None
    assert found["email"] == SEEN


async def test_registration_stores_what_is_seen(doors: Doors, resources: Resources) -> None:
    await doors.first_admin("a\u200bda@example.com")
    async with open_doors(resources, registration_open=True) as opened:
        values = {"email": WRITTEN[0], "password": PASSWORD}
        assert (await opened.client().mutate("register", values))["errors"] == []
    users = resources.database.users.find({}, {"email": 1}).sort("email", 1)
    assert [user["email"] async for user in users] == ["ada@example.com", SEEN]


async def test_an_address_whose_sign_was_lost_is_refused_by_name(doors: Doors) -> None:
    refused = await doors.operator().mutate(
        "userCreate", {"email": "i\ufffdda@example.com", "role": "VIEWER"}
    )
    (error,) = refused["errors"]
    assert (error["code"], error["path"]) == ("INVALID", ["email"])
    assert "U+FFFD" in error["message"]


@pytest.mark.parametrize(
    "raw", ["ida\ufe6bexample", "\u200b", "a@\u200b.\u200b", "ida@example.com\ud800", "x" * 260]
)
def test_what_is_seen_must_be_an_address(raw: str) -> None:
    with pytest.raises(InvalidInput):
        checked_email(raw)


@pytest.mark.parametrize(("is_renewed", "given"), [(False, WRITTEN[0]), (True, WRITTEN[0]), (True, SEEN)])
async def test_who_was_stored_with_invisible_signs_signs_in(
    doors: Doors, resources: Resources, is_renewed: bool, given: str
) -> None:
    await doors.user(SEEN)
    await keep_old_key(resources, SEEN, WRITTEN[0])
    if is_renewed:
        await renew_keys()
    assert (await doors.client().login(given))["errors"] == []


async def test_a_start_renews_the_keys_of_users(doors: Doors, resources: Resources) -> None:
    await doors.user(SEEN)
    await doors.user("\u00e9va@example.com")
    await keep_old_key(resources, SEEN, WRITTEN[0])
    async with open_doors(resources) as opened:
        assert (await opened.client().login(SEEN))["user"]["email"] == SEEN
        assert (await opened.client().login("\u00c9va@example.com"))["errors"] == []


async def test_two_who_differ_in_invisible_signs_alone_keep_their_own_accounts(
    doors: Doors, resources: Resources
) -> None:
    await doors.user("other@example.com")
    await keep_old_key(resources, "other@example.com", WRITTEN[0])
    await doors.user(SEEN)
    await renew_keys()
    keys: list[Any] = [user["email_key"] async for user in resources.database.users.find({})]
    assert sorted(keys) == sorted([SEEN, WRITTEN[0]])
    assert (await doors.client().login(SEEN))["user"]["email"] == SEEN
    assert (await doors.client().login(WRITTEN[0]))["user"]["email"] == WRITTEN[0]


async def test_guesses_count_for_the_account_however_its_address_is_written(doors: Doors) -> None:
    await doors.user(SEEN)
    codes = set()
    for number in range(30):
        payload = await doors.client().login(SEEN[:1] + "\u200b" * (number + 1) + SEEN[1:], "wrong")
        codes |= {error["code"] for error in payload["errors"]}
    assert codes == {"UNAUTHENTICATED", "RATE_LIMITED"}
