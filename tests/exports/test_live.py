"""Exports as they are watched."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.ids import encode_id
from crm_graphql.resources import Resources
from tests.bulk.factories import people
from tests.bulk.test_live import watch
from tests.exports.factories import ask, finish
from tests.server.live_server import Server, serving


async def test_progress_is_watched_to_the_end(resources: Resources) -> None:
    await people(3)
    export = await ask(resources)
    key = encode_id("Export", export["_id"])
    document = f'subscription {{ exportProgress(exportId: "{key}") {{ status rows url }} }}'
    seen = []
    async with serving(resources) as server, server.socket() as socket:
        async for event in watch(socket, document):
            seen.append(event["exportProgress"])
            if len(seen) == 1:
                await finish(resources, export)
    assert seen[0] == {"status": "RUNNING", "rows": 0, "url": None}
    assert (seen[-1]["status"], seen[-1]["rows"]) == ("COMPLETED", 3)
    assert "/exports/" in seen[-1]["url"]


async def test_each_who_watches_the_same_export_is_told_a_link_of_their_own(resources: Resources) -> None:
    await people(3)
    export = await ask(resources)
    key = encode_id("Export", export["_id"])
    document = f'subscription {{ exportProgress(exportId: "{key}") {{ url }} }}'
    both_watch = asyncio.Barrier(3)

    async def last_link(server: Server, subject: str) -> str:
        token = mint_token(resources.settings, Role.ADMIN, timedelta(minutes=5), subject)
        url = None
        async with replace(server, token=token).socket() as socket:
            async for event in watch(socket, document):
                if url is None and event["exportProgress"]["url"] is None:
                    await both_watch.wait()
                url = event["exportProgress"]["url"]
        assert url is not None
        return str(url)

    async with serving(resources) as server:
        links = [asyncio.create_task(last_link(server, subject)) for subject in ("ann", "bob")]
        await both_watch.wait()
        await finish(resources, export)
        told = await asyncio.gather(*links)
    ann, bob = (parse_qs(urlsplit(url).query)["for"] for url in told)
    assert ann != bob
