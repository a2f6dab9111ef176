"""Writing suppressions from records: once an address, whatever order records come in."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.records import SuppressionRecord
from crm_graphql.consents.suppress import NewSuppression, count_stored, store
from crm_graphql.customers.records import Applied


async def apply_suppressions(records: Sequence[SuppressionRecord], *, session: AsyncClientSession) -> Applied:
    """Suppress the records' addresses within the session's transaction. Idempotent: one that is suppressed
    already keeps its reason and its moment.

    A concurrent writer of the same address makes the transaction fail with a transient error or
    DuplicateKeyError: run it again.
    """
    created = await store(_wanted(records), session=session)
    return Applied(created, 0, len(records) - created)


async def forecast_suppressions(records: Sequence[SuppressionRecord]) -> Applied:
    """What `apply_suppressions` would do with the records as things are now. Writes nothing."""
    wanted = _wanted(records)
    created = len(wanted) - await count_stored(wanted)
    return Applied(created, 0, len(records) - created)


def _wanted(records: Sequence[SuppressionRecord]) -> list[NewSuppression]:
    """The suppressions in the records, each once, as the first of them has it."""
    wanted: dict[tuple[str, str], NewSuppression] = {}
    for record in records:
        one = NewSuppression(record.channel, record.external_id, record.reason, record.at)
        wanted.setdefault((record.channel.value, record.external_id), one)
    return list(wanted.values())
