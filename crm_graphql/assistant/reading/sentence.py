"""The sentence while it is read: its atoms, what was made of them, and what the next may refer back to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any

from crm_graphql.assistant.reading.atoms import Asked, Atom, FieldTopic, Kind, Topic
from crm_graphql.assistant.reading.quantities import Quantity, at, quantity_at
from crm_graphql.assistant.reading.spans import Span, span_at
from crm_graphql.assistant.vocabulary import Vocabulary
from crm_graphql.audiences.catalogue import FieldInfo
from crm_graphql.audiences.fields import RuleOperator

RawRule = dict[str, Any]
AnyTopic = Topic | FieldTopic


class Sign(Enum):
    """How conditions are joined; the names are those of the grammar's terminals."""

    CONDITION = "CONDITION"
    NOT = "NOT"
    AND = "AND"
    OR = "OR"
    COMMA = "COMMA"
    PART = "PART"
    """An "and" that parts more than "or" does: a full stop, or a comma before "and"."""
    EXCEPT = "EXCEPT"
    EITHER = "EITHER"
    WHO = "WHO"
    OPEN = "OPEN"
    CLOSE = "CLOSE"


@dataclass(slots=True)
class Piece:
    """A condition or a sign. `field` is what the condition is about; `is_noun` where it was said as a noun
    ("VIPs", "from Pune") and no verb."""

    sign: Sign
    rule: RawRule | None = None
    field: str | None = None
    is_noun: bool = False
    is_negated: bool = False


@dataclass
class Sentence:
    """One request on its way from atoms to pieces. `index` is the atom to read next."""

    atoms: list[Atom]
    vocabulary: Vocabulary
    now: datetime
    index: int = 0
    pieces: list[Piece] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_assumed: bool = False
    topic: AnyTopic | None = None
    """What the last condition was about: "and less than 1,000" goes on with it."""
    negated: bool = False
    """Whether a "not" waits for its condition."""
    was_negated: bool = False
    """Whether the last condition had one: "nor" goes on with it."""
    has: bool | None = None
    """Whether "with" (True) or "without" (False) was said, for the fields named next."""
    has_said: str = ""
    """The word for it."""
    is_place: bool = False
    is_tag: bool = False
    is_both: bool = False
    is_equated: bool = False
    """Whether "is" or "=" was said, so that an amount is meant exactly."""
    amount: Quantity | None = None
    """A quantity that waits for its topic: "at least three visits"."""
    span: Span | None = None
    """A span that waits for its topic: "in the last 90 days bought"."""
    everybody: bool = False

    @property
    def today(self) -> date:
        """The day of `now`, in its zone."""
        return self.now.date()

    def peek(self, ahead: int = 0) -> Atom:
        """The atom so far ahead."""
        return at(self.atoms, self.index + ahead)

    def info(self, name: str) -> FieldInfo | None:
        """The field of the catalogue, if there is one of this name."""
        return next((one for one in self.vocabulary.fields if one.field == name), None)

    def take_quantity(self) -> Quantity | None:
        """The quantity that comes next, read."""
        found = quantity_at(self.atoms, self.index, self.vocabulary.currency)
        if found is None:
            return None
        self.index = found[1]
        return found[0]

    def take_span(self) -> Span | None:
        """The span of time that comes next, read; what it assumed is noted."""
        found = span_at(self.atoms, self.index, self.today)
        if found is None:
            return None
        self.index = found[1]
        if found[0].note:
            self.note(found[0].note)
        return found[0]

    def take_lack(self) -> bool:
        """Whether "without" was said; it then counts as used."""
        lacks = self.has is False
        self.has = None if lacks else self.has
        return lacks

    def skip(self, *kinds: Kind) -> None:
        """Go past atoms of these kinds."""
        while self.peek().kind in kinds:
            self.index += 1

    def note(self, text: str) -> None:
        """Tell what was understood, once."""
        if text not in self.notes:
            self.notes.append(text)

    def assume(self, text: str) -> None:
        """Tell what was assumed: the rule stands on it."""
        self.is_assumed = True
        self.note(text)

    def add(
        self, rule: RawRule, name: str | None, *, is_noun: bool = False, negation: RawRule | None = None
    ) -> None:
        """A condition; with a "not" before it, its negation, which `negation` may say better."""
        if self.negated:
            rule = negation or negated(rule)
        self.was_negated, self.negated = self.negated, False
        self.pieces.append(Piece(Sign.CONDITION, rule, name, is_noun, self.was_negated))

    def join(self, sign: Sign) -> None:
        """A sign between conditions."""
        self.pieces.append(Piece(sign))

    def end_of_phrase(self) -> None:
        """Nothing that waits may wait beyond this point."""
        if self.amount is not None:
            self.settle_amount()
        if self.span is not None:
            raise Asked("A time is named, but not what was to happen in it: the last visit, or the first?")
        self.is_place = self.is_tag = self.is_both = False

    def settle_amount(self) -> None:
        """Raises Asked for a quantity that nothing was named for."""
        assert self.amount is not None
        values = " and ".join(f"{value:,}" for value in self.amount.values)
        raise Asked(f"What is {values} a number of: visits, or money spent?")


def where(name: str, operator: RuleOperator, value: Any = None) -> RawRule:
    """One condition in the shape of RuleInput."""
    condition = {"field": name, "operator": operator.value}
    return {"where": condition if value is None else {**condition, "value": value}}


_OPPOSITES = {
    "EQ": "NE",
    "IN": "NOT_IN",
    "CONTAINS": "NOT_CONTAINS",
    "IS_SET": "NOT_SET",
    "WITHIN_LAST": "NOT_WITHIN_LAST",
}
_OPPOSITES |= {negation: plain for plain, negation in _OPPOSITES.items()}


def negated(rule: RawRule) -> RawRule:
    """The rule that holds exactly when this one does not, as short as it can be said."""
    if "not" in rule:
        inner: RawRule = rule["not"]
        return inner
    if "where" in rule and rule["where"]["operator"] in _OPPOSITES:
        return {"where": {**rule["where"], "operator": _OPPOSITES[rule["where"]["operator"]]}}
    return {"not": rule}
