"""The settings that people made, as MongoDB holds them: one document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from beanie import Document

KEY = "deployment"


class StoredSettings(Document):
    """What was set, by the names of `values.FIELDS`; what is left out is as the environment says.

    `revision` grows with every change: whoever writes has checked the whole of what it writes over.
    """

    id: str  # type: ignore[assignment]
    revision: int
    fields: dict[str, Any]
    updated_at: datetime

    class Settings:
        """Collection."""

        name = "deployment_settings"
