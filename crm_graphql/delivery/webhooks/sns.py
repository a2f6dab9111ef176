"""Notices of Amazon SNS as they come by HTTP: whose they are, that they are unchanged, and of which topic.

Anybody can have a topic, and SNS signs for anybody: a signature says nothing until the topic is one of ours.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import httpx
import msgspec
from cachetools import TTLCache
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from structlog import get_logger

from crm_graphql.core.errors import Forbidden, InvalidInput, Unavailable
from crm_graphql.core.times import parse_moment

OLDEST = timedelta(days=7)
"""SNS tries for hours. What is older was said before, and may be said again by whoever kept it: after so
long nobody could tell any more that it is the same."""
NEWEST = timedelta(minutes=15)
CERTIFICATE_BYTES = 64 * 1024
FETCH_SECONDS = 5.0
CERTIFICATE_SECONDS = 24 * 3600
_CERTIFICATES_KEPT = 16

NOTIFICATION, SUBSCRIPTION = "Notification", "SubscriptionConfirmation"
_CERTIFICATE_URL = re.compile(
    r"https://sns\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?/[A-Za-z0-9_\-]+\.pem", re.ASCII
)
_ARN = re.compile(
    r"arn:aws(?P<china>-cn)?[a-z\-]*:sns:(?P<region>[a-z]{2}(-[a-z]+)+-\d):\d{12}:[\w.\-]{1,256}"
)
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
"""What is signed of each type, in this order."""

_certificates: TTLCache[str, x509.Certificate] = TTLCache(_CERTIFICATES_KEPT, CERTIFICATE_SECONDS)
_log = get_logger(__name__)


class SnsMessage(msgspec.Struct, frozen=True, rename="pascal"):
    """What SNS sends, whatever it is about."""

    type: str
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature: str
    signature_version: str
    signing_cert_url: str = msgspec.field(name="SigningCertURL")
    subject: str | None = None
    token: str | None = None
    subscribe_url: str | None = msgspec.field(default=None, name="SubscribeURL")

    def value(self, name: str) -> str | None:
        """A field by the name that SNS has for it."""
        return _VALUES[name](self)


_VALUES: Mapping[str, Callable[[SnsMessage], str | None]] = {
    "Message": lambda one: one.message,
    "MessageId": lambda one: one.message_id,
    "Subject": lambda one: one.subject,
    "SubscribeURL": lambda one: one.subscribe_url,
    "Timestamp": lambda one: one.timestamp,
    "Token": lambda one: one.token,
    "TopicArn": lambda one: one.topic_arn,
    "Type": lambda one: one.type,
}
_decode = msgspec.json.Decoder(SnsMessage).decode


def read_message(body: bytes) -> SnsMessage:
    """What the body holds. Raises InvalidInput; nothing of it is known to be true."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"This is no message of Amazon SNS: {error}") from None


async def check_message(
    message: SnsMessage,
    *,
    topics: Collection[str],
    takes_sha1: bool,
    http: httpx.AsyncClient,
    now: datetime,
) -> None:
    """Return where it is of one of our topics, recent, and signed by SNS.

    Raises Forbidden; Unavailable where SNS cannot be asked for its certificate.
    """
    if message.topic_arn not in topics:
        raise Forbidden("This topic is not one of CRM_SES_TOPIC_ARNS.")
    if message.type not in _SIGNED:
        raise Forbidden("SNS sends no message of this type.")
    _check_moment(message, now)
    algorithm = _algorithm(message, takes_sha1=takes_sha1)
    certificate = await _certificate(message.signing_cert_url, http)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Forbidden("The certificate of the signature is not valid now.")
    key = certificate.public_key()
    try:
        if not isinstance(key, RSAPublicKey):
            raise InvalidSignature
        signature = base64.b64decode(message.signature, validate=True)
        key.verify(signature, signed_text(message), PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError):
        raise Forbidden("The signature does not hold.") from None


def signed_text(message: SnsMessage) -> bytes:
    """What SNS signs: names and values, each on a line of its own."""
    lines = [
        f"{name}\n{value}\n" for name in _SIGNED[message.type] if (value := message.value(name)) is not None
    ]
    return "".join(lines).encode()


async def confirm_subscription(message: SnsMessage, http: httpx.AsyncClient) -> None:
    """Say yes to the topic of a checked message: at the address that its ARN has, not at one that it names.

    Raises Unavailable: SNS asks again.
    """
    found = _ARN.fullmatch(message.topic_arn)
    if found is None or not message.token:
        raise Forbidden("The subscription names no topic of Amazon SNS.")
    ending = ".cn" if found["china"] else ""
    query = {"Action": "ConfirmSubscription", "TopicArn": message.topic_arn, "Token": message.token}
    url = f"https://sns.{found['region']}.amazonaws.com{ending}/?{urlencode(query)}"
    await _get(url, http)
    _log.info("subscribed to a topic", topic=message.topic_arn)


def _check_moment(message: SnsMessage, now: datetime) -> None:
    try:
        age = now - parse_moment(message.timestamp)
    except ValueError:
        raise Forbidden("The message has no time.") from None
    if not -NEWEST <= age <= OLDEST:
        raise Forbidden(f"The message is of {message.timestamp[:40]}, not of now.")


def _algorithm(message: SnsMessage, *, takes_sha1: bool) -> HashAlgorithm:
    if message.signature_version == "2":
        return SHA256()
    if message.signature_version == "1" and takes_sha1:
        # What topics do until they are told otherwise, and only where the operator has said so.
        return SHA1()
    raise Forbidden(
        "Signatures of version 2 are taken alone: set SignatureVersion=2 for the topic. See "
        "docs/channels/returned-mail.md."
    )


async def _certificate(url: str, http: httpx.AsyncClient) -> x509.Certificate:
    """The certificate at an address of SNS. Raises Forbidden for any other address."""
    if (known := _certificates.get(url)) is not None:
        return known
    if not _CERTIFICATE_URL.fullmatch(url):
        raise Forbidden("The certificate is not at an address of Amazon SNS.")
    try:
        certificate = x509.load_pem_x509_certificate(await _get(url, http))
    except ValueError:
        raise Unavailable("Amazon SNS sent something else than its certificate.") from None
    _certificates[url] = certificate
    return certificate


async def _get(url: str, http: httpx.AsyncClient) -> bytes:
    """What is there, of bounded size, without following anywhere else. Raises Unavailable."""
    body = b""
    try:
        async with http.stream("GET", url, follow_redirects=False, timeout=FETCH_SECONDS) as answer:
            if answer.status_code != 200:
                raise Unavailable(f"Amazon SNS answers with status {answer.status_code}.")
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > CERTIFICATE_BYTES:
                    raise Unavailable("Amazon SNS answers with more than was asked for.")
    except httpx.HTTPError as error:
        raise Unavailable(f"Amazon SNS cannot be reached: {type(error).__name__}.") from None
    return body
