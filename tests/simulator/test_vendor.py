"""The simulator's client: what each failure of a call means to the sender."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.port import (
    Fault,
    OutcomeStatus,
    OutgoingMessage,
    Vendor,
    VendorAccountFault,
    VendorUnavailable,
    VendorUncertain,
)
from crm_graphql.delivery.vendors.simulator import SimulatorVendor
from tests.servers.simulator import SimulatorProcess
from tests.simulator.conftest import keys
from tests.simulator.receiver import Receiver


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """The process's HTTP client."""
    async with httpx.AsyncClient() as opened:
        yield opened


@pytest.fixture
def vendor(http: httpx.AsyncClient, simulator: SimulatorProcess) -> Vendor:
    """The client on a running simulator."""
    return SimulatorVendor(http, simulator.url)


def outgoing(count: int) -> list[OutgoingMessage]:
    """Messages to send."""
    return [
        OutgoingMessage(key, Channel.SMS, f"+1555{number:07}", None, f"Text {number}", tag="c")
        for number, key in enumerate(keys(count))
    ]


async def test_sends_a_batch_and_finds_it_again(
    vendor: Vendor, simulator: SimulatorProcess, receiver: Receiver
) -> None:
    outcomes = await vendor.send(outgoing(200), deadline_seconds=10)
    assert [outcome.key for outcome in outcomes] == keys(200)
    assert {outcome.status for outcome in outcomes} == {OutcomeStatus.ACCEPTED}
    assert await vendor.send(outgoing(200), deadline_seconds=10) == outcomes
    found = await vendor.look_up([*keys(200), "f" * 24 + "-1"])
    assert found == {outcome.key: outcome for outcome in outcomes}
    assert simulator.stats("c")["messages"] == 200
    await asyncio.to_thread(receiver.wait, lambda: len(receiver.receipts) == 200)


async def test_a_rejection_is_an_outcome(vendor: Vendor, simulator: SimulatorProcess) -> None:
    simulator.control(rejected_share=1)
    (outcome,) = await vendor.send(outgoing(1), deadline_seconds=10)
    assert outcome.status is OutcomeStatus.REJECTED
    assert outcome.fault is Fault.PERSON
    assert outcome.reason_text == "the vendor does not take this address"


async def test_what_is_put_off_is_not_taken_until_it_comes_again(
    vendor: Vendor, simulator: SimulatorProcess
) -> None:
    simulator.control(deferred_share=1, deferred_ms=1500)
    outcomes = await vendor.send(outgoing(3), deadline_seconds=10)
    assert {(one.status, one.fault) for one in outcomes} == {(OutcomeStatus.DEFERRED, Fault.TRANSIENT)}
    assert {one.retry_after_seconds for one in outcomes} == {1.5}
    assert simulator.stats()["messages"] == 0
    assert await vendor.look_up([one.key for one in outcomes]) == {}
    again = await vendor.send(outgoing(3), deadline_seconds=10)
    assert {one.status for one in again} == {OutcomeStatus.ACCEPTED}
    assert simulator.stats()["messages"] == 3


async def test_a_refused_account_is_a_fault_of_ours_and_nothing_was_taken(
    vendor: Vendor, simulator: SimulatorProcess
) -> None:
    simulator.control(account_fault=True)
    with pytest.raises(VendorAccountFault, match="403"):
        await vendor.send(outgoing(3), deadline_seconds=10)
    assert simulator.stats()["messages"] == 0


async def test_nothing_was_taken_in_an_outage_or_over_the_throttle(
    vendor: Vendor, simulator: SimulatorProcess
) -> None:
    simulator.control(outage=True)
    with pytest.raises(VendorUnavailable) as refused:
        await vendor.send(outgoing(5), deadline_seconds=10)
    assert refused.value.retry_after_seconds == 1
    simulator.control(outage=False, throttle_per_second=10)
    await vendor.send(outgoing(50), deadline_seconds=10)
    with pytest.raises(VendorUnavailable) as refused:
        await vendor.send(outgoing(50), deadline_seconds=10)
    assert refused.value.retry_after_seconds == 4


async def test_nothing_was_taken_by_nobody(http: httpx.AsyncClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    vendor = SimulatorVendor(http, f"http://127.0.0.1:{port}")
    with pytest.raises(VendorUnavailable):
        await vendor.send(outgoing(5), deadline_seconds=10)
    with pytest.raises(VendorUnavailable):
        await vendor.look_up(keys(5))


async def test_a_cut_connection_and_a_late_answer_leave_it_open(
    vendor: Vendor, simulator: SimulatorProcess
) -> None:
    simulator.control(hang_share=1)
    with pytest.raises(VendorUncertain):
        await vendor.send(outgoing(5), deadline_seconds=10)
    simulator.control(hang_share=0, latency_ms=5000)
    with pytest.raises(VendorUncertain):
        await vendor.send(outgoing(10), deadline_seconds=0.5)
    assert set(await vendor.look_up(keys(20))) == set(keys(10))


async def test_killed_in_the_middle_leaves_it_open(vendor: Vendor, simulator: SimulatorProcess) -> None:
    simulator.control(latency_ms=5000)
    sending = asyncio.create_task(vendor.send(outgoing(10), deadline_seconds=10))
    while simulator.stats()["messages"] < 10:
        await asyncio.sleep(0.02)
    simulator.kill()
    with pytest.raises(VendorUncertain):
        await sending
    simulator.start()
    assert set(await vendor.look_up(keys(10))) == set(keys(10))


async def test_a_message_at_fault_does_not_take_the_others_with_it(
    vendor: Vendor, simulator: SimulatorProcess
) -> None:
    messages = outgoing(9)
    messages[4] = OutgoingMessage("k" * 300, Channel.SMS, "+15550000000", None, "x")
    outcomes = await vendor.send(messages, deadline_seconds=10)
    assert [outcome.key for outcome in outcomes] == [message.key for message in messages]
    rejected = [outcome for outcome in outcomes if outcome.status is OutcomeStatus.REJECTED]
    assert [outcome.key for outcome in rejected] == ["k" * 300]
    assert simulator.stats()["messages"] == 8


async def test_nothing_to_send_is_no_call(vendor: Vendor, simulator: SimulatorProcess) -> None:
    assert await vendor.send([], deadline_seconds=10) == []
    assert simulator.stats()["calls"] == 0
