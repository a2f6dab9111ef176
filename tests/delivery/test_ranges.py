"""A claim on a range ends with its lease: who has lost it changes nothing and sends nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from crm_graphql.core.slices import Slices
from crm_graphql.delivery.calls import HandoverLimits
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import SendRange
from crm_graphql.delivery.handover import Handover, HandoverTools
from crm_graphql.delivery.ranges import (
    Claim,
    claim_range,
    finish_range,
    ranges_of,
    release_range,
    renew_range,
)
from crm_graphql.delivery.sending_rules import SendingRules
from crm_graphql.delivery.vendors.choose import Carrier
from crm_graphql.delivery.vendors.port import Outcome, OutcomeStatus, OutgoingMessage, VendorUnavailable
from crm_graphql.delivery.waiting import Waiting
from crm_graphql.resources import Resources
from tests.delivery.factories import campaign_row, make_ledger
from tests.delivery.stand_in import StandInVendor

LIMITS = HandoverLimits(lease_seconds=0.6, deadline_seconds=0.2, partitions=8)


def one_by_one(*, seconds: float = 0.0, takes: int = 1_000) -> StandInVendor:
    """Takes one message a call, slowly, and after so many no more. Dedupes nothing, cannot be asked."""
    vendor = StandInVendor(batch_limit=1)

    async def before(_messages: Sequence[OutgoingMessage]) -> None:
        if len(vendor.keys) >= takes:
            raise VendorUnavailable("enough for today")
        await asyncio.sleep(seconds)

    vendor.before = before
    return vendor


async def claimed(count: int) -> Claim:
    """A claim on the one range of a campaign with so many rows to send."""
    key, _ = await make_ledger(count)
    await SendRange.get_pymongo_collection().insert_many(ranges_of(key, range(count), count))
    claim = await claim_range(key, lease_seconds=LIMITS.lease_seconds)
    assert claim is not None
    return claim


async def stored(claim: Claim) -> dict[str, Any]:
    """The range as it stands."""
    row: dict[str, Any] | None = await SendRange.get_pymongo_collection().find_one({"_id": claim.key})
    assert row is not None
    return row


async def hand_over(resources: Resources, claim: Claim, vendor: StandInVendor) -> None:
    """Send the claimed range, as a sender does."""
    campaign = await campaign_row(claim.campaign_id)
    waiting = Waiting(resources.in_transaction, resources.bus, CampaignLocks(), 10)
    await Handover(
        claim,
        campaign,
        carrier=Carrier(vendor),
        rules=SendingRules.of(campaign, resources.deployment.values, claim.claimed_at),
        tools=HandoverTools(resources.bus, resources.clock, LIMITS, Slices(), waiting),
    ).run()


async def lose(claim: Claim) -> Claim:
    """Somebody else has the range now."""
    past = {"$set": {"lease_until": None}}
    await SendRange.get_pymongo_collection().update_one({"_id": claim.key}, past)
    other = await claim_range(claim.campaign_id, lease_seconds=30)
    assert other is not None
    assert other.is_repeat
    return other


async def test_who_has_lost_a_range_cannot_finish_renew_or_release_it(resources: Resources) -> None:
    claim = await claimed(3)
    other = await lose(claim)
    before = await stored(claim)
    assert not await finish_range(claim)
    assert not await renew_range(claim, lease_seconds=30)
    await release_range(claim, delay_seconds=0, untouched=True)
    assert await stored(claim) == before
    assert await renew_range(other, lease_seconds=30)
    assert await finish_range(other)


async def test_a_sender_whose_lease_is_gone_sends_nothing_more(resources: Resources) -> None:
    claim = await claimed(10)
    vendor = one_by_one(seconds=0.1)
    sending = asyncio.create_task(hand_over(resources, claim, vendor))
    await asyncio.sleep(0.05)
    other = await lose(claim)
    await sending
    # Half the spare time of the lease is used before it looks again.
    assert 1 <= len(vendor.keys) <= 4
    row = await stored(claim)
    assert (row["state"], row["token"]) == ("PENDING", other.token)


async def test_a_slow_sender_that_keeps_its_lease_sends_everything(resources: Resources) -> None:
    claim = await claimed(10)
    vendor = one_by_one(seconds=0.1)
    await hand_over(resources, claim, vendor)
    assert set(vendor.keys.values()) == {1}
    assert len(vendor.keys) == 10
    assert (await stored(claim))["state"] == "DONE"


async def test_of_a_range_that_was_sent_in_part_the_rest_counts_as_never_sent(resources: Resources) -> None:
    claim = await claimed(3)
    await hand_over(resources, claim, one_by_one(takes=1))
    assert ((await stored(claim))["state"], (await stored(claim))["last"]) == ("DONE", 0)
    again = await claim_range(claim.campaign_id, lease_seconds=30)
    assert again is not None
    assert ((again.first, again.last), again.is_repeat) == ((1, 2), False)


async def test_a_range_of_which_nothing_was_taken_does_not(resources: Resources) -> None:
    claim = await claimed(3)
    await hand_over(resources, claim, one_by_one(takes=0))
    again = await claim_range(claim.campaign_id, lease_seconds=30)
    assert again is not None
    assert not again.is_repeat


async def test_what_a_vendor_tells_unasked_goes_nowhere(resources: Resources) -> None:
    claim = await lose(await claimed(2))
    vendor = StandInVendor(can_look_up=True)
    look_up = vendor.look_up

    async def talkative(keys: Sequence[str]) -> dict[str, Outcome]:
        stranger = Outcome("no key of ours", OutcomeStatus.ACCEPTED, "v")
        return {**await look_up(keys), stranger.key: stranger}

    vendor.look_up = talkative  # type: ignore[method-assign]
    await hand_over(resources, claim, vendor)
    assert (await stored(claim))["state"] == "DONE"
    bodies = [row["body"] async for row in resources.database.bus_messages.find()]
    assert bodies
    assert not any(b"no key" in body for body in bodies)
