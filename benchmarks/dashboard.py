"""What does the live page cost the browser while thousands of deliveries a second change?

Serves the built page and a campaign that moves, opens it in Chromium, and prints the longest tasks of its
main thread, by the clock and on a processor, what share of the time it worked, and the longest gap between
two turns of its event loop.

Run: .venv/bin/python -m benchmarks.dashboard [--rate 5000] [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys

from playwright.async_api import async_playwright

from crm_graphql.local.mongod import free_port
from tests.browser.tracing import Trace
from tests.servers.flood import CAMPAIGN

SETTLING_SECONDS = 5.0
WATCH = """
window.long = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.long.push(duration);
}).observe({ type: 'longtask' });
window.gap = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  window.gap = Math.max(window.gap, now - last);
  last = now;
}, 4);
"""


async def measure(address: str, seconds: float) -> None:
    """Print the figures."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.add_init_script(WATCH)
        await page.goto(f"{address}/campaigns/{CAMPAIGN}#token=any")
        await page.get_by_role("table", name="Deliveries").get_by_role("button").first.wait_for()
        await asyncio.sleep(SETTLING_SECONDS)
        trace = Trace(page)
        await trace.start()
        await page.evaluate("window.long = []; window.gap = 0")
        await asyncio.sleep(seconds)
        long, gap = await page.evaluate("[window.long, window.gap]")
        tasks = await trace.stop()
        longest = sorted((task.worked for task in tasks), reverse=True)[:5]
        print(f"  longest tasks on a processor: {', '.join(f'{took:.1f} ms' for took in longest)}")
        print(f"  tasks over 50 ms by the clock: {len(long)}, the longest {max(long, default=0):.0f} ms")
        print(f"  longest gap of the event loop: {gap:.0f} ms")
        print(f"  busy: {sum(task.worked for task in tasks) / 10 / seconds:.1f} % of the time")
        await browser.close()


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "tests.servers.flood", str(port), str(arguments.rate)])
    try:
        print(f"{arguments.rate:,} deliveries a second:")
        asyncio.run(asyncio.wait_for(_waited(port, arguments.seconds), 120))
    finally:
        server.kill()
        server.wait()


async def _waited(port: int, seconds: float) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.2)
        else:
            writer.close()
            break
    await measure(f"http://127.0.0.1:{port}", seconds)


if __name__ == "__main__":
    main()
