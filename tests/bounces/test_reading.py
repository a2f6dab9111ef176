"""Returned mail as servers write it, read for what it says; and mail that means harm."""

from __future__ import annotations

import base64
import quopri
import time
from pathlib import Path

import pytest

from crm_graphql.bounces.mail.reading import PARTS, READ_BYTES, Understood, read_mail
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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"abuse\r\n", b"Abuse (of mail)\r\n"),
        (b"message/rfc822", b"message/global"),
        (b"message/rfc822", b"text/rfc822-headers"),
    ],
)
def test_a_complaint_is_one_however_it_is_written(old: bytes, new: bytes) -> None:
    written = mail("complaint")
    assert old in written
    understood = read_mail(written.replace(old, new))
    assert understood is not None
    assert understood.kind is Returned.COMPLAINT
    assert understood.mentions.count("{sender}") == 2


def test_microsofts_complaint_is_the_mail_itself() -> None:
    loop = (
        "Subject: complaint about message from 192.0.2.1\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: message/rfc822\r\n\r\nX-HmXmrOriginalRecipient: ida@b.example\r\n"
        "Authentication-Results: b.example; spf=pass smtp.mailfrom={sender}\r\n\r\nHi\r\n--x--\r\n"
    )
    understood = read_mail(loop.encode())
    assert understood is not None
    assert understood.kind is Returned.COMPLAINT
    assert "{sender}" in understood.mentions
    assert read_mail(loop.replace("X-HmXmr", "X-").encode()) is None


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
        ("Action: failed;\r\nStatus: 5.1.1", (H, "5.1.1")),
        ("Action: failed\r\nStatus: 5.1.0\r\nDiagnostic-Code: smtp ; 5.1.0 - Unknown address", (H, "5.1.0")),
        ("Action: failed\r\nStatus: 5.1.351\r\nDiagnostic-Code: smtp;550 unknown recipient", (H, "5.1.351")),
        ("Action: failed\r\nStatus: 5.1.0\r\nDiagnostic-Code: smtp;550 a@b: blocked", (P, "5.1.0")),
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


@pytest.mark.parametrize("action", ["expanded", "relayed", "delivered"])
def test_who_got_it_does_not_answer_for_those_it_was_passed_on_to(action: str) -> None:
    blocks = f"Action: {action}\r\nStatus: 2.0.0\r\n\r\nAction: failed\r\nStatus: 5.1.1"
    assert read_mail(report(blocks)) is None


@pytest.mark.parametrize("type_", ["message/delivery-status", "message/global-delivery-status"])
def test_a_status_may_be_in_any_encoding(type_: str) -> None:
    status = (
        "Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: utf-8; jürgen@b\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    for name, encoded in (
        ("base64", base64.encodebytes(status.encode())),
        ("quoted-printable", quopri.encodestring(status.encode())),
    ):
        written = report("", type_=f"{type_}\r\nContent-Transfer-Encoding: {name}")
        assert read_mail(written.replace(b"Reporting-MTA: dns; a\r\n", encoded)) == Understood(H, "5.1.1")


def test_an_empty_status_leaves_it_to_the_words() -> None:
    # As Gmail has it where a server of the sender's own is at fault.
    text = "** Message not delivered **\r\n\r\nIt couldn't be delivered to ida@b.example: 550 5.2.2 Quota\r\n"
    parts = f"--x\r\nContent-Type: text/plain\r\n\r\n{text}--x\r\n".encode()
    empty = report("").replace(b"Reporting-MTA: dns; a", b"").replace(b"--x\r\n", parts, 1)
    understood = read_mail(b"X-Failed-Recipients: ida@b.example\r\nAuto-Submitted: auto-replied\r\n" + empty)
    assert understood is not None
    assert (understood.kind, understood.code) == (S, "5.2.2")


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
        ("5.1.0", "", S),
        ("5.2.0", "Quota exceeded", S),
        ("5.3.0", "Addressee unknown", H),
        ("5.0.0", "This user doesn't have a b.example account", H),
        ("5.0.0", "user unknown <policy@b.example>", H),
        ("5.0.0", "Bad DNS PTR resource record", P),
        ("5.7.0", "user unknown", P),
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


def test_a_reply_that_quotes_a_failure_is_none() -> None:
    assert read_mail(mail("qmail")) is not None
    assert read_mail(b"Auto-Submitted: auto-replied\r\n" + mail("qmail")) is None


def test_only_the_beginning_of_a_mail_of_few_parts_is_read() -> None:
    good = report("Action: failed\r\nStatus: 5.1.1")
    assert read_mail(good) == Understood(H, "5.1.1")
    assert read_mail(good + b"boundary " * PARTS) is None
    long_text = b"--x\r\nContent-Type: text/plain\r\n\r\n" + b"a\r\n" * READ_BYTES
    assert read_mail(good.replace(b"--x\r\n", long_text + b"--x\r\n", 1)) is None
