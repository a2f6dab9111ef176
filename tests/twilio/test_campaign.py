"""Campaigns by SMS: what Twilio charges is kept, who told it to stop is closed, the limit counts segments."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from bson import ObjectId

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.consents.documents import Suppression
from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.pace import Pace, vendor_pace
from crm_graphql.delivery.vendors import choose
from crm_graphql.delivery.vendors.carrier import Carrier
from crm_graphql.delivery.vendors.port import Vendor
from crm_graphql.delivery.vendors.twilio import TwilioVendor, weight
from crm_graphql.resources import Resources
from tests.consents.factories import make_people
from tests.delivery.factories import assert_exact, launch
from tests.delivery.running import running, until_stats
from tests.twilio.conftest import number_of
from tests.twilio.server import TwilioServer

PATIENT = {"vendor_deadline_seconds": 5.0, "lease_seconds": 10.0}
"""Each message is a call of HTTP."""


async def launch_sms(resources: Resources, people: int, body: str) -> ObjectId:
    """A campaign to so many people."""
    await make_people(*({"phone": number_of(index)} for index in range(people)))
    return await launch(resources, channel=Channel.SMS, message=MessageTemplate(subject=None, body=body))


async def rows_of(key: ObjectId) -> dict[str, dict[str, Any]]:
    """The campaign's deliveries, by number."""
    rows = Delivery.get_pymongo_collection().find({"campaign_id": key})
    return {row["address"]: row async for row in rows}


async def test_what_twilio_charges_stands_at_each_delivery(
    resources: Resources, vendor: TwilioVendor, twilio: TwilioServer
) -> None:
    twilio.num_segments = "3"
    twilio.refuse[number_of(1)] = 21614
    key = await launch_sms(resources, 3, "Hello")
    async with running(resources, vendor, **PATIENT):
        await until_stats(key, sent=2, failed=1)
    await assert_exact(key)
    rows = await rows_of(key)
    assert [rows[number_of(index)].get("segments") for index in range(3)] == [3, None, 3]
    assert rows[number_of(0)]["vendor_message_id"] in {one.sid for one in twilio.sent}


async def test_who_told_twilio_to_stop_is_suppressed_as_by_a_reply(
    resources: Resources, vendor: TwilioVendor, twilio: TwilioServer
) -> None:
    twilio.refuse[number_of(1)] = 21610
    key = await launch_sms(resources, 3, "Hello")
    async with running(resources, vendor, **PATIENT):
        await until_stats(key, sent=2, failed=1)
    assert await suppressed_on({number_of(index) for index in range(3)}) == {
        number_of(1): frozenset({Channel.SMS})
    }
    row = await Suppression.get_pymongo_collection().find_one({"address": number_of(1)})
    assert row is not None
    assert (row["reason"], row["by_reply"]) == ("UNSUBSCRIBED", True)


async def test_the_senders_limit_counts_segments(
    resources: Resources, vendor: TwilioVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def paced(chosen: Vendor, settings: Settings) -> dict[Channel, Carrier]:
        return dict.fromkeys(Channel, Carrier(chosen, pace=vendor_pace("twilio", 60.0, weigh=weight)))

    reserve, taken = Pace.reserve, list[int]()

    async def noted(pace: Pace, count: int, *, longest_wait: float) -> float | None:
        wait = await reserve(pace, count, longest_wait=longest_wait)
        if wait is not None:
            taken.append(count)
        return wait

    monkeypatch.setattr("consumers.work.one_for_all", paced)
    monkeypatch.setattr(Pace, "reserve", noted)
    key = await launch_sms(resources, 13, "x" * 400)
    async with running(resources, vendor, **PATIENT):
        await until_stats(key, sent=13)
    assert sum(taken) == 13 * 3


async def test_the_settings_choose_twilio_for_sms_alone(http: httpx.AsyncClient, settings: Settings) -> None:
    values = {
        "development": False,
        "sms_vendor": type(settings.sms_vendor)("twilio"),
        "twilio_segments_per_second": 30.0,
        "twilio_sender": "+15005550006",
    }
    carriers = choose.choose_vendors(settings.model_copy(update=values), http)
    sms = carriers[Channel.SMS]
    assert (sms.vendor.name, sms.sender, carriers[Channel.EMAIL].vendor.name) == (
        "twilio",
        "+15005550006",
        "simulator",
    )
    assert sms.pace is not None
    assert (sms.pace.per_second, sms.pace.weight_of(["x", "x" * 161])) == (30.0, 3)
    assert not sms.is_exact
