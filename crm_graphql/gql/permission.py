"""Root fields: each declares what it needs of its caller, checks it, and prints it in the SDL.

Every mutation is audited here, whatever became of it.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, Literal, NamedTuple, get_type_hints

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from crm_graphql.core.actor import ROLE_PERMISSIONS, ROW_SCOPES, Role
from crm_graphql.core.actor import Permission as Permission
from crm_graphql.core.errors import DomainError, Unauthenticated
from crm_graphql.gql.audited import audited
from crm_graphql.gql.context import Info
from crm_graphql.gql.enums import describe_enum

RESUME_ARGUMENT = "resume_argument"
"""In the metadata of a subscription to a log: which argument names the place to resume from."""
IS_LOG = "is_log"
"""In the metadata of a subscription: whether it is to a log."""
PERSONAL = "personal"
"""In the metadata of a subscription: whether its answers depend on who asks, beside their role."""
SUBJECT = "subject"
"""In the metadata of a mutation: which attribute of its input names the object that it changes."""


def permission_text(permission: Permission) -> str:
    """What the SDL says of a permission: its purpose, and the roles that hold it."""
    holders = [role for role in Role if permission in ROLE_PERMISSIONS[role]]
    whole = ", ".join(role.value for role in holders if (role, permission) not in ROW_SCOPES)
    scoped = [
        f"{role.value} {ROW_SCOPES[role, permission]}" for role in holders if (role, permission) in ROW_SCOPES
    ]
    return f"{permission.purpose} {'; '.join(filter(None, [whole, *scoped]))}."


describe_enum(
    Permission,
    "What a field can ask of its caller; the caller's role decides.",
    {permission.name: permission_text(permission) for permission in Permission},
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


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="public",
    description="Anybody may ask, signed in or not.",
)
class Public:
    pass


class RootField(NamedTuple):
    """A field that was decorated here: of which root type it is, as it stands in the schema."""

    root: Literal["Query", "Mutation", "Subscription"]
    field: StrawberryField


ROOT_FIELDS: list[RootField] = []
"""Every one that is imported by now; scripts/check_announced.py finds those that no domain announces."""

Directive = Requires | SignedIn | Public
Resolver = Callable[..., Awaitable[Any]]
Decorator = Callable[[Resolver], Any]


def query(permission: Permission, description: str) -> Decorator:
    """A root field that reads. Failures are top-level errors."""
    return _query(Requires(permission=permission), description)


def signed_in_query(description: str) -> Decorator:
    """A root field that any signed-in caller may ask; the resolver checks what it returns."""
    return _query(SignedIn(), description)


def public_query(description: str) -> Decorator:
    """A root field that anybody may ask."""
    return _query(Public(), description)


def mutation(permission: Permission, description: str, *, subject: str | None = None) -> Decorator:
    """A root field that writes. What its caller can mend comes back in the payload's `errors`.

    `subject` is the input's attribute with the global id of the object that is changed, for the audit.
    """
    return _mutation(Requires(permission=permission), description, subject)


def signed_in_mutation(description: str, *, subject: str | None = None) -> Decorator:
    """A root field by which any signed-in caller changes what is their own; `subject` as in `mutation`."""
    return _mutation(SignedIn(), description, subject)


def public_mutation(description: str) -> Decorator:
    """A root field by which somebody comes in; whatever keeps them out is in the payload's `errors`."""
    return _mutation(Public(), description, None)


def _root(root: Literal["Query", "Mutation", "Subscription"], field: StrawberryField) -> StrawberryField:
    ROOT_FIELDS.append(RootField(root, field))
    return field


def _check(info: Info, directive: Directive) -> None:
    if isinstance(directive, Requires):
        info.context.actor.require(directive.permission)
    elif isinstance(directive, SignedIn):
        _ = info.context.actor


def _query(directive: Directive, description: str) -> Decorator:
    def decorate(resolver: Resolver) -> Any:
        @functools.wraps(resolver)
        async def guarded(info: Info, **arguments: Any) -> Any:
            _check(info, directive)
            return await resolver(info=info, **arguments)

        return _root(
            "Query", strawberry.field(resolver=guarded, description=description, directives=[directive])
        )

    return decorate


def _mutation(directive: Directive, description: str, subject: str | None) -> Decorator:
    def decorate(resolver: Resolver) -> Any:
        payload = functools.cache(lambda: get_type_hints(resolver)["return"])

        @functools.wraps(resolver)
        async def guarded(info: Info, **arguments: Any) -> Any:
            # Nobody is no caller whose act could be recorded: top-level, and not audited.
            if not isinstance(directive, Public):
                _ = info.context.actor
            async with audited(info, arguments, subject) as outcome:
                try:
                    _check(info, directive)
                    return outcome.of(await resolver(info=info, **arguments))
                except DomainError as error:
                    outcome.failed(error)
                    if isinstance(error, Unauthenticated) and not isinstance(directive, Public):
                        raise
                    return payload().failed(error)

        return _root(
            "Mutation",
            strawberry.mutation(
                resolver=guarded,
                description=description,
                directives=[directive],
                metadata={SUBJECT: subject},
            ),
        )

    return decorate


def subscription(
    permission: Permission,
    description: str,
    *,
    is_log: bool = False,
    resume_argument: str | None = None,
    is_personal: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """A root field that watches: an async generator of newest states, or a coroutine of a `ChangeLog`.

    A log's field may name the argument that says after which place to begin; those who differ in it alone
    share the log's growing end. What is personal depends on who asks, and is shared with nobody else.
    """

    def decorate(resolver: Callable[..., Any]) -> Any:
        @functools.wraps(resolver)
        async def guarded(info: Info, **arguments: Any) -> Any:
            info.context.actor.require(permission)
            events = resolver(info=info, **arguments)
            return await events if isawaitable(events) else events

        return _root(
            "Subscription",
            strawberry.subscription(
                resolver=guarded,
                description=description,
                directives=[Requires(permission=permission)],
                metadata={
                    IS_LOG: is_log or resume_argument is not None,
                    RESUME_ARGUMENT: resume_argument,
                    PERSONAL: is_personal,
                },
            ),
        )

    return decorate
