"""The contract of vendors: what every adapter does, whatever its protocol, against a server of this machine.

A vendor's test module has a class for it, `class TestSmtp(VendorContract)`, and a fixture `rig`: its adapter,
and what makes its server do wrong. Whoever has receipts is held to `receipts.ReceiptContract` as well, and
`killed.py` kills the process that sends.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import Protocol

import pytest
from bson import ObjectId

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.port import (
    Checkable,
    Fault,
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    Vendor,
    VendorAccountFault,
    VendorUnavailable,
    VendorUncertain,
)

DEADLINE_SECONDS = 5.0


class Situation(Enum):
    """What the server does with a message to one address."""

    TAKEN = auto()
    PERSON = auto()
    """Refused for its address."""
    CONTENT = auto()
    """Refused for what is in it."""
    TEMPLATE = auto()
    """Refused for the vendor's own template."""
    LATER = auto()
    """Not now."""
    CUT_BEFORE = auto()
    """The connection breaks, and surely nothing was taken."""
    CUT_AFTER = auto()
    """The message is taken, and the answer never comes."""
    SILENT = auto()
    """The message is taken, and the answer comes after the deadline."""


class Rig(Protocol):
    """One adapter with its server. A new one for each test."""

    vendor: Vendor
    channel: Channel

    def address(self, situation: Situation, number: int = 0) -> str | None:
        """An address whose messages meet the situation, different by number; None where this vendor cannot
        tell such a thing of one message."""

    def message(self, address: str) -> OutgoingMessage:
        """A message to it, with a key of its own."""

    def taken(self) -> Counter[str]:
        """The keys of the messages that the server took, and how often."""

    def spoil_account(self) -> None:
        """From now on the server refuses the account: its key, its login, its sender."""

    async def stop_server(self) -> None:
        """Nobody listens any more."""

    @property
    def secrets(self) -> Sequence[str]:
        """What must stand in no sentence."""


def new_key() -> str:
    """The key of a first attempt."""
    return f"{ObjectId()}-1"


async def send(
    rig: Rig, messages: Sequence[OutgoingMessage], seconds: float = DEADLINE_SECONDS
) -> list[Outcome]:
    """One call for each `batch_limit` messages, as senders make them."""
    size = rig.vendor.batch_limit
    found: list[Outcome] = []
    for start in range(0, len(messages), size):
        batch = messages[start : start + size]
        outcomes = await rig.vendor.send(batch, deadline_seconds=seconds)
        assert [one.key for one in outcomes] == [one.key for one in batch]
        found += outcomes
    return found


