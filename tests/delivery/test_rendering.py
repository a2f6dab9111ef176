"""Rendering what is sent: expensive rows leave the loop its turns, empty messages stay here."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.template import parse
from crm_graphql.core.channels import Channel
from crm_graphql.core.slices import Slices
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import Delivery
from crm_graphql.resources import Resources
from tests.campaigns.test_template_work import FOR_SOME
from tests.delivery.factories import launch, make_customers
from tests.delivery.running import running, until_status
from tests.delivery.stand_in import StandInVendor
from tests.pauses import measured_pauses


async def deliveries(key: ObjectId) -> list[dict[str, Any]]:
    return await Delivery.get_pymongo_collection().find({"campaign_id": key}).sort("number").to_list()


async def test_a_message_that_is_empty_for_a_customer_is_not_sent(resources: Resources) -> None:
    customers = await make_customers(5)
    nameless = {"$unset": {"name": ""}}
    await Customer.get_pymongo_collection().update_one({"_id": customers[3]}, nameless)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        message = MessageTemplate(subject="{{ customer.name }}", body=" {{ customer.name }}\n")
        key = await launch(resources, message=message)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["skipped"], row["stats"]["failed"]) == (4, 1, 0)
    assert len(vendor.keys) == 4
    skipped = (await deliveries(key))[3]
    assert (skipped["status"], skipped["reason"]) == ("SKIPPED", "TEMPLATE_ERROR")
    assert skipped["reason_text"] == "The body is empty for this customer."
    assert skipped["sent_at"] is None
    assert skipped["finished_at"] is not None


async def test_rows_that_cost_too_much_fail_with_their_place_and_hold_nobody_up(resources: Resources) -> None:
    await make_customers(200)
    dear = {"external_id": {"$ne": "c0"}}
    await Customer.get_pymongo_collection().update_many(dear, {"$set": {"city": "Nowhere"}})
    vendor = StandInVendor(sends_receipts=False)
    async with (
        running(resources, vendor, delivery_batch=200, lease_seconds=30.0),
        measured_pauses() as pauses,
    ):
        key = await launch(resources, message=MessageTemplate(subject="S", body=FOR_SOME))
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (1, 199)
    failed = (await deliveries(key))[1]
    assert failed["reason"] == "TEMPLATE_ERROR"
    assert failed["reason_text"].startswith("body, line 1, column ")
    assert "more work than a message may" in failed["reason_text"]
    assert pauses.longest < 0.05


async def test_senders_of_one_process_render_one_at_a_time() -> None:
    template = parse(None, FOR_SOME, Channel.EMAIL)
    slices = Slices()

    def fail(_row: int) -> None:
        with pytest.raises(Exception, match="more work"):
            template.render({"customer": {"city": "Nowhere"}})

    async with measured_pauses() as pauses:
        await asyncio.gather(*(slices.each(range(4), fail) for _ in range(20)))
    assert pauses.longest < 0.05
