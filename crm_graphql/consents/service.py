"""Topics and suppressions as they are written: made, changed, deleted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from crm_graphql.consents.addresses import NotAnAddress, read_address
from crm_graphql.consents.documents import Suppression, SuppressionReason, Topic
from crm_graphql.consents.suppress import lift, suppress
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import (
    AlreadyExists,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Problem,
    WrongState,
)
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import is_storable
from crm_graphql.mongo.rows import row_of

DESCRIPTION_LIMIT = 500
TOPICS_LIMIT = 200
"""Each adds to what a customer's document may hold."""
ADDRESSES_AT_ONCE = 1_000
_SLUG_CHARACTERS = 40


async def create_topic(
    actor: Actor, *, name: str, description: str | None, is_opt_out: bool, clock: Clock
) -> Row:
    """Make a topic. Requires CONSENTS_WRITE.

    Raises InvalidInput with every problem, AlreadyExists for a name that another topic has in any case of its
    letters, LimitExceeded.
    """
    actor.require(Permission.CONSENTS_WRITE)
    return await _make_topic(name, description, is_opt_out=is_opt_out, clock=clock)


async def topic_for_import(actor: Actor, name: str, *, is_opt_out: bool = False, clock: Clock) -> Row:
    """The topic of this name in any case of its letters, made as an opt-in one where there is none: what a
    file says of consent is about it. As an opt-out one only where the file says so and the actor holds
    CONSENTS_WRITE. Idempotent, also at once. Requires INGESTIONS_WRITE.

    Raises InvalidInput, LimitExceeded.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    known = {"name_key": _checked({"name": name})["name_key"]}
    topics = Topic.get_pymongo_collection()
    found: Row | None = await topics.find_one(known)
    if found is not None:
        return found
    try:
        is_opt_out = is_opt_out and actor.may(Permission.CONSENTS_WRITE)
        return await _make_topic(name, None, is_opt_out=is_opt_out, clock=clock)
    except AlreadyExists:
        made: Row | None = await topics.find_one(known)
        if made is None:
            raise
        return made


async def _make_topic(name: str, description: str | None, *, is_opt_out: bool, clock: Clock) -> Row:
    values = _checked({"name": name, "description": description})
    topics = Topic.get_pymongo_collection()
    if await topics.count_documents({"deleted_at": None}) >= TOPICS_LIMIT:
        raise LimitExceeded(f"There are {TOPICS_LIMIT} topics already. Delete one first.", path=("name",))
    now = clock.now()
    row = row_of(
        Topic.model_validate(
            {**values, "slug": "", "is_opt_out": is_opt_out, "created_at": now, "updated_at": now}
        )
    )
    for slug in _slugs(values["name"]):
        try:
            await topics.insert_one(row | {"slug": slug})
        except DuplicateKeyError as error:
            if "name_key" in (error.details or {}).get("keyPattern", {}):
                raise _taken() from None
            continue
        return {**row, "slug": slug}
    raise AssertionError("the last slug is free")


async def update_topic(actor: Actor, key: ObjectId, changes: Mapping[str, Any], *, clock: Clock) -> Row:
    """Change only the fields in `changes` (name, description; None clears the description). Requires
    CONSENTS_WRITE. Raises as `create_topic` does, and NotFound."""
    actor.require(Permission.CONSENTS_WRITE)
    values = _checked(changes)
    try:
        updated: Row | None = await Topic.get_pymongo_collection().find_one_and_update(
            {"_id": key, "deleted_at": None},
            {"$set": {**values, "updated_at": clock.now()}},
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        raise _taken() from None
    if updated is None:
        raise _missing_topic()
    return updated


async def delete_topic(
    actor: Actor,
    key: ObjectId,
    *,
    campaigns_naming: Callable[[ObjectId], Awaitable[Sequence[str]]],
    clock: Clock,
) -> None:
    """Delete it; what people said of it stays in their history. Requires CONSENTS_WRITE.

    Raises NotFound, and WrongState while `campaigns_naming` gives the names of campaigns that have not
    ended. One that comes to name it at the same moment cannot be launched.
    """
    actor.require(Permission.CONSENTS_WRITE)
    if names := await campaigns_naming(key):
        shown = ", ".join(f'"{name}"' for name in names[:3])
        raise WrongState(f"Campaigns that have not ended name this topic: {shown}. Change them first.")
    result = await Topic.get_pymongo_collection().update_one(
        {"_id": key, "deleted_at": None}, {"$set": {"deleted_at": clock.now(), "name_key": None}}
    )
    if not result.matched_count:
        raise _missing_topic()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What became of addresses, in their order: the suppression, or None where `problems` names it."""

    rows: Sequence[Row | None]
    problems: Sequence[Problem]


