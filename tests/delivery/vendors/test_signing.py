"""DKIM: what we sign is what dkimpy's verifier takes, and nothing that changed on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from crm_graphql.delivery.vendors.mail import signing
from crm_graphql.delivery.vendors.mail.building import build
from crm_graphql.delivery.vendors.mail.signing import DkimSigner, KeyUnusable
from tests.delivery.vendors.test_mail import MESSAGE, PDF, SENDER

MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@cache
def key() -> RSAPrivateKey:
    return generate_private_key(65_537, 2_048)


def pem(form: PrivateFormat = PrivateFormat.TraditionalOpenSSL) -> str:
    return key().private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def record(name: bytes, *, timeout: int = 5) -> bytes:
    assert name == b"s1._domainkey.sender.example."
    public = key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + b"".join(public.split(b"\n")[1:-2])


def is_good(content: bytes) -> bool:
    return bool(dkim.verify(content, dnsfunc=record))


def signed(content: bytes) -> bytes:
    return DkimSigner(domain="sender.example", selector="s1", key=pem()).signed(content, MOMENT)


@pytest.fixture
def content() -> bytes:
    return build(
        replace(MESSAGE, html="<p>Größe</p>", attachments=(PDF,), subject="Größe 🎉"), SENDER
    ).content


def test_a_signature_is_good_and_the_same_each_time(content: bytes) -> None:
    found = signed(content)
    assert is_good(found)
    assert found == signed(content)
    assert found.endswith(content)
    assert b"t=1772600767" in found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"List-Unsubscribe: <https://crm", b"List-Unsubscribe: <https://evil"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Clicks"),
        (b"Feedback-ID: ", b"Feedback-ID: other:"),
        (b"List-Id: <", b"List-Id: <x"),
        (b"From: Acme", b"From: Bank"),
        (b"Subject: ", b"Subject: Re: "),
        (b"\r\nDate:", b"\r\nReply-To: x@evil.example\r\nDate:"),
        (b"\r\nDate:", b"\r\nFrom: x@evil.example\r\nDate:"),
        (b"Gr=C3=B6=C3=9Fe", b"Kl=C3=B6=C3=9Fe"),
    ],
)
def test_what_was_changed_on_the_way_is_not(content: bytes, before: bytes, after: bytes) -> None:
    found = signed(content)
    assert before in found
    assert not is_good(found.replace(before, after, 1))


def test_a_second_sender_would_break_it(content: bytes) -> None:
    # The verifier refuses two of them by itself; those that do not find it signed that there is one.
    head = b" ".join(signed(content).partition(b"\r\nFrom: ")[0].split())
    assert b"h=from : from : to" in head


@pytest.mark.parametrize("name", [b"Date", b"Message-ID"])
def test_what_relays_write_anew_is_not_signed(content: bytes, name: bytes) -> None:
    found = signed(content)
    assert is_good(found.replace(b"\r\n" + name + b": ", b"\r\n" + name + b": x", 1))


def test_keys_are_taken_as_people_have_them(content: bytes) -> None:
    for text in (pem(), pem(PrivateFormat.PKCS8), pem().replace("\n", "\\n"), pem().replace("\n", "\r\n")):
        signer = DkimSigner(domain="sender.example", selector="s1", key=text)
        assert is_good(signer.signed(content, MOMENT))


@pytest.mark.parametrize(
    "text", ["", "x", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"]
)
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(KeyUnusable) as refused:
        DkimSigner(domain="sender.example", selector="s1", key=text)
    assert "AAAA" not in str(refused.value)


def test_a_key_that_nobody_believes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing here makes keys as short as those that nobody believes.
    monkeypatch.setattr(signing, "_KEY_BITS", 3_072)
    with pytest.raises(KeyUnusable, match="3072 bits"):
        DkimSigner(domain="sender.example", selector="s1", key=pem())
