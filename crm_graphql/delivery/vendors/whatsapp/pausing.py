"""Campaigns whose template Meta has paused, disabled or rejected: they pause too, before people are lost."""

from __future__ import annotations

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import hold_campaign
from crm_graphql.core.channels import Channel
from crm_graphql.whatsapp.template_parts import APPROVED
from crm_graphql.whatsapp.templates import note_status

_WARNINGS = frozenset({"FLAGGED", "LIMIT_EXCEEDED", "UNARCHIVED"})
"""They leave the template as it is."""
_REINSTATED = "REINSTATED"


async def heed_template(
    template_id: str, status: str, name: str, language: str, reason: str | None, *, bus: Bus
) -> int:
    """Keep what Meta told of a template; where it is not sent any more, pause the campaigns that are sending
    it. How many those were. Idempotent."""
    status = APPROVED if status.upper() == _REINSTATED else status.upper()
    if status in _WARNINGS:
        return 0
    known = await note_status(template_id, status)
    if status == APPROVED:
        return 0
    # Meta writes languages in two ways: "pt-BR" here, "pt_BR" in its lists.
    language = known["language"] if known else language.replace("-", "_")
    named = {
        "message.whatsapp.template": known["name"] if known else name,
        "message.whatsapp.language": language,
    }
    sending = {
        "status": CampaignStatus.SENDING.value,
        "channel": Channel.WHATSAPP.value,
        "$or": [named, {"variants": {"$elemMatch": named}}],
    }
    rows = Campaign.get_pymongo_collection().find(sending, {"_id": 1})
    words = f" ({reason})" if reason and reason.upper() != "NONE" else ""
    text = f'WhatsApp\'s template "{name}" ({language}) is {status.lower()}{words}.'
    return sum([await hold_campaign(row["_id"], text[:500], bus=bus) async for row in rows])
