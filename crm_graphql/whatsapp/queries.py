"""Windows of people on WhatsApp as they are read: whether free text may be sent, and who is left alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_graphql.whatsapp.documents import WhatsappWindow

OPEN_FOR = timedelta(hours=24) - timedelta(minutes=1)
"""Meta's 24 hours; a message needs a while to get there."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is known of a person, at a moment."""

    is_open: bool
    rests_until: datetime | None


async def windows_of(addresses: Collection[str], now: datetime) -> Mapping[str, Window]:
    """Those of the addresses of which something is known."""
    rows = WhatsappWindow.get_pymongo_collection().find({"_id": {"$in": list(addresses)}})
    return {row["_id"]: _window(row, now) async for row in rows}


def _window(row: Mapping[str, Any], now: datetime) -> Window:
    heard_at, rests_until = row.get("heard_at"), row.get("rests_until")
    is_open = heard_at is not None and now - heard_at < OPEN_FOR
    return Window(is_open, rests_until if rests_until and rests_until > now else None)
