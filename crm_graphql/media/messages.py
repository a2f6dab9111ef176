"""The message of media, its queue, and the live topic of one file."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Message, Queue

MEDIA_QUEUE = Queue("media")


class MediaArrived(Message, frozen=True, kw_only=True):
    """A file waits to be processed."""

    kind: ClassVar[str] = "media.arrived"

    media_id: str


def media_topic(media_id: object) -> str:
    """The live topic of one file."""
    return f"media.{media_id}"
