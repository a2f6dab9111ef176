"""`python -m consumers.health`, for containers: exits 0 while a consumer of this host keeps its lease."""

from __future__ import annotations

import re
import socket
import sys

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from crm_graphql.core.settings import Settings, SettingsError, load_settings
from crm_graphql.mongo.leases import ConsumerLease

WAIT_MS = 3000


def live_processes(settings: Settings, host: str) -> int:
    """How many consumer processes of `host` hold a lease by the database's clock. Raises PyMongoError."""
    with MongoClient[dict[str, object]](settings.mongodb_url, serverSelectionTimeoutMS=WAIT_MS) as client:
        leases = client[settings.mongodb_database][ConsumerLease.Settings.name]
        return leases.count_documents(
            {"_id": {"$regex": f"^{re.escape(host)}-"}, "$expr": {"$gt": ["$lease_until", "$$NOW"]}}
        )


def main() -> int:
    """The exit code: 0 healthy, 1 with a sentence why not."""
    host = socket.gethostname()
    try:
        found = live_processes(load_settings(), host)
    except (PyMongoError, SettingsError) as error:
        print(f"MongoDB cannot be asked: {error}", file=sys.stderr)  # noqa: T201
        return 1
    if not found:
        print(f"No consumer process of {host} holds a lease.", file=sys.stderr)  # noqa: T201
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
