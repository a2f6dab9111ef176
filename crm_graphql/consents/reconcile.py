"""Reconciling marks of suppressions: what two writers at one moment did not see of each other."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm_graphql.consents.suppress import mark_again
from crm_graphql.mongo.leases import database_now

SETTLED_AFTER = timedelta(seconds=75)
"""Longer than a transaction lives: one that took in a customer without seeing the suppression has ended."""
FIRST_LOOK_BACK = timedelta(minutes=10)


class MarkReconciler:
    """Looks once more at each suppression some time after it was made. Sending never needs it: it asks the
    suppressions themselves."""

    def __init__(self) -> None:
        self._looked_until: datetime | None = None

    async def run(self) -> int:
        """One round; how many suppressions it looked at."""
        until = await database_now() - SETTLED_AFTER
        since = self._looked_until or until - FIRST_LOOK_BACK
        count = await mark_again(since, until)
        self._looked_until = until
        return count
