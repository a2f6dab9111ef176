"""Accounts as clients see them."""

from __future__ import annotations

from datetime import datetime

import strawberry
from bson import ObjectId

from crm_graphql.accounts.queries import api_keys_by_ids, own_sessions_by_ids, users_by_ids
from crm_graphql.accounts.schema.enums import Permission, Role
from crm_graphql.accounts.sessions import SignedIn
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.loaders import own_rows_by_id, rows_by_id
from crm_graphql.gql.node import Node, global_id, register


@strawberry.type(description="A person who can sign in.")
class User(Node):
    email: str = strawberry.field(description="The address that they sign in with.")
    name: str | None = strawberry.field(description="What they are called.")
    role: Role = strawberry.field(description="What they may do.")
    is_active: bool = strawberry.field(description="Whether they may come in at all.")
    created_at: datetime = strawberry.field(description="When they were invited or registered.")
    last_seen_at: datetime | None = strawberry.field(
        description="When they last signed in or refreshed a token: exact to an access token's life."
    )

    @classmethod
    def from_document(cls, row: Row) -> User:
        """The projection of a user."""
        return cls(
            id=global_id("User", row["_id"]),
            email=row["email"],
            name=row.get("name"),
            role=Role(row["role"]),
            is_active=row["is_active"],
            created_at=row["created_at"],
            last_seen_at=row.get("last_seen_at"),
        )


register(User, permission=Permission.USERS_READ, loader=rows_by_id(users_by_ids))


@strawberry.type(description="One signed-in device.")
class Session(Node):
    device: str | None = strawberry.field(description="What the client calls itself (User-Agent).")
    ip_address: str | None = strawberry.field(description="Where it was last used from.")
    created_at: datetime = strawberry.field(description="When it was signed in.")
    last_used_at: datetime = strawberry.field(description="When it last refreshed its tokens.")
    expires_at: datetime = strawberry.field(
        description="When it must sign in again if it is not used before."
    )
    key: strawberry.Private[ObjectId]

    @classmethod
    def from_document(cls, row: Row) -> Session:
        """The projection of a session."""
        return cls(
            id=global_id("Session", row["_id"]),
            device=row.get("device"),
            ip_address=row.get("ip_address"),
            created_at=row["created_at"],
            last_used_at=row["last_used_at"],
            expires_at=row["expires_at"],
            key=row["_id"],
        )

    @strawberry.field(description="Whether it is the device that asks.")
    def is_current(self, info: Info) -> bool:
        return self.key == info.context.actor.session_id


register(Session, permission=None, loader=own_rows_by_id(own_sessions_by_ids))


@strawberry.type(description="A key for machines. Its secret is shown once, when it is made.")
class ApiKey(Node):
    name: str = strawberry.field(description="Who uses it.")
    role: Role = strawberry.field(description="What it may do.")
    hint: str = strawberry.field(description="The first characters of the secret, to recognise it by.")
    created_at: datetime = strawberry.field(description="When it was made.")
    last_used_at: datetime | None = strawberry.field(description="When it was last used, to about a minute.")
    expires_at: datetime | None = strawberry.field(description="When it ends; null: not by itself.")

    @classmethod
    def from_document(cls, row: Row) -> ApiKey:
        """The projection of a key."""
        return cls(
            id=global_id("ApiKey", row["_id"]),
            name=row["name"],
            role=Role(row["role"]),
            hint=row["hint"],
            created_at=row["created_at"],
            last_used_at=row.get("last_used_at"),
            expires_at=row.get("expires_at"),
        )


register(ApiKey, permission=Permission.API_KEYS_READ, loader=rows_by_id(api_keys_by_ids))


@strawberry.type(description="Who is asking: a user, an API key, or an operator's token (neither).")
class Viewer:
    role: Role = strawberry.field(description="What the caller is.")
    granted_permissions: list[Permission] = strawberry.field(
        description="What the caller may do, as the schema's directives name it; lets a client hide what "
        "it may not use."
    )
    user: User | None = strawberry.field(description="The user, where it is one.")
    api_key: ApiKey | None = strawberry.field(description="The API key, where it is one.")

    @strawberry.field(
        description="The names of `grantedPermissions`.", deprecation_reason="Use `grantedPermissions`."
    )
    def permissions(self) -> list[str]:
        return [permission.value for permission in self.granted_permissions]


