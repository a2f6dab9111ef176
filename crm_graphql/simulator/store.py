"""The simulator's store of what it took and which receipts it owes, in SQLite: outlives a kill -9.

WAL with synchronous=NORMAL: a commit is safe from the end of the process, not from that of the machine.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    channel TEXT NOT NULL,
    subject TEXT,
    body TEXT NOT NULL,
    tag TEXT,
    taken_at REAL NOT NULL,
    times_seen INTEGER NOT NULL DEFAULT 1,
    conflicts INTEGER NOT NULL DEFAULT 0,
    sends INTEGER NOT NULL DEFAULT 1,
    fate TEXT NOT NULL,
    reason TEXT,
    reason_text TEXT,
    occurred_at REAL NOT NULL,
    sent_receipt INTEGER NOT NULL,
    callback_url TEXT,
    more TEXT,
    receipts_wanted INTEGER NOT NULL,
    receipts_sent INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    due_at REAL
) STRICT;
CREATE INDEX IF NOT EXISTS due ON messages (callback_url, due_at) WHERE due_at IS NOT NULL;
"""

_INSERT = """
INSERT INTO messages (key, recipient, channel, subject, body, tag, taken_at, fate, reason, reason_text,
    occurred_at, sent_receipt, callback_url, receipts_wanted, due_at, sends, more)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_OWED = "seq, key, fate, reason, reason_text, occurred_at, sent_receipt, receipts_sent = 0"

_AGAIN = """
UPDATE messages SET times_seen = times_seen + 1,
    conflicts = conflicts + ((recipient, subject, body, more) IS NOT (:recipient, :subject, :body, :more)),
    sends = sends + (:resend AND fate <> 'REJECTED'),
    receipts_wanted = receipts_wanted + CASE WHEN :resend THEN :receipts ELSE 0 END,
    due_at = CASE WHEN :resend AND fate <> 'REJECTED' THEN :due_at ELSE due_at END
WHERE key = :key
"""

GIVE_UP_SECONDS = 24 * 3600
"""A receipt that the callback keeps refusing is dropped this long after it was made."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as it is first stored. Moments are seconds since the epoch."""

    key: str
    recipient: str
    channel: str
    subject: str | None
    body: str
    tag: str | None
    taken_at: float
    fate: str
    reason: str | None
    reason_text: str | None
    occurred_at: float
    sent_receipt: bool
    callback_url: str | None
    receipts_wanted: int
    due_at: float | None
    more: str | None = None
    """What it has beside subject and body, as a JSON object; None for nothing."""

    def row(self) -> tuple[object, ...]:
        """The values of the insert."""
        return (
            *(self.key, self.recipient, self.channel, self.subject, self.body, self.tag, self.taken_at),
            *(self.fate, self.reason, self.reason_text, self.occurred_at, self.sent_receipt),
            *(self.callback_url, self.receipts_wanted, self.due_at, int(self.fate != "REJECTED"), self.more),
        )


@dataclass(frozen=True, slots=True)
class OwedReceipt:
    """A final receipt that is due; `first` until it went out once."""

    seq: int
    key: str
    fate: str
    reason: str | None
    reason_text: str | None
    occurred_at: float
    sent_receipt: bool
    first: bool


