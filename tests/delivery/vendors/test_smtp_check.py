"""What is wrong with a relay, in sentences that name the setting to look at, and no secret."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import SettingsError
from crm_graphql.delivery.vendors.carrier import close_carriers
from crm_graphql.delivery.vendors.port import OutgoingMessage, VendorAccountFault
from crm_graphql.delivery.vendors.smtp.carrier import smtp_carrier
from crm_graphql.delivery.vendors.smtp.vendor import SmtpVendor
from tests.delivery.vendors.contract import new_key
from tests.delivery.vendors.smtp_settings import LOGIN, relay_settings
from tests.servers.relay import CUT, Relay, running_relay


@asynccontextmanager
async def vendor_of(relay: Relay, **changes: Any) -> AsyncIterator[SmtpVendor]:
    carrier = smtp_carrier(relay_settings(relay, **changes))
    assert isinstance(carrier.vendor, SmtpVendor)
    yield carrier.vendor
    await close_carriers([carrier])


async def said_of(relay: Relay, **changes: Any) -> str:
    """What the check says is wrong."""
    async with vendor_of(relay, **changes) as vendor:
        said = await vendor.check()
    assert said is not None
    return said


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with running_relay() as running:
        yield running


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"smtp_host": "smtp.exmaple.invalid"}, "CRM_SMTP_HOST"),
        ({"smtp_host": f"{'a' * 70}.invalid"}, "CRM_SMTP_HOST"),
        ({"smtp_port": 9}, "CRM_SMTP_PORT"),
        ({"smtp_security": "tls"}, "CRM_SMTP_SECURITY"),
        ({"smtp_security": "starttls"}, "CRM_SMTP_SECURITY"),
    ],
)
async def test_a_relay_that_is_not_there_names_the_setting(
    relay: Relay, changes: dict[str, Any], named: str
) -> None:
    said = await said_of(relay, **changes)
    assert named in said
    assert "Error" not in said


async def test_who_wants_a_login_or_offers_none_names_it(relay: Relay) -> None:
    relay.login = LOGIN
    said = await said_of(relay, smtp_username="", smtp_password="")
    assert "530" in said
    assert "CRM_SMTP_USERNAME" in said
    relay.login = None
    said = await said_of(relay, smtp_username="ida", smtp_password="a-password")
    assert "offers no login" in said
    assert "STARTTLS" not in said


async def test_a_sender_that_the_relay_refuses_is_told_and_nothing_is_sent(relay: Relay) -> None:
    relay.faults.mail = "550 5.7.1 Not a sender of yours"
    said = await said_of(relay)
    assert "news@sender.example" in said
    assert "CRM_SMTP_SENDER" in said
    relay.faults.mail = "451 4.3.2 Busy"
    async with vendor_of(relay) as vendor:
        assert await vendor.check() is None
        relay.faults.mail = CUT
        assert await vendor.check() is not None
    async with asyncio.timeout(30):
        while relay.open:
            await asyncio.sleep(0.01)
    assert {command.split()[0] for command in relay.commands} <= {"MAIL", "RSET"}


@pytest.mark.parametrize("shown", ["plain", "base64", "both"])
async def test_a_relay_that_repeats_the_password_does_not_show_it(relay: Relay, shown: str) -> None:
    user, password = relay.login = LOGIN
    secret = {"plain": password, "base64": password, "both": f"\0{user}\0{password}"}[shown]
    repeated = secret if shown == "plain" else base64.b64encode(secret.encode()).decode()
    relay.auth_answer = f"535 5.7.8 {repeated} is not good"
    said = await said_of(relay)
    assert repeated not in said
    assert "*** is not good" in said
    assert "CRM_SMTP_PASSWORD" in said


async def test_what_answers_but_is_no_mail_server_names_the_port() -> None:
    async def web(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(web, "127.0.0.1", 0)
    relay = Relay()
    relay.port = server.sockets[0].getsockname()[1]
    async with server:
        assert "CRM_SMTP_PORT" in await said_of(relay)


async def test_certificates_that_cannot_be_read_leave_no_message_in_doubt(
    relay: Relay, tmp_path: Path
) -> None:
    garbage = tmp_path / "relay.pem"
    garbage.write_text("nothing of the kind")
    changes = {"smtp_security": "tls", "smtp_ca_file": str(garbage)}
    assert "CRM_SMTP_CA_FILE" in await said_of(relay, **changes)
    message = OutgoingMessage(new_key(), Channel.EMAIL, "a@reader.example", "Hello", "Hi")
    async with vendor_of(relay, **changes) as vendor:
        with pytest.raises(VendorAccountFault, match="CRM_SMTP_CA_FILE"):
            await vendor.send([message], deadline_seconds=5.0)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"smtp_bounce_address": "ü@sender.example"}, "CRM_SMTP_BOUNCE_ADDRESS"),
        ({"name": "Acme\nBcc: x@y.example"}, "CRM_NAME"),
    ],
)
def test_what_no_message_could_be_made_of_is_told_at_the_start(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        smtp_carrier(relay_settings(Relay(), smtp_port=25, **changes))


async def test_returned_mail_may_go_to_a_domain_beyond_ascii(relay: Relay) -> None:
    message = OutgoingMessage(new_key(), Channel.EMAIL, "a@reader.example", "Hello", "Hi")
    async with vendor_of(relay, smtp_bounce_address="back@bücher.example") as vendor:
        await vendor.send([message], deadline_seconds=5.0)
    assert relay.received[0].sender == "back@xn--bcher-kva.example"
