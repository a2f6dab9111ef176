"""Doors for plain requests, beside GraphQL: who asks."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from crm_graphql.accounts import authentication
from crm_graphql.core.actor import Actor


async def authenticate(request: HTTPConnection) -> Actor:
    """The caller of an HTTP request by its Authorization header. Raises Unauthenticated, saying what is
    wrong."""
    access = request.app.state.resources.access
    return await authentication.authenticate(access, request.headers.get("authorization"))
