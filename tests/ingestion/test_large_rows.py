"""Rows of any size: chunks are cut by bytes too, the same way each time; what is too large is a row error."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from crm_graphql.imports.files import lines
from crm_graphql.ingestion import values
from crm_graphql.ingestion.chunks import CHUNK_BYTES
from crm_graphql.ingestion.documents import IngestionStatus
from crm_graphql.resources import Resources
from tests.ingestion.doors import (
    CUSTOMERS,
    BodyFormat,
    apply_pending,
    as_stored,
    cut,
    figures,
    pieces,
    stream,
)

KB, MB = 1_000, 1_000_000


@pytest.fixture(autouse=True)
def _texts_of_any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """What bounds a row otherwise, so that the bound on what is stored shows."""
    monkeypatch.setattr(values, "TEXT_CHARACTERS", 20 * MB)
    monkeypatch.setattr(lines, "LINE_BYTES", 20 * MB)


def people(count: int, size: int) -> bytes:
    """So many customers, each a row of about this size."""
    rows = ({"customer_id": f"c{n}", "city": f"{n:09d}" + "x" * (size - 50)} for n in range(count))
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


@pytest.mark.parametrize(("count", "size"), [(3_000, 10 * KB), (300, 100 * KB), (20, MB), (4, 4 * MB)])
async def test_rows_of_any_size_are_stored_and_applied(resources: Resources, count: int, size: int) -> None:
    body = people(count, size)
    ingestion = await stream(resources, CUSTOMERS, body, format=BodyFormat.NDJSON, partitions=2)
    chunks = await resources.database.ingestion_chunks.find().to_list()
    assert sum(chunk["record_count"] for chunk in chunks) == count
    assert all(len(chunk["payload"]) < max(CHUNK_BYTES, size) + KB for chunk in chunks)
    # Where the index would refuse so long a text, MongoDB's wildcard index leaves it out.
    await apply_pending(resources)
    done = await as_stored(ingestion)
    assert done.status is IngestionStatus.COMPLETED
    assert await figures(done) == (count, 0, 0, 0)


@pytest.mark.parametrize("size", [5 * MB, 15_900 * KB])
async def test_a_row_larger_than_what_can_be_stored_is_one_row_error(resources: Resources, size: int) -> None:
    body = people(1, 100) + people(1, size).replace(b"c0", b"large") + b'{"customer_id":"after"}\n'
    ingestion = await stream(resources, CUSTOMERS, body, format=BodyFormat.NDJSON)
    assert (ingestion.received, ingestion.rejected) == (3, 1)
    (error,) = await resources.database.row_errors.find().to_list()
    assert (error["row"], error["external_id"]) == (1, "large")
    assert "larger than" in error["message"]
    await apply_pending(resources)
    assert await figures(ingestion) == (2, 0, 0, 0)


async def test_a_retry_of_large_rows_finds_the_same_chunks(resources: Resources) -> None:
    body = people(1_500, 10 * KB)

    async def broken_off() -> AsyncIterator[bytes]:
        async for part in pieces(*cut(body[: 12 * MB])):
            yield part
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await stream(resources, CUSTOMERS, broken_off(), format=BodyFormat.NDJSON, key="k", partitions=1)
    found = {row["_id"] async for row in resources.database.ingestion_chunks.find()}
    assert len(found) >= 3
    ingestion = await stream(resources, CUSTOMERS, body, format=BodyFormat.NDJSON, key="k")
    assert found < {row["_id"] async for row in resources.database.ingestion_chunks.find()}
    await apply_pending(resources)
    assert await figures(ingestion) == (1_500, 0, 0, 0)
