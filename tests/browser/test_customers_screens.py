"""The screens of customers in a real browser: found, chosen, changed many at once and alone, erased."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from crm_graphql.core.actor import Role
from crm_graphql.local.mongod import Mongod
from tests.browser.screens import EXTREMES, choose, open_signed_in, opened, shuts_nobody_out
from tests.servers.deployment import Deployment, eventually

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

INGEST = """mutation ($records: [CustomerRecordInput!]!) { customersIngest(input: {records: $records}) {
  ingestion { id } errors { message } } }"""
FIND = "query ($by: CustomerRef!) { customer(by: $by) { id revision city name tags customFields } }"
NEWEST_EXPORT = "{ exports(first: 1) { nodes { subject format } } }"
COUNT = "{ customers { totalCount } }"
UPDATE = "mutation ($input: CustomerUpdateInput!) { customerUpdate(input: $input) { errors { message } } }"
TAG = "mutation ($input: CustomersTagInput!) { customersTag(input: $input) { errors { message } } }"
GROUP = """mutation { groupCreate(input: {name: "Summer party"}) { group { id } errors { message } } }"""
TOPIC = """mutation { topicCreate(input: {name: "News", isOptOut: true}) { errors { message } } }"""
CLOSE = """mutation { suppressionsCreate(input: {
  channel: EMAIL, addresses: ["back@example.com"], reason: BOUNCED}) { errors { message } } }"""
FIELD = """mutation ($input: CustomFieldCreateInput!) { customFieldCreate(input: $input) {
  errors { message } } }"""
FIELDS: list[dict[str, Any]] = [
    {"key": "motto", "label": "Motto", "type": "TEXT"},
    {"key": "shoe_size", "label": "Shoe size", "type": "NUMBER", "minimum": 20, "maximum": 60},
    {"key": "born", "label": "Born", "type": "DATE"},
    {"key": "has_car", "label": "Has a car", "type": "BOOLEAN"},
    {"key": "likes", "label": "Likes", "type": "LIST", "options": ["Tea", "Coffee", "Cocoa"]},
]
PEOPLE = 40


def record(number: int) -> dict[str, Any]:
    return {
        "externalId": f"c{number}",
        "name": f"Person {number}",
        "email": f"person.{number}@example.com",
        "phone": f"+47220000{number:02}",
        "country": "NO" if number % 2 else "DE",
        "city": "Oslo" if number % 2 else "Berlin",
        "tags": ["vip", "newsletter"] if number % 4 == 0 else ["newsletter"],
        "totalSpend": f"{number * 10}.50",
        "visitCount": number,
        "lastVisitAt": "2026-01-05T10:00:00Z",
    }


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it, with customers, a group, a topic and a closed address."""
    made = Deployment(tmp_path_factory.mktemp("customers"), mongod, None, settings={"development": True})
    try:
        await made.start()
        await made.mutate(INGEST, {"records": [record(number) for number in range(1, PEOPLE + 1)]})
        for mutation in (GROUP, TOPIC, CLOSE):
            await made.mutate(mutation, {})
        for field in FIELDS:
            await made.mutate(FIELD, {"input": field})

        async def there() -> bool:
            shown = (await made.graphql(COUNT))["customers"]["totalCount"]
            return bool(shown == PEOPLE)

        await eventually(there, within_seconds=60, what="the customers")
        yield made
    finally:
        await made.close()


async def found(deployment: Deployment, number: int) -> dict[str, Any]:
    shown = await deployment.graphql(FIND, {"by": {"externalId": f"c{number}"}})
    return dict(shown["customer"])


