"""Rules of sending that hold messages of a campaign back: its end, quiet hours, the frequency cap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from bson import ObjectId

from crm_graphql.campaigns.documents import CampaignStatus
from crm_graphql.core.channels import Channel
from crm_graphql.core.quiet_times import QuietHours
from crm_graphql.core.zones import zone_of
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.frequency_cap import FrequencyCap, Message, give_back
from crm_graphql.deployment.values import DeploymentValues

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SendingRules:
    """Those of one campaign as they hold at `now`, by the database's clock: when a range is claimed."""

    channel: Channel
    is_cancelled: bool
    now: datetime
    send_before: datetime | None
    quiet_hours: QuietHours | None
    zone: ZoneInfo
    """Of those whose own is not known."""
    cap: FrequencyCap | None

    @classmethod
    def of(cls, campaign: Row, values: DeploymentValues, now: datetime) -> Self:
        """What the campaign says goes before what holds for the deployment."""
        hours = campaign.get("quiet_hours") or values.quiet_hours
        messages, days = values.frequency_cap_messages, values.frequency_cap_days
        return cls(
            Channel(campaign["channel"]),
            campaign["status"] == CampaignStatus.CANCELLED.value,
            now,
            campaign.get("send_before"),
            None if hours is None else QuietHours.of(hours),
            zone_of(values.time_zone),
            None if messages is None or days is None else FrequencyCap(messages, days),
        )

    @property
    def end(self) -> DeliveryReason | None:
        """Why nothing is sent any more; None while it is."""
        if self.is_cancelled:
            return DeliveryReason.CANCELLED
        is_over = self.send_before is not None and self.send_before <= self.now
        return DeliveryReason.EXPIRED if is_over else None

    def quiet_until(self, row: Row) -> datetime | None:
        """When a delivery's recipient may be written to; None for now."""
        if self.quiet_hours is None:
            return None
        until = self.quiet_hours.quiet_until(self.now, self._zone(row))
        return until and self.bounded(until)

    def seconds_left(self, rows: Iterable[Row]) -> float:
        """For how long these, who may be written to now, all may be."""
        ends = [] if self.send_before is None else [self.send_before]
        if self.quiet_hours is not None:
            zones = {self._zone(row) for row in rows}
            ends += [self.quiet_hours.begins_after(self.now, zone) for zone in zones]
        return min(((end - self.now).total_seconds() for end in ends), default=float("inf"))

    def bounded(self, moment: datetime) -> datetime:
        """The moment, or the campaign's end: what waits beyond that is over then."""
        return moment if self.send_before is None else min(moment, self.send_before)

    async def reserve_room(self, rows: Sequence[Row]) -> Mapping[ObjectId, datetime]:
        """Count these deliveries as sent; those that are too many for their people, and until when they
        wait."""
        if self.cap is None:
            return {}
        late = await self.cap.reserve(self.channel, _messages(rows))
        return {key: self.bounded(moment) for key, moment in late.items()}

    async def give_room_back(self, rows: Sequence[Row]) -> None:
        """These were counted, and surely not sent."""
        if self.cap is not None:
            await give_back(self.channel, _messages(rows))

    def _zone(self, row: Row) -> ZoneInfo:
        name = row.get("time_zone")
        return zone_of(name) if name else self.zone


def _messages(rows: Iterable[Row]) -> list[Message]:
    return [Message(row["_id"], row["customer_id"]) for row in rows if row["customer_id"] is not None]
