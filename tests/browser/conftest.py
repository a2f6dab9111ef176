"""A real Chromium, and the product that it looks at."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from crm_graphql.local.mongod import Mongod
from crm_graphql.server.transports.explorer import FILES
from tests.servers.deployment import Deployment

# A machine that does much at once draws its pages late.
expect.set_options(timeout=20_000)

# The browser itself must stay quiet too: what it asks for is what the page asks for.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium, without a window."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("Chromium is not installed: run scripts/install_test_tools.sh")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product in one process, with a simulator, as `crm dev` starts it."""
    folder = tmp_path_factory.mktemp("browser")
    opened = Deployment(folder, mongod, None, settings={"development": True})
    try:
        await opened.start()
        yield opened
    finally:
        await opened.close()


# The explorer says so of every list in an input; it shows the rest of the operation all the same.
EXPLORER_ON_LISTS = "arg mismatch between arg and selection"


class Seen:
    """A page, and what happened in it: every address it asked for, every error it logged."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.addresses: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.addresses.append(request.url))
        page.on("websocket", lambda socket: self.addresses.append(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._logged)

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPLORER_ON_LISTS):
            self.errors.append(message.text)


@pytest.fixture
async def seen(chromium: Browser) -> AsyncIterator[Seen]:
    """A fresh page in a profile of its own."""
    if not (FILES / "index.html").is_file():
        pytest.skip("GraphiQL is not built: install Node 20.19 or later and run make setup")
    context = await chromium.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(20_000)
    yield Seen(await context.new_page())
    await context.close()