async def test_filters_narrow_the_list_by_an_address_that_names_nobody(
    deployment: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, "/customers")
    await page.get_by_role("button", name=re.compile("^Filters")).click()
    filters = page.get_by_role("dialog", name="Filters")
    await filters.get_by_role("combobox", name="Tags").fill("vip")
    await filters.get_by_role("textbox", name="Spend from").fill("200")
    await filters.get_by_role("button", name="Show customers").click()
    await expect(page.get_by_text("6 customers", exact=True)).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/customers\?spendFrom=200$"))
    await page.get_by_role("link", name="Person 40").click()
    await page.go_back()
    await expect(page.get_by_text("6 customers", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Remove the filter Tag: vip").click()
    await expect(page.get_by_text("21 customers", exact=True)).to_be_visible()
    assert not any("vip" in address for address in seen.addresses)
    await page.context.close()


async def test_all_that_match_are_tagged_and_the_work_is_seen_to_its_end(
    deployment: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, "/customers?country=DE")
    await page.get_by_role("checkbox", name="Choose Person 2", exact=True).click()
    await page.get_by_role("button", name="that match").click()
    await expect(page.get_by_text("All 20 chosen")).to_be_visible()
    await page.get_by_role("button", name="Tag", exact=True).click()
    await page.get_by_role("combobox", name="Give these tags").fill("german")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Change tags").click()
    done = page.get_by_role("status").filter(has_text="Tags changed")
    await expect(done.get_by_text("20 of 20 done")).to_be_visible()
    await done.get_by_role("link", name="Bulk work").click()
    await expect(page.get_by_role("row").filter(has_text="20 of 20 done")).to_contain_text("Done")
    assert ["german" in (await found(deployment, number))["tags"] for number in (2, 3)] == [True, False]
    assert seen.errors == []
    await page.context.close()


async def test_who_could_not_be_changed_is_named_with_the_bulk_work(
    deployment: Deployment, chromium: Browser
) -> None:
    full = {"customer": {"externalId": "c26"}, "tags": [f"t{number}" for number in range(100)]}
    await deployment.mutate(UPDATE, {"input": full})
    await deployment.mutate(TAG, {"input": {"target": {"externalIds": ["c26", "c28"]}, "add": ["one more"]}})
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, "/bulk")
    await page.get_by_role("row").filter(has_text="more than 100 tags").get_by_role("button").click()
    who = page.get_by_role("dialog", name="Customers that stayed as they were")
    await expect(who.get_by_role("link")).to_have_count(1)
    await who.get_by_role("button", name="Export them as a file").click()
    await expect(who.get_by_text("The file is being made.")).to_be_visible()
    made = (await deployment.graphql(NEWEST_EXPORT))["exports"]["nodes"][0]
    assert (made["subject"], made["format"]) == ("CUSTOMERS", "CSV")
    await shuts_nobody_out(page)
    await who.get_by_role("link", name="Person 26").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Person 26")
    assert seen.errors == []
    await page.context.close()


async def test_chosen_rows_are_edited_together_and_put_into_a_group(
    deployment: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, "/customers?sort=-spend")
    for number in (40, 39):
        await page.get_by_role("checkbox", name=f"Choose Person {number}").click()
    await page.get_by_role("button", name="Edit").click()
    await page.get_by_role("textbox", name="City").fill("Rome")
    await page.get_by_role("button", name="Set the value").click()
    await expect(page.get_by_text("2 customers are changed.")).to_be_visible()
    cities = [(await found(deployment, number))["city"] for number in (40, 39, 38)]
    assert cities == ["Rome", "Rome", "Berlin"]
    await page.get_by_role("checkbox", name="Choose Person 38").click()
    await page.get_by_role("button", name="Group", exact=True).click()
    await choose(page.get_by_role("dialog").page, "Group", "Summer party")
    await page.get_by_role("button", name="Change the group").click()
    await expect(page.get_by_text("1 of 1 done")).to_be_visible()
    await page.context.close()


async def test_a_view_keeps_filters_and_columns_until_it_is_deleted(
    deployment: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, "/customers?country=NO")
    await page.get_by_role("button", name="Columns").click()
    await page.get_by_role("checkbox", name="Phone").click()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Views").click()
    await page.get_by_role("menuitem", name="Save as a new view").click()
    await page.get_by_role("textbox", name="Name").fill("Norwegians")
    await page.get_by_role("button", name="Save the view").click()
    chosen = page.get_by_role("button", name="View: Norwegians")
    await chosen.click()
    await page.get_by_role("menuitem", name="All customers").click()
    await expect(page.get_by_text("40 customers", exact=True)).to_be_visible()
    await expect(page.get_by_role("columnheader", name="Phone")).to_have_count(0)
    await page.get_by_role("button", name="Views").click()
    await page.get_by_role("menuitem", name="Norwegians").click()
    await expect(page.get_by_text("20 customers", exact=True)).to_be_visible()
    await expect(page.get_by_role("columnheader", name="Phone")).to_be_visible()
    await chosen.click()
    await expect(page.get_by_role("menuitem", name="All customers")).to_be_focused()
    await shuts_nobody_out(page)
    await page.get_by_role("menuitem", name="Delete the view").click()
    await page.get_by_role("button", name="Delete the view").click()
    await page.get_by_role("button", name="Views").click()
    await expect(page.get_by_role("menuitem", name="Norwegians")).to_have_count(0)
    await page.context.close()


async def test_the_list_follows_changes_but_holds_rows_that_somebody_is_at(
    deployment: Deployment, chromium: Browser
) -> None:
    rename = {"customer": {"id": (await found(deployment, 21))["id"]}, "name": "Aaron First"}
    seen = await opened(chromium, 320)
    page = await open_signed_in(seen, deployment, "/customers?country=NO&sort=name")
    await expect(page.get_by_role("link", name="Person 21", exact=True)).to_be_visible()
    await expect(page.get_by_text(re.compile("^Updated "))).to_be_visible()
    await deployment.mutate(UPDATE, {"input": rename})
    first = page.get_by_role("row").nth(1)
    await expect(first).to_contain_text("Aaron First")
    await first.hover()
    place = await first.bounding_box()
    await deployment.mutate(UPDATE, {"input": {**rename, "name": "Zoe Last"}})
    await expect(page.get_by_text("Changes are waiting.")).to_be_visible()
    await expect(first).to_contain_text("Aaron First")
    assert await first.bounding_box() == place
    await page.get_by_role("searchbox").hover()
    await expect(page.get_by_role("link", name="Zoe Last")).to_be_visible()
    await expect(first).not_to_contain_text("Zoe Last")
    await page.get_by_role("button", name="Pause updates").click()
    await page.get_by_role("button", name="Go on with updates").click()
    await deployment.mutate(UPDATE, {"input": {**rename, "name": "Person 21"}})
    await expect(page.get_by_role("link", name="Person 21", exact=True)).to_be_visible()
    assert seen.errors == []
    await page.context.close()


async def test_an_edit_that_somebody_overtook_shows_both_values_and_loses_neither(
    deployment: Deployment, chromium: Browser
) -> None:
    ours = await found(deployment, 7)
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, f"/customers/{ours['id']}")
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.get_by_role("textbox", name="City").fill("Bergen")
    theirs = {"customer": {"id": ours["id"]}, "city": "Trondheim", "name": "Person Seven"}
    await deployment.mutate(UPDATE, {"input": theirs})
    await page.get_by_role("textbox", name="E-mail").fill("no address")
    await page.get_by_role("button", name="Save", exact=True).click()
    conflict = page.get_by_role("alert").filter(has_text="Somebody has changed")
    await expect(conflict.get_by_text("As it is now: Trondheim")).to_be_visible()
    await expect(page.get_by_role("button", name="Save as chosen")).to_be_disabled()
    await conflict.get_by_text("As you wrote it: Bergen").click()
    await page.get_by_role("button", name="Save as chosen").click()
    # What is wrong is told at its field, and nothing is saved of it.
    await expect(page.get_by_role("textbox", name="E-mail")).to_have_attribute("aria-invalid", "true")
    assert (await found(deployment, 7))["city"] == "Trondheim"
    await page.get_by_role("textbox", name="E-mail").fill("seven@example.com")
    await page.get_by_role("button", name="Save as chosen").click()
    await expect(page.get_by_role("heading", name="Person Seven")).to_be_visible()
    await expect(page.get_by_role("button", name="Edit", exact=True)).to_be_focused()
    kept = await found(deployment, 7)
    assert (kept["city"], kept["name"]) == ("Bergen", "Person Seven")
    await page.context.close()


