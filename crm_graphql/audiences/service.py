"""Making, changing and deleting audiences, and trying out rules."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import ExecutionTimeout

from crm_graphql.audiences.compile import compile_rule
from crm_graphql.audiences.counting import Count, count_matching, count_reach
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.documents import Audience
from crm_graphql.audiences.rules import Rule, parse, to_stored
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput, LimitExceeded, NotFound, Problem, RequiredInput
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.core.texts import is_storable, words
from crm_graphql.customers.documents import Customer

NAME_LIMIT = 200
DESCRIPTION_LIMIT = 2_000
SAMPLE_SIZE = 10
SAMPLE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule that is not saved would select. With `problems` there is nothing else; `count` is None
    also where counting takes too long."""

    evaluated_at: datetime
    rule_text: str | None = None
    count: Count | None = None
    sample: Sequence[Row] = ()
    problems: Sequence[Problem] = field(default_factory=tuple)


async def create_audience(
    actor: Actor,
    *,
    name: str,
    description: str | None,
    rule: Mapping[str, Any],
    clock: Clock,
    settings: Settings,
) -> Audience:
    """Save a rule under a name, with its size as of now. Requires AUDIENCES_WRITE.

    Raises InvalidInput with every problem of the name, the description and the rule.
    """
    actor.require(Permission.AUDIENCES_WRITE)
    values = await _checked(
        {"name": name, "description": description, "rule": rule}, clock=clock, settings=settings
    )
    now = clock.now()
    audience: Audience = Audience.model_validate({**values, "created_at": now, "updated_at": now})
    await audience.insert()
    return audience


async def update_audience(
    actor: Actor, key: ObjectId, changes: Mapping[str, Any], *, clock: Clock, settings: Settings
) -> Audience:
    """Change only the fields in `changes` (name, description, rule; None clears the description), in one
    atomic update. Requires AUDIENCES_WRITE.

    A new rule is counted anew. Raises NotFound, or InvalidInput with every problem.
    """
    actor.require(Permission.AUDIENCES_WRITE)
    values = await _checked(changes, clock=clock, settings=settings)
    updated = await Audience.get_pymongo_collection().find_one_and_update(
        {"_id": key},
        {"$set": {**values, "updated_at": clock.now()}},
        return_document=ReturnDocument.AFTER,
    )
    if updated is None:
        raise _missing()
    audience: Audience = Audience.model_validate(updated)
    return audience


async def delete_audience(actor: Actor, key: ObjectId) -> None:
    """Delete it. Campaigns keep the rule they were launched with. Requires AUDIENCES_WRITE.

    Raises NotFound when there is none.
    """
    actor.require(Permission.AUDIENCES_WRITE)
    deleted = await Audience.get_pymongo_collection().delete_one({"_id": key})
    if not deleted.deleted_count:
        raise _missing()


async def get_audience(actor: Actor, key: ObjectId) -> Audience | None:
    """The audience, or None. Requires AUDIENCES_READ."""
    actor.require(Permission.AUDIENCES_READ)
    row = await Audience.get_pymongo_collection().find_one({"_id": key})
    audience: Audience | None = Audience.model_validate(row) if row else None
    return audience


async def preview_rule(
    actor: Actor,
    rule: Mapping[str, Any],
    sample_size: int | None = None,
    *,
    fields: Mapping[str, int] | None = None,
    clock: Clock,
    settings: Settings,
) -> RulePreview:
    """Size, reach and some of the customers of a rule as of now; ten customers unless said, with `fields`
    (all by default). Requires AUDIENCES_READ.

    A rule that is not whole yet, or a sample that is too large, comes back in `problems`.
    """
    actor.require(Permission.AUDIENCES_READ)
    now = clock.now()
    problems = list(_sample_problems(sample_size))
    parsed = _parsed(rule, problems)
    if problems or parsed is None:
        return RulePreview(now, problems=problems)
    timeout = settings.rule_count_timeout_seconds
    count, sample = await asyncio.gather(
        count_reach(parsed, now, timeout_seconds=timeout),
        _sample(parsed, now, SAMPLE_SIZE if sample_size is None else sample_size, fields, timeout),
    )
    return RulePreview(
        now, rule_text=describe_rule(parsed, currency=settings.currency), count=count, sample=sample
    )


def _sample_problems(size: int | None) -> Sequence[Problem]:
    if size is None or 0 <= size <= SAMPLE_LIMIT:
        return ()
    message = f"A sample holds 0 to {SAMPLE_LIMIT} customers, not {size}."
    return LimitExceeded(message, path=("sampleSize",)).problems


async def _sample(
    rule: Rule, at: datetime, size: int, fields: Mapping[str, int] | None, timeout_seconds: float
) -> Sequence[Row]:
    """Some of the matching customers, in no order; fewer, or none, where finding them takes too long."""
    if size == 0:
        return ()
    cursor = Customer.get_pymongo_collection().find(compile_rule(rule, at), fields).limit(size)
    rows: list[Row] = []
    try:
        async with asyncio.timeout(timeout_seconds), cursor:
            async for row in cursor.max_time_ms(round(timeout_seconds * 1_000)):
                rows.append(row)
    except (TimeoutError, ExecutionTimeout):
        pass
    return rows


async def _checked(changes: Mapping[str, Any], *, clock: Clock, settings: Settings) -> dict[str, Any]:
    """What is to be stored of the fields in `changes`. Raises InvalidInput with every problem."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    if "name" in changes:
        values["name"] = _checked_name(changes["name"], problems)
        values["name_words"] = words(values["name"])
    if "description" in changes:
        values["description"] = _checked_description(changes["description"], problems)
    rule = _parsed(changes["rule"], problems) if "rule" in changes else None
    if problems:
        raise InvalidInput.of(problems)
    if rule is not None:
        now = clock.now()
        timeout = settings.rule_count_timeout_seconds
        size = await count_matching(rule, now, timeout_seconds=timeout)
        values |= {"rule": to_stored(rule), "size": size, "size_at": now}
    return values


def _parsed(raw: object, problems: list[Problem]) -> Rule | None:
    """The rule; without one, what is wrong with it is added to `problems`."""
    try:
        if raw is None:
            raise RequiredInput("An audience needs a rule; it cannot be cleared.")
        return parse(raw)
    except InvalidInput as error:
        problems += [problem.under("rule") for problem in error.problems]
        return None


def _checked_name(raw: str | None, problems: list[Problem]) -> str:
    name = (raw or "").strip()
    error: InvalidInput | None = None
    if not name:
        error = RequiredInput("An audience needs a name.", path=("name",))
    elif len(name) > NAME_LIMIT:
        error = InvalidInput(f"A name has at most {NAME_LIMIT} characters.", path=("name",))
    elif not is_storable(name):
        error = InvalidInput("The name holds characters that are no text.", path=("name",))
    problems += error.problems if error else ()
    return name


def _checked_description(raw: str | None, problems: list[Problem]) -> str | None:
    description = (raw or "").strip() or None
    if description is not None and (len(description) > DESCRIPTION_LIMIT or not is_storable(description)):
        message = f"A description is a text of at most {DESCRIPTION_LIMIT:,} characters."
        problems += InvalidInput(message, path=("description",)).problems
    return description


def _missing() -> NotFound:
    return NotFound("There is no such audience; it may have been deleted.", path=("id",))
