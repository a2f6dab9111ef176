"""Attachments: which files belong to which customers' records, and their end with a customer."""

from __future__ import annotations

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import NotFound, WrongState
from crm_graphql.core.paging import Row
from crm_graphql.customers.erased import STEP
from crm_graphql.customers.merged import keys_of, under
from crm_graphql.customers.queries import CustomerReference, find_whole
from crm_graphql.media.documents import Media, MediaAttachment, MediaStatus
from crm_graphql.media.service import forget_media, missing_media
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact


async def attach_media(
    actor: Actor, key: ObjectId, customer: CustomerReference, *, transact: Transact
) -> Row:
    """Tie a file to a customer's record; the file as it then stands. Idempotent. Requires MEDIA_WRITE.

    Raises NotFound for either, and WrongState for a file that was rejected.
    """
    actor.require(Permission.MEDIA_WRITE)

    async def work(session: AsyncClientSession) -> Row:
        keys = await _keys(customer, session)
        media = await _media(key, session)
        if media["status"] == MediaStatus.REJECTED.value:
            raise WrongState(
                "The file was rejected: there is nothing to attach.", path=("id",), subject=media
            )
        attachments = MediaAttachment.get_pymongo_collection()
        if await attachments.find_one({"media_id": key, "customer_id": under(keys)}, session=session):
            return media
        pair = {"media_id": key, "customer_id": keys[0]}
        await attachments.insert_one({**pair, "attached_at": await database_now()}, session=session)
        return await _counted(key, 1, session)

    return await transact(work)


async def detach_media(
    actor: Actor, key: ObjectId, customer: CustomerReference, *, transact: Transact
) -> Row:
    """Untie a file from a customer's record; the file, which stays, as it then stands. Idempotent. Requires
    MEDIA_WRITE. Raises NotFound for either."""
    actor.require(Permission.MEDIA_WRITE)

    async def work(session: AsyncClientSession) -> Row:
        keys = await _keys(customer, session)
        media = await _media(key, session)
        gone = await MediaAttachment.get_pymongo_collection().delete_many(
            {"media_id": key, "customer_id": under(keys)}, session=session
        )
        return await _counted(key, -gone.deleted_count, session) if gone.deleted_count else media

    return await transact(work)


async def forget_media_of(customer_id: ObjectId, session: AsyncClientSession) -> bool:
    """For an erasure: untie some of a customer's files, and delete those that were tied to nobody else. True
    once there are no more. The objects go when the reconciler comes by."""
    attachments = MediaAttachment.get_pymongo_collection()
    rows = await attachments.find({"customer_id": customer_id}, limit=STEP, session=session).to_list()
    for row in rows:
        await attachments.delete_one({"_id": row["_id"]}, session=session)
        media = await Media.get_pymongo_collection().find_one_and_update(
            {"_id": row["media_id"]},
            {"$inc": {"attached": -1}},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if media is not None and media["attached"] <= 0:
            await forget_media(media["_id"], session)
    return len(rows) < STEP


async def move_attachments(old: ObjectId, key: ObjectId, session: AsyncClientSession) -> bool:
    """For a merge: tie some of the files of a former customer to the one that they became. True once there
    are no more. What both had is tied once."""
    attachments = MediaAttachment.get_pymongo_collection()
    rows = await attachments.find({"customer_id": old}, limit=STEP, session=session).to_list()
    wanted = {"customer_id": key, "media_id": {"$in": [row["media_id"] for row in rows]}}
    held = {row["media_id"] async for row in attachments.find(wanted, {"media_id": 1}, session=session)}
    for row in rows:
        if row["media_id"] in held:
            await attachments.delete_one({"_id": row["_id"]}, session=session)
            await Media.get_pymongo_collection().update_one(
                {"_id": row["media_id"]}, {"$inc": {"attached": -1}}, session=session
            )
    moved = [row["_id"] for row in rows if row["media_id"] not in held]
    await attachments.update_many({"_id": {"$in": moved}}, {"$set": {"customer_id": key}}, session=session)
    return len(rows) < STEP


async def _keys(reference: CustomerReference, session: AsyncClientSession) -> tuple[ObjectId, ...]:
    """The keys under which the customer's attachments lie."""
    found = await find_whole(reference, session=session)
    if found is None:
        raise NotFound("There is no such customer.", path=("customer",))
    return keys_of(found)


async def _media(key: ObjectId, session: AsyncClientSession) -> Row:
    media: Row | None = await Media.get_pymongo_collection().find_one({"_id": key}, session=session)
    if media is None:
        raise missing_media()
    return media


async def _counted(key: ObjectId, by: int, session: AsyncClientSession) -> Row:
    """With each attachment: so a file that goes at the same moment meets whoever ties it."""
    media: Row | None = await Media.get_pymongo_collection().find_one_and_update(
        {"_id": key}, {"$inc": {"attached": by}}, return_document=ReturnDocument.AFTER, session=session
    )
    assert media is not None, "it is in this transaction's snapshot"
    return media
