"""The dashboard in a real browser: signs in, moves with a campaign, asks no other host, shuts nobody out."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, Route, WebSocketRoute, expect

from crm_graphql.core.actor import Role
from crm_graphql.local.mongod import Mongod
from tests.accounts.doors import PASSWORD
from tests.accounts.test_live import person
from tests.browser.screens import EXTREMES, elsewhere, open_signed_in, opened, shuts_nobody_out
from tests.flows.campaigns import LAUNCH, launch_to, make_customers
from tests.servers.deployment import Deployment
from tests.servers.sent_campaign import EVERYBODY

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

RECIPIENTS = 40


@pytest.fixture(scope="module")
async def development(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it, with a few customers."""
    folder = tmp_path_factory.mktemp("dashboard")
    receipts = {"receipt_delay_ms": 20, "failed_share": 0.0, "seed": 1}
    opened = Deployment(folder, mongod, None, simulator_options=receipts, settings={"development": True})
    try:
        await opened.start()
        await make_customers(opened, RECIPIENTS, frequent_share=0, without_email=0, prefix="shown")
        yield opened
    finally:
        await opened.close()


async def test_a_person_signs_in_with_a_password_stays_so_over_a_reload_and_signs_out(
    development: Deployment, chromium: Browser
) -> None:
    email = (await person(development)).email
    seen = await opened(chromium)
    page = seen.page
    await page.goto(f"{development.url}/customers")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text(f"{RECIPIENTS} customers")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text(f"{RECIPIENTS} customers")).to_be_visible()
    assert await page.evaluate("document.cookie") == ""
    kept = await page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }])")
    assert "token" not in kept
    assert "eyJ" not in kept
    await page.get_by_role("button", name="Account menu").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await page.context.close()


async def test_a_search_finds_people_and_stays_out_of_the_address(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, "/customers")
    await page.get_by_role("searchbox").fill("shown.7@example.com")
    await expect(page.get_by_text("1 customer", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Total spend").click()
    await expect(page).to_have_url(f"{development.url}/customers?sort=-spend")
    await page.get_by_role("link", name="Person 7").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Person 7 <shown>")
    assert not any("example.com" in address or "token" in address for address in seen.addresses)
    await page.context.close()


async def test_a_campaigns_page_moves_to_its_end_with_every_delivery_and_without_errors(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await launch_to(development, EVERYBODY, launch=False)
    seen = await opened(chromium)
    page = await open_signed_in(seen, development, f"/campaigns/{campaign}")
    await expect(page.get_by_text("Draft", exact=True)).to_be_visible()
    await development.mutate(LAUNCH, {"id": campaign})
    await page.reload()
    await expect(page.get_by_text("Completed", exact=True).first).to_be_visible()
    table = page.get_by_role("table", name="Deliveries")
    await expect(table.get_by_text("Delivered").first).to_be_visible()
    await expect(table).to_have_attribute("aria-rowcount", str(RECIPIENTS + 1))
    assert seen.errors == []
    assert elsewhere(seen, development) == []
    await page.context.close()


async def test_a_server_away_for_a_moment_breaks_no_screen(
    development: Deployment, chromium: Browser
) -> None:
    campaign = await launch_to(development, EVERYBODY)
    seen = await opened(chromium)
    page = await open_signed_in(seen, development)
    left = Counter({"page": 2, "chart": 2, "deliveries": 2})

    async def away(route: Route, part: str, answer: Callable[[], Awaitable[None]]) -> None:
        left[part] -= 1
        await (answer() if left[part] < 0 else route.abort("connectionrefused"))

    async def script(route: Route) -> None:
        await away(route, "chart" if "chart" in route.request.url else "page", route.continue_)

    async def deliveries(route: Route) -> None:
        asked = '"operationName":"Deliveries"' in (route.request.post_data or "")
        await (away(route, "deliveries", route.continue_) if asked else route.continue_())

    await page.route(re.compile(r"/assets/(page|chart)-"), script)
    await page.route("**/graphql", deliveries)
    await page.route("**/health/live", lambda route: route.abort("connectionrefused"))
    await page.evaluate("path => { history.pushState(null, '', path) }", f"/campaigns/{campaign}")
    await expect(page.get_by_role("img", name="Over time")).to_be_visible()
    await expect(page.get_by_role("table", name="Deliveries").get_by_role("button").first).to_be_visible()
    assert max(left.values()) < 0, left
    await page.context.close()


async def test_a_screen_whose_script_is_gone_says_what_to_do(
    development: Deployment, chromium: Browser
) -> None:
    seen = await opened(chromium)
    page = await open_signed_in(seen, development)
    await page.route("**/assets/page-*", lambda route: route.fulfill(status=404))
    await page.get_by_role("link", name="Customers").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("This screen could not be shown")
    await shuts_nobody_out(page)
    await page.unroute_all()
    await page.get_by_role("button", name="Load the page again").click()
    await expect(page.get_by_text(f"{RECIPIENTS} customers")).to_be_visible()
    await page.context.close()


@pytest.mark.parametrize("code", [1011, 4500])
async def test_a_connection_that_fails_inside_the_server_comes_back(
    development: Deployment, chromium: Browser, code: int
) -> None:
    campaign = await launch_to(development, EVERYBODY)
    seen = await opened(chromium)
    page = seen.page
    connected: list[WebSocketRoute] = []

    def through(client: WebSocketRoute) -> None:
        connected.append(client)
        client.connect_to_server()

    await page.route_web_socket("**/graphql", through)
    await open_signed_in(seen, development, f"/campaigns/{campaign}")
    await expect(page.get_by_role("table", name="Deliveries").get_by_role("button").first).to_be_visible()
    await connected[0].close(code=code)
    async with asyncio.timeout(30):
        while len(connected) < 2:
            await asyncio.sleep(0.1)
    await expect(page.get_by_text("The live connection is lost.")).to_have_count(0)
    await expect(page.get_by_role("table", name="Deliveries")).to_be_visible()
    await page.context.close()


async def test_who_may_only_read_is_offered_no_change(development: Deployment, chromium: Browser) -> None:
    campaign = await launch_to(development, EVERYBODY, launch=False)
    seen = await opened(chromium)
    viewer = development.mint(Role.VIEWER)
    await seen.page.goto(f"{development.url}/campaigns/{campaign}#token={viewer}")
    await expect(seen.page.get_by_text("Draft", exact=True)).to_be_visible()
    await expect(seen.page.get_by_role("button", name="Launch")).to_have_count(0)
    await seen.page.context.close()


@pytest.mark.parametrize(("width", "scheme"), EXTREMES)
async def test_an_address_that_leads_nowhere_shuts_nobody_out(
    development: Deployment, chromium: Browser, width: int, scheme: str
) -> None:
    page = await open_signed_in(await opened(chromium, width, scheme), development, "/campaigns/a/b")
    await shuts_nobody_out(page)
    await page.context.close()
