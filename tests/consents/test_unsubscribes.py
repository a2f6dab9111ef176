"""People who say no by a link in a campaign's message: each counted once for it, with the word itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from starlette.applications import Starlette

from crm_graphql.campaigns import lifecycle
from crm_graphql.consents.links import Link, Purpose, link_key, token_of
from crm_graphql.consents.routes import routes
from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import ConsentWord, Customer
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery import unsubscribes
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.unsubscribes import UnsubscribeCount
from crm_graphql.resources import Resources
from crm_graphql.results.queries import results_of
from tests.consents.factories import make_people, make_topic, said
from tests.customers.merges import merge
from tests.customers.test_erasing_while_sending import erase
from tests.delivery.factories import campaign_row, make_ledger

TODAY = datetime.now(UTC)


@pytest.fixture
async def client(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(lifecycle, "RESULTS_TOLD_EVERY_SECONDS", 0.01)
    app = Starlette(routes=routes)
    app.state.resources = resources
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://crm") as client:
        yield client


async def recipients(count: int = 1) -> tuple[ObjectId, list[ObjectId]]:
    """A campaign that went to so many people."""
    key, ids = await make_ledger(count)
    people = await make_people(*({"email": f"c{number}@example.com"} for number in range(count)))
    for one, customer in zip(ids, people, strict=True):
        await Delivery.get_pymongo_collection().update_one(
            {"_id": ObjectId(one)}, {"$set": {"customer_id": customer}}
        )
    return key, people


async def address(
    customer: ObjectId,
    campaign: ObjectId | None,
    topic: Any = None,
    *,
    purpose: Purpose = Purpose.UNSUBSCRIBE,
) -> str:
    link = Link(purpose, Channel.EMAIL, customer, topic and topic["_id"], TODAY, campaign)
    page = "u" if purpose is Purpose.UNSUBSCRIBE else "preferences"
    return f"/{page}/{token_of(link, await link_key())}"


async def unsubscribed(campaign: ObjectId) -> Mapping[str | None, int]:
    found = (await results_of([campaign])).get(campaign, {})
    return {variant: counts["unsubscribes"] for variant, counts in found.items()}


async def test_a_no_counts_for_the_campaign_and_the_variant_that_the_person_got(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, (ida, bob) = await recipients(2)
    await Delivery.get_pymongo_collection().update_one({"customer_id": bob}, {"$set": {"variant": "b"}})
    topic = await make_topic(resources)
    assert (await client.post(await address(ida, key, topic))).status_code == 200
    # Without a topic the address is closed.
    assert (await client.post(await address(bob, key))).status_code == 200
    assert await unsubscribed(key) == {None: 1, "b": 1}


async def test_out_and_in_and_out_again_by_every_link_counts_once(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, (ida,) = await recipients()
    topic = await make_topic(resources)
    choices = await address(ida, key, purpose=Purpose.CHOOSE)
    for _ in range(2):
        await client.post(await address(ida, key, topic))
        await said(resources, ida, topic, ConsentStatus.SUBSCRIBED)
        await client.post(choices, data={"do": "off"})
        await client.post(choices, data={"do": "save", "on": ["news.EMAIL"]})
        await client.post(choices, data={"do": "save"})
    assert await unsubscribed(key) == {None: 1}


async def test_what_is_no_no_counts_nowhere(resources: Resources, client: httpx.AsyncClient) -> None:
    key, (ida,) = await recipients()
    topic = await make_topic(resources, is_opt_out=False)
    choices = await address(ida, key, purpose=Purpose.CHOOSE)
    for method in ("GET", "HEAD"):
        await client.request(method, await address(ida, key, topic))
        await client.request(method, choices)
    await client.post(choices, data={"do": "save"})
    await client.post(choices, data={"do": "save", "on": ["news.EMAIL"]})
    assert await unsubscribed(key) == {}
    await client.post(choices, data={"do": "save"})
    assert await unsubscribed(key) == {None: 1}


async def test_a_no_by_an_earlier_releases_link_or_without_a_delivery_is_heard_and_not_counted(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, (ida, bob) = await recipients(2)
    await Delivery.get_pymongo_collection().delete_one({"customer_id": bob})
    topic = await make_topic(resources)
    for url in (await address(ida, None, topic), await address(bob, key, topic)):
        assert (await client.post(url)).status_code == 200
    assert await unsubscribed(key) == {}
    assert await ConsentWord.get_pymongo_collection().count_documents({"status": "UNSUBSCRIBED"}) == 2


async def test_whoever_was_merged_counts_once_by_either_link(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, (ida, twin) = await recipients(2)
    topic = await make_topic(resources)
    await client.post(await address(twin, key, topic))
    await merge(resources, ida, twin)
    for customer in (ida, twin):
        assert (await client.post(await address(customer, key, topic))).status_code == 200
        assert (await client.post(await address(customer, key))).status_code == 200
    assert await unsubscribed(key) == {None: 1}


async def test_what_an_erased_person_said_stays_counted_and_they_are_not_counted_again(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, (ida,) = await recipients()
    topic = await make_topic(resources)
    await client.post(await address(ida, key, topic))
    await erase(resources, ida)
    assert (await client.post(await address(ida, key, topic))).status_code == 200
    assert await unsubscribed(key) == {None: 1}


@pytest.mark.parametrize("has_topic", [True, False])
async def test_a_no_that_cannot_be_counted_is_not_heard_either(
    resources: Resources, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, *, has_topic: bool
) -> None:
    async def fails(*_args: object, **_more: object) -> None:
        raise RuntimeError("the process dies here")

    key, (ida,) = await recipients()
    topic = await make_topic(resources) if has_topic else None
    url = await address(ida, key, topic)
    with monkeypatch.context() as patch:
        patch.setattr(unsubscribes, "count_results", fails)
        assert (await client.post(url)).status_code == 500
    assert await unsubscribed(key) == {}
    assert await ConsentWord.get_pymongo_collection().count_documents({}) == 0
    person = await Customer.get_pymongo_collection().find_one({"_id": ida})
    assert person is not None
    assert not person.get("suppressed")
    await client.post(url)
    assert await unsubscribed(key) == {None: 1}


async def test_those_who_watch_the_campaign_are_told_once(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, (ida,) = await recipients()
    before = await campaign_row(key)
    url = await address(ida, key, await make_topic(resources))
    for _ in range(3):
        await client.post(url)
    after = await campaign_row(key)
    assert after["revision"] == before["revision"] + 1
    assert after["updated_at"] == before["updated_at"]


async def test_people_who_say_no_at_once_do_not_wait_for_each_other(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, (ida, bob) = await recipients(2)
    url = await address(bob, key, await make_topic(resources))

    async def work(session: AsyncClientSession) -> None:
        await UnsubscribeCount(key).note({"_id": ida}, session)
        async with asyncio.timeout(30):
            await client.post(url)

    await resources.in_transaction(work)
    assert await unsubscribed(key) == {None: 2}
