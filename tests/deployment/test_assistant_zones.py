"""The assistant's days: today and yesterday are of the deployment's zone, and sentences name theirs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_graphql.assistant.service import Assistance, suggest_rule
from crm_graphql.assistant.vocabulary import forget_vocabularies
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.slices import Slices
from crm_graphql.deployment.service import update_settings
from crm_graphql.resources import Resources
from tests.audiences.factories import where
from tests.clocks import FixedClock

ADMIN = Actor(Role.ADMIN, "operator")
NIGHT = datetime(2024, 6, 29, 22, 30, tzinfo=UTC)
"""30 June in Berlin."""


async def read(resources: Resources, prompt: str) -> tuple[object, list[str]]:
    """The rule in the shape of RuleInput, and the notes."""
    assistance = Assistance(None, FixedClock(NIGHT), resources.settings, Slices())
    reading, _ = await suggest_rule(ADMIN, prompt, assistance=assistance)
    return reading.rule and to_stored(reading.rule), list(reading.notes)


@pytest.fixture(autouse=True)
def _forget() -> None:
    forget_vocabularies()


@pytest.mark.parametrize(("zone", "day"), [("UTC", "2024-06-29"), ("Europe/Berlin", "2024-06-30")])
async def test_today_is_the_day_of_the_zone(resources: Resources, zone: str, day: str) -> None:
    await update_settings(ADMIN, {"time_zone": zone}, live=resources.deployment)
    rule, _ = await read(resources, "last visit is today")
    assert rule == where("lastVisitAt", "EQ", day)


async def test_a_sentence_of_this_zone_is_read_back_and_one_of_another_is_asked_about(
    resources: Resources,
) -> None:
    await update_settings(ADMIN, {"time_zone": "Europe/Berlin"}, live=resources.deployment)
    rule, _ = await read(resources, "last visit is on 30 June 2024 (Europe/Berlin)")
    assert rule == where("lastVisitAt", "EQ", "2024-06-30")
    rule, notes = await read(resources, "last visit is on 30 June 2024 (UTC)")
    assert rule is None
    assert "Days are those of Europe/Berlin here, not of UTC. Which day is meant?" in notes
