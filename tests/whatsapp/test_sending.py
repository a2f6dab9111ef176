"""Campaigns by WhatsApp from launch to end, and a sender that is killed in the middle."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvloop
from bson import ObjectId
from starlette.applications import Starlette

from consumers.runner import Runner
from crm_graphql.campaigns.documents import MessageTemplate, WhatsappMessage, WhatsappParameter
from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.routes import routes
from crm_graphql.delivery.vendors.port import Outcome, OutgoingMessage, WhatsappTemplate
from crm_graphql.delivery.vendors.whatsapp.vendor import WhatsappVendor, number_pace
from crm_graphql.resources import Resources, open_resources
from crm_graphql.whatsapp.graph import GraphApi, account_api
from crm_graphql.whatsapp.templates import keep_templates
from crm_graphql.whatsapp.windows import Sender, heard, rest
from tests.delivery.factories import campaign_row, launch, make_customers
from tests.delivery.running import QUICK, running, until, until_stats, until_status
from tests.servers.graph import Graph
from tests.whatsapp.calls import GREETING, change, number, post, status

PHONE_BIT = 2


async def with_numbers(count: int, *, silent: int = 0) -> None:
    """Customers with numbers, who wrote lately but for the last ones."""
    for index, key in enumerate(await make_customers(count)):
        phone = {"phone": number(index), "folded.phone": number(index), "reach": PHONE_BIT}
        await Customer.get_pymongo_collection().update_one({"_id": key}, {"$set": phone})
        if index < count - silent:
            await heard(Sender(number(index), None), datetime.now(UTC))


async def launched(resources: Resources) -> ObjectId:
    message = MessageTemplate(body="Hi {{ customer.name }}")
    return await launch(resources, channel=Channel.WHATSAPP, message=message)


async def tell(resources: Resources, *statuses: dict[str, Any]) -> None:
    """Meta tells what became of messages."""
    app = Starlette(routes=routes)
    app.state.resources = resources
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        assert (await post(client, change(statuses=list(statuses)))).status_code == 200


async def test_free_text_reaches_who_wrote_and_says_why_the_others_got_none(
    graph: Graph, vendor: WhatsappVendor, on_whatsapp: Resources
) -> None:
    await with_numbers(6, silent=2)
    key = await launched(on_whatsapp)
    async with running(on_whatsapp, vendor):
        await until_stats(key, sent=4, failed=2)
        await tell(on_whatsapp, *(status(one, "read") for one in graph.keys))
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (4, 2)
    failed = await Delivery.get_pymongo_collection().find({"status": "FAILED"}).to_list()
    assert {(one["reason"], one["address"]) for one in failed} == {
        ("VENDOR_REJECTED", number(4)),
        ("VENDOR_REJECTED", number(5)),
    }
    assert all("24 hours" in one["reason_text"] for one in failed)


async def test_a_template_with_each_persons_values_reaches_everybody(
    graph: Graph, vendor: WhatsappVendor, api: GraphApi, on_whatsapp: Resources
) -> None:
    graph.templates = [GREETING]
    await keep_templates(api)
    await with_numbers(3, silent=3)
    values = [
        WhatsappParameter(name="name", value="{{ customer.name }}"),
        WhatsappParameter(name="day", value="Friday"),
    ]
    message = WhatsappMessage(template="greeting", language="en", parameters=values)
    key = await launch(
        on_whatsapp, channel=Channel.WHATSAPP, message=MessageTemplate(body="", whatsapp=message)
    )
    async with running(on_whatsapp, vendor):
        await until_stats(key, sent=3)
    names = [one["template"]["components"][0]["parameters"][0]["text"] for one in graph.sent]
    assert sorted(names) == ["Name 0", "Name 1", "Name 2"]


async def test_a_fault_of_the_account_pauses_the_campaign_and_costs_nobody(
    graph: Graph, vendor: WhatsappVendor, on_whatsapp: Resources
) -> None:
    await with_numbers(12)
    graph.token = "another"
    key = await launched(on_whatsapp)
    async with running(on_whatsapp, vendor):
        row = await until_status(key, "PAUSED")
    assert "#190" in row["pause_reason"]
    assert row["stats"]["queued"] == 12


async def test_what_a_budget_puts_off_waits_for_its_moment_and_is_no_failure(
    graph: Graph, vendor: WhatsappVendor, on_whatsapp: Resources
) -> None:
    await with_numbers(2)
    graph.refusals[number(0)] = 131049
    key = await launched(on_whatsapp)
    async with running(on_whatsapp, vendor):
        row = await until_stats(key, sent=1, queued=1, deferred=1)
    assert row["status"] == "SENDING"
    waiting = await Delivery.get_pymongo_collection().find_one({"status": "QUEUED"})
    assert waiting is not None
    left = waiting["not_before"] - datetime.now(UTC)
    assert timedelta(hours=23, minutes=55) < left <= timedelta(hours=24)


async def test_a_budget_puts_off_however_often(
    graph: Graph, account: Settings, on_whatsapp: Resources
) -> None:
    await with_numbers(1)
    key = await launched(on_whatsapp)
    deliveries = Delivery.get_pymongo_collection()
    await rest(number(0), datetime.now(UTC) + timedelta(hours=3))
    template = WhatsappTemplate("greeting", "en")

    class Templates(WhatsappVendor):
        """Sends a template in place of the text."""

        async def send(
            self, messages: Sequence[OutgoingMessage], *, deadline_seconds: float
        ) -> list[Outcome]:
            named = [replace(message, whatsapp=template) for message in messages]
            return await super().send(named, deadline_seconds=deadline_seconds)

    resting = Templates(account_api(account, on_whatsapp.http), pace=number_pace(account), portfolio_limit=0)
    async with running(on_whatsapp, resting):
        await until_stats(key, deferred=1)
    (row,) = await deliveries.find().to_list()
    assert (row["status"], row.get("put_off", 0)) == ("QUEUED", 0)
    assert graph.calls == 0


async def _send_for_ever(settings: Settings) -> None:
    async with open_resources(settings) as resources:
        runner = Runner(resources)
        await runner.start()
        await asyncio.sleep(600)


def _run(settings: Settings) -> None:
    uvloop.run(_send_for_ever(settings))


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_sender_that_is_killed_sends_nothing_twice_and_metas_word_settles_what_is_in_doubt(
    graph: Graph, on_whatsapp: Resources, account: Settings
) -> None:
    await with_numbers(150)
    key = await launched(on_whatsapp)
    settings = account.model_copy(update={**QUICK, "vendor_deadline_seconds": 0.6, "lease_seconds": 1.5})
    processes = multiprocessing.get_context("forkserver")
    process = processes.Process(target=_run, args=(settings,), daemon=True)
    process.start()
    while len(graph.sent) < 40:
        assert process.is_alive()
        await asyncio.sleep(0.005)
    process.kill()
    await asyncio.to_thread(process.join)

    async def nothing_waits() -> bool:
        return bool((await campaign_row(key))["stats"]["queued"] == 0)

    other = on_whatsapp.with_settings(settings)
    await other.deployment.read()
    runner = Runner(other)
    await runner.start()
    try:
        # What it was in the middle of, the server keeps locked for up to a minute.
        await until(nothing_waits, seconds=150)
        sent = [body["biz_opaque_callback_data"] for body in graph.sent]
        assert max(Counter(sent).values()) == 1
        doubtful = await Delivery.get_pymongo_collection().find({"reason": "OUTCOME_UNKNOWN"}).to_list()
        assert len(doubtful) <= settings.senders * WhatsappVendor.batch_limit
        await tell(on_whatsapp, *(status(one, "delivered") for one in sent))
        await until_stats(key, delivered=len(sent), failed=150 - len(sent))
    finally:
        await runner.stop()
    failed = await Delivery.get_pymongo_collection().find({"status": "FAILED"}).to_list()
    assert {row["reason"] for row in failed} <= {"OUTCOME_UNKNOWN"}
