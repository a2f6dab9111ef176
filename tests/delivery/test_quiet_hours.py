"""Quiet hours go by the clocks where people are; what falls there waits until they end."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.terms import Terms
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.quiet_times import QuietHours
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.deployment.service import update_settings
from crm_graphql.resources import Resources
from tests.delivery.factories import launch, make_customers
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until_stats, until_status
from tests.delivery.stand_in import StandInVendor

ADMIN = Actor(Role.ADMIN, "admin")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def until(hours: str, at: str, zone: str) -> datetime | None:
    begin, end = hours.split("-")
    return QuietHours.of({"from": begin, "until": end}).quiet_until(moment(at), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("hours", "zone", "at", "ends"),
    [
        # Over midnight: before it, after it, and the two edges.
        ("21:00-08:00", "Europe/Berlin", "2026-06-10T20:30", "2026-06-11T06:00"),
        ("21:00-08:00", "Europe/Berlin", "2026-06-11T01:00", "2026-06-11T06:00"),
        ("21:00-08:00", "Europe/Berlin", "2026-06-10T19:00", "2026-06-11T06:00"),
        ("21:00-08:00", "Europe/Berlin", "2026-06-11T06:00", None),
        ("21:00-08:00", "Europe/Berlin", "2026-06-10T18:59:59", None),
        ("12:00-14:00", "Asia/Kolkata", "2026-06-10T07:00", "2026-06-10T08:30"),
        # Clocks go forward in that night: it is an hour shorter.
        ("21:00-08:00", "Europe/Berlin", "2026-03-28T22:00", "2026-03-29T06:00"),
        ("21:00-08:00", "America/New_York", "2026-03-08T03:00", "2026-03-08T12:00"),
        # An end that the clocks skip is the moment at which they skip it; so is a begin.
        ("21:00-02:30", "Europe/Berlin", "2026-03-29T00:30", "2026-03-29T01:00"),
        ("02:30-08:00", "Europe/Berlin", "2026-03-29T01:00", "2026-03-29T06:00"),
        ("02:30-08:00", "Europe/Berlin", "2026-03-29T00:59:59", None),
        ("00:00-06:00", "Africa/Cairo", "2026-04-23T22:30", "2026-04-24T03:00"),
        # Clocks go back: of a time that comes twice it begins with the first and ends with the second.
        ("21:00-08:00", "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T07:00"),
        ("21:00-02:30", "Europe/Berlin", "2026-10-25T00:45", "2026-10-25T01:30"),
        ("02:30-08:00", "Europe/Berlin", "2026-10-25T01:10", "2026-10-25T07:00"),
        ("21:00-08:00", "Australia/Lord_Howe", "2026-10-03T16:00", "2026-10-03T21:00"),
        # A day that never was.
        ("21:00-08:00", "Pacific/Apia", "2011-12-30T08:30", "2011-12-30T18:00"),
        # All but a minute.
        ("21:00-20:59", "UTC", "2026-06-10T20:58", "2026-06-10T20:59"),
        ("21:00-20:59", "UTC", "2026-06-10T20:59:30", None),
    ],
)
def test_quiet_hours_end_by_the_clocks_of_the_place(hours: str, zone: str, at: str, ends: str | None) -> None:
    assert until(hours, at, zone) == (moment(ends) if ends else None)


TIMES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))
ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
)
MOMENTS = st.integers(int(moment("2011-01-01").timestamp()), int(moment("2028-01-01").timestamp())).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)


@given(TIMES, TIMES, ZONES, MOMENTS)
def test_they_end_in_time_and_nobody_is_written_to_within_them(
    begin: Any, end: Any, zone_name: str, now: datetime
) -> None:
    if begin == end:
        return
    hours, zone = QuietHours(begin, end), ZoneInfo(zone_name)
    ends = hours.quiet_until(now, zone)
    local = now.astimezone(zone).replace(tzinfo=None).time()
    is_within = begin <= local < end if begin < end else local >= begin or local < end
    if ends is None:
        assert not is_within
        assert now < hours.begins_after(now, zone) <= now + timedelta(days=3)
    else:
        assert now < ends <= now + timedelta(days=3)
        assert hours.quiet_until(ends, zone) is None


def around_now(zone: str, *, ends_in: float = 0, begins_in: float = -60) -> dict[str, str]:
    """Quiet hours, in minutes from now, by the clocks of the zone."""
    now = datetime.now(ZoneInfo(zone))
    begin, end = (now + timedelta(minutes=minutes) for minutes in (begins_in, ends_in))
    return {"from": f"{begin:%H:%M}", "until": f"{end:%H:%M}"}


async def live_in(customers: list[Any], zone: str) -> None:
    await Customer.get_pymongo_collection().update_many(
        {"_id": {"$in": customers}}, {"$set": {"time_zone": zone}}
    )


async def test_who_sleeps_waits_and_everybody_else_is_written_to(resources: Resources) -> None:
    customers = await make_customers(12)
    # Half the world away: there it is not quiet at the same time.
    await live_in(customers[:4], "Etc/GMT-12")
    await live_in(customers[4:6], "Etc/GMT+12")
    hours = around_now("Etc/GMT-12", begins_in=-180, ends_in=180)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        key = await launch(resources, terms=Terms(quiet_hours=hours))
        # Both sides of the date line have the same time of day.
        row = await until_stats(key, delivered=6, queued=6, deferred=6)
    assert row["status"] == "SENDING"
    now = datetime.now(UTC)
    waiting = [one for one in await ledger(key) if one["status"] == "QUEUED"]
    assert {one["customer_id"] for one in waiting} == set(customers[:6])
    for one in waiting:
        assert timedelta(minutes=178) < one["not_before"] - now < timedelta(minutes=181)
    assert len(vendor.keys) == 6


async def test_without_hours_of_its_own_a_campaign_keeps_to_the_deployments(resources: Resources) -> None:
    await make_customers(5)
    zone = "Asia/Tokyo"
    changes = {"quiet_hours": around_now(zone, ends_in=60), "time_zone": zone}
    await update_settings(ADMIN, changes, live=resources.deployment)
    own = around_now(zone, begins_in=120, ends_in=180)
    async with running(resources, StandInVendor(sends_receipts=False)):
        quiet = await launch(resources)
        awake = await launch(resources, terms=Terms(quiet_hours=own))
        await until_status(awake, "COMPLETED")
        await until_stats(quiet, queued=5, deferred=5)


async def test_who_sleeps_beyond_the_end_of_the_campaign_gets_nothing(resources: Resources) -> None:
    await make_customers(4)
    now = datetime.now(UTC)
    terms = Terms(send_before=now + timedelta(seconds=3), quiet_hours=around_now("UTC", ends_in=60))
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        key = await launch(resources, terms=terms)
        await until_stats(key, deferred=4)
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["skipped"], row["stats"]["deferred"]) == (4, 0)
    assert {one["reason"] for one in await ledger(key)} == {DeliveryReason.EXPIRED.value}
    assert not vendor.keys
    assert row["updated_at"] >= row["send_before"]


async def test_what_is_late_when_a_campaign_has_ended_is_skipped(resources: Resources) -> None:
    await make_customers(15)
    terms = Terms(send_before=datetime.now(UTC) + timedelta(seconds=60))
    key = await launch(resources, terms=terms)
    over = {"$set": {"send_before": datetime.now(UTC) - timedelta(seconds=1)}}
    await Campaign.get_pymongo_collection().update_one({"_id": key}, over)
    async with running(resources, StandInVendor(sends_receipts=False)):
        row = await until_status(key, "COMPLETED")
    assert row["stats"]["skipped"] == 15
    assert {one["reason"] for one in await ledger(key)} == {DeliveryReason.EXPIRED.value}
