"""Root fields: each declares the permission that it needs, checks it, and prints it in the SDL."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, get_type_hints

import strawberry
from strawberry.schema_directive import Location

from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import DomainError, Unauthenticated
from crm_graphql.gql.context import Info
from crm_graphql.gql.enums import describe_enum

RESUME_ARGUMENT = "resume_argument"
"""In the metadata of a subscription to a log: which argument names the place to resume from."""

describe_enum(
    Permission,
    "What a field can ask of its caller; the caller's role decides.",
    {
        "CUSTOMERS_READ": "Read customers and orders. ADMIN, MARKETER, VIEWER.",
        "INGESTIONS_READ": "Read ingestions. ADMIN, MARKETER, VIEWER; INGESTOR only its own.",
        "INGESTIONS_WRITE": "Ingest customers and orders. ADMIN, MARKETER, INGESTOR.",
        "AUDIENCES_READ": "Read audiences and preview rules. ADMIN, MARKETER, VIEWER.",
        "AUDIENCES_WRITE": "Make, change and delete audiences. ADMIN, MARKETER.",
        "CAMPAIGNS_READ": "Read and watch campaigns and deliveries. ADMIN, MARKETER, VIEWER.",
        "CAMPAIGNS_WRITE": "Make, change and launch campaigns. ADMIN, MARKETER.",
        "RECEIPTS_WRITE": "Record delivery receipts. ADMIN, INGESTOR.",
    },
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="The permission that a caller needs for this field.",
)
class Requires:
    permission: Permission = strawberry.field(description="The permission that the caller's role must hold.")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="signedIn",
    description="Any signed-in caller may ask; what is returned may need a permission of its own.",
)
class SignedIn:
    pass


def query(permission: Permission, description: str) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A root field that reads. Failures are top-level errors."""

    def decorate(resolver: Callable[..., Awaitable[Any]]) -> Any:
        @functools.wraps(resolver)
        async def guarded(info: Info, **arguments: Any) -> Any:
            info.context.actor.require(permission)
            return await resolver(info=info, **arguments)

        return strawberry.field(
            resolver=guarded, description=description, directives=[Requires(permission=permission)]
        )

    return decorate


def signed_in_query(description: str) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A root field that any signed-in caller may ask; the resolver checks what it returns."""

    def decorate(resolver: Callable[..., Awaitable[Any]]) -> Any:
        @functools.wraps(resolver)
        async def guarded(info: Info, **arguments: Any) -> Any:
            _ = info.context.actor
            return await resolver(info=info, **arguments)

        return strawberry.field(resolver=guarded, description=description, directives=[SignedIn()])

    return decorate


def mutation(permission: Permission, description: str) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A root field that writes. What its caller can mend comes back in the payload's `errors`."""

    def decorate(resolver: Callable[..., Awaitable[Any]]) -> Any:
        payload = functools.cache(lambda: get_type_hints(resolver)["return"])

        @functools.wraps(resolver)
        async def guarded(info: Info, **arguments: Any) -> Any:
            try:
                info.context.actor.require(permission)
                return await resolver(info=info, **arguments)
            except Unauthenticated:
                raise
            except DomainError as error:
                return payload().failed(error)

        return strawberry.mutation(
            resolver=guarded, description=description, directives=[Requires(permission=permission)]
        )

    return decorate


def subscription(
    permission: Permission, description: str, *, resume_argument: str | None = None
) -> Callable[[Callable[..., Any]], Any]:
    """A root field that watches: an async generator of newest states, or a coroutine of a `ChangeLog`.

    A log's field names the argument that says after which place to begin; those who differ in it alone
    share the log's growing end.
    """

    def decorate(resolver: Callable[..., Any]) -> Any:
        @functools.wraps(resolver)
        async def guarded(info: Info, **arguments: Any) -> Any:
            info.context.actor.require(permission)
            events = resolver(info=info, **arguments)
            return await events if isawaitable(events) else events

        return strawberry.subscription(
            resolver=guarded,
            description=description,
            directives=[Requires(permission=permission)],
            metadata={RESUME_ARGUMENT: resume_argument},
        )

    return decorate
