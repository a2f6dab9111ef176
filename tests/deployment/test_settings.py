"""The deployment's settings: checked as a whole, kept through updates at once, gone by in every process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from crm_graphql.bus.port import Bus, BusError, Event, Watch
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import ErrorCode, Forbidden, InvalidInput
from crm_graphql.deployment import live as live_module
from crm_graphql.deployment import service
from crm_graphql.deployment.documents import KEY, StoredSettings
from crm_graphql.deployment.live import LiveSettings
from crm_graphql.deployment.queries import Stored, get_settings, read_stored
from crm_graphql.deployment.service import update_settings
from crm_graphql.resources import Resources

ADMIN = Actor(Role.ADMIN, "operator")


async def update(resources: Resources, **changes: Any) -> None:
    await update_settings(ADMIN, changes, live=resources.deployment)


async def problems(resources: Resources, **changes: Any) -> dict[tuple[str, ...], ErrorCode]:
    with pytest.raises(InvalidInput) as caught:
        await update(resources, **changes)
    return {problem.path: problem.code for problem in caught.value.problems}


async def test_the_environment_is_the_default_and_what_is_set_goes_before_it(resources: Resources) -> None:
    environment = resources.settings.model_copy(update={"name": "Acme", "country": "DE"})
    here = resources.with_settings(environment)
    assert (here.settings.name, here.settings.country, here.settings.time_zone) == ("Acme", "DE", "UTC")
    await update(here, organisation_name="Acme & Sons", country=None, time_zone="Asia/Kolkata")
    assert (here.settings.name, here.settings.country) == ("Acme & Sons", "")
    assert here.settings.zone.key == "Asia/Kolkata"
    await update(here, organisation_name=None, time_zone=None)
    assert (here.settings.name, here.settings.country, here.settings.time_zone) == ("Acme", "", "UTC")
    assert here.settings.mongodb_url == environment.mongodb_url


async def test_all_that_is_wrong_is_told_at_its_place_and_nothing_is_written(resources: Resources) -> None:
    found = await problems(
        resources,
        organisation_name="n" * 201,
        time_zone="Europe/Atlantis",
        country="de",
        quiet_hours={"from": "24:00", "until": "7:00"},
        frequency_cap_messages=0,
        frequency_cap_days=None,
        attribution_days=366,
        sender_name="n" * 101,
        reply_to="Acme <help@acme.example>",
    )
    assert found == {
        ("organisationName",): ErrorCode.INVALID,
        ("timeZone",): ErrorCode.INVALID,
        ("country",): ErrorCode.INVALID,
        ("quietHours", "from"): ErrorCode.INVALID,
        ("quietHours", "until"): ErrorCode.INVALID,
        ("frequencyCapMessages",): ErrorCode.INVALID,
        ("frequencyCapDays",): ErrorCode.REQUIRED,
        ("attributionDays",): ErrorCode.INVALID,
        ("senderName",): ErrorCode.LIMIT_EXCEEDED,
        ("replyTo",): ErrorCode.INVALID,
    }
    assert (await read_stored()).revision == 0
    equal = {"from": "21:00", "until": "21:00"}
    assert await problems(resources, quiet_hours=equal) == {("quietHours", "until"): ErrorCode.INVALID}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("europe/berlin", "Did you mean Europe/Berlin?"),
        ("Factory", "no time zone"),
        ("right/Europe/Berlin", "no time zone"),
        ("../../etc/localtime", "no time zone"),
        ("", "no time zone"),
    ],
)
async def test_a_time_zone_that_does_not_exist_is_refused(resources: Resources, name: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint.replace("?", r"\?")):
        await update(resources, time_zone=name)


async def test_a_cap_is_both_or_none_over_several_updates_too(resources: Resources) -> None:
    await update(resources, frequency_cap_messages=3, frequency_cap_days=7)
    assert await problems(resources, frequency_cap_days=None) == {("frequencyCapDays",): ErrorCode.REQUIRED}
    await update(resources, frequency_cap_days=14)
    values = await get_settings(ADMIN, environment=resources.deployment.environment)
    assert (values.frequency_cap_messages, values.frequency_cap_days) == (3, 14)
    await update(resources, frequency_cap_messages=None, frequency_cap_days=None)
    assert resources.deployment.values.frequency_cap_days is None


async def test_of_two_updates_at_once_both_hold_field_by_field(resources: Resources) -> None:
    await asyncio.gather(
        *(update(resources, organisation_name=f"name {number}") for number in range(10)),
        update(resources, country="IN"),
        update(resources, attribution_days=30),
    )
    values = await get_settings(ADMIN, environment=resources.deployment.environment)
    assert (values.country, values.attribution_days) == ("IN", 30)
    assert values.organisation_name.startswith("name ")
    assert (await read_stored()).revision == 12
    assert resources.deployment.values == values


async def test_two_halves_never_make_a_whole_that_neither_could(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One admin lifts the cap while another, who has looked before, changes its days."""
    await update(resources, frequency_cap_messages=3, frequency_cap_days=7)
    looked, write = asyncio.Event(), service._write

    async def late(stored: Stored, *, over: Stored) -> bool:
        if stored.fields["frequency_cap_days"] == 14 and not looked.is_set():
            looked.set()
            await update(resources, frequency_cap_messages=None, frequency_cap_days=None)
        return await write(stored, over=over)

    monkeypatch.setattr(service, "_write", late)
    assert await problems(resources, frequency_cap_days=14) == {("frequencyCapMessages",): ErrorCode.REQUIRED}
    assert resources.deployment.values.frequency_cap_days is None


@pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER, Role.INGESTOR])
async def test_only_administrators_change_them(resources: Resources, role: Role) -> None:
    with pytest.raises(Forbidden):
        await update_settings(Actor(role, "somebody"), {"country": "DE"}, live=resources.deployment)
    if role is Role.INGESTOR:
        with pytest.raises(Forbidden):
            await get_settings(Actor(role, "somebody"), environment=resources.deployment.environment)


class CutOff:
    """A bus that this process cannot reach."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def broadcast(self, event: Event) -> None:
        """Lost."""

    async def watch(self) -> Watch:
        """It cannot be."""
        raise BusError("cut off")


@pytest.fixture
async def other(
    resources: Resources, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LiveSettings]:
    """The settings of another process, which follows; the parameter says whether the bus reaches it."""
    reached: bool = request.param
    monkeypatch.setattr(live_module, "POLL_SECONDS", 60.0 if reached else 0.3)
    bus: Any = resources.bus if reached else CutOff(resources.bus)
    followed = LiveSettings(resources.deployment.environment, bus)
    await followed.start()
    # Its watch stands a moment later.
    await asyncio.sleep(0.2)
    yield followed
    await followed.close()


@pytest.mark.parametrize("other", [True, False], indirect=True, ids=["by the bus", "cut off from the bus"])
async def test_another_process_goes_by_an_update_soon(resources: Resources, other: LiveSettings) -> None:
    await update(resources, time_zone="Europe/Berlin")
    assert resources.settings.time_zone == "Europe/Berlin"
    async with asyncio.timeout(30):
        while other.settings.time_zone != "Europe/Berlin":
            await asyncio.sleep(0.02)


async def test_an_older_update_that_is_told_late_changes_nothing_back(resources: Resources) -> None:
    await update(resources, country="DE")
    await update(resources, country="IN")
    await resources.deployment.announce(Stored(1, {"country": "DE"}))
    assert resources.settings.country == "IN"


async def test_a_zone_that_only_a_newer_release_knows_leaves_the_default(resources: Resources) -> None:
    fields = {"time_zone": "Mars/Olympus", "country": "DE"}
    document = {"_id": KEY, "revision": 1, "fields": fields}
    await StoredSettings.get_pymongo_collection().insert_one(document)
    await resources.deployment.read()
    assert (resources.settings.time_zone, resources.settings.country) == ("UTC", "DE")


async def test_values_that_look_like_expressions_are_data(resources: Resources) -> None:
    await update(resources, organisation_name="$country")
    await resources.deployment.read()
    assert resources.settings.name == "$country"
