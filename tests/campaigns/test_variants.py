"""Variants and holdout of drafts: checked at their place, stored whole, copied, part of what a retry is."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.campaigns.control import duplicate_campaign
from crm_graphql.campaigns.documents import MessageTemplate, Variant
from crm_graphql.campaigns.service import launch_campaign, update_campaign
from crm_graphql.campaigns.variants import Experiment
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import Conflict, DomainError
from crm_graphql.resources import Resources
from tests.delivery.factories import EMAIL_MESSAGE, MARKETER, campaign_row, make_audience, make_draft


def variant(key: str, weight: int = 1, *, subject: str | None = "Hello", body: str = "Hi") -> Variant:
    return Variant(key=key, weight=weight, message=MessageTemplate(subject=subject, body=body))


TWO = [variant("a", 3, body="First"), variant("b", body="Second")]


async def draft(resources: Resources, experiment: Experiment | None = None, **changes: Any) -> Any:
    given = {"message": None, "experiment": experiment or Experiment(TWO, 0.1), **changes}
    return await make_draft(resources, **given)


async def test_a_draft_keeps_variants_and_holdout_and_its_message_is_the_first_ones(
    resources: Resources,
) -> None:
    row = await campaign_row(await draft(resources))
    assert [(one["key"], one["weight"], one["message"]["body"]) for one in row["variants"]] == [
        ("a", 3, "First"),
        ("b", 1, "Second"),
    ]
    assert row["message"] == row["variants"][0]["message"]
    # As a text: documents hold no floats.
    assert row["holdout"] == "0.1"


BAD = {
    "weight zero": (Experiment([variant("a", 0), variant("b")]), ("variants", "0", "weight")),
    "weight negative": (Experiment([variant("a"), variant("b", -1)]), ("variants", "1", "weight")),
    "weight too great": (Experiment([variant("a", 10**7), variant("b")]), ("variants", "0", "weight")),
    "doubled key": (Experiment([variant("a"), variant("b"), variant("a")]), ("variants", "2", "key")),
    "empty key": (Experiment([variant(""), variant("b")]), ("variants", "0", "key")),
    "key with a dot": (Experiment([variant("a.b"), variant("b")]), ("variants", "0", "key")),
    "key with a dollar": (Experiment([variant("a"), variant("$b")]), ("variants", "1", "key")),
    "key too long": (Experiment([variant("a" * 41), variant("b")]), ("variants", "0", "key")),
    "one alone": (Experiment([variant("a")]), ("variants",)),
    "too many": (Experiment([variant(str(number)) for number in range(11)]), ("variants",)),
    "holdout too great": (Experiment(None, 0.51), ("holdout",)),
    "holdout negative": (Experiment(None, -0.1), ("holdout",)),
    "holdout no number": (Experiment(None, float("nan")), ("holdout",)),
    "holdout infinite": (Experiment(None, float("inf")), ("holdout",)),
    "no subject": (
        Experiment([variant("a"), variant("b", subject=None)]),
        ("variants", "1", "message", "subject"),
    ),
    "broken body": (
        Experiment([variant("a", body="{{ oops"), variant("b")]),
        ("variants", "0", "message", "body"),
    ),
}


@pytest.mark.parametrize(("experiment", "path"), BAD.values(), ids=BAD)
async def test_what_is_wrong_is_told_at_its_place_when_made_and_when_changed(
    resources: Resources, experiment: Experiment, path: tuple[str, ...]
) -> None:
    message = EMAIL_MESSAGE if experiment.variants is None else None
    with pytest.raises(DomainError) as refused:
        await draft(resources, experiment, message=message)
    assert path in [problem.path for problem in refused.value.problems]
    key = await make_draft(resources)
    given = {"variants": experiment.variants, "holdout": experiment.holdout}
    changes = {name: value for name, value in given.items() if value is not None}
    with pytest.raises(DomainError) as refused:
        await update_campaign(MARKETER, key, changes, clock=resources.clock)
    assert path in [problem.path for problem in refused.value.problems]


async def test_a_message_beside_variants_is_refused(resources: Resources) -> None:
    with pytest.raises(DomainError) as refused:
        await draft(resources, message=EMAIL_MESSAGE)
    assert [problem.path for problem in refused.value.problems] == [("message",)]
    key = await draft(resources)
    for changes in (
        {"message": EMAIL_MESSAGE},
        {"message": None},
        {"message": EMAIL_MESSAGE, "variants": TWO},
    ):
        with pytest.raises(DomainError) as refused:
            await update_campaign(MARKETER, key, changes, clock=resources.clock)
        assert [problem.path for problem in refused.value.problems] == [("message",)]


async def test_a_channel_without_subjects_is_refused_for_variants_that_have_one(resources: Resources) -> None:
    key = await draft(resources)
    with pytest.raises(DomainError) as refused:
        await update_campaign(MARKETER, key, {"channel": Channel.SMS}, clock=resources.clock)
    paths = [problem.path for problem in refused.value.problems]
    assert paths == [("variants", str(index), "message", "subject") for index in (0, 1)]


async def test_variants_are_taken_away_with_null_and_the_message_stays(resources: Resources) -> None:
    key = await draft(resources)
    row = await update_campaign(MARKETER, key, {"variants": None, "holdout": None}, clock=resources.clock)
    assert (row["variants"], row["holdout"], row["message"]["body"]) == ([], None, "First")
    row = await update_campaign(MARKETER, key, {"message": EMAIL_MESSAGE}, clock=resources.clock)
    assert row["message"]["body"] == EMAIL_MESSAGE.body


async def test_a_copy_has_the_experiment_and_none_of_its_figures(resources: Resources) -> None:
    original = await draft(resources)
    await launch_campaign(MARKETER, original, bus=resources.bus)
    before = await campaign_row(original)
    copy = await duplicate_campaign(MARKETER, original, clock=resources.clock)
    assert (copy["variants"], copy["holdout"]) == (before["variants"], "0.1")
    assert (copy["variant_stats"], copy["attribution_days"]) == ({}, None)


async def test_another_experiment_under_the_same_key_is_a_conflict(resources: Resources) -> None:
    audience = await make_audience()
    one: dict[str, Any] = {"audience_id": audience, "idempotency_key": "k"}
    made = await draft(resources, **one)
    assert await draft(resources, **one) == made
    for experiment in (Experiment(TWO, 0.2), Experiment(TWO[::-1], 0.1), Experiment(TWO)):
        with pytest.raises(Conflict):
            await draft(resources, experiment, **one)


async def test_a_launch_freezes_how_long_orders_count(resources: Resources) -> None:
    key = await draft(resources)
    await launch_campaign(MARKETER, key, bus=resources.bus, attribution_days=3)
    assert (await campaign_row(key))["attribution_days"] == 3
