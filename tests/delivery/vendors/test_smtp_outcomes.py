"""What an answer of a relay means, row by row: by phase, by code, by enhanced code."""

from __future__ import annotations

from itertools import product

import pytest

from crm_graphql.core.texts import is_storable
from crm_graphql.delivery.vendors.port import Fault
from crm_graphql.delivery.vendors.smtp.outcomes import (
    FULL_SECONDS,
    GREYLIST_SECONDS,
    Phase,
    Verdict,
    enhanced_code,
    is_hard_bounce,
    verdict_of,
    words_of,
)
from crm_graphql.delivery.vendors.smtp.patience import CONTENT_LIMIT, POLICY_LIMIT, Patience

MAIL, RCPT, DATA = Phase
HARD = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
POLICY = Verdict(Fault.ACCOUNT, is_policy=True)


@pytest.mark.parametrize(
    ("phase", "answer", "expected"),
    [
        # Before the recipient is named: the relay is busy, or objects to our sender.
        (MAIL, "421 4.3.2 Closing", Verdict(Fault.TRANSIENT, slows=True)),
        (MAIL, "451 4.3.0 Try again", Verdict(Fault.TRANSIENT, slows=True)),
        (MAIL, "450 4.7.1 Too much mail", Verdict(Fault.TRANSIENT, GREYLIST_SECONDS, slows=True)),
        (MAIL, "550 5.7.1 Sender not allowed", Verdict(Fault.ACCOUNT)),
        (MAIL, "553 Sender not verified", Verdict(Fault.ACCOUNT)),
        (MAIL, "530 5.7.0 Authentication required", Verdict(Fault.ACCOUNT)),
        (MAIL, "552 5.3.4 Message too big", Verdict(Fault.CONTENT)),
        (MAIL, "552 Too big", Verdict(Fault.CONTENT)),
        (MAIL, "503 Sender already given", Verdict(Fault.TRANSIENT)),
        # Of one recipient.
        *((RCPT, f"550 {code} No", Verdict(Fault.PERSON)) for code in HARD),
        (RCPT, "550 No such user", Verdict(Fault.PERSON)),
        (RCPT, "553 Mailbox name not allowed", Verdict(Fault.PERSON)),
        (RCPT, "501 Bad address syntax", Verdict(Fault.PERSON)),
        (RCPT, "556 5.1.10 Null MX", Verdict(Fault.PERSON)),
        (RCPT, "450 Greylisted", Verdict(Fault.TRANSIENT, GREYLIST_SECONDS)),
        (RCPT, "451 4.7.1 Greylisted", Verdict(Fault.TRANSIENT, GREYLIST_SECONDS)),
        (RCPT, "450 4.7.28 Rate", Verdict(Fault.TRANSIENT, GREYLIST_SECONDS, slows=True)),
        (RCPT, "452 4.2.2 Mailbox full", Verdict(Fault.TRANSIENT, FULL_SECONDS)),
        (RCPT, "552 5.2.2 Mailbox full", Verdict(Fault.TRANSIENT, FULL_SECONDS)),
        (RCPT, "552 Quota exceeded", Verdict(Fault.TRANSIENT, FULL_SECONDS)),
        (RCPT, "452 4.5.3 Too many recipients", Verdict(Fault.TRANSIENT)),
        (RCPT, "451 4.4.1 No answer from host", Verdict(Fault.TRANSIENT)),
        (RCPT, "450 4.3.2 System not accepting", Verdict(Fault.TRANSIENT)),
        (RCPT, "421 4.7.0 Slow down", Verdict(Fault.TRANSIENT, slows=True)),
        (RCPT, "552 5.2.3 Too long", Verdict(Fault.CONTENT)),
        (RCPT, "552 5.3.4 Too big", Verdict(Fault.CONTENT)),
        (RCPT, "550 5.6.7 Needs SMTPUTF8", Verdict(Fault.CONTENT)),
        # No route: soft, a domain may come back.
        (RCPT, "550 5.4.1 No route", Verdict(Fault.CONTENT)),
        (RCPT, "550 5.4.4 No route", Verdict(Fault.CONTENT)),
        # Policy is never the person's fault.
        *((RCPT, f"550 5.7.{detail} Policy", POLICY) for detail in (1, 20, 23, 25, 26, 29)),
        (RCPT, "554 Blocked", POLICY),
        (RCPT, "550 Relaying denied", POLICY),
        (RCPT, "530 5.7.0 Authentication required", Verdict(Fault.ACCOUNT)),
        # Of the sender, at whom Exim and Postfix look only now.
        (RCPT, "550 Verification failed for <news@a.example>\nSender verify failed", POLICY),
        (RCPT, "553 5.1.8 <news@a.example>: Sender address rejected: Domain not found", POLICY),
        (RCPT, "553 5.1.7 Bad sender address syntax", POLICY),
        (RCPT, "550 5.1.0 <news@a.example> sender rejected", POLICY),
        (RCPT, "504 5.5.2 <a>: Helo command rejected: need fully-qualified hostname", POLICY),
        (RCPT, "550 Your host is blacklisted, see https://lists.example", POLICY),
        (RCPT, "550 Log in first: authentication is required", POLICY),
        (RCPT, "550 <sender@reader.example> is unknown here", Verdict(Fault.PERSON)),
        # A code that says nothing is none.
        (RCPT, "550 5.1.0 Unknown address", Verdict(Fault.PERSON)),
        (RCPT, "550 5.5.0 Mailbox unavailable", Verdict(Fault.PERSON)),
        (RCPT, "503 5.5.1 MAIL first", Verdict(Fault.TRANSIENT)),
        # Of the message.
        (DATA, "451 4.3.0 Try again", Verdict(Fault.TRANSIENT)),
        (DATA, "421 4.3.2 Closing", Verdict(Fault.TRANSIENT, slows=True)),
        (DATA, "452 4.2.2 Mailbox full", Verdict(Fault.TRANSIENT, FULL_SECONDS)),
        (DATA, "554 5.7.1 Looks like spam", Verdict(Fault.CONTENT)),
        (DATA, "554 Transaction failed", Verdict(Fault.CONTENT)),
        (DATA, "550 5.1.1 Not the person's fault here", Verdict(Fault.CONTENT)),
        (DATA, "552 5.3.4 Too big", Verdict(Fault.CONTENT)),
        (DATA, "550 5.7.26 Not authenticated (DMARC)", POLICY),
    ],
)
def test_a_refusal_means_what_the_tables_say(phase: Phase, answer: str, expected: Verdict) -> None:
    assert verdict_of(phase, int(answer[:3]), answer[4:]) == expected


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("code", [-1, 0, 220, 251, 354, 600])
def test_what_is_no_refusal_is_a_surprise(phase: Phase, code: int) -> None:
    assert verdict_of(phase, code, "?") is None


