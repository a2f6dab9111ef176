"""Every door by the name in its address: the one place where a new one is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crm_graphql.core.errors import NotFound
from crm_graphql.delivery.webhooks.port import DoorTools, Entrance
from crm_graphql.delivery.webhooks.ses import ses_door
from crm_graphql.delivery.webhooks.standard import standard_door
from crm_graphql.delivery.webhooks.twilio import twilio_door
from crm_graphql.delivery.webhooks.whatsapp import whatsapp_door

_DOORS: Mapping[str, Callable[[DoorTools], Entrance | None]] = {
    "receipts": standard_door,
    "ses": ses_door,
    "twilio": twilio_door,
    "whatsapp-cloud": whatsapp_door,
}
"""Each makes its door from the settings, or None where these do not open it."""


def choose_door(vendor: str, tools: DoorTools) -> Entrance:
    """The open door of this name. Raises NotFound, for one that is not opened just as for none."""
    make = _DOORS.get(vendor)
    entrance = make(tools) if make else None
    if entrance is None:
        raise NotFound(
            f"There is no door for receipts of {vendor[:40]!r} here. See docs/channels/returned-mail.md."
        )
    return entrance
