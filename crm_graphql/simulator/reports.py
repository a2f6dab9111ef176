"""Reports of what the simulator saw: figures, and the messages themselves, read from its store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from crm_graphql.simulator.store import Store

_FIGURES = """
    count(*) AS messages,
    coalesce(sum(times_seen), 0) AS handed_over,
    coalesce(sum(fate <> 'REJECTED'), 0) AS accepted,
    coalesce(sum(fate = 'REJECTED'), 0) AS rejected,
    coalesce(sum(fate = 'DELIVERED'), 0) AS delivered,
    coalesce(sum(fate IN ('FAILED', 'BOUNCED_LATE')), 0) AS failed,
    coalesce(sum(times_seen > 1), 0) AS keys_seen_again,
    coalesce(max(times_seen), 0) AS times_seen_max,
    coalesce(max(sends), 0) AS sends_per_key_max,
    coalesce(sum(conflicts), 0) AS conflicts,
    coalesce(sum(receipts_sent), 0) AS receipts_sent,
    coalesce(sum(due_at IS NOT NULL), 0) AS receipts_owed
"""

_MESSAGE = """
    seq, key, recipient AS "to", channel, subject, body, more, tag, taken_at, times_seen, sends, conflicts,
    lower(fate) AS fate, reason, reason_text, receipts_sent, due_at IS NOT NULL AS receipt_owed
"""


def stats(store: Store, tag: str | None = None) -> dict[str, Any]:
    """The figures over all messages, or over those of one tag, and `tags` with the figures of each.

    `messages` are distinct keys, `handed_over` counts repeats; `sends_per_key_max` above 1 means that
    somebody got a message twice; `conflicts` counts repeats of a key with another text or address;
    `recipients_seen_again` counts people who got more than one message of the same tag.
    """
    where, values = ("WHERE tag = ?", (tag,)) if tag is not None else ("", ())
    figures = store.report(f"SELECT {_FIGURES} FROM messages {where}", values)[0]  # noqa: S608
    people = f"SELECT 1 FROM messages {where} GROUP BY tag, channel, recipient HAVING count(*) > 1"  # noqa: S608
    again = store.report(f"SELECT count(*) AS n FROM ({people})", values)[0]["n"]  # noqa: S608
    tags = store.report(
        f"SELECT tag, {_FIGURES} FROM messages {where} GROUP BY tag HAVING tag IS NOT NULL",  # noqa: S608
        values,
    )
    by_tag = {row.pop("tag"): row for row in tags}
    return {**figures, "recipients_seen_again": again, "tags": by_tag}


def page_after(store: Store, after: int, limit: int) -> list[dict[str, Any]]:
    """Messages in the order they came, those with a greater `seq` than `after`."""
    sql = f"SELECT {_MESSAGE} FROM messages WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
    return _messages(store, sql, (after, limit))


def newest(store: Store, before: int | None, recipient: str | None, limit: int) -> list[dict[str, Any]]:
    """Messages, newest first, with a smaller `seq` than `before`, to an address that contains `recipient`."""
    conditions: list[str] = []
    values: list[object] = []
    if before is not None:
        conditions.append("seq < ?")
        values.append(before)
    if recipient:
        conditions.append("instr(lower(recipient), lower(?)) > 0")
        values.append(recipient)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    return _messages(
        store,
        f"SELECT {_MESSAGE} FROM messages {where} ORDER BY seq DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )


def by_key(store: Store, key: str) -> dict[str, Any] | None:
    """One message, None for a key that never came."""
    rows = _messages(store, f"SELECT {_MESSAGE} FROM messages WHERE key = ?", (key,))  # noqa: S608
    return rows[0] if rows else None


def count(store: Store) -> int:
    """How many distinct messages came."""
    return int(store.report("SELECT count(*) AS n FROM messages")[0]["n"])


def _messages(store: Store, sql: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
    """With what they have beside subject and body as fields of their own."""
    rows = store.report(sql, values)
    for row in rows:
        more = row.pop("more")
        row.update(msgspec.json.decode(more) if more else {})
    return rows
