"""Tokens of tracked links: only ours are read, only for what they were made for."""

from __future__ import annotations

import base64

import pytest
from bson import ObjectId

from crm_graphql.consents.links import Purpose, read_token
from crm_graphql.tracking.tokens import TOKEN_LIMIT, Kind, Seen, Signer, read_seen

KEY, OTHER = b"k" * 32, b"o" * 32
CAMPAIGN = ObjectId()
TARGET = "https://shop.example/a?b=1#c"


def click_token(target: str = TARGET, *, key: bytes = KEY) -> str:
    return (
        Signer("https://crm.example/", CAMPAIGN, key)
        .click_url(7, 3, target)
        .removeprefix("https://crm.example/c/")
    )


def open_token() -> str:
    url = Signer("https://crm.example", CAMPAIGN, KEY).open_url(7)
    return url.removeprefix("https://crm.example/o/").removesuffix(".gif")


@pytest.mark.parametrize("target", [TARGET, "http://shop.example:8080/", "https://shop.example"])
def test_a_token_says_what_it_was_made_of(target: str) -> None:
    assert read_seen(click_token(target), Kind.CLICK, KEY) == Seen(Kind.CLICK, CAMPAIGN, 7, 3, target)


def test_the_same_link_is_always_the_same_token_and_holds_no_more_than_it_must() -> None:
    assert click_token() == click_token()
    assert len(click_token()) < len(TARGET) * 4 / 3 + 44
    assert read_seen(open_token(), Kind.OPEN, KEY) == Seen(Kind.OPEN, CAMPAIGN, 7)


def test_a_token_of_another_purpose_or_key_is_none() -> None:
    assert read_seen(open_token(), Kind.CLICK, KEY) is None
    assert read_seen(click_token(), Kind.OPEN, KEY) is None
    assert read_seen(click_token(), Kind.CLICK, OTHER) is None
    assert read_seen(click_token(key=OTHER), Kind.CLICK, KEY) is None
    assert read_token(open_token(), Purpose.UNSUBSCRIBE, KEY) is None


def test_a_token_that_was_changed_anywhere_or_cut_off_is_none() -> None:
    token = click_token()
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        assert read_seen(token[:place] + other + token[place + 1 :], Kind.CLICK, KEY) is None
        assert read_seen(token[:place], Kind.CLICK, KEY) is None
    assert read_seen(token + "A", Kind.CLICK, KEY) is None
    assert read_seen(token + "=", Kind.CLICK, KEY) is None


@pytest.mark.parametrize(
    "token", ["", "A", "ä", "../../etc", "%2e%2e", "A" * (TOKEN_LIMIT + 1), "A" * 100, "=" * 8]
)
def test_what_was_never_a_token_is_none(token: str) -> None:
    assert read_seen(token, Kind.CLICK, KEY) is None
    assert read_seen(token, Kind.OPEN, KEY) is None


def test_even_a_signed_target_must_be_a_safe_one() -> None:
    token = click_token("https://good.com@evil.com/")
    assert read_seen(token, Kind.CLICK, KEY) is None


def test_a_token_holds_nothing_but_numbers_and_the_target() -> None:
    raw = base64.urlsafe_b64decode(open_token() + "==")
    assert len(raw) == 1 + 12 + 4 + 2 + 12
