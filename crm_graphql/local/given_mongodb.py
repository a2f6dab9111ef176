"""A look at the MongoDB that CRM_MONGODB_URL names, before anything is started on it."""

from __future__ import annotations

from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from crm_graphql.local.mongod import LocalServerError

ANSWER_SECONDS = 5
OR_A_PRIVATE_ONE = ", or unset the variable: then a private one is started"


def check_given_mongodb(url: str, *, instead: str = "") -> None:
    """Return when a replica set or sharded cluster answers.

    Raises LocalServerError that says what is wrong, and what to do: mend it, or do `instead`.
    """
    try:
        with MongoClient[dict[str, Any]](
            url, serverSelectionTimeoutMS=ANSWER_SECONDS * 1000, connectTimeoutMS=ANSWER_SECONDS * 1000
        ) as client:
            hello = client.admin.command("hello")
    except PyMongoError as error:
        # Only the first part: the driver goes on with its whole view of the servers.
        reason = str(error).split(" (configured timeouts")[0].split(", Timeout:")[0][:300]
        raise LocalServerError(
            f"The MongoDB of CRM_MONGODB_URL cannot be used: {reason}. Start it{instead}."
        ) from None
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise LocalServerError(
            "The MongoDB of CRM_MONGODB_URL is no replica set, and transactions need one. Start it with "
            f"--replSet{instead}."
        )
