"""The campaigns' list and the editor in a real browser: a draft is written, checked, tried out, launched."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from crm_graphql.core.actor import Role
from crm_graphql.local.mongod import Mongod
from tests.browser.screens import EXTREMES, choose, elsewhere, open_signed_in, opened, shuts_nobody_out
from tests.flows.campaigns import AUDIENCE, CREATE, make_customers
from tests.servers.deployment import Deployment
from tests.servers.sent_campaign import EVERYBODY

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

RECIPIENTS = 8
RENAME = """mutation ($id: ID!, $name: String!) {
  campaignUpdate(input: {id: $id, name: $name}) { campaign { name } errors { message } } }"""
STORED = """query ($id: ID!) { campaign(id: $id) {
  name status scheduledAt audience { name rule } tracking { opens clicks }
  message { subject html body } variants { key weight } holdout } }"""
HTML = """<p>Hi {{ customer.name }}</p>
<script>document.body.textContent = 'it ran'</script>
<a href="https://shop.example/sale">Sale</a>"""

MEDIA = "query ($id: ID!) { media(id: $id) { status } }"
FOREIGN = """<img src="https://cdn.shop.example/a.png">
<table background="https://cdn.shop.example/b.png"><tr><td>Hi</td></tr></table>"""


@pytest.fixture(scope="module")
async def development(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it, with a few customers in one audience, "Who"."""
    folder = tmp_path_factory.mktemp("editor")
    receipts = {"receipt_delay_ms": 20, "failed_share": 0.0, "seed": 1}
    opened = Deployment(folder, mongod, None, simulator_options=receipts, settings={"development": True})
    try:
        await opened.start()
        await make_customers(opened, RECIPIENTS, frequent_share=0, without_email=0, prefix="shown")
        await opened.mutate(AUDIENCE, {"name": "Who", "rule": EVERYBODY})
        yield opened
    finally:
        await opened.close()


async def draft(development: Deployment, name: str, **content: Any) -> str:
    """A new draft to everybody; its id."""
    found = await development.graphql("{ audiences(first: 1) { nodes { id } } }")
    audience = found["audiences"]["nodes"][0]["id"]
    message = {"subject": "Hi", "body": "Hi {{ customer.name }}"}
    given = {"name": name, "audienceId": audience, "channel": "EMAIL", "message": message, **content}
    made = await development.mutate(CREATE, {"input": given})
    return str(made["campaign"]["id"])


async def stored(development: Deployment, campaign: str) -> dict[str, Any]:
    found = (await development.graphql(STORED, {"id": campaign}))["campaign"]
    assert isinstance(found, dict)
    return found


async def until_ready(development: Deployment, media: str) -> None:
    """Return when the file can be used."""
    status = ""
    async with asyncio.timeout(60):
        while status != "READY":
            await asyncio.sleep(0.1)
            status = (await development.graphql(MEDIA, {"id": media}))["media"]["status"]


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()


async def test_a_draft_is_written_seen_as_a_customer_gets_it_tried_out_and_launched(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/campaigns")
    await page.get_by_role("button", name="New campaign").click()
    await page.get_by_label("Name").fill("Autumn")
    await choose(page, "Audience", "Who", exact=False)
    await page.get_by_role("button", name="Write it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Autumn")
    campaign = page.url.split("/")[-2]
    await expect(page.get_by_text("Message missing")).to_be_visible()

    await page.get_by_label("Subject", exact=True).fill("For ")
    await page.get_by_role("button", name="Insert a value: Subject").click()
    await page.get_by_role("textbox", name="Search values").fill("customer.name")
    await page.get_by_role("option", name="Name customer.name", exact=True).click()
    await expect(page.get_by_label("Subject", exact=True)).to_have_value("For {{ customer.name }}")
    await page.get_by_label("HTML", exact=True).fill(HTML)
    person = await page.get_by_role("combobox", name="As this person gets it").input_value()
    assert person.startswith("Person ")
    await expect(page.get_by_text(f"For {person}")).to_be_visible()
    frame = page.locator("iframe")
    await expect(frame).to_have_attribute("sandbox", "")
    await expect(page.frame_locator("iframe").get_by_text(f"Hi {person}")).to_be_visible()
    await page.get_by_role("button", name="Next", exact=True).click()
    await expect(page.get_by_text(f"For {person}")).to_have_count(0)
    assert (await stored(development, campaign))["message"]["html"] is None
    await save(page)
    assert (await stored(development, campaign))["message"]["html"] == HTML
    await expect(page.get_by_text("No way to unsubscribe")).to_be_visible()
    await page.get_by_text("No way to unsubscribe").click()
    await expect(page.get_by_label("HTML", exact=True)).to_be_focused()

    await page.get_by_role("button", name="Send a test").click()
    await page.get_by_role("combobox", name="E-mail addresses").fill("ann@shop.example")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Sent to 1 address.")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Launch or schedule").click()
    await page.get_by_role("button", name=f"Launch to {RECIPIENTS} people now").click()
    await expect(page).to_have_url(f"{development.url}/campaigns/{campaign}")
    await expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    # The frame says so of the script that it does not run.
    assert [error for error in seen.errors if "sandbox" not in error] == []
    assert elsewhere(seen, development) == []
    await page.context.close()