async def test_custom_fields_are_edited_by_their_types_and_refused_at_their_field(
    deployment: Deployment, chromium: Browser
) -> None:
    customer = {"id": (await found(deployment, 5))["id"]}
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, f"/customers/{customer['id']}")
    await page.get_by_role("button", name="Edit", exact=True).click()
    await page.get_by_role("textbox", name="Motto").fill("Fem")
    await page.get_by_role("textbox", name="Shoe size").fill("99.5")
    await page.get_by_role("textbox", name="Born").fill("1990-02-28")
    await choose(page, "Has a car", "No")
    for option in ("Tea", "Cocoa"):
        await choose(page, "Likes", option)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Save", exact=True).click()
    size = page.get_by_role("textbox", name="Shoe size")
    await expect(size).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_text("is more than 60")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)
    # Somebody else is faster: at a field that both write, and at one that only they do.
    theirs = {"customer": customer, "customFields": {"motto": "Fiver", "likes": ["Coffee"], "born": None}}
    await deployment.mutate(UPDATE, {"input": theirs})
    await size.fill("43.5")
    await page.get_by_role("button", name="Save", exact=True).click()
    conflict = page.get_by_role("alert").filter(has_text="Somebody has changed")
    await conflict.get_by_role("radiogroup", name="Motto").get_by_text("As it is now: Fiver").click()
    await conflict.get_by_role("radiogroup", name="Likes").get_by_text("As you wrote it: Tea, Cocoa").click()
    await page.get_by_role("button", name="Save as chosen").click()
    await expect(page.get_by_text("28 Feb 1990")).to_be_visible()
    kept = (await found(deployment, 5))["customFields"]
    assert [*kept.values()] == ["Fiver", 43.5, "1990-02-28", False, ["Tea", "Cocoa"]]
    assert seen.errors == []
    await page.context.close()


