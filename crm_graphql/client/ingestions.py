"""Follows an ingestion until it is persisted, and reads what was wrong with its rows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from crm_graphql.client.api import Api, ApiAway, ApiRefused
from crm_graphql.client.uploads import GIVE_UP_SECONDS

FIELDS = """
  id kind status failureReason source received accepted rejected incomplete created updated unchanged failed
  createdAt completedAt
"""
READ = f"query Read($id: ID!) {{ ingestion(id: $id) {{ {FIELDS} }} }}"
ROW_ERRORS = """
query RowErrors($id: ID!, $first: Int!) {
  ingestion(id: $id) {
    rowErrors(first: $first) { nodes { row line column externalId field value code message } }
  }
}
"""
DETAILS = """
query Details($id: ID!) {
  ingestion(id: $id) {
    isDryRun columns { column field } ignoredColumns rowErrorsUrl
    rowErrorCounts { column code message count first }
  }
}
"""
BY_KEY = """
query ByKey($kind: IngestionKind!, $key: String!) {
  ingestionByKey(kind: $kind, idempotencyKey: $key) { received }
}
"""
MAPPINGS = "query Mappings($kind: IngestionKind) { importMappings(kind: $kind) { id name } }"
LOOK_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5)
AWAY_SECONDS = 2.0
RECEIVED_SECONDS = 1.0

Ingestion = dict[str, Any]


async def wait_until_ended(api: Api, id: str, tell: Callable[[Ingestion], None]) -> Ingestion:
    """The ingestion once it is COMPLETED or FAILED; `tell` hears of each look in between.

    A server that is away is waited for, up to ten minutes. Raises ApiRefused, and ApiAway after that.
    """
    looks = 0
    last_answer = time.monotonic()
    while True:
        pause = LOOK_SECONDS[min(looks, len(LOOK_SECONDS) - 1)]
        looks += 1
        try:
            ingestion = (await api.execute(READ, id=id))["ingestion"]
        except ApiAway as away:
            if time.monotonic() - last_answer > GIVE_UP_SECONDS:
                raise
            pause = away.retry_after_seconds or AWAY_SECONDS
        else:
            last_answer = time.monotonic()
            if ingestion is None:
                raise ApiRefused("The server does not know this ingestion any more.")
            tell(ingestion)
            if ingestion["status"] in ("COMPLETED", "FAILED"):
                return dict(ingestion)
        await asyncio.sleep(pause)


async def first_row_errors(api: Api, id: str, count: int) -> list[dict[str, Any]]:
    """The first `count` (at most 100) rows that were refused. Raises ApiRefused or ApiAway."""
    ingestion = (await api.execute(ROW_ERRORS, id=id, first=count))["ingestion"]
    nodes: list[dict[str, Any]] = ingestion["rowErrors"]["nodes"] if ingestion else []
    return nodes


async def details_of(api: Api, id: str) -> dict[str, Any]:
    """How an ingestion's file was read, and its row errors by cause; nothing of a server that has no such
    fields, of a former release."""
    try:
        ingestion: dict[str, Any] | None = (await api.execute(DETAILS, id=id))["ingestion"]
    except ApiRefused:
        return {}
    return ingestion or {}


async def watch_received(api: Api, kind: str, idempotency_key: str, tell: Callable[[int], None]) -> None:
    """Tell how many records of an upload were read, once a second, until cancelled. A server that cannot say
    ends it."""
    while True:
        await asyncio.sleep(RECEIVED_SECONDS)
        try:
            found = await api.execute(BY_KEY, kind=kind.upper(), key=idempotency_key)
        except ApiRefused:
            return
        except ApiAway:
            continue
        if found["ingestionByKey"] is not None:
            tell(found["ingestionByKey"]["received"])


async def mapping_id(api: Api, kind: str, name_or_id: str) -> str:
    """The id of a kept mapping by its name, in any case of its letters, or its id. Raises ApiRefused for one
    that is not there, and ApiAway."""
    mappings: list[dict[str, str]] = (await api.execute(MAPPINGS, kind=kind.upper()))["importMappings"] or []
    for mapping in mappings:
        if name_or_id == mapping["id"] or name_or_id.casefold() == mapping["name"].casefold():
            return mapping["id"]
    known = ", ".join(f'"{mapping["name"]}"' for mapping in mappings[:20]) or "none"
    raise ApiRefused(f'There is no mapping of {kind} "{name_or_id}". There are: {known}.')
