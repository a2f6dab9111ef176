"""Migrations that were made, as MongoDB holds them."""

from __future__ import annotations

from datetime import datetime

from beanie import Document


class Migration(Document):
    """A step that was made; `id` is its number.

    `versions`: of a step that is made again when its content changes, all that it was made for.
    """

    id: int  # type: ignore[assignment]
    name: str
    versions: list[str]
    ends_former_releases: bool
    """No process of a release that does not know the step may run from then on."""
    completed_at: datetime

    class Settings:
        """Collection."""

        name = "migrations"
