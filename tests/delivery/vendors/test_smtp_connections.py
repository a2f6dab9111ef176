"""Connections to a relay: pooled, protected, and closed at any surprise, so that no answer goes astray."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import SettingsError
from crm_graphql.delivery.vendors.carrier import Carrier, close_carriers
from crm_graphql.delivery.vendors.port import (
    Fault,
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    Vendor,
    VendorAccountFault,
    VendorUnavailable,
)
from crm_graphql.delivery.vendors.smtp.carrier import smtp_carrier
from crm_graphql.delivery.vendors.smtp.vendor import SmtpVendor
from crm_graphql.delivery.vendors.smtp.verp import key_of
from tests.conftest import TEST_SECRET
from tests.delivery.vendors.contract import new_key
from tests.delivery.vendors.smtp_settings import LOGIN, relay_settings
from tests.servers.relay import CUT, Relay, running_relay

ACCEPTED, REJECTED = OutcomeStatus.ACCEPTED, OutcomeStatus.REJECTED
DEFERRED, UNKNOWN = OutcomeStatus.DEFERRED, OutcomeStatus.UNKNOWN
GOOD, BAD = "good@reader.example", "bad@reader.example"


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with running_relay() as running:
        yield running


@pytest.fixture
async def carriers() -> AsyncIterator[list[Carrier]]:
    """Those of the test, closed at its end."""
    made: list[Carrier] = []
    yield made
    await close_carriers(made)


def vendor_of(carriers: list[Carrier], relay: Relay, **changes: Any) -> SmtpVendor:
    carrier = smtp_carrier(relay_settings(relay, **changes))
    carriers.append(carrier)
    assert isinstance(carrier.vendor, SmtpVendor)
    return carrier.vendor


async def one(vendor: Vendor, address: str = GOOD, *, seconds: float = 5.0, **message: Any) -> Outcome:
    wanted = OutgoingMessage(new_key(), Channel.EMAIL, address, "Hello", "Hi", **message)
    (outcome,) = await vendor.send([wanted], deadline_seconds=seconds)
    return outcome


async def test_one_connection_takes_one_message_after_another(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay)
    for _ in range(10):
        assert (await one(vendor)).status is ACCEPTED
    assert relay.connections == 1
    assert relay.recipients[GOOD] == 10


async def test_never_more_connections_than_are_set(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay, smtp_connections=3)
    relay.faults.seconds["dot"] = 0.02
    found = await asyncio.gather(*(one(vendor) for _ in range(20)))
    assert {outcome.status for outcome in found} == {ACCEPTED}
    assert relay.most_open == relay.connections == 3


async def test_a_connection_is_opened_anew_after_so_many_messages(
    relay: Relay, carriers: list[Carrier]
) -> None:
    vendor = vendor_of(carriers, relay, smtp_messages_per_connection=4)
    for _ in range(10):
        await one(vendor)
    assert relay.connections == 3


async def test_an_idle_connection_is_closed(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay, smtp_idle_seconds=0.1)
    await one(vendor)
    async with asyncio.timeout(30):
        while relay.open:
            await asyncio.sleep(0.01)
    assert (await one(vendor)).status is ACCEPTED


async def test_a_connection_that_the_relay_closed_is_no_failure(
    relay: Relay, carriers: list[Carrier]
) -> None:
    vendor = vendor_of(carriers, relay)
    await one(vendor)
    relay.cut_all()
    assert (await one(vendor)).status is ACCEPTED
    # Also where it is closed just as the next message begins.
    relay.faults.mails = [CUT]
    assert (await one(vendor)).status is ACCEPTED
    assert relay.recipients[GOOD] == 3


async def test_after_a_refusal_the_relay_forgets_the_message(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay)
    relay.faults.rcpt[BAD] = "550 5.1.1 Nobody"
    assert (await one(vendor, BAD)).status is REJECTED
    assert (await one(vendor)).status is ACCEPTED
    assert relay.connections == 1
    assert [command.split()[0] for command in relay.commands] == [
        "MAIL",
        "RCPT",
        "RSET",
        "MAIL",
        "RCPT",
        "DATA",
    ]


@pytest.mark.parametrize("answer", ["354 Go on", "250-", "nonsense", "999 ?"])
async def test_an_answer_that_is_none_closes_the_connection(
    relay: Relay, carriers: list[Carrier], answer: str
) -> None:
    vendor = vendor_of(carriers, relay)
    relay.faults.rcpt[BAD] = answer
    outcome = await one(vendor, BAD, seconds=1.0)
    assert (outcome.status, outcome.fault) == (DEFERRED, Fault.TRANSIENT)
    assert not relay.received
    assert (await one(vendor)).status is ACCEPTED
    relay.faults.dot_late[BAD] = answer
    del relay.faults.rcpt[BAD]
    assert (await one(vendor, BAD, seconds=1.0)).status is UNKNOWN
    assert (await one(vendor)).status is ACCEPTED


@pytest.mark.parametrize(
    ("step", "status"),
    [("mail", DEFERRED), ("rcpt", DEFERRED), ("data", UNKNOWN), ("dot", UNKNOWN), ("dot_late", UNKNOWN)],
)
async def test_a_cut_at_each_step_means_what_it_can(
    relay: Relay, carriers: list[Carrier], step: str, status: OutcomeStatus
) -> None:
    vendor = vendor_of(carriers, relay)
    if step == "mail":
        relay.faults.mail = CUT
    else:
        getattr(relay.faults, step)[BAD] = CUT
    assert (await one(vendor, BAD)).status is status
    relay.faults.mail = None
    assert (await one(vendor)).status is ACCEPTED
    assert relay.recipients[BAD] == (step == "dot_late")


async def test_before_the_message_itself_slowness_is_no_doubt(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay)
    relay.faults.seconds["rcpt"] = 5.0
    begin = time.monotonic()
    assert (await one(vendor, seconds=0.6)).status is DEFERRED
    assert time.monotonic() - begin < 2.0
    assert not relay.received


async def test_who_waits_for_a_connection_in_vain_was_not_sent(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay, smtp_connections=1)
    relay.faults.seconds["slow@reader.example"] = 3.0
    slow = asyncio.create_task(one(vendor, "slow@reader.example", seconds=30.0))
    while not relay.commands:
        await asyncio.sleep(0.01)
    assert (await one(vendor, seconds=0.4)).status is DEFERRED
    assert (await slow).status is ACCEPTED
    assert relay.recipients[GOOD] == 0


async def test_no_answer_goes_to_another_message_after_a_cancellation(
    relay: Relay, carriers: list[Carrier]
) -> None:
    vendor = vendor_of(carriers, relay, smtp_connections=1)
    relay.faults.seconds["slow@reader.example"] = 2.0
    relay.faults.rcpt[BAD] = "550 5.1.1 Nobody"
    slow = asyncio.create_task(one(vendor, "slow@reader.example"))
    while len(relay.commands) < 2:
        await asyncio.sleep(0.01)
    slow.cancel()
    # The late 250 of the first would be the answer to this one's MAIL, and its 550 that to its DATA.
    refused = await one(vendor, BAD)
    assert (refused.status, refused.fault) == (REJECTED, Fault.PERSON)
    assert (await one(vendor)).status is ACCEPTED
    assert relay.connections == 2


@pytest.mark.parametrize("greeting", ["421 4.3.2 Too busy", "554 5.7.1 Not from there", CUT, "nonsense"])
async def test_a_relay_that_does_not_greet_took_nothing(
    relay: Relay, carriers: list[Carrier], greeting: str
) -> None:
    relay.faults.greeting = greeting
    with pytest.raises(VendorUnavailable) as refused:
        await one(vendor_of(carriers, relay), seconds=2.0)
    assert not isinstance(refused.value, VendorAccountFault)


async def test_a_relay_without_extensions_is_enough(relay: Relay, carriers: list[Carrier]) -> None:
    relay.faults.hello = "502 5.5.1 Not implemented"
    relay.announces = ()
    assert (await one(vendor_of(carriers, relay))).status is ACCEPTED
    assert relay.commands[:2] == ["MAIL FROM:<news@sender.example>", f"RCPT TO:<{GOOD}>"]


async def test_what_the_relay_knows_is_made_use_of(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay, smtp_bounce_address="returned@sender.example")
    outcome = await one(vendor, "a+b=c@reader.example")
    mail, rcpt = relay.commands[:2]
    assert mail.startswith("MAIL FROM:<returned@sender.example> SIZE=")
    assert mail.endswith(f" RET=HDRS ENVID={outcome.key}")
    assert rcpt.endswith(" NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@reader.example")
    assert outcome.vendor_message_id == "0000000001"


async def test_what_comes_back_names_its_message(relay: Relay, carriers: list[Carrier]) -> None:
    changes = {"bounces_domain": "bounces.sender.example", "secret_key": TEST_SECRET}
    outcome = await one(vendor_of(carriers, relay, **changes))
    (received,) = relay.received
    assert key_of(received.sender, relay_settings(relay, **changes)) == outcome.key


async def test_an_address_beyond_ascii_needs_a_relay_that_knows_it(
    relay: Relay, carriers: list[Carrier]
) -> None:
    assert (await one(vendor_of(carriers, relay), "Ünal@reader.example")).status is ACCEPTED
    assert "SMTPUTF8" in relay.commands[0]
    relay.utf8 = False
    outcome = await one(vendor_of(carriers, relay), "Ünal@reader.example")
    assert (outcome.status, outcome.fault) == (REJECTED, Fault.CONTENT)
    assert (await one(vendor_of(carriers, relay), "a@größe.example")).status is ACCEPTED


async def test_a_message_that_is_too_large_is_that_messages_fault(
    relay: Relay, carriers: list[Carrier]
) -> None:
    relay.size_limit = 2_000
    vendor = vendor_of(carriers, relay)
    outcome = await one(vendor, html="x" * 5_000)
    assert (outcome.status, outcome.fault) == (REJECTED, Fault.CONTENT)
    assert (await one(vendor)).status is ACCEPTED


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("535 5.7.8 Bad credentials", VendorAccountFault),
        ("534 5.7.9 Application password needed", VendorAccountFault),
        ("454 4.7.0 Temporary failure", VendorUnavailable),
    ],
)
async def test_a_login_that_is_refused_and_one_that_cannot_be_looked_at(
    relay: Relay, carriers: list[Carrier], answer: str, error: type[VendorUnavailable]
) -> None:
    relay.login, relay.auth_answer = LOGIN, answer
    with pytest.raises(VendorUnavailable) as refused:
        await one(vendor_of(carriers, relay))
    assert type(refused.value) is error
    assert LOGIN[1] not in str(refused.value)


async def test_a_sender_that_is_not_allowed_is_a_fault_of_the_account(
    relay: Relay, carriers: list[Carrier]
) -> None:
    relay.faults.mail = "550 5.7.1 news@sender.example is not verified"
    outcome = await one(vendor_of(carriers, relay))
    assert (outcome.status, outcome.fault) == (DEFERRED, Fault.ACCOUNT)
    assert "not verified" in (outcome.reason_text or "")


async def test_a_relay_that_wants_less_is_left_alone(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay)
    relay.faults.rcpt[BAD] = "421 4.7.0 Too many messages"
    assert (await one(vendor, BAD)).status is DEFERRED
    with pytest.raises(VendorUnavailable) as refused:
        await one(vendor)
    assert 4 < (refused.value.retry_after_seconds or 0) <= 5
    assert relay.recipients[GOOD] == 0


async def test_one_message_later_and_its_neighbours_now(relay: Relay, carriers: list[Carrier]) -> None:
    vendor = vendor_of(carriers, relay, smtp_connections=5)
    relay.faults.rcpt["c3@reader.example"] = "451 4.7.1 Greylisted"
    messages = [
        OutgoingMessage(new_key(), Channel.EMAIL, f"c{number}@reader.example", "S", "B")
        for number in range(5)
    ]
    found = await vendor.send(messages, deadline_seconds=5.0)
    assert [outcome.status for outcome in found] == [ACCEPTED, ACCEPTED, ACCEPTED, DEFERRED, ACCEPTED]
    assert found[3].retry_after_seconds == 300


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"smtp_sender": "ünal@sender.example"}, "CRM_SMTP_SENDER"),
        (
            {"smtp_dkim_domain": "a.example", "smtp_dkim_selector": "s", "smtp_dkim_key": "no-key-at-all"},
            "CRM_SMTP_DKIM_KEY",
        ),
        (
            {"smtp_dkim_domain": "a.example", "smtp_dkim_selector": "s", "smtp_dkim_key_file": __file__},
            "CRM_SMTP_DKIM_KEY_FILE",
        ),
    ],
)
def test_what_cannot_send_is_told_at_the_start(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        smtp_carrier(relay_settings(Relay(), smtp_port=25, **changes))
    assert "no-key-at-all" not in str(refused.value)


def test_the_relays_own_limit_and_patience_are_the_carriers() -> None:
    carrier = smtp_carrier(relay_settings(Relay(), smtp_port=25, smtp_rate_per_second=7, smtp_connections=3))
    assert carrier.pace is not None
    assert (carrier.pace.per_second, carrier.deadline_seconds) == (7, 1200)
    assert (carrier.sender, carrier.piece_size, carrier.is_exact) == ("news@sender.example", 3, False)
    assert LOGIN[1] not in repr(carrier)
