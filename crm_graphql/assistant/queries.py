"""Reads of the assistant: whom a message is for."""

from __future__ import annotations

from bson import ObjectId

from crm_graphql.audiences.queries import fields_of_stored, get_audience
from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import NotFound


async def audience_rule(actor: Actor, audience_id: ObjectId) -> Rule:
    """The rule of an audience. Requires AUDIENCES_READ. Raises NotFound at `audienceId`."""
    row = await get_audience(actor, audience_id)
    if row is None:
        raise NotFound("There is no such audience; it may have been deleted.", path=("audienceId",))
    return parse(row["rule"], await fields_of_stored(row["rule"]))
