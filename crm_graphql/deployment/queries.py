"""The deployment's settings as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.senders import Sender
from crm_graphql.core.settings import Settings
from crm_graphql.deployment.documents import KEY, StoredSettings
from crm_graphql.deployment.values import DeploymentValues, values_of


@dataclass(frozen=True, slots=True)
class Stored:
    """What people set, and its revision: 0 while nobody has set anything."""

    revision: int
    fields: Mapping[str, Any]


NOTHING = Stored(0, {})


async def read_stored() -> Stored:
    """What is stored now."""
    row = await StoredSettings.get_pymongo_collection().find_one({"_id": KEY})
    return NOTHING if row is None else Stored(row["revision"], row["fields"])


async def get_settings(actor: Actor, *, environment: Settings) -> DeploymentValues:
    """What holds for the deployment, as it stands in MongoDB. Requires SETTINGS_READ."""
    actor.require(Permission.SETTINGS_READ)
    return values_of((await read_stored()).fields, environment)


async def read_sender() -> Sender:
    """Who e-mail is from, as people have set it by now."""
    fields = (await read_stored()).fields
    return Sender(fields.get("sender_name"), fields.get("reply_to"))
