"""Writing media: attached, published, deleted. They come in by POST /media."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.campaigns.queries import open_campaigns_using
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import mutation
from crm_graphql.media.attachments import attach_media, detach_media
from crm_graphql.media.schema.inputs import MediaAttachInput, MediaDeleteInput, MediaPublishInput
from crm_graphql.media.schema.types import (
    Media,
    MediaAttachPayload,
    MediaDeletePayload,
    MediaPublishPayload,
)
from crm_graphql.media.service import delete_media, publish_media


@mutation(Permission.MEDIA_WRITE, "Tie a file to a customer's record.", subject="id")
async def media_attach(
    info: Info, input: Annotated[MediaAttachInput, strawberry.argument(description="Which to which.")]
) -> MediaAttachPayload:
    row = await attach_media(
        info.context.actor,
        decode_key("Media", input.id),
        input.customer.reference(field="customer"),
        transact=info.context.resources.in_transaction,
    )
    return MediaAttachPayload(media=Media.from_document(row))


@mutation(Permission.MEDIA_WRITE, "Untie a file from a customer's record. The file stays.", subject="id")
async def media_detach(
    info: Info, input: Annotated[MediaAttachInput, strawberry.argument(description="Which from which.")]
) -> MediaAttachPayload:
    row = await detach_media(
        info.context.actor,
        decode_key("Media", input.id),
        input.customer.reference(field="customer"),
        transact=info.context.resources.in_transaction,
    )
    return MediaAttachPayload(media=Media.from_document(row))


@mutation(
    Permission.MEDIA_WRITE,
    "Give a picture an address for everybody, for messages, or end it. Raster pictures only.",
    subject="id",
)
async def media_publish(
    info: Info, input: Annotated[MediaPublishInput, strawberry.argument(description="Which, and whether.")]
) -> MediaPublishPayload:
    row = await publish_media(
        info.context.actor,
        decode_key("Media", input.id),
        is_public=input.is_public,
        clock=info.context.resources.clock,
    )
    return MediaPublishPayload(media=Media.from_document(row))


@mutation(
    Permission.MEDIA_WRITE,
    "Delete a file for good; WRONG_STATE while a campaign that has not ended shows or sends it.",
    subject="id",
)
async def media_delete(
    info: Info, input: Annotated[MediaDeleteInput, strawberry.argument(description="Which one.")]
) -> MediaDeletePayload:
    resources = info.context.resources
    await delete_media(
        info.context.actor,
        decode_key("Media", input.id),
        campaigns_using=open_campaigns_using,
        transact=resources.in_transaction,
        storage=resources.storage,
    )
    return MediaDeletePayload(deleted_id=input.id)
