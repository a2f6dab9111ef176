"""Time zones of people: taken in with records, edited, kept in the history, and asked for by rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from crm_graphql.audiences.compile import select_customers
from crm_graphql.core.errors import InvalidInput
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources
from tests.customers.edits import create, history, stored, update
from tests.ingestion.doors import CUSTOMERS, apply_pending, send

NOW = datetime(2024, 6, 30, tzinfo=UTC)


async def found(operator: str, value: Any = None) -> set[str]:
    rule = {
        "where": {"field": "timeZone", "operator": operator, **({} if value is None else {"value": value})}
    }
    rows = Customer.get_pymongo_collection().find(select_customers(rule, NOW), {"external_id": 1})
    return {row["external_id"] async for row in rows}


async def test_a_time_zone_is_edited_as_any_field_and_spelled_as_it_is(resources: Resources) -> None:
    await create(resources, "c1", name="Ada", time_zone="europe/berlin")
    assert (await stored("c1"))["time_zone"] == "Europe/Berlin"
    row = await update(resources, "c1", time_zone="America/Lima")
    assert row["time_zone"] == "America/Lima"
    assert (await update(resources, "c1", time_zone=None))["time_zone"] is None
    changes = [changes["time_zone"] for _, _, changes in await history("c1")]
    assert changes == [(None, "Europe/Berlin"), ("Europe/Berlin", "America/Lima"), ("America/Lima", None)]
    with pytest.raises(InvalidInput) as refused:
        await update(resources, "c1", time_zone="Europe/Berln")
    (problem,) = refused.value.problems
    assert problem.path == ("timeZone",)
    assert "Did you mean Europe/Berlin?" in problem.message


async def test_records_bring_time_zones_and_rules_ask_for_them(resources: Resources) -> None:
    zones = {"c1": "Europe/Berlin", "c2": "Asia/Tokyo", "c3": None}
    await send(resources, CUSTOMERS, [{"external_id": key, "time_zone": zone} for key, zone in zones.items()])
    await apply_pending(resources)
    assert {key: (await stored(key)).get("time_zone") for key in zones} == zones
    assert await found("EQ", "EUROPE/berlin") == {"c1"}
    assert await found("STARTS_WITH", "Asia") == {"c2"}
    assert await found("NOT_SET") == {"c3"}


async def test_who_was_stored_before_there_were_time_zones_gets_one(resources: Resources) -> None:
    await create(resources, "c1", name="Ada")
    await Customer.get_pymongo_collection().update_one({}, {"$unset": {"time_zone": ""}})
    assert (await update(resources, "c1", name="Bob"))["name"] == "Bob"
    assert (await update(resources, "c1", time_zone="Asia/Tokyo"))["time_zone"] == "Asia/Tokyo"
    assert (await stored("c1"))["folded"]["time_zone"] == "asia/tokyo"
