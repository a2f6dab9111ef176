"""What tests of the dashboard's screens do alike: open them signed in, and let axe look at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from crm_graphql.server.transports.dashboard import FILES
from tests.browser.conftest import Seen
from tests.servers.deployment import Deployment

AXE = Path(__file__).parents[2] / "dashboard/node_modules/axe-core/axe.min.js"
RUN_AXE = """async () => {
  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await axe.run(document, { runOnly: rules });
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
}"""
AT_REST = """async () => {
  // What a change sets sliding begins with one of the next frames.
  for (let still = 0; still < 3; still += 1) {
    await new Promise(requestAnimationFrame);
    const sliding = document.getAnimations()
      .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    if (sliding.length) still = -1;
    await Promise.allSettled(sliding.map((one) => one.finished));
  }
}"""
TRIES = 5
SIZES_AND_SCHEMES = [(1440, "light"), (1440, "dark"), (320, "light"), (320, "dark")]
"""Widths in CSS pixels and colour schemes in which every screen is looked at."""
EXTREMES = [SIZES_AND_SCHEMES[0], SIZES_AND_SCHEMES[-1]]
"""Those in which dialogs are looked at, and states that a screen has only after something was done there."""


async def opened(browser: Browser, width: int = 1440, scheme: Any = "light") -> Seen:
    """A page in a profile of its own, of a reader of English."""
    if not (FILES / "index.html").is_file():
        pytest.skip("The dashboard is not built: install Node 20.19 or later and run make setup")
    context = await browser.new_context(
        viewport=ViewportSize(width=width, height=900), color_scheme=scheme, locale="en-GB"
    )
    context.set_default_timeout(20_000)
    return Seen(await context.new_page())


async def open_signed_in(seen: Seen, deployment: Deployment, path: str = "/") -> Page:
    await seen.page.goto(f"{deployment.url}{path}#token={deployment.token}")
    await expect(seen.page.get_by_role("heading", level=1)).to_be_visible()
    return seen.page


async def name_field(page: Page, label: str) -> None:
    """By keyboard, in a condition that was added just now: what it is about."""
    # The focus goes on into the new condition.
    await expect(page.locator("input:focus")).to_be_visible()
    await page.keyboard.press("ControlOrMeta+A")
    await page.keyboard.type(label)
    option = page.get_by_role("option")
    await expect(option).to_have_text([label])
    for _ in range(TRIES):
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        try:
            await expect(option).to_have_count(0, timeout=2_000)
        except AssertionError:
            # Mantine forgets which one was gone to when its list, which had just opened, comes to rest.
            continue
        return
    raise AssertionError(f"{label} cannot be chosen")


async def choose(page: Page, field: str, option: str, *, exact: bool = True) -> None:
    """An option of a list that drops down; once more where it dropped before the page was at rest."""
    box = page.get_by_role("combobox", name=field, exact=exact)
    wanted = page.get_by_role("option", name=option, exact=exact)
    await box.click()
    try:
        await expect(wanted).to_be_visible(timeout=5_000)
    except AssertionError:
        await box.press("ArrowDown")
    await wanted.click()


def elsewhere(seen: Seen, deployment: Deployment) -> list[str]:
    """Addresses that it asked for beside its own server's."""
    own = (deployment.url, deployment.url.replace("http", "ws", 1), "data:", "blob:")
    return [address for address in seen.addresses if not address.startswith(own)]


async def shuts_nobody_out(page: Page) -> None:
    """Axe finds nothing on what is shown, and nothing hangs out at the side."""
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)
    # Colours slide into another scheme: halfway they have neither contrast.
    await page.evaluate(AT_REST)
    await page.evaluate(AXE.read_text())
    found = await page.evaluate(RUN_AXE)
    assert not found, f"{page.url}: {found}"
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url
