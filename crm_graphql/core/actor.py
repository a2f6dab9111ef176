"""The actor that asks, and what each role may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bson import ObjectId

from crm_graphql.core.errors import Forbidden


class Role(Enum):
    """What a caller is, each with its own permissions."""

    ADMIN = "ADMIN"
    MARKETER = "MARKETER"
    VIEWER = "VIEWER"
    INGESTOR = "INGESTOR"


class Permission(Enum):
    """What a field of the schema can ask of its caller; printed in the SDL by `@requires`.

    Each member's value is its name, and `purpose` a sentence for the SDL: none can be made without it.
    """

    _value_: str
    purpose: str

    def __new__(cls, value: str, purpose: str) -> Permission:
        member = object.__new__(cls)
        member._value_ = value
        member.purpose = purpose
        return member

    CUSTOMERS_READ = ("CUSTOMERS_READ", "Read customers and orders.")
    CUSTOMERS_WRITE = ("CUSTOMERS_WRITE", "Make, edit, tag, group and erase customers.")
    INGESTIONS_READ = ("INGESTIONS_READ", "Read ingestions.")
    INGESTIONS_WRITE = ("INGESTIONS_WRITE", "Ingest customers and orders.")
    AUDIENCES_READ = ("AUDIENCES_READ", "Read audiences and preview rules.")
    AUDIENCES_WRITE = ("AUDIENCES_WRITE", "Make, change and delete audiences.")
    CONSENTS_WRITE = ("CONSENTS_WRITE", "Make topics, note what people said, suppress addresses.")
    MEDIA_READ = ("MEDIA_READ", "Read files, and be told where they lie.")
    MEDIA_WRITE = ("MEDIA_WRITE", "Upload, attach, publish and delete files.")
    CAMPAIGNS_READ = ("CAMPAIGNS_READ", "Read and watch campaigns and deliveries.")
    CAMPAIGNS_WRITE = ("CAMPAIGNS_WRITE", "Make, change and launch campaigns.")
    RECEIPTS_WRITE = ("RECEIPTS_WRITE", "Record delivery receipts.")
    EXPORTS_READ = ("EXPORTS_READ", "See exports and download their files.")
    EXPORTS_WRITE = ("EXPORTS_WRITE", "Have files of customers, orders and deliveries made.")
    ASSISTANT_USE = ("ASSISTANT_USE", "Ask the assistant for rules, messages and summaries.")
    USERS_READ = ("USERS_READ", "List users.")
    USERS_WRITE = ("USERS_WRITE", "Invite, change and deactivate users, and hand out links.")
    API_KEYS_READ = ("API_KEYS_READ", "List API keys.")
    API_KEYS_WRITE = ("API_KEYS_WRITE", "Make and revoke API keys.")
    AUDIT_READ = ("AUDIT_READ", "Read and export the audit.")
    SETTINGS_READ = ("SETTINGS_READ", "Read the deployment's settings.")
    SETTINGS_WRITE = ("SETTINGS_WRITE", "Change the deployment's settings.")
    ANALYTICS_READ = ("ANALYTICS_READ", "Read statistics, reports and usage.")
    ANALYTICS_WRITE = ("ANALYTICS_WRITE", "Save and delete reports.")
    VIEWS_USE = ("VIEWS_USE", "Keep views of lists, and see those that others share.")


_READS = frozenset(
    {
        Permission.CUSTOMERS_READ,
        Permission.INGESTIONS_READ,
        Permission.AUDIENCES_READ,
        Permission.MEDIA_READ,
        Permission.CAMPAIGNS_READ,
        Permission.SETTINGS_READ,
        Permission.ANALYTICS_READ,
        Permission.VIEWS_USE,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.MARKETER: _READS
    | {
        Permission.CUSTOMERS_WRITE,
        Permission.INGESTIONS_WRITE,
        Permission.AUDIENCES_WRITE,
        Permission.CONSENTS_WRITE,
        Permission.MEDIA_WRITE,
        Permission.CAMPAIGNS_WRITE,
        Permission.EXPORTS_READ,
        Permission.EXPORTS_WRITE,
        Permission.ANALYTICS_WRITE,
        Permission.ASSISTANT_USE,
    },
    Role.VIEWER: _READS,
    Role.INGESTOR: frozenset(
        {Permission.INGESTIONS_READ, Permission.INGESTIONS_WRITE, Permission.RECEIPTS_WRITE}
    ),
}


ROW_SCOPES: dict[tuple[Role, Permission], str] = {
    # Kept to by the ingestion service.
    (Role.INGESTOR, Permission.INGESTIONS_READ): "only its own",
}
"""Where a role's permission does not reach every row: which rows it does reach."""


class ActorKind(Enum):
    """What an actor is."""

    USER = "USER"
    API_KEY = "API_KEY"
    OPERATOR = "OPERATOR"


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated caller. `subject` identifies it in records; row scope compares it."""

    role: Role
    subject: str
    kind: ActorKind = ActorKind.OPERATOR
    name: str | None = None
    """For people to read: a user's email, an API key's name."""
    user_id: ObjectId | None = None
    session_id: ObjectId | None = None
    """The signed-in device that a user's token belongs to."""
    api_key_id: ObjectId | None = None
    access_version: int = 0
    """How often the user's role and standing had changed when the token was made."""
    expires_at: datetime | None = None
    """When its credential ends; a live stream ends then at the latest."""

    @property
    def label(self) -> str:
        """What the audit calls it."""
        return self.name or self.subject

    @property
    def scope(self) -> tuple[str, ...]:
        """What its answers depend on: callers of the same scope see the same of everything."""
        return (self.role.value, self.subject) if self.role is Role.INGESTOR else (self.role.value,)

    def may(self, permission: Permission) -> bool:
        """Whether the role holds `permission`."""
        return permission in ROLE_PERMISSIONS[self.role]

    def require(self, permission: Permission) -> None:
        """Raise `Forbidden` unless the role holds `permission`."""
        if not self.may(permission):
            raise Forbidden(
                f"The role {self.role.value} does not have the permission {permission.value}. "
                "Ask an administrator for a token of another role."
            )


SYSTEM = Actor(Role.ADMIN, "system")
"""The product itself: what it does by its own rules, such as ending a session whose token was stolen."""
