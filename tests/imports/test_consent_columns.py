"""Columns on consent, and what they say of a person."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.imports.words import FileStatus, FileWord
from tests.imports.plans import (
    CUSTOMERS,
    problem_of,
    rows_of,
)


def word(status: FileStatus, at: Any = None, channel: Channel = Channel.EMAIL) -> FileWord:
    return FileWord(channel, status, at)


@pytest.mark.parametrize(
    ("heading", "cell", "words"),
    [
        ("Newsletter", "yes", [word(FileStatus.SUBSCRIBED)]),
        ("Newsletter", "Non-Subscribed", [word(FileStatus.UNSUBSCRIBED)]),
        ("Opt-In", "pending", [word(FileStatus.PENDING)]),
        ("Subscription Status", "cleaned", [word(FileStatus.BOUNCED)]),
        ("Email Marketing Consent", "Spam complaint", [word(FileStatus.COMPLAINED)]),
        ("Accepts SMS Marketing", "no", [word(FileStatus.UNSUBSCRIBED, channel=Channel.SMS)]),
        ("WhatsApp Opt In", "1", [word(FileStatus.SUBSCRIBED, channel=Channel.WHATSAPP)]),
        ("Newsletter", "", None),
        ("Unsubscribed", "no", None),
        ("Unsubscribed", "yes", [word(FileStatus.UNSUBSCRIBED)]),
        ("UNSUB_TIME", "2024-04-01 09:00:00", [word(FileStatus.UNSUBSCRIBED)]),
        ("Bounced", "hard_bounce", [word(FileStatus.BOUNCED)]),
    ],
)
def test_columns_on_consent_become_words(heading: str, cell: str, words: list[FileWord] | None) -> None:
    (row,) = rows_of(CUSTOMERS, f"Email,{heading}\nida@example.com,{cell}\n")
    assert row.get("consents") == words


def test_a_no_counts_before_a_yes_and_an_unknown_word_refuses_the_row() -> None:
    (row,) = rows_of(CUSTOMERS, "Email,Newsletter,Unsubscribed\nida@example.com,yes,2024-04-01\n")
    assert row["consents"] == [word(FileStatus.UNSUBSCRIBED)]
    found = problem_of(CUSTOMERS, "Email,Newsletter\nida@example.com,perhaps\n")
    assert (found.field, found.value) == ("Newsletter", "perhaps")
    assert found.external_id == "email:ida@example.com"
    found = problem_of(CUSTOMERS, "Email,Newsletter,Subscribed At\nida@example.com,yes,31/31/2024\n")
    assert found.field == "Subscribed At"


def test_a_column_status_of_a_list_of_subscribers_is_told_by_its_cells() -> None:
    text = "Email,Status\na@example.com,Subscribed\nb@example.com,Unsubscribed\nc@example.com,Cleaned\n"
    found = rows_of(CUSTOMERS, text)
    assert [row["consents"][0].status for row in found] == [
        FileStatus.SUBSCRIBED,
        FileStatus.UNSUBSCRIBED,
        FileStatus.BOUNCED,
    ]
    for other in ("Active", "yes", ""):
        (row,) = rows_of(CUSTOMERS, f"Email,Status\na@example.com,{other}\n")
        assert "consents" not in row
