"""Mutations of admins: users and API keys."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from crm_graphql.accounts.api_keys import create_api_key, revoke_api_key
from crm_graphql.accounts.documents import LinkPurpose
from crm_graphql.accounts.links import make_link
from crm_graphql.accounts.schema.inputs import (
    ApiKeyCreateInput,
    ApiKeyRevokeInput,
    UserCreateInput,
    UserPasswordResetInput,
    UserUpdateInput,
)
from crm_graphql.accounts.schema.types import (
    ApiKey,
    ApiKeyCreatePayload,
    ApiKeyRevokePayload,
    User,
    UserCreatePayload,
    UserPasswordResetPayload,
    UserUpdatePayload,
)
from crm_graphql.accounts.users import create_user, update_user
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import Faults
from crm_graphql.core.ids import decode_key
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Note
from crm_graphql.gql.permission import mutation


@mutation(Permission.USERS_WRITE, "Invite a user: by the one-time link, or they sign in with Google.")
async def user_create(
    info: Info, input: Annotated[UserCreateInput, strawberry.argument(description="Whom to invite.")]
) -> UserCreatePayload:
    context = info.context
    clock, settings = context.resources.clock, context.resources.settings
    user = await create_user(context.actor, email=input.email, name=input.name, role=input.role, clock=clock)
    url = await make_link(context.actor, user["_id"], LinkPurpose.INVITATION, settings=settings, clock=clock)
    return UserCreatePayload(user=User.from_document(user), invite_url=url)


@mutation(
    Permission.USERS_WRITE,
    "Change a user. A new role or a deactivation counts at once, on open subscriptions too. The last active "
    "admin stays one.",
    subject="id",
)
async def user_update(
    info: Info, input: Annotated[UserUpdateInput, strawberry.argument(description="The change.")]
) -> UserUpdatePayload:
    changes: dict[str, Any] = {
        name: value
        for name in ("name", "role", "is_active")
        if (value := getattr(input, name)) is not strawberry.UNSET
    }
    faults, key = Faults(), None
    with faults.noted():
        key = decode_key("User", input.id)
    resources = info.context.resources
    user = await update_user(
        info.context.actor,
        key,
        changes,
        access=resources.access,
        clock=resources.clock,
        transact=resources.in_transaction,
        faults=faults,
    )
    return UserUpdatePayload(user=User.from_document(user))


@mutation(
    Permission.USERS_WRITE,
    "A one-time link for the user to set a new password. The old one works until then.",
    subject="id",
)
async def user_password_reset(
    info: Info, input: Annotated[UserPasswordResetInput, strawberry.argument(description="Which user.")]
) -> UserPasswordResetPayload:
    resources = info.context.resources
    url = await make_link(
        info.context.actor,
        decode_key("User", input.id),
        LinkPurpose.RESET,
        settings=resources.settings,
        clock=resources.clock,
    )
    return UserPasswordResetPayload(reset_url=url, note=Note(input.id))


@mutation(Permission.API_KEYS_WRITE, "Make an API key. Its secret is in this answer and never shown again.")
async def api_key_create(
    info: Info, input: Annotated[ApiKeyCreateInput, strawberry.argument(description="The key.")]
) -> ApiKeyCreatePayload:
    row, secret = await create_api_key(
        info.context.actor,
        name=input.name,
        role=input.role,
        expires_at=input.expires_at,
        clock=info.context.resources.clock,
    )
    return ApiKeyCreatePayload(api_key=ApiKey.from_document(row), secret=secret)


@mutation(Permission.API_KEYS_WRITE, "End an API key at once, its open subscriptions included.", subject="id")
async def api_key_revoke(
    info: Info, input: Annotated[ApiKeyRevokeInput, strawberry.argument(description="Which key.")]
) -> ApiKeyRevokePayload:
    resources = info.context.resources
    await revoke_api_key(
        info.context.actor,
        decode_key("ApiKey", input.id),
        access=resources.access,
        transact=resources.in_transaction,
    )
    return ApiKeyRevokePayload(revoked_id=input.id)
