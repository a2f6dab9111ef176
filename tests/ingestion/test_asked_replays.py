"""Replays that are asked for: answered at once, done by consumers turn by turn, harmless when done twice."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.bus.port import BusError, Message
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Forbidden, NotFound, Unavailable, WrongState
from crm_graphql.core.ids import encode_id
from crm_graphql.ingestion import replay
from crm_graphql.ingestion.messages import REPLAY_QUEUE, ReplayAsked
from crm_graphql.ingestion.replay import ask_for_replay, replay_turn
from crm_graphql.resources import Resources
from tests.gql.conftest import Api
from tests.ingestion.doors import INGESTOR, ORDERS, apply_pending, orders_csv, stream

ASK = "mutation($id: ID!) { ingestionReplay(input: {id: $id}) { ingestion { id } errors { code } } }"


@pytest.fixture
def asked(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was published for consumers to replay."""
    found: list[Any] = []

    async def publish(queue: object, *messages: Message) -> None:
        if queue == REPLAY_QUEUE:
            found.extend(messages)

    monkeypatch.setattr(resources.bus, "publish", publish)
    return found


async def taken(resources: Resources) -> ObjectId:
    """An ingestion of several chunks that is applied."""
    ingestion = await stream(resources, ORDERS, orders_csv(400), chunk_records=20)
    await apply_pending(resources)
    assert ingestion.id is not None
    return ObjectId(ingestion.id)


async def test_a_replay_goes_on_turn_by_turn_until_all_is_fed(
    resources: Resources, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "TURN_SECONDS", 0.0)
    key = await taken(resources)
    await resources.database.orders.delete_many({})
    await ask_for_replay(INGESTOR, key, bus=resources.bus)
    turns = created = 0
    while turns < len(asked):
        message: ReplayAsked = asked[turns]
        for _ in range(2):
            counters = await replay_turn(
                *(ObjectId(message.ingestion_id), message.first),
                transact=resources.in_transaction,
                bus=resources.bus,
            )
            created += counters.created
        del asked[turns + 2 :]
        turns += 1
    assert turns > 10
    assert created == await resources.database.orders.count_documents({}) == 400


async def test_who_may_not_see_or_send_asks_in_vain(resources: Resources, asked: list[Any]) -> None:
    key = await taken(resources)
    with pytest.raises(Forbidden):
        await ask_for_replay(Actor(Role.VIEWER, "v"), key, bus=resources.bus)
    with pytest.raises(NotFound):
        await ask_for_replay(Actor(Role.INGESTOR, "another"), key, bus=resources.bus)
    dry = await stream(resources, ORDERS, orders_csv(3), dry=True)
    with pytest.raises(WrongState):
        await ask_for_replay(INGESTOR, ObjectId(dry.id), bus=resources.bus)
    assert asked == []


async def test_a_bus_that_is_away_is_told(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_queue: object, *_messages: Message) -> None:
        raise BusError("the broker is away")

    key = await taken(resources)
    monkeypatch.setattr(resources.bus, "publish", away)
    with pytest.raises(Unavailable):
        await ask_for_replay(INGESTOR, key, bus=resources.bus)


async def test_clients_ask_by_mutation(api: Api) -> None:
    id = encode_id("Ingestion", await taken(api.resources))
    answer = await api.data(ASK, {"id": id})
    assert answer["ingestionReplay"] == {"ingestion": {"id": id}, "errors": []}
    assert await api.resources.bus.depth(REPLAY_QUEUE) == 1
    missing = await api.data(ASK, {"id": encode_id("Ingestion", ObjectId())})
    assert missing["ingestionReplay"]["errors"] == [{"code": "NOT_FOUND"}]
