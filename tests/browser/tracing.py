"""What a page's main thread did, by Chromium's trace: processor time, which other work does not stretch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

CATEGORIES = ["toplevel", "devtools.timeline"]
# Each task is traced by the scheduler under this name, once.
TASK = "ThreadControllerImpl::RunTask"


@dataclass(frozen=True)
class Task:
    """One task of the main thread, in milliseconds."""

    at: float
    took: float
    """By the clock."""
    worked: float
    """On a processor."""


class Trace:
    """The main thread of the page's renderer between `start` and `stop`."""

    def __init__(self, page: Page) -> None:
        self._page = page
        browser = page.context.browser
        assert browser is not None
        self._browser = browser

    async def start(self) -> None:
        """Begin; one trace at a time in a browser."""
        await self._browser.start_tracing(page=self._page, categories=CATEGORIES)

    async def stop(self) -> list[Task]:
        """What was done since then, in its order; `at` counts from the first task."""
        events: list[dict[str, Any]] = json.loads(await self._browser.stop_tracing())["traceEvents"]
        main = {
            (event["pid"], event["tid"])
            for event in events
            if event.get("name") == "thread_name" and event["args"]["name"] == "CrRendererMain"
        }
        found = [
            event
            for event in events
            if event.get("name") == TASK and event.get("ph") == "X" and (event["pid"], event["tid"]) in main
        ]
        first = min(event["ts"] for event in found)
        return [
            Task((event["ts"] - first) / 1000, event["dur"] / 1000, event.get("tdur", 0) / 1000)
            for event in sorted(found, key=lambda event: float(event["ts"]))
        ]
