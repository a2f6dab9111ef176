"""Media as people change them: published, taken back, deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import NotFound, WrongState
from crm_graphql.core.paging import Row
from crm_graphql.media.documents import Media, MediaAttachment, MediaStatus
from crm_graphql.media.links import new_public_name
from crm_graphql.media.queries import find_media
from crm_graphql.media.removals import note_removals, objects_of, remove_noted
from crm_graphql.media.room import change_room
from crm_graphql.media.types import FILE_TYPES
from crm_graphql.mongo.transactions import Transact
from crm_graphql.storage.port import Storage


async def publish_media(actor: Actor, key: ObjectId, *, is_public: bool, clock: Clock) -> Row:
    """Give a picture an address for everybody, or end the one that it has; the file as it then stands.
    Idempotent; published anew it has another address. Requires MEDIA_WRITE.

    Raises NotFound, and WrongState for what is no raster picture, or not READY.
    """
    actor.require(Permission.MEDIA_WRITE)
    media = await _found(key)
    if not is_public:
        return await _changed(media, {"$unset": {"public_name": ""}, "$set": {"updated_at": clock.now()}})
    if not FILE_TYPES[media["content_type"]].is_picture:
        raise WrongState(
            "Only PNG, JPEG, GIF and WebP pictures can be published.", path=("id",), subject=media
        )
    if media["status"] != MediaStatus.READY.value:
        raise WrongState("The picture is not READY yet, or was rejected.", path=("id",), subject=media)
    if media.get("public_name") is not None:
        return media
    changed = {"public_name": new_public_name(media), "updated_at": clock.now()}
    return await _changed(media, {"$set": changed}, public_name=None)


async def delete_media(
    actor: Actor,
    key: ObjectId,
    *,
    campaigns_using: Callable[[Row], Awaitable[Sequence[str]]],
    transact: Transact,
    storage: Storage,
) -> None:
    """Delete a file, with what ties it to customers. Its bytes go at once, or when the storage is there.
    Requires MEDIA_WRITE.

    Raises NotFound, and WrongState while `campaigns_using` gives the names of campaigns that have not ended.
    One whose message comes to name it at the same moment shows a picture that is gone, and one that comes to
    send it pauses for it.
    """
    actor.require(Permission.MEDIA_WRITE)
    media = await _found(key)
    if campaigns := await campaigns_using(media):
        shown = ", ".join(f'"{campaign}"' for campaign in campaigns[:3])
        message = f"Campaigns that have not ended show or send this file: {shown}. Change them first."
        raise WrongState(message, path=("id",), subject=media)

    async def work(session: AsyncClientSession) -> list[str]:
        return await forget_media(key, session)

    await remove_noted(storage, await transact(work))


async def forget_media(key: ObjectId, session: AsyncClientSession) -> list[str]:
    """In the session's transaction delete a file's document and attachments and give its room back; the keys
    of the objects that are noted to be removed, none where it has gone already."""
    media = await Media.get_pymongo_collection().find_one_and_delete({"_id": key}, session=session)
    await MediaAttachment.get_pymongo_collection().delete_many({"media_id": key}, session=session)
    if media is None:
        return []
    keys = list(objects_of(media))
    await note_removals(keys, session)
    await change_room(-media["charged_bytes"], session)
    return keys


async def _found(key: ObjectId) -> Row:
    media = await find_media(key)
    if media is None:
        raise missing_media()
    return media


async def _changed(media: Row, change: dict[str, object], **guard: object) -> Row:
    """The file after the change; as it stands where another was quicker."""
    changed: Row | None = await Media.get_pymongo_collection().find_one_and_update(
        {"_id": media["_id"], **guard}, change, return_document=ReturnDocument.AFTER
    )
    return changed if changed is not None else await _found(media["_id"])


def missing_media() -> NotFound:
    """For an id under which no file is."""
    return NotFound("There is no such file; it may have been deleted.", path=("id",))
