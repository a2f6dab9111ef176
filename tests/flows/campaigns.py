"""Campaigns through the public API: made, launched, watched to their end, and read back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any

from crm_graphql.core.ids import decode_key
from tests.servers.deployment import Deployment, eventually

PROGRESS = """subscription ($id: ID!) { campaignProgress(campaignId: $id) {
  status revision stats { total totalIsFinal queued sent delivered failed skipped } } }"""
UPDATES = """subscription ($id: ID!, $after: String) { deliveryUpdates(campaignId: $id, after: $after) {
  cursor deliveries { id status } } }"""
LEDGER = """query ($id: ID!, $after: String) { campaign(id: $id) { deliveries(first: 100, after: $after) {
  nodes { id status reason address body attempt customer { externalId } }
  pageInfo { hasNextPage endCursor } } } }"""
INGEST = """mutation ($records: [CustomerRecordInput!]!) { customersIngest(input: {records: $records}) {
  ingestion { id rejected } errors { message } } }"""
AUDIENCE = """mutation ($name: String!, $rule: RuleInput!) {
  audienceCreate(input: {name: $name, rule: $rule}) { audience { id } errors { path message } } }"""
CREATE = """mutation ($input: CampaignCreateInput!) { campaignCreate(input: $input) {
  campaign { id } errors { path message } } }"""
LAUNCH = "mutation ($id: ID!) { campaignLaunch(input: {id: $id}) { errors { path message } } }"
INGESTION = "query ($id: ID!) { ingestion(id: $id) { status failed } }"


async def make_customers(
    deployment: Deployment, count: int, *, frequent_share: float, without_email: int, prefix: str
) -> int:
    """Customers `<prefix>-00001`..., the given share with ten or more visits, some of these without an
    email. Returns how many frequent ones have an email."""
    random_ = random.Random(prefix)
    records: list[dict[str, Any]] = []
    frequent = 0
    for number in range(count):
        is_frequent = random_.random() < frequent_share
        frequent += is_frequent
        record: dict[str, Any] = {
            "externalId": f"{prefix}-{number:05d}",
            "name": f"Person {number} <{prefix}>",
            "visitCount": random_.randint(10, 30) if is_frequent else random_.randint(0, 9),
        }
        if not is_frequent or frequent > without_email:
            record["email"] = f"{prefix}.{number}@example.com"
        records.append(record)
    for start in range(0, count, 1_000):
        payload = await deployment.mutate(INGEST, {"records": records[start : start + 1_000]})
        assert payload["ingestion"]["rejected"] == 0
        key = payload["ingestion"]["id"]

        async def applied(key: str = key) -> bool:
            found = (await deployment.graphql(INGESTION, {"id": key}))["ingestion"]
            return bool(found["status"] == "COMPLETED")

        await eventually(applied, within_seconds=60, what="the ingestion's end")
    return frequent - without_email


async def launch_to(
    deployment: Deployment, rule: Mapping[str, Any], *, channel: str = "EMAIL", launch: bool = True
) -> str:
    """A campaign to the rule; its id."""
    audience = await deployment.mutate(AUDIENCE, {"name": "Who", "rule": rule})
    message = {"body": "Hi {{ customer.name | default: 'there' }}, {{ customer.visit_count }} visits!"}
    if channel == "EMAIL":
        message["subject"] = "News for {{ customer.name }}"
    made = await deployment.mutate(
        CREATE,
        {
            "input": {
                "name": "News",
                "audienceId": audience["audience"]["id"],
                "channel": channel,
                "message": message,
            }
        },
    )
    campaign = str(made["campaign"]["id"])
    if launch:
        await deployment.mutate(LAUNCH, {"id": campaign})
    return campaign


async def watch_until_completed(
    deployment: Deployment, campaign: str, api: int = 0, *, began: asyncio.Event | None = None
) -> list[dict[str, Any]]:
    """Every progress event until COMPLETED; the figures of each must add up. `began` is set at the first."""
    events: list[dict[str, Any]] = []
    async for data in deployment.subscribe(PROGRESS, {"id": campaign}, api):
        event = data["campaignProgress"]
        check_sum(event["stats"])
        events.append(event)
        if began is not None:
            began.set()
        if event["status"] == "COMPLETED":
            return events
    raise AssertionError(f"the subscription ended before the campaign: {events[-1:]}")


def messages_of(deployment: Deployment, campaign: str) -> list[dict[str, Any]]:
    """What the simulator was handed of the campaign."""
    tag = str(decode_key("Campaign", campaign))
    return [message for message in deployment.simulator.messages() if message["tag"] == tag]


def check_sum(stats: Mapping[str, int]) -> None:
    """Total = queued + sent + delivered + failed + skipped."""
    parts = sum(stats[name] for name in ("queued", "sent", "delivered", "failed", "skipped"))
    assert stats["total"] == parts, stats


async def ledger(deployment: Deployment, campaign: str) -> list[dict[str, Any]]:
    """All the campaign's deliveries, page by page."""
    rows: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        data = await deployment.graphql(LEDGER, {"id": campaign, "after": after})
        page = data["campaign"]["deliveries"]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        after = page["pageInfo"]["endCursor"]
