"""Twilio's signature: what its own library says of a call is what we say, and nothing altered passes."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from crm_graphql.delivery.webhooks.twilio_signature import Signers, is_signed
from tests.twilio.server import TOKEN, Sent, callback, signature, signed

URL = "https://crm.example/webhooks/twilio?key=65f000000000000000000001-1"
SHARED = "the-secret-of-a-shared-key"
SIGNERS = Signers(TOKEN, SHARED)
FIELDS = {"MessageSid": "SM1", "MessageStatus": "delivered", "To": "+491511", "Body": "Grüße & more"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def holds(
    url: str, fields: dict[str, str], given_signature: str, signers: Signers = SIGNERS, settings: str = ""
) -> bool:
    form = {name: [value] for name, value in fields.items()}
    headers = {"x-twilio-signature": given_signature}
    if settings:
        headers["x-twilio-webhooks-signature-settings"] = settings
    return is_signed(headers, url, form, b"", signers)


@given(st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=6))
def test_what_twilios_library_signs_holds_and_what_we_sign_holds_there(fields: dict[str, str]) -> None:
    validator = RequestValidator(TOKEN)
    assert holds(URL, fields, validator.compute_signature(URL, fields))
    assert validator.validate(URL, fields, signature(URL, fields))


def test_the_stand_ins_callback_is_one_that_twilios_library_takes() -> None:
    url, headers, body = callback(
        Sent("SM1", {"To": "+491511", "StatusCallback": URL + "#rc=5"}), "failed", 30003
    )
    fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert url == URL
    assert RequestValidator(TOKEN).validate(url, fields, headers["x-twilio-signature"])


def test_a_field_that_comes_several_times_counts_with_each_value_once() -> None:
    class Several(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    form = {"b": ["2", "1", "2"], "a": ["x"]}
    given_signature = RequestValidator(TOKEN).compute_signature(URL, Several(form))
    assert is_signed({"x-twilio-signature": given_signature}, URL, form, b"", SIGNERS)


@pytest.mark.parametrize(
    "public", ["https://crm.example", "https://crm.example:443", "http://crm.example:80"]
)
@pytest.mark.parametrize("written", ["{}", "{}:443", "{}:80"])
def test_the_usual_port_may_be_written_or_not(public: str, written: str) -> None:
    path = "/webhooks/twilio"
    scheme, _, host = public.partition("://")
    called = f"{scheme}://{written.format(host.partition(':')[0])}{path}"
    expected = RequestValidator(TOKEN).validate(public + path, FIELDS, signature(called, FIELDS))
    assert holds(public + path, FIELDS, signature(called, FIELDS)) is expected
    assert expected is (written == "{}" or written.endswith("443") is (scheme == "https"))


def test_a_port_of_its_own_is_part_of_the_address() -> None:
    url = "https://crm.example:8443/webhooks/twilio"
    assert holds(url, FIELDS, signature(url, FIELDS))
    assert not holds(url, FIELDS, signature(url.replace(":8443", ":9443"), FIELDS))


def test_the_wish_for_retries_may_be_part_of_the_address() -> None:
    assert holds(URL, FIELDS, signature(f"{URL}#rc=5&rp=5xx,ct,rt", FIELDS))


@pytest.mark.parametrize(
    ("url", "fields", "given_signature"),
    [
        (URL, {**FIELDS, "MessageStatus": "failed"}, signature(URL, FIELDS)),
        (URL, {**FIELDS, "Extra": ""}, signature(URL, FIELDS)),
        (URL.replace("1-1", "2-1"), FIELDS, signature(URL, FIELDS)),
        (URL.replace("crm.", "other."), FIELDS, signature(URL, FIELDS)),
        (URL, FIELDS, signature(URL, FIELDS, secret="guessed")),
        (URL, FIELDS, signature(URL, FIELDS, digest=hashlib.sha256)),
        (URL, FIELDS, signature(URL, FIELDS)[:-2]),
        (URL, FIELDS, ""),
        (URL, FIELDS, "é€"),
    ],
)
def test_whatever_is_altered_does_not_hold(url: str, fields: dict[str, str], given_signature: str) -> None:
    assert holds(URL, FIELDS, signature(URL, FIELDS))
    assert not holds(url, fields, given_signature)


def test_without_a_secret_nothing_holds() -> None:
    assert not holds(URL, FIELDS, signature(URL, FIELDS, secret=""), Signers("", ""))


def test_a_shared_key_signs_with_sha_256_where_one_is_set() -> None:
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    strong = RequestValidator(SHARED).compute_signature(URL, FIELDS, "HMAC_SHA256")
    assert holds(URL, FIELDS, strong, settings=settings)
    # Neither by the other secret, nor without one, nor by an algorithm that nobody knows.
    assert not holds(URL, FIELDS, signature(URL, FIELDS, digest=hashlib.sha256), settings=settings)
    empty = signature(URL, FIELDS, secret="", digest=hashlib.sha256)
    assert not holds(URL, FIELDS, empty, Signers(TOKEN), settings=settings)
    assert not holds(URL, FIELDS, strong, settings="key=k,algorithm=HMAC_MD5")
    assert not holds(URL, FIELDS, strong)


def test_a_body_of_json_is_held_by_its_hash_in_the_address() -> None:
    body = b'{"MessageStatus": "sent"}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"x-twilio-signature": signature(url, {})}
    assert RequestValidator(TOKEN).validate(url, body.decode(), headers["x-twilio-signature"])
    assert is_signed(headers, url, None, body, SIGNERS)
    assert not is_signed(headers, url, None, body + b" ", SIGNERS)
    # An address that was signed for something else says nothing of a body.
    assert not is_signed({"x-twilio-signature": signature(URL, {})}, URL, None, body, SIGNERS)


def test_a_signed_call_holds_as_it_is_made() -> None:
    _, headers, body = signed(URL, FIELDS)
    assert is_signed(headers, URL, parse_qs(body.decode()), body, SIGNERS)
