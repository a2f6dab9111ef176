"""Links to exports: signed addresses that are good for 15 minutes, each for who was told it."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import msgspec
from bson import ObjectId

from crm_graphql.accounts.queries import find_api_key, find_user
from crm_graphql.accounts.signed_links import check_signed, signed_query
from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Forbidden, NotFound
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.exports.documents import ExportStatus
from crm_graphql.exports.queries import find_export
from crm_graphql.exports.rights import may_have

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


def export_url(actor: Actor, export: Row, *, settings: Settings, clock: Clock) -> str | None:
    """Where the export's file lies for the next 15 minutes, for this actor; None where there is none (any
    more), and for who may not have it."""
    now = clock.now()
    is_there = export["status"] == ExportStatus.COMPLETED.value and export["expires_at"] > now
    if not is_there or not may_have(actor, export):
        return None
    caller = base64.urlsafe_b64encode(msgspec.json.encode(_Caller.of(actor))).decode().rstrip("=")
    key = str(export["_id"])
    query = signed_query(_PURPOSE, _subject(key, caller), settings=settings, clock=clock)
    return f"{settings.public_url.rstrip('/')}/exports/{key}?for={caller}&{query}"


async def read_link(
    key: str, query: Mapping[str, str], presented: Actor | None, *, settings: Settings, clock: Clock
) -> Actor:
    """Whom the link is for. Raises Forbidden for one that is not signed here, that was changed, that is too
    old, for who is not active any more, and for `presented` who is somebody else."""
    given = query.get("for", "")
    check_signed(
        _PURPOSE, _subject(key, given), query, ask_again="Export.url", settings=settings, clock=clock
    )
    padded = given + "=" * (-len(given) % 4)
    caller = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_Caller)
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


def _subject(key: str, caller: str) -> str:
    """What is signed. No sign of a key or of a caller is a colon."""
    return f"{key}:{caller}"
