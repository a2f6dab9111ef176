"""Progress of an import on a terminal: bytes sent, then records persisted. Elsewhere nothing."""

from __future__ import annotations

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

    def __init__(self, name: str, size: int) -> None:
        """`size` in bytes, as the file lies on disk."""
        self._console = Console(stderr=True)
        self._shown = self._console.is_terminal
        self._sending = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._shown,
        )
        self._applying = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=self._console,
            transient=True,
            disable=not self._shown,
        )
        self._send_task = self._sending.add_task(f"Sending {name}", total=size)
        self._apply_task: TaskID | None = None

    def __enter__(self) -> Self:
        self._sending.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._sending.stop()
        self._applying.stop()

    def sent(self, total: int) -> None:
        """So many bytes of this attempt are on their way."""
        self._sending.update(self._send_task, completed=total)

    def waiting(self, why: str, seconds: float) -> None:
        """The attempt was cut off and the next comes in `seconds`."""
        self._console.print(f"{why} Going on in {seconds:g} s.", markup=False, highlight=False)

    def applying(self, ingestion: dict[str, Any]) -> None:
        """All is accepted; so many are persisted."""
        if self._apply_task is None:
            self._sending.stop()
            self._applying.start()
            self._apply_task = self._applying.add_task("Persisting", total=ingestion["accepted"])
        done = sum(ingestion[name] for name in ("created", "updated", "unchanged", "failed"))
        self._applying.update(self._apply_task, completed=done, total=ingestion["accepted"])
