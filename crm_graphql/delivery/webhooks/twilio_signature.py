"""Signature of Twilio's calls: who has the account's token signed the public address and the form.

It is the base64 of an HMAC over the address that Twilio called, with its query, and for a form the names and
values of its parameters behind that, in the order of the names. Calls may say in a header of their own that a
shared key signed them, by SHA-256. A body of JSON is no part of it: its hash is, in the query.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from crm_graphql.delivery.vendors.twilio import RETRIES

SIGNATURE = "x-twilio-signature"
SETTINGS = "x-twilio-webhooks-signature-settings"
BODY_HASH = "bodySHA256"

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign: the account by its token (SHA-1), and a shared key by its secret (SHA-256); empty where
    there is none."""

    token: str
    shared: str = ""


def is_signed(headers: Mapping[str, str], url: str, form: Form | None, body: bytes, signers: Signers) -> bool:
    """Whether the call to the public address `url` is Twilio's. `form` is None for a body that is not one.

    What is compared is compared in the same time whatever it holds.
    """
    given = headers.get(SIGNATURE, "").encode("utf-8", "replace")
    algorithm = _algorithm(headers.get(SETTINGS, ""))
    secret = {"HMAC_SHA1": signers.token, "HMAC_SHA256": signers.shared}.get(algorithm, "")
    if not secret or (form is None and not _is_body(url, body)):
        return False
    digest = hashlib.sha1 if algorithm == "HMAC_SHA1" else hashlib.sha256
    tail = "".join(_parameters(form or {}))
    held = False
    for address in _addresses(url):
        mac = hmac.new(secret.encode(), (address + tail).encode("utf-8", "surrogatepass"), digest)
        held |= hmac.compare_digest(base64.b64encode(mac.digest()), given)
    return held


def _algorithm(settings: str) -> str:
    """As `key=...,algorithm=HMAC_SHA256` says; without it the old one."""
    parts = (part.partition("=") for part in settings.split(","))
    named = (value.strip().upper() for name, _, value in parts if name.strip() == "algorithm")
    return next((value for value in named if value), "HMAC_SHA1")


def _is_body(url: str, body: bytes) -> bool:
    hashes = parse_qs(urlsplit(url).query).get(BODY_HASH, [])
    given = (hashes[0] if hashes else "").encode("utf-8", "replace")
    return hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), given)


def _parameters(form: Form) -> Iterator[str]:
    for name in sorted(form):
        for value in sorted({*form[name]}):
            yield name + value


def _addresses(url: str) -> Iterator[str]:
    """The address as Twilio may have written it down: with the port that its scheme has anyway or without,
    and with what asks for retries behind it or without."""
    parts = urlsplit(url)
    host = parts.netloc
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
    without = host.removesuffix(f":{parts.port}") if parts.port else host
    for netloc in dict.fromkeys((host, without, without + usual)):
        address = parts._replace(netloc=netloc).geturl()
        yield address
        yield address + RETRIES
