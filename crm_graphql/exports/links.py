"""Links to exports: signed addresses that are good for 15 minutes, each for who was told it."""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

import msgspec
from bson import ObjectId

from crm_graphql.accounts.queries import find_api_key, find_user
from crm_graphql.accounts.tokens import derived_key, derived_keys
from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Forbidden, NotFound
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.exports.documents import ExportStatus
from crm_graphql.exports.queries import find_export
from crm_graphql.exports.rights import may_have

GOOD_FOR = timedelta(minutes=15)
_PURPOSE = "exports"


class _Caller(msgspec.Struct, array_like=True, frozen=True):
    """Whom a link is for: nothing of it that logs should not have."""

    role: Role
    subject: str
    kind: ActorKind
    user: str | None
    api_key: str | None

    @classmethod
    def of(cls, actor: Actor) -> _Caller:
        user, key = actor.user_id, actor.api_key_id
        return cls(
            *(actor.role, actor.subject, actor.kind),
            *(None if user is None else str(user), None if key is None else str(key)),
        )

    async def actor(self) -> Actor:
        """The actor as they stand now. Raises Forbidden for who is none any more."""
        if self.user is not None:
            user = await find_user(ObjectId(self.user))
            if user is None or not user["is_active"]:
                raise Forbidden("The user to whom this address was given is not active any more.")
            role, name = Role(user["role"]), user["email"]
            return Actor(role, self.subject, self.kind, name, user_id=user["_id"])
        if self.api_key is not None:
            key = await find_api_key(ObjectId(self.api_key))
            if key is None:
                raise Forbidden("The API key to which this address was given has been revoked.")
            return Actor(Role(key["role"]), self.subject, self.kind, key["name"], api_key_id=key["_id"])
        return Actor(self.role, self.subject, self.kind)


class Asked(NamedTuple):
    """A link as it is used: its parts, and who says that they use it, where they do."""

    key: str
    caller: str
    expires: str
    signature: str


def export_url(actor: Actor, export: Row, *, settings: Settings, clock: Clock) -> str | None:
    """Where the export's file lies for the next 15 minutes, for this actor; None where there is none (any
    more), and for who may not have it."""
    now = clock.now()
    is_there = export["status"] == ExportStatus.COMPLETED.value and export["expires_at"] > now
    if not is_there or not may_have(actor, export):
        return None
    caller = base64.urlsafe_b64encode(msgspec.json.encode(_Caller.of(actor))).decode().rstrip("=")
    key, expires = str(export["_id"]), str(int((now + GOOD_FOR).timestamp()))
    signature = _mac(derived_key(settings, _PURPOSE), Asked(key, caller, expires, ""))
    root = settings.public_url.rstrip("/")
    return f"{root}/exports/{key}?expires={expires}&for={caller}&signature={signature}"


async def read_link(asked: Asked, presented: Actor | None, *, settings: Settings, clock: Clock) -> Actor:
    """Whom the link is for. Raises Forbidden for one that is not signed here, that was changed, that is too
    old, for who is not active any more, and for `presented` who is somebody else."""
    given = asked.signature.encode("utf-8", "replace")
    if not any(
        hmac.compare_digest(_mac(key, asked).encode(), given) for key in derived_keys(settings, _PURPOSE)
    ):
        raise Forbidden("This address is not signed by this server. Ask for Export.url again.")
    padded = asked.caller + "=" * (-len(asked.caller) % 4)
    caller = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Caller)
    if clock.now().timestamp() >= int(asked.expires):
        raise Forbidden("This address was good for 15 minutes. Ask for Export.url again.")
    if presented is not None and (presented.kind, presented.subject) != (caller.kind, caller.subject):
        raise Forbidden("This address was given to somebody else. Ask for Export.url yourself.")
    return await caller.actor()


async def find_file(actor: Actor, key: str, *, clock: Clock) -> Row:
    """The export whose file a link is to. Raises NotFound where it is not there any more, Forbidden for who
    may not have it any more."""
    export = await find_export(ObjectId(key))
    if export is None or export["expires_at"] <= clock.now() or not export["file"]["parts"]:
        raise NotFound("The file of this export is not kept any more. Make it again.")
    if not may_have(actor, export):
        raise Forbidden(f"The role {actor.role.value} may not have what is in this file.")
    return export


def _mac(key: bytes, asked: Asked) -> str:
    signed = f"{asked.key}:{asked.expires}:{asked.caller}"
    return hmac.new(key, signed.encode("utf-8", "replace"), sha256).hexdigest()
