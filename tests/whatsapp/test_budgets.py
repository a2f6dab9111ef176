"""Budgets: the number, each person, and the portfolio, kept by all processes together."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from crm_graphql.core.settings import Settings
from crm_graphql.delivery.vendors.port import Fault, Outcome, OutcomeStatus, OutgoingMessage
from crm_graphql.delivery.vendors.whatsapp.call import Call
from crm_graphql.delivery.vendors.whatsapp.vendor import WhatsappVendor, number_pace, whatsapp_carrier
from crm_graphql.resources import Resources
from crm_graphql.whatsapp import pairs
from crm_graphql.whatsapp.documents import WhatsappPair, WhatsappReached
from crm_graphql.whatsapp.graph import GraphApi
from crm_graphql.whatsapp.pairs import give_pairs_back, reserve_pairs
from crm_graphql.whatsapp.portfolio import Portfolio, give_places_back
from crm_graphql.whatsapp.windows import Sender, heard, rest
from tests.servers.graph import Graph
from tests.whatsapp.calls import GREETING, greeting, key_of, number, text

pytestmark = pytest.mark.usefixtures("resources")

DAY = timedelta(hours=24)


def person(index: int) -> bytes:
    return index.to_bytes(16, "big")


def wanted(*indexes: int, attempt: int = 1) -> dict[bytes, str]:
    return {person(index): key_of(index, attempt) for index in indexes}


async def make_older(by: timedelta, **which: object) -> None:
    """As if all that was reserved had been so much earlier."""
    await WhatsappReached.get_pymongo_collection().update_many(
        which, [{"$set": {"at": {"$subtract": ["$at", by // timedelta(milliseconds=1)]}}}]
    )


async def test_no_more_people_are_reached_than_the_portfolio_may() -> None:
    portfolio = Portfolio(3)
    before = datetime.now(UTC)
    late = await portfolio.reserve(wanted(1, 2, 3, 4, 5))
    assert set(late) == {person(4), person(5)}
    for moment in late.values():
        assert abs(moment - before - DAY) < timedelta(seconds=30)


async def test_who_was_reached_already_takes_no_other_place() -> None:
    portfolio = Portfolio(2)
    assert await portfolio.reserve(wanted(1, 2)) == {}
    assert await portfolio.reserve(wanted(1, 2, attempt=2)) == {}
    assert set(await portfolio.reserve(wanted(1, 3))) == {person(3)}


async def test_a_place_is_free_a_day_after_its_person_was_last_written_to() -> None:
    portfolio = Portfolio(2)
    await portfolio.reserve(wanted(1, 2))
    await make_older(DAY - timedelta(minutes=1))
    assert set(await portfolio.reserve(wanted(3))) == {person(3)}
    await portfolio.reserve(wanted(1, attempt=2))
    await make_older(timedelta(minutes=2), person=person(2))
    assert await portfolio.reserve(wanted(3)) == {}
    assert set(await portfolio.reserve(wanted(4))) == {person(4)}


async def test_people_who_wait_come_again_as_places_become_free_not_all_at_once() -> None:
    portfolio = Portfolio(2)
    await portfolio.reserve(wanted(1, 2))
    await make_older(timedelta(hours=10), person=person(1))
    late = await portfolio.reserve(wanted(3, 4))
    assert late[person(4)] - late[person(3)] == pytest.approx(timedelta(hours=10), abs=timedelta(seconds=5))


async def test_of_many_who_reserve_at_once_exactly_as_many_as_may_get_a_place() -> None:
    portfolio = Portfolio(10)
    rounds = [wanted(*range(start, start + 6)) for start in range(0, 30, 3)]
    late = await asyncio.gather(*map(portfolio.reserve, rounds))
    places = [row.person async for row in WhatsappReached.find_all()]
    assert len(places) == len({*places}) == 10
    for asked, waiting in zip(rounds, late, strict=True):
        assert asked.keys() - waiting.keys() <= {*places}


async def test_a_place_that_was_not_used_is_another_persons() -> None:
    portfolio = Portfolio(1)
    await portfolio.reserve(wanted(1))
    await give_places_back(wanted(1))
    assert await portfolio.reserve(wanted(2)) == {}


async def test_of_two_messages_to_a_person_one_that_fails_gives_no_place_back() -> None:
    portfolio = Portfolio(1)
    await portfolio.reserve(wanted(1))
    await portfolio.reserve(wanted(1, attempt=2))
    await give_places_back(wanted(1))
    await give_places_back(wanted(1, attempt=2))
    assert set(await portfolio.reserve(wanted(2))) == {person(2)}


async def test_a_lowered_limit_holds_at_once() -> None:
    await Portfolio(3).reserve(wanted(1, 2, 3))
    lower = Portfolio(1)
    await make_older(DAY + timedelta(minutes=1))
    assert await lower.reserve(wanted(3)) == {}
    assert set(await lower.reserve(wanted(1, 2))) == {person(1), person(2)}


async def test_a_person_gets_some_messages_at_once_and_then_one_in_six_seconds() -> None:
    for attempt in range(1, pairs.AT_ONCE + 1):
        assert await reserve_pairs(wanted(1, attempt=attempt)) == {}
    before = datetime.now(UTC)
    late = await reserve_pairs(wanted(1, 2, attempt=99))
    assert set(late) == {person(1)}
    assert timedelta(seconds=3) < late[person(1)] - before < timedelta(seconds=7)


async def test_of_many_at_once_to_a_person_no_more_than_some_get_through() -> None:
    late = await asyncio.gather(*(reserve_pairs(wanted(1, attempt=one)) for one in range(1, 31)))
    # Somebody else may have reserved before one looks: then one waits though one had a moment.
    assert sum(not one for one in late) <= pairs.AT_ONCE
    row = await WhatsappPair.find_one()
    assert row is not None
    assert row.tat / 1_000 - datetime.now(UTC).timestamp() <= pairs.AT_ONCE * 6.0


async def test_the_same_message_again_has_its_moment_and_one_not_sent_gives_it_back() -> None:
    for _ in range(30):
        assert await reserve_pairs(wanted(1)) == {}
    for attempt in range(2, pairs.AT_ONCE + 1):
        await reserve_pairs(wanted(1, attempt=attempt))
    assert await reserve_pairs(wanted(1, attempt=50)) != {}
    await give_pairs_back(wanted(1, attempt=pairs.AT_ONCE))
    assert await reserve_pairs(wanted(1, attempt=51)) == {}


def kept(outcomes: list[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.status is OutcomeStatus.DEFERRED]


async def test_what_the_portfolio_has_no_room_for_is_put_off_and_never_asked(
    graph: Graph, account: Settings, api: GraphApi
) -> None:
    graph.templates = [GREETING]
    small = whatsapp_carrier(account.model_copy(update={"whatsapp_portfolio_limit": 3}), api.http).vendor
    outcomes = await small.send([*map(greeting, range(1, 6))], deadline_seconds=5.0)
    assert graph.calls == 3
    late = kept(outcomes)
    assert [(one.fault, one.is_own_limit) for one in late] == [(Fault.TRANSIENT, True)] * 2
    assert all(80_000 < (one.retry_after_seconds or 0) <= 86_401 for one in late)


async def test_who_wrote_lately_costs_the_portfolio_nothing(
    graph: Graph, account: Settings, api: GraphApi
) -> None:
    small = whatsapp_carrier(account.model_copy(update={"whatsapp_portfolio_limit": 1}), api.http).vendor
    graph.templates = [GREETING]
    for index in (1, 2, 3):
        await heard(Sender(number(index), None), datetime.now(UTC))
    outcomes = await small.send([greeting(1), greeting(2), text(3), greeting(4)], deadline_seconds=5.0)
    assert {one.status for one in outcomes} == {OutcomeStatus.ACCEPTED}


async def test_what_meta_refused_takes_no_place(graph: Graph, account: Settings, api: GraphApi) -> None:
    graph.templates = [GREETING]
    graph.refusals = {number(1): 131009}
    small = whatsapp_carrier(account.model_copy(update={"whatsapp_portfolio_limit": 1}), api.http).vendor
    await small.send([greeting(1)], deadline_seconds=5.0)
    (outcome,) = await small.send([greeting(2)], deadline_seconds=5.0)
    assert outcome.status is OutcomeStatus.ACCEPTED


async def test_nobody_is_sent_marketing_again_within_a_day_of_metas_own_cap(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    graph.templates = [GREETING]
    graph.refusals = {number(1): 131049}
    await vendor.send([greeting(1)], deadline_seconds=5.0)
    graph.refusals.clear()
    await rest(number(2), datetime.now(UTC) + timedelta(hours=3))
    outcomes = await vendor.send([greeting(1), greeting(2), greeting(3)], deadline_seconds=5.0)
    assert [one.status.value for one in outcomes] == ["DEFERRED", "DEFERRED", "ACCEPTED"]
    assert 86_000 < (outcomes[0].retry_after_seconds or 0) <= 86_400
    assert 10_000 < (outcomes[1].retry_after_seconds or 0) <= 10_800


async def test_messages_of_a_call_are_evenly_spaced(
    graph: Graph, vendor: WhatsappVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.templates = [GREETING]
    begins: list[float] = []
    after = Call._after

    async def noted(call: Call, seconds: float, message: OutgoingMessage) -> Outcome:
        begins.append(seconds)
        return await after(call, seconds, message)

    monkeypatch.setattr(Call, "_after", noted)
    began = time.monotonic()
    await vendor.send([*map(greeting, range(20))], deadline_seconds=10.0)
    assert time.monotonic() - began >= 19 / 75
    assert begins == pytest.approx([index / 75 for index in range(20)])


async def test_the_numbers_pace_is_of_the_number_and_of_calls_of_many(
    resources: Resources, account: Settings
) -> None:
    pace = number_pace(account)
    assert (pace.per_second, pace.call_size, pace.piece_size) == (75.0, 18, 18)
    assert account.whatsapp_phone_number_id in pace.name
