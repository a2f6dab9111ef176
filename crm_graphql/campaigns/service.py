"""Campaigns as they are written: made, changed, launched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.contents import (
    Content,
    check_content,
    check_references,
    checked_changes,
)
from crm_graphql.campaigns.documents import Campaign, MessageTemplate
from crm_graphql.campaigns.drafts import completed
from crm_graphql.campaigns.launching import as_checked, launch
from crm_graphql.campaigns.lifecycle import Action
from crm_graphql.campaigns.media_files import check_files
from crm_graphql.campaigns.standing import require_campaign
from crm_graphql.campaigns.terms import Terms
from crm_graphql.campaigns.variants import Experiment, check_alone, check_texts, completed_experiment
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Conflict, Faults
from crm_graphql.core.paging import Row
from crm_graphql.core.texts import words
from crm_graphql.mongo.rows import row_of
from crm_graphql.tracking.policy import NOTHING_TRACKED, TrackingPolicy

_CHANGED_SINCE = (
    "Somebody has changed the campaign since you read it. Read it again, or change it over theirs."
)


async def create_campaign(
    actor: Actor,
    *,
    name: str,
    audience_id: ObjectId | None,
    channel: Channel,
    message: MessageTemplate | None,
    idempotency_key: str | None,
    clock: Clock,
    topic_id: ObjectId | None = None,
    terms: Terms | None = None,
    experiment: Experiment | None = None,
    attachment_ids: Sequence[ObjectId] = (),
    faults: Faults | None = None,
) -> Row:
    """Make a draft. Requires CAMPAIGNS_WRITE.

    The same caller's same `idempotency_key` gives the same campaign back, as it now stands. Raises Conflict
    for the key with other content, InvalidInput with all that is wrong with the content, `faults` that are
    known already included: that the audience could not be read is one of them.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    faults = faults or Faults()
    now = clock.now()
    with faults.noted():
        message = await completed(message) if message else None
    terms, experiment = terms or Terms(), await completed_experiment(experiment, faults)
    content = Content(
        name.strip(), audience_id, topic_id, channel, message, terms, experiment, attachment_ids
    )
    await check_content(content, idempotency_key, faults, now=now)
    assert audience_id is not None, "without one there is a fault"
    if made := await _made_before(actor, idempotency_key, content.hash):
        return made
    await check_references(content, faults, now=now)
    faults.check()
    row = _draft_of(content, actor, idempotency_key, now)
    return await _insert_once(row, actor, content.hash)


def _draft_of(content: Content, actor: Actor, idempotency_key: str | None, now: datetime) -> Row:
    return row_of(
        Campaign(
            name=content.name,
            name_words=words(content.name),
            channel=content.channel,
            audience_id=content.audience_id,
            topic_id=content.topic_id,
            **content.stored(),
            attachment_ids=list(content.attachment_ids),
            **content.terms.stored(),
            subject=actor.subject,
            created_by=actor.label,
            idempotency_key=idempotency_key,
            idempotency_hash=content.hash if idempotency_key is not None else None,
            created_at=now,
            updated_at=now,
        )
    )


async def update_campaign(
    actor: Actor,
    key: ObjectId | None,
    changes: Mapping[str, Any],
    *,
    clock: Clock,
    expected_revision: int | None = None,
    faults: Faults | None = None,
) -> Row:
    """Change a draft: only the fields in `changes` (name, audience_id, topic_id, channel, message, variants,
    holdout, attachment_ids and those of its terms; null clears all but name, audience and channel). Requires
    CAMPAIGNS_WRITE. Variants bring the message with them: it is the first one's.

    The whole of the result is checked, and written only over what was checked. Raises NotFound, WrongState
    with the campaign as it stands unless it is a draft, Conflict with it where it is at another revision than
    `expected_revision`, and InvalidInput with all that is wrong, `faults` that are known already included:
    that the campaign's key could not be read is one of them.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    faults = faults or Faults()
    stored = await checked_changes(changes, faults, now=clock.now())
    while True:
        draft = await require_campaign(key, Action.UPDATE) if key is not None else {}
        if draft and expected_revision not in (None, draft["revision"]):
            raise Conflict(_CHANGED_SINCE, path=("expectedRevision",), subject=draft)
        after = {"message": None, **draft, **stored}
        if "message" in changes and "variants" not in changes:
            check_alone(True, draft.get("variants"), faults)
        if after.get("channel") is not None:
            await check_texts(after, faults)
            await check_files(after, faults)
        faults.check()
        updated: Row | None = await Campaign.get_pymongo_collection().find_one_and_update(
            {**as_checked(draft), **_at(expected_revision)},
            {"$set": {**stored, "updated_at": clock.now()}, "$inc": {"revision": 1}},
            return_document=ReturnDocument.AFTER,
        )
        if updated is not None:
            return updated


def _at(revision: int | None) -> dict[str, int]:
    """The condition that a campaign is at this revision, if one is expected."""
    return {} if revision is None else {"revision": revision}


async def launch_campaign(
    actor: Actor,
    key: ObjectId,
    *,
    bus: Bus,
    time_zone: str = "UTC",
    attribution_days: int = 7,
    tracking: TrackingPolicy = NOTHING_TRACKED,
) -> Row:
    """Freeze rule, messages, sender, moment, the zone of the rule's days, the custom fields that are named,
    the links that are tracked and how long orders count for it, and begin to send. Requires CAMPAIGNS_WRITE.

    One guarded update from DRAFT or SCHEDULED to SENDING: of several launches at once, a schedule's too,
    exactly one wins. Raises NotFound, InvalidInput for a message that cannot be sent, an audience that is
    gone or an end that is over, and WrongState with the campaign as it stands for all others. Durable when
    it returns, also while the bus is away.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    while True:
        draft = await require_campaign(key, Action.LAUNCH)
        launched = await launch(
            draft, time_zone=time_zone, attribution_days=attribution_days, bus=bus, tracking=tracking
        )
        if launched is not None:
            return launched


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
