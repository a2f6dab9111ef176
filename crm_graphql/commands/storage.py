"""Storage for commands that work on the deployment's data itself: the operator's way in, without the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bson import ObjectId

from crm_graphql import logs
from crm_graphql.commands.target import storage_settings
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.ids import decode_key
from crm_graphql.resources import Resources, open_resources

OPERATOR = Actor(Role.ADMIN, "operator")
"""Who has the database's credentials may do everything."""

Result = TypeVar("Result")


def on_storage(data_dir: Path | None, work: Callable[[Resources], Awaitable[Result]]) -> Result:
    """What `work` returns on opened resources. Raises SettingsError, PyMongoError, BusError, DomainError."""
    settings = storage_settings(data_dir)
    quiet = settings.model_copy(update={"log_level": "ERROR", "log_json": False})
    logs.configure(quiet)

    async def opened() -> Result:
        async with open_resources(quiet) as resources:
            return await work(resources)

    return asyncio.run(opened())


def key_of(type_name: str, text: str) -> ObjectId:
    """The database key in an API id, or in the bare form that logs show. Raises InvalidInput."""
    return ObjectId(text) if ObjectId.is_valid(text) else decode_key(type_name, text)
