"""Handler of media: make an uploaded file ready, or refuse it."""

from __future__ import annotations

from bson import ObjectId

from consumers.work import Work
from crm_graphql.media.messages import MediaArrived
from crm_graphql.media.processing import process_media


async def handle_media(work: Work, message: MediaArrived) -> None:
    """Process the file that the message points at."""
    resources = work.resources
    await process_media(
        ObjectId(message.media_id),
        storage=resources.storage,
        transact=resources.in_transaction,
        bus=resources.bus,
        picture_pixels=resources.settings.media_picture_pixels,
    )
