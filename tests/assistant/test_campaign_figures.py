"""A campaign's figures are what its ledger and its recipients' orders hold, read at a cost with a bound."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.assistant.summaries import CampaignFigures, Orders, campaign_figures, reading
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import Forbidden, NotFound
from crm_graphql.delivery.documents import Delivery
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from tests.assistant.campaigns import AT
from tests.clocks import FixedClock
from tests.profiling import profiled

VIEWER = Actor(Role.VIEWER, "viewer")
AUDIENCE = ObjectId()
LAUNCHED = AT - timedelta(days=10)

Outcome = tuple[str, str | None]


async def make_campaign(
    outcomes: list[Outcome],
    *,
    name: str = "Summer sale",
    launched: Any = LAUNCHED,
    audience: ObjectId = AUDIENCE,
) -> tuple[ObjectId, list[ObjectId]]:
    """A campaign whose ledger ends with these; its customers, in the order of the ledger."""
    key, customers = ObjectId(), [ObjectId() for _ in outcomes]
    counts = dict.fromkeys(("queued", "sent", "delivered", "failed", "skipped"), 0)
    for status, _ in outcomes:
        counts[status.lower()] += 1
    await Campaign.get_pymongo_collection().insert_one(
        {
            "_id": key,
            "name": name,
            "channel": "EMAIL",
            "status": "COMPLETED",
            "audience_id": audience,
            "stats": {"total": len(outcomes), **counts},
            "planning": {"done": True},
            "revision": 1,
            "launched_at": launched,
            "created_at": launched or AT,
            "updated_at": AT,
        }
    )
    rows = [
        {
            "campaign_id": key,
            "number": number,
            "customer_id": customer,
            "channel": "EMAIL",
            "status": status,
            "reason": reason,
            "revision": 1,
            "created_at": AT,
            "updated_at": AT,
        }
        for number, (customer, (status, reason)) in enumerate(zip(customers, outcomes, strict=True))
    ]
    if rows:
        await Delivery.get_pymongo_collection().insert_many(rows)
    return key, customers


async def make_orders(orders: list[tuple[ObjectId, int, timedelta]]) -> None:
    """Orders of these customers for so much, so long after the launch."""
    await Order.get_pymongo_collection().insert_many(
        [
            {
                "external_id": str(ObjectId()),
                "customer_id": customer,
                "amount": amount,
                "currency": "USD",
                "ordered_at": LAUNCHED + after,
                "version": 1,
                "created_at": AT,
                "updated_at": AT,
            }
            for customer, amount, after in orders
        ]
    )


async def read(resources: Resources, key: ObjectId, actor: Actor = VIEWER) -> CampaignFigures:
    """The figures as of the tests' moment."""
    return await campaign_figures(actor, key, clock=FixedClock(AT), settings=resources.settings)


DAY = timedelta(days=1)


async def test_figures_hold_outcomes_causes_and_orders_of_those_who_got_it(resources: Resources) -> None:
    outcomes: list[Outcome] = [
        *[("DELIVERED", None)] * 3,
        *[("SENT", None), ("QUEUED", None), ("FAILED", "BOUNCED"), ("FAILED", "BOUNCED")],
        *[("FAILED", "TEMPLATE_ERROR"), ("SKIPPED", "TEMPLATE_ERROR"), ("SKIPPED", "NO_ADDRESS")],
    ]
    key, people = await make_campaign(outcomes)
    _, strangers = await make_campaign([("DELIVERED", None)], audience=ObjectId())
    await make_orders(
        [
            *[(people[0], 10_0000, DAY), (people[0], 5_0000, 2 * DAY), (people[3], 1_0000, 3 * DAY)],
            *[(people[0], -2_0000, 4 * DAY), (people[1], -1_0000, DAY)],
            # Before the launch, after the moment, of who did not get it, of who is in another campaign.
            *[(people[2], 99_0000, -DAY), (people[2], 99_0000, 11 * DAY)],
            *[(people[4], 99_0000, DAY), (people[5], 99_0000, DAY), (strangers[0], 99_0000, DAY)],
        ]
    )
    found = await read(resources, key)
    assert (found.total, found.queued, found.sent, found.delivered) == (10, 1, 1, 3)
    assert (found.failed, found.skipped) == (3, 2)
    assert dict(found.failed_by) == {"BOUNCED": 2, "TEMPLATE_ERROR": 1}
    assert dict(found.skipped_by) == {"NO_ADDRESS": 1, "TEMPLATE_ERROR": 1}
    assert found.orders == Orders(customers=2, orders=3, revenue=13_0000)
    assert (found.name, found.channel, found.status) == (
        "Summer sale",
        Channel.EMAIL,
        CampaignStatus.COMPLETED,
    )
    assert (found.at, found.launched_at, found.currency) == (AT, LAUNCHED, resources.settings.currency)
    assert found.earlier is None


