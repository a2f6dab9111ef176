"""Files as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from bson import ObjectId

from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.gql.connections import After, Before, Connection, First, Last, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.linked import linked
from crm_graphql.gql.loaders import ChildPage
from crm_graphql.gql.node import Node, global_id, register
from crm_graphql.media.links import Shape, public_url, signed_url
from crm_graphql.media.queries import NEWEST_ATTACHED_FIRST, count_attachments
from crm_graphql.media.schema.enums import MediaStatus
from crm_graphql.media.schema.loaders import attachments_of_media_loader, media_loader

if TYPE_CHECKING:
    from crm_graphql.customers.schema.types import Customer


@strawberry.type(description="A file that somebody uploaded: POST /media, or /media/bulk for several.")
class Media(Node):
    filename: str = strawberry.field(
        description="The name it came with, made harmless, with the ending of what the file is."
    )
    content_type: str = strawberry.field(description="What it is, told by its content.")
    size_bytes: int = strawberry.field(description="How many bytes a download has.")
    sha256: str = strawberry.field(
        description="SHA-256 of a download in hexadecimal. Differs from that of the upload where a picture "
        "told where or when it was taken: that is taken out."
    )
    status: MediaStatus = strawberry.field(description="How far it is.")
    rejection_reason: str | None = strawberry.field(description="Why it was not taken; null unless REJECTED.")
    created_at: datetime = strawberry.field(description="When it was uploaded.")
    key: strawberry.Private[ObjectId]
    row: strawberry.Private[Row]

    @classmethod
    def from_document(cls, row: Row) -> Media:
        """The projection of a media document."""
        return cls(
            id=global_id("Media", row["_id"]),
            key=row["_id"],
            row=row,
            filename=row["filename"],
            content_type=row["content_type"],
            size_bytes=row["size_bytes"],
            sha256=row["sha256"],
            status=MediaStatus(row["status"]),
            rejection_reason=row["rejection_reason"],
            created_at=row["created_at"],
        )

    @strawberry.field(description="The customers whose records it belongs to, those attached last first.")
    async def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Annotated[Customer, strawberry.lazy("crm_graphql.customers.schema.types")]] | None:
        info.context.actor.require(Permission.CUSTOMERS_READ)
        cursors = list_cursors(info, NEWEST_ATTACHED_FIRST, self.key)
        return await linked(
            info,
            info.context.loader(attachments_of_media_loader),
            ChildPage(self.key, cursors.page(first, after, last, before), frozenset({"customer_id"})),
            cursors,
            field="customer_id",
            type_name="Customer",
            count=lambda: count_attachments({"media_id": self.key}),
        )

    @strawberry.field(
        description="Where a download lies for the next 15 minutes, for whoever has the address; null unless "
        "READY."
    )
    def url(self, info: Info) -> str | None:
        return self._signed(info, Shape.WHOLE)

    @strawberry.field(
        description="The same for a small picture of a picture, at most 512 points wide and high."
    )
    def thumbnail_url(self, info: Info) -> str | None:
        return self._signed(info, Shape.THUMBNAIL)

    @strawberry.field(
        description="Where anybody finds the picture, for messages; null unless published. Never expires."
    )
    def public_url(self, info: Info) -> str | None:
        return public_url(self.row, settings=info.context.resources.settings)

    def _signed(self, info: Info, shape: Shape) -> str | None:
        resources = info.context.resources
        return signed_url(self.row, shape, settings=resources.settings, clock=resources.clock)


register(Media, permission=Permission.MEDIA_READ, loader=media_loader)


@strawberry.type
class MediaPayload(Payload):
    """Base of the payloads that hold a file."""

    media: Media | None = strawberry.field(default=None, description="The file as it now stands.")


@strawberry.type(description="What became of mediaAttach and mediaDetach.")
class MediaAttachPayload(MediaPayload):
    pass


@strawberry.type(description="What became of mediaPublish.")
class MediaPublishPayload(MediaPayload):
    pass


@strawberry.type(description="What became of mediaDelete.")
class MediaDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="The file that is gone.")
