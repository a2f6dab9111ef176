"""Carrier of a channel: a vendor, with what this deployment and this process keep to when they call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.backoff import Backoff
from crm_graphql.delivery.pace import Pace
from crm_graphql.delivery.vendors.port import KeepsConnections, Vendor


@dataclass(frozen=True, slots=True)
class Carrier:
    """A vendor, and how long this process leaves it alone: channels that share a vendor share both."""

    vendor: Vendor
    backoff: Backoff = field(default_factory=Backoff)
    pace: Pace | None = None
    """The vendor's own limit, which all campaigns share; None for none."""
    deadline_seconds: float | None = None
    """How long one call may take where that is not CRM_VENDOR_DEADLINE_SECONDS. It may be longer than a
    lease, which is kept up meanwhile."""
    sender: str | None = None
    """Who messages are from, for people to see: an address, a number."""
    sender_name: str | None = None
    """The name beside it, where neither the message nor people's settings have one."""

    @property
    def is_exact(self) -> bool:
        """Whether a crash in the middle of a call costs no message: the vendor dedupes, or can be asked."""
        return self.vendor.dedupes_for is not None or self.vendor.can_look_up

    @property
    def piece_size(self) -> int | None:
        """How many messages a sender takes at once, where that must be few: after a crash nobody knows of any
        of them whether it was sent."""
        return None if self.is_exact else self.vendor.batch_limit


Carriers = Mapping[Channel, Carrier]


async def close_carriers(carriers: Iterable[Carrier]) -> None:
    """Close the connections that their vendors keep. Carriers are not used after it."""
    for carrier in carriers:
        if isinstance(carrier.vendor, KeepsConnections):
            await carrier.vendor.close()
