"""Links in messages: what they open, and that only a person's own act changes anything."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from starlette.applications import Starlette

from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.consents.links import CHOICES_DAYS, Link, Purpose, link_key, read_token, token_of
from crm_graphql.consents.queries import count_words
from crm_graphql.consents.routes import routes
from crm_graphql.core.channels import Channel
from crm_graphql.customers.words import ConsentStatus, by_place
from crm_graphql.http.security import edge_middleware
from crm_graphql.resources import Resources
from tests.consents.factories import close, make_people, make_topic, person, said

IDA = {"email": "ida@example.com", "phone": "+4930123456"}
TODAY = datetime.now(UTC)


@pytest.fixture
async def client(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes, middleware=edge_middleware(resources.settings))
    app.state.resources = resources
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        yield client


async def token(
    customer: ObjectId,
    topic: Any = None,
    *,
    purpose: Purpose = Purpose.UNSUBSCRIBE,
    made_on: datetime = TODAY,
) -> str:
    link = Link(purpose, Channel.EMAIL, customer, topic and topic["_id"], made_on)
    return token_of(link, await link_key())


async def choices(customer: ObjectId, **changes: Any) -> str:
    return f"/preferences/{await token(customer, purpose=Purpose.CHOOSE, **changes)}"


async def statuses(customer: ObjectId) -> dict[tuple[str, str], str]:
    words = by_place(await person(customer))
    return {(place.slug, place.channel.value): word.status.value for place, word in words.items()}


async def is_closed(address: str) -> bool:
    return bool(await suppressed_on({address}, channels=(Channel.EMAIL,)))


@pytest.mark.parametrize(
    "sent",
    [
        {
            "content": b"List-Unsubscribe=One-Click",
            "headers": {"content-type": "application/x-www-form-urlencoded"},
        },
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {},
    ],
)
async def test_one_click_takes_off_the_topic_at_once(
    resources: Resources, client: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    (ida,) = await make_people(IDA)
    topic = await make_topic(resources)
    for _ in range(2):
        answer = await client.post(f"/u/{await token(ida, topic)}", **sent)
        assert answer.status_code == 200
        assert "You are unsubscribed" in answer.text
        assert "News" in answer.text
    assert await statuses(ida) == {("news", "EMAIL"): "UNSUBSCRIBED"}
    assert not await is_closed("ida@example.com")


async def test_without_a_topic_it_closes_the_address(resources: Resources, client: httpx.AsyncClient) -> None:
    (ida,) = await make_people(IDA)
    assert (await client.post(f"/u/{await token(ida)}")).status_code == 200
    assert await is_closed("ida@example.com")
    assert (await person(ida))["suppressed"] == ["EMAIL"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_scanner_that_follows_every_link_changes_nothing(
    resources: Resources, client: httpx.AsyncClient, method: str
) -> None:
    (ida,) = await make_people(IDA)
    topic = await make_topic(resources)
    for address in (f"/u/{await token(ida, topic)}", f"/u/{await token(ida)}", await choices(ida)):
        answer = await client.request(method, address)
        assert answer.status_code == 200
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
    assert await statuses(ida) == {}
    assert not await is_closed("ida@example.com")


async def test_a_page_asks_before_it_takes_off(resources: Resources, client: httpx.AsyncClient) -> None:
    (ida,) = await make_people(IDA)
    topic = await make_topic(resources, "Tea & <cake>")
    page = (await client.get(f"/u/{await token(ida, topic)}")).text
    assert "Tea &amp; &lt;cake&gt;" in page
    assert "<form method=post>" in page
    assert "<script" not in page
    assert "ida@example.com" not in page


@pytest.mark.parametrize("spoil", ["cut", "changed", "other purpose", "no token", "long"])
async def test_a_token_that_is_not_whole_opens_nothing(
    resources: Resources, client: httpx.AsyncClient, spoil: str
) -> None:
    (ida,) = await make_people(IDA)
    whole = await token(ida)
    spoilt = {
        "cut": whole[:-3],
        "changed": whole[:12] + ("A" if whole[12] != "A" else "B") + whole[13:],
        "other purpose": await token(ida, purpose=Purpose.CHOOSE),
        "no token": "%00",
        "long": whole * 200,
    }[spoil]
    for method in ("GET", "POST"):
        answer = await client.request(method, f"/u/{spoilt}")
        assert answer.status_code == 404
        assert "not whole" in answer.text
    assert not await is_closed("ida@example.com")


async def test_who_was_erased_is_told_that_nothing_is_kept(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    nobody = ObjectId()
    topic = await make_topic(resources)
    assert (await client.post(f"/u/{await token(nobody, topic)}")).status_code == 200
    assert (await client.post(f"/u/{await token(nobody)}")).status_code == 200
    assert "erased your data" in (await client.get(await choices(nobody))).text
    assert "erased your data" in (await client.post(await choices(nobody), data={"do": "off"})).text


async def test_an_old_link_still_takes_off_and_opens_no_choices(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    (ida,) = await make_people(IDA)
    old = TODAY - timedelta(days=CHOICES_DAYS + 2)
    answer = await client.get(await choices(ida, made_on=old))
    assert answer.status_code == 410
    assert "too old" in answer.text
    assert (await client.get(await choices(ida, made_on=TODAY - timedelta(days=60)))).status_code == 200
    assert (await client.post(f"/u/{await token(ida, made_on=old)}")).status_code == 200
    assert await is_closed("ida@example.com")


async def test_the_page_shows_what_one_gets_and_takes_over_what_one_wants(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    (ida,) = await make_people(IDA)
    news = await make_topic(resources, "News")
    await make_topic(resources, "Offers", is_opt_out=False)
    await said(resources, ida, news, ConsentStatus.UNSUBSCRIBED)
    page = (await client.get(await choices(ida))).text
    assert _ticked(page) == {"news.SMS", "news.WHATSAPP"}
    answer = await client.post(
        await choices(ida), data={"do": "save", "on": ["news.EMAIL", "offers.SMS", "x.FAX"]}
    )
    assert _ticked(answer.text) == {"news.EMAIL", "offers.SMS"}
    assert "Saved" in answer.text
    assert await statuses(ida) == {
        ("news", "EMAIL"): "SUBSCRIBED",
        ("news", "SMS"): "UNSUBSCRIBED",
        ("news", "WHATSAPP"): "UNSUBSCRIBED",
        ("offers", "SMS"): "SUBSCRIBED",
    }
    before = await count_words(ida)
    await client.post(await choices(ida), data={"do": "save", "on": ["news.EMAIL", "offers.SMS"]})
    assert await count_words(ida) == before


async def test_a_yes_to_one_thing_opens_an_address_for_nothing_that_was_left_unticked(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    (ida,) = await make_people(IDA)
    await make_topic(resources, "News")
    await make_topic(resources, "Offers")
    assert (await client.post(f"/u/{await token(ida)}")).status_code == 200
    assert _ticked((await client.get(await choices(ida))).text) & {"news.EMAIL", "offers.EMAIL"} == set()
    answer = await client.post(await choices(ida), data={"do": "save", "on": ["news.EMAIL"]})
    assert not await is_closed("ida@example.com")
    assert _ticked(answer.text) == {"news.EMAIL"}
    assert (await statuses(ida))["offers", "EMAIL"] == "UNSUBSCRIBED"


async def test_everything_off_closes_addresses_and_a_yes_opens_what_one_closed(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    (ida,) = await make_people(IDA)
    await make_topic(resources)
    page = (await client.post(await choices(ida), data={"do": "off"})).text
    assert _ticked(page) == set()
    assert (await person(ida))["suppressed"] == ["EMAIL", "SMS", "WHATSAPP"]
    page = (await client.post(await choices(ida), data={"do": "save", "on": ["news.EMAIL"]})).text
    assert _ticked(page) == {"news.EMAIL"}
    assert (await person(ida))["suppressed"] == ["SMS", "WHATSAPP"]


async def test_a_yes_opens_no_address_that_somebody_else_closed(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    (ida,) = await make_people(IDA)
    await make_topic(resources)
    await close(resources, "ida@example.com")
    page = (await client.post(await choices(ida), data={"do": "save", "on": ["news.EMAIL"]})).text
    assert _ticked(page) == set()
    assert await is_closed("ida@example.com")


async def test_a_token_holds_no_address_and_is_always_the_same(resources: Resources) -> None:
    customer, topic, key = ObjectId(), ObjectId(), await link_key()
    link = Link(Purpose.UNSUBSCRIBE, Channel.SMS, customer, topic, datetime(2026, 5, 4, tzinfo=UTC))
    text = token_of(link, key)
    assert (len(text), text) == (54, token_of(link, key))
    assert read_token(text, Purpose.UNSUBSCRIBE, key) == link
    of_campaign = replace(link, campaign_id=ObjectId())
    assert len(token_of(of_campaign, key)) == 70
    assert read_token(token_of(of_campaign, key), Purpose.UNSUBSCRIBE, key) == of_campaign
    assert read_token(token_of(of_campaign, key)[:54], Purpose.UNSUBSCRIBE, key) is None
    assert read_token(text, Purpose.UNSUBSCRIBE, bytes(32)) is None
    assert re.fullmatch(r"[\w-]+", text)


def _ticked(page: str) -> set[str]:
    return set(re.findall(r"value='([\w.]+)' checked", page))
