"""Sources of a timeline: collections that are each kept in the order of time, and one order over all of them.

Entries are ordered by moment, then source, then id. From a place in that order each source begins by its own
index, however deep the place is. A delivery's moment is that of its id, which is made when it is written into
the ledger: the ledger needs no index for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from beanie import Document
from bson import ObjectId

from crm_graphql.core.paging import PageRequest, Row, SortKey
from crm_graphql.customers.documents import ConsentWord, CustomerChange
from crm_graphql.delivery.documents import Delivery
from crm_graphql.orders.documents import Order

NEWEST_FIRST = SortKey((("at", -1), ("rank", -1), ("_id", -1)))
_LAST_SECOND = 2**32 - 1
_FIRST_ID, _LAST_ID = ObjectId("0" * 24), ObjectId("f" * 24)

Filter = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A collection with the index by which a customer's entries are read, and the fields that tell of them.

    `rank` is its place among entries of one moment. `moment` names the field with the moment; None: the
    id has it. Where `happens_to_few`, most rows have no moment, and the index holds only those that do.
    """

    rank: int
    document: type[Document]
    index: str
    moment: str | None
    fields: tuple[str, ...]
    kinds: Mapping[str, Filter]
    """The kinds of entries that it has, and which of its entries each is."""
    happens_to_few: bool = False

    def narrowed(self, kinds: frozenset[str]) -> Filter | None:
        """The rows that are of one of these kinds, of none of them every row; None where none can be."""
        if not kinds or kinds >= self.kinds.keys():
            return self.entries
        asked = [rows for kind, rows in self.kinds.items() if kind in kinds]
        return {"$or": asked} if asked else None

    @property
    def entries(self) -> Filter:
        """Which rows are entries."""
        return {self.moment: {"$type": "date"}} if self.moment and self.happens_to_few else {}

    def order(self, *, backward: bool) -> dict[str, int]:
        """The order in which it is read."""
        way = 1 if backward else -1
        return {**({self.moment: way} if self.moment else {}), "_id": way}

    def beyond(self, page: PageRequest) -> Filter:
        """What comes after the page's place in the direction of reading."""
        if page.cursor is None:
            return {}
        moment, rank, key = page.cursor
        later, or_equal = ("$gt", "$gte") if page.backward else ("$lt", "$lte")
        if self.rank == rank:
            if self.moment is None:
                return {"_id": {later: key}}
            # One range, and a look at the few of that very moment.
            tie = [{self.moment: {later: moment}}, {"_id": {later: key}}]
            return {self.moment: {or_equal: moment}, "$or": tie}
        # Of one moment, the greater rank comes first.
        with_moment = (self.rank < rank) is not page.backward
        if self.moment is not None:
            return {self.moment: {or_equal if with_moment else later: moment}}
        return {"_id": _beyond_moment(moment, backward=page.backward, with_moment=with_moment)}

    def entry(self, row: Row) -> Row:
        """The row as an entry of the timeline."""
        at = row[self.moment] if self.moment else row["_id"].generation_time
        return {"_id": row["_id"], "rank": self.rank, "at": at, "row": row}


def _beyond_moment(moment: datetime, *, backward: bool, with_moment: bool) -> Filter:
    """The ids that were made before or after a moment; an id knows the second."""
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    # The first second that is later than the moment, or is it where it does not count as before.
    is_before = with_moment is not backward
    bound = math.floor(seconds) + 1 if is_before else math.ceil(seconds)
    return {"$gte" if backward else "$lt": _first_id_of(bound)}


def _first_id_of(second: int) -> ObjectId:
    if second < 0:
        return _FIRST_ID
    if second > _LAST_SECOND:
        return _LAST_ID
    return ObjectId(second.to_bytes(4, "big") + bytes(8))


ORDERS = Source(
    *(0, Order, "customer_ordered_at", "ordered_at", ("external_id", "amount", "currency", "ordered_at")),
    kinds={"ORDER": {}},
)
DELIVERIES = Source(
    *(1, Delivery, "of_customer", None, ("campaign_id", "channel", "status", "reason")),
    kinds={"DELIVERY": {}},
)
WORDS = Source(
    *(2, ConsentWord, "newest", "at", ("topic_id", "channel", "status", "source", "at")),
    kinds={"CONSENT": {}},
)
CHANGES = Source(
    *(3, CustomerChange, "newest", "at", ("actor", "changes.field", "merged", "at")),
    kinds={"CHANGE": {"merged": None}, "MERGE": {"merged": {"$ne": None}}},
)
OPENS, CLICKS = (
    Source(
        *(rank, Delivery, index, moment, ("campaign_id", "channel", moment)),
        kinds={kind: {}},
        happens_to_few=True,
    )
    for rank, index, moment, kind in (
        (4, "opened", "opened_at", "OPEN"),
        (5, "clicked", "clicked_at", "CLICK"),
    )
)
SOURCES = (ORDERS, DELIVERIES, WORDS, CHANGES, OPENS, CLICKS)