async def test_what_is_wrong_in_a_template_is_told_at_its_line_and_keeps_it_from_being_saved(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await draft(development, "Broken")
    page = await open_signed_in(await opened(chromium), development, f"/campaigns/{campaign}/edit")
    html = page.get_by_label("HTML", exact=True)
    await html.fill("<p>Hi</p>\n<p>{% if customer.name %}Hi</p>")
    await expect(page.get_by_text("Line 2").first).to_be_visible()
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(html).to_be_focused()
    assert await html.evaluate("element => element.selectionStart") >= len("<p>Hi</p>\n")
    await page.get_by_label("Name", exact=True).fill("")
    await page.get_by_role("button", name="Save", exact=True).click()
    refusal = page.get_by_role("alert")
    await expect(refusal.get_by_role("button")).to_have_count(2)
    await refusal.get_by_role("button").first.click()
    await expect(page.locator(":focus")).to_have_attribute("aria-invalid", "true")
    assert (await stored(development, campaign))["name"] == "Broken"
    await page.context.close()


async def test_who_comes_second_is_told_and_chooses_whose_text_stays(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await draft(development, "Mine and theirs")
    page = await open_signed_in(await opened(chromium), development, f"/campaigns/{campaign}/edit")
    name = page.get_by_label("Name", exact=True)
    for taken, choice, kept in (
        ("Mine", "Save mine over theirs", "Mine"),
        ("Again", "Take theirs", "Theirs"),
    ):
        await name.fill(taken)
        await development.mutate(RENAME, {"id": campaign, "name": "Theirs"})
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("Somebody else changed this campaign")).to_be_visible()
        assert (await stored(development, campaign))["name"] == "Theirs"
        await page.get_by_role("button", name=choice).click()
        await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
        await expect(name).to_have_value(kept)
        assert (await stored(development, campaign))["name"] == kept
    await page.context.close()


async def test_what_is_counted_goes_back_to_what_the_deployment_does(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await draft(development, "Counted", tracksOpens=False)
    page = await open_signed_in(await opened(chromium), development, f"/campaigns/{campaign}/edit")
    await expect(page.get_by_role("combobox", name="Count opens")).to_have_value("No")
    await choose(page, "Count opens", "As the deployment does: yes")
    await choose(page, "Count clicks", "No")
    await save(page)
    assert (await stored(development, campaign))["tracking"] == {"opens": None, "clicks": False}
    await choose(page, "Channel", "SMS")
    await choose(page, "Count clicks", "As the deployment does: no")
    await save(page)
    assert (await stored(development, campaign))["tracking"] == {"opens": None, "clicks": None}
    await page.context.close()


async def test_pictures_of_the_library_are_inserted_and_seen_and_those_of_others_are_counted_and_not_fetched(
    development: Deployment, chromium: Browser
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    uploaded = await development.http.post(
        "/media",
        files={"file": ("harvest.png", picture.getvalue(), "image/png")},
        headers={"authorization": f"Bearer {development.token}"},
    )
    await until_ready(development, uploaded.json()["id"])
    campaign = await draft(development, "Pictured")
    seen = await opened(chromium)
    refused: dict[str, str | None] = {}
    seen.page.on("requestfailed", lambda request: refused.update({request.url: request.failure}))
    page = await open_signed_in(seen, development, f"/campaigns/{campaign}/edit")
    await page.get_by_label("HTML", exact=True).fill(FOREIGN)
    await page.get_by_role("button", name="Insert a picture").click()
    await page.get_by_role("button", name="Insert harvest.png").click()
    await expect(page.get_by_text("2 pictures lie on other servers")).to_be_visible()
    inserted = page.frame_locator("iframe").locator("img[src*='/media/public/']")
    await expect(inserted).to_have_js_property("naturalWidth", 40)
    # The browser tells of what the page's policy kept it from asking for.
    assert {refused[address] for address in elsewhere(seen, development)} <= {"csp"}
    await page.context.close()


async def test_an_audience_is_made_of_plain_words_without_leaving_what_is_written(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await draft(development, "In words")
    page = await open_signed_in(await opened(chromium), development, f"/campaigns/{campaign}/edit")
    await expect(page.get_by_role("combobox", name="Audience")).to_have_value("Who")
    await page.get_by_label("Subject", exact=True).fill("Not saved yet")
    await page.get_by_role("button", name="From plain words").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Who should it be?").fill("people with at least 3 visits")
    await dialog.get_by_role("button", name="Propose an audience").click()
    await expect(dialog.get_by_text("Understood", exact=True)).to_be_visible()
    await shuts_nobody_out(page)
    name = dialog.get_by_label("Name", exact=True)
    await expect(name).to_have_value("people with at least 3 visits")
    await name.fill("Come often")
    await dialog.get_by_role("button", name="Save and use it").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("combobox", name="Audience")).to_have_value("Come often")
    await expect(page.get_by_label("Subject", exact=True)).to_have_value("Not saved yet")
    await save(page)
    rule = {"where": {"field": "visitCount", "operator": "GTE", "value": 3}}
    found = await stored(development, campaign)
    assert found["audience"] == {"name": "Come often", "rule": rule}
    assert found["message"]["subject"] == "Not saved yet"
    await page.context.close()


async def test_messages_are_compared_and_what_is_not_saved_is_not_left_unasked(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await draft(development, "Compared")
    page = await open_signed_in(await opened(chromium), development, f"/campaigns/{campaign}/edit")
    await page.get_by_role("button", name="Compare with another message").click()
    await page.get_by_label("Subject", exact=True).fill("The other")
    await page.get_by_label("Name of message 2").fill("other")
    await page.get_by_label("Weight").last.fill("3")
    await page.get_by_label("Held out").fill("10")
    await expect(page.get_by_text("67.5%")).to_be_visible()
    await page.get_by_role("link", name="To the campaign").click()
    await page.get_by_role("button", name="Stay here").click()
    await expect(page.get_by_label("Subject", exact=True)).to_have_value("The other")
    await save(page)
    found = await stored(development, campaign)
    assert found["variants"] == [{"key": "a", "weight": 1}, {"key": "other", "weight": 3}]
    assert found["holdout"] == 0.1
    await page.get_by_role("link", name="To the campaign").click()
    await expect(page).to_have_url(f"{development.url}/campaigns/{campaign}")
    await page.context.close()


async def test_a_launch_is_set_by_the_clocks_of_a_zone_and_taken_back_to_edit(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await draft(development, "Planned")
    page = await open_signed_in(await opened(chromium), development, f"/campaigns/{campaign}/edit")
    await page.get_by_role("button", name="Launch or schedule").click()
    await page.get_by_text("Later", exact=True).click()
    await page.get_by_label("Day", exact=True).fill("01.07.2035")
    await page.get_by_label("Time", exact=True).fill("09:30")
    zone = page.get_by_role("combobox", name="Time zone")
    await zone.fill("Europe/Oslo")
    await page.get_by_role("option", name="Europe/Oslo").click()
    await page.get_by_role("button", name="Schedule", exact=True).click()
    await expect(page.get_by_text("Scheduled", exact=True)).to_be_visible()
    assert (await stored(development, campaign))["scheduledAt"] == "2035-07-01T07:30:00Z"
    await page.get_by_role("button", name="Take the schedule back").click()
    await page.get_by_role("link", name="Edit").click()
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Planned")
    await page.context.close()


async def test_a_draft_is_deleted_out_of_the_list_and_who_may_only_read_writes_nothing(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await draft(development, "Needless")
    page = await open_signed_in(await opened(chromium), development, "/campaigns")
    await page.get_by_role("button", name="Delete Needless").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("link", name="Needless")).to_have_count(0)
    assert (await development.graphql(STORED, {"id": campaign}))["campaign"] is None
    await page.context.close()

    other = await draft(development, "Read only")
    reading = (await opened(chromium)).page
    token = development.mint(Role.VIEWER)
    await reading.goto(f"{development.url}/campaigns/{other}/edit#token={token}")
    await expect(reading.get_by_text("Your role may read this campaign")).to_be_visible()
    await expect(reading.get_by_role("textbox")).to_have_count(0)
    await reading.goto(f"{development.url}/campaigns")
    await expect(reading.get_by_role("link", name="Read only")).to_be_visible()
    await expect(reading.get_by_role("button", name="New campaign")).to_have_count(0)
    await reading.context.close()


@pytest.mark.parametrize(("width", "scheme"), EXTREMES)
async def test_the_windows_of_a_launch_shut_nobody_out(
    development: Deployment, chromium: Browser, width: int, scheme: str
) -> None:
    campaign = await draft(development, "Looked at", message={"subject": "Hi", "html": HTML})
    page = await open_signed_in(
        await opened(chromium, width, scheme), development, f"/campaigns/{campaign}/edit"
    )
    await page.get_by_role("button", name="Launch or schedule").click()
    await page.get_by_text("Later", exact=True).click()
    await shuts_nobody_out(page)
    await page.context.close()