class VendorContract:
    """The tests. Outcomes of one message never touch another."""

    async def test_what_is_taken_is_accepted_and_taken_once(self, rig: Rig) -> None:
        messages = [rig.message(_of(rig, Situation.TAKEN, number)) for number in range(7)]
        outcomes = await send(rig, messages)
        assert {one.status for one in outcomes} == {OutcomeStatus.ACCEPTED}
        assert rig.taken() == Counter(one.key for one in messages)

    async def test_nothing_to_send_is_no_call(self, rig: Rig) -> None:
        await rig.stop_server()
        assert await rig.vendor.send([], deadline_seconds=DEADLINE_SECONDS) == []

    @pytest.mark.parametrize(
        ("situation", "fault"),
        [
            (Situation.PERSON, Fault.PERSON),
            (Situation.CONTENT, Fault.CONTENT),
            (Situation.TEMPLATE, Fault.TEMPLATE),
        ],
    )
    async def test_a_refusal_ends_one_message_by_whose_fault_it_is(
        self, rig: Rig, situation: Situation, fault: Fault
    ) -> None:
        if (address := rig.address(situation)) is None:
            assert situation is not Situation.PERSON, "every vendor can refuse an address"
            return
        good = [rig.message(_of(rig, Situation.TAKEN, number)) for number in range(2)]
        bad = rig.message(address)
        first, refused, last = await send(rig, [good[0], bad, good[1]])
        assert (refused.status, refused.fault) == (OutcomeStatus.REJECTED, fault)
        assert refused.reason_text
        assert first.status is last.status is OutcomeStatus.ACCEPTED
        assert rig.taken() == Counter(one.key for one in good)

    async def test_later_is_no_refusal_and_touches_nobody_else(self, rig: Rig) -> None:
        later, good = rig.message(_of(rig, Situation.LATER)), rig.message(_of(rig, Situation.TAKEN))
        outcome, other = await send(rig, [later, good])
        assert (outcome.status, outcome.fault) == (OutcomeStatus.DEFERRED, Fault.TRANSIENT)
        assert other.status is OutcomeStatus.ACCEPTED
        assert rig.taken() == Counter([good.key])

    async def test_a_fault_of_the_account_burns_nobody(self, rig: Rig) -> None:
        rig.spoil_account()
        messages = [rig.message(_of(rig, Situation.TAKEN, number)) for number in range(3)]
        try:
            outcomes = await send(rig, messages)
        except VendorAccountFault as error:
            said = str(error)
        else:
            assert {one.status for one in outcomes} == {OutcomeStatus.DEFERRED}
            assert outcomes[0].fault is Fault.ACCOUNT
            said = outcomes[0].reason_text or ""
        assert said
        assert not any(secret in said for secret in rig.secrets)
        assert not rig.taken()

    async def test_a_server_that_is_not_there_took_nothing(self, rig: Rig) -> None:
        await rig.stop_server()
        with pytest.raises(VendorUnavailable):
            await send(rig, [rig.message(_of(rig, Situation.TAKEN))])

    async def test_a_cut_before_the_message_took_nothing(self, rig: Rig) -> None:
        message = rig.message(_of(rig, Situation.CUT_BEFORE))
        outcome = await _one(rig, message)
        assert outcome is None or outcome.status is OutcomeStatus.DEFERRED
        assert not rig.taken()

    @pytest.mark.parametrize("situation", [Situation.CUT_AFTER, Situation.SILENT])
    async def test_a_missing_answer_is_unknown_and_not_called_a_refusal(
        self, rig: Rig, situation: Situation
    ) -> None:
        message = rig.message(_of(rig, situation))
        begin = time.monotonic()
        assert await _is_unknown(rig, message, 1.0)
        assert time.monotonic() - begin < 3.0
        assert rig.taken() == Counter([message.key])
        if rig.vendor.can_look_up:
            known = await rig.vendor.look_up([message.key, new_key()])
            assert {key: one.status for key, one in known.items()} == {message.key: OutcomeStatus.ACCEPTED}

    async def test_no_answer_is_taken_for_that_to_another(self, rig: Rig) -> None:
        """After a call that was given up, the next ones, one refused and one taken, get their own answers."""
        slow = asyncio.create_task(send(rig, [rig.message(_of(rig, Situation.SILENT))], 60.0))
        await asyncio.sleep(0.1)
        slow.cancel()
        await asyncio.wait([slow])
        good, bad = rig.message(_of(rig, Situation.TAKEN)), rig.message(_of(rig, Situation.PERSON))
        for _ in range(3):
            refused, taken = await send(rig, [_again(bad), _again(good)])
            assert (refused.status, taken.status) == (OutcomeStatus.REJECTED, OutcomeStatus.ACCEPTED)

    async def test_a_key_that_comes_again_is_sent_once_where_the_vendor_says_so(self, rig: Rig) -> None:
        message = rig.message(_of(rig, Situation.TAKEN))
        await send(rig, [message])
        await send(rig, [message])
        assert rig.taken() == Counter({message.key: 2 if rig.vendor.dedupes_for is None else 1})

    async def test_a_check_says_what_is_wrong_and_sends_nothing(self, rig: Rig) -> None:
        vendor = rig.vendor
        assert isinstance(vendor, Checkable)
        assert await vendor.check() is None
        rig.spoil_account()
        spoilt = await vendor.check()
        await rig.stop_server()
        gone = await vendor.check()
        for said in (spoilt, gone):
            assert said
            assert not any(secret in said for secret in rig.secrets)
        assert not rig.taken()


def _of(rig: Rig, situation: Situation, number: int = 0) -> str:
    address = rig.address(situation, number)
    assert address is not None, f"every vendor can do {situation.name}"
    return address


def _again(message: OutgoingMessage) -> OutgoingMessage:
    """The same as another message."""
    return replace(message, key=new_key())


async def _one(rig: Rig, message: OutgoingMessage) -> Outcome | None:
    """The outcome; None where the call as a whole surely took nothing."""
    try:
        (outcome,) = await send(rig, [message])
    except VendorUnavailable:
        return None
    return outcome


async def _is_unknown(rig: Rig, message: OutgoingMessage, seconds: float) -> bool:
    """Whether the vendor says that it does not know: of the message, or of the call as a whole."""
    try:
        (outcome,) = await send(rig, [message], seconds)
    except VendorUncertain:
        return True
    return outcome.status is OutcomeStatus.UNKNOWN
