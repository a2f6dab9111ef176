"""Asks the operations of the product's own schema, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSchema

from crm_graphql.core.settings import Settings, load_settings
from crm_graphql.schema import schema
from crm_graphql.server.operations.preparing import Documents, GraphQLRequest, Operation, Operations
from crm_graphql.server.refusals import RequestError

SCHEMA: GraphQLSchema = schema._schema


def limits(**overrides: Any) -> Settings:
    """The default limits, some of them changed."""
    return load_settings(_env_file=None, rate_cost_per_minute=0, **overrides)


def operations(documents: Documents | None = None, **overrides: Any) -> Operations:
    """Operations with empty caches."""
    return Operations(SCHEMA, limits(**overrides), documents)


async def prepared(text: str, variables: dict[str, Any] | None = None, **overrides: Any) -> Operation:
    """The operation of a document that is accepted from a caller with a token."""
    request = GraphQLRequest(text, None, variables or {})
    return await operations(**overrides).prepare(request, introspection_allowed=True, known_caller=True)


async def refused(
    request: GraphQLRequest | str, asked: Operations | None = None, *, introspection_allowed: bool = False
) -> RequestError:
    """Why the request is refused; fails when it is not."""
    whole = GraphQLRequest(request) if isinstance(request, str) else request
    with pytest.raises(RequestError) as caught:
        await (asked or operations()).prepare(whole, introspection_allowed=introspection_allowed)
    assert caught.value.errors
    assert all((each.extensions or {}).get("code") for each in caught.value.errors)
    return caught.value


def code(error: RequestError) -> str:
    """The code of the first error."""
    return str((error.errors[0].extensions or {})["code"])
