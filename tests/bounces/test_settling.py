"""What bounces and complaints lead to, each once, whatever order and however often they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from crm_graphql.bounces.documents import Bounce
from crm_graphql.bounces.intake import accept_notices
from crm_graphql.consents.documents import Suppression
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.delivery.webhooks.port import Notice, Returned
from crm_graphql.resources import Resources
from tests.bounces.factories import bounces, give_address, notice, settle, suppressions, take
from tests.delivery.factories import make_ledger
from tests.delivery.running import running, until, until_stats, until_status
from tests.delivery.stand_in import StandInVendor


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Returned.HARD, "BOUNCED"),
        (Returned.COMPLAINT, "COMPLAINED"),
        (Returned.SOFT, None),
        (Returned.CONTENT, None),
        (Returned.POLICY, None),
    ],
)
async def test_only_what_speaks_of_the_address_suppresses_it(
    resources: Resources, kind: Returned, reason: str | None
) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    await give_address(ids[0], "Ida@Example.com")
    await take(resources, notice(ids[0], kind))
    assert await suppressions() == ({"ida@example.com": reason} if reason else {})
    (row,) = await bounces()
    assert (row["suppression_id"] is not None) is (reason is not None)
    assert (row["is_open"], row["code"], row["address"]) == (False, "5.1.1", None)


async def test_the_same_news_twice_is_one_bounce(resources: Resources) -> None:
    _, ids = await make_ledger(2, status=DeliveryStatus.SENT)
    await take(resources, notice(ids[0]), notice(ids[0], reason_text="again"), notice(ids[1]))
    await take(resources, notice(ids[0]))
    assert len(await bounces()) == 2


async def test_a_lifted_suppression_does_not_come_back_with_old_news(resources: Resources) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    await take(resources, notice(ids[0]))
    await Suppression.get_pymongo_collection().delete_many({})
    await take(resources, notice(ids[0]))
    assert await suppressions() == {}


async def test_a_bounce_overrules_delivered_and_a_lost_answer(resources: Resources) -> None:
    key, ids = await make_ledger(2, status=DeliveryStatus.DELIVERED)
    async with running(resources, StandInVendor()):
        await take(resources, notice(ids[0]))
        row = await until_stats(key, delivered=1, failed=1)
    assert row["stats"]["failed"] == 1


async def test_a_complaint_leaves_delivered_as_it_is(resources: Resources) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.DELIVERED)
    async with running(resources, StandInVendor()):
        await take(resources, notice(ids[0], Returned.COMPLAINT))
        await until_status(key, "COMPLETED")
    row = await Delivery.get_pymongo_collection().find_one({"_id": ObjectId(ids[0])})
    assert row is not None
    assert row["status"] == "DELIVERED"


async def test_some_soft_bounces_of_different_messages_suppress(resources: Resources) -> None:
    _, ids = await make_ledger(3, status=DeliveryStatus.SENT)
    for one in ids:
        await give_address(one, "full@example.com")
    await take(resources, notice(ids[0], Returned.SOFT), notice(ids[0], Returned.SOFT))
    await take(resources, notice(ids[1], Returned.SOFT))
    await take(resources, notice(ids[1], Returned.SOFT))
    assert await suppressions() == {}
    await take(resources, notice(ids[2], Returned.SOFT))
    assert await suppressions() == {"full@example.com": "BOUNCED"}


async def test_soft_bounces_of_long_ago_do_not_count(resources: Resources) -> None:
    _, ids = await make_ledger(3, status=DeliveryStatus.SENT)
    for one in ids:
        await give_address(one, "full@example.com")
    await take(resources, notice(ids[0], Returned.SOFT), notice(ids[1], Returned.SOFT))
    long_ago = datetime.now(UTC) - timedelta(days=31)
    await Bounce.get_pymongo_collection().update_many({}, {"$set": {"at": long_ago}})
    await take(resources, notice(ids[2], Returned.SOFT))
    assert await suppressions() == {}


async def test_no_number_of_soft_bounces_suppresses_where_that_is_off(resources: Resources) -> None:
    _, ids = await make_ledger(4, status=DeliveryStatus.SENT)
    for one in ids:
        await give_address(one, "full@example.com")
    await accept_notices(
        [notice(one, Returned.SOFT) for one in ids],
        settings=resources.settings,
        bus=resources.bus,
        clock=resources.clock,
    )
    assert await settle(resources, soft_bounces=0) == 4
    assert await suppressions() == {}


async def test_an_address_alone_is_suppressed_and_nothing_else_kept_of_it(resources: Resources) -> None:
    await take(
        resources,
        Notice(
            returned=Returned.HARD,
            channel=Channel.EMAIL,
            address="Foreign@Example.com",
            reason_text="no foreign@example.com here",
            vendor_message_id="m1",
        ),
    )
    assert await suppressions() == {"foreign@example.com": "BOUNCED"}
    (row,) = await bounces()
    assert (row["address"], row["text"], row["delivery_id"]) == (None, None, None)


async def test_a_bounce_ahead_of_its_delivery_waits_for_it(resources: Resources) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    deliveries = Delivery.get_pymongo_collection()
    row = await deliveries.find_one_and_delete({"_id": ObjectId(ids[0])})
    assert row is not None
    await take(resources, notice(ids[0]))
    assert await suppressions() == {}
    await deliveries.insert_one(row)
    assert await settle(resources) == 1
    assert await suppressions() == {row["address"]: "BOUNCED"}


async def test_one_that_stays_unknown_is_given_up(resources: Resources) -> None:
    await take(resources, notice("f" * 24))
    assert await settle(resources) == 0
    await Bounce.get_pymongo_collection().update_many({}, {"$set": {"at": datetime(2020, 1, 1, tzinfo=UTC)}})
    assert await settle(resources) == 1
    assert await settle(resources) == 0


async def test_more_than_a_piece_of_unknown_ones_keeps_nobody_waiting(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_graphql.bounces.settling.AT_ONCE", 2)
    _, ids = await make_ledger(3, status=DeliveryStatus.SENT)
    unknown = [notice(f"{number:024x}") for number in range(1, 6)]
    await take(resources, *unknown, *map(notice, ids))
    assert len(await suppressions()) == 3


async def test_what_comes_back_of_an_erased_person_names_nobody(resources: Resources) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    await Delivery.get_pymongo_collection().update_one(
        {"_id": ObjectId(ids[0])}, {"$set": {"erased": True, "customer_id": None, "address": None}}
    )
    await take(resources, notice(ids[0]))
    (row,) = await bounces()
    assert (row["text"], row["customer_id"], row["address_key"]) == (None, None, None)
    assert await suppressions() == {}


async def test_who_is_erased_meanwhile_is_named_nowhere(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)

    async def erased_now(*_: object, **__: object) -> bool:
        await Delivery.get_pymongo_collection().update_one(
            {"_id": ObjectId(ids[0])}, {"$set": {"erased": True, "customer_id": None, "address": None}}
        )
        return False

    monkeypatch.setattr("crm_graphql.bounces.settling.judge", erased_now)
    await take(resources, notice(ids[0]))
    (row,) = await bounces()
    assert (row["text"], row["customer_id"]) == (None, None)
    assert await suppressions() == {None: "BOUNCED"}


async def test_a_process_that_dies_between_two_steps_leaves_it_to_the_next(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)

    async def dies(*_: object, **__: object) -> bool:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("crm_graphql.bounces.settling.judge", dies)
        with pytest.raises(RuntimeError):
            await take(resources, notice(ids[0]))
    assert await settle(resources) == 1
    assert len(await suppressions()) == 1
    assert [row["is_open"] for row in await bounces()] == [False]


async def test_consumers_settle_by_themselves(resources: Resources) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    await accept_notices(
        [notice(ids[0])], settings=resources.settings, bus=resources.bus, clock=resources.clock
    )

    async def is_suppressed() -> bool:
        return bool(await suppressions())

    async with running(resources, StandInVendor()):
        await until(is_suppressed)
