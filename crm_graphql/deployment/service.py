"""The deployment's settings as they are changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.deployment.documents import KEY, StoredSettings
from crm_graphql.deployment.live import LiveSettings
from crm_graphql.deployment.queries import NOTHING, Stored, read_stored
from crm_graphql.deployment.values import DeploymentValues, checked, plain, values_of

ALWAYS_THERE = frozenset({"organisation_name", "time_zone", "attribution_days"})
"""What has a value in any case: null gives the default back. Of all else null is a value: none."""


async def update_settings(
    actor: Actor, changes: Mapping[str, Any], *, live: LiveSettings
) -> DeploymentValues:
    """Change only the fields in `changes`, by the names of `values.FIELDS`. Requires SETTINGS_WRITE.

    Of two updates at once both hold: of a field that both change, the later's. The whole is checked, and
    written only over what was checked, so that no two halves make what neither could. When it returns this
    process goes by it, and every other does as `live` says. Raises InvalidInput with all that is wrong.
    """
    actor.require(Permission.SETTINGS_WRITE)
    changes = plain(changes)
    while True:
        before = await read_stored()
        fields = _changed(before.fields, changes)
        values = values_of(fields, live.environment)
        checked(values)
        if fields == before.fields:
            return values
        if await _write(Stored(before.revision + 1, fields), over=before):
            await live.announce(Stored(before.revision + 1, fields))
            return values


def _changed(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    given_back = {name for name in ALWAYS_THERE if name in changes and changes[name] is None}
    return {name: value for name, value in {**fields, **changes}.items() if name not in given_back}


async def _write(stored: Stored, *, over: Stored) -> bool:
    """Whether it was written: not over what another has changed meanwhile."""
    try:
        written = await StoredSettings.get_pymongo_collection().find_one_and_update(
            {"_id": KEY, "revision": over.revision},
            [
                {
                    "$set": {
                        "revision": stored.revision,
                        # Replaced as a whole, and data whatever is in it.
                        "fields": {"$literal": stored.fields},
                        "updated_at": "$$NOW",
                    }
                }
            ],
            upsert=over is NOTHING,
            return_document=ReturnDocument.AFTER,
        )
    except DuplicateKeyError:
        return False
    return written is not None
