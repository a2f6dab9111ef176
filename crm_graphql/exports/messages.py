"""The messages of exports, and the queue and topics they go to."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Queue
from crm_graphql.mongo.turns import TurnMessage, TurnQueue

EXPORT_QUEUE = Queue("exports.work")


class ExportWork(TurnMessage, frozen=True, kw_only=True):
    """An export waits for its turn."""

    kind: ClassVar[str] = "exports.work"


EXPORT_TURNS = TurnQueue(EXPORT_QUEUE, ExportWork, places=1)


def export_topic(export_id: object) -> str:
    """The live topic of one export."""
    return f"export.{export_id}"
