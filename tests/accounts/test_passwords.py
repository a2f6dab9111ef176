"""Which passwords are taken, and that hashing holds back a flood."""

from __future__ import annotations

import asyncio

import pytest

from crm_graphql.accounts import passwords
from crm_graphql.accounts.passwords import Passwords, check_password, common_passwords
from crm_graphql.core.errors import InvalidInput, Unavailable
from crm_graphql.core.settings import Settings

EMAIL = "margarethe.lindqvist@northwind-traders.example"


@pytest.mark.parametrize(
    "password",
    [
        *("", "short", "elevenchars", "x" * 257, "nul\x00nul nul nul"),
        *("password1234", "Password1234!", "PASSWORD!!!!!!", "p@ssw0rd123456", "passwordpassword"),
        *("qwertyuiop123", "qwertyuiopas", "123456789012", "abcdefghijklm", "zyxwvutsrqponm"),
        *("0987654321098", "correct-horse-battery-staple"),
        *("aaaaaaaaaaaa", "abababababab", "abc123abc123", "iloveyou2026!", "summer2026!!!!"),
        *("margarethe.lindqvist", "margarethe.lindqvist1", "Northwind-Traders1!", EMAIL),
    ],
)  # fmt: skip
def test_what_is_easy_to_guess_is_refused_with_its_place(password: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_password(password, email=EMAIL, path="newPassword")
    assert caught.value.problems[0].path == ("newPassword",)
    assert password == "" or password not in str(caught.value)


@pytest.mark.parametrize(
    "password",
    [
        "seven green kettles sing",
        "tR7#kq9!Zm2x",
        "öäü ßñ ¿qué tal? 漢字",
        "margins of a paper boat",
        "x8" * 6 + "qLp",
    ],
)
def test_what_is_hard_to_guess_is_taken_without_rules_of_composition(password: str) -> None:
    check_password(password, email=EMAIL, path="password")


def test_the_list_is_there_and_in_folded_case() -> None:
    assert len(common_passwords()) > 500
    assert all(word == word.casefold() for word in common_passwords())


@pytest.fixture
def hashing(settings: Settings) -> Passwords:
    return Passwords(settings)


async def test_the_same_keys_give_the_same_password_whatever_their_encoding(hashing: Passwords) -> None:
    stored = await hashing.hash("caf\u00e9 kettles sing")
    assert await hashing.verify("cafe\u0301 kettles sing", stored) == (True, None)
    assert await hashing.verify("cafe kettles sing", stored) == (False, None)


async def test_nobody_and_a_broken_hash_are_a_plain_no(hashing: Passwords) -> None:
    assert await hashing.verify("anything", None) == (False, None)
    assert await hashing.verify("anything", "no hash at all") == (False, None)
    assert await hashing.verify("x" * 10_000_000, None) == (False, None)


async def test_a_flood_is_held_back_and_the_loop_goes_on(
    hashing: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = peak = 0
    real = asyncio.to_thread

    async def counted(work: object, *args: object) -> object:
        nonlocal at_once, peak
        at_once += 1
        peak = max(peak, at_once)
        try:
            return await real(work, *args)  # type: ignore[arg-type]
        finally:
            at_once -= 1

    monkeypatch.setattr("asyncio.to_thread", counted)
    results = await asyncio.gather(
        *[hashing.hash(f"password {n}") for n in range(300)], return_exceptions=True
    )
    assert peak == passwords.HASHES_AT_ONCE
    assert sum(isinstance(result, Unavailable) for result in results) == 300 - passwords.HASHES_WAITING
    assert sum(isinstance(result, str) for result in results) == passwords.HASHES_WAITING
