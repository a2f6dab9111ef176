"""The one writer of a campaign's outcomes and receipts: merges what waits into one transaction a flush."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import announce, complete_if_ended, has_ended
from crm_graphql.core.clock import Clock
from crm_graphql.core.gathering import Gathering
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.ledger import (
    STATE_FIELDS,
    RowState,
    advance,
    stats_changes,
    stats_moves,
    variant_moves,
)
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.outcomes import note_outcomes
from crm_graphql.delivery.row_updates import row_updates
from crm_graphql.delivery.speed import speed_after
from crm_graphql.mongo.transactions import Transact

FLUSH_RECEIPTS = 2_000
"""About how many receipts one transaction takes; one submission is never cut."""

_CAMPAIGN_FIELDS = {"status": 1, "stats": 1, "planning.done": 1, "revision": 1}

News = tuple[ObjectId, Receipt]


class LedgerWriter:
    """Writes the news of deliveries. One a process; several processes at once stay exact, only slower."""

    def __init__(self, *, transact: Transact, bus: Bus, clock: Clock, locks: CampaignLocks) -> None:
        self._transact = transact
        self._locks = locks
        self._bus = bus
        self._clock = clock
        self._flushes = Gathering(self._flush, at_once=FLUSH_RECEIPTS, name="ledger")

    async def submit(self, campaign_id: ObjectId, receipts: Sequence[Receipt]) -> None:
        """Return once the receipts are committed, or found to change nothing.

        In the order of submission within a campaign. Raises what the database raised for the flush that held
        them; then nothing of it is written and the same may be submitted again.
        """
        await self._flushes.submit(campaign_id, receipts)

    async def close(self, *, grace_seconds: float = 5.0) -> None:
        """Let the flushes under way end, for so long. Call it when nobody submits any more."""
        await self._flushes.close(grace_seconds=grace_seconds)

    async def _flush(self, campaign_id: ObjectId, receipts: Sequence[Receipt]) -> None:
        news = [(ObjectId(receipt.delivery_id), receipt) for receipt in receipts]

        async def work(session: AsyncClientSession) -> Mapping[str, Any] | None:
            campaign = await write_news(campaign_id, news, session)
            if campaign is None:
                await session.abort_transaction()
            return campaign

        campaign = await self._locks.transact(campaign_id, work, transact=self._transact)
        if campaign is None:
            return
        await announce(campaign_id, campaign["revision"], bus=self._bus)
        if has_ended(campaign):
            await complete_if_ended(campaign_id, bus=self._bus, clock=self._clock)


async def write_news(
    campaign_id: ObjectId, news: Sequence[News], session: AsyncClientSession
) -> Mapping[str, Any] | None:
    """Write news of a campaign's deliveries in the session's transaction: the campaign after it, or None
    where it changes nothing. Then the transaction is to be aborted, or the campaign has a revision for it.

    The campaign comes first: of two transactions at once the second fails here, before it has cost anything,
    and begins again; so what is read after it stays true until the commit.
    """
    campaigns = Campaign.get_pymongo_collection()
    numbered = await campaigns.find_one_and_update(
        {"_id": campaign_id},
        {"$inc": {"revision": 1}, "$currentDate": {"updated_at": True}},
        projection={"revision": 1, "updated_at": 1, "handed_over": 1, "launched_at": 1},
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    before = await _read_rows(campaign_id, news, session)
    steps = list(_advance_all(before, news, numbered["updated_at"])) if numbered else []
    if numbered is None or not steps:
        return None
    after = {key: row for key, _, row in steps}
    common = {"revision": numbered["revision"], "updated_at": numbered["updated_at"]}
    updates = list(row_updates(before, after, common))
    await Delivery.get_pymongo_collection().bulk_write(updates, ordered=False, session=session)
    await note_outcomes(numbered, [(old, new) for _, old, new in steps], session)
    transitions = [(before[key], row) for key, row in after.items()]
    counts = {**stats_moves({"total": 0, **stats_changes(transitions)}), **variant_moves(transitions)}
    handed_over = sum(old.sent_at is None is not row.sent_at for old, row in transitions)
    campaign: Mapping[str, Any] | None = await campaigns.find_one_and_update(
        {"_id": campaign_id},
        {"$inc": counts, **speed_after(numbered, handed_over)},
        projection=_CAMPAIGN_FIELDS,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return campaign


async def _read_rows(
    campaign_id: ObjectId, news: Sequence[News], session: AsyncClientSession
) -> dict[ObjectId, RowState]:
    cursor = Delivery.get_pymongo_collection().find(
        {"_id": {"$in": list({key for key, _ in news})}, "campaign_id": campaign_id},
        STATE_FIELDS,
        session=session,
        batch_size=FLUSH_RECEIPTS,
    )
    return {row["_id"]: RowState.of(row) for row in await cursor.to_list()}


def _advance_all(
    before: Mapping[ObjectId, RowState], news: Iterable[News], now: datetime
) -> Iterator[tuple[ObjectId, RowState, RowState]]:
    """Each change of a row, as it was and as it is then, in the receipts' order."""
    rows = dict(before)
    for key, receipt in news:
        row = rows.get(key)
        if row is not None and (advanced := advance(row, receipt, now=now)) is not row:
            rows[key] = advanced
            yield key, row, advanced
