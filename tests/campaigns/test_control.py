"""Campaigns under control: what each action leaves, and why one is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.control import (
    cancel_campaign,
    delete_campaign,
    duplicate_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
)
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import fail_campaign, hold_campaign
from crm_graphql.campaigns.service import launch_campaign
from crm_graphql.campaigns.terms import Terms
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Forbidden, InvalidInput, NotFound, WrongState
from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.retrying import retry_campaign
from crm_graphql.resources import Resources
from tests.campaigns.standings import ACTS
from tests.delivery.factories import MARKETER, campaign_row, launch, make_draft, make_ledger

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
HOURS = {"from": "21:00", "until": "08:00"}


async def test_a_copy_has_the_content_and_the_terms_and_is_a_draft(resources: Resources) -> None:
    key = await launch(resources, terms=Terms(SOON, 7, HOURS), name="x" * 200)
    other = Actor(Role.MARKETER, "u1", name="ida@example.com")
    row = await duplicate_campaign(other, key, clock=resources.clock)
    original = await campaign_row(key)
    same = ("channel", "message", "audience_id", "topic_id", "send_before", "rate_per_second", "quiet_hours")
    assert {name: row[name] for name in same} == {name: original[name] for name in same}
    assert (row["name"], row["status"], row["created_by"]) == (
        "x" * 193 + " (copy)",
        "DRAFT",
        "ida@example.com",
    )
    assert (row["launched_at"], row["stats"]["total"], row["planning"]["done"]) == (None, 0, False)
    launched = await launch_campaign(MARKETER, row["_id"], bus=resources.bus)
    assert launched["status"] == "SENDING"


async def test_an_end_that_is_over_is_not_copied(resources: Resources) -> None:
    key = await make_draft(resources)
    over = datetime(2020, 1, 1, tzinfo=UTC)
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"send_before": over}})
    assert (await duplicate_campaign(MARKETER, key, clock=resources.clock))["send_before"] is None
    with pytest.raises(InvalidInput) as caught:
        await launch_campaign(MARKETER, key, bus=resources.bus)
    assert caught.value.problems[0].path == ("sendBefore",)


async def test_what_was_never_launched_is_deleted_and_what_was_stays(resources: Resources) -> None:
    draft, launched = await make_draft(resources), await launch(resources)
    await delete_campaign(MARKETER, draft)
    with pytest.raises(NotFound):
        await delete_campaign(MARKETER, draft)
    await cancel_campaign(MARKETER, launched, bus=resources.bus)
    with pytest.raises(WrongState, match="was launched; it cannot be deleted"):
        await delete_campaign(MARKETER, launched)
    scheduled = await make_draft(resources)
    await schedule_campaign(MARKETER, scheduled, SOON, bus=resources.bus)
    await cancel_campaign(MARKETER, scheduled, bus=resources.bus)
    await delete_campaign(MARKETER, scheduled)
    assert await Campaign.count() == 1


async def test_a_pause_by_the_product_says_why_until_somebody_resumes_it(resources: Resources) -> None:
    key = await launch(resources)
    assert await hold_campaign(key, "The vendor has closed the account.", bus=resources.bus)
    assert not await hold_campaign(key, "Again.", bus=resources.bus)
    assert (await campaign_row(key))["pause_reason"] == "The vendor has closed the account."
    row = await resume_campaign(MARKETER, key, bus=resources.bus)
    assert (row["status"], row["pause_reason"]) == ("SENDING", None)
    assert (await pause_campaign(MARKETER, key, bus=resources.bus))["pause_reason"] is None


async def test_one_that_failed_after_its_launch_goes_on_with_a_clean_record(resources: Resources) -> None:
    key = await launch(resources)
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"planning.failures": 6}})
    await fail_campaign(key, "Its recipients cannot be written down.", bus=resources.bus)
    row = await resume_campaign(MARKETER, key, bus=resources.bus)
    assert (row["status"], row["failure_reason"], row["planning"]["failures"]) == ("SENDING", None, 0)


async def test_a_refusal_says_in_which_states_it_would_be_done(resources: Resources) -> None:
    key = await make_draft(resources)
    with pytest.raises(WrongState, match="is DRAFT; only one that is SENDING can be paused") as caught:
        await pause_campaign(MARKETER, key, bus=resources.bus)
    assert isinstance(caught.value.subject, dict)
    assert caught.value.subject["_id"] == key
    with pytest.raises(
        WrongState, match="only one that is SCHEDULED, SENDING, PAUSED or FAILED can be cancelled"
    ):
        await cancel_campaign(MARKETER, key, bus=resources.bus)


@pytest.mark.parametrize("act", [act for act in ACTS if act not in ("complete", "fire")])
async def test_each_action_needs_the_permission_and_a_campaign(
    resources: Resources, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFound):
        await ACTS[act](resources, ObjectId())
    monkeypatch.setattr("tests.campaigns.standings.MARKETER", Actor(Role.VIEWER, "viewer"))
    with pytest.raises(Forbidden):
        await ACTS[act](resources, await make_draft(resources))


async def failed_ledger(reason: str, **values: Any) -> ObjectId:
    """Two deliveries that failed so; all else has ended."""
    key, _ = await make_ledger(2, status=DeliveryStatus.FAILED)
    collection = Campaign.get_pymongo_collection()
    await collection.database.deliveries.update_many({"campaign_id": key}, {"$set": {"reason": reason}})
    await collection.update_one({"_id": key}, {"$set": {"status": "COMPLETED", **values}})
    return key


async def test_a_retry_with_nothing_to_retry_says_so_and_opens_nothing(resources: Resources) -> None:
    key = await failed_ledger("OUTCOME_UNKNOWN")
    with pytest.raises(WrongState, match="nothing to send again") as caught:
        await retry_campaign(MARKETER, key, None, bus=resources.bus)
    assert caught.value.problems[0].path == ("reasons",)
    assert (await campaign_row(key))["status"] == "COMPLETED"
    row = await retry_campaign(MARKETER, key, [DeliveryReason.OUTCOME_UNKNOWN], bus=resources.bus)
    assert (row["status"], row["retrying"]["reasons"]) == ("SENDING", ["OUTCOME_UNKNOWN"])


@pytest.mark.parametrize("reasons", [[], ["BOUNCED"], ["OTHER", "COMPLAINED"], ["SUPPRESSED"]])
async def test_what_must_not_be_sent_again_is_refused(resources: Resources, reasons: list[str]) -> None:
    key = await failed_ledger("BOUNCED")
    with pytest.raises(InvalidInput) as caught:
        await retry_campaign(MARKETER, key, [DeliveryReason(one) for one in reasons], bus=resources.bus)
    assert caught.value.problems[0].path == ("reasons",)
    assert (await campaign_row(key))["status"] == "COMPLETED"


async def test_nothing_is_sent_again_while_a_retry_runs_or_recipients_are_written_down_or_after_the_end(
    resources: Resources,
) -> None:
    key = await failed_ledger("OTHER")
    await retry_campaign(MARKETER, key, None, bus=resources.bus)
    with pytest.raises(WrongState, match="under way already"):
        await retry_campaign(MARKETER, key, None, bus=resources.bus)
    planning = await failed_ledger("OTHER", status="SENDING", **{"planning.done": False})
    with pytest.raises(WrongState, match="still being written down"):
        await retry_campaign(MARKETER, planning, None, bus=resources.bus)
    over = await failed_ledger("OTHER", send_before=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidInput) as caught:
        await retry_campaign(MARKETER, over, None, bus=resources.bus)
    assert caught.value.problems[0].path == ("sendBefore",)
