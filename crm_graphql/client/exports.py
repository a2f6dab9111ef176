"""Asks for an export, follows it until it is made, and fetches its file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from crm_graphql.client.api import Api, ApiAway, ApiRefused
from crm_graphql.client.ingestions import AWAY_SECONDS, LOOK_SECONDS
from crm_graphql.client.uploads import GIVE_UP_SECONDS

CREATE = """mutation Create($input: ExportCreateInput!) {
  exportCreate(input: $input) { export { id } errors { message } } }"""
READ = """query Read($id: ID!) {
  export(id: $id) { id status rows failureReason asOf isOneMoment note url } }"""

Export = dict[str, Any]


async def make_export(api: Api, wanted: Mapping[str, Any], tell: Callable[[Export], None]) -> Export:
    """The export once it is COMPLETED or FAILED; `tell` hears of each look in between.

    A server that is away is waited for, up to ten minutes. Raises ApiRefused, and ApiAway after that.
    """
    id = (await api.mutate(CREATE, input=dict(wanted)))["export"]["id"]
    looks, last_answer = 0, time.monotonic()
    while True:
        pause = LOOK_SECONDS[min(looks, len(LOOK_SECONDS) - 1)]
        looks += 1
        try:
            export: Export | None = (await api.execute(READ, id=id))["export"]
        except ApiAway as away:
            if time.monotonic() - last_answer > GIVE_UP_SECONDS:
                raise
            pause = away.retry_after_seconds or AWAY_SECONDS
        else:
            last_answer = time.monotonic()
            if export is None:
                raise ApiRefused("The server does not know this export any more.")
            tell(export)
            if export["status"] != "RUNNING":
                return export
        await asyncio.sleep(pause)


def file_of(api: Api, export: Export) -> AsyncIterator[bytes]:
    """The file of a completed export, packed, in pieces. Raises ApiRefused, and ApiAway where it breaks."""
    link = urlsplit(export["url"])
    # The server is where it was reached, whatever it calls itself.
    return api.pieces(f"{link.path}?{link.query}")
