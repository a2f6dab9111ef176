"""A broker that cannot do what the product needs is a sentence at the start, however well it answers."""

from __future__ import annotations

import time

import pytest

from crm_graphql.bus.port import BusError
from crm_graphql.bus.rabbitmq import session
from crm_graphql.bus.rabbitmq.bus import RabbitBus
from crm_graphql.bus.rabbitmq.session import BrokerAway, unfit
from tests.servers.rabbitmq import RabbitNode


async def test_a_broker_that_is_too_old_is_named_at_once(
    rabbitmq: RabbitNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "LEAST_VERSION", (99, 0))
    bus = RabbitBus(rabbitmq.url, prefix="crm-unfit", publish_deadline_seconds=5)
    began = time.monotonic()
    with pytest.raises(BusError, match=r"^RabbitMQ [34]\.\d+ is too old: 99\.0 or later is needed\.$"):
        await bus.open()
    assert time.monotonic() - began < 1.9
    # Nothing goes on trying in the background.
    assert bus._keeper is None


async def test_the_broker_of_today_is_fit(rabbitmq: RabbitNode) -> None:
    bus = RabbitBus(rabbitmq.url, prefix="crm-fit", publish_deadline_seconds=5)
    await bus.open()
    assert await bus.is_ready()
    await bus.close()


def test_quorum_queues_that_are_switched_off_are_told_from_a_broker_that_is_away() -> None:
    refusal = "INTERNAL_ERROR - Cannot declare a queue 'x' of type 'rabbit_quorum_queue' on node 'y': the "
    found = unfit(BrokerAway(f"{refusal}corresponding feature flag is disabled"))
    assert found is not None
    assert "rabbitmqctl enable_feature_flag" in str(found)
    assert unfit(BrokerAway("connection refused")) is None
