"""Campaigns as they are written: made, changed, launched."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError
from structlog import get_logger

from crm_graphql.audiences.documents import Audience
from crm_graphql.bus.port import Bus, BusError
from crm_graphql.campaigns.documents import Campaign, CampaignStatus, MessageTemplate
from crm_graphql.campaigns.drafts import checked_template
from crm_graphql.campaigns.lifecycle import announce
from crm_graphql.campaigns.turns import PLAN_TURNS
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Conflict, Faults, InvalidInput, NotFound, RequiredInput, WrongState
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.core.texts import words
from crm_graphql.mongo.rows import row_of

IDEMPOTENCY_KEY_LIMIT = 200

_log = get_logger(__name__)
NO_NAME = "A campaign needs a name."


async def create_campaign(
    actor: Actor,
    *,
    name: str,
    audience_id: ObjectId | None,
    channel: Channel,
    message: MessageTemplate | None,
    idempotency_key: str | None,
    clock: Clock,
    faults: Faults | None = None,
) -> Row:
    """Make a draft. Requires CAMPAIGNS_WRITE.

    The same caller's same `idempotency_key` gives the same campaign back, as it now stands. Raises Conflict
    for the key with other content, InvalidInput with all that is wrong with the content, `faults` that are
    known already included: that the audience could not be read is one of them.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    faults = faults or Faults()
    with faults.noted():
        name = checked_name(name, needed=NO_NAME)
    await _check_content(audience_id, channel, message, idempotency_key, faults)
    assert audience_id is not None, "without one there is a fault"
    content_hash = _content_hash(name, audience_id, channel, message)
    if made := await _made_before(actor, idempotency_key, content_hash):
        return made
    await _require_audience(audience_id)
    now = clock.now()
    row = row_of(
        Campaign(
            name=name,
            name_words=words(name),
            channel=channel,
            message=message,
            audience_id=audience_id,
            subject=actor.subject,
            idempotency_key=idempotency_key,
            idempotency_hash=content_hash if idempotency_key is not None else None,
            created_at=now,
            updated_at=now,
        )
    )
    return await _insert_once(row, actor, content_hash)


async def update_campaign(
    actor: Actor,
    key: ObjectId | None,
    changes: Mapping[str, Any],
    *,
    clock: Clock,
    faults: Faults | None = None,
) -> Row:
    """Change a draft: only the fields in `changes` (name, audience_id, channel, message; null clears the
    message). Requires CAMPAIGNS_WRITE.

    The whole of the result is checked, and written only over what was checked. Raises NotFound, WrongState
    with the campaign as it stands unless it is a draft, and InvalidInput with all that is wrong, `faults`
    that are known already included: that the campaign's key could not be read is one of them.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    faults = faults or Faults()
    stored = await _checked_changes(changes, faults)
    while True:
        draft = await _require_state(key, CampaignStatus.DRAFT) if key is not None else {}
        after = {"message": None, **draft, **stored}
        with faults.noted():
            if after["message"] is not None and after.get("channel") is not None:
                checked_template(MessageTemplate.model_validate(after["message"]), Channel(after["channel"]))
        faults.check()
        updated: Row | None = await Campaign.get_pymongo_collection().find_one_and_update(
            _as_checked(draft),
            {"$set": {**stored, "updated_at": clock.now()}},
            return_document=ReturnDocument.AFTER,
        )
        if updated is not None:
            return updated


async def launch_campaign(actor: Actor, key: ObjectId, *, bus: Bus) -> Row:
    """Freeze rule, message and moment, and begin to send. Requires CAMPAIGNS_WRITE.

    One guarded update from DRAFT to SENDING: of several launches at once exactly one wins. Raises NotFound,
    InvalidInput for a message that cannot be sent or an audience that is gone, and WrongState with the
    campaign as it stands for all but a draft. Durable when it returns, also while the bus is away.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    while True:
        draft = await _require_state(key, CampaignStatus.DRAFT)
        audience = await _launchable(draft)
        launched: Row | None = await Campaign.get_pymongo_collection().find_one_and_update(
            _as_checked(draft), [_launch_of(audience["rule"])], return_document=ReturnDocument.AFTER
        )
        if launched is not None:
            break
    await announce(key, launched["revision"], bus=bus)
    try:
        await PLAN_TURNS.fill(key, bus=bus)
    except BusError as error:
        _log.warning("planner not told, the reconciler will", campaign_id=str(key), error=str(error))
    return launched


