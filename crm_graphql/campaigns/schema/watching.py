"""The live state of a campaign, shared by all subscriptions of this process that watch it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bson import ObjectId

from crm_graphql.campaigns.messages import campaign_topic
from crm_graphql.campaigns.queries import find_campaign
from crm_graphql.core.errors import NotFound
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info


async def watched_campaign(key: ObjectId) -> Row:
    """The campaign as it stands. Raises NotFound."""
    row = await find_campaign(key)
    if row is None:
        raise NotFound("There is no such campaign.", path=("campaignId",))
    return row


def campaign_states(info: Info, key: ObjectId) -> AsyncGenerator[Row, None]:
    """The campaign now, then at each newer revision; newest wins."""
    return info.context.live.states(
        campaign_topic(key), "campaign", lambda: watched_campaign(key), lambda row: row["revision"]
    )