class Store:
    """The database file. Writes and receipts from the event loop's thread; `report` from any."""

    def __init__(self, file: Path) -> None:
        """Open or make `file` and its folder. Raises OSError or sqlite3.Error when it cannot be used."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._writer = _connect(file)
        self._writer.executescript(_SCHEMA)
        _add_missing_column(self._writer)
        # Reports scan; they must not hold up the event loop, so they have a connection for other threads.
        self._reader = _connect(file)
        self._reader_lock = threading.Lock()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
        with self._reader_lock:
            self._reader.close()

    def fates(self, keys: Sequence[str]) -> dict[str, tuple[str, str | None]]:
        """Fate and its text of each of `keys` that is known."""
        marks = ",".join("?" * len(keys))
        rows = self._writer.execute(
            f"SELECT key, fate, reason_text FROM messages WHERE key IN ({marks})",  # noqa: S608
            keys,
        )
        return {key: (fate, text) for key, fate, text in rows}

    def add(self, new: Iterable[Taken], again: Iterable[Taken], *, dedupe: bool) -> None:
        """Store the new messages and count those that came again, in one transaction.

        Without `dedupe` those that came again are sent again, with their receipts.
        """
        with self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            self._writer.executemany(_INSERT, [message.row() for message in new])
            self._writer.executemany(_AGAIN, [_repeat(message, resend=not dedupe) for message in again])

    def callbacks(self) -> list[str]:
        """The callback addresses that are still owed receipts."""
        rows = self._writer.execute("SELECT DISTINCT callback_url FROM messages WHERE due_at IS NOT NULL")
        return [url for (url,) in rows]

    def due(self, callback_url: str, now: float, limit: int) -> list[OwedReceipt]:
        """The receipts for one callback whose time has come, longest due first."""
        rows = self._writer.execute(
            f"SELECT {_OWED} FROM messages"  # noqa: S608
            " WHERE callback_url = ? AND due_at <= ? ORDER BY due_at LIMIT ?",
            (callback_url, now, limit),
        )
        return [OwedReceipt(*row) for row in rows]

    def owed(self, keys: Sequence[str]) -> list[OwedReceipt]:
        """The receipts of `keys` that are still owed, due or not."""
        marks = ",".join("?" * len(keys))
        rows = self._writer.execute(
            f"SELECT {_OWED} FROM messages WHERE key IN ({marks}) AND due_at IS NOT NULL",  # noqa: S608
            keys,
        )
        return [OwedReceipt(*row) for row in rows]

    def next_due(self, callback_url: str) -> float | None:
        """When the next receipt for one callback is due, None when none is owed."""
        row = self._writer.execute(
            "SELECT min(due_at) FROM messages WHERE callback_url = ? AND due_at IS NOT NULL", (callback_url,)
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def went_out(self, seqs: Sequence[int], again_at: float) -> None:
        """Receipts that the callback took; those wanted more than once are due again at `again_at`."""
        with self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            self._writer.executemany(
                """
                UPDATE messages SET receipts_sent = receipts_sent + 1, refusals = 0,
                    due_at = CASE WHEN receipts_sent + 1 < receipts_wanted THEN ? END
                WHERE seq = ?
                """,
                [(again_at, seq) for seq in seqs],
            )

    def refused(self, seqs: Sequence[int], now: float) -> None:
        """Receipts that the callback refused: due again after a delay that grows from 1 s to 5 minutes."""
        with self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            self._writer.executemany(
                """
                UPDATE messages SET refusals = refusals + 1, due_at = CASE WHEN occurred_at > ? - ?
                    THEN ? + min(300, 1 << min(refusals, 9)) END
                WHERE seq = ?
                """,
                [(now, GIVE_UP_SECONDS, now, seq) for seq in seqs],
            )

    def clear(self) -> None:
        """Forget everything, owed receipts included."""
        self._writer.execute("DELETE FROM messages")

    def report(self, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a SELECT. Safe in any thread; one at a time."""
        with self._reader_lock:
            cursor = self._reader.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]


def _repeat(message: Taken, *, resend: bool) -> dict[str, object]:
    return {
        "key": message.key,
        "recipient": message.recipient,
        "subject": message.subject,
        "body": message.body,
        "more": message.more,
        "receipts": message.receipts_wanted,
        "due_at": message.due_at,
        "resend": resend,
    }


def _add_missing_column(connection: sqlite3.Connection) -> None:
    """A file that an earlier release made has no place for what messages have beside subject and body."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(messages)")}
    if "more" not in columns:
        connection.execute("ALTER TABLE messages ADD COLUMN more TEXT")


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -32000")
    return connection
