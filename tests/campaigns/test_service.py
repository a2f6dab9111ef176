"""Drafts and their launch: idempotent creation, guarded changes, one launch only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audiences.documents import Audience
from crm_graphql.bus.port import BusError
from crm_graphql.campaigns.documents import Campaign, MessageTemplate
from crm_graphql.campaigns.previews import preview_message
from crm_graphql.campaigns.service import create_campaign, launch_campaign, update_campaign
from crm_graphql.campaigns.terms import Terms
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import (
    Conflict,
    DomainError,
    ErrorCode,
    Forbidden,
    InvalidInput,
    NotFound,
    RequiredInput,
    WrongState,
)
from crm_graphql.core.paging import Row
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.resources import Resources
from tests.delivery.factories import (
    EMAIL_MESSAGE,
    EVERYONE,
    MARKETER,
    campaign_row,
    make_audience,
    make_customers,
    make_draft,
)


def _campaign(row: Row) -> Campaign:
    campaign: Campaign = Campaign.model_validate(row)
    return campaign


async def create(resources: Resources, **changes: Any) -> Campaign:
    content: dict[str, Any] = {
        "name": "Summer sale",
        "channel": Channel.EMAIL,
        "message": EMAIL_MESSAGE,
        "idempotency_key": None,
        **changes,
    }
    if "audience_id" not in content:
        content["audience_id"] = await make_audience()
    return _campaign(await create_campaign(MARKETER, clock=resources.clock, **content))


async def test_the_same_key_and_content_give_the_same_campaign(resources: Resources) -> None:
    audience = await make_audience()
    made = await asyncio.gather(
        *(create(resources, audience_id=audience, idempotency_key="k1") for _ in range(5))
    )
    assert len({campaign.id for campaign in made}) == 1
    assert await Campaign.count() == 1


async def test_the_same_key_with_other_content_is_a_conflict(resources: Resources) -> None:
    audience = await make_audience()
    await create(resources, audience_id=audience, idempotency_key="k1")
    with pytest.raises(Conflict):
        await create(resources, audience_id=audience, idempotency_key="k1", name="Winter sale")


async def test_a_name_is_trimmed_and_found_by_its_words(resources: Resources) -> None:
    made = await create(resources, name="  Summer SALE ")
    assert (made.name, made.name_words) == ("Summer SALE", ["summer", "sale"])


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "  "}, ("name",)),
        ({"name": "x" * 201}, ("name",)),
        ({"audience_id": ObjectId()}, ("audienceId",)),
        ({"message": MessageTemplate(subject=None, body="Hi")}, ("message", "subject")),
        (
            {"message": MessageTemplate(subject="S", body="Hi"), "channel": Channel.SMS},
            ("message", "subject"),
        ),
        ({"message": MessageTemplate(subject="S", body="{{ customer.nam }}")}, ("message", "body")),
        ({"message": MessageTemplate(subject="S", body="{% if %}")}, ("message", "body")),
    ],
)
async def test_a_bad_draft_is_refused_at_its_place(
    resources: Resources, changes: dict[str, Any], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await create(resources, **changes)
    assert caught.value.problems[0].path == path


async def test_only_given_fields_change(resources: Resources) -> None:
    key = await make_draft(resources)
    changed = _campaign(await update_campaign(MARKETER, key, {"name": "Autumn"}, clock=resources.clock))
    assert (changed.name, changed.name_words, changed.message) == ("Autumn", ["autumn"], EMAIL_MESSAGE)
    cleared = _campaign(await update_campaign(MARKETER, key, {"message": None}, clock=resources.clock))
    assert (cleared.name, cleared.message) == ("Autumn", None)


async def test_a_change_is_checked_together_with_what_stays(resources: Resources) -> None:
    key = await make_draft(resources)
    with pytest.raises(InvalidInput):
        await update_campaign(MARKETER, key, {"channel": Channel.SMS}, clock=resources.clock)
    message = MessageTemplate(subject=None, body="Hi")
    await update_campaign(MARKETER, key, {"channel": Channel.SMS, "message": message}, clock=resources.clock)
    with pytest.raises(RequiredInput):
        await update_campaign(MARKETER, key, {"name": None}, clock=resources.clock)


async def test_of_changes_of_what_was_read_together_only_the_first_is_made(resources: Resources) -> None:
    key = await make_draft(resources)
    read = (await campaign_row(key))["revision"]
    results = await asyncio.gather(
        *(
            update_campaign(
                MARKETER, key, {"name": f"Name {number}"}, clock=resources.clock, expected_revision=read
            )
            for number in range(6)
        ),
        return_exceptions=True,
    )
    stored = await campaign_row(key)
    lost = [result for result in results if isinstance(result, BaseException)]
    assert len(lost) == 5
    for error in lost:
        assert isinstance(error, Conflict)
        assert isinstance(error.subject, dict)
        assert error.subject["name"] == stored["name"]
    again = await update_campaign(
        MARKETER, key, {"name": "Mine"}, clock=resources.clock, expected_revision=stored["revision"]
    )
    assert (again["name"], again["revision"]) == ("Mine", read + 2)


async def test_launch_freezes_rule_message_and_moment(resources: Resources) -> None:
    key = await make_draft(resources)
    launched = _campaign(await launch_campaign(MARKETER, key, bus=resources.bus))
    assert launched.rule == EVERYONE
    assert launched.evaluated_at == launched.launched_at
    assert launched.revision == 1
    await Audience.find_all().delete()
    assert (await campaign_row(key))["rule"] == EVERYONE


async def test_of_many_launches_at_once_one_wins(resources: Resources) -> None:
    key = await make_draft(resources)
    results = await asyncio.gather(
        *(launch_campaign(MARKETER, key, bus=resources.bus) for _ in range(8)),
        return_exceptions=True,
    )
    lost = [result for result in results if isinstance(result, BaseException)]
    assert len(lost) == 7
    for error in lost:
        assert isinstance(error, WrongState)
        assert isinstance(error.subject, dict)
        assert error.subject["status"] == "SENDING"


async def test_a_launched_campaign_is_not_changed(resources: Resources) -> None:
    key = await make_draft(resources)
    await launch_campaign(MARKETER, key, bus=resources.bus)
    with pytest.raises(WrongState):
        await update_campaign(MARKETER, key, {"name": "Autumn"}, clock=resources.clock)
    assert (await campaign_row(key))["name"] == "Summer sale"


async def test_a_change_while_it_is_launched_is_either_sent_or_refused(resources: Resources) -> None:
    for number in range(10):
        key = await make_draft(resources)
        message = MessageTemplate(subject="Changed", body=f"Text {number}")
        updated, launched = await asyncio.gather(
            update_campaign(MARKETER, key, {"message": message}, clock=resources.clock),
            launch_campaign(MARKETER, key, bus=resources.bus),
            return_exceptions=True,
        )
        assert not isinstance(launched, BaseException)
        was_changed = (await campaign_row(key))["message"]["subject"] == "Changed"
        assert was_changed == (not isinstance(updated, BaseException))


async def test_what_cannot_be_sent_is_not_launched(resources: Resources) -> None:
    without_message = await make_draft(resources, message=None)
    without_audience = await make_draft(resources)
    await Audience.find_all().delete()
    for key in (without_message, without_audience):
        with pytest.raises(InvalidInput):
            await launch_campaign(MARKETER, key, bus=resources.bus)
        assert (await campaign_row(key))["status"] == "DRAFT"
    with pytest.raises(NotFound):
        await launch_campaign(MARKETER, ObjectId(), bus=resources.bus)


async def test_a_launch_holds_while_the_bus_is_away(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise BusError("away")

    key = await make_draft(resources)
    monkeypatch.setattr(resources.bus, "publish", away)
    await launch_campaign(MARKETER, key, bus=resources.bus)
    assert (await campaign_row(key))["status"] == "SENDING"


async def test_a_viewer_may_not_launch(resources: Resources) -> None:
    key = await make_draft(resources)
    with pytest.raises(Forbidden):
        await launch_campaign(Actor(Role.VIEWER, "v"), key, bus=resources.bus)


async def test_a_preview_shows_what_a_customer_would_get(resources: Resources) -> None:
    await make_customers(1)
    body = "Hi {{ customer.name }} of {{ customer.city }}"
    reference = CustomerReference(external_id="c0")
    shown = await preview_message(
        MARKETER,
        MessageTemplate(body=body),
        channel=Channel.SMS,
        customer=reference,
        slices=resources.slices,
    )
    assert (shown.rendered.body, shown.rendered.missing) == ("Hi Name 0 of ", ("customer.city",))
    message = MessageTemplate(subject="S", body=body)
    made_up = await preview_message(MARKETER, message, channel=Channel.EMAIL, slices=resources.slices)
    assert made_up.rendered.missing == ()


@pytest.mark.parametrize(
    ("body", "customer", "code"),
    [
        ("{{ customer.nope }}", None, ErrorCode.INVALID),
        ("Hi", CustomerReference(external_id="nobody"), ErrorCode.NOT_FOUND),
    ],
)
async def test_a_preview_says_what_is_wrong(
    resources: Resources, body: str, customer: CustomerReference | None, code: ErrorCode
) -> None:
    with pytest.raises(DomainError) as caught:
        await preview_message(
            MARKETER,
            MessageTemplate(body=body),
            channel=Channel.SMS,
            customer=customer,
            slices=resources.slices,
        )
    assert caught.value.problems[0].code is code


PAST, SOON = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(days=1)


@pytest.mark.parametrize(
    ("terms", "path"),
    [
        ({"send_before": PAST}, ("sendBefore",)),
        ({"rate_per_second": 0}, ("ratePerSecond",)),
        ({"rate_per_second": 100_001}, ("ratePerSecond",)),
        ({"quiet_hours": {"from": "21:00", "until": "24:00"}}, ("quietHours", "until")),
        ({"quiet_hours": {"from": "9pm", "until": "08:00"}}, ("quietHours", "from")),
        ({"quiet_hours": {"from": "08:00", "until": "08:00"}}, ("quietHours", "until")),
    ],
)
async def test_terms_that_cannot_be_kept_are_refused_at_their_place(
    resources: Resources, terms: dict[str, Any], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as made:
        await create(resources, terms=Terms(**terms))
    key = await make_draft(resources)
    with pytest.raises(InvalidInput) as changed:
        await update_campaign(MARKETER, key, terms, clock=resources.clock)
    assert [problem.path for problem in made.value.problems] == [path]
    assert [problem.path for problem in changed.value.problems] == [path]


async def test_terms_are_stored_changed_and_cleared(resources: Resources) -> None:
    hours = {"from": "21:00", "until": "08:00"}
    audience = await make_audience()
    content = {"audience_id": audience, "idempotency_key": "k1", "terms": Terms(SOON, 7, hours)}
    made = await create(resources, **content)
    assert (made.rate_per_second, made.quiet_hours, made.created_by) == (7, hours, "marketer")
    assert (await create(resources, **content)).id == made.id
    with pytest.raises(Conflict):
        await create(resources, **content | {"terms": Terms(SOON, 8, hours)})
    assert made.id is not None
    cleared = dict.fromkeys(("send_before", "rate_per_second", "quiet_hours"))
    changed = _campaign(await update_campaign(MARKETER, made.id, cleared, clock=resources.clock))
    assert (changed.send_before, changed.rate_per_second, changed.quiet_hours) == (None, None, None)
