"""Rows of the ledger as a planner writes them: to whom what goes, and to whom nothing, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bson import ObjectId

from crm_graphql.campaigns.custom import frozen_fields
from crm_graphql.consents.asking import Topical
from crm_graphql.consents.links import CampaignLinks
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.delivery.arms import Arms
from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.ledger import stats_moves
from crm_graphql.delivery.rendering import message_of, template_of

Row = Mapping[str, Any]


class Outcome(NamedTuple):
    """What becomes of a customer: the key of the address that gets the message, or why none does, and which
    variant it is."""

    key: bytes | None
    skipped: DeliveryReason | None
    variant: str | None = None


class PlannedRows:
    """How customers become rows of one campaign."""

    def __init__(self, campaign: Row) -> None:
        self._id: ObjectId = campaign["_id"]
        self._channel = Channel(campaign["channel"])
        self._address_kind = TRAITS[self._channel].address
        self._topic = Topical.of(campaign)
        self._arms = Arms(campaign)
        self._is_compared = bool(campaign.get("holdout"))
        keys = [None, *(variant["key"] for variant in campaign.get("variants") or ())]
        self._templates = {key: template_of(campaign, message_of(campaign, {"variant": key})) for key in keys}
        self._name: str = campaign["name"]
        self._custom = frozen_fields(campaign)
        self.links: CampaignLinks | None = None
        """To be set where `has_links` says so."""

    @property
    def has_links(self) -> bool:
        """Whether a message leads to pages of the deployment."""
        return any(template.links for template in self._templates.values())

    def fields(self) -> dict[str, int]:
        """What must be read of a customer."""
        used = {name: 1 for template in self._templates.values() for name in template.customer_fields}
        fields = dict.fromkeys((self._address_kind.field, "time_zone", "is_tracked", *used), 1)
        return {**fields, self._topic.path(self._channel): 1} if self._topic else fields

    def address(self, customer: Row) -> str | None:
        """Where the message goes; None without an address, or with a number that nobody can dial."""
        kind = self._address_kind
        address: str | None = customer.get(kind.field)
        return address if address and kind.is_usable(address) else None

    def outcome(self, customer: Row, key: bytes | None, refused: DeliveryReason | None) -> Outcome:
        """What becomes of a customer whose address has this key, None where somebody had it before.

        Drawn last, when all that is the same for everybody has been asked: else the arms would differ by
        more than the message. Who is held out keeps the address, so that nobody else gets the message there.
        """
        if refused or key is None:
            return Outcome(key, refused or DeliveryReason.DUPLICATE_ADDRESS)
        if self._arms.is_held_out(customer["_id"]):
            return Outcome(key, DeliveryReason.HOLDOUT)
        return Outcome(key, None, self._arms.variant_of(customer["_id"]))

    def rows(
        self, page: Sequence[Row], outcomes: Sequence[Outcome], campaign: Row
    ) -> Iterator[dict[str, Any]]:
        """The rows of a page whose numbers the campaign was given just now."""
        now = campaign["updated_at"]
        first = campaign["planning"]["next_number"] - len(page)
        for number, (customer, (key, skipped, variant)) in enumerate(zip(page, outcomes, strict=True), first):
            row = {
                "campaign_id": self._id,
                "number": number,
                "customer_id": customer["_id"],
                "channel": self._channel.value,
                "address": self.address(customer),
                "address_key": key,
                "time_zone": customer.get("time_zone"),
                "values": self._values(customer, variant),
                "status": (DeliveryStatus.SKIPPED if skipped else DeliveryStatus.QUEUED).value,
                "reason": skipped and skipped.value,
                "reason_text": None,
                "attempt": 1,
                "vendor_message_id": None,
                "revision": campaign["revision"],
                "sent_at": None,
                "finished_at": now if skipped else None,
                "created_at": now,
                "updated_at": now,
            }
            if not customer.get("is_tracked", True):
                row["is_tracked"] = False
            if variant is not None:
                row["variant"] = variant
            if self._is_compared and not skipped:
                row["drawn"] = True
            yield row

    def _values(self, customer: Row, variant: str | None) -> dict[str, Any]:
        links = self.links.of(customer["_id"]) if self.links else {}
        template = self._templates[variant]
        return template.freeze(customer, campaign_name=self._name, links=links, custom=self._custom)


def counts_of(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """By how much the campaign's counts grow with these."""
    assigned = Counter(outcome.variant for outcome in outcomes if outcome.skipped is None)
    queued = assigned.total()
    held_out = sum(outcome.skipped is DeliveryReason.HOLDOUT for outcome in outcomes)
    skipped = len(outcomes) - queued
    moves = stats_moves({"total": len(outcomes), "queued": queued, "skipped": skipped})
    if held_out:
        moves |= stats_moves({"held_out": held_out})
    for variant, count in assigned.items():
        moves |= stats_moves({"total": count, "queued": count}, variant) if variant else {}
    return {**moves, "planning.assigned": queued}
