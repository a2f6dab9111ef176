"""Custom fields in messages: checked when they are saved, frozen for each recipient, and listed."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.previews import preview_message
from crm_graphql.campaigns.service import launch_campaign
from crm_graphql.campaigns.template import parse
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput
from crm_graphql.custom_fields.service import update_field
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.delivery.rendering import template_of
from crm_graphql.resources import Resources
from tests.audiences.factories import where
from tests.custom_fields.factories import ADMIN, BOOLEAN, DATE, LIST, NUMBER, TEXT, make_field, remove
from tests.customers.edits import create, update
from tests.delivery.factories import MARKETER, campaign_row, launch, make_draft
from tests.delivery.ledgers import ledger
from tests.delivery.test_planner import make_planner
from tests.gql.conftest import Api


def message(body: str) -> MessageTemplate:
    return MessageTemplate(subject="Hello", body=body)


async def preview(resources: Resources, body: str, external_id: str | None = None) -> str:
    customer = CustomerReference(external_id=external_id) if external_id else None
    preview = await preview_message(
        *(MARKETER, message(body)),
        channel=Channel.EMAIL,
        customer=customer,
        slices=resources.slices,
    )
    return preview.rendered.body


EVERY_TYPE = """{{ customer.custom.points }}|{{ customer.custom.points | plus: 0.1 }}
|{{ customer.custom.since }}|{{ customer.custom.since | date: '%d.%m.%Y' }}|{{ customer.custom.vip }}
|{{ customer.custom.tiers | join: '+' }}|{{ customer.custom.note | default: 'none' }}
|{% if customer.custom.points > 12.4 %}many{% endif %}|{{ customer["custom"]["points"] }}"""


async def test_a_message_prints_values_of_each_type(resources: Resources) -> None:
    await make_field("points", NUMBER)
    await make_field("since", DATE)
    await make_field("vip", BOOLEAN, default_value=True)
    await make_field("tiers", LIST, options=["Gold", "Tin"])
    await make_field("note", TEXT)
    given = {"points": 12.5, "since": "2024-06-30", "tiers": ["Tin", "Gold"]}
    await create(resources, "c1", custom_fields=given)
    found = (await preview(resources, EVERY_TYPE, "c1")).replace("\n", "")
    assert found == "12.5|12.6|2024-06-30|30.06.2024|true|Gold+Tin|none|many|12.5"
    made_up = (await preview(resources, EVERY_TYPE)).replace("\n", "")
    assert made_up == "12.5|12.6|2024-06-30|30.06.2024|true|Gold+Tin|Gold|many|12.5"


@pytest.mark.parametrize(
    "name",
    ["customer.custom.other", "customer.custom", "customer.custom.points.more", "customer.custom.$where"],
)
async def test_a_message_names_only_fields_that_there_are(resources: Resources, name: str) -> None:
    await make_field("points")
    with pytest.raises(InvalidInput) as refused:
        await make_draft(resources, message=message(f"Hi\n{{{{ {name} }}}}"))
    (problem,) = refused.value.problems
    assert (problem.path, problem.line) == (("message", "body"), 2)
    with pytest.raises(InvalidInput, match=r"customer\.custom\.points"):
        await make_draft(resources, message=message("{{ customer.custom.point }}"))


async def test_the_ledger_freezes_only_what_the_message_names(resources: Resources) -> None:
    await make_field("points", default_value=3)
    await make_field("secret", TEXT)
    for number in (1, 2):
        values = {"secret": "x", **({"points": 12.5} if number == 1 else {})}
        await create(resources, f"c{number}", email=f"c{number}@example.com", custom_fields=values)
    plain = await launch(resources)
    named = await launch(resources, message=message("You have {{ customer.custom.points }}."))
    for key in (plain, named):
        await make_planner(resources).plan(key)
    assert all("custom" not in row["values"] for row in await ledger(plain))
    rows = await ledger(named)
    assert sorted(row["values"]["custom"]["points"] for row in rows) == [3, 12.5]
    campaign = await campaign_row(named)
    template = template_of(campaign, campaign["message"])
    assert {template.render(row["values"]).body for row in rows} == {"You have 3.", "You have 12.5."}


async def test_a_launch_freezes_the_fields_that_it_names(resources: Resources, api: Api) -> None:
    points = await make_field("points", default_value=5)
    for name in ("c1", "c2"):
        await create(resources, name, email=f"{name}@example.com")
    await update(resources, "c2", custom_fields={"points": 1})
    rule = where("custom.points", "EQ", 5)
    key = await launch(resources, rule=rule, message=message("{{ customer.custom.points }}"))
    await update_field(ADMIN, points.id, {"default_value": 1, "label": "Bonus"})
    await make_planner(resources).plan(key)
    rows: list[dict[str, Any]] = await ledger(key)
    assert [(row["address"], row["values"]["custom"]) for row in rows] == [("c1@example.com", {"points": 5})]
    ask = "{ campaigns { nodes { audienceRuleText } } }"
    await resources.database.campaigns.update_one({"_id": key}, {"$set": {"status": "COMPLETED"}})
    await resources.database.audiences.delete_many({})
    await remove(points)
    await make_field("points", BOOLEAN)
    assert (await api.data(ask))["campaigns"]["nodes"] == [{"audienceRuleText": "points is 5"}]


async def test_a_draft_whose_field_is_gone_cannot_be_launched(resources: Resources) -> None:
    points = await make_field("points")
    by_rule = await make_draft(resources, rule=where("custom.points", "GT", 1))
    by_message = await make_draft(resources, message=message("{{ customer.custom.points }}"))
    await remove(points)
    for key, path in ((by_rule, "audienceId"), (by_message, "message")):
        with pytest.raises(InvalidInput) as refused:
            await launch_campaign(MARKETER, key, bus=resources.bus)
        assert refused.value.problems[0].path[0] == path


async def test_the_catalogue_lists_fields_the_moment_they_are_made(resources: Resources, api: Api) -> None:
    await make_field("tiers", LIST, options=["Gold", "Tin", "Iron"])
    fields = (await api.data("{ templateFields { name label example } }"))["templateFields"]
    assert fields[-1] == {"name": "customer.custom.tiers", "label": "Tiers", "example": "Gold, Tin"}


def test_a_message_that_was_checked_before_may_name_what_is_gone() -> None:
    template = parse(None, "{{ customer.custom.gone }}{{ customer.name }}", Channel.SMS)
    assert template.customer_fields == ("name", "custom_fields")
    assert template.render({"customer": {"name": "Ann"}}).missing == ("customer.custom.gone",)
