"""Strangers who guess from many addresses: they do not keep the owner out."""

from __future__ import annotations

import pytest

from crm_graphql.accounts import throttle
from crm_graphql.accounts.sessions import Origin
from crm_graphql.accounts.sign_in import SignInRefused, login
from crm_graphql.accounts.throttle import Throttled
from tests.accounts.doors import Doors


async def guessed_at_from_everywhere(doors: Doors, email: str) -> None:
    """Strangers at ever other addresses have filled what the account allows from anywhere."""
    access, clock = doors.resources.access, doors.resources.clock
    for number in range(throttle.ACCOUNT.free + 5):
        with pytest.raises((SignInRefused, Throttled)):
            await login(email, "guess", Origin(f"203.0.113.{number}"), access=access, clock=clock)


async def test_strangers_at_many_addresses_do_not_lock_out_an_address_that_the_owner_has_used(
    doors: Doors,
) -> None:
    owner = await doors.user("u@example.com")
    home = doors.client("198.51.100.1")
    assert (await home.login("u@example.com"))["errors"] == []
    await guessed_at_from_everywhere(doors, "u@example.com")
    assert (await doors.client("198.51.100.2").login("u@example.com"))["errors"][0]["code"] == "RATE_LIMITED"
    assert (await doors.client("198.51.100.1").login("u@example.com"))["errors"] == []
    # The signed-in device comes in from any address, and may not guess without end either.
    travelling = doors.client("198.51.100.3")
    travelling.token = owner.token
    assert (await travelling.login("u@example.com"))["errors"] == []
    travelling.token = owner.token
    codes = [
        (await travelling.login("u@example.com", "wrong wrong"))["errors"][0]["code"]
        for _ in range(throttle.ACCOUNT_FROM_ADDRESS.free + 3)
    ]
    assert codes[0] == "UNAUTHENTICATED"
    assert codes[-1] == "RATE_LIMITED"


async def test_a_device_of_somebody_else_opens_no_other_account(doors: Doors) -> None:
    await doors.user("u@example.com")
    stranger = await doors.user("s@example.com")
    await guessed_at_from_everywhere(doors, "u@example.com")
    attacker = doors.client("198.51.100.9")
    attacker.token = stranger.token
    assert (await attacker.login("u@example.com"))["errors"][0]["code"] == "RATE_LIMITED"
