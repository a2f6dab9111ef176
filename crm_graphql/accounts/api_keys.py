"""API keys: for machines; the secret is shown once."""

from __future__ import annotations

from datetime import datetime

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.accounts.access import Access
from crm_graphql.accounts.documents import ApiKey, RevocationKind
from crm_graphql.accounts.revocations import revoke
from crm_graphql.accounts.secret_texts import API_KEY_PREFIX, HINT_LENGTH, hash_of, new_secret
from crm_graphql.core.actor import Actor, Permission, Role
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, InvalidInput, NotFound
from crm_graphql.core.names import checked_name
from crm_graphql.core.paging import Row
from crm_graphql.mongo.transactions import Transact

NAME_LENGTH = 100


async def create_api_key(
    actor: Actor, *, name: str, role: Role, expires_at: datetime | None, clock: Clock
) -> tuple[Row, str]:
    """The new key and its secret, which is nowhere kept. Requires API_KEYS_WRITE.

    Raises InvalidInput with all that is wrong: no name, a bad one, a moment that has passed.
    """
    actor.require(Permission.API_KEYS_WRITE)
    faults, now = Faults(), clock.now()
    with faults.noted():
        name = checked_name(name, needed="A key needs a name that says who uses it.", limit=NAME_LENGTH)
    with faults.noted():
        if expires_at is not None and expires_at <= now:
            raise InvalidInput("This moment has passed.", path=("expiresAt",))
    faults.check()
    secret = new_secret(API_KEY_PREFIX)
    row = {
        "_id": ObjectId(),
        "name": name,
        "role": role.value,
        "hint": secret[:HINT_LENGTH],
        "secret_hash": hash_of(secret),
        "created_at": now,
        "created_by": actor.label,
        "last_used_at": None,
        "expires_at": expires_at,
    }
    await ApiKey.get_pymongo_collection().insert_one(row)
    return row, secret


async def revoke_api_key(actor: Actor, key: ObjectId, *, access: Access, transact: Transact) -> None:
    """End a key at once and everywhere, live streams included. Requires API_KEYS_WRITE. Raises NotFound."""
    actor.require(Permission.API_KEYS_WRITE)

    async def work(session: AsyncClientSession) -> None:
        gone = await ApiKey.get_pymongo_collection().delete_one({"_id": key}, session=session)
        if not gone.deleted_count:
            raise NotFound("There is no such key; it may have been revoked already.", path=("id",))
        await revoke(RevocationKind.API_KEY, key, settings=access.settings, session=session)

    await transact(work)
    await access.revocations.announce()
