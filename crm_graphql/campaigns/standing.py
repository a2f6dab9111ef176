"""The standing of a campaign that somebody wants to act on: whether it may be done, and why not."""

from __future__ import annotations

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import CHANGES, Action
from crm_graphql.core.errors import NotFound, WrongState
from crm_graphql.core.paging import Row


async def require_campaign(key: ObjectId, action: Action) -> Row:
    """The campaign, in a state in which the action may be done. Raises NotFound, WrongState."""
    row = await found_campaign(key)
    if not CHANGES[action].allows(row):
        raise wrong_state(row, action)
    return row


async def found_campaign(key: ObjectId) -> Row:
    """The campaign. Raises NotFound."""
    row: Row | None = await Campaign.get_pymongo_collection().find_one({"_id": key})
    if row is None:
        raise NotFound("There is no such campaign.", path=("id",))
    return row


def wrong_state(row: Row, action: Action) -> WrongState:
    """The refusal of an action, with the campaign as it stands."""
    change = CHANGES[action]
    if CampaignStatus(row["status"]) in change.sources:
        was = "was launched" if row.get("launched_at") is not None else "never began to be sent"
        message = f"The campaign {was}; it cannot be {action.value}."
    else:
        allowed = [status.value for status in CampaignStatus if status in change.sources]
        states = " or ".join(filter(None, [", ".join(allowed[:-1]), allowed[-1]]))
        message = f"The campaign is {row['status']}; only one that is {states} can be {action.value}."
    return WrongState(message, path=("id",), subject=row)
