"""Audiences in a real browser: made from conditions or words, counted while they are edited, explained."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from crm_graphql.core.actor import Role
from crm_graphql.local.mongod import Mongod
from tests.browser.screens import EXTREMES, elsewhere, name_field, open_signed_in, opened, shuts_nobody_out
from tests.flows.campaigns import AUDIENCE, INGEST, INGESTION
from tests.servers.deployment import Deployment, eventually

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

PEOPLE = 20
SAVED = "query ($id: ID!) { audience(id: $id) { name description rule } }"
NEWEST = "{ audiences(first: 1) { nodes { id name rule } } }"
GROUP = """mutation { groupCreate(input: {name: "Friends"}) { group { id } errors { message } } }"""


def where(field: str, operator: str, *value: Any) -> dict[str, Any]:
    return {"where": {"field": field, "operator": operator, **({"value": value[0]} if value else {})}}


FREQUENT = where("visitCount", "GTE", 10)


@pytest.fixture(scope="module")
async def development(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it; half of its people came ten times or more, one to each city."""
    folder = tmp_path_factory.mktemp("audiences")
    opened = Deployment(folder, mongod, None, settings={"development": True})
    records = [
        {
            "externalId": f"person-{number}",
            "name": f"Person {number}",
            "email": f"person.{number}@example.com",
            "city": f"City {number}",
            "visitCount": number,
            "totalSpend": str(100 * number),
        }
        for number in range(PEOPLE)
    ]
    try:
        await opened.start()
        ingestion = (await opened.mutate(INGEST, {"records": records}))["ingestion"]["id"]

        async def applied() -> bool:
            found = (await opened.graphql(INGESTION, {"id": ingestion}))["ingestion"]
            return bool(found["status"] == "COMPLETED")

        await eventually(applied, within_seconds=60, what="the ingestion's end")
        yield opened
    finally:
        await opened.close()


async def make(deployment: Deployment, rule: dict[str, Any], name: str = "Made") -> str:
    """An audience of the rule; its id."""
    payload = await deployment.mutate(AUDIENCE, {"name": name, "rule": rule})
    return str(payload["audience"]["id"])


def reach(page: Page) -> Locator:
    """What is said of whom the rule reaches."""
    return page.get_by_test_id("reach")


