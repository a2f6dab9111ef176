"""Rows of a file, as door and preview read them: its bytes unpacked, its request, the check of its rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime

from crm_graphql.core.bodies import Body
from crm_graphql.core.errors import NotFound
from crm_graphql.core.ids import decode_key
from crm_graphql.core.settings import Settings
from crm_graphql.core.zones import zone_of
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definitions
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import ImportRequest
from crm_graphql.imports.queries import request_of_mapping
from crm_graphql.imports.reading import FileReading
from crm_graphql.ingestion.checks import RowCheck, row_check
from crm_graphql.ingestion.documents import Ingestion
from crm_graphql.ingestion.origin import JSON_FORMATS
from crm_graphql.ingestion.stored_plans import Upload, request_of
from crm_graphql.ingestion.topics import Topics


def unpacked(body: AsyncIterator[bytes], settings: Settings, *, gzip: bool) -> Body:
    """The body as the settings bound it."""
    limit, seconds = settings.ingest_body_limit_bytes, settings.ingest_read_seconds
    return Body(body, gzip=gzip, limit_bytes=limit, piece_seconds=seconds)


async def request_for(upload: Upload, kind: IngestionKind, begun: Ingestion | None = None) -> ImportRequest:
    """What is asked of the file, with the columns and options of a kept mapping; the request's own options go
    before those.

    A mapping that was deleted after `begun` had made its plan is not missed. Raises NotFound, InvalidInput.
    """
    if upload.mapping_id is None:
        return upload.request
    key = decode_key("ImportMapping", upload.mapping_id, field="mapping")
    kept = await request_of_mapping(key, kind)
    if kept is None:
        if begun is not None and begun.plan is not None:
            return request_of(begun.plan)
        raise NotFound(f"There is no such mapping of {kind.value.lower()}.", path=("mapping",))
    own, options = upload.request.options, kept.options
    said = {name: value for name in own.__slots__ if (value := getattr(own, name)) is not None}
    return ImportRequest(kept.mapping, upload.request.preset, replace(options, **said))


async def custom_fields_of(kind: IngestionKind) -> Definitions:
    """The custom fields that records of the kind may bring: read once an ingestion."""
    return await definitions() if kind is IngestionKind.CUSTOMERS else NO_FIELDS


def records_check(
    kind: IngestionKind,
    names: Mapping[str, str],
    topics: Topics,
    begun_at: datetime,
    settings: Settings,
    custom: Definitions,
) -> RowCheck:
    """The check of a mutation's records."""
    return row_check(
        kind,
        {**names, "custom": "customFields"}
        | {field.name: f"customFields.{field.key}" for field in custom.values()},
        custom=custom,
        zone=zone_of(settings.time_zone),
        begun_at=begun_at,
        currency=settings.currency,
        default_country=settings.country or None,
        topics=topics.by_name,
        blank_clears=True,
    )


def file_check(reading: FileReading, topics: Topics, begun_at: datetime, settings: Settings) -> RowCheck:
    """The check of a file's rows. An empty cell is left out; an empty text of JSON clears."""
    plan = reading.plan
    return row_check(
        reading.kind,
        reading.names,
        begun_at=begun_at,
        currency=settings.currency,
        default_country=plan.options.country or settings.country or None,
        topics=topics.by_name,
        topic=plan.options.topic,
        custom=reading.custom,
        zone=zone_of(settings.time_zone),
        blank_clears=reading.form.format in JSON_FORMATS,
    )
