"""Sending and what people said: asked when a campaign is planned, and again when a range is claimed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bson import ObjectId

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.consents import asking
from crm_graphql.consents.links import Purpose, link_key, read_token
from crm_graphql.core.channels import Channel
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery.ranges import claim_range
from crm_graphql.resources import Resources
from tests.consents.factories import about, close, make_people, make_topic, said
from tests.delivery.factories import campaign_row, launch
from tests.delivery.ledgers import ledger
from tests.delivery.running import running, until_status
from tests.delivery.stand_in import StandInVendor
from tests.delivery.test_planner import make_planner

YES, NO, ASKED = ConsentStatus.SUBSCRIBED, ConsentStatus.UNSUBSCRIBED, ConsentStatus.PENDING


async def people(count: int) -> list[ObjectId]:
    return await make_people(*({"email": f"c{number}@example.com"} for number in range(count)))


async def outcomes(key: ObjectId) -> list[tuple[str, str | None]]:
    return [(one["status"], one["reason"]) for one in await ledger(key)]


async def test_planning_skips_who_said_no(resources: Resources) -> None:
    keys = await people(5)
    topic = await make_topic(resources, is_opt_out=False)
    for key, status in zip(keys, (YES, NO, ASKED, YES), strict=False):
        await said(resources, key, topic, status)
    await close(resources, "C3@example.com")
    campaign = await launch(resources)
    await about(campaign, topic)
    await make_planner(resources).plan(campaign)
    assert await outcomes(campaign) == [
        ("QUEUED", None),
        ("SKIPPED", "NO_CONSENT"),
        ("SKIPPED", "NO_CONSENT"),
        ("SKIPPED", "SUPPRESSED"),
        ("SKIPPED", "NO_CONSENT"),
    ]


async def test_who_says_nothing_gets_what_is_opt_out(resources: Resources) -> None:
    keys = await people(2)
    topic = await make_topic(resources, is_opt_out=True)
    await said(resources, keys[1], topic, NO)
    campaign = await launch(resources)
    await about(campaign, topic)
    await make_planner(resources).plan(campaign)
    assert await outcomes(campaign) == [("QUEUED", None), ("SKIPPED", "NO_CONSENT")]


async def test_a_no_after_planning_stops_what_is_queued(resources: Resources) -> None:
    keys = await people(4)
    topic = await make_topic(resources)
    campaign = await launch(resources)
    await about(campaign, topic)
    await make_planner(resources).plan(campaign)
    await said(resources, keys[1], topic, NO, source="one-click")
    await close(resources, "c2@example.com")
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        row = await until_status(campaign, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["skipped"]) == (2, 2)
    assert (await outcomes(campaign))[1:3] == [("SKIPPED", "NO_CONSENT"), ("SKIPPED", "SUPPRESSED")]
    assert len(vendor.keys) == 2


@pytest.mark.parametrize("few", [0, 200])
async def test_however_much_was_heard_meanwhile_each_is_asked(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(asking, "FEW", few)
    keys = await people(6)
    topic = await make_topic(resources, is_opt_out=False)
    for key in keys:
        await said(resources, key, topic, YES)
    campaign = await launch(resources)
    await about(campaign, topic)
    await make_planner(resources).plan(campaign)
    for key, status in zip(keys, (NO, NO, ASKED), strict=False):
        await said(resources, key, topic, status)
    await said(resources, keys[1], topic, YES)
    await close(resources, "c3@example.com", "c4@example.com", "nobody@example.com")
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        await until_status(campaign, "COMPLETED")
    assert await outcomes(campaign) == [
        ("SKIPPED", "NO_CONSENT"),
        ("DELIVERED", None),
        ("SKIPPED", "NO_CONSENT"),
        ("SKIPPED", "SUPPRESSED"),
        ("SKIPPED", "SUPPRESSED"),
        ("DELIVERED", None),
    ]


async def test_a_word_that_was_committed_while_a_campaign_was_launched_is_heard(resources: Resources) -> None:
    (ida,) = await people(1)
    topic = await make_topic(resources)
    campaign = await launch(resources)
    await about(campaign, topic)
    await make_planner(resources).plan(campaign)
    await said(resources, ida, topic, NO)
    before_launch = (await campaign_row(campaign))["launched_at"] - timedelta(seconds=50)
    await resources.database.consent_words.update_many({}, {"$set": {"heard_at": before_launch}})
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        await until_status(campaign, "COMPLETED")
    assert await outcomes(campaign) == [("SKIPPED", "NO_CONSENT")]


async def test_what_a_vendor_may_have_had_before_the_no_is_not_called_skipped(resources: Resources) -> None:
    await people(2)
    campaign = await launch(resources)
    await make_planner(resources).plan(campaign)
    assert await claim_range(campaign, lease_seconds=0.001) is not None
    await close(resources, "c0@example.com")
    vendor = StandInVendor(sends_receipts=False, can_look_up=False)
    async with running(resources, vendor):
        await until_status(campaign, "COMPLETED")
    assert (await outcomes(campaign))[0] == ("FAILED", "OUTCOME_UNKNOWN")
    assert not [key for key in vendor.keys if key.startswith(str((await ledger(campaign))[0]["_id"]))]


async def test_links_in_a_message_lead_to_the_recipients_own_pages(resources: Resources) -> None:
    (ida,) = await people(1)
    topic = await make_topic(resources)
    body = "Leave: {{ unsubscribe_url }} Choose: {{ preferences_url }}"
    campaign = await launch(resources, message=MessageTemplate(subject="Hi", body=body))
    await about(campaign, topic)
    await make_planner(resources).plan(campaign)
    vendor = StandInVendor(sends_receipts=False)
    async with running(resources, vendor):
        await until_status(campaign, "COMPLETED")
    (text,) = vendor.bodies.values()
    found = re.fullmatch(r"Leave: (http\S+)/u/(\S+) Choose: (http\S+)/preferences/(\S+)", text)
    assert found is not None
    assert found[1] == found[3] == resources.settings.public_url
    key = await link_key()
    leaving, choosing = (
        read_token(found[2], Purpose.UNSUBSCRIBE, key),
        read_token(found[4], Purpose.CHOOSE, key),
    )
    for link in (leaving, choosing):
        assert link is not None
        assert (link.customer_id, link.topic_id, link.channel) == (ida, topic["_id"], Channel.EMAIL)
        assert link.campaign_id == campaign


async def test_a_campaign_without_a_topic_links_to_the_address_alone(resources: Resources) -> None:
    await people(1)
    message = MessageTemplate(subject="Hi", body="{{ unsubscribe_url }}")
    campaign = await launch(resources, message=message)
    await make_planner(resources).plan(campaign)
    values = (await ledger(campaign))[0]["values"]
    link = read_token(
        values["links"]["unsubscribe_url"].rpartition("/")[2], Purpose.UNSUBSCRIBE, await link_key()
    )
    assert link is not None
    assert link.topic_id is None
