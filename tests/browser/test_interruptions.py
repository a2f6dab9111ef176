"""What happens to screens while somebody is at them: sessions end, roles change, hands slip, files move."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from crm_graphql.core.actor import Role
from tests.accounts.test_live import Person, person, update
from tests.browser.conftest import Seen
from tests.browser.screens import AT_REST, open_signed_in, opened, shuts_nobody_out
from tests.browser.test_accounts_screens import sign_in
from tests.media.files import picture
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

OVER = "You are no longer signed in. What you see may be old, and nothing more is saved."
CLOSE = """mutation ($addresses: [String!]!) { suppressionsCreate(input: {
  channel: SMS, addresses: $addresses, reason: MANUAL}) { errors { message } } }"""
CREATE = """mutation { customerCreate(input: {name: "Ane Dahl"}) { customer { id } errors { message } } }"""
ATTACH = "mutation ($input: MediaAttachInput!) { mediaAttach(input: $input) { errors { message } } }"
FILES = "{ mediaFiles { nodes { id status } } }"
BETWEEN_CLICKS_MS = 150


async def signed_in(browser: Browser, deployment: Deployment, role: str, path: str) -> tuple[Seen, Person]:
    """The address, for somebody with this role who has signed in there; and who."""
    who = await person(deployment, role)
    seen = await opened(browser)
    await seen.page.goto(f"{deployment.url}{path}")
    await sign_in(seen.page, who.email)
    await expect(seen.page.get_by_role("button", name="Account menu")).to_be_visible()
    return seen, who


async def click_twice(page: Page, name: str) -> None:
    """As a hand does that clicks everything twice, wherever the second click falls."""
    button = page.get_by_role("dialog").get_by_role("button", name=name)
    await page.evaluate(AT_REST)
    box = await button.bounding_box()
    assert box is not None
    await page.mouse.click(
        box["x"] + box["width"] / 2,
        box["y"] + box["height"] / 2,
        click_count=2,
        delay=BETWEEN_CLICKS_MS,
    )


async def test_who_is_put_out_meanwhile_is_told_and_signs_in_where_they_were(
    deployment: Deployment, chromium: Browser
) -> None:
    seen, who = await signed_in(chromium, deployment, "MARKETER", "/customers")
    page = seen.page
    await expect(page.get_by_text("Updated ")).to_be_visible()
    await update(deployment, who, isActive=False)
    await expect(page.get_by_text(OVER)).to_be_visible()
    await expect(page.get_by_text("The live connection is lost")).to_have_count(0)
    for place in ("Imports", "Exports", "Suppressions"):
        await page.get_by_role("link", name=place).click()
        alert = page.get_by_role("alert")
        await expect(alert.get_by_text("You are no longer signed in. Sign in again.")).to_be_visible()
    await shuts_nobody_out(page)
    await update(deployment, who, isActive=True)
    await page.get_by_role("button", name="Sign in again").click()
    await sign_in(page, who.email)
    await expect(page.get_by_role("heading", name="Suppressions")).to_be_visible()
    await expect(page.get_by_text(OVER)).to_have_count(0)
    await page.context.close()


async def test_who_gets_another_role_meanwhile_is_offered_what_it_may_and_stays_connected(
    deployment: Deployment, chromium: Browser
) -> None:
    seen, who = await signed_in(chromium, deployment, "MARKETER", "/customers")
    page = seen.page
    await expect(page.get_by_role("button", name="New customer")).to_be_visible()
    await expect(page.get_by_text("Updated ")).to_be_visible()
    await update(deployment, who, role="VIEWER")
    await expect(page.get_by_role("button", name="New customer")).to_have_count(0)
    await expect(page.get_by_role("link", name="Exports")).to_have_count(0)
    await expect(page.get_by_text("The live connection is lost")).to_have_count(0)
    await expect(page.get_by_text(OVER)).to_have_count(0)
    await update(deployment, who, role="MARKETER")
    await expect(page.get_by_role("button", name="New customer")).to_be_visible()
    await expect(page.get_by_text("The live connection is lost")).to_have_count(0)
    await page.context.close()


@pytest.mark.parametrize(
    ("path", "opening", "field", "secret"),
    [
        ("/settings/keys", "New key", "Name", "Secret"),
        ("/settings/users", "Invite a user", "E-mail", "One-time link"),
    ],
)
async def test_a_second_click_does_not_take_a_secret_away_that_is_shown_once(
    deployment: Deployment, chromium: Browser, path: str, opening: str, field: str, secret: str
) -> None:
    page = await open_signed_in(await opened(chromium), deployment, path)
    await page.get_by_role("button", name=opening).click()
    await page.get_by_role("dialog").get_by_label(field).first.fill("twice@example.com")
    await click_twice(page, opening)
    await expect(page.get_by_label(secret)).to_be_visible()
    # It fell beside the smaller window, as this one does.
    await page.mouse.click(5, 5)
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_role("dialog").get_by_role("status").get_by_text("Copied")).to_be_attached()
    await expect(page.get_by_label(secret)).to_be_visible()
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.context.close()


async def test_who_takes_the_last_row_off_a_page_sees_the_first_page_again(
    deployment: Deployment, chromium: Browser
) -> None:
    addresses = [f"+47220001{number:02}" for number in range(26)]
    await deployment.mutate(CLOSE, {"addresses": addresses})
    page = await open_signed_in(await opened(chromium), deployment, "/suppressions?channel=SMS")
    await page.get_by_role("button", name="Next page").click()
    rows = page.get_by_role("row")
    await expect(rows).to_have_count(2)
    await rows.get_by_role("button").click()
    await page.get_by_role("dialog").get_by_role("button").last.click()
    await expect(rows).to_have_count(26)
    await expect(page.get_by_text("25 addresses")).to_be_visible()
    await page.context.close()


async def test_a_file_that_changed_since_it_was_chosen_is_said_to_have_changed(
    deployment: Deployment, chromium: Browser, tmp_path: Path
) -> None:
    page = await open_signed_in(await opened(chromium), deployment, "/imports/new")
    file = tmp_path / "people.csv"
    file.write_text("email,name\nida@example.com,Ida\n")
    await page.locator("input[type=file]").set_input_files(file)
    start = page.get_by_role("button", name="Start the import")
    await expect(start).to_be_enabled()
    file.write_text("email,name\nida@example.com,Ida\nola@example.com,Ola\n")
    os.utime(file, (2_000_000_000, 2_000_000_000))
    await start.click()
    await expect(page.get_by_text("The file has changed since it was chosen, or is gone.")).to_be_visible()
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Another file").click()
    await (await choosing.value).set_files(file)
    await expect(page.get_by_text("The file has changed")).to_have_count(0)
    await expect(start).to_be_enabled()
    await start.click()
    await page.wait_for_url(re.compile("/imports/(?!new)"))
    await page.context.close()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/suppressions?reason=NOPE&channel=SMS", "/suppressions?channel=SMS"),
        ("/customers?sort=nope&country=NO&tag=vip", "/customers?country=NO"),
        ("/library?kind=NOPE", "/library"),
        ("/imports/new?kind=NOPE", "/imports/new"),
    ],
)
async def test_what_no_screen_knows_is_taken_out_of_its_address(
    deployment: Deployment, chromium: Browser, path: str, kept: str
) -> None:
    page = await open_signed_in(await opened(chromium), deployment, path)
    await expect(page).to_have_url(f"{deployment.url}{kept}")
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    await expect(page.get_by_role("alert")).to_have_count(0)
    await page.context.close()


async def test_a_customers_picture_is_shown_by_whichever_name_the_page_is_opened(
    deployment: Deployment, chromium: Browser
) -> None:
    customer = (await deployment.mutate(CREATE, {}))["customer"]["id"]
    uploaded = await deployment.http.post(
        "/media",
        files={"file": ("garden.png", picture("PNG"), "image/png")},
        headers={"authorization": f"Bearer {deployment.mint(Role.ADMIN)}"},
    )
    file = uploaded.json()["id"]
    await deployment.mutate(ATTACH, {"input": {"id": file, "customer": {"id": customer}}})
    seen = await opened(chromium)
    here = deployment.url.replace("127.0.0.1", "localhost")
    await seen.page.goto(f"{here}/customers/{customer}#token={deployment.token}")
    await expect(seen.page.get_by_role("link", name="garden.png")).to_be_visible()
    shown = seen.page.locator("img[src*='/thumbnail']")
    await expect(shown).to_have_js_property("complete", True)
    assert await shown.evaluate("picture => picture.naturalWidth") > 0
    assert seen.errors == []
    await seen.page.context.close()
