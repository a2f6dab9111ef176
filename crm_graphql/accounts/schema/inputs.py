"""Inputs about accounts, as clients send them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm_graphql.accounts.schema.enums import Role

_COOKIE = (
    "Browsers: the refresh token as an HttpOnly, Secure, SameSite cookie, never in the body. The request "
    "must come from this server's own pages or an allowed origin."
)


@strawberry.input(description="A new user's own data.")
class RegisterInput:
    email: str = strawberry.field(description="Their address.")
    password: str = strawberry.field(description="At least 12 characters, not easy to guess.")
    name: str | None = strawberry.field(default=None, description="What they are called.")
    setup_code: str | None = strawberry.field(
        default=None, description="For the first user: what the server printed at its start."
    )
    use_cookie: bool | None = strawberry.field(default=None, description=_COOKIE)


@strawberry.input(description="Who comes in.")
class LoginInput:
    email: str = strawberry.field(description="Their address; case does not count.")
    password: str = strawberry.field(description="Their password.")
    use_cookie: bool | None = strawberry.field(default=None, description=_COOKIE)


@strawberry.input(description="Which session goes on.")
class RefreshInput:
    refresh_token: str | None = strawberry.field(
        default=None, description="Left out by browsers that have the cookie."
    )


@strawberry.input(description="A new password.")
class PasswordChangeInput:
    current_password: str = strawberry.field(description="The password until now.")
    new_password: str = strawberry.field(description="At least 12 characters, not easy to guess.")


@strawberry.input(description="A password by a one-time link.")
class PasswordSetInput:
    code: str = strawberry.field(description="What stands after `#code=` in the link.")
    password: str = strawberry.field(description="At least 12 characters, not easy to guess.")


@strawberry.input(description="Which session ends.")
class SessionRevokeInput:
    id: strawberry.ID = strawberry.field(description="One of the caller's own.")


@strawberry.input(description="Whom to invite.")
class UserCreateInput:
    email: str = strawberry.field(description="Their address.")
    name: str | None = strawberry.field(default=None, description="What they are called.")
    role: Role = strawberry.field(description="What they may do.")


@strawberry.input(description="The change of a user. What is left out stays.")
class UserUpdateInput:
    id: strawberry.ID = strawberry.field(description="Which user.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="What they are called; null clears it."
    )
    role: Role | None = strawberry.field(default=strawberry.UNSET, description="What they may do, at once.")
    is_active: bool | None = strawberry.field(
        default=strawberry.UNSET, description="False puts them out at once, on every device."
    )


@strawberry.input(description="Who gets a link.")
class UserPasswordResetInput:
    id: strawberry.ID = strawberry.field(description="Which user.")


@strawberry.input(description="A new key.")
class ApiKeyCreateInput:
    name: str = strawberry.field(description="Who uses it.")
    role: Role = strawberry.field(description="What it may do; for a shop's back end INGESTOR.")
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends; null: not by itself."
    )


@strawberry.input(description="Which key ends.")
class ApiKeyRevokeInput:
    id: strawberry.ID = strawberry.field(description="Which key.")
