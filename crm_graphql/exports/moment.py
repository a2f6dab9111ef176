"""The moment that an export is of: reads of MongoDB's past, for as long as it keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import Timestamp
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from crm_graphql.exports.documents import ClusterTime

Collection = AsyncCollection[dict[str, Any]]

ROWS_A_SECOND = 20_000
"""What an export is thought to do at the least, where its time is estimated."""
_GONE = frozenset({239, 246})
"""SnapshotTooOld, SnapshotUnavailable."""
_WINDOW = "minSnapshotHistoryWindowInSeconds"


class _AtClusterTime(ReadConcern):
    """Read concern snapshot at a cluster time that is given.

    The driver's own sessions choose the time themselves; another process must go on at the same one.
    """

    def __init__(self, moment: Timestamp) -> None:
        super().__init__("snapshot")
        self._moment = moment

    @property
    def document(self) -> dict[str, Any]:
        """As it goes to the server."""
        return {**super().document, "atClusterTime": self._moment}


@dataclass(frozen=True, slots=True)
class Reading:
    """How collections are read: as of a cluster time, or None: as they are."""

    cluster_time: ClusterTime | None

    @classmethod
    def at(cls, stored: Mapping[str, Any] | None) -> Reading:
        """At the cluster time that an export holds."""
        return cls(None if stored is None else ClusterTime.model_validate(stored))

    def of(self, collection: Collection) -> Collection:
        """The collection, to be read so."""
        if self.cluster_time is None:
            return collection
        moment = Timestamp(self.cluster_time.time, self.cluster_time.inc)
        return collection.with_options(read_concern=_AtClusterTime(moment))


def is_past(error: Exception) -> bool:
    """Whether MongoDB keeps the moment no more that was to be read."""
    return isinstance(error, OperationFailure) and error.code in _GONE


async def cluster_time_now(database: AsyncDatabase[dict[str, Any]]) -> ClusterTime | None:
    """The moment of the last write that a majority has; None where the server has none to tell."""
    answer = await database.command("hello")
    # A router of a sharded cluster knows no last write.
    last = answer.get("lastWrite", {}).get("majorityOpTime", {}).get("ts") or answer.get("operationTime")
    return ClusterTime(time=last.time, inc=last.inc) if isinstance(last, Timestamp) else None


async def history_seconds(database: AsyncDatabase[dict[str, Any]]) -> float | None:
    """How long MongoDB keeps what was overwritten; None where we may not ask."""
    try:
        answer = await database.client.admin.command({"getParameter": 1, _WINDOW: 1})
        return float(answer[_WINDOW])
    except (PyMongoError, KeyError, ValueError):
        return None


def warning(window: float | None, rows: int | None) -> str | None:
    """What is to be said beforehand of an export of so many rows, by an estimate of its time; None where
    MongoDB keeps its moment for long enough, or nobody knows."""
    if window is None or rows is None or rows / ROWS_A_SECOND < window:
        return None
    seconds = -(-rows // ROWS_A_SECOND)
    return (
        f"MongoDB keeps {window:.0f} s of history, and this may take {seconds:,} s or longer: what is read "
        f"after that is as it is then. {_WINDOW} on the database's servers decides."
    )


def went_on(at: datetime) -> str:
    """What is said of an export whose moment is past."""
    return (
        f"MongoDB's history ended before the export did: what was read after {at.astimezone(UTC):%H:%M:%S} "
        f"UTC is as it was then. {_WINDOW} on the database's servers decides."
    )
