"""A campaign whose messages are sent and whose receipts a test records itself: every change is on command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.flows.campaigns import launch_to, ledger, make_customers
from tests.servers.deployment import Deployment, eventually

RECIPIENTS = 12
NO_RECEIPTS = {"receipt_delay_ms": 3_600_000, "failed_share": 0.0, "seed": 1}
"""Options of a simulator that takes every message and says nothing more of it."""

EVERYBODY = {"where": {"field": "visitCount", "operator": "GTE", "value": 0}}
RECORD = """mutation ($receipts: [DeliveryReceiptInput!]!) {
  deliveryReceiptsRecord(input: {receipts: $receipts}) { errors { path message } } }"""
STATE = "query ($id: ID!) { campaign(id: $id) { stats { sent } } }"


@dataclass
class SentCampaign:
    """One campaign, and its deliveries that have no receipt yet."""

    deployment: Deployment
    id: str
    deliveries: list[str]
    """All of them, in the ledger's order."""
    recorded: int = 0

    async def record(self, count: int) -> None:
        """Record DELIVERED for the next deliveries: one change of the campaign."""
        taken = self.deliveries[self.recorded : self.recorded + count]
        assert len(taken) == count, f"only {len(taken)} deliveries have no receipt"
        receipts = [{"deliveryId": delivery, "status": "DELIVERED"} for delivery in taken]
        await self.deployment.mutate(RECORD, {"receipts": receipts})
        self.recorded += count

    async def finish(self) -> None:
        """Record what is left, which completes the campaign."""
        await self.record(len(self.deliveries) - self.recorded)


async def make_recipients(deployment: Deployment) -> None:
    """The customers that each campaign goes to; once a deployment."""
    await make_customers(deployment, RECIPIENTS, frequent_share=0, without_email=0, prefix="watched")


async def send_campaign(deployment: Deployment) -> SentCampaign:
    """A campaign to all of them, once every message was taken by the vendor."""
    campaign = await launch_to(deployment, EVERYBODY)

    async def all_sent() -> bool:
        state: dict[str, Any] = (await deployment.graphql(STATE, {"id": campaign}))["campaign"]
        return bool(state["stats"]["sent"] == RECIPIENTS)

    await eventually(all_sent, what="the campaign's sending")
    rows = await ledger(deployment, campaign)
    return SentCampaign(deployment, campaign, [row["id"] for row in rows])
