"""Targets of bulk operations: whom a caller means, frozen at the moment of asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from bson import ObjectId

from crm_graphql.audiences.counting import count_matching
from crm_graphql.audiences.describe import UTC_NAME
from crm_graphql.audiences.queries import fields_of_stored, get_audience, present_fields
from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.audiences.stored import to_stored
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import ErrorCode, InvalidInput, LimitExceeded, NotFound, Problem, RequiredInput
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.customers.merged import found_by_keys, found_under
from crm_graphql.mongo.leases import database_now

Key = TypeVar("Key", ObjectId, str)

CUSTOMERS_AT_ONCE = 1_000
_TOLD = 100
"""Customers that are not there, of which so many are named."""


@dataclass(frozen=True, slots=True)
class Target:
    """Customers by their keys, by the caller's own keys, by a rule or by an audience; exactly one is set."""

    keys: Sequence[ObjectId] | None = None
    external_ids: Sequence[str] | None = None
    rule: Mapping[str, Any] | None = None
    audience: ObjectId | None = None


@dataclass(frozen=True, slots=True)
class FrozenTarget:
    """The same as it stands in an operation. `matched` is None where counting takes too long."""

    evaluated_at: datetime
    customer_ids: Sequence[ObjectId] | None = None
    rule: Mapping[str, Any] | None = None
    time_zone: str = UTC_NAME
    matched: int | None = None


async def freeze(actor: Actor, target: Target, *, settings: Settings) -> FrozenTarget:
    """Check the target, and hold it fast: whatever becomes of the rule, the audience, and customers that come
    later, it means those who are meant now.

    A rule or audience requires AUDIENCES_READ. Raises InvalidInput with paths under "target", LimitExceeded
    for more than a thousand customers, NotFound for the audience.
    """
    # By the clock by which customers are made.
    now = await database_now()
    if target.keys is not None:
        _check_few(target.keys, "ids")
        return _customers(target.keys, await found_by_keys(target.keys, {"_id": 1}), "ids", now)
    if target.external_ids is not None:
        _check_few(target.external_ids, "externalIds")
        found = await found_under(target.external_ids, {"external_id": 1})
        return _customers(target.external_ids, found, "externalIds", now)
    rule = await _rule(actor, target, settings)
    matched = await count_matching(
        rule, settings.local(now), timeout_seconds=settings.rule_count_timeout_seconds
    )
    return FrozenTarget(now, rule=to_stored(rule), time_zone=settings.time_zone, matched=matched)


def _check_few(given: Sequence[Any], name: str) -> None:
    if not given:
        raise RequiredInput("Name at least one customer.", path=("target", name))
    if len(given) > CUSTOMERS_AT_ONCE:
        message = f"These are {len(given):,} customers; at most {CUSTOMERS_AT_ONCE:,} are named at once. "
        raise LimitExceeded(f"{message}Give a rule or an audience.", path=("target", name))


def _customers(given: Sequence[Key], found: Mapping[Key, Row], name: str, now: datetime) -> FrozenTarget:
    problems = [
        Problem(ErrorCode.NOT_FOUND, "There is no such customer.", ("target", name, str(index)))
        for index, key in enumerate(given)
        if key not in found
    ]
    if problems:
        raise InvalidInput.of(problems[:_TOLD])
    keys = sorted({found[key]["_id"] for key in given})
    return FrozenTarget(now, customer_ids=keys, matched=len(keys))


async def _rule(actor: Actor, target: Target, settings: Settings) -> Rule:
    if target.audience is not None:
        audience = await get_audience(actor, target.audience)
        if audience is None:
            raise NotFound("There is no such audience.", path=("target", "audienceId"))
        return parse(audience["rule"], await fields_of_stored(audience["rule"]))
    try:
        return parse(target.rule, await present_fields(), default_country=settings.country or None)
    except InvalidInput as error:
        raise InvalidInput.of([problem.under("target", "rule") for problem in error.problems]) from None
