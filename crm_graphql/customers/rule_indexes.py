"""Rule indexes: what rules on numbers, dates and place need of MongoDB, named in this one place.

Every order moves its customer's keys in all three, which is most of what an order costs the database
(decision 8). They are the lists' orders as well, so none of them can go while lists are read from MongoDB.
"""

from __future__ import annotations

from pymongo import ASCENDING, IndexModel

_RULE_INDEXES = {
    # Rules on money; sort TOTAL_SPEND. What follows the sort key answers rules over several fields,
    # and how many of the matching have an address, from the index alone: no customer is fetched.
    "total_spend": (
        *("total_spend", "_id", "visit_count", "last_visit_at", "first_visit_at", "created_at", "reach"),
        *("folded.country", "folded.city"),
    ),
    # The same for rules on visits that do not ask about money; sort VISIT_COUNT.
    "visit_count": ("visit_count", "_id", "last_visit_at", "reach"),
    # Rules on the last visit; sort LAST_VISIT_AT.
    "last_visit_at": ("last_visit_at", "_id", "reach"),
}

RULE_INDEXES = tuple(
    IndexModel([(field, ASCENDING) for field in fields], name=name) for name, fields in _RULE_INDEXES.items()
)

COVERING_INDEX = "total_spend"
COVERED = frozenset(_RULE_INDEXES[COVERING_INDEX]) - {"_id"}
"""What the covering index holds: a rule on these alone is answered without a customer."""
LEADING = tuple({fields[0]} for fields in _RULE_INDEXES.values())
"""Rules on one of these alone are answered by the index that begins with it."""
EVERYONE = {"total_spend": {"$gte": float("-inf")}}
"""Holds for every customer. Without a condition on its first field MongoDB fetches what the index holds."""
