"""Payloads of the mutations that write audiences."""

from __future__ import annotations

import strawberry

from crm_graphql.audiences.schema.types import Audience
from crm_graphql.gql.errors import Payload, UserError


@strawberry.type
class AudiencePayload(Payload):
    """Base of the payloads that hold an audience."""

    audience: Audience | None = strawberry.field(default=None, description="The audience as it now stands.")
    warnings: list[UserError] = strawberry.field(
        default_factory=list, description="What may be unmeant: another audience has the same name."
    )


@strawberry.type(description="What became of audienceCreate.")
class AudienceCreatePayload(AudiencePayload):
    pass


@strawberry.type(description="What became of audienceUpdate.")
class AudienceUpdatePayload(AudiencePayload):
    pass


@strawberry.type(
    description="What became of audienceDelete. Campaigns keep the rule they were launched with."
)
class AudienceDeletePayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of what was deleted."
    )
