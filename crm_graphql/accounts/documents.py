"""Accounts as MongoDB holds them. No secret stands here in plain: passwords as Argon2id, all else as
SHA-256."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from beanie import Document
from bson import ObjectId
from pydantic import ConfigDict
from pymongo import ASCENDING, IndexModel

from crm_graphql.core.actor import Role


class _WithKeys(Document):
    """A document that refers to others by their keys."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


class User(Document):
    """A person. `access_version` grows with every change after which older access tokens must not count."""

    email: str
    email_key: str
    """The address as it is compared."""
    email_verified: bool
    """An admin gave it, or Google vouched for it; false for who registered alone."""
    name: str | None = None
    role: Role
    is_active: bool = True
    password_hash: str | None = None
    google_subject: str | None = None
    access_version: int = 1
    created_at: datetime
    updated_at: datetime
    last_seen_at: datetime | None = None

    class Settings:
        """Collection and indexes."""

        name = "users"
        indexes: ClassVar[list[IndexModel]] = [
            # Signing in, and no address twice.
            IndexModel([("email_key", ASCENDING)], name="email_key", unique=True),
            # Signing in with Google.
            IndexModel(
                [("google_subject", ASCENDING)],
                name="google_subject",
                unique=True,
                partialFilterExpression={"google_subject": {"$type": "string"}},
            ),
            # The list, oldest first.
            IndexModel([("created_at", ASCENDING), ("_id", ASCENDING)], name="created_at"),
            # Counting the active admins.
            IndexModel([("role", ASCENDING), ("is_active", ASCENDING)], name="role"),
        ]


class Session(_WithKeys):
    """One signed-in device. A session that has ended is no longer there."""

    user_id: ObjectId
    family_hash: str
    """Of the part that all refresh tokens of the session share: who has it once had a token of it."""
    turn_hash: str
    """Of the part that only the newest refresh token has."""
    previous_turn_hash: str | None = None
    turn: int = 1
    """How many refresh tokens the session has had."""
    turned_at: datetime
    device: str | None = None
    ip_address: str | None = None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "sessions"
        indexes: ClassVar[list[IndexModel]] = [
            # A user's devices.
            IndexModel([("user_id", ASCENDING), ("last_used_at", ASCENDING)], name="user_id"),
            # Expired ones vanish.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


class ApiKey(Document):
    """A machine's key. A key that was revoked is no longer there."""

    name: str
    role: Role
    hint: str
    secret_hash: str
    created_at: datetime
    created_by: str
    last_used_at: datetime | None = None
    expires_at: datetime | None = None

    class Settings:
        """Collection and indexes."""

        name = "api_keys"
        indexes: ClassVar[list[IndexModel]] = [
            # Authenticating a request.
            IndexModel([("secret_hash", ASCENDING)], name="secret_hash", unique=True),
        ]


class LinkPurpose(Enum):
    """Why a one-time link was made."""

    INVITATION = "INVITATION"
    RESET = "RESET"


class OneTimeLink(_WithKeys):
    """A link to set a password; `id` is the hash of its code."""

    id: str  # type: ignore[assignment]
    user_id: ObjectId
    purpose: LinkPurpose
    created_by: str
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "one_time_links"
        indexes: ClassVar[list[IndexModel]] = [
            # A user has one: a new one replaces it, and setting a password uses up all.
            IndexModel([("user_id", ASCENDING)], name="user_id"),
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


class RevocationKind(Enum):
    """What has ended."""

    SESSION = "SESSION"
    USER = "USER"
    API_KEY = "API_KEY"


class Revocation(_WithKeys):
    """Says to every process that access tokens made before it no longer count; kept as long as those live.

    For a USER, tokens below `access_version` are out.
    """

    kind: RevocationKind
    key: ObjectId
    access_version: int = 0
    at: datetime
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "revocations"
        indexes: ClassVar[list[IndexModel]] = [
            # What is new, read by every process every second.
            IndexModel([("at", ASCENDING)], name="at"),
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


class Attempts(Document):
    """How often somebody has guessed wrong under a name such as "address:..."; see `throttle`."""

    id: str  # type: ignore[assignment]
    failures: int
    next_at: datetime
    refused: int
    admitted: bool
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "sign_in_attempts"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


class KnownAddress(Document):
    """An address from which an account's owner has signed in; `id` names both, see `throttle`."""

    id: str  # type: ignore[assignment]
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "known_addresses"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


class Guard(Document):
    """A document that transactions write to so that they come one after the other."""

    id: str  # type: ignore[assignment]
    revision: int

    class Settings:
        """Collection."""

        name = "guards"
