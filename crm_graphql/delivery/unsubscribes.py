"""Unsubscribes that a campaign led to: people who said no by a link in its message, each counted once."""

from __future__ import annotations

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.paging import Row
from crm_graphql.customers.merged import keys_of, under
from crm_graphql.delivery.documents import Delivery
from crm_graphql.results.counting import count_results

SOURCES = 16
"""Of two who count in the same document at once one begins anew, after a pause that grows: in one
document the last of eight people at once waited for half a minute."""


def _source(customer_id: ObjectId) -> str:
    return f"{customer_id.binary[-1] % SOURCES}"


class UnsubscribeCount:
    """Counts one person's no for the campaign whose link it was said by; for none where the link has none."""

    def __init__(self, campaign_id: ObjectId | None) -> None:
        self._campaign_id = campaign_id
        self.is_counted = False
        """Whether the transaction that was run last counts it."""

    async def note(self, customer: Row, session: AsyncClientSession) -> None:
        """Count it in the transaction in which the person says no: for the variant that they got, and never
        again for this campaign, whatever they say in between. Who has no delivery of it is not counted."""
        self.is_counted = False
        if self._campaign_id is None:
            return
        deliveries = Delivery.get_pymongo_collection()
        found = deliveries.find(
            {"campaign_id": self._campaign_id, "customer_id": under(keys_of(customer))},
            {"variant": 1, "unsubscribed_at": 1},
            hint="customer",
            session=session,
        )
        rows = await found.to_list()
        if not rows or any(row.get("unsubscribed_at") for row in rows):
            return
        await deliveries.update_one(
            {"_id": rows[0]["_id"]}, {"$currentDate": {"unsubscribed_at": True}}, session=session
        )
        more, source = {"unsubscribes": 1}, _source(customer["_id"])
        await count_results(self._campaign_id, rows[0].get("variant"), more, session, source=source)
        self.is_counted = True
