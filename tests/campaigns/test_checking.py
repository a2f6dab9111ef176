"""The check of a campaign against its database: its audience, its files, its pictures, what nobody has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audiences.documents import Audience
from crm_graphql.campaigns import checking
from crm_graphql.campaigns.checking import check_campaign
from crm_graphql.campaigns.documents import Campaign, MessageTemplate
from crm_graphql.consents.documents import Topic
from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import Customer
from crm_graphql.media.documents import Media
from crm_graphql.resources import Resources
from tests.delivery.factories import MARKETER, NOBODY, launch, make_customers, make_draft
from tests.media.factories import insert_media

OFF = "<a href='{{ unsubscribe_url }}'>off</a>"
GOOD = MessageTemplate(subject="S", body="B {{ unsubscribe_url }}", html=f"<p>Hi</p>{OFF}")
REACHED_BY_EMAIL = 1


async def found(resources: Resources, key: ObjectId) -> list[tuple[str, bool, str]]:
    """Code, whether it blocks, and place of each finding."""
    findings = await check_campaign(
        MARKETER, key, settings=resources.settings, clock=resources.clock, slices=resources.slices
    )
    assert findings is not None
    return [(one.code.value, one.is_blocking, ".".join(one.path)) for one in findings]


async def change(key: ObjectId, **values: Any) -> None:
    """The campaign as it could not be written by its service."""
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": values})


@pytest.fixture
async def reachable(resources: Resources) -> ObjectId:
    """A customer whom an email reaches."""
    (key,) = await make_customers(1)
    await Customer.get_pymongo_collection().update_one({"_id": key}, {"$set": {"reach": REACHED_BY_EMAIL}})
    return key


@pytest.mark.usefixtures("reachable")
async def test_nothing_is_found_where_nothing_is(resources: Resources) -> None:
    assert await found(resources, await make_draft(resources, message=GOOD)) == []
    nobody = await check_campaign(
        MARKETER, ObjectId(), settings=resources.settings, clock=resources.clock, slices=resources.slices
    )
    assert nobody is None


@pytest.mark.usefixtures("reachable")
async def test_whatever_a_launch_refuses_is_found(resources: Resources) -> None:
    key = await make_draft(resources, message=None)
    assert await found(resources, key) == [("MESSAGE_MISSING", True, "message")]
    await change(key, message={"subject": None, "body": "B {{ unsubscribe_url }}"})
    assert await found(resources, key) == [("SUBJECT_MISSING", True, "message.subject")]
    await change(key, message=GOOD.model_dump(), send_before=datetime.now(UTC) - timedelta(days=1))
    assert await found(resources, key) == [("END_OVER", True, "sendBefore")]
    await change(key, send_before=None, topic_id=ObjectId(), attachment_ids=[ObjectId()])
    assert await found(resources, key) == [
        ("ATTACHMENT_INVALID", True, "attachmentIds.0"),
        ("TOPIC_MISSING", True, "topicId"),
    ]
    large = await insert_media("large.png", size_bytes=10_000_001)
    await change(key, topic_id=None, attachment_ids=[large])
    assert await found(resources, key) == [("ATTACHMENTS_TOO_LARGE", True, "attachmentIds")]
    await Audience.get_pymongo_collection().delete_many({})
    await change(key, attachment_ids=[])
    assert await found(resources, key) == [("AUDIENCE_INVALID", True, "audienceId")]


async def test_an_audience_that_nobody_is_in_or_nobody_reaches_is_found(
    resources: Resources, reachable: ObjectId
) -> None:
    blocked = [("NOBODY_REACHABLE", True, "audienceId")]
    assert await found(resources, await make_draft(resources, message=GOOD, rule=NOBODY)) == blocked
    key = await make_draft(resources, message=MessageTemplate(body="B"), channel=Channel.SMS)
    assert await found(resources, key) == blocked
    suppressed = {"$set": {"reach": REACHED_BY_EMAIL | 8}}
    await Customer.get_pymongo_collection().update_one({"_id": reachable}, suppressed)
    assert await found(resources, await make_draft(resources, message=GOOD)) == blocked


@pytest.mark.parametrize(
    ("is_opt_out", "said", "is_reached"),
    [
        (True, None, True),
        (True, "unsubscribed", False),
        (True, "pending", False),
        (False, None, False),
        (False, "subscribed", True),
        (False, "unsubscribed", False),
    ],
)
async def test_a_topic_that_nobody_wants_is_found(
    resources: Resources, reachable: ObjectId, is_opt_out: bool, said: str | None, is_reached: bool
) -> None:
    moments = dict.fromkeys(("created_at", "updated_at"), datetime.now(UTC))
    named = {"name": "News", "name_key": "news", "slug": "news"}
    topic = {"_id": ObjectId(), **named, "is_opt_out": is_opt_out, **moments}
    await Topic.get_pymongo_collection().insert_one(topic)
    if said is not None:
        await Customer.get_pymongo_collection().update_one(
            {"_id": reachable}, {"$set": {"folded.consent.news.EMAIL": said}}
        )
    key = await make_draft(resources, message=GOOD, topic_id=topic["_id"])
    assert await found(resources, key) == ([] if is_reached else [("NOBODY_REACHABLE", True, "audienceId")])


async def test_a_value_that_nobody_in_the_audience_has_is_found(
    resources: Resources, reachable: ObjectId
) -> None:
    message = MessageTemplate(
        subject="{{ customer.country }}",
        body="{{ customer.city }} {{ customer.visit_count }} {{ customer.name }}",
        html=f"{{{{ customer.city | default: 'x' }}}} {OFF}",
    )
    key = await make_draft(resources, message=message)
    assert await found(resources, key) == [
        ("VALUE_NEVER_KNOWN", False, "message.subject"),
        ("VALUE_NEVER_KNOWN", False, "message.html"),
    ]
    known = {"$set": {"city": "Rome", "country": "IT"}}
    await Customer.get_pymongo_collection().update_one({"_id": reachable}, known)
    assert await found(resources, key) == []


@pytest.mark.usefixtures("reachable")
async def test_what_takes_too_long_to_be_found_is_not_told(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = GOOD.model_copy(update={"subject": "{{ customer.city }}"})
    key = await make_draft(resources, message=message, rule=NOBODY)
    monkeypatch.setattr(checking, "LOOK_SECONDS", 0.0)
    assert await found(resources, key) == []


@pytest.mark.usefixtures("reachable")
async def test_a_picture_of_the_deployment_is_published_or_found(resources: Resources) -> None:
    root = resources.settings.public_url.rstrip("/")
    html = f"<img src='{root}/media/public/abc.png'>{OFF}"
    local = [("PICTURE_NOT_PUBLIC", False, "message.html")]
    key = await make_draft(resources, message=GOOD.model_copy(update={"html": html}))
    public = resources.settings.model_copy(update={"public_url": "https://crm.shop.de"})
    elsewhere = GOOD.model_copy(update={"html": html.replace(root, "https://crm.shop.de")})
    published = await make_draft(resources, message=elsewhere)

    async def codes() -> list[str]:
        findings = await check_campaign(
            MARKETER, published, settings=public, clock=resources.clock, slices=resources.slices
        )
        assert findings is not None
        return [finding.code.value for finding in findings]

    # On a machine of one's own it is not public, published or not.
    assert set(await found(resources, key)) == {*local}
    assert await codes() == ["PICTURE_NOT_PUBLIC"]
    media = await insert_media("abc.png", public_name="abc.png")
    assert await codes() == []
    await Media.get_pymongo_collection().delete_one({"_id": media})
    assert await codes() == ["PICTURE_NOT_PUBLIC"]


@pytest.mark.usefixtures("reachable")
async def test_each_variants_message_is_looked_at_in_its_place(resources: Resources) -> None:
    key = await make_draft(resources, message=GOOD)
    variants = [
        {"key": "a", "weight": 1, "message": GOOD.model_dump()},
        {"key": "b", "weight": 1, "message": {**GOOD.model_dump(), "html": "<p>{name}</p>"}},
    ]
    await change(key, variants=variants)
    assert await found(resources, key) == [
        ("FOREIGN_PLACEHOLDER", False, "variants.1.message.html"),
        ("UNSUBSCRIBE_MISSING", False, "variants.1.message.html"),
    ]


async def test_of_what_was_launched_only_its_message_is_looked_at(resources: Resources) -> None:
    await make_customers(1)
    key = await launch(resources, message=GOOD.model_copy(update={"html": "<p>x</p>"}))
    await Audience.get_pymongo_collection().delete_many({})
    assert await found(resources, key) == [("UNSUBSCRIBE_MISSING", False, "message.html")]
