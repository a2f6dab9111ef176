"""Progress of an import on a terminal: bytes and rows sent, then records persisted. Elsewhere nothing."""

from __future__ import annotations

import time
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class ImportProgress:
    """A bar on standard error, so that standard output holds only the result. A context manager."""

    def __init__(self, name: str, size: int | None) -> None:
        """`size` in bytes, as the file lies on disk; None for a stream."""
        self._console = Console(stderr=True)
        self.is_shown = self._console.is_terminal
        self._sending = self._bar(DownloadColumn(), TransferSpeedColumn())
        self._applying = self._bar(MofNCompleteColumn())
        self._send_task = self._sending.add_task(f"Sending {name}", total=size, rate="")
        self._apply_task: TaskID | None = None
        self._begun = time.monotonic()

    def _bar(self, *figures: Any) -> Progress:
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *figures,
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self.is_shown,
        )

    def __enter__(self) -> Self:
        self._begun = time.monotonic()
        self._sending.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._sending.stop()
        self._applying.stop()

    def sent(self, total: int) -> None:
        """So many bytes of this attempt are on their way."""
        self._sending.update(self._send_task, completed=total)

    def received(self, rows: int) -> None:
        """So many rows were read by the server."""
        self._sending.update(self._send_task, rate=self._rate(rows))

    def waiting(self, why: str, seconds: float) -> None:
        """The attempt was cut off and the next comes in `seconds`."""
        self._console.print(f"{why} Going on in {seconds:g} s.", markup=False, highlight=False)

    def applying(self, ingestion: dict[str, Any]) -> None:
        """All is accepted; so many are persisted."""
        total = ingestion["accepted"]
        if self._apply_task is None:
            self._sending.stop()
            self._applying.start()
            self._apply_task = self._applying.add_task("Persisting", total=total, rate="")
        done = sum(ingestion[name] for name in ("created", "updated", "unchanged", "failed"))
        self._applying.update(self._apply_task, completed=done, total=total, rate=self._rate(done))

    def _rate(self, rows: int) -> str:
        """Rows a second since the beginning: consumers apply while the rest is sent."""
        return f"{rows / max(time.monotonic() - self._begun, 0.001):,.0f} rows/s"