async def test_the_campaign_before_is_the_last_one_to_the_same_audience_counted_for_as_long(
    resources: Resources,
) -> None:
    sent: list[Outcome] = [("DELIVERED", None), ("FAILED", "BOUNCED")]
    await make_campaign(sent, name="Older", launched=LAUNCHED - 60 * DAY)
    _, people = await make_campaign(sent, name="Before", launched=LAUNCHED - 30 * DAY)
    await make_campaign(sent, name="Other audience", launched=LAUNCHED - DAY, audience=ObjectId())
    await make_campaign(sent, name="Draft", launched=None)
    await make_campaign(sent, name="Later", launched=LAUNCHED + DAY)
    key, _ = await make_campaign(sent)
    await make_orders([(people[0], 7_0000, -29 * DAY), (people[0], 9_0000, -19 * DAY)])
    earlier = (await read(resources, key)).earlier
    assert earlier is not None
    assert (earlier.name, earlier.total, earlier.delivered, earlier.failed) == ("Before", 2, 1, 1)
    assert earlier.orders == Orders(customers=1, orders=1, revenue=7_0000)


async def test_orders_of_many_recipients_are_estimated_from_an_even_part_of_them(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SAMPLE", 100)
    key, people = await make_campaign([("DELIVERED", None)] * 1_000)
    # Every fourth of all, evenly spread, ordered twice.
    buyers = [person for number, person in enumerate(people) if number // 10 % 4 == 0]
    await make_orders([(person, 10_0000, after) for person in buyers for after in (DAY, 2 * DAY)])
    async with profiled(resources.database) as reads:
        found = await read(resources, key)
    assert found.orders == Orders(customers=250, orders=500, revenue=5_000_0000, is_estimate=True)
    assert sum(each["docsExamined"] for each in reads) <= 100 + 50 + 5
    assert sum(each["keysExamined"] for each in reads) <= 800


async def test_causes_are_counted_in_the_index_of_those_that_have_one(resources: Resources) -> None:
    key, _ = await make_campaign([("DELIVERED", None)] * 500 + [("SKIPPED", "NO_ADDRESS")] * 50)
    async with profiled(resources.database) as reads:
        found = await read(resources, key)
    assert dict(found.skipped_by) == {"NO_ADDRESS": 50}
    counts = [each for each in reads if "reason" in str(each["command"].get("pipeline"))]
    assert counts
    assert sum(each["docsExamined"] for each in counts) == 0
    assert sum(each["keysExamined"] for each in counts) <= 50 + 2 * len(counts)


@pytest.mark.parametrize("value", [0, 7, 99, 105, 149, 12_345, -12_345])
def test_an_estimate_keeps_two_digits(value: int) -> None:
    rounded = reading._rounded(float(value))
    assert abs(rounded - value) <= max(0, abs(value) * 0.05)
    assert abs(value) < 100 or len(str(abs(rounded)).rstrip("0")) <= 2


async def test_a_campaign_that_was_never_launched_has_no_orders(resources: Resources) -> None:
    key, _ = await make_campaign([], launched=None)
    found = await read(resources, key)
    assert (found.total, found.orders, found.earlier, found.launched_at) == (0, None, None, None)


async def test_what_takes_too_long_is_left_out(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "TIMEOUT_MS", 1)
    monkeypatch.setattr(reading, "SAMPLE", 100_000)
    key, _ = await make_campaign([("DELIVERED", None)] * 20_000 + [("FAILED", "BOUNCED")] * 20_000)
    found = await read(resources, key)
    assert (found.orders, dict(found.failed_by), found.failed) == (None, {}, 20_000)


async def test_an_unknown_campaign_is_not_found_and_an_ingestor_may_not_ask(resources: Resources) -> None:
    with pytest.raises(NotFound) as caught:
        await read(resources, ObjectId())
    assert caught.value.problems[0].path == ("campaignId",)
    key, _ = await make_campaign([])
    with pytest.raises(Forbidden):
        await read(resources, key, Actor(Role.INGESTOR, "ingestor"))
