"""The standing of a delivery: what its hits come to, in whatever order and however often they are told.

It is computed anew from the hits that are kept, so that a machine's click which a person's follows moves, and
so that the counts that follow from it are right at any moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm_graphql.tracking.hits import Hit
from crm_graphql.tracking.machines import AgentClass, Reason, class_of, reasons_against
from crm_graphql.tracking.tokens import Kind

TOGETHER = timedelta(seconds=2)
"""Links that were followed within so long were followed by one visitor."""
MANY_LINKS = 3
"""So many different links together no person follows."""
KEPT_A_LINK = 4
SEEN_LIMIT = 50


@dataclass(frozen=True, slots=True)
class KeptHit:
    """A hit that decides the standing, with what speaks against a person by itself."""

    link: int
    at: datetime
    agent: AgentClass
    reasons: tuple[Reason, ...] = ()

    @classmethod
    def of(cls, hit: Hit, delivered_at: datetime | None) -> KeptHit:
        """What is kept of a hit."""
        return cls(hit.link, hit.at, class_of(hit.agent), tuple(reasons_against(hit, delivered_at)))

    @classmethod
    def from_stored(cls, row: Mapping[str, Any]) -> KeptHit:
        """As it was stored."""
        return cls(
            row["link"], row["at"], AgentClass(row["agent"]), tuple(Reason(one) for one in row["reasons"])
        )

    def stored(self) -> dict[str, Any]:
        """For MongoDB."""
        return {
            "link": self.link,
            "at": self.at,
            "agent": self.agent.value,
            "reasons": [reason.value for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one delivery's opens, or clicks."""

    kind: Kind
    links_there: int = 1
    """How many links the campaign has."""
    kept: tuple[KeptHit, ...] = ()
    times: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    seen: tuple[int, ...] = ()
    _people: Mapping[int, datetime | None] = field(default_factory=dict)
    """For each link that was hit: when a person first did."""

    @classmethod
    def from_stored(cls, row: Mapping[str, Any], links_there: int) -> Standing:
        """As it was stored."""
        kept = tuple(map(KeptHit.from_stored, row["kept"]))
        return cls(
            Kind(row["kind"]),
            links_there,
            kept,
            row["times"],
            row["first_at"],
            row["last_at"],
            tuple(row["seen"]),
            _people_of(kept, links_there),
        )

    @property
    def human_at(self) -> datetime | None:
        """When a person first did it."""
        return min((at for at in self._people.values() if at is not None), default=None)

    @property
    def counts(self) -> dict[str, int]:
        """What it adds to a campaign's results: one person, or one machine."""
        if not self.kept:
            return {}
        name = "opens" if self.kind is Kind.OPEN else "clicks"
        return {name if self.human_at else f"machine_{name}": 1}

    @property
    def link_counts(self) -> dict[int, str]:
        """Under which name it counts at each link."""
        if self.kind is Kind.OPEN:
            return {}
        return {link: "clicks" if at else "machine_clicks" for link, at in self._people.items()}

    def after(self, hits: Iterable[Hit], delivered_at: datetime | None) -> Standing:
        """The standing with more hits; itself where all of them are known."""
        known = set(self.seen)
        new: list[Hit] = []
        for hit in hits:
            if hit.id not in known:
                known.add(hit.id)
                new.append(hit)
        if not new:
            return self
        kept = _thinned([*self.kept, *(KeptHit.of(hit, delivered_at) for hit in new)])
        moments = [hit.at for hit in new]
        return Standing(
            self.kind,
            self.links_there,
            kept,
            self.times + sum(hit.count for hit in new),
            min([*moments, *filter(None, [self.first_at])]),
            max([*moments, *filter(None, [self.last_at])]),
            (*self.seen, *(hit.id for hit in new))[-SEEN_LIMIT:],
            _people_of(kept, self.links_there),
        )

    def stored(self) -> dict[str, Any]:
        """The fields that change, for MongoDB."""
        return {
            "kept": [one.stored() for one in self.kept],
            "times": self.times,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "human_at": self.human_at,
            "seen": list(self.seen),
        }


def _thinned(hits: Sequence[KeptHit]) -> tuple[KeptHit, ...]:
    """The first few of each link, by people where there are such, and the last."""
    of_link: dict[int, list[KeptHit]] = defaultdict(list)
    for hit in hits:
        of_link[hit.link].append(hit)
    kept: list[KeptHit] = []
    for found in of_link.values():
        found.sort(key=lambda hit: hit.at)
        if len(found) > KEPT_A_LINK:
            found = [*sorted(found[:-1], key=lambda hit: bool(hit.reasons))[: KEPT_A_LINK - 1], found[-1]]
        kept += found
    return tuple(sorted(kept, key=lambda hit: hit.at))


def _people_of(kept: Sequence[KeptHit], links_there: int) -> dict[int, datetime | None]:
    people: dict[int, datetime | None] = {}
    for hit, is_burst in zip(kept, _bursts(kept, links_there), strict=True):
        is_person = not hit.reasons and not is_burst
        if people.get(hit.link) is None:
            people[hit.link] = hit.at if is_person else None
    return people


def _bursts(kept: Sequence[KeptHit], links_there: int) -> list[bool]:
    """For each hit, in order of time, whether it is one of many different links followed together."""
    many = max(2, min(MANY_LINKS, links_there))
    found = [False] * len(kept)
    first = 0
    for last, hit in enumerate(kept):
        while hit.at - kept[first].at > TOGETHER:
            first += 1
        if len({one.link for one in kept[first : last + 1]}) >= many:
            found[first : last + 1] = [True] * (last + 1 - first)
    return found
