"""Coming in, going on, and leaving."""

from __future__ import annotations

from typing import Annotated

import strawberry
from starlette.responses import Response

from crm_graphql.accounts.links import set_password_by_link
from crm_graphql.accounts.registration import register as register_user
from crm_graphql.accounts.schema.inputs import (
    LoginInput,
    PasswordChangeInput,
    PasswordSetInput,
    RefreshInput,
    RegisterInput,
    SessionRevokeInput,
)
from crm_graphql.accounts.schema.types import (
    AuthTokens,
    LoginPayload,
    LogoutPayload,
    PasswordChangePayload,
    PasswordSetPayload,
    RefreshPayload,
    RegisterPayload,
    SessionRevokePayload,
    SessionsRevokeOthersPayload,
    User,
)
from crm_graphql.accounts.sessions import SignedIn, refresh_session, revoke_other_sessions, revoke_session
from crm_graphql.accounts.sessions import logout as end_own_session
from crm_graphql.accounts.sign_in import change_password, device_of
from crm_graphql.accounts.sign_in import login as sign_in
from crm_graphql.core.errors import DomainError, ErrorCode, RequiredInput
from crm_graphql.core.ids import decode_key, encode_id
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Note
from crm_graphql.gql.node import global_id
from crm_graphql.gql.permission import public_mutation, signed_in_mutation
from crm_graphql.http.cookies import (
    clear_refresh_cookie,
    refresh_cookie,
    require_own_page,
    set_refresh_cookie,
)


def _own_page(info: Info) -> Response:
    """See `require_own_page`."""
    context = info.context
    return require_own_page(context.connection, context.response, context.resources.settings)


def _handed_over(info: Info, signed_in: SignedIn, *, in_cookie: bool) -> AuthTokens:
    if in_cookie:
        settings, response = info.context.resources.settings, _own_page(info)
        set_refresh_cookie(response, signed_in.refresh_token, signed_in.refresh_token_expires_at, settings)
    return AuthTokens.of(signed_in, in_cookie=in_cookie)


@public_mutation(
    "Make a user. The first one, with the setup code, is ADMIN and signed in. Later ones, where "
    "registration is open, are VIEWER and sign in with `login`: the answer is the same for an address that "
    "has an account."
)
async def register(
    info: Info, input: Annotated[RegisterInput, strawberry.argument(description="The new user.")]
) -> RegisterPayload:
    resources, in_cookie = info.context.resources, bool(input.use_cookie)
    if in_cookie:
        _own_page(info)
    done = await register_user(
        email=input.email,
        password=input.password,
        name=input.name,
        code=input.setup_code,
        origin=info.context.origin,
        access=resources.access,
        clock=resources.clock,
        transact=resources.in_transaction,
    )
    note = Note(
        encode_id("User", done.user_id) if done.user_id else None,
        None if done.was_free else ErrorCode.ALREADY_EXISTS,
    )
    if done.signed_in is None:
        return RegisterPayload(note=note)
    return RegisterPayload(
        user=User.from_document(done.signed_in.user),
        tokens=_handed_over(info, done.signed_in, in_cookie=in_cookie),
        note=note,
    )


@public_mutation(
    "Sign this device in with a password. The same answer, after the same time, for an unknown address and a "
    "wrong password; growing delays against guessing."
)
async def login(
    info: Info, input: Annotated[LoginInput, strawberry.argument(description="Who comes in.")]
) -> LoginPayload:
    resources, in_cookie = info.context.resources, bool(input.use_cookie)
    if in_cookie:
        _own_page(info)
    context = info.context
    cookie = refresh_cookie(context.connection, context.response, resources.settings) if in_cookie else None
    signed_in = await sign_in(
        input.email,
        input.password,
        context.origin,
        access=resources.access,
        clock=resources.clock,
        device=await device_of(context.identity, cookie),
    )
    return LoginPayload(
        user=User.from_document(signed_in.user), tokens=_handed_over(info, signed_in, in_cookie=in_cookie)
    )


@public_mutation(
    "New tokens for a refresh token, which works once: one that was used before ends its whole session. (Two "
    "tabs at the same moment get the same successor.)"
)
async def refresh(
    info: Info,
    input: Annotated[
        RefreshInput | None, strawberry.argument(description="Left out by browsers that have the cookie.")
    ] = None,
) -> RefreshPayload:
    resources, given = info.context.resources, input.refresh_token if input else None
    context = info.context
    cookie = (
        refresh_cookie(context.connection, context.response, resources.settings) if given is None else None
    )
    token = given or cookie
    if token is None:
        raise RequiredInput("A refresh token is needed, or its cookie.", path=("refreshToken",))
    try:
        signed_in = await refresh_session(
            token,
            context.origin,
            access=resources.access,
            clock=resources.clock,
            transact=resources.in_transaction,
        )
    except DomainError:
        if cookie is not None and context.response is not None:
            clear_refresh_cookie(context.response, resources.settings)
        raise
    return RefreshPayload(
        user=User.from_document(signed_in.user),
        tokens=_handed_over(info, signed_in, in_cookie=cookie is not None),
    )


@signed_in_mutation(
    "End the caller's session at once, everywhere: its tokens are refused and its subscriptions closed."
)
async def logout(info: Info) -> LogoutPayload:
    context = info.context
    await end_own_session(
        context.actor, access=context.resources.access, transact=context.resources.in_transaction
    )
    if context.response is not None:
        clear_refresh_cookie(context.response, context.resources.settings)
    return LogoutPayload()


@signed_in_mutation("Change the caller's password. Their other devices are signed out.")
async def password_change(
    info: Info, input: Annotated[PasswordChangeInput, strawberry.argument(description="Old and new.")]
) -> PasswordChangePayload:
    context = info.context
    await change_password(
        context.actor,
        input.current_password,
        input.new_password,
        context.origin,
        access=context.resources.access,
        clock=context.resources.clock,
        transact=context.resources.in_transaction,
    )
    return PasswordChangePayload()


@public_mutation(
    "Set a password with the code of a one-time link, from an invitation or a reset. All devices are signed "
    "out."
)
async def password_set(
    info: Info, input: Annotated[PasswordSetInput, strawberry.argument(description="Code and password.")]
) -> PasswordSetPayload:
    context = info.context
    user = await set_password_by_link(
        input.code,
        input.password,
        context.origin.address,
        access=context.resources.access,
        clock=context.resources.clock,
        transact=context.resources.in_transaction,
    )
    return PasswordSetPayload(user=User.from_document(user))


@signed_in_mutation("End one of the caller's own sessions, at once.", subject="id")
async def session_revoke(
    info: Info, input: Annotated[SessionRevokeInput, strawberry.argument(description="Which session.")]
) -> SessionRevokePayload:
    context = info.context
    await revoke_session(
        context.actor,
        decode_key("Session", input.id),
        access=context.resources.access,
        transact=context.resources.in_transaction,
    )
    return SessionRevokePayload(revoked_id=input.id)


@signed_in_mutation("End all of the caller's sessions but the one that asks, at once.")
async def sessions_revoke_others(info: Info) -> SessionsRevokeOthersPayload:
    context = info.context
    ended = await revoke_other_sessions(
        context.actor, access=context.resources.access, transact=context.resources.in_transaction
    )
    return SessionsRevokeOthersPayload(revoked_ids=[global_id("Session", key) for key in ended])
