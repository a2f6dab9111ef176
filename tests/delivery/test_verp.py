"""Envelope senders of messages: read back in any case, made by nobody else, short enough for every server."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.core.settings import Settings
from crm_graphql.delivery.vendors.smtp.verp import envelope_sender, key_of, keys_within

KEY = f"{'0123456789ab' * 2}-12"


def settings(secret: str = "a" * 40, **more: Any) -> Settings:
    return Settings(_env_file=None, secret_key=secret, bounces_domain="Bounces.Example.com", **more)


def test_a_key_comes_back_whatever_case_servers_make_of_it() -> None:
    sender = envelope_sender(KEY, settings())
    assert sender.endswith("@bounces.example.com")
    assert key_of(sender, settings()) == key_of(sender.upper(), settings()) == KEY


def test_the_longest_local_part_fits() -> None:
    assert len(envelope_sender(f"{'f' * 24}-1000000", settings()).partition("@")[0]) <= 64


@pytest.mark.parametrize("place", [3, 27, 31, -25])
def test_an_address_that_was_changed_is_not_ours(place: int) -> None:
    sender = envelope_sender(KEY, settings())
    other = "2" if sender[place] != "2" else "3"
    changed = sender[:place] + other + sender[place:][1:]
    assert changed != sender
    assert key_of(changed, settings()) is None


@pytest.mark.parametrize("forged", ["", "@", "b+@bounces.example.com", f"b+{KEY}@bounces.example.com", "b"])
def test_what_has_no_mac_is_not_ours(forged: str) -> None:
    assert key_of(forged, settings()) is None


def test_another_domain_or_secret_does_not_count() -> None:
    sender = envelope_sender(KEY, settings())
    assert key_of(sender.replace("bounces.", "other."), settings()) is None
    assert key_of(sender, settings("b" * 40)) is None


def test_the_former_secret_counts_while_it_is_kept() -> None:
    sender = envelope_sender(KEY, settings())
    assert key_of(sender, settings("b" * 40, previous_secret_keys=["a" * 40])) == KEY


def test_without_a_domain_there_is_no_such_sender() -> None:
    plain = Settings(_env_file=None, secret_key="a" * 40)
    assert envelope_sender(KEY, plain) == ""
    assert key_of(envelope_sender(KEY, settings()), plain) is None


def test_senders_are_found_within_a_text_once_each_and_only_ours() -> None:
    ours = envelope_sender(KEY, settings())
    forged = envelope_sender(KEY, settings("b" * 40))
    assert keys_within(f"Return-Path: <{ours}>\r\nX: {ours} {forged}", settings()) == [KEY]
