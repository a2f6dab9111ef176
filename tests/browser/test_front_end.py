"""The first minute of docs/front-end.md in a real browser: a page on another port signs in and watches."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from crm_graphql.local.mongod import Mongod, free_port
from tests.accounts.doors import PASSWORD
from tests.accounts.test_live import person
from tests.clients.scripts import need_node
from tests.flows.campaigns import LAUNCH, launch_to, make_customers
from tests.servers.deployment import Deployment
from tests.servers.sent_campaign import EVERYBODY

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/front-end"
VITE = ROOT / "graphiql/node_modules/vite/bin/vite.js"
START_SECONDS = 30
RECIPIENTS = 3


@pytest.fixture(scope="module")
async def development(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product as `crm dev` starts it, with a few customers."""
    folder = tmp_path_factory.mktemp("front-end")
    always_delivered = {"receipt_delay_ms": 20, "failed_share": 0.0, "seed": 1}
    opened = Deployment(
        folder, mongod, None, simulator_options=always_delivered, settings={"development": True}
    )
    try:
        await opened.start()
        await make_customers(opened, RECIPIENTS, frequent_share=0, without_email=0, prefix="seen")
        yield opened
    finally:
        await opened.close()


@contextmanager
def served_by_vite(folder: Path, **environment: str) -> Iterator[int]:
    """The page's files on a port of their own, as `npx vite` serves them; the port."""
    need_node()
    if not VITE.is_file():
        pytest.skip("Vite is not installed: install Node 20.19 or later and run make setup")
    site = folder / "page"
    shutil.copytree(PAGE, site, ignore=shutil.ignore_patterns("*.ts"))
    (site / "node_modules").mkdir()
    (site / "node_modules/graphql-ws").symlink_to(ROOT / "tests/clients/node_modules/graphql-ws")
    port = free_port()
    process = subprocess.Popen(
        ["node", str(VITE), "--port", str(port), "--strictPort", "--host", "127.0.0.1"],
        cwd=site,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        process.kill()
        process.wait()


async def opened(browser: Browser, url: str) -> Page:
    """The page in a profile of its own, once its server is there."""
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(START_SECONDS):
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    break
            except httpx.HTTPError:
                await asyncio.sleep(0.1)
    page = await (await browser.new_context()).new_page()
    await page.goto(url)
    return page


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """What a person types."""
    await page.get_by_placeholder("Email").fill(email)
    await page.get_by_placeholder("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("way", ["cors", "proxy"])
async def test_a_page_on_another_port_signs_in_asks_watches_and_stays_signed_in(
    development: Deployment, chromium: Browser, tmp_path: Path, way: str
) -> None:
    campaign = await launch_to(development, EVERYBODY, launch=False)
    email = (await person(development)).email
    crm = development.url.replace("127.0.0.1", "localhost")
    environment = {"VITE_CRM_URL": crm} if way == "cors" else {"CRM_URL": development.url}
    with served_by_vite(tmp_path, **environment) as port:
        page = await opened(chromium, f"http://localhost:{port}/")
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        await sign_in(page, email, "wrong password here")
        await expect(page.get_by_role("alert")).to_contain_text("password")
        await sign_in(page, email)
        await expect(page.locator("#viewer")).to_have_text(f"{email}, VIEWER")
        await expect(page.locator("#campaign")).to_contain_text("DRAFT")
        await development.mutate(LAUNCH, {"id": campaign})
        await expect(page.locator("#campaign")).to_contain_text(
            f"COMPLETED, {RECIPIENTS} of {RECIPIENTS} delivered"
        )
        # The cookie holds over a reload, and no script sees it.
        assert await page.evaluate("document.cookie") == ""
        await page.reload()
        await expect(page.locator("#viewer")).to_have_text(f"{email}, VIEWER")
        own = f"localhost:{port}" if way == "proxy" else crm.removeprefix("http://")
        assert {address for address in sockets if "/graphql" in address} == {f"ws://{own}/graphql"}
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_placeholder("Email")).to_be_visible()
        await page.context.close()


async def test_a_page_that_names_this_machine_otherwise_is_told_why_its_cookie_does_not_work(
    development: Deployment, chromium: Browser, tmp_path: Path
) -> None:
    email = (await person(development)).email
    with served_by_vite(tmp_path, VITE_CRM_URL=development.url) as port:
        page = await opened(chromium, f"http://localhost:{port}/")
        await sign_in(page, email)
        await expect(page.get_by_role("alert")).to_contain_text("localhost and 127.0.0.1 are two sites")
        await page.context.close()


async def test_outside_development_a_page_that_nobody_named_reads_nothing_and_the_log_says_why(
    served: Deployment, chromium: Browser, tmp_path: Path
) -> None:
    crm = served.url.replace("127.0.0.1", "localhost")
    with served_by_vite(tmp_path, VITE_CRM_URL=crm) as port:
        origin = f"http://localhost:{port}"
        page = await opened(chromium, f"{origin}/")
        await expect(page.get_by_role("alert")).to_have_text("The server cannot be reached.")
        closed = await page.evaluate(
            """(url) => new Promise((resolve) => {
              const socket = new WebSocket(url, "graphql-transport-ws");
              socket.onclose = ({ code }) => resolve(code);
            })""",
            crm.replace("http", "ws", 1) + "/graphql",
        )
        await page.context.close()
    assert closed == 1006
    log = served.apis[0].log()
    for what in ("read answers", "open a websocket"):
        assert re.search(rf'"origin": ?"{origin}".*{what}|{what}.*"origin": ?"{origin}"', log), log[-2_000:]
    assert f"Add {origin} to CRM_ALLOWED_ORIGINS" in log
