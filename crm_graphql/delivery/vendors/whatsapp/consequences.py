"""Consequences of a refusal beyond its message: for the person, by what an answer or a status says."""

from __future__ import annotations

from datetime import datetime

from crm_graphql.consents.addresses import compared
from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.consents.replies import close
from crm_graphql.consents.suppress import suppress
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.whatsapp.codes import Refusal
from crm_graphql.whatsapp.windows import REST, rest, unreachable


async def follow(refusal: Refusal, address: str, key: str, *, at: datetime) -> None:
    """Do what the refusal of the message `key` to the address asks for. Idempotent. That it cannot be reached
    is believed of the second message."""
    if refusal is Refusal.REST:
        await rest(address, at + REST)
    elif refusal is Refusal.OPTED_OUT:
        await close([compared(address)], Channel.WHATSAPP, now=at)
    elif refusal is Refusal.UNREACHABLE and await unreachable(address, key):
        await suppress(Channel.WHATSAPP, [compared(address)], SuppressionReason.BOUNCED, now=at)
