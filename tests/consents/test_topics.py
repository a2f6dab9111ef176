"""Topics: made, renamed, deleted; words on them in customers' documents, histories and rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from crm_graphql.audiences.compile import select_customers
from crm_graphql.audiences.describe import describe
from crm_graphql.audiences.queries import preview_rule, rule_fields
from crm_graphql.audiences.rules import parse
from crm_graphql.audiences.service import create_audience, update_audience
from crm_graphql.consents.queries import count_words, list_topics
from crm_graphql.consents.service import create_topic, delete_topic, update_topic
from crm_graphql.core.errors import (
    AlreadyExists,
    Forbidden,
    InvalidInput,
    NotFound,
    WrongState,
)
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.resources import Resources
from tests.audiences.factories import where
from tests.consents.factories import MARKETER, VIEWER, make_people, make_topic, person, said

YES, NO = ConsentStatus.SUBSCRIBED, ConsentStatus.UNSUBSCRIBED


async def nobody(_topic: ObjectId) -> list[str]:
    return []


async def test_two_topics_share_no_name_in_any_case(resources: Resources) -> None:
    news = await make_topic(resources, "News")
    with pytest.raises(AlreadyExists):
        await make_topic(resources, " NEWS ")
    other = await make_topic(resources, "Offers")
    with pytest.raises(AlreadyExists):
        await update_topic(MARKETER, other["_id"], {"name": "news"}, clock=resources.clock)
    renamed = await update_topic(MARKETER, news["_id"], {"name": "Updates"}, clock=resources.clock)
    assert (renamed["name"], renamed["slug"]) == ("Updates", "news")
    assert [topic["name"] for topic in await list_topics()] == ["Offers", "Updates"]


@pytest.mark.parametrize(
    ("name", "slug"), [("Order updates", "order_updates"), ("Käse & Brot!", "kase_brot"), ("新聞", "topic")]
)
async def test_a_slug_is_plain_and_nobody_elses(resources: Resources, name: str, slug: str) -> None:
    first = await make_topic(resources, name)
    assert first["slug"] == slug
    await delete_topic(MARKETER, first["_id"], campaigns_naming=nobody, clock=resources.clock)
    assert (await make_topic(resources, name))["slug"] == f"{slug}_2"


async def test_what_is_wrong_with_a_topic_is_told_at_its_place(resources: Resources) -> None:
    with pytest.raises(InvalidInput, match="needs a name"):
        await make_topic(resources, " ")
    with pytest.raises(InvalidInput) as caught:
        await create_topic(
            MARKETER, name="n" * 201, description="d" * 501, is_opt_out=True, clock=resources.clock
        )
    assert [problem.path for problem in caught.value.problems] == [("name",), ("description",)]
    with pytest.raises(Forbidden):
        await create_topic(VIEWER, name="News", description=None, is_opt_out=True, clock=resources.clock)


async def test_a_topic_that_a_campaign_names_stays(resources: Resources) -> None:
    topic = await make_topic(resources)

    async def one(_topic: ObjectId) -> list[str]:
        return ["Summer sale"]

    with pytest.raises(WrongState, match="Summer sale"):
        await delete_topic(MARKETER, topic["_id"], campaigns_naming=one, clock=resources.clock)
    await delete_topic(MARKETER, topic["_id"], campaigns_naming=nobody, clock=resources.clock)
    with pytest.raises(NotFound):
        await delete_topic(MARKETER, topic["_id"], campaigns_naming=nobody, clock=resources.clock)
    with pytest.raises(NotFound):
        await update_topic(MARKETER, topic["_id"], {"name": "x"}, clock=resources.clock)


async def test_a_word_is_kept_with_its_history(resources: Resources) -> None:
    (ida,) = await make_people({"email": "ida@example.com"})
    topic = await make_topic(resources)
    await said(resources, ida, topic, YES)
    await said(resources, ida, topic, NO, source="phone call")
    row = await person(ida)
    assert [(word["status"], word["source"]) for word in row["consents"]] == [("UNSUBSCRIBED", "phone call")]
    assert row["folded"]["consent"] == {"news": {"EMAIL": "unsubscribed"}}
    assert await count_words(ida) == 2


async def test_a_word_on_what_is_not_there_is_refused(resources: Resources) -> None:
    (ida,) = await make_people({})
    topic = await make_topic(resources)
    with pytest.raises(NotFound) as caught:
        await said(resources, ObjectId(), topic, YES)
    assert caught.value.problems[0].path == ("customer",)
    with pytest.raises(NotFound) as caught:
        await said(resources, ida, {"_id": ObjectId()}, YES)
    assert caught.value.problems[0].path == ("topicId",)
    with pytest.raises(InvalidInput):
        await said(resources, ida, topic, YES, source="x" * 101)


async def test_a_new_rule_that_names_a_topic_that_is_not_there_is_told_so(resources: Resources) -> None:
    topic = await make_topic(resources, "News")
    settings, clock = resources.settings, resources.clock
    misspelt, right = where("consent.nws.EMAIL", "IS_SET"), where("consent.news.EMAIL", "IS_SET")
    preview = await preview_rule(MARKETER, misspelt, clock=clock, settings=settings)
    assert [(problem.path, "consent.news.EMAIL" in problem.message) for problem in preview.problems] == [
        (("rule", "where", "field"), True)
    ]
    with pytest.raises(InvalidInput, match=r"consent\.nws\.EMAIL"):
        await create_audience(
            MARKETER, name="A", description=None, rule=misspelt, clock=clock, settings=settings
        )
    made = await create_audience(
        MARKETER, name="A", description=None, rule=right, clock=clock, settings=settings
    )
    await delete_topic(MARKETER, topic["_id"], campaigns_naming=nobody, clock=clock)
    changes = {"description": "Those who read"}
    await update_audience(MARKETER, made["_id"], changes, clock=clock, settings=settings)
    with pytest.raises(InvalidInput):
        await update_audience(MARKETER, made["_id"], {"rule": right}, clock=clock, settings=settings)
    assert "news" in describe(made["rule"], currency="USD").lower()


async def test_rules_ask_for_words_and_suppressions(resources: Resources) -> None:
    yes, no, silent = await make_people({}, {}, {"suppressed": ["SMS"]})
    topic = await make_topic(resources, "Order updates")
    await said(resources, yes, topic, YES)
    await said(resources, no, topic, NO)
    field = "consent.order_updates.EMAIL"
    cases = [
        (where(field, "EQ", "SUBSCRIBED"), {yes}),
        (where(field, "NE", "unsubscribed"), {yes, silent}),
        (where(field, "IN", ["SUBSCRIBED", "UNSUBSCRIBED"]), {yes, no}),
        (where(field, "NOT_SET"), {silent}),
        (where("suppressed", "CONTAINS", "SMS"), {silent}),
        (where("suppressed", "NOT_CONTAINS", "SMS"), {yes, no}),
    ]
    for rule, expected in cases:
        filter_ = select_customers(rule, datetime.now(UTC) + timedelta(days=1))
        assert {row["_id"] async for row in resources.database.customers.find(filter_)} == expected
    assert describe(cases[0][0], currency="EUR") == 'consent to order updates by email is "SUBSCRIBED"'
    infos = {info.field: info for info in await rule_fields(MARKETER)}
    assert infos[field].label == "Consent to Order updates by email"
    assert infos[field].options == ("PENDING", "SUBSCRIBED", "UNSUBSCRIBED")


@pytest.mark.parametrize(
    "rule",
    [
        where("consent.news.EMAIL", "EQ", "MAYBE"),
        where("consent.news.FAX", "IS_SET"),
        where("consent.$where.EMAIL", "IS_SET"),
        where("suppressed", "CONTAINS", "FAX"),
    ],
)
def test_a_rule_on_what_there_cannot_be_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        parse(rule)
