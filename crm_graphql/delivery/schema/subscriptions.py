"""Watching the deliveries of a campaign."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from crm_graphql.campaigns.schema.watching import campaign_states, watched_campaign
from crm_graphql.core.actor import Permission
from crm_graphql.core.ids import decode_key
from crm_graphql.delivery.queries import LedgerPosition, changes_since
from crm_graphql.delivery.schema.cursors import decode_position, encode_position
from crm_graphql.delivery.schema.types import DELIVERY_COLUMNS, Delivery, DeliveryUpdate
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription
from crm_graphql.gql.selection import projection, selected


@subscription(
    Permission.CAMPAIGNS_READ,
    "Per-recipient changes, at most 500 an event, none left out. Without `after`: first an empty event with "
    "the cursor of now, so a client subscribes, then queries deliveries, and misses nothing. With `after`: "
    "all since then. A cursor that is too old fails with CURSOR_EXPIRED.",
)
async def delivery_updates(
    info: Info,
    campaign_id: Annotated[strawberry.ID, strawberry.argument(description="Which campaign.")],
    after: Annotated[
        str | None, strawberry.argument(description="The cursor of the last event that was seen.")
    ] = None,
) -> AsyncIterator[DeliveryUpdate]:
    key = decode_key("Campaign", campaign_id, field="campaignId")
    campaign = await watched_campaign(key)
    fields = projection(DELIVERY_COLUMNS, selected(info, "deliveries"))
    if after is None:
        position = LedgerPosition(campaign["revision"])
        yield DeliveryUpdate(deliveries=[], cursor=encode_position(key, position))
    else:
        position = decode_position(key, after, newest=campaign["revision"])
    async for state in campaign_states(info, key):
        while rows := await changes_since(key, position, up_to=state["revision"], fields=fields):
            position = LedgerPosition(rows[-1]["revision"], rows[-1]["_id"])
            yield DeliveryUpdate(
                deliveries=[Delivery.from_document(row) for row in rows],
                cursor=encode_position(key, position),
            )
        position = max(position, LedgerPosition(state["revision"]), key=lambda place: place.revision)