async def test_words_addresses_and_groups_of_a_person_are_set_on_their_page(
    deployment: Deployment, chromium: Browser
) -> None:
    customer = (await found(deployment, 9))["id"]
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, f"/customers/{customer}")
    await choose(page, "Topic", "News")
    await choose(page, "They said", "Unsubscribed")
    await page.get_by_role("button", name="Set", exact=True).click()
    await expect(page.get_by_text("News, E-mail")).to_be_visible()
    await page.get_by_role("button", name="Close SMS").click()
    await page.get_by_role("dialog").get_by_role("button", name="Close SMS").click()
    await expect(page.get_by_text("SMS is closed")).to_be_visible()
    await choose(page, "Put into a group", "Summer party")
    await page.get_by_role("button", name="Take out of Summer party").click()
    await expect(page.get_by_text("In no group.")).to_be_visible()
    await page.get_by_text("Consents", exact=True).first.click()
    await expect(page.get_by_text("Said no to")).to_be_visible()
    assert seen.errors == []
    await page.context.close()


async def test_a_customer_is_made_told_of_a_double_merged_and_erased(
    deployment: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, "/customers")
    await page.get_by_role("button", name="New customer").click()
    await page.get_by_role("textbox", name="Name").fill("Nora Ny")
    await page.get_by_role("textbox", name="E-mail").fill("not an address")
    await page.get_by_role("button", name="Make the customer").click()
    await expect(page.get_by_role("textbox", name="E-mail")).to_have_attribute("aria-invalid", "true")
    await page.get_by_role("textbox", name="E-mail").fill("person.11@example.com")
    await page.get_by_role("button", name="Make the customer").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nora Ny")
    await page.get_by_role("button", name="Merge Person 11").click()
    await page.get_by_role("dialog").get_by_role("button", name="Merge Person 11").click()
    await expect(page.get_by_text("Merged with c11.")).to_be_visible()
    await page.get_by_role("button", name="Erase the customer").click()
    await page.get_by_role("dialog").get_by_role("button", name="Erase the customer").click()
    await expect(page).to_have_url(f"{deployment.url}/customers")
    await expect(page.get_by_text("39 customers", exact=True)).to_be_visible()
    await page.context.close()


