"""SMTP is held to the contract of vendors, against a relay with the faults of relays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.vendors.carrier import close_carriers
from crm_graphql.delivery.vendors.port import OutgoingMessage, Vendor
from crm_graphql.delivery.vendors.smtp.carrier import smtp_carrier
from crm_graphql.resources import Resources
from tests.delivery.factories import campaign_row, launch, make_customers
from tests.delivery.running import running, until_status
from tests.delivery.vendors.contract import Situation, VendorContract, new_key
from tests.delivery.vendors.killed import assert_no_harm_by_kills
from tests.delivery.vendors.smtp_settings import LOGIN, relay_settings, vendor_changes
from tests.servers.relay import CUT, Relay, running_relay

CONNECTIONS = 3
_KEY = re.compile(rb"^Message-ID: <([^@]+)@", re.MULTILINE)


class SmtpRig:
    """The adapter over a relay."""

    channel = Channel.EMAIL

    def __init__(self, relay: Relay, vendor: Vendor) -> None:
        self.relay = relay
        self.vendor = vendor

    def address(self, situation: Situation, number: int = 0) -> str | None:
        """By address the relay knows what to do."""
        address = f"{situation.name.lower()}{number}@person.example"
        faults = self.relay.faults
        match situation:
            case Situation.PERSON:
                faults.rcpt[address] = "550 5.1.1 No such user here"
            case Situation.CONTENT:
                faults.dot[address] = "554 5.6.0 Not such a message"
            case Situation.LATER:
                faults.rcpt[address] = "451 4.7.1 Come back in five minutes"
            case Situation.CUT_BEFORE:
                faults.rcpt[address] = CUT
            case Situation.CUT_AFTER:
                faults.dot_late[address] = CUT
            case Situation.SILENT:
                faults.seconds[address] = 30.0
            case Situation.TEMPLATE:
                return None
        return address

    def message(self, address: str) -> OutgoingMessage:
        """A plain one."""
        return OutgoingMessage(new_key(), self.channel, address, "Hello", f"Hi {address}")

    def taken(self) -> Counter[str]:
        """By Message-ID."""
        found = [_KEY.search(one.content) for one in self.relay.received]
        return Counter(key[1].decode() for key in found if key)

    def spoil_account(self) -> None:
        """The password is no longer good."""
        self.relay.login = (LOGIN[0], "changed")
        self.relay.cut_all()

    async def stop_server(self) -> None:
        """Nobody listens."""
        await self.relay.stop()

    @property
    def secrets(self) -> Sequence[str]:
        """The password."""
        return (LOGIN[1],)


@pytest.fixture
async def rig() -> AsyncIterator[SmtpRig]:
    async with running_relay() as relay:
        relay.login = LOGIN
        carrier = smtp_carrier(relay_settings(relay, smtp_connections=CONNECTIONS))
        yield SmtpRig(relay, carrier.vendor)
        await close_carriers([carrier])


class TestSmtp(VendorContract):
    """Held to it."""


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_senders_that_are_killed_write_to_nobody_twice(rig: SmtpRig, resources: Resources) -> None:
    rig.relay.faults.seconds["dot"] = 0.03
    await make_customers(150)
    campaign_id = await launch(resources)
    await assert_no_harm_by_kills(
        resources,
        campaign_id,
        vendor_settings=vendor_changes(rig.relay, smtp_connections=CONNECTIONS),
        taken=rig.taken,
        is_exact=False,
        # Two senders, with a call each.
        most_unknown=2 * rig.vendor.batch_limit,
    )


async def test_a_refusal_in_another_charset_is_one_message_and_harms_no_other(
    rig: SmtpRig, resources: Resources
) -> None:
    rig.relay.faults.rcpt["c1@example.com"] = "550 5.1.1 Empfänger unbekannt".encode("latin-1")
    await make_customers(6)
    campaign_id = await launch(resources)
    async with running(resources, rig.vendor, vendor_deadline_seconds=10.0):
        await until_status(campaign_id, "COMPLETED")
    row = await Delivery.get_pymongo_collection().find_one({"status": "FAILED"})
    assert row is not None
    assert (row["reason"], row["reason_text"]) == ("BOUNCED", "550 5.1.1 Empfänger unbekannt")
    assert (await campaign_row(campaign_id))["stats"]["delivered"] == 5
