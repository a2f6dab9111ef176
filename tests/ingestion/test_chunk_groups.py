"""Chunks of a large body hold neighbours: several orders of a customer together, cut alike each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from crm_graphql.ingestion.chunk_work import ChunkWork
from crm_graphql.ingestion.states import IngestionStatus
from crm_graphql.resources import Resources
from tests.ingestion.doors import ORDERS, apply_pending, as_stored, broken_off, figures, orders_csv, stream

ORDERS_SENT, CUSTOMERS_OF_THEM = 8_000, 800
CUT: dict[str, Any] = {"partitions": 2, "chunk_records": 200}


async def stored(resources: Resources) -> Sequence[Mapping[str, Any]]:
    return await resources.database.ingestion_chunks.find({"record_count": {"$gt": 0}}).to_list()


def owners(chunk: Mapping[str, Any]) -> list[str]:
    return [record.customer_external_id for record in ChunkWork.from_document(chunk).records]


async def test_a_chunk_of_a_large_body_has_a_customers_orders_together(resources: Resources) -> None:
    await stream(resources, ORDERS, orders_csv(ORDERS_SENT, CUSTOMERS_OF_THEM), **CUT)
    found = await stored(resources)
    writes = sum(len(set(owners(chunk))) for chunk in found)
    # Two partitions alone would give each chunk of 200 orders 200 different customers.
    assert writes <= ORDERS_SENT / 3
    assert all(chunk["record_count"] <= CUT["chunk_records"] for chunk in found)


async def test_all_orders_of_a_customer_are_of_one_partition(resources: Resources) -> None:
    await stream(resources, ORDERS, orders_csv(ORDERS_SENT, CUSTOMERS_OF_THEM), **CUT)
    places: dict[str, set[int]] = {}
    for chunk in await stored(resources):
        for owner in owners(chunk):
            places.setdefault(owner, set()).add(chunk["partition"])
    assert len(places) == CUSTOMERS_OF_THEM
    assert all(len(partitions) == 1 for partitions in places.values())


async def test_a_small_body_is_one_chunk_a_partition_in_the_bodys_order(resources: Resources) -> None:
    await stream(resources, ORDERS, orders_csv(150), **CUT)
    found = await stored(resources)
    assert sorted(chunk["partition"] for chunk in found) == [0, 1]
    for chunk in found:
        rows = [record.row for record in ChunkWork.from_document(chunk).records]
        assert rows == sorted(rows)


async def test_a_body_that_a_former_release_began_goes_on_in_its_chunks(resources: Resources) -> None:
    body = orders_csv(ORDERS_SENT, CUSTOMERS_OF_THEM)
    ingestions = resources.database.ingestions
    whole = await stream(resources, ORDERS, body, key="whole", **CUT)
    await resources.database.ingestion_chunks.delete_many({})
    await ingestions.update_one(
        {"_id": whole.id},
        {"$set": {"sealed": False, "body_hash": None, "chunk_count": 0}, "$unset": {"groups": 1}},
    )
    with pytest.raises(ConnectionResetError):
        await stream(resources, ORDERS, broken_off(body, len(body) - 20_000), key="whole", **CUT)
    begun = {chunk["number"]: chunk["payload_hash"] for chunk in await stored(resources)}
    again = await stream(resources, ORDERS, body, key="whole", **CUT)
    ended = {chunk["number"]: chunk["payload_hash"] for chunk in await stored(resources)}
    assert begun
    assert begun.items() < ended.items()
    assert all(len(set(owners(chunk))) == chunk["record_count"] for chunk in await stored(resources))
    await apply_pending(resources)
    assert (await as_stored(again)).status is IngestionStatus.COMPLETED
    assert await figures(again) == (ORDERS_SENT, 0, 0, 0)
