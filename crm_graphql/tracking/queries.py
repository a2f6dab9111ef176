"""Counts of links as they are read: those of many campaigns in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bson import ObjectId

from crm_graphql.tracking.documents import LinkResult

LINKS_SHOWN = 100

LinkCounts = Mapping[int, tuple[int, int]]
"""By the number of a link: people who clicked it, and those for whom only machines did."""


async def link_counts_of(campaigns: Sequence[ObjectId]) -> Mapping[ObjectId, LinkCounts]:
    """For each campaign that has clicks the counts of its links."""
    found: dict[ObjectId, dict[int, tuple[int, int]]] = {}
    rows = LinkResult.get_pymongo_collection().find({"campaign_id": {"$in": list(campaigns)}})
    async for row in rows:
        counts = row.get("clicks") or 0, row.get("machine_clicks") or 0
        found.setdefault(row["campaign_id"], {})[row["number"]] = counts
    return found


def most_clicked(urls: Sequence[str], counts: LinkCounts) -> Sequence[tuple[str, int, int]]:
    """The links with what people and machines clicked, most clicked first, then as they stand in the
    template."""
    rows = [(url, *counts.get(number, (0, 0))) for number, url in enumerate(urls)]
    return sorted(rows, key=lambda row: (-row[1], -row[2]))[:LINKS_SHOWN]
