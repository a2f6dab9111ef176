"""The first screen in a real browser: the first steps, what moves, and what a role that only imports sees."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from crm_graphql.core.actor import Role
from crm_graphql.local.mongod import Mongod
from tests.browser.screens import EXTREMES, open_signed_in, opened, shuts_nobody_out
from tests.flows.campaigns import LAUNCH, launch_to, make_customers
from tests.servers.deployment import Deployment
from tests.servers.sent_campaign import EVERYBODY

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
async def development(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it, without data."""
    folder = tmp_path_factory.mktemp("home")
    receipts = {"receipt_delay_ms": 20, "failed_share": 0.0, "seed": 1}
    made = Deployment(folder, mongod, None, simulator_options=receipts, settings={"development": True})
    try:
        await made.start()
        yield made
    finally:
        await made.close()


async def test_the_steps_to_a_campaign_are_shown_until_they_are_done_and_the_campaign_moves(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development)
    steps = page.locator("section").filter(has_text="Three steps")
    await expect(steps.get_by_role("listitem")).to_have_count(3)
    await expect(page.get_by_text("Being sent now")).to_have_count(0)
    await make_customers(development, 30, frequent_share=0, without_email=0, prefix="home")
    campaign = await launch_to(development, EVERYBODY, launch=False)
    await page.reload()
    await expect(page.get_by_text("Nothing is being sent.")).to_be_visible()
    await expect(steps).to_have_count(0)

    await development.mutate(LAUNCH, {"id": campaign})
    moving = page.locator("section").filter(has_text="Being sent now")
    await expect(moving.get_by_role("link", name="News")).to_be_visible()
    await expect(moving.get_by_text("Completed", exact=True)).to_be_visible()
    await expect(moving.get_by_text("30 / 30")).to_be_visible()
    last = page.locator("section").filter(has_text="Last campaigns")
    await expect(last.get_by_text("30 / 30")).to_be_visible()
    await moving.get_by_role("button", name="Pause updates").click()
    await expect(moving.get_by_text("Updates are paused")).to_be_visible()
    assert seen.errors == []
    await page.context.close()


async def test_who_only_brings_data_in_is_led_to_imports_alone(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = seen.page
    await page.goto(f"{development.url}/#token={development.mint(Role.INGESTOR)}")
    await expect(page.get_by_text("Your role brings data in.")).to_be_visible()
    places = page.get_by_role("navigation", name="Menu")
    await expect(places.get_by_role("link", name="Imports")).to_be_visible()
    await expect(places.get_by_role("link", name="Customers")).to_have_count(0)
    await expect(places.get_by_role("link", name="Settings")).to_have_count(0)
    await page.context.close()


@pytest.mark.parametrize(("width", "scheme"), EXTREMES)
async def test_the_account_menu_shuts_nobody_out(
    development: Deployment, chromium: Browser, width: int, scheme: str
) -> None:
    page = await open_signed_in(await opened(chromium, width, scheme), development)
    await page.get_by_role("button", name="Account menu").press("Enter")
    await expect(page.get_by_role("dialog", name="Account menu")).to_be_visible()
    await shuts_nobody_out(page)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Account menu")).to_be_focused()
    await page.context.close()
