"""Templates of WhatsApp that a campaign's messages name: checked before the launch by what Meta tells."""

from __future__ import annotations

from crm_graphql.campaigns.variants import texts_of
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import Faults
from crm_graphql.core.paging import Row
from crm_graphql.whatsapp.templates import check_template


async def check_templates(draft: Row, faults: Faults) -> None:
    """Note for each message of a WhatsApp campaign what keeps its template from being sent. Without an
    account at Meta there is nothing to check by."""
    if draft["channel"] != Channel.WHATSAPP.value:
        return
    for place, message in texts_of(draft):
        if (whatsapp := message.get("whatsapp")) is not None:
            with faults.noted():
                await check_template(whatsapp, (*place, "message", "whatsapp"))
