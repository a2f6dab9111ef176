"""Senders as people name them: what is taken can be written as e-mail, and what cannot is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm_graphql.core.emails import NotAnEmail
from crm_graphql.core.errors import ErrorCode
from crm_graphql.core.senders import NAME_LIMIT, NotASenderName, check_sender_name, checked_reply_to
from crm_graphql.delivery.vendors.mail.building import build
from tests.delivery.vendors.test_mail import HOSTILE, MESSAGE, SENDER, read


@pytest.mark.parametrize("name", [*HOSTILE, "", "  ", "\ud800", "{{ customer.name }}", "{% if a %}"])
def test_a_name_that_no_message_could_go_out_with_is_refused(name: str) -> None:
    with pytest.raises(NotASenderName):
        check_sender_name(name)


def test_a_name_that_is_too_long_says_by_how_much() -> None:
    with pytest.raises(NotASenderName, match="101 characters; at most 100") as caught:
        check_sender_name("n" * (NAME_LIMIT + 1))
    assert caught.value.code is ErrorCode.LIMIT_EXCEEDED


@pytest.mark.parametrize(
    "name", ["Acme", "Blåbær & Sønn, AS", "株式会社", "😀" * NAME_LIMIT, '"' * NAME_LIMIT]
)
def test_a_name_that_is_taken_stands_beside_the_operators_address(name: str) -> None:
    check_sender_name(name)
    mail = read(build(replace(MESSAGE, from_name=name), SENDER).content)
    assert [one.addr_spec for one in mail["From"].addresses] == ["news@sender.example"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "nobody", "Help <help@acme.example>", "a@b.example, c@d.example", "ü@acme.example"),
        *("a@b.example\r\nBcc: x@evil.example", "a@b.example\nBcc: x@evil.example", f"a@{'ü' * 62}.example"),
    ],
)
def test_what_not_every_mail_program_answers_to_is_refused(text: str) -> None:
    with pytest.raises(NotAnEmail):
        checked_reply_to(text)


@pytest.mark.parametrize("text", [" help@acme.example\u200b", "help@bücher.example"])
def test_an_address_for_answers_that_is_taken_can_be_written(text: str) -> None:
    mail = read(build(replace(MESSAGE, reply_to=checked_reply_to(text)), SENDER).content)
    (address,) = mail["Reply-To"].addresses
    assert address.addr_spec in {"help@acme.example", "help@xn--bcher-kva.example"}
