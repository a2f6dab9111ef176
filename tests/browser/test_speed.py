"""How fast the dashboard is: in a flood of deliveries, at its first screen, after a lost connection."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from crm_graphql.local.mongod import Mongod, free_port
from tests.browser.screens import open_signed_in, opened
from tests.browser.tracing import Trace
from tests.servers.deployment import Deployment
from tests.servers.flood import CAMPAIGN
from tests.servers.sent_campaign import NO_RECEIPTS, RECIPIENTS, make_recipients, send_campaign

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("browser")]

RATE = 5_000
LONGEST_TASK_MS = 50
DRAWS_A_SECOND = 10
SETTLING_SECONDS = 4.0
WATCHED_SECONDS = 5.0
FIRST_SCRIPT_BYTES = 300 * 1024
FIRST_SCREEN_MS = 1_500
TRIES = 5
# What Chromium's developer tools call fast 4G, and a telephone's processor.
FAST_4G = {"offline": False, "latency": 165, "downloadThroughput": 1_012_500, "uploadThroughput": 168_750}
SLOWER = 4

COUNT_DRAWS = """() => {
  window.draws = 0;
  const rows = document.querySelector('[role=table][aria-label=Deliveries] [role=rowgroup]:last-of-type');
  new MutationObserver(() => { window.draws += 1; }).observe(rows, { childList: true });
}"""
KEEP_LARGEST = """new PerformanceObserver((list) => {
  window.largest = list.getEntries().at(-1).startTime;
}).observe({ type: 'largest-contentful-paint', buffered: true });"""
SCRIPT_BYTES = """performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js'))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""


@pytest.fixture(scope="module")
def flood() -> Iterator[str]:
    """The address of a server that moves 5,000 deliveries a second."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.flood", str(port), str(RATE)], cwd=Path(__file__).parents[2]
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


async def answers(address: str) -> None:
    """Return when the server does."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(300):
            try:
                await client.get(address)
            except httpx.HTTPError:
                await asyncio.sleep(0.2)
            else:
                return
    raise AssertionError("the server did not start")


async def test_five_thousand_deliveries_a_second_never_hold_the_page_up(
    flood: str, chromium: Browser
) -> None:
    await answers(flood)
    seen = await opened(chromium)
    page = seen.page
    await page.goto(f"{flood}/campaigns/{CAMPAIGN}#token=any")
    await expect(page.get_by_role("table", name="Deliveries").get_by_role("button").first).to_be_visible()
    await asyncio.sleep(SETTLING_SECONDS)
    await page.evaluate(COUNT_DRAWS)
    trace = Trace(page)
    await trace.start()
    await asyncio.sleep(WATCHED_SECONDS)
    draws = await page.evaluate("window.draws")
    tasks = await trace.stop()
    assert max(task.worked for task in tasks) < LONGEST_TASK_MS
    assert sum(task.worked for task in tasks) < 1000 * WATCHED_SECONDS / 2, "half the time is free"
    assert 0 < draws <= 1.2 * DRAWS_A_SECOND * WATCHED_SECONDS
    assert seen.errors == []
    await page.context.close()


async def first_screen(browser: Browser, address: str) -> tuple[float, int]:
    """The milliseconds to the largest paint of `/` over fast 4G on a slow processor, without those in which
    other processes had the main thread's; and the bytes of script."""
    seen = await opened(browser)
    page = seen.page
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", FAST_4G)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    await page.add_init_script(KEEP_LARGEST)
    trace = Trace(page)
    await trace.start()
    await page.goto(f"{address}/#token=any")
    await expect(page.get_by_role("heading", level=2).first).to_be_visible()
    await asyncio.sleep(1)
    tasks = await trace.stop()
    largest = float(await page.evaluate("window.largest"))
    lost = sum(task.took - task.worked for task in tasks if task.at < largest)
    script = int(await page.evaluate(SCRIPT_BYTES))
    await page.context.close()
    return largest - lost, script


async def test_the_first_screen_is_there_in_a_second_and_a_half_on_a_slow_line(
    flood: str, chromium: Browser
) -> None:
    await answers(flood)
    tries = []
    for _ in range(TRIES):
        tries.append(await first_screen(chromium, flood))
        if tries[-1][0] < FIRST_SCREEN_MS:
            break
    assert min(took for took, _ in tries) < FIRST_SCREEN_MS, tries
    assert max(script for _, script in tries) < FIRST_SCRIPT_BYTES


@pytest.fixture
async def watched(tmp_path: Path, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product with a vendor that takes messages and says nothing of them."""
    deployment = Deployment(
        tmp_path, mongod, None, simulator_options=NO_RECEIPTS, settings={"development": True}
    )
    try:
        await deployment.start()
        await make_recipients(deployment)
        yield deployment
    finally:
        await deployment.close()


async def test_a_lost_connection_is_told_and_nothing_of_the_time_without_it_is_missing(
    watched: Deployment, chromium: Browser
) -> None:
    campaign = await send_campaign(watched)
    seen = await opened(chromium)
    sent: list[str] = []
    seen.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page = await open_signed_in(seen, watched, f"/campaigns/{campaign.id}")
    table = page.get_by_role("table", name="Deliveries")
    lost = page.get_by_text("The live connection is lost.")
    await campaign.record(1)
    await expect(table.get_by_role("cell", name="Delivered", exact=True)).to_have_count(1)
    watched.apis[0].kill()
    await expect(lost).to_be_visible()
    watched.apis[0].start()
    await watched.wait_until_ready()
    await campaign.record(5)
    await expect(lost).to_have_count(0, timeout=40_000)
    await expect(table.get_by_role("cell", name="Delivered", exact=True)).to_have_count(6)
    await campaign.record(2)
    await expect(table.get_by_role("cell", name="Delivered", exact=True)).to_have_count(8)
    await expect(table).to_have_attribute("aria-rowcount", str(RECIPIENTS + 1))
    resumed = [frame for frame in sent if "deliveryUpdates" in frame and '"after":"' in frame]
    assert resumed, "it went on after its cursor"
    await page.context.close()
