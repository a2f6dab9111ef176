"""The message of files that people sent, and its queue."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Message, Queue

WHATSAPP_FILES_QUEUE = Queue("whatsapp.files")


class WhatsappFileArrived(Message, frozen=True, kw_only=True):
    """A file waits to be fetched."""

    kind: ClassVar[str] = "whatsapp.file_arrived"

    file_id: str
