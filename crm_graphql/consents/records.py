"""A suppression as a checked record of an ingestion."""

from __future__ import annotations

from datetime import datetime

import msgspec

from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.core.channels import Channel


class SuppressionRecord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one row says: that an address, as it is compared, must not be written to on a channel.

    `external_id` is the address: row errors and partitions go by it.
    """

    row: int
    external_id: str
    channel: Channel
    reason: SuppressionReason
    at: datetime
