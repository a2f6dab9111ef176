"""The demo's screen while it loads and sends. Without a terminal nothing moves."""

from __future__ import annotations

from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class _Bar:
    """One line that moves; a context manager that leaves nothing behind."""

    def __init__(self, console: Console, title: str, total: int | None) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(title, total=total, note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def waiting(self, why: str, seconds: float) -> None:
        """The server is away; the next try comes in `seconds`."""
        self._console.print(f"{why} Going on in {seconds:g} s.", markup=False)


class LoadBar(_Bar):
    """Records persisted."""

    def __init__(self, console: Console, kind: str, count: int) -> None:
        super().__init__(console, f"Loading {kind}", count)

    def show(self, ingestion: dict[str, Any]) -> None:
        """So far as the ingestion says."""
        done = sum(ingestion[name] for name in ("created", "updated", "unchanged", "failed", "rejected"))
        self._progress.update(self._task, completed=done)


class CampaignBar(_Bar):
    """Deliveries that reached their end."""

    def __init__(self, console: Console, name: str) -> None:
        super().__init__(console, f'Sending "{name}"', None)

    def show(self, progress: dict[str, Any]) -> None:
        """So far as an event of `campaignProgress` says."""
        stats = progress["stats"]
        done = stats["delivered"] + stats["failed"] + stats["skipped"]
        note = f"{stats['delivered']:,} delivered, {stats['failed']:,} failed, {stats['sent']:,} under way"
        self._progress.update(
            self._task, completed=done, total=stats["total"] if stats["totalIsFinal"] else None, note=note
        )
