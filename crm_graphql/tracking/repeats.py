"""Repeats: hits of the last seconds, so that the same thing done again and again is one hit with a count."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from crm_graphql.tracking.hits import Hit, Signs, new_id
from crm_graphql.tracking.tokens import Kind

PLACES_LIMIT = 20_000
"""Places that are known at once; a generation ends early where there are more."""
WAYS_LIMIT = 4
"""Ways in which a place was hit that are told apart in a generation: more are one that makes them up."""

_Place = tuple[str, int, Kind, int]
_Way = tuple[str, Signs]


class Repeats:
    """Two generations of places: what is in one of them was hit lately. Bounded, whatever comes."""

    def __init__(self) -> None:
        self._young: dict[_Place, dict[_Way, tuple[Hit, int]]] = {}
        self._old: dict[_Place, dict[_Way, tuple[Hit, int]]] = {}
        self._ended: list[Hit] = []

    def is_one(self, hit: Hit) -> bool:
        """Whether the same was done lately: then it is counted here, and comes with `ended`."""
        place, way = hit.place, (hit.agent, hit.signs)
        for generation in (self._young, self._old):
            ways = generation.get(place)
            if ways is None:
                continue
            if way not in ways and len(ways) >= WAYS_LIMIT:
                way = next(iter(ways))
            if way in ways:
                first, more = ways[way]
                ways[way] = (replace(first, at=hit.at), more + 1)
                return True
        if len(self._young) >= PLACES_LIMIT:
            self.turn()
        self._young.setdefault(place, {})[way] = (hit, 0)
        return False

    def turn(self) -> None:
        """Begin a new generation, and end the oldest."""
        self._ended += _repeated(self._old)
        self._old, self._young = self._young, {}

    def ended(self) -> list[Hit]:
        """The repeats of generations that ended, each as one hit; not told twice."""
        ended, self._ended = self._ended, []
        return ended


def _repeated(generation: dict[_Place, dict[_Way, tuple[Hit, int]]]) -> Iterator[Hit]:
    for ways in generation.values():
        for hit, more in ways.values():
            if more:
                yield replace(hit, id=new_id(), count=more)
