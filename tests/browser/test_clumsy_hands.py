"""The dashboard under hands that press twice, type what is none, and come by addresses that were cut."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from crm_graphql.local.mongod import Mongod
from tests.accounts.test_live import login, payload_of
from tests.browser.screens import AT_REST, AXE, choose, open_signed_in, opened
from tests.browser.test_accounts_screens import open_as, sign_in
from tests.flows.campaigns import AUDIENCE, CREATE, LAUNCH, make_customers, watch_until_completed
from tests.servers.deployment import Deployment
from tests.servers.sent_campaign import EVERYBODY

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

OTHERS = "mutation { sessionsRevokeOthers { revokedIds errors { message } } }"
PRESSED_THRICE = """() => {
  for (let time = 0; time < 3; time += 1)
    document.activeElement.dispatchEvent(
      new KeyboardEvent('keydown', { key: 's', code: 'KeyS', ctrlKey: true, bubbles: true }));
}"""
CONTRAST = """async (element) => {
  const { violations } = await axe.run(element, { runOnly: ['color-contrast'] });
  return violations.map(({ nodes }) => nodes[0].any[0].message);
}"""


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it, with a few customers in one audience, "Who"."""
    receipts = {"receipt_delay_ms": 20, "failed_share": 0.0, "seed": 1}
    folder = tmp_path_factory.mktemp("clumsy")
    made = Deployment(folder, mongod, None, simulator_options=receipts, settings={"development": True})
    try:
        await made.start()
        await make_customers(made, 8, frequent_share=0, without_email=0, prefix="clumsy")
        await made.mutate(AUDIENCE, {"name": "Who", "rule": EVERYBODY})
        yield made
    finally:
        await made.close()


async def draft(shop: Deployment, name: str) -> str:
    """A new draft to everybody; its id."""
    found = await shop.graphql("{ audiences(first: 1) { nodes { id } } }")
    message = {"subject": "Hi", "body": "Hi {{ customer.name }}"}
    audience = found["audiences"]["nodes"][0]["id"]
    given = {"name": name, "audienceId": audience, "channel": "EMAIL", "message": message}
    return str((await shop.mutate(CREATE, {"input": given}))["campaign"]["id"])


async def open_in(
    chromium: Browser, shop: Deployment, path: str, locale: str, width: int = 1440
) -> tuple[Page, list[str]]:
    """The address as a reader elsewhere sees it, and the errors that its page logs."""
    context = await chromium.new_context(locale=locale, viewport={"width": width, "height": 900})
    context.set_default_timeout(20_000)
    page, errors = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{shop.url}{path}#token={shop.token}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page, errors


async def test_a_campaign_is_made_where_the_page_came_without_encryption(
    shop: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    # What a browser leaves out of pages of plain HTTP that are not this machine's own.
    await seen.page.add_init_script("delete Crypto.prototype.randomUUID")
    page = await open_signed_in(seen, shop, "/campaigns")
    await page.get_by_role("button", name="New campaign").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("In the clear")
    await choose(page, "Audience", "Who", exact=False)
    await page.get_by_role("button", name="Write it").dblclick()
    await expect(page.get_by_role("heading", level=1)).to_have_text("In the clear")
    assert seen.errors == []
    await page.context.close()


async def test_what_no_screen_knows_is_dropped_from_an_address(shop: Deployment, chromium: Browser) -> None:
    campaign = await draft(shop, "Found by a cut address")
    await shop.mutate(LAUNCH, {"id": campaign})
    await watch_until_completed(shop, campaign)
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop, "/campaigns?status=NOPE")
    await expect(page.get_by_role("link", name="Found by a cut address")).to_be_visible()
    await expect(page).to_have_url(f"{shop.url}/campaigns")
    await page.goto(f"{shop.url}/reports?topic=nope&by=NOPE&who=ann%40shop.example")
    await expect(page.get_by_text("Last 12 months").or_(page.get_by_label("Period")).first).to_be_visible()
    await expect(page).to_have_url(f"{shop.url}/reports")
    await page.goto(f"{shop.url}/campaigns/{campaign}?status=NOPE&delivery=cut")
    await expect(page.get_by_role("dialog").get_by_text("There is no such delivery.")).to_be_visible()
    assert seen.errors == []
    await page.context.close()


async def test_a_period_that_ends_before_it_begins_is_told(shop: Deployment, chromium: Browser) -> None:
    page = await open_signed_in(
        await opened(chromium), shop, "/reports?period=own&from=2026-05-01&until=2026-01-01"
    )
    await expect(page.get_by_text("The last day lies before the first.")).to_be_visible()
    for day in ("0002-05-01", "9999-12-31"):
        await page.get_by_label("Until").fill("2026-06-01" if day < "1" else day)
        await page.get_by_label("From").fill(day if day < "1" else "2026-05-01")
        await expect(page.get_by_text("Choose the first and the last day.")).to_be_visible()
    await page.context.close()


