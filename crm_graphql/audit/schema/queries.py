"""Reading the audit."""

from __future__ import annotations

from typing import Annotated

import strawberry

from crm_graphql.audit.queries import NEWEST_FIRST, AuditFilter, count_events, list_events
from crm_graphql.audit.schema.types import AuditEvent, AuditEventFilter
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import PageRequest
from crm_graphql.gql.connections import After, Connection, First, connection
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import query


@query(Permission.AUDIT_READ, "What was done, newest first. `GET /audit/export` gives all of it as a file.")
async def audit_events(
    info: Info,
    filter: Annotated[AuditEventFilter | None, strawberry.argument(description="Only these.")] = None,
    first: First = None,
    after: After = None,
) -> Connection[AuditEvent] | None:
    wanted = filter.plain() if filter else AuditFilter()
    page = await list_events(info.context.actor, wanted, PageRequest.of(first, after))
    return connection(page, NEWEST_FIRST, AuditEvent.from_document, lambda: count_events(wanted))
