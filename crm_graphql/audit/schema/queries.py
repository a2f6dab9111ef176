"""Reading the audit."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.audit.queries import NEWEST_FIRST, AuditFilter, count_events, list_events
from crm_graphql.audit.schema.types import AuditEvent, AuditEventFilter
from crm_graphql.core.actor import Permission
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.AUDIT_READ, "What was done, newest first. `GET /audit/export` gives all of it as a file.")
async def audit_events(
    info: Info,
    filter: Annotated[AuditEventFilter | None, strawberry.argument(description="Only these.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Connection[AuditEvent] | None:
    wanted = filter.plain() if filter else AuditFilter()
    cursors = list_cursors(info, NEWEST_FIRST, wanted)
    page = await list_events(info.context.actor, wanted, cursors.page(first, after, last, before))
    return connection(page, cursors, AuditEvent.from_document, lambda: count_events(wanted))
