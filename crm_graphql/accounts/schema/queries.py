"""Reading accounts: who asks, their devices, all users, all keys, and what the server is."""

from __future__ import annotations

from crm_graphql import __version__
from crm_graphql.accounts.queries import (
    OLDEST_FIRST,
    count_users,
    find_api_key,
    find_user,
    has_users,
    list_api_keys,
    list_sessions,
)
from crm_graphql.accounts.queries import list_users as read_users
from crm_graphql.accounts.schema.types import ApiKey, Limits, ServerInfo, Session, User, Viewer
from crm_graphql.audiences.rules import MAX_DEPTH, MAX_NODES
from crm_graphql.core.actor import ROLE_PERMISSIONS, Permission
from crm_graphql.core.errors import NothingShown
from crm_graphql.core.paging import MAX_PAGE_SIZE
from crm_graphql.gql.connections import After, Before, Connection, First, Last, connection, list_cursors
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import public_query, query, signed_in_query
from crm_graphql.ingestion.service import RECORDS_LIMIT

_LARGEST_INT = 2**31 - 1


@public_query("What a client needs to know before anyone is signed in.")
async def server_info(info: Info) -> ServerInfo:
    settings = info.context.resources.settings
    google = f"{settings.public_url.rstrip('/')}/auth/google" if settings.google_client_id else None
    return ServerInfo(
        version=__version__,
        currency=settings.currency,
        needs_setup=not await has_users(),
        registration_open=settings.registration_open,
        google_login_url=google,
        limits=Limits(
            page_size=MAX_PAGE_SIZE,
            records_per_mutation=RECORDS_LIMIT,
            rule_nodes=MAX_NODES,
            rule_depth=MAX_DEPTH,
            upload_bytes=min(settings.ingest_body_limit_bytes, _LARGEST_INT),
            query_cost=settings.query_cost,
            query_depth=settings.query_depth,
        ),
    )


@public_query("Who is asking; null when nobody is signed in, with an error for a token that does not count.")
async def viewer(info: Info) -> Viewer | None:
    if isinstance(info.context.identity, NothingShown):
        return None
    actor = info.context.actor
    user = await find_user(actor.user_id) if actor.user_id else None
    key = await find_api_key(actor.api_key_id) if actor.api_key_id else None
    return Viewer(
        role=actor.role,
        granted_permissions=sorted(ROLE_PERMISSIONS[actor.role], key=lambda one: one.value),
        user=User.from_document(user) if user else None,
        api_key=ApiKey.from_document(key) if key else None,
    )


@signed_in_query("The caller's own signed-in devices, last used first; empty for who is no user.")
async def sessions(info: Info) -> list[Session] | None:
    return [Session.from_document(row) for row in await list_sessions(info.context.actor)]


@query(Permission.USERS_READ, "All users, oldest first, deactivated ones too.")
async def users(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Connection[User] | None:
    cursors = list_cursors(info, OLDEST_FIRST)
    page = await read_users(info.context.actor, cursors.page(first, after, last, before))
    return connection(page, cursors, User.from_document, count_users)


@query(Permission.API_KEYS_READ, "All API keys, newest first, expired ones too.")
async def api_keys(info: Info) -> list[ApiKey] | None:
    return [ApiKey.from_document(row) for row in await list_api_keys(info.context.actor)]
