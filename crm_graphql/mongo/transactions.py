"""Transactions: their shape for services that are given one, and the end of those whose process has died."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern

APP_NAME = "crm_graphql"
"""How our connections call themselves to MongoDB."""

Result = TypeVar("Result")


class Transact(Protocol):
    """Runs work in one transaction, again as a whole when the database asks for it."""

    async def __call__(self, work: Callable[[AsyncClientSession], Awaitable[Result]]) -> Result:
        """The result of the `work` that was committed. `work` touches the database only through the session
        and bears being run several times."""


async def end_abandoned_transactions(mongo: AsyncMongoClient[dict[str, Any]], *, idle_seconds: float) -> int:
    """Abort our own transactions in which nothing has happened for so long; how many there were.

    When a process is killed inside a transaction, MongoDB keeps what it had locked for a minute
    (transactionLifetimeLimitSeconds), and nobody can take over its work so long. A process that was only
    slow finds its transaction gone and runs it again, as after any conflict. Needs no rights: a user sees and
    ends its own sessions.
    """
    admin = mongo.get_database("admin", read_concern=ReadConcern("local"))
    cursor = await admin.aggregate(
        [
            {"$currentOp": {"allUsers": False, "idleSessions": True, "idleConnections": False}},
            {
                "$match": {
                    "type": "idleSession",
                    "appName": APP_NAME,
                    "transaction.timeInactiveMicros": {"$gt": int(idle_seconds * 1_000_000)},
                }
            },
            {"$project": {"lsid.id": 1}},
        ]
    )
    sessions = [{"id": row["lsid"]["id"]} async for row in cursor]
    if sessions:
        await admin.command({"killSessions": sessions})
    return len(sessions)