async def test_a_comparison_that_cannot_be_read_is_told_and_read_again(
    shop: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, shop, "/reports?topic=customers")
    await expect(page.get_by_role("table")).to_be_visible()

    async def refuse(route: Route) -> None:
        body: Any = route.request.post_data_json
        if body.get("operationName") == "Report":
            await route.fulfill(json={"errors": [{"message": "No."}]})
        else:
            await route.continue_()

    await page.route("**/graphql", refuse)
    await page.get_by_label("Compare with the period before").click()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()
    await page.unroute("**/graphql")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("columnheader", name="Customers, period before")).to_be_visible()
    await page.context.close()


async def test_what_is_pressed_twice_is_done_once(shop: Deployment, chromium: Browser) -> None:
    campaign = await draft(shop, "Pressed twice")
    page = await open_signed_in(await opened(chromium), shop, f"/campaigns/{campaign}/edit")
    await page.get_by_label("Subject", exact=True).fill("Held down")
    await page.evaluate(PRESSED_THRICE)
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    await page.wait_for_load_state("networkidle")
    await expect(page.get_by_role("alert")).to_have_count(0)
    await page.get_by_role("link", name="To the campaign").click()
    await page.get_by_role("button", name="Launch", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Launch").dblclick()
    await expect(page.get_by_text("Completed", exact=True)).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)
    await page.context.close()


async def test_days_and_shares_are_typed_as_they_are_written_where_one_is(
    shop: Deployment, chromium: Browser
) -> None:
    campaign = await draft(shop, "Typed")
    page, errors = await open_in(chromium, shop, f"/campaigns/{campaign}/edit", "nb-NO")
    share = page.get_by_label("Holdt utenfor")
    await share.fill("2,5")
    await share.press("Tab")
    await expect(share).to_have_value("2,5 %")
    await page.get_by_label("Ikke etter").click()
    calendar = page.get_by_role("dialog", name="Ikke etter")
    await expect(calendar.get_by_role("columnheader", name="ma", exact=True)).to_be_visible()
    assert errors == []
    await page.context.close()

    page, _ = await open_in(chromium, shop, f"/campaigns/{campaign}/edit", "en-US")
    await page.get_by_role("button", name="Launch or schedule").click()
    await page.get_by_text("Later", exact=True).click()
    day = page.get_by_role("textbox", name="Day", exact=True)
    for typed, read in (
        ("3/14/2035", "03/14/2035"),
        ("14/3/2035", "03/14/2035"),
        ("2/31/2035", "03/14/2035"),
    ):
        await day.fill(typed)
        await day.press("Tab")
        await expect(day).to_have_value(read)
    await day.click()
    await expect(page.get_by_role("dialog", name="Day")).to_be_visible()
    await page.context.close()


async def test_lists_and_figures_have_room_at_every_width(shop: Deployment, chromium: Browser) -> None:
    for path in ("/audiences", "/campaigns"):
        await draft(shop, "Room")
        page, _ = await open_in(chromium, shop, path, "nb-NO", 768)
        for width in (768, 1000, 1250, 1440):
            await page.set_viewport_size({"width": width, "height": 900})
            name = page.locator("tbody td").first
            await expect(name).to_be_visible()
            await page.evaluate(AT_REST)
            box = await name.bounding_box()
            assert box is not None
            assert box["width"] >= 160, (path, width)
        await page.context.close()
    page, _ = await open_in(chromium, shop, f"/campaigns/{await draft(shop, 'Aged')}", "nb-NO")
    await expect(page.get_by_text("Oppdatert for")).to_contain_text("siden")
    await page.context.close()


async def test_what_lies_under_the_pointer_can_be_read(shop: Deployment, chromium: Browser) -> None:
    campaign = await draft(shop, "Hovered")
    await shop.mutate(LAUNCH, {"id": campaign})
    await watch_until_completed(shop, campaign)
    for scheme in ("light", "dark"):
        page = await open_signed_in(await opened(chromium, 1440, scheme), shop, f"/campaigns/{campaign}")
        await page.evaluate(AXE.read_text())
        rows = page.get_by_role("table", name="Deliveries").get_by_role("button")
        for hovered in (page.get_by_role("link", name="Campaigns", exact=True), rows.first):
            await hovered.hover()
            await page.evaluate(AT_REST)
            assert await hovered.evaluate(CONTRAST) == [], scheme
        await page.context.close()


async def test_a_session_that_ends_takes_nothing_that_is_written(shop: Deployment, chromium: Browser) -> None:
    campaign = await draft(shop, "Kept over the end")
    seen, email = await open_as(chromium, shop, "MARKETER", f"/campaigns/{campaign}/edit")
    page = seen.page
    await page.get_by_label("Subject", exact=True).fill("Precious")
    await payload_of(shop, OTHERS, {}, await login(shop, email))
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("You are no longer signed in.")).to_be_visible()
    async with page.context.expect_page() as opening:
        await page.get_by_role("link", name="Keep this page, sign in in a new tab").click()
    other = await opening.value
    await sign_in(other, email)
    await expect(other.get_by_role("heading", level=1)).to_have_text("Home")
    await page.bring_to_front()
    await expect(page.get_by_label("Subject", exact=True)).to_have_value("Precious")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    await expect(page.get_by_text("You are no longer signed in.")).to_have_count(0)
    await page.context.close()
