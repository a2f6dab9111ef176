"""Campaigns with variants and a holdout in the ledger: arms are frozen there, and every count is exact."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.control import cancel_campaign
from crm_graphql.campaigns.documents import MessageTemplate, Variant
from crm_graphql.campaigns.service import launch_campaign
from crm_graphql.campaigns.variants import Experiment
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery import planner as planner_module
from crm_graphql.delivery.arms import Arms
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.planner import Planner
from crm_graphql.delivery.retrying import retry_campaign
from crm_graphql.delivery.vendors.port import Fault, Outcome, OutcomeStatus, OutgoingMessage
from crm_graphql.resources import Resources
from tests.delivery.factories import MARKETER, assert_exact, campaign_row, make_customers, make_draft
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until_stats, until_status
from tests.delivery.stand_in import StandInVendor

TWO = [
    Variant(key="short", weight=1, message=MessageTemplate(subject="s", body="Short {{ customer.name }}")),
    Variant(key="long", weight=1, message=MessageTemplate(subject="s", body="Long {{ customer.name }}")),
]


async def launch(resources: Resources, experiment: Experiment, **changes: Any) -> ObjectId:
    changes = {"message": None, "experiment": experiment, **changes}
    key = await make_draft(resources, **changes)
    await launch_campaign(MARKETER, key, bus=resources.bus)
    return key


async def plan(resources: Resources, key: ObjectId) -> None:
    planner = Planner(
        transact=resources.in_transaction,
        bus=resources.bus,
        clock=resources.clock,
        locks=CampaignLocks(),
        lease_seconds=5.0,
        range_rows=50,
        public_url="https://crm.example",
    )
    while not await planner.plan(key):
        pass


async def test_the_ledger_holds_who_was_drawn_and_counts_each_arm(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner_module, "PAGE_CUSTOMERS", 70)
    await make_customers(300, without_address=10)
    key = await launch(resources, Experiment(TWO, 0.3))
    await plan(resources, key)
    row = await assert_exact(key)
    arms = Arms(row)
    for one in await ledger(key):
        if one["reason"] == "NO_ADDRESS":
            assert "variant" not in one
        elif arms.is_held_out(one["customer_id"]):
            assert (one["status"], one["reason"], one.get("variant")) == ("SKIPPED", "HOLDOUT", None)
        else:
            assert (one["status"], one["variant"]) == ("QUEUED", arms.variant_of(one["customer_id"]))
    stats = row["stats"]
    assert stats["skipped"] == 10 + stats["held_out"]
    assert row["planning"]["assigned"] == sum(one["total"] for one in row["variant_stats"].values())
    assert 40 < stats["held_out"] < 130


async def test_nobody_is_drawn_whom_the_message_could_not_reach_anyway(resources: Resources) -> None:
    customers = await make_customers(200)
    await Customer.get_pymongo_collection().update_many(
        {"_id": {"$in": customers[:100]}}, {"$set": {"email": "same@example.com"}}
    )
    key = await launch(resources, Experiment(None, 0.5), message=TWO[0].message)
    await plan(resources, key)
    shared = [one for one in await ledger(key) if one["address"] == "same@example.com"]
    # The first of them stands for all, held out or not: nobody else gets the message at that address.
    assert Counter(one["reason"] for one in shared[1:]) == {"DUPLICATE_ADDRESS": 99}
    assert shared[0]["reason"] in (None, "HOLDOUT")
    assert (await assert_exact(key))["planning"]["assigned"] == 101 - sum(
        one["reason"] == "HOLDOUT" for one in await ledger(key)
    )


async def test_each_gets_the_message_of_its_variant_and_nobody_who_is_held_out_any(
    resources: Resources,
) -> None:
    await make_customers(120)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        key = await launch(resources, Experiment(TWO, 0.25))
        await until_status(key, "COMPLETED")
    bodies = {key.split("-")[0]: body for key, body in vendor.bodies.items()}
    for one in await ledger(key):
        body = bodies.get(str(one["_id"]))
        if one["reason"] == "HOLDOUT":
            assert body is None
        else:
            assert body is not None
            assert body.split()[0].lower() == one["variant"]


async def test_a_variant_whose_template_fails_fails_alone(resources: Resources) -> None:
    await make_customers(100)
    broken = MessageTemplate(
        subject="s", body="{% if customer.name contains 'Name' %}{{ 8 | divided_by: 0 }}{% endif %}Hi"
    )
    experiment = Experiment([TWO[0], Variant(key="broken", weight=1, message=broken)])
    async with running(resources, StandInVendor(sends_receipts=False)):
        key = await launch(resources, experiment)
        row = await until_status(key, "COMPLETED")
    stats = row["variant_stats"]
    assert stats["broken"]["failed"] == stats["broken"]["total"] > 0
    assert stats["short"]["delivered"] == stats["short"]["total"] > 0
    assert {one["reason"] for one in await ledger(key) if one.get("variant") == "broken"} == {
        "TEMPLATE_ERROR"
    }


async def test_arms_stay_through_deferral_failure_and_retry(resources: Resources) -> None:
    await make_customers(100)
    tries: Counter[str] = Counter()

    def refuse(message: OutgoingMessage) -> Outcome | None:
        """First it puts a third off, then it rejects them; their second attempt it takes."""
        tries[message.address] += 1
        if int(message.address[1:].split("@")[0]) % 3 or message.key.endswith("-2"):
            return None
        if tries[message.address] == 1:
            status = OutcomeStatus.DEFERRED
            return Outcome(message.key, status, fault=Fault.TRANSIENT, retry_after_seconds=0.3)
        return Outcome(message.key, OutcomeStatus.REJECTED, reason_text="no", fault=Fault.PERSON)

    vendor = StandInVendor(sends_receipts=False)
    vendor.refuse = refuse
    # No busy machine makes a call unclear.
    async with running(resources, vendor, lease_seconds=30.0, vendor_deadline_seconds=10.0):
        key = await launch(resources, Experiment(TWO, 0.2))
        await until_status(key, "COMPLETED")
        before = {one["customer_id"]: (one.get("variant"), one["reason"]) for one in await ledger(key)}
        failed = (await campaign_row(key))["stats"]["failed"]
        assert failed > 0
        await retry_campaign(MARKETER, key, [DeliveryReason.VENDOR_REJECTED], bus=resources.bus)
        await until_status(key, "COMPLETED")
    row = await until_stats(key, failed=0)
    after = {one["customer_id"]: (one.get("variant"), one["reason"]) for one in await ledger(key)}
    assert {one: arm for one, (arm, _) in after.items()} == {one: arm for one, (arm, _) in before.items()}
    held_out = {one for one, (_, reason) in before.items() if reason == "HOLDOUT"}
    assert {one for one, (_, reason) in after.items() if reason == "HOLDOUT"} == held_out
    assert row["stats"]["held_out"] == len(held_out) == row["stats"]["skipped"]


async def test_those_that_wait_are_counted_for_their_variants(resources: Resources) -> None:
    await make_customers(40)

    def puts_off(message: OutgoingMessage) -> Outcome | None:
        status = OutcomeStatus.DEFERRED
        return Outcome(message.key, status, fault=Fault.TRANSIENT, retry_after_seconds=600)

    vendor = StandInVendor(sends_receipts=False)
    vendor.refuse = puts_off
    async with running(resources, vendor):
        key = await launch(resources, Experiment(TWO))
        row = await until_stats(key, deferred=40)
        assert sum(one["deferred"] for one in row["variant_stats"].values()) == 40
        await cancel_campaign(MARKETER, key, bus=resources.bus)
        row = await until_stats(key, skipped=40)
    assert {one["deferred"] for one in row["variant_stats"].values()} == {0}