async def test_addresses_are_closed_by_hand_found_by_reason_and_opened_again(
    deployment: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, deployment, "/suppressions?reason=BOUNCED")
    await expect(page.get_by_text("1 address", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Close addresses").click()
    await page.get_by_role("textbox", name="Addresses").fill("stop@example.com\n\nnonsense")
    await page.get_by_role("button", name="Close them").click()
    await expect(page.get_by_role("alert")).to_contain_text("Line 3:")
    await page.get_by_role("textbox", name="Addresses").fill("stop@example.com")
    await page.get_by_role("button", name="Close them").click()
    await expect(page.get_by_text("1 address is closed.")).to_be_visible()
    await page.goto(f"{deployment.url}/suppressions")
    await page.get_by_role("searchbox").fill("stop@")
    row = page.get_by_role("row").filter(has_text="stop@example.com")
    await expect(row).to_contain_text("Entered by hand")
    await expect(page.get_by_text("1 address", exact=True)).to_be_visible()
    await row.get_by_role("button", name="Open").click()
    await page.get_by_role("dialog").get_by_role("button", name="Open").click()
    await expect(page.get_by_text("No closed address is found by that.")).to_be_visible()
    assert not any("stop" in address for address in seen.addresses)
    await page.context.close()


async def test_who_may_only_read_is_offered_no_change_of_customers(
    deployment: Deployment, chromium: Browser
) -> None:
    customer = (await found(deployment, 13))["id"]
    seen = await opened(chromium)
    page = seen.page
    await page.goto(f"{deployment.url}/customers/{customer}#token={deployment.mint(Role.VIEWER)}")
    await expect(page.get_by_text("person.13@example.com")).to_be_visible()
    for name in ("Edit", "Set", "Erase the customer", "Close SMS"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    for path in ("/customers", "/suppressions"):
        await page.goto(f"{deployment.url}{path}")
        await expect(page.get_by_role("row").nth(1)).to_be_visible()
        await expect(page.get_by_role("checkbox")).to_have_count(0)
        for name in ("New customer", "Close addresses", "Open: back@example.com"):
            await expect(page.get_by_role("button", name=name)).to_have_count(0)
    await page.context.close()


@pytest.mark.parametrize(("width", "scheme"), EXTREMES)
async def test_what_is_done_with_customers_shuts_nobody_out(
    deployment: Deployment, chromium: Browser, width: int, scheme: str
) -> None:
    customer = (await found(deployment, 15))["id"]
    seen = await opened(chromium, width, scheme)
    page = await open_signed_in(seen, deployment, "/customers?country=NO")
    await page.get_by_role("checkbox", name="Choose Person 15").click()
    await shuts_nobody_out(page)
    await page.get_by_role("button", name=re.compile("^Filters")).click()
    # Come to rest: what moves is not yet as it will be read.
    at_rest = re.compile(r"none|matrix\(1, 0, 0, 1, 0, 0\)")
    await expect(page.get_by_role("dialog", name="Filters")).to_have_css("transform", at_rest)
    await expect(page.get_by_role("dialog", name="Filters")).to_have_css("opacity", "1")
    await shuts_nobody_out(page)
    await page.goto(f"{deployment.url}/customers/{customer}")
    await page.get_by_role("button", name="Edit", exact=True).click()
    await shuts_nobody_out(page)
    await page.context.close()
