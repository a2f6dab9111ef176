"""Dry runs: a body is read, checked and cut as ever, and only told what would become of it."""

from __future__ import annotations

from typing import Any

from crm_graphql.ingestion.chunk_work import forecast_records
from crm_graphql.ingestion.documents import Counters, Ingestion, IngestionStatus
from crm_graphql.ingestion.intake import Intake
from crm_graphql.ingestion.payloads import decode_records
from crm_graphql.mongo.leases import database_now


class DryRun(Intake):
    """Takes the rows of an ingestion that is a dry run.

    Chunks are compared with what is stored, a few together, and let go. The figures are those of a real run
    as things are now; of a large body that has one record several times, far apart, each counts by itself.
    """

    def __init__(self, ingestion: Ingestion, *rest: Any, **further: Any) -> None:
        super().__init__(ingestion, *rest, **further)
        self._kind = ingestion.kind
        self._number = ingestion.number
        self._forecast = Counters()

    async def _wait_for_room(self, weight: int) -> None:
        """Nothing is left for consumers to do."""

    async def _store_chunks(self, chunks: list[dict[str, Any]]) -> None:
        # Together: a small file is compared as a whole. The place behind the last chunk holds no records.
        payloads = [chunk["payload"] for chunk in chunks if chunk["record_count"]]
        records = [record for payload in payloads for record in decode_records(self._kind, payload)]
        if not records:
            return
        records.sort(key=lambda record: record.row)
        found = await forecast_records(
            self._kind, records, ingestion_number=self._number, now=await database_now()
        )
        self._forecast.created += found.created
        self._forecast.updated += found.updated
        self._forecast.unchanged += found.unchanged

    def _last_figures(self) -> dict[str, Any]:
        """With the seal it is at its end: no consumer will complete it."""
        return {
            **super()._last_figures(),
            "status": IngestionStatus.COMPLETED.value,
            "counters": self._forecast.model_dump(),
            "completed_at": self._clock.now(),
        }
