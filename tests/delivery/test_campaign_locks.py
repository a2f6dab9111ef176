"""Transactions on one campaign: in a process one after another, between processes by turns."""

from __future__ import annotations

import asyncio
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import LedgerWait
from crm_graphql.mongo.leases import until
from crm_graphql.resources import Resources
from tests.delivery.factories import campaign_row, make_ledger

LONG_SECONDS = 0.15


class Process:
    """Transactions on a campaign as one process makes them, each with its tries."""

    def __init__(self, resources: Resources, key: ObjectId) -> None:
        self._resources = resources
        self._key = key
        self._locks = CampaignLocks()
        self.tries = 0

    async def write(self) -> None:
        async def work(session: Any) -> None:
            self.tries += 1
            campaigns = Campaign.get_pymongo_collection()
            await campaigns.update_one({"_id": self._key}, {"$inc": {"revision": 1}}, session=session)
            await asyncio.sleep(LONG_SECONDS)

        await self._locks.transact(self._key, work, transact=self._resources.in_transaction)


async def test_in_one_process_no_transaction_is_begun_twice(resources: Resources) -> None:
    key, _ = await make_ledger(1)
    process = Process(resources, key)
    await asyncio.gather(*(process.write() for _ in range(6)))
    assert process.tries == 6
    assert (await campaign_row(key))["revision"] == 1 + 6


async def test_who_writes_without_a_pause_lets_another_process_in(resources: Resources) -> None:
    key, _ = await make_ledger(1)
    busy, other = Process(resources, key), Process(resources, key)
    written: list[str] = []

    async def without_pause() -> None:
        while written.count("other") < 5:
            await busy.write()
            written.append("busy")

    async def now_and_then() -> None:
        for _ in range(5):
            await asyncio.sleep(LONG_SECONDS / 3)
            await other.write()
            written.append("other")

    await asyncio.wait_for(asyncio.gather(without_pause(), now_and_then()), 60)
    # Between two of the other's there are few of the one that never stops.
    gaps = [len(gap) for gap in " ".join(written).split("other")]
    assert max(gaps) <= 4 * len(" busy ")
    assert (await campaign_row(key))["revision"] == 1 + len(written)


async def test_who_died_while_it_waited_holds_nobody_up(resources: Resources) -> None:
    key, _ = await make_ledger(1)
    gone = {"process": "gone", "until": until(-1)}
    await LedgerWait.get_pymongo_collection().update_one({"_id": key}, [{"$set": gone}], upsert=True)
    assert not await CampaignLocks()._others_wait(key)
    still = {"process": "still", "until": until(5)}
    await LedgerWait.get_pymongo_collection().update_one({"_id": key}, [{"$set": still}], upsert=True)
    assert await CampaignLocks()._others_wait(key)
