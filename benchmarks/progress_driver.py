"""Makes campaigns and changes them as the consumers do, for benchmarks of those who watch."""

from __future__ import annotations

from typing import Any

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.ids import decode_key
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.writer import LedgerWriter
from crm_graphql.resources import Resources
from tests.flows.campaigns import launch_to
from tests.servers.deployment import Deployment, eventually
from tests.servers.sent_campaign import EVERYBODY, STATE

CHANGES_A_SECOND = 4
SECONDS = 15
CHANGES = CHANGES_A_SECOND * SECONDS
RECEIPTS_A_CHANGE = 5
RECIPIENTS = CHANGES * RECEIPTS_A_CHANGE
STATS = ("total", "queued", "sent", "delivered", "failed", "skipped")


async def make_campaigns(deployment: Deployment, count: int) -> list[str]:
    """Campaigns whose messages are all sent and have no receipt."""
    made = []
    for _ in range(count):
        campaign = await launch_to(deployment, EVERYBODY)

        async def all_sent(key: str = campaign) -> bool:
            found = (await deployment.graphql(STATE, {"id": key}))["campaign"]
            return bool(found["stats"]["sent"] == RECIPIENTS)

        await eventually(all_sent, within_seconds=60, what="the campaign's sending")
        made.append(campaign)
    return made


class Driver:
    """Changes one campaign as the consumers do."""

    def __init__(self, resources: Resources, campaign: str) -> None:
        self._key = decode_key("Campaign", campaign)
        self.campaign = campaign
        self._writer = LedgerWriter(
            transact=resources.in_transaction,
            bus=resources.bus,
            clock=resources.clock,
            locks=CampaignLocks(),
        )
        self._deliveries: list[str] = []

    async def open(self) -> None:
        """Read the deliveries."""
        rows = Delivery.get_pymongo_collection().find({"campaign_id": self._key}, {"_id": 1})
        self._deliveries = [str(row["_id"]) async for row in rows]

    async def state(self) -> dict[str, Any]:
        """What a subscriber is told."""
        row = await Campaign.get_pymongo_collection().find_one({"_id": self._key})
        assert row is not None
        stats = {name: row["stats"][name] for name in STATS}
        final = {"totalIsFinal": row["planning"]["done"]}
        told = {"campaignId": self.campaign, "status": row["status"], "revision": row["revision"]}
        return {**told, "stats": stats | final}

    async def change(self, number: int) -> int:
        """Commit and announce the receipts of this change; the revision that it led to."""
        start = number * RECEIPTS_A_CHANGE
        some = self._deliveries[start : start + RECEIPTS_A_CHANGE]
        await self._writer.submit(self._key, [Receipt(key, ReceiptStatus.DELIVERED) for key in some])
        row = await Campaign.get_pymongo_collection().find_one({"_id": self._key}, {"revision": 1})
        assert row is not None
        return int(row["revision"])
