"""Audiences as they are written: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from crm_graphql.audiences.counting import count_matching
from crm_graphql.audiences.documents import Audience
from crm_graphql.audiences.fields import CUSTOMER_FIELDS, RuleFields
from crm_graphql.audiences.queries import present_fields
from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, InvalidInput, NotFound, RequiredInput
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import is_storable, words
from crm_graphql.mongo.rows import row_of

DESCRIPTION_LIMIT = 2_000


async def create_audience(
    actor: Actor,
    *,
    name: str,
    description: str | None,
    rule: Mapping[str, Any],
    clock: Clock,
    settings: Settings,
) -> Row:
    """Save a rule under a name, with its size as of now. Requires AUDIENCES_WRITE.

    Raises InvalidInput with every problem of the name, the description and the rule.
    """
    actor.require(Permission.AUDIENCES_WRITE)
    values = await _checked(
        {"name": name, "description": description, "rule": rule}, Faults(), clock=clock, settings=settings
    )
    now = clock.now()
    made = {"created_by": actor.label, "created_at": now, "updated_at": now}
    row = row_of(Audience.model_validate({**values, **made}))
    await Audience.get_pymongo_collection().insert_one(row)
    return row


async def update_audience(
    actor: Actor,
    key: ObjectId | None,
    changes: Mapping[str, Any],
    *,
    clock: Clock,
    settings: Settings,
    faults: Faults | None = None,
) -> Row:
    """Change only the fields in `changes` (name, description, rule; None clears the description), in one
    atomic update. Requires AUDIENCES_WRITE.

    A new rule is counted anew. Raises NotFound, or InvalidInput with every problem, `faults` that are known
    already included: that the audience's key could not be read is one of them.
    """
    actor.require(Permission.AUDIENCES_WRITE)
    values = await _checked(changes, faults or Faults(), clock=clock, settings=settings)
    updated: Row | None = await Audience.get_pymongo_collection().find_one_and_update(
        {"_id": key},
        {"$set": {**values, "updated_at": clock.now()}},
        return_document=ReturnDocument.AFTER,
    )
    if updated is None:
        raise _missing()
    return updated


async def delete_audience(actor: Actor, key: ObjectId) -> None:
    """Delete it. Campaigns keep the rule they were launched with. Requires AUDIENCES_WRITE.

    Raises NotFound when there is none.
    """
    actor.require(Permission.AUDIENCES_WRITE)
    deleted = await Audience.get_pymongo_collection().delete_one({"_id": key})
    if not deleted.deleted_count:
        raise _missing()


async def _checked(
    changes: Mapping[str, Any], faults: Faults, *, clock: Clock, settings: Settings
) -> dict[str, Any]:
    """What is to be stored of the fields in `changes`. Raises InvalidInput with every problem."""
    values: dict[str, Any] = {}
    rule: Rule | None = None
    fields = await present_fields() if "rule" in changes else CUSTOMER_FIELDS
    if "name" in changes:
        with faults.noted():
            values["name"] = checked_name(changes["name"], needed="An audience needs a name.")
            values["name_words"] = words(values["name"])
    if "description" in changes:
        with faults.noted():
            values["description"] = _checked_description(changes["description"])
    if "rule" in changes:
        with faults.noted("rule"):
            rule = _checked_rule(changes["rule"], fields, settings)
    faults.check()
    if rule is not None:
        now = clock.now()
        timeout = settings.rule_count_timeout_seconds
        size = await count_matching(rule, settings.local(now), timeout_seconds=timeout)
        values |= {"rule": to_stored(rule), "size": size, "size_at": now}
    return values


def _checked_rule(raw: object, fields: RuleFields, settings: Settings) -> Rule:
    if raw is None:
        raise RequiredInput("An audience needs a rule; it cannot be cleared.")
    return parse(raw, fields, default_country=settings.country or None)


def _checked_description(raw: str | None) -> str | None:
    description = (raw or "").strip() or None
    if description is not None and (len(description) > DESCRIPTION_LIMIT or not is_storable(description)):
        message = f"A description is a text of at most {DESCRIPTION_LIMIT:,} characters."
        raise InvalidInput(message, path=("description",))
    return description


def _missing() -> NotFound:
    return NotFound("There is no such audience; it may have been deleted.", path=("id",))
