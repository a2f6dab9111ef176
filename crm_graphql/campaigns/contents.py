"""The contents of a draft: checked as a whole, so that all that is wrong is told at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from bson import ObjectId

from crm_graphql.audiences.custom import custom_rule_fields
from crm_graphql.audiences.documents import Audience
from crm_graphql.audiences.fields import stored_fields
from crm_graphql.audiences.rules import parse
from crm_graphql.audiences.stored import custom_keys
from crm_graphql.campaigns.custom import fields_for, keys_in, rows_of
from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.drafts import checked_message, completed
from crm_graphql.campaigns.media_files import check_files
from crm_graphql.campaigns.terms import Terms, check_end, check_terms
from crm_graphql.consents.queries import find_topic
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import Faults, InvalidInput, RequiredInput
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.core.texts import words
from crm_graphql.custom_fields.definitions import Definition

IDEMPOTENCY_KEY_LIMIT = 200
NO_NAME = "A campaign needs a name."


@dataclass(frozen=True, slots=True)
class Content:
    """What a new draft holds, as it was given. Without an audience there is a fault already."""

    name: str
    audience_id: ObjectId | None
    topic_id: ObjectId | None
    channel: Channel
    message: MessageTemplate | None
    terms: Terms
    attachment_ids: Sequence[ObjectId] = ()

    @property
    def hash(self) -> str:
        """The same for the same content."""
        message = self.message and _told_apart(self.message)
        content: tuple[object, ...] = (self.name, str(self.audience_id), self.channel.value, message)
        if self.topic_id is not None:
            content = (*content, str(self.topic_id))
        if terms := self.terms.stored():
            content = (*content, sorted(terms.items()))
        if self.attachment_ids:
            content = (*content, list(map(str, self.attachment_ids)))
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _told_apart(message: MessageTemplate) -> list[object]:
    more = message.model_dump(
        mode="json", exclude={"subject", "body"}, exclude_none=True, exclude_defaults=True
    )
    return [message.subject, message.body, *([sorted(more.items())] if more else [])]


async def check_content(
    content: Content, idempotency_key: str | None, faults: Faults, *, now: datetime
) -> None:
    """Raise InvalidInput with all that is wrong with a new campaign, `faults` included."""
    with faults.noted():
        checked_name(content.name, needed=NO_NAME)
    with faults.noted():
        _check_key(idempotency_key)
    with faults.noted():
        if content.message is not None:
            await checked_message(content.message, content.channel, await fields_for(content.message))
    if faults.problems:
        # Only then: a retry finds what it made, also when the audience is gone since.
        await check_references(content, faults, now=now)
    faults.check()


async def check_references(content: Content, faults: Faults, *, now: datetime) -> None:
    """Note what the content names and is not there, or not any more: an end that is over."""
    check_terms(content.terms.stored(), now=now, faults=faults)
    message = content.message and content.message.model_dump()
    files = {"channel": content.channel, "attachment_ids": content.attachment_ids, "message": message}
    await check_files(files, faults)
    if content.audience_id is not None:
        with faults.noted():
            await require_audience(content.audience_id)
    with faults.noted():
        await require_topic(content.topic_id)


async def checked_changes(changes: Mapping[str, Any], faults: Faults, *, now: datetime) -> dict[str, Any]:
    """What is to be stored of the changes; what is wrong with them is noted."""
    values = dict(changes)
    check_terms(values, now=now, faults=faults)
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
            await require_audience(values["audience_id"])
    if "attachment_ids" in values:
        values["attachment_ids"] = list(values["attachment_ids"] or ())
    if values.get("message") is not None:
        with faults.noted():
            values["message"] = await completed(values["message"])
    if "topic_id" in values:
        with faults.noted():
            await require_topic(values["topic_id"])
    return {name: _stored(value) for name, value in values.items()}


class Launchable(NamedTuple):
    """What a launch freezes beside the message."""

    rule: Mapping[str, Any]
    topic: Row | None
    custom_fields: Sequence[Row]


async def launchable(draft: Row, *, now: datetime) -> Launchable:
    """Rule, topic and custom fields of a draft that can be launched. Raises InvalidInput with all that keeps
    it from that."""
    faults = Faults()
    audience: Row = {}
    topic: Row | None = None
    await check_files(draft, faults)
    with faults.noted():
        if draft["message"] is None:
            raise RequiredInput("The campaign has no message yet. Write one first.", path=("message",))
        message = MessageTemplate.model_validate(draft["message"])
        await checked_message(message, Channel(draft["channel"]), await fields_for(message))
    with faults.noted():
        audience = await require_audience(draft["audience_id"])
    with faults.noted():
        topic = await require_topic(draft.get("topic_id"))
    with faults.noted():
        check_end(draft.get("send_before"), now=now)
    faults.check()
    rule = audience["rule"]
    custom = await rows_of(custom_keys(rule) | keys_in(draft["message"]))
    _require_readable(rule, custom)
    return Launchable(rule, topic, custom)


def _require_readable(rule: Mapping[str, Any], custom: Sequence[Row]) -> None:
    """Raise InvalidInput for a rule that names a custom field which is not there any more, or is another."""
    known = custom_rule_fields(map(Definition.from_document, custom), is_stored=True)
    try:
        parse(rule, stored_fields(None, known))
    except InvalidInput as error:
        raise InvalidInput(
            f"The audience's rule cannot be asked any more: {error} Mend the audience.", path=("audienceId",)
        ) from None


def _check_key(idempotency_key: str | None) -> None:
    if idempotency_key is not None and not 0 < len(idempotency_key) <= IDEMPOTENCY_KEY_LIMIT:
        raise InvalidInput(
            f"An idempotency key has 1 to {IDEMPOTENCY_KEY_LIMIT} characters.", path=("idempotencyKey",)
        )


async def require_audience(audience_id: ObjectId) -> Row:
    """The audience's rule. Raises InvalidInput where there is none."""
    audience: Row | None = await Audience.get_pymongo_collection().find_one({"_id": audience_id}, {"rule": 1})
    if audience is None:
        raise InvalidInput(
            "There is no such audience; it may have been deleted. Choose another.", path=("audienceId",)
        )
    return audience


async def require_topic(topic_id: ObjectId | None) -> Row | None:
    """The topic; None where none is named. Raises InvalidInput for one that is not there."""
    topic = None if topic_id is None else await find_topic(topic_id)
    if topic is None and topic_id is not None:
        raise InvalidInput(
            "There is no such topic; it may have been deleted. Choose another.", path=("topicId",)
        )
    return topic


def _stored(value: Any) -> Any:
    if isinstance(value, MessageTemplate):
        return value.model_dump()
    return value.value if isinstance(value, Channel) else value