def test_only_by_its_enhanced_code_a_refusal_says_that_nobody_is_there() -> None:
    assert all(is_hard_bounce(550, f"{code} No") for code in HARD)
    others = ("", "No such user", "5.7.1 Policy", "5.2.2 Full", "4.1.1 of another class")
    assert not any(is_hard_bounce(550, text) for text in others)
    assert not is_hard_bounce(450, "4.1.1 Later")


@pytest.mark.parametrize("phase", list(Phase))
def test_no_answer_but_that_of_a_recipient_is_the_persons_fault(phase: Phase) -> None:
    texts = ("", "{}.1.1 x", "{}.7.1 x", "{}.99.999 x")
    for code, text in product(range(400, 600), texts):
        verdict = verdict_of(phase, code, text.format(code // 100))
        assert verdict is not None
        if verdict.fault is Fault.PERSON:
            assert phase is Phase.RCPT
            assert code >= 500
        if code < 500:
            assert verdict.fault is Fault.TRANSIENT


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (550, "5.1.1 No such user", "1.1"),
        (550, "5.1.1\n5.1.1 No such user", "1.1"),
        (550, " 5.1.10 x", "1.10"),
        (550, "5.01.001 x", "1.1"),
        (550, "4.1.1 of another class", None),
        (550, "No such user (5.1.1)", None),
        (550, "5.1.1.9 is an address of the internet", None),
        (550, "", None),
    ],
)
def test_an_enhanced_code_stands_at_the_beginning_and_agrees(
    code: int, text: str, expected: str | None
) -> None:
    assert enhanced_code(code, text) == expected


def test_words_are_one_short_line() -> None:
    assert words_of(550, "5.1.1 No\nsuch\r\nuser") == "550 5.1.1 No such user"
    assert len(words_of(550, "x" * 5_000)) <= 400


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"Empf\xe4nger unbekannt", "Empfänger unbekannt"),
        ("Empfänger unbekannt".encode(), "Empfänger unbekannt"),
        (b"nobody\x00 here", "nobody? here"),
        ("\ud800 alone".encode("utf-8", "surrogatepass"), "í \x80 alone"),
    ],
)
def test_words_in_any_charset_can_be_kept(said: bytes, shown: str) -> None:
    # As the library reads what a server says.
    words = words_of(550, said.decode("utf-8", "surrogateescape"))
    assert words == f"550 {shown}"
    assert is_storable(words)


def test_one_policy_refusal_waits_and_several_in_a_row_are_ours() -> None:
    patience = Patience()
    for _ in range(POLICY_LIMIT - 1):
        assert patience.refused(POLICY).fault is Fault.TRANSIENT
    patience.took()
    for _ in range(POLICY_LIMIT - 1):
        assert patience.refused(POLICY).fault is Fault.TRANSIENT
    assert patience.refused(POLICY).fault is Fault.ACCOUNT


def test_a_message_that_nobody_is_sent_pauses_its_campaign() -> None:
    patience = Patience()
    refused = [patience.refused(Verdict(Fault.CONTENT)).fault for _ in range(CONTENT_LIMIT)]
    assert refused == [Fault.CONTENT] * (CONTENT_LIMIT - 1) + [Fault.ACCOUNT]


def test_a_relay_that_wants_less_is_left_alone_ever_longer() -> None:
    patience = Patience()
    assert patience.seconds_left == 0
    slow = Verdict(Fault.TRANSIENT, slows=True)
    patience.refused(slow)
    first = patience.seconds_left
    # Answers to what was under way together are one.
    patience.refused(slow)
    assert 4.5 < patience.seconds_left <= first <= 5
    patience._until = 0.0
    patience.refused(slow)
    assert 9.5 < patience.seconds_left <= 10
