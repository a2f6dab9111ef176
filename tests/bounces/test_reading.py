"""Returned mail as servers write it, read for what it says; and mail that means harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from crm_graphql.bounces.mail.reading import READ_BYTES, Understood, read_mail
from crm_graphql.delivery.webhooks.codes import kind_of
from crm_graphql.delivery.webhooks.port import Returned

MAILS = Path(__file__).parents[1] / "data" / "returned"
H, S, C, P = Returned.HARD, Returned.SOFT, Returned.CONTENT, Returned.POLICY


def mail(name: str) -> bytes:
    """One of the mails, with the ends of lines that it has on its way."""
    return (MAILS / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")


def report(fields: str, *, type_: str = "message/delivery-status") -> bytes:
    """A notice with this block of a recipient."""
    return (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        f"--x\r\nContent-Type: {type_}\r\n\r\nReporting-MTA: dns; a\r\n\r\n{fields}\r\n--x--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("name", "kind", "code", "words"),
    [
        ("postfix", H, "5.1.1", "Recipient address rejected: User unknown in virtual"),
        ("postfix_expired", S, "4.4.1", "Connection timed out"),
        ("exim", H, "5.0.0", "550 No such user here"),
        ("exim_old", P, "5.7.1", "554 5.7.1 Message rejected as spam"),
        ("exchange_online", H, "5.1.10", "RESOLVER.ADR.RecipientNotFound"),
        ("exchange_old", H, None, "The recipient name is not recognized"),
        ("gmail", H, "5.1.1", "does not exist. Please try 550-5.1.1 double-checking"),
        ("ses", S, "5.2.2", "over quota"),
        ("qmail", H, "5.1.1", "no mailbox here by that name"),
        ("policy", P, "5.7.26", "unauthenticated"),
        ("utf8", H, "5.1.1", "jürgen"),
    ],
)
def test_each_servers_notice_says_what_it_means(
    name: str, kind: Returned, code: str | None, words: str
) -> None:
    understood = read_mail(mail(name))
    assert understood is not None
    assert (understood.kind, understood.code) == (kind, code)
    assert words in (understood.text or "")
    assert "\n" not in (understood.text or "")


@pytest.mark.parametrize("name", ["postfix_delayed", "vacation"])
def test_what_is_no_failure_is_no_news(name: str) -> None:
    assert read_mail(mail(name)) is None


def test_a_complaint_names_the_message() -> None:
    understood = read_mail(mail("complaint"))
    assert understood is not None
    assert understood.kind is Returned.COMPLAINT
    assert understood.mentions.count("{sender}") == 2


@pytest.mark.parametrize("type_", ["not-spam", "auth-failure", "virus", ""])
def test_a_report_of_something_else_is_no_complaint(type_: str) -> None:
    assert read_mail(mail("complaint").replace(b"abuse\r\n", f"{type_}\r\n".encode())) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("Action: failed\r\nStatus: 5.1.1 (bad destination)", (H, "5.1.1")),
        ("Status: 5.1.1", (H, "5.1.1")),
        ("Action: FAILED (unknown)\r\nStatus:\r\n 5.1.2", (H, "5.1.2")),
        ("Action: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 5.2.1 off", (H, "5.2.1")),
        ("Action: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: x\r\n y", (S, "5.0.0")),
        ("Action: failed", (S, None)),
        ("Action: failed\r\nStatus: 4.7.1", (P, "4.7.1")),
        ("Action: failed\r\nStatus: 5.3.4", (C, "5.3.4")),
        ("Action: relayed\r\nStatus: 2.0.0", None),
        ("Action: delayed\r\nStatus: 5.1.1", None),
        ("Status: 4.4.1", None),
        ("", None),
    ],
)
def test_a_block_is_read_with_what_servers_leave_out_or_add(
    fields: str, expected: tuple[Returned, str | None] | None
) -> None:
    understood = read_mail(report(fields))
    assert (understood and (understood.kind, understood.code)) == expected


def test_the_first_recipient_that_failed_counts() -> None:
    blocks = "Action: delayed\r\nStatus: 4.4.1\r\n\r\nAction: failed\r\nStatus: 5.1.1"
    assert read_mail(report(blocks)) == Understood(H, "5.1.1")


def test_a_notice_within_the_returned_mail_is_not_of_this_one() -> None:
    inner = report("Action: failed\r\nStatus: 5.1.1").decode()
    outer = (
        "Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\nContent-Type: text/plain\r\n\r\nHi\r\n"
        f"--y\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--y--\r\n"
    )
    assert read_mail(outer.encode()) is None


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("5.1.1", "spam", H),
        ("5.7.1", "user unknown", P),
        ("5.1.8", "", P),
        ("5.4.1", "", S),
        ("5.6.7", "", C),
        ("4.2.2", "", S),
        ("5.5.0", "mailbox unavailable", H),
        (None, "552 Quota exceeded", S),
        (None, "550 user unknown, see our policy", P),
        (None, "whatever", S),
        ("4.0.0", "user unknown", S),
    ],
)
def test_a_code_is_read_before_the_words(code: str | None, words: str, kind: Returned) -> None:
    assert kind_of(code, words) is kind


def nested(depth: int) -> bytes:
    head = "".join(
        f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n" for number in range(depth)
    )
    return head.encode() + b"Content-Type: text/plain\r\n\r\n" + b"line\r\n" * 5_000


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 1_000,
        b"\xff\xfe" * 50_000,
        nested(30),
        nested(1_000),
        b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
        report("Action: failed\r\n" * 100_000),
        report("A" * (10 * 1024 * 1024)),
        b"Subject: " + b"=?utf-8?q?" * 50_000 + b"\r\n\r\n",
        b"Content-Type: multipart/report; boundary=\r\n\r\n--\r\n\r\n--\r\n",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n",
        report("Action: failed\r\nStatus: 5.1.1").replace(b"boundary=x", b'charset="no-such"; boundary=x'),
        b"Received: x\r\n" * 100_000,
        b"Subject: failure notice\r\n\r\nHi. This is the qmail\r\n\r\n" + b"<" * READ_BYTES,
        b"did not reach the following recipient(s):\r\n" + b"a@" * READ_BYTES,
    ],
    ids=range(15),
)
def test_mail_that_means_harm_is_read_in_bounded_time(raw: bytes) -> None:
    before = time.process_time()
    read_mail(raw)
    assert time.process_time() - before < 2


def test_broken_charsets_and_ends_do_not_hide_a_failure() -> None:
    cut = mail("postfix").replace(b"charset=utf-8", b'charset="x-\xff"')
    cut = cut[: cut.index(b"Undelivered Message Headers")]
    understood = read_mail(cut)
    assert understood is not None
    assert understood.kind is H
