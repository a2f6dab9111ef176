"""Pictures of the dashboard: each screen in light and dark, and a campaign being delivered.

A real deployment with made-up data is started for it and ended after it: `make pictures`.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from crm_graphql.local.demo_data import DemoData
from crm_graphql.local.mongod import Mongod
from crm_graphql.server.transports.dashboard import FILES
from tests.browser.conftest import FLAGS
from tests.browser.every_screen import SCREENS, Shop, furnish, sending
from tests.servers.deployment import Deployment

OUT = Path(__file__).parents[2] / "docs/pictures"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SIZE = ViewportSize(width=1440, height=900)
CUSTOMERS, ORDERS, LOOKED_AT = 4_000, 20_000, 220
RATE = 45
"""Messages a second of the campaign that is watched: it is to take about ten seconds."""
FRAME_SECONDS = 0.35
FRAMES_AT_MOST = 60
SHOWN_FOR_MS, LAST_SHOWN_FOR_MS = 300, 3_000
SETTLED_MS = 700
COLOURS = 256


@asynccontextmanager
async def shop_at_work(folder: Path) -> AsyncIterator[tuple[Deployment, Shop]]:
    """The product with a shop's data."""
    mongod = Mongod(folder, cache_gb=1.0)
    mongod.start()
    receipts = {"receipt_delay_ms": 300, "failed_share": 0.04, "seed": 1}
    deployment = Deployment(folder, mongod, None, simulator_options=receipts, settings={"development": True})
    try:
        await deployment.start()
        people = DemoData(datetime.now(UTC).date(), customers=CUSTOMERS, orders=ORDERS)
        yield deployment, await furnish(deployment, people, looked_at=LOOKED_AT)
    finally:
        await deployment.close()
        mongod.stop()


async def page_of(browser: Browser, scheme: Literal["light", "dark"]) -> Page:
    """An empty page of a reader of English, in a profile of its own."""
    context = await browser.new_context(
        viewport=SIZE, color_scheme=scheme, locale="en-GB", timezone_id="Europe/Oslo"
    )
    return await context.new_page()


async def settled(page: Page) -> None:
    """Return when everything is there and nothing slides any more."""
    await expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
    await expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=30_000)
    await page.evaluate("document.fonts.ready")
    await page.wait_for_timeout(SETTLED_MS)


async def still(page: Page, name: str, scheme: str) -> None:
    """One picture, in as few colours as it needs."""
    shot = Image.open(io.BytesIO(await page.screenshot()))
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        OUT / f"{name}-{scheme}.png", optimize=True
    )


async def every_screen(browser: Browser, deployment: Deployment, shop: Shop) -> None:
    """The sign-in page, and then each screen, while a slow campaign is on its way."""
    slow = await sending(deployment, shop.audience, "Thank you, regulars", ratePerSecond=2)
    for scheme in SCHEMES:
        page = await page_of(browser, scheme)
        await page.goto(deployment.url)
        await settled(page)
        await still(page, "sign-in", scheme)
        await page.goto(f"{deployment.url}/#token={shop.token}")
        await page.reload()
        for name in SCREENS:
            await page.goto(f"{deployment.url}{shop.path(name)}")
            await settled(page)
            await still(page, name, scheme)
        await page.context.close()
    await deployment.graphql(
        "mutation ($id: ID!) { campaignCancel(input: {id: $id}) { errors { message } } }", {"id": slow}
    )


async def delivering(browser: Browser, deployment: Deployment, shop: Shop) -> None:
    """A campaign from its launch to its end, as the page shows it."""
    campaign = await sending(deployment, shop.audience, "Back in stock: Kochere", ratePerSecond=RATE)
    page = await page_of(browser, "light")
    await page.goto(f"{deployment.url}/campaigns/{campaign}#token={shop.token}")
    await settled(page)
    frames: list[Image.Image] = []
    ended = page.get_by_text("Completed", exact=True).first
    while len(frames) < FRAMES_AT_MOST:
        is_over = await ended.is_visible()
        shot = Image.open(io.BytesIO(await page.screenshot()))
        frames.append(shot.convert("RGB").resize((960, 600), Image.Resampling.LANCZOS))
        if is_over:
            break
        await asyncio.sleep(FRAME_SECONDS)
    await page.context.close()
    frames[0].save(
        OUT / "delivering.webp",
        save_all=True,
        append_images=frames[1:],
        duration=[SHOWN_FOR_MS] * (len(frames) - 1) + [LAST_SHOWN_FOR_MS],
        loop=0,
        quality=60,
        method=6,
    )


async def take() -> None:
    """Everything, into docs/pictures."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        sys.exit("Chromium is needed: run scripts/install_test_tools.sh")
    if not (FILES / "index.html").is_file():
        sys.exit("The dashboard is not built: install Node 20.19 or later and run make setup.")
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with shop_at_work(Path(folder)) as (deployment, shop), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
            await every_screen(browser, deployment, shop)
            await delivering(browser, deployment, shop)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(take())
