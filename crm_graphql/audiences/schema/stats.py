"""Statistics of deliveries as clients see them: of one campaign, or of several together."""

from __future__ import annotations

from collections.abc import Mapping

import strawberry

from crm_graphql.core.paging import Row


@strawberry.type(description="total = queued + sent + delivered + failed + skipped, at every moment.")
class DeliveryStats:
    total: int = strawberry.field(description="All recipients written down so far.")
    total_is_final: bool = strawberry.field(
        description="False while the audience is still being written down."
    )
    queued: int = strawberry.field(description="Waiting to be sent.")
    deferred: int = strawberry.field(
        description="Part of `queued`: waits for quiet hours, a cap or the vendor."
    )
    sent: int = strawberry.field(description="Taken by the vendor, receipt not yet here.")
    delivered: int = strawberry.field(description="Arrived, as the vendor says.")
    failed: int = strawberry.field(description="Did not arrive.")
    skipped: int = strawberry.field(
        description="Not sent on purpose; a cancelled campaign's queued ones end here."
    )

    held_out: int = strawberry.field(description="Part of `skipped`: held out to compare with.")

    @classmethod
    def from_document(cls, row: Row, variant: str | None = None) -> DeliveryStats:
        """The stats in a campaign document, or of one of its variants there."""
        stats: Mapping[str, int] = row["stats"]
        if variant is not None:
            stats = (row.get("variant_stats") or {}).get(variant, {})
        names = ("total", "queued", "deferred", "sent", "delivered", "failed", "skipped", "held_out")
        return cls(
            total_is_final=bool(row.get("planning", {}).get("done")),
            **{name: stats.get(name, 0) for name in names},
        )
