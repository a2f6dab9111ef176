"""A process that migrates and never ends: it is killed within its second action. Arguments: URL, database."""

from __future__ import annotations

import asyncio
import sys

from crm_graphql.core.settings import load_settings
from crm_graphql.migrations import runner
from crm_graphql.resources import connect_mongodb
from tests.migrations.steps import three_notes


async def main(url: str, name: str) -> None:
    """Make the first note, say so, and wait to be killed in the second."""

    async def stuck(note: str) -> None:
        if note == "second":
            print("stuck", flush=True)
            await asyncio.sleep(600)

    runner.LEASE_SECONDS = 1.0
    async with connect_mongodb(load_settings(_env_file=None, mongodb_url=url)) as mongo:
        database = mongo[name]
        await runner.connect_documents(database)
        await runner.migrate_database(database, steps=[three_notes(stuck)])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
