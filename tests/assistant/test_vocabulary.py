"""The vocabulary holds the fields, the values that occur, and what is much here; it costs little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crm_graphql.assistant import vocabulary as module
from crm_graphql.assistant.outcomes import SuggestionOutcome
from crm_graphql.assistant.reading import read
from crm_graphql.assistant.vocabulary import forget_vocabularies, load_vocabulary
from crm_graphql.audiences.queries import rule_fields
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Forbidden
from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources
from tests.audiences.factories import customer

NOW = datetime(2024, 6, 15, tzinfo=UTC)
VIEWER = Actor(Role.VIEWER, "user:1")


async def insert(customers: Sequence[dict[str, Any]]) -> None:
    forget_vocabularies()
    rows = [
        {**one, "external_id": f"C{number}", "folded": {**one["folded"], "external_id": f"c{number}"}}
        for number, one in enumerate(customers)
    ]
    await Customer.get_pymongo_collection().insert_many(rows)


@pytest.fixture
def settings_in_rupees(settings: Settings) -> Settings:
    return settings.model_copy(update={"currency": "INR"})


async def test_it_speaks_of_the_fields_that_rule_fields_lists_and_of_the_values_that_occur(
    resources: Resources, settings_in_rupees: Settings
) -> None:
    await insert([customer(city="Pune", country="India", tags=["VIP"]), customer(city="São Paulo")])
    found = await load_vocabulary(VIEWER, settings=settings_in_rupees)
    assert list(found.fields) == await rule_fields(VIEWER)
    occurring = {"city": ("Pune", "São Paulo"), "country": ("India",), "tags": ("VIP",)}
    assert found.values == {**occurring, "suppressed": ("EMAIL", "SMS", "WHATSAPP")}
    assert not found.partial
    assert found.currency == "INR"


async def test_a_high_spender_is_one_of_the_top_tenth_here(
    resources: Resources, settings_in_rupees: Settings
) -> None:
    await insert([customer(total_spend=number * 10_000, visit_count=number) for number in range(1, 101)])
    found = await load_vocabulary(VIEWER, settings=settings_in_rupees)
    assert found.top["totalSpend", 10] == 91 * 10_000
    assert found.top["visitCount", 10] == 91
    reading = read("high spenders", found, now=NOW)
    assert reading.outcome is SuggestionOutcome.ASSUMED
    assert "91.00 INR" in reading.notes[0]


async def test_without_customers_a_high_spender_is_asked_about(
    resources: Resources, settings_in_rupees: Settings
) -> None:
    forget_vocabularies()
    found = await load_vocabulary(VIEWER, settings=settings_in_rupees)
    assert read("high spenders", found, now=NOW).outcome is SuggestionOutcome.QUESTION


async def test_a_value_beyond_those_that_are_known_is_looked_up_when_it_is_named(
    resources: Resources, settings_in_rupees: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VALUES_LIMIT", 2)
    await insert([customer(city=city) for city in ("Agra", "Bhopal", "New Agra", "New Town", "Zwolle")])
    unnamed = await load_vocabulary(VIEWER, settings=settings_in_rupees)
    assert unnamed.partial == {"city"}
    assert "Zwolle" not in unnamed.values["city"]
    for request_ in (
        "customers from Zwolle",
        "customers from New Town",
        "Customers from Zwolle, who ordered in the last 30 days.",
        "customers from New Town or New Agra.",
        "those from New Town, Zwolle or Agra",
    ):
        named = await load_vocabulary(VIEWER, settings=settings_in_rupees, prompt=request_)
        assert read(request_, named, now=NOW).outcome is SuggestionOutcome.RULE


async def test_it_is_read_once_a_minute(
    resources: Resources, settings_in_rupees: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await insert([customer(city="Pune")])
    first = await load_vocabulary(VIEWER, settings=settings_in_rupees)
    monkeypatch.setattr(module, "_load", None)
    assert await load_vocabulary(VIEWER, settings=settings_in_rupees) == replace(first)


async def test_it_needs_the_permission_that_rule_fields_needs(
    resources: Resources, settings_in_rupees: Settings
) -> None:
    with pytest.raises(Forbidden):
        await load_vocabulary(Actor(Role.INGESTOR, "key:1"), settings=settings_in_rupees)
