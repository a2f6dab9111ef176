"""A campaign to real customers: each person once, figures that always add up, an end by itself."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.flows.campaigns import (
    LAUNCH,
    UPDATES,
    launch_to,
    ledger,
    make_customers,
    messages_of,
    watch_until_completed,
)
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("campaign")]

FREQUENT = {"where": {"field": "visitCount", "operator": "GTE", "value": 10}}


async def test_each_recipient_gets_it_once_and_the_figures_add_up_all_the_way(deployment: Deployment) -> None:
    reachable = await make_customers(deployment, 1_200, frequent_share=0.9, without_email=40, prefix="a")
    campaign = await launch_to(deployment, FREQUENT)
    events = await watch_until_completed(deployment, campaign)
    assert [event["revision"] for event in events] == sorted({event["revision"] for event in events})
    last = events[-1]["stats"]
    assert last["total"] == reachable + 40
    assert last["skipped"] == 40
    assert last["queued"] == last["sent"] == 0
    # The simulator fails a tenth by default: six standard deviations to either side.
    assert 0.04 < last["failed"] / reachable < 0.16

    rows = await ledger(deployment, campaign)
    assert Counter(row["status"] for row in rows) == {
        status: count
        for status, count in (
            ("DELIVERED", last["delivered"]), ("FAILED", last["failed"]), ("SKIPPED", last["skipped"]),
        )
        if count
    }  # fmt: skip
    assert len({row["customer"]["externalId"] for row in rows}) == len(rows) == last["total"]
    sent = messages_of(deployment, campaign)
    assert len(sent) == reachable
    assert {row["address"] for row in rows if row["address"]} == {message["to"] for message in sent}
    by_address = {message["to"]: message["body"] for message in sent}
    for row in rows:
        if row["status"] != "SKIPPED":
            assert row["body"] == by_address[row["address"]]


async def test_an_audience_of_nobody_completes(deployment: Deployment) -> None:
    campaign = await launch_to(
        deployment, {"where": {"field": "externalId", "operator": "EQ", "value": "nobody at all"}}
    )
    events = await watch_until_completed(deployment, campaign)
    assert events[-1]["stats"]["total"] == 0


async def test_two_launches_at_once_start_it_once(deployment: Deployment) -> None:
    await make_customers(deployment, 5, frequent_share=1, without_email=0, prefix="twice")
    rule = {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": "twice"}}
    campaign = await launch_to(deployment, rule, launch=False)
    document = """mutation ($id: ID!) { campaignLaunch(input: {id: $id}) {
        campaign { status } errors { code } } }"""
    answers = await asyncio.gather(*[deployment.graphql(document, {"id": campaign}) for _ in range(8)])
    payloads = [answer["campaignLaunch"] for answer in answers]
    assert sum(payload["errors"] == [] for payload in payloads) == 1
    refused = [payload for payload in payloads if payload["errors"]]
    assert {payload["errors"][0]["code"] for payload in refused} == {"WRONG_STATE"}
    assert all(payload["campaign"]["status"] in ("SENDING", "COMPLETED") for payload in refused)
    events = await watch_until_completed(deployment, campaign)
    assert events[-1]["stats"]["total"] == 5


async def test_a_dashboard_that_was_away_resumes_its_cursor_and_misses_nothing(
    deployment: Deployment,
) -> None:
    await make_customers(deployment, 300, frequent_share=1, without_email=0, prefix="resume")
    rule = {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": "resume"}}
    campaign = await launch_to(deployment, rule, launch=False)
    seen: dict[str, str] = {}
    cursor: str | None = None
    launched = False
    # Cut the connection after every second event; the cursor carries over.
    for _ in range(200):
        events = 0
        async for data in deployment.subscribe(UPDATES, {"id": campaign, "after": cursor}):
            update = data["deliveryUpdates"]
            cursor = update["cursor"]
            seen |= {row["id"]: row["status"] for row in update["deliveries"]}
            if not launched:
                await deployment.mutate(LAUNCH, {"id": campaign})
                launched = True
            events += 1
            if events == 2 or (len(seen) == 300 and set(seen.values()) <= {"DELIVERED", "FAILED"}):
                break
        if len(seen) == 300 and set(seen.values()) <= {"DELIVERED", "FAILED"}:
            break
    rows = await ledger(deployment, campaign)
    assert {row["id"]: row["status"] for row in rows} == seen


async def test_every_api_process_shows_the_whole_progress(deployment: Deployment) -> None:
    await make_customers(deployment, 200, frequent_share=1, without_email=0, prefix="watched")
    rule = {"where": {"field": "externalId", "operator": "STARTS_WITH", "value": "watched"}}
    campaign = await launch_to(deployment, rule, launch=False)
    apis = [api for api in range(len(deployment.apis)) for _ in range(3)]
    began = [asyncio.Event() for _ in apis]
    watching = [
        asyncio.create_task(watch_until_completed(deployment, campaign, api, began=event))
        for api, event in zip(apis, began, strict=True)
    ]
    await asyncio.gather(*(event.wait() for event in began))
    await deployment.mutate(LAUNCH, {"id": campaign})
    for events in await asyncio.gather(*watching):
        assert events[0]["status"] == "DRAFT"
        assert events[-1]["stats"]["total"] == 200
        revisions = [event["revision"] for event in events]
        assert revisions == sorted(set(revisions))
