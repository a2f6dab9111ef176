"""Amazon SNS as a topic's owner sees it: messages signed by a certificate made here, and its addresses.

After "Verifying the signatures of Amazon SNS messages" and "Amazon SNS message formats" in Amazon's guide.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
HOST = "https://sns.eu-west-1.amazonaws.com"
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class Sns:
    """Signs; serves its certificate; and notes what it was asked."""

    def __init__(self, *, days: int = 30, name: str = "a") -> None:
        self.key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        self.certificate_url = f"{HOST}/SimpleNotificationService-{name}.pem"
        self.asked: list[str] = []
        self.status = 200
        self._pem = self._certificate(days)

    def http(self) -> httpx.AsyncClient:
        """A client for which this is the whole internet."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer), follow_redirects=True)

    def message(self, content: Any, *, version: str = "2", **changes: Any) -> dict[str, Any]:
        """A signed notification; `changes` are made before it is signed."""
        made: dict[str, Any] = {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": TOPIC,
            "Message": content if isinstance(content, str) else json.dumps(content),
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "SignatureVersion": version,
            "SigningCertURL": self.certificate_url,
            **changes,
        }
        return {**made, "Signature": self.sign(made)}

    def confirmation(self, **changes: Any) -> dict[str, Any]:
        """That somebody wants to send us the notices of a topic."""
        values = {
            "Type": "SubscriptionConfirmation",
            "Token": "2336412f37",
            "SubscribeURL": "https://evil.example/?Action=ConfirmSubscription",
            **changes,
        }
        return self.message("You have chosen to subscribe to the topic.", **values)

    def sign(self, message: Mapping[str, Any]) -> str:
        names = _NOTIFICATION if message["Type"] == "Notification" else _CONFIRMATION
        text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
        algorithm = SHA1() if message["SignatureVersion"] == "1" else SHA256()
        return base64.b64encode(self.key.sign(text.encode(), PKCS1v15(), algorithm)).decode()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if self.status != 200:
            return httpx.Response(self.status, headers={"location": self.certificate_url + "?again"})
        return httpx.Response(200, content=self._pem)

    def _certificate(self, days: int) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .sign(self.key, SHA256())
        )
        return certificate.public_bytes(Encoding.PEM)


def event(kind: str, key: str = "", *, dialect: str = "eventType", **parts: Any) -> dict[str, Any]:
    """A notice of SES about the message with this key."""
    mail: dict[str, Any] = {
        "messageId": "0102019a7b6c5d4e",
        "timestamp": "2026-11-16T10:00:00.000Z",
        "source": "news@example.com",
        "destination": ["somebody.else@example.com", "c0@example.com"],
        "tags": {"ses:source-ip": ["192.0.2.1"], **({"crm-key": [key]} if key else {})},
        **parts.pop("mail", {}),
    }
    return {dialect: kind, "mail": mail, **parts, "futureField": {"of": ["any", "kind"]}}


def bounce(
    key: str = "", *, kind: str = "Permanent", subtype: str = "General", **recipient: Any
) -> dict[str, Any]:
    """That it bounced for c0@example.com."""
    one = {"emailAddress": "c0@example.com", "action": "failed", **recipient}
    details = {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [one], "feedbackId": "f"}
    return event("Bounce", key, bounce={**details, "timestamp": "2026-11-16T10:00:02.000Z"})


def complaint(key: str = "", *people: str, **details: Any) -> dict[str, Any]:
    """That somebody called it spam."""
    recipients = [{"emailAddress": one} for one in people or ("c0@example.com",)]
    return event("Complaint", key, complaint={"complainedRecipients": recipients, **details})
