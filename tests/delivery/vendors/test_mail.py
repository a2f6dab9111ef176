"""E-mail as bytes: what goes over the wire, with names and texts that want to be something else."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.core.mailboxes import Mailbox, NoMailbox
from crm_graphql.delivery.vendors.mail import building
from crm_graphql.delivery.vendors.mail.building import MailSender, Unbuildable, build, sender_id
from crm_graphql.delivery.vendors.port import Attachment, OutgoingMessage

SENDER = MailSender(Mailbox.of("news@sender.example"), "Acme", "sender.example")
KEY = "0123456789abcdef01234567-3"
URL = "https://crm.sender.example/u/" + "aB3-_x" * 35
PDF = Attachment("media", "Größe \r\nX-Evil: 1.pdf", "application/pdf", b"%PDF-1.7 " * 500)
MESSAGE = OutgoingMessage(
    KEY,
    Channel.EMAIL,
    "person@reader.example",
    "Hello",
    "Hi",
    tag="65a1b2c3d4e5f60718293a4b",
    unsubscribe_url=URL,
    created_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
)
HOSTILE = [
    "=?utf-8?q?hi=0D=0ABcc=3A_x=40evil.example?=",
    "=?utf-8?b?aGkNCkJjYzogeEBldmlsLmV4YW1wbGU=?=",
    "=?utf-8?q?a=0ABcc=3Ax=40evil.example?= and more",
    "a\r\nBcc: x@evil.example",
    "a\nBcc: x@evil.example",
    "a\rBcc: x@evil.example",
    "a\u2028Bcc: x@evil.example",
    "a\x00b",
    "a\x0bBcc: x@evil.example",
]


def content_of(**changes: object) -> bytes:
    return build(replace(MESSAGE, **changes), SENDER).content  # type: ignore[arg-type]


def head_of(content: bytes) -> list[bytes]:
    return content.partition(b"\r\n\r\n")[0].split(b"\r\n")


def read(content: bytes) -> EmailMessage:
    found = message_from_bytes(content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_what_programs_read_whole_stays_one_line() -> None:
    head = head_of(content_of())
    assert len(URL) > 200
    assert f"List-Unsubscribe: <{URL}>".encode() in head
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in head
    assert f"Feedback-ID: {MESSAGE.tag}:email:crm:sender.example".encode() in head
    assert f"Message-ID: <{KEY}@sender.example>".encode() in head
    assert b"List-Id: <campaigns.sender.example>" in head


def test_the_button_leads_to_a_name_beyond_ascii_too() -> None:
    content = content_of(unsubscribe_url="https://bücher.example:8443/größe/u?to=ß")
    expected = b"List-Unsubscribe: <https://xn--bcher-kva.example:8443/gr%C3%B6%C3%9Fe/u?to=%C3%9F>"
    assert expected in head_of(content)
    assert content.isascii()


def test_each_header_of_bulk_mail_stands_there_once() -> None:
    names = [line.partition(b":")[0].decode() for line in head_of(content_of()) if not line.startswith(b" ")]
    expected = "From To Subject Date Message-ID List-Unsubscribe List-Unsubscribe-Post List-Id Feedback-ID"
    assert names[: len(expected.split())] == expected.split()
    assert len(names) == len(set(names))


def test_what_people_cannot_opt_out_of_offers_no_button() -> None:
    assert b"List-" not in content_of(unsubscribe_url=None)


def test_the_same_message_is_the_same_bytes_and_another_attempt_is_not() -> None:
    rich = {"html": "<p>Hi</p>", "attachments": (PDF,)}
    assert content_of(**rich) == content_of(**rich)
    assert content_of(**rich) != content_of(**rich, key=f"{KEY[:-1]}4")
    assert b"Date: Wed, 04 Mar 2026 05:06:07 +0000" in head_of(content_of())
    # Without a moment of its own, that in the key.
    assert content_of(created_at=None) == content_of(created_at=None)


@pytest.mark.parametrize("subject", HOSTILE)
def test_a_subject_makes_no_header_of_its_own(subject: str) -> None:
    with pytest.raises(Unbuildable, match="Subject"):
        content_of(subject=subject)


@pytest.mark.parametrize("subject", HOSTILE[:3])
def test_the_finished_head_is_looked_at_once_more(subject: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_NOT_IN_A_LINE", re.compile("(?!)"))
    with pytest.raises(Unbuildable):
        content_of(subject=subject)


def test_a_line_that_servers_would_cut_is_refused() -> None:
    assert content_of(unsubscribe_url=f"https://a.example/{'x' * 900}")
    with pytest.raises(Unbuildable, match="998"):
        content_of(unsubscribe_url=f"https://a.example/{'x' * 1_000}")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_senders_name_makes_no_header_of_its_own(name: str) -> None:
    try:
        content = content_of(from_name=name)
    except Unbuildable:
        return
    assert b"\nBcc" not in content
    found = read(content)["From"]
    assert [one.addr_spec for one in found.addresses] == ["news@sender.example"]


@pytest.mark.parametrize(
    "name",
    [
        *("Smith, Bob <b@evil.example>", 'A "quoted" name', "Ü & Söhne, GmbH", "😀 Acme"),
        # So long that they are folded.
        *(f"b@evil.example, {'x' * 60}", f"Bob <b@evil.example>, {'x y ' * 18}", 'a"b\\c, ' * 14),
        *('"' * 100, "\\" * 100, f"b@evil.example, {'ü' * 50}", "Ü Smith, Bob " * 7, "😀" * 100),
    ],
)
def test_a_senders_name_is_one_name_of_one_address(name: str) -> None:
    content = content_of(from_name=name)
    assert max(map(len, head_of(content))) < 300
    (address,) = read(content)["From"].addresses
    # Older Pythons read a space between encoded words, where there is none.
    assert address.display_name.replace(" ", "") == name.replace(" ", "")
    assert address.addr_spec == "news@sender.example"


@pytest.mark.parametrize(
    "reply_to", ["a@b.example\r\nBcc: x@evil.example", "nobody", "a b@c.example", "ü@c.example"]
)
def test_an_address_to_reply_to_is_one(reply_to: str) -> None:
    with pytest.raises(Unbuildable, match="Reply-To"):
        content_of(reply_to=reply_to)
    assert read(content_of(reply_to="help@sender.example"))["Reply-To"] == "help@sender.example"


@pytest.mark.parametrize(
    "subject",
    ["Sale 🎉", "👨‍👩‍👧‍👦 family", "ü" * 300, "x" * 2_000, "a\tb", "100\u00a0%", "", "Ⅷ ＡＢＣ"],
)
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    content = content_of(subject=subject)
    assert all(len(line) <= 76 for line in head_of(content) if not line.startswith((b"List", b"Feed")))
    words = re.findall(rb"=\?utf-8\?.\?[^?]*\?=", content)
    assert all(len(word) <= 75 for word in words)
    assert read(content)["Subject"] == subject.replace("\t", " ")


@pytest.mark.parametrize(
    "body",
    ["Hi\n.\nBye", ".leading\n..dots\n", "x" * 2_000, "ü😀" * 900, "From me\n", "a\r\nb\rc\nd", " \n\n "],
)
def test_a_text_arrives_as_it_was_written(body: str) -> None:
    content = content_of(body=body)
    assert content.isascii()
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    arrived = read(content).get_content()
    assert arrived.rstrip("\n").splitlines() == body.rstrip("\n").splitlines()


def test_both_texts_and_files_nest_as_mail_programs_want_them() -> None:
    found = read(content_of(html="<p>Größe</p>", attachments=(PDF, replace(PDF, content_type="text/plain"))))
    assert found.get_content_type() == "multipart/mixed"
    alternative, *files = found.iter_parts()
    assert isinstance(alternative, EmailMessage)
    assert alternative.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in alternative.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert [part.get_content_type() for part in files] == ["application/pdf", "text/plain"]
    assert files[0].get_payload(decode=True) == PDF.content
    assert files[0].get_filename() == "Größe __X-Evil_ 1.pdf"


def test_signs_that_no_server_takes_are_left_out_of_texts() -> None:
    content = content_of(body="a\x00b\x08c", html="<p>\x00x</p>")
    assert b"\x00" not in content
    assert b"abc" in content


def test_half_a_sign_is_told_of_one_message() -> None:
    with pytest.raises(Unbuildable):
        content_of(body="\ud800")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a@faß.example", "a@xn--fa-hia.example"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@mail_1.example", "a@mail_1.example"),
        ("o'hara+x@reader.example", "o'hara+x@reader.example"),
        ("Ünal@reader.example", "Ünal@reader.example"),
    ],
)
def test_an_address_has_an_ascii_domain(address: str, expected: str) -> None:
    mail = build(replace(MESSAGE, address=address), SENDER)
    assert mail.recipient.address == expected
    assert mail.recipient.needs_utf8 is not expected.isascii()
    assert f"To: {expected}".encode() in head_of(mail.content)


@pytest.mark.parametrize(
    "address",
    [
        *("", "a", "@b.example", "a@", "a b@c.example", "a@b.example\r\nDATA", "<a@b.example>"),
        *('"a b"@c.example', f"a@{'ü' * 64}.example", f"{'ü' * 33}@c.example", "a\x00@c.example"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(NoMailbox):
        build(replace(MESSAGE, address=address), SENDER)


def test_who_counts_complaints_knows_the_sender_by_5_to_15_characters() -> None:
    for domain in ("a.de", "sender.example", "a-very-long-name.of-a-sender.example"):
        assert 5 <= len(sender_id(domain)) <= 15
    assert sender_id("example.com") == "example.com"


def test_a_long_name_beyond_ascii_gets_no_space_too_many() -> None:
    head = content_of(from_name="😀" * 100).partition(b"\r\nTo: ")[0].decode()
    words = re.findall(r"=\?utf-8\?b\?([^?]+)\?=", head)
    assert "".join(b64decode(word).decode() for word in words) == "😀" * 100
    assert max(map(len, head.split("\r\n"))) <= 76
