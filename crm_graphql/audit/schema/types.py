"""The audit as clients see it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.audit.queries import AuditFilter, events_by_ids
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.gql.loaders import own_rows_by_id
from crm_graphql.gql.node import Node, global_id, register


@strawberry.type(description="Who did what, when, from where, and whether it succeeded.")
class AuditEvent(Node):
    at: datetime = strawberry.field(description="When it was over.")
    actor: str = strawberry.field(
        description='A user\'s email, an API key\'s name, an operator\'s subject, "anonymous" or "system".'
    )
    actor_id: strawberry.ID | None = strawberry.field(
        description="The user or API key; null for an operator, nobody and the system."
    )
    action: str = strawberry.field(
        description='A mutation\'s name such as "campaignLaunch", a bulk door ("ingestOrders"), or a sign-in '
        'event: "googleSignIn", "refreshTokenReplayed".'
    )
    subject_id: strawberry.ID | None = strawberry.field(description="The object that it was done to.")
    succeeded: bool = strawberry.field(description="Whether it was done.")
    code: str | None = strawberry.field(description="The error's code where it was not.")
    ip_address: str | None = strawberry.field(description="Where the request came from.")
    request_id: str | None = strawberry.field(description="The request's id, as in the log.")

    @classmethod
    def from_document(cls, row: Row) -> AuditEvent:
        """The projection of an event."""
        return cls(
            id=global_id("AuditEvent", row["_id"]),
            at=row["at"],
            actor=row["actor"],
            actor_id=row.get("actor_id"),
            action=row["action"],
            subject_id=row.get("subject_id"),
            succeeded=row["succeeded"],
            code=row.get("code"),
            ip_address=row.get("ip_address"),
            request_id=row.get("request_id"),
        )


register(AuditEvent, permission=Permission.AUDIT_READ, loader=own_rows_by_id(events_by_ids))


@strawberry.input(description="Which events; what is left out does not matter.")
class AuditEventFilter:
    actor_id: strawberry.ID | None = strawberry.field(
        default=None, description="Done by this user or API key."
    )
    action: str | None = strawberry.field(default=None, description="This action, by its exact name.")
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="Done to this object.")
    from_: datetime | None = strawberry.field(
        name="from", default=None, description="At this moment or later."
    )
    until: datetime | None = strawberry.field(default=None, description="Before this moment.")

    def plain(self) -> AuditFilter:
        """As the service takes it."""
        return AuditFilter(self.actor_id, self.action, self.subject_id, self.from_, self.until)
