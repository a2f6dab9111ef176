"""Campaigns of which too much comes back: paused in time, told why, and not again for the same messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.bounces.intake import accept_notices
from crm_graphql.bounces.shares import Figures, reason_to_pause, surely_at_least
from crm_graphql.campaigns.control import resume_campaign
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.delivery.webhooks.port import Returned
from crm_graphql.resources import Resources
from tests.bounces.factories import notice, settle, take
from tests.delivery.factories import MARKETER, campaign_row, make_ledger


def judged(sent: int, *, kind: Returned = Returned.HARD, count: int = 0, **changes: Any) -> str | None:
    return reason_to_pause(Figures(sent, {kind: count}), Settings(_env_file=None, **changes))


def test_a_share_is_judged_by_what_is_sure() -> None:
    assert surely_at_least(0, 0) == surely_at_least(0, 100) == 0
    assert 0.02 < surely_at_least(1, 10) < 0.1
    assert 0.08 < surely_at_least(100, 1000) < 0.1
    assert surely_at_least(12, 10) <= 1


@pytest.mark.parametrize(
    ("sent", "count", "pauses"),
    [(99, 99, False), (100, 8, False), (100, 12, True), (10_000, 500, False), (10_000, 600, True)],
)
def test_hard_bounces_pause_above_the_share_and_the_floor(sent: int, count: int, pauses: bool) -> None:
    assert (judged(sent, count=count) is not None) is pauses


def test_a_share_of_0_never_pauses() -> None:
    assert judged(100, count=100, max_bounce_share=0) is None
    assert judged(100, kind=Returned.COMPLAINT, count=100, max_complaint_share=0) is None
    assert judged(100, kind=Returned.POLICY, count=100, policy_bounces=0) is None


def test_complaints_pause_by_a_share_of_their_own() -> None:
    reason = judged(1_000, kind=Returned.COMPLAINT, count=10)
    assert reason is not None
    assert "CRM_MAX_COMPLAINT_SHARE" in reason
    assert judged(1_000, count=10) is None


def test_refusals_by_policy_pause_below_any_floor() -> None:
    assert judged(10, kind=Returned.POLICY, count=4) is None
    assert "policy" in (judged(10, kind=Returned.POLICY, count=5) or "")


async def bounced(resources: Resources, ids: list[str], kind: Returned = Returned.HARD) -> None:
    await take(resources, *[notice(one, kind) for one in ids])


async def test_a_campaign_is_paused_and_says_why(resources: Resources) -> None:
    key, ids = await make_ledger(120, status=DeliveryStatus.SENT)
    await bounced(resources, ids[:5])
    assert (await campaign_row(key))["status"] == "SENDING"
    await bounced(resources, ids[:20])
    row = await campaign_row(key)
    assert row["status"] == "PAUSED"
    assert "20 of 120 messages bounced" in row["pause_reason"]


async def test_policy_pauses_and_suppresses_nobody(resources: Resources) -> None:
    key, ids = await make_ledger(10, status=DeliveryStatus.SENT)
    await bounced(resources, ids[:5], Returned.POLICY)
    assert (await campaign_row(key))["status"] == "PAUSED"


async def test_who_resumes_it_is_not_paused_again_for_the_same_messages(resources: Resources) -> None:
    key, ids = await make_ledger(130, status=DeliveryStatus.SENT)
    await bounced(resources, ids[:20])
    await resume_campaign(MARKETER, key, bus=resources.bus)
    # Of messages that were sent before: late, and known already.
    await bounced(resources, ids[20:60])
    assert (await campaign_row(key))["status"] == "SENDING"
    # Of those that are sent afterwards it is judged anew, by their own number.
    later = datetime.now(UTC) + timedelta(minutes=1)
    await Delivery.get_pymongo_collection().update_many(
        {"_id": {"$in": [ObjectId(one) for one in ids[60:]]}}, {"$set": {"sent_at": later}}
    )
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$inc": {"stats.sent": 110}})
    await bounced(resources, ids[60:80])
    row = await campaign_row(key)
    assert row["status"] == "PAUSED"
    assert "20 of 110 messages bounced" in row["pause_reason"]


async def test_old_figures_do_not_pause_what_was_resumed_meanwhile(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, ids = await make_ledger(130, status=DeliveryStatus.SENT)
    await accept_notices(
        [notice(one) for one in ids[:20]],
        settings=resources.settings,
        bus=resources.bus,
        clock=resources.clock,
    )

    async def quicker(*args: Any) -> Any:
        await Campaign.get_pymongo_collection().update_one(
            {"_id": key}, {"$set": {"judged": {"sent": 130, "at": datetime.now(UTC)}}}
        )
        return {Returned.HARD: 20}

    monkeypatch.setattr("crm_graphql.bounces.judging._returned", quicker)
    await settle(resources)
    assert (await campaign_row(key))["status"] == "SENDING"


async def test_what_is_over_is_not_paused(resources: Resources) -> None:
    key, ids = await make_ledger(120, status=DeliveryStatus.SENT)
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"status": "COMPLETED"}})
    await bounced(resources, ids[:60])
    row = await campaign_row(key)
    assert (row["status"], row.get("pause_reason")) == ("COMPLETED", None)
