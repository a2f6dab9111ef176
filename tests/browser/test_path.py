"""The whole path by keyboard alone: sign in, import, audience, campaign, live page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from crm_graphql.local.mongod import Mongod
from tests.accounts.doors import PASSWORD
from tests.accounts.test_live import person
from tests.browser.screens import elsewhere, name_field, opened
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

PEOPLE = """customer_id,name,email,visits
p1,Ida Nordby,ida@example.com,12
p2,Ola Vik,ola@example.com,11
p3,Kari Lund,kari@example.com,2
"""
STOPS_AT_MOST = 150
# Some fields are drawn by what they stand in.
LOOKS = """element => [element, element.parentElement].map((drawn) => {
  const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(drawn);
  return [outline, boxShadow, borderColor, backgroundColor].join();
}).join()"""


@pytest.fixture(scope="module")
async def development(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it, without data."""
    folder = tmp_path_factory.mktemp("path")
    receipts = {"receipt_delay_ms": 20, "failed_share": 0.0, "seed": 1}
    made = Deployment(folder, mongod, None, simulator_options=receipts, settings={"development": True})
    try:
        await made.start()
        yield made
    finally:
        await made.close()


async def to(page: Page, target: Locator) -> None:
    """Go on by Tab until the target has the focus, and see that it has it."""
    await expect(target).to_be_visible()
    await expect(target).to_be_enabled()
    is_there = "element => element === document.activeElement"
    if not await target.evaluate(is_there):
        before = await target.evaluate(LOOKS)
        for _ in range(STOPS_AT_MOST):
            await page.keyboard.press("Tab")
            if await target.evaluate(is_there):
                break
        else:
            raise AssertionError(f"{target} is not reached by Tab")
        await expect(target).to_be_in_viewport()
        # Borders slide into their colour.
        await page.wait_for_timeout(200)
        assert await target.evaluate(LOOKS) != before, f"the focus is not seen on {target}"


async def press(page: Page, target: Locator) -> None:
    """Go there and press Enter."""
    await to(page, target)
    await page.keyboard.press("Enter")


async def write(page: Page, target: Locator, text: str) -> None:
    """Go there and type."""
    await to(page, target)
    await page.keyboard.type(text)


async def title(page: Page, text: str) -> None:
    """Return when the screen has this title."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)


async def sign_in(page: Page, email: str) -> None:
    await write(page, page.get_by_label("E-mail"), email)
    await write(page, page.get_by_role("textbox", name="Password"), PASSWORD)
    await page.keyboard.press("Enter")
    await title(page, "Home")


async def bring_in(page: Page) -> None:
    await press(page, page.get_by_role("link", name="Import a file"))
    async with page.expect_file_chooser() as chooser:
        await press(page, page.get_by_role("button", name="Choose a file"))
    file = FilePayload(name="people.csv", mimeType="text/csv", buffer=PEOPLE.encode())
    await (await chooser.value).set_files(file)
    await press(page, page.get_by_role("button", name="Start the import"))
    await title(page, "people.csv")
    await expect(page.get_by_text("Completed", exact=True)).to_be_visible()


async def choose_people(page: Page) -> None:
    await press(page, page.get_by_role("link", name="Choose an audience"))
    await title(page, "Audiences")
    await press(page, page.get_by_role("link", name="New audience").first)
    await write(page, page.get_by_label("Name"), "Frequent ones")
    await press(page, page.get_by_role("button", name="Add a condition"))
    await name_field(page, "Visits")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.type("10")
    await expect(page.get_by_test_id("reach")).to_contain_text("2 people")
    await press(page, page.get_by_role("button", name="Save", exact=True))
    await title(page, "Frequent ones")


async def send(page: Page) -> None:
    await press(page, page.get_by_role("link", name="Campaigns", exact=True).first)
    await title(page, "Campaigns")
    await press(page, page.get_by_role("button", name="New campaign").first)
    await write(page, page.get_by_label("Name"), "Thank you")
    await to(page, page.get_by_role("combobox", name="Audience"))
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option", name="Frequent ones")).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await press(page, page.get_by_role("button", name="Write it"))
    await title(page, "Thank you")
    await write(page, page.get_by_label("Subject", exact=True), "Thank you")
    await write(page, page.get_by_label("HTML", exact=True), "<p>Your next order ships free.</p>")
    await press(page, page.get_by_role("button", name="Save", exact=True))
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    await press(page, page.get_by_role("button", name="Launch or schedule"))
    await press(page, page.get_by_role("button", name="Launch to 2 people now"))


async def test_somebody_with_a_keyboard_alone_gets_from_signing_in_to_a_campaign_on_its_way(
    development: Deployment, chromium: Browser
) -> None:
    email = (await person(development, "ADMIN")).email
    seen = await opened(chromium)
    page = seen.page
    await page.goto(development.url)
    await sign_in(page, email)
    await bring_in(page)
    await choose_people(page)
    await send(page)
    await expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    await expect(page.get_by_role("table", name="Deliveries").get_by_text("Delivered").first).to_be_visible()
    assert [error for error in seen.errors if "sandbox" not in error] == []
    assert elsewhere(seen, development) == []
    await page.context.close()
