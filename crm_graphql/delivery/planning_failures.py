"""Plans that cannot succeed: which failures end a campaign, and which are waited out."""

from __future__ import annotations

from bson import ObjectId
from pymongo import ReturnDocument
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import fail_campaign
from crm_graphql.core.errors import InvalidInput
from crm_graphql.delivery.planning_lease import to_be_planned
from crm_graphql.mongo.transient import names_data, reason

FAILURES_ALLOWED = 6
"""As often the same page may fail for what is in it or in the campaign: about 20 s of tries."""

_log = get_logger(__name__)


async def ends_the_plan(error: Exception, campaign_id: ObjectId, token: str, *, bus: Bus) -> bool:
    """Whether the plan that `error` stopped is given up, the campaign being FAILED then, with the reason.

    At once for a rule or a message that this release refuses; after some tries for any other error that is
    not the weather of database and bus, counted in the campaign, so that a restart does not begin anew.
    """
    if isinstance(error, InvalidInput):
        text = f"The audience or the message cannot be used any more: {error}"
        return await fail_campaign(campaign_id, text, bus=bus)
    if isinstance(error, BusError) or not names_data(error):
        return False
    campaign = await Campaign.get_pymongo_collection().find_one_and_update(
        to_be_planned(campaign_id, token),
        {"$inc": {"planning.failures": 1}},
        projection={"planning.failures": 1},
        return_document=ReturnDocument.AFTER,
    )
    if campaign is None or campaign["planning"]["failures"] < FAILURES_ALLOWED:
        return False
    _log.error("a ledger cannot be written", campaign_id=str(campaign_id), exc_info=error)
    text = f"Its recipients cannot be written down: {reason(error)[:200]}. The consumers' log says where."
    return await fail_campaign(campaign_id, text, bus=bus)
