"""TLS to a relay: asked for, never "if it is offered", and with a certificate that is looked at."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.carrier import close_carriers
from crm_graphql.delivery.vendors.port import OutcomeStatus, OutgoingMessage, VendorUnavailable
from crm_graphql.delivery.vendors.smtp.carrier import smtp_carrier
from crm_graphql.delivery.vendors.smtp.vendor import SmtpVendor
from tests.delivery.vendors.contract import new_key
from tests.delivery.vendors.smtp_settings import LOGIN, relay_settings
from tests.servers.relay import Relay, running_relay


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself, with its key in the same file."""
    key, now = generate_private_key(65_537, 2_048), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "relay.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate)
    return made


@asynccontextmanager
async def vendor_of(relay: Relay, **changes: Any) -> AsyncIterator[SmtpVendor]:
    relay.login = LOGIN
    carrier = smtp_carrier(relay_settings(relay, **changes))
    assert isinstance(carrier.vendor, SmtpVendor)
    yield carrier.vendor
    await close_carriers([carrier])


async def send(vendor: SmtpVendor) -> OutcomeStatus:
    message = OutgoingMessage(new_key(), Channel.EMAIL, "a@reader.example", "Hello", "Hi")
    (outcome,) = await vendor.send([message], deadline_seconds=5.0)
    return outcome.status


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_messages_go_over_a_protected_connection(certificate: Path, security: str) -> None:
    async with (
        running_relay(tls=context(certificate), tls_from_the_first_byte=security == "tls") as relay,
        vendor_of(relay, smtp_security=security, smtp_ca_file=str(certificate)) as vendor,
    ):
        assert await send(vendor) is OutcomeStatus.ACCEPTED
        assert await vendor.check() is None
        assert relay.logins == 2


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path, security: str) -> None:
    async with (
        running_relay(tls=context(certificate), tls_from_the_first_byte=security == "tls") as relay,
        vendor_of(relay, smtp_security=security) as vendor,
    ):
        with pytest.raises(VendorUnavailable, match="certificate"):
            await send(vendor)
        assert relay.logins == 0
        assert not relay.received


async def test_a_relay_that_offers_no_starttls_gets_no_password(certificate: Path) -> None:
    async with (
        running_relay() as relay,
        vendor_of(relay, smtp_security="starttls", smtp_ca_file=str(certificate)) as vendor,
    ):
        with pytest.raises(VendorUnavailable, match="STARTTLS"):
            await send(vendor)
        assert relay.logins == 0
        said = await vendor.check()
        assert said is not None
        assert "CRM_SMTP_SECURITY" in said