async def _check_content(
    audience_id: ObjectId | None,
    channel: Channel,
    message: MessageTemplate | None,
    idempotency_key: str | None,
    faults: Faults,
) -> None:
    """Raise InvalidInput with all that is wrong with a new campaign, `faults` included."""
    with faults.noted():
        _check_key(idempotency_key)
    with faults.noted():
        if message is not None:
            checked_template(message, channel)
    if faults.problems and audience_id is not None:
        # Only then: a retry finds what it made, also when the audience is gone since.
        with faults.noted():
            await _require_audience(audience_id)
    faults.check()


async def _checked_changes(changes: Mapping[str, Any], faults: Faults) -> dict[str, Any]:
    """What is to be stored of the changes; what is wrong with them is noted."""
    values = dict(changes)
    for field, path in (("name", "name"), ("audience_id", "audienceId"), ("channel", "channel")):
        if field in values and values[field] is None:
            with faults.noted():
                raise RequiredInput(f"{path} cannot be cleared.", path=(path,))
            del values[field]
    if "name" in values:
        with faults.noted():
            values["name"] = checked_name(values["name"], needed=NO_NAME)
            values["name_words"] = words(values["name"])
    if "audience_id" in values:
        with faults.noted():
            await _require_audience(values["audience_id"])
    return {name: _stored(value) for name, value in values.items()}


async def _launchable(draft: Row) -> Row:
    """The audience of a draft that can be launched. Raises InvalidInput with all that keeps it from that."""
    faults = Faults()
    audience: Row = {}
    with faults.noted():
        if draft["message"] is None:
            raise RequiredInput("The campaign has no message yet. Write one first.", path=("message",))
        checked_template(MessageTemplate.model_validate(draft["message"]), Channel(draft["channel"]))
    with faults.noted():
        audience = await _require_audience(draft["audience_id"])
    faults.check()
    return audience


def _launch_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The change that launches. Its moment is the database's, as is that at which a customer was made: clocks
    of processes differ, and must leave nobody out."""
    moments = dict.fromkeys(("evaluated_at", "launched_at", "updated_at"), "$$NOW")
    return {
        "$set": {
            "status": CampaignStatus.SENDING.value,
            # Whatever a rule holds, it is data here.
            "rule": {"$literal": rule},
            "revision": {"$add": ["$revision", 1]},
            **moments,
        }
    }


def _content_hash(name: str, audience_id: ObjectId, channel: Channel, message: MessageTemplate | None) -> str:
    content = (name, str(audience_id), channel.value, message and [message.subject, message.body])
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _check_key(idempotency_key: str | None) -> None:
    if idempotency_key is not None and not 0 < len(idempotency_key) <= IDEMPOTENCY_KEY_LIMIT:
        raise InvalidInput(
            f"An idempotency key has 1 to {IDEMPOTENCY_KEY_LIMIT} characters.", path=("idempotencyKey",)
        )


async def _made_before(actor: Actor, idempotency_key: str | None, content_hash: str) -> Row | None:
    if idempotency_key is None:
        return None
    made: Row | None = await Campaign.get_pymongo_collection().find_one(
        {"subject": actor.subject, "idempotency_key": idempotency_key}
    )
    if made is not None and made["idempotency_hash"] != content_hash:
        raise Conflict(
            "This idempotency key made a campaign with other content. Use a new key for a new campaign.",
            path=("idempotencyKey",),
        )
    return made


async def _insert_once(row: Row, actor: Actor, content_hash: str) -> Row:
    """The row, or what another call with the same key at the same time was faster to insert."""
    try:
        await Campaign.get_pymongo_collection().insert_one(row)
        return row
    except DuplicateKeyError:
        made = await _made_before(actor, row["idempotency_key"], content_hash)
        if made is None:
            raise
        return made


async def _require_audience(audience_id: ObjectId) -> Row:
    audience: Row | None = await Audience.get_pymongo_collection().find_one({"_id": audience_id}, {"rule": 1})
    if audience is None:
        raise InvalidInput(
            "There is no such audience; it may have been deleted. Choose another.", path=("audienceId",)
        )
    return audience


async def _require_state(key: ObjectId, status: CampaignStatus) -> Row:
    """The campaign, which must have this status. Raises NotFound, WrongState."""
    row: Row | None = await Campaign.get_pymongo_collection().find_one({"_id": key})
    if row is None:
        raise NotFound("There is no such campaign.", path=("id",))
    if row["status"] != status.value:
        raise WrongState(
            f"The campaign is {row['status']}; only a {status.value} can be changed or launched.",
            path=("id",),
            subject=row,
        )
    return row


def _as_checked(draft: Row) -> dict[str, Any]:
    """The condition that nothing of what was checked has changed since it was read."""
    names = ("_id", "status", "channel", "audience_id", "message")
    return {name: draft[name] for name in names}


def _stored(value: Any) -> Any:
    if isinstance(value, MessageTemplate):
        return value.model_dump()
    return value.value if isinstance(value, Channel) else value