async def create_suppressions(
    actor: Actor,
    channel: Channel,
    addresses: Sequence[str],
    reason: SuppressionReason,
    *,
    clock: Clock,
    settings: Settings,
) -> Suppressed:
    """Suppress addresses on a channel, at most 1,000; in force for whatever is claimed to be sent from now
    on. Idempotent: one that is suppressed already keeps its reason. Requires CONSENTS_WRITE.

    What is no address comes back in `problems`; the others are suppressed. Raises LimitExceeded.
    """
    actor.require(Permission.CONSENTS_WRITE)
    if len(addresses) > ADDRESSES_AT_ONCE:
        message = f"These are {len(addresses)} addresses; at most {ADDRESSES_AT_ONCE:,} are taken at once."
        raise LimitExceeded(f"{message} Send a file to POST /ingest/suppressions.", path=("addresses",))
    problems: list[Problem] = []
    read: list[str | None] = []
    for index, text in enumerate(addresses):
        try:
            read.append(read_address(channel, text, settings.country or None))
        except NotAnAddress as error:
            read.append(None)
            message = f'"{text[:100]}" {error}'
            problems += InvalidInput(message, path=("addresses", str(index))).problems
    good = [address for address in read if address is not None]
    rows = await suppress(channel, good, reason, now=clock.now())
    return Suppressed([None if address is None else rows[address] for address in read], problems)


async def delete_suppression(actor: Actor, key: ObjectId) -> None:
    """Lift a suppression: the address may be written to again. Requires CONSENTS_WRITE. Raises NotFound."""
    actor.require(Permission.CONSENTS_WRITE)
    row = await Suppression.get_pymongo_collection().find_one_and_delete({"_id": key})
    if row is None:
        raise NotFound("There is no such suppression; it may have been deleted.", path=("id",))
    await lift(row)


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be stored of the fields in `changes`. Raises InvalidInput with every problem."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    if "name" in changes:
        try:
            values["name"] = checked_name(changes["name"], needed="A topic needs a name.")
            values["name_key"] = values["name"].casefold()
        except InvalidInput as error:
            problems += error.problems
    if "description" in changes:
        description = (changes["description"] or "").strip() or None
        if description and (len(description) > DESCRIPTION_LIMIT or not is_storable(description)):
            message = f"A description is a text of at most {DESCRIPTION_LIMIT} characters."
            problems += InvalidInput(message, path=("description",)).problems
        values["description"] = description
    if problems:
        raise InvalidInput.of(problems)
    return values


def _slugs(name: str) -> Sequence[str]:
    """Slugs for a name, the nicest first; the last one is nobody else's."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_SLUG_CHARACTERS].strip("_") or "topic"
    return [slug, *(f"{slug}_{number}" for number in range(2, 20)), f"{slug}_{ObjectId()}"]


def _taken() -> AlreadyExists:
    return AlreadyExists("Another topic has this name. Choose another one.", path=("name",))


def _missing_topic() -> NotFound:
    return NotFound("There is no such topic; it may have been deleted.", path=("id",))