async def test_an_audience_is_made_by_keyboard_and_counted_before_it_is_saved(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/audiences/new")
    await page.get_by_label("Name").fill("Frequent ones")
    await page.get_by_role("button", name="Add a condition").focus()
    await page.keyboard.press("Enter")
    await name_field(page, "Visits")
    condition = page.get_by_role("group", name="Visits")
    await expect(condition.get_by_text("A value is needed here.").last).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("10")
    await expect(reach(page)).to_contain_text("10 people")
    await expect(reach(page)).to_contain_text("visit count is at least 10")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Frequent ones")
    (saved,) = (await development.graphql(NEWEST))["audiences"]["nodes"]
    assert saved["rule"] == FREQUENT
    await expect(page).to_have_url(f"{development.url}/audiences/{saved['id']}")
    assert seen.errors == []
    assert elsewhere(seen, development) == []
    await page.context.close()


RULES: list[dict[str, Any]] = [
    FREQUENT,
    {"not": FREQUENT},
    {"not": {"not": {"not": FREQUENT}}},
    {"not": {"all": [FREQUENT]}},
    {
        "all": [
            {"any": [FREQUENT]},
            {"not": {"any": [where("email", "IS_SET"), {"not": {"all": [FREQUENT]}}]}},
        ]
    },
    {
        "any": [
            where("totalSpend", "BETWEEN", ["5", "12.5000"]),
            where("totalSpend", "IN", ["0.1", 7]),
            where("totalSpend", "LT", 12.5),
            where("visitCount", "NOT_IN", [1, 2, 3]),
            where("lastVisitAt", "WITHIN_LAST", "P6M"),
            where("lastVisitAt", "NOT_WITHIN_LAST", "P1Y2M3DT4H"),
            where("firstVisitAt", "GT", "2024-06-30"),
            where("createdAt", "BETWEEN", ["2024-06-30T12:00:00.250+05:30", "2031-01-01"]),
            where("city", "IN", ["City 1", "Nowhere, else"]),
            where("name", "STARTS_WITH", " P"),
            where("suppressed", "NOT_CONTAINS", "EMAIL"),
            where("suppressed", "IN", ["SMS", "WHATSAPP"]),
            where("tags", "NOT_SET"),
        ]
    },
]
UNSHOWN = {"all": [where("nickname", "EQ", "x"), FREQUENT]}


async def test_every_rule_comes_out_of_the_builder_as_it_went_in(
    development: Deployment, chromium: Browser
) -> None:
    group = (await development.mutate(GROUP, {}))["group"]["id"]
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/audiences/new")
    for rule in [*RULES, where("group", "CONTAINS", group)]:
        # One more condition is added and taken away: what the builder holds is written anew each time.
        await page.get_by_text("As text", exact=True).click()
        await page.get_by_label("Rule as JSON").fill(json.dumps(rule))
        await page.get_by_text("Builder", exact=True).click()
        conditions = page.get_by_role("button", name="Remove this condition")
        count = await conditions.count()
        await page.get_by_role("button", name="Add a condition").first.click()
        await expect(conditions).to_have_count(count + 1)
        await conditions.last.click()
        await expect(conditions).to_have_count(count)
        await page.get_by_text("As text", exact=True).click()
        assert json.loads(await page.get_by_label("Rule as JSON").input_value()) == rule
    await page.context.close()


async def test_a_rule_that_the_builder_cannot_show_is_kept_as_text(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/audiences/new")
    await page.get_by_text("As text", exact=True).click()
    text = page.get_by_label("Rule as JSON")
    await text.fill(json.dumps(UNSHOWN))
    await expect(page.get_by_text('There is no field "nickname"')).to_be_visible()
    await expect(page.get_by_role("radio", name="Builder")).to_be_disabled()
    await text.fill("{")
    await expect(page.get_by_text("This is no JSON.")).to_be_visible()
    await expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    await page.context.close()


async def test_an_answer_to_an_older_rule_is_dropped(development: Deployment, chromium: Browser) -> None:
    audience = await make(development, FREQUENT)
    seen = await opened(chromium)
    page = seen.page
    is_newer_answered = asyncio.Event()
    late: list[int] = []

    async def hold(route: Route) -> None:
        value = _asked(route.request.post_data_json)
        answer = await route.fetch()
        if value == 5:
            await is_newer_answered.wait()
            late.append(value)
        await route.fulfill(response=answer)
        if value == 15:
            is_newer_answered.set()

    await page.route("**/graphql", hold)
    await open_signed_in(seen, development, f"/audiences/{audience}")
    await expect(reach(page)).to_contain_text("10 people")
    field = page.get_by_label("Visits: value")
    async with page.expect_request(lambda request: _asked(request.post_data_json) == 5):
        await field.fill("5")
    await field.fill("15")
    await expect(reach(page)).to_contain_text("5 people")
    await expect(reach(page)).to_have_attribute("aria-busy", "false")
    await is_newer_answered.wait()
    await page.wait_for_timeout(500)
    assert late == [5]
    await expect(reach(page)).to_contain_text("visit count is at least 15")
    await page.context.close()


def _asked(body: Any) -> int | None:
    """The number of visits that a preview asks about."""
    if not isinstance(body, dict) or body.get("operationName") != "AudiencePreview":
        return None
    value = body["variables"]["rule"].get("where", {}).get("value")
    return value if isinstance(value, int) else None


async def test_what_is_wrong_stands_at_its_condition(development: Deployment, chromium: Browser) -> None:
    audience = await make(development, {"any": [FREQUENT, where("totalSpend", "BETWEEN", ["1", "2"])]})
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, f"/audiences/{audience}")
    await page.get_by_label("Total spend: from").fill("9")
    spend = page.get_by_role("group", name="Total spend")
    await expect(spend.get_by_text("is above the high end").last).to_be_visible()
    await expect(page.get_by_role("group", name="Visits").get_by_text("is above")).to_have_count(0)
    await expect(page.get_by_label("Total spend: from")).to_have_attribute("aria-invalid", "true")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(spend.get_by_text("is above the high end").last).to_be_visible()
    await page.get_by_label("Total spend: to").fill("90")
    await expect(spend.get_by_text("is above the high end")).to_have_count(0)
    await page.get_by_label("Name").fill(" ")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("An audience needs a name.")).to_be_visible()
    await page.context.close()


