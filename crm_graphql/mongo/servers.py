"""The MongoDB that the product needs: its version, and a replica set or a sharded cluster."""

from __future__ import annotations

from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

LEAST_VERSION = (6, 0)


class ServerUnfit(Exception):
    """The MongoDB cannot do what the product needs; the message says what there is and what must be."""


async def check_mongodb(database: AsyncDatabase[dict[str, Any]]) -> None:
    """Raise ServerUnfit, with what to do, for a MongoDB that is too old, or a server alone."""
    build = await database.client.admin.command("buildInfo")
    version = tuple(build["versionArray"][:2])
    if version < LEAST_VERSION:
        raise ServerUnfit(
            f"MongoDB {build['version']} at CRM_MONGODB_URL is too old: "
            f"{LEAST_VERSION[0]}.{LEAST_VERSION[1]} or later is needed."
        )
    hello = await database.client.admin.command("hello")
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise ServerUnfit(
            "The MongoDB at CRM_MONGODB_URL is no replica set, and transactions need one. Start it with "
            "--replSet."
        )
