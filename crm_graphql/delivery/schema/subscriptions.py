"""Watching the deliveries of a campaign."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any

import strawberry
from bson import ObjectId

from crm_graphql.campaigns.schema.watching import campaign_states, watched_campaign
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.delivery.queries import LedgerPosition, changes_filter, changes_since
from crm_graphql.delivery.schema.cursors import decode_position, encode_position
from crm_graphql.delivery.schema.inputs import DeliveryFilter
from crm_graphql.delivery.schema.types import DELIVERY_COLUMNS, Delivery, DeliveryUpdate
from crm_graphql.gql.changelog import ChangeLog
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription
from crm_graphql.gql.selection import projection, selected


class DeliveryLog(ChangeLog[LedgerPosition, DeliveryUpdate]):
    """A campaign's deliveries in the order of (revision, id): each comes once, with its newest state."""

    def __init__(
        self,
        info: Info,
        key: ObjectId,
        start: LedgerPosition | None,
        *,
        newest: LedgerPosition,
        matching: Mapping[str, Any],
        fields: Mapping[str, int],
    ) -> None:
        """Who names no place to `start` from begins at `newest`, with an empty event."""
        self._info = info
        self._key = key
        self._matching = matching
        self._fields = fields
        self.start = start or newest
        self.newest = newest
        self.opening = self.caught_up(newest) if start is None else None

    def caught_up(self, place: LedgerPosition) -> DeliveryUpdate:
        """No delivery, and the cursor of the place."""
        return DeliveryUpdate(deliveries=[], cursor=encode_position(self._key, place))

    async def heads(self) -> AsyncIterator[LedgerPosition]:
        """The campaign's committed revisions: no row of one can still appear."""
        async with aclosing(campaign_states(self._info, self._key)) as states:
            async for state in states:
                yield LedgerPosition(state["revision"])

    async def page(
        self, after: LedgerPosition, up_to: LedgerPosition
    ) -> tuple[DeliveryUpdate, LedgerPosition] | None:
        """At most 500 deliveries that changed after the place."""
        rows = await changes_since(self._matching, after, up_to=up_to.revision, fields=self._fields)
        if not rows:
            return None
        place = LedgerPosition(rows[-1]["revision"], rows[-1]["_id"])
        deliveries = [Delivery.from_document(row) for row in rows]
        return DeliveryUpdate(deliveries=deliveries, cursor=encode_position(self._key, place)), place


@subscription(
    Permission.CAMPAIGNS_READ,
    "Per-recipient changes, at most 500 an event, none left out. Without `after`: first an empty event with "
    "the cursor of now, so a client subscribes, then queries deliveries, and misses nothing. With `after`: "
    "all since then, or one empty event when that is nothing. A cursor that is not of this log, as after the "
    "database was restored from a copy, fails with CURSOR_EXPIRED. With `filter` only what matches comes: "
    "what no longer does is not told.",
    resume_argument="after",
)
async def delivery_updates(
    info: Info,
    campaign_id: Annotated[strawberry.ID, strawberry.argument(description="Which campaign.")],
    after: Annotated[
        str | None, strawberry.argument(description="The cursor of the last event that was seen.")
    ] = None,
    filter: Annotated[
        DeliveryFilter | None, strawberry.argument(description="Which deliveries; all by default.")
    ] = None,
) -> AsyncIterable[DeliveryUpdate]:
    key = decode_key("Campaign", campaign_id, field="campaignId")
    newest = (await watched_campaign(key))["revision"]
    start = None if after is None else decode_position(key, after, newest=newest)
    wanted = filter or DeliveryFilter()
    matching = await changes_filter(
        info.context.actor,
        key,
        wanted.statuses,
        wanted.reasons,
        wanted.variants,
        wanted.search,
        default_country=info.context.resources.settings.country or None,
    )
    fields = projection(DELIVERY_COLUMNS, selected(info, "deliveries"))
    return DeliveryLog(info, key, start, newest=LedgerPosition(newest), matching=matching, fields=fields)