async def test_plain_words_propose_a_rule_that_is_edited_and_saved(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/audiences/new")
    words = page.get_by_label("Who should it be?")
    await words.fill("people whose shoe size is 43")
    await page.get_by_role("button", name="Propose an audience").click()
    await expect(
        page.get_by_text("A question first").or_(page.get_by_text("No audience can be"))
    ).to_be_visible()
    await expect(page.get_by_role("button", name="Use this rule")).to_have_count(0)
    await words.fill("people with at least 3 visits")
    await page.get_by_role("button", name="Propose an audience").click()
    await expect(page.get_by_text("Understood", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Use this rule").click()
    await expect(page.get_by_label("Visits: value")).to_have_value("3")
    await page.get_by_label("Visits: value").fill("4")
    await expect(reach(page)).to_contain_text("16 people")
    await page.get_by_label("Name").fill("From words")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("From words")
    (saved,) = (await development.graphql(NEWEST))["audiences"]["nodes"]
    assert saved["rule"] == where("visitCount", "GTE", 4)
    await page.context.close()


async def test_each_condition_says_whether_it_holds_for_a_person(
    development: Deployment, chromium: Browser
) -> None:
    audience = await make(development, {"all": [FREQUENT, where("city", "EQ", "City 7")]})
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, f"/audiences/{audience}")
    await page.get_by_role("combobox", name="Person").fill("person.7@example.com")
    await page.get_by_role("option", name="Person 7 · person.7@example.com").click()
    await expect(page.get_by_text("Not in the audience", exact=True)).to_be_visible()
    visits, city = page.get_by_role("group", name="Visits"), page.get_by_role("group", name="City")
    await expect(visits.get_by_text("Does not hold")).to_be_visible()
    await expect(visits.get_by_text("Has: 7")).to_be_visible()
    await expect(city.get_by_text("Holds", exact=True)).to_be_visible()
    await page.get_by_label("Visits: value").fill("7")
    await expect(page.get_by_text("In the audience", exact=True)).to_be_visible()
    await expect(visits.get_by_text("Holds", exact=True)).to_be_visible()
    assert not any("example.com" in address for address in seen.addresses)
    await page.context.close()


async def test_what_is_not_saved_is_not_left_behind_unasked(
    development: Deployment, chromium: Browser
) -> None:
    audience = await make(development, FREQUENT, "Kept")
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, f"/audiences/{audience}")
    await page.get_by_label("What it is for").fill("Changed")
    await page.get_by_role("link", name="Customers").click()
    await page.get_by_role("button", name="Stay here").click()
    await expect(page.get_by_label("What it is for")).to_have_value("Changed")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert (await development.graphql(SAVED, {"id": audience}))["audience"] == {
        "name": "Kept",
        "description": "Changed",
        "rule": FREQUENT,
    }
    await page.get_by_label("Visits: value").fill("12")
    await page.get_by_role("button", name="Save as new").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("Kept too")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Kept too")
    await page.get_by_role("link", name="Customers").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    assert (await development.graphql(SAVED, {"id": audience}))["audience"]["rule"] == FREQUENT
    await page.context.close()


async def test_the_list_finds_duplicates_and_deletes(development: Deployment, chromium: Browser) -> None:
    await make(development, FREQUENT, "Autumn letter")
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/audiences")
    await page.get_by_role("searchbox").fill("autu")
    await expect(page.get_by_text("1 audience", exact=True)).to_be_visible()
    row = page.get_by_role("row", name="Autumn letter")
    await expect(row).to_contain_text("visit count is at least 10")
    await row.get_by_role("link", name="Duplicate Autumn letter").click()
    await expect(page.get_by_label("Name")).to_have_value("Copy of Autumn letter")
    await page.go_back()
    await page.get_by_role("searchbox").fill("autu")
    await page.get_by_role("button", name="Delete: Autumn letter").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("No audience is called that.")).to_be_visible()
    assert not any("autu" in address for address in seen.addresses)
    await page.context.close()


async def test_who_may_only_read_looks_and_saves_nothing(development: Deployment, chromium: Browser) -> None:
    audience = await make(development, FREQUENT)
    seen = await opened(chromium)
    viewer = development.mint(Role.VIEWER)
    await seen.page.goto(f"{development.url}/audiences/{audience}#token={viewer}")
    await expect(reach(seen.page)).to_contain_text("10 people")
    for name in ("Save", "Save as new", "Delete", "Propose an audience"):
        await expect(seen.page.get_by_role("button", name=name)).to_have_count(0)
    await seen.page.context.close()


@pytest.mark.parametrize(("width", "scheme"), EXTREMES)
async def test_why_somebody_is_in_an_audience_shuts_nobody_out(
    development: Deployment, chromium: Browser, width: int, scheme: str
) -> None:
    audience = await make(development, RULES[5])
    seen = await opened(chromium, width, scheme)
    page = await open_signed_in(seen, development, f"/audiences/{audience}")
    await expect(reach(page)).to_contain_text("Some of them")
    await page.get_by_role("button", name="Why is").first.click()
    await expect(page.get_by_text("In the audience", exact=True)).to_be_visible()
    await shuts_nobody_out(page)
    await page.context.close()
