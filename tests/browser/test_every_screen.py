"""Every screen of the dashboard: quiet, open to everybody, translated, and known to strict servers."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bson import ObjectId
from playwright.async_api import Browser, Page, Request, expect

from crm_graphql.core.ids import decode_id, encode_id
from crm_graphql.local.demo_data import DemoData
from crm_graphql.local.mongod import Mongod
from crm_graphql.server.transports.dashboard import DOCUMENTS
from tests.browser.conftest import Seen
from tests.browser.every_screen import SCREENS, Shop, furnish
from tests.browser.screens import AT_REST, SIZES_AND_SCHEMES, elsewhere, opened, shuts_nobody_out
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

DASHBOARD = Path(__file__).parents[2] / "dashboard/src"
ROUTE = re.compile(r"path: '([^']+)',(?:(?!path:).)*?import\('\.\./screens/([^/']+)/page'\)", re.DOTALL)
ENTRY = re.compile(r"'([\w.-]+)':\s*(?:'((?:[^'\\]|\\.)*)'|\"([^\"]*)\")")
SHOWN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode.textContent.trim());
  return texts.filter(Boolean);
}"""
SQUEEZED = """() => [...document.querySelectorAll('main thead th')]
  .filter((cell) => cell.innerText.trim().length > 3 && getComputedStyle(cell).display !== 'none')
  .filter((cell) => cell.offsetWidth < 60 || cell.scrollWidth > cell.clientWidth + 1)
  .map((cell) => `${cell.innerText}: ${cell.offsetWidth}`)"""
"""Headings of columns that have no room for themselves: what stands below them has none either."""


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it."""
    folder = tmp_path_factory.mktemp("every-screen")
    made = Deployment(folder, mongod, None, settings={"development": True})
    try:
        await made.start()
        yield made
    finally:
        await made.close()


@pytest.fixture(scope="module")
async def shop(deployment: Deployment) -> Shop:
    """A small shop's data."""
    return await furnish(deployment, DemoData(datetime.now(UTC).date(), customers=40, orders=400))


def texts(language: str) -> dict[str, str]:
    """The catalogue, without the texts that have values in them."""
    whole = "".join(file.read_text() for file in (DASHBOARD / "texts" / language).glob("*.ts"))
    found = {key: single or double for key, single, double in ENTRY.findall(whole)}
    return {key: text.replace("\\'", "'") for key, text in found.items() if "{" not in text}


def test_the_list_of_screens_is_that_of_the_router() -> None:
    routes = {folder: path for path, folder in ROUTE.findall((DASHBOARD / "app/router.tsx").read_text())}
    # The first screen is part of the first script.
    assert {"home": "/", **routes} == dict(SCREENS)


class Looker(Seen):
    """Somebody signed in who goes from screen to screen; notes the documents that are sent too."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.documents: set[str] = set()
        page.on("request", self._posted)
        page.on("websocket", lambda socket: socket.on("framesent", self._note))

    def _posted(self, request: Request) -> None:
        if request.url.endswith("/graphql") and request.method == "POST":
            self._note(request.post_data)

    def _note(self, sent: str | bytes | None) -> None:
        body = json.loads(sent or "{}")
        query = body.get("query") or (body.get("payload") or {}).get("query")
        if query:
            self.documents.add(query)


@pytest.fixture(scope="module")
async def looker(deployment: Deployment, shop: Shop, chromium: Browser) -> AsyncIterator[Looker]:
    """A reader of English."""
    looker = Looker((await opened(chromium)).page)
    await looker.page.goto(f"{deployment.url}/#token={shop.token}")
    await drawn(looker.page)
    yield looker
    await looker.page.context.close()


async def shuts_nobody_out_anywhere(page: Page) -> None:
    """In each size and scheme: the page is drawn anew by what it is shown on, without being loaded again."""
    for width, scheme in SIZES_AND_SCHEMES:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        await shuts_nobody_out(page)


@pytest.mark.parametrize("path", ["/", "/set-password#code=old"])
async def test_pages_for_who_is_not_signed_in_shut_nobody_out(
    deployment: Deployment, chromium: Browser, path: str
) -> None:
    seen = await opened(chromium)
    await seen.page.goto(f"{deployment.url}{path}")
    await shuts_nobody_out_anywhere(seen.page)
    assert (seen.errors, elsewhere(seen, deployment)) == ([], [])
    await seen.page.context.close()


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_is_quiet_asks_its_own_server_what_is_listed_and_shuts_nobody_out(
    deployment: Deployment, shop: Shop, looker: Looker, name: str
) -> None:
    looker.errors.clear()
    answer = await looker.page.goto(f"{deployment.url}{shop.path(name)}")
    assert answer is not None
    assert re.search(r"script-src 'self'(;|$)", answer.headers["content-security-policy"])
    await shuts_nobody_out_anywhere(looker.page)
    assert (looker.errors, elsewhere(looker, deployment)) == ([], [])
    assert looker.documents
    assert looker.documents - set(json.loads(DOCUMENTS.read_text())) == set()


@pytest.mark.parametrize("width", [768, 992, 1200])
async def test_no_column_of_a_table_is_squeezed_between_narrow_and_wide(
    deployment: Deployment, shop: Shop, chromium: Browser, width: int
) -> None:
    seen = await opened(chromium, width)
    await seen.page.goto(f"{deployment.url}/#token={shop.token}")
    for path in map(shop.path, SCREENS):
        await seen.page.goto(f"{deployment.url}{path}")
        await drawn(seen.page)
        await seen.page.evaluate(AT_REST)
        assert await seen.page.evaluate(SQUEEZED) == [], path
        assert await seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    await seen.page.context.close()


async def test_what_is_not_there_is_said_to_be_so_with_the_way_to_what_is(
    deployment: Deployment, shop: Shop, looker: Looker
) -> None:
    page = looker.page
    for name, found in shop.ids.items():
        kind, _ = decode_id(found)
        another = shop.ids["customer" if kind == "Campaign" else "campaign"]
        for unknown in (encode_id(kind, ObjectId()), another, found[:-3], "any%20words"):
            await page.goto(deployment.url + SCREENS[name].replace("$id", unknown))
            await expect(page.get_by_text("There is no such")).to_be_visible()
            await expect(page.get_by_role("button", name="Try again")).to_have_count(0)
        await page.get_by_role("main").get_by_role("link", name=re.compile("^All ")).click()
        await page.wait_for_url(f"{deployment.url}/{SCREENS[name].split('/')[1]}")


async def test_no_screen_speaks_english_to_a_reader_of_norwegian(
    deployment: Deployment, shop: Shop, chromium: Browser
) -> None:
    english, norwegian = texts("en"), texts("nb")
    foreign = {text for key, text in english.items() if norwegian.get(key, text) != text}
    foreign -= set(norwegian.values())
    seen = await opened(chromium)
    await seen.page.add_init_script("localStorage.setItem('language', 'nb')")
    await seen.page.goto(f"{deployment.url}/#token={shop.token}")
    for path in (*map(shop.path, SCREENS), "/set-password", "/set-password#code=old"):
        await seen.page.goto(f"{deployment.url}{path}")
        await drawn(seen.page)
        shown = set(await seen.page.evaluate(SHOWN))
        assert shown & foreign == set(), path
    await seen.page.context.close()


async def drawn(page: Page) -> None:
    """Return when the screen shows what it has."""
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