@strawberry.type(description="Sizes that the server holds requests to.")
class Limits:
    page_size: int = strawberry.field(description="Objects on a page, at most.")
    records_per_mutation: int = strawberry.field(description="Records of one ingesting mutation, at most.")
    rule_nodes: int = strawberry.field(description="Nodes of an audience's rule, at most.")
    rule_depth: int = strawberry.field(description="Levels of an audience's rule, at most.")
    upload_bytes: int = strawberry.field(
        description="Bytes of a body of POST /ingest, decompressed, at most; 2147483647 stands for more too."
    )
    query_cost: int = strawberry.field(description="Cost of one operation, at most.")
    query_depth: int = strawberry.field(description="Levels of fields of one operation, at most.")


@strawberry.type(description="What a client needs to know before anyone is signed in.")
class ServerInfo:
    version: str = strawberry.field(description="The server's version.")
    currency: str = strawberry.field(description="The one currency of this deployment (ISO 4217).")
    needs_setup: bool = strawberry.field(
        description="No user exists yet: `register` with the setup code that the server printed at its start."
    )
    registration_open: bool = strawberry.field(description="Whether strangers may `register`, as VIEWER.")
    google_login_url: str | None = strawberry.field(
        description="Where signing in with Google starts; null where it is not configured."
    )
    limits: Limits = strawberry.field(description="What requests are held to.")


@strawberry.type(description="What a client shows from now on.")
class AuthTokens:
    access_token: str = strawberry.field(description='For the header "Authorization: Bearer ...".')
    access_token_expires_at: datetime = strawberry.field(description="When to `refresh` at the latest.")
    refresh_token: str | None = strawberry.field(
        description="Works once. Null when it was set as an HttpOnly cookie."
    )
    refresh_token_expires_at: datetime = strawberry.field(
        description="When to sign in again if the token is not used before."
    )

    @classmethod
    def of(cls, signed_in: SignedIn, *, in_cookie: bool) -> AuthTokens:
        """The tokens; without the refresh token where a cookie has it."""
        return cls(
            access_token=signed_in.access_token,
            access_token_expires_at=signed_in.access_token_expires_at,
            refresh_token=None if in_cookie else signed_in.refresh_token,
            refresh_token_expires_at=signed_in.refresh_token_expires_at,
        )


@strawberry.type
class SignInPayload(Payload):
    """Base of the payloads that let somebody in."""

    user: User | None = strawberry.field(default=None, description="Who is signed in now.")
    tokens: AuthTokens | None = strawberry.field(default=None, description="Their tokens.")


@strawberry.type(
    description="What became of register. Where registration is open to strangers it is empty, whether the "
    "address was free or not: `login` next."
)
class RegisterPayload(SignInPayload):
    pass


@strawberry.type(description="What became of login.")
class LoginPayload(SignInPayload):
    pass


@strawberry.type(description="What became of refresh.")
class RefreshPayload(SignInPayload):
    pass


@strawberry.type(description="What became of logout.")
class LogoutPayload(Payload):
    pass


@strawberry.type(description="What became of passwordChange.")
class PasswordChangePayload(Payload):
    pass


@strawberry.type(description="What became of passwordSet.")
class PasswordSetPayload(Payload):
    user: User | None = strawberry.field(default=None, description="Whose password it is; `login` next.")


@strawberry.type(description="What became of sessionRevoke.")
class SessionRevokePayload(Payload):
    revoked_id: strawberry.ID | None = strawberry.field(
        default=None, description="The session that has ended."
    )


@strawberry.type(description="What became of sessionsRevokeOthers.")
class SessionsRevokeOthersPayload(Payload):
    revoked_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="The sessions that have ended."
    )


@strawberry.type(description="What became of userCreate.")
class UserCreatePayload(Payload):
    user: User | None = strawberry.field(default=None, description="The new user.")
    invite_url: str | None = strawberry.field(
        default=None,
        description="One-time link for them to set a password, shown once; with Google none is needed.",
    )


@strawberry.type(description="What became of userUpdate.")
class UserUpdatePayload(Payload):
    user: User | None = strawberry.field(default=None, description="The user as they now stand.")


@strawberry.type(description="What became of userPasswordReset.")
class UserPasswordResetPayload(Payload):
    reset_url: str | None = strawberry.field(
        default=None, description="One-time link for them to set a new password, shown once."
    )


@strawberry.type(description="What became of apiKeyCreate.")
class ApiKeyCreatePayload(Payload):
    api_key: ApiKey | None = strawberry.field(default=None, description="The new key.")
    secret: str | None = strawberry.field(default=None, description="Shown here and never again.")


@strawberry.type(description="What became of apiKeyRevoke.")
class ApiKeyRevokePayload(Payload):
    revoked_id: strawberry.ID | None = strawberry.field(default=None, description="The key that has ended.")
