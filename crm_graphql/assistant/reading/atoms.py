"""Atoms of a request: the smallest pieces that mean something, whichever words they are said in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Kind(Enum):
    """What an atom is for. In brackets: what its value holds."""

    FILLER = auto()
    """Says nothing that the rule would need."""
    PEOPLE = auto()
    """Customers, by any name. [the topic that the name brings along, as "spenders" do, or None]"""
    EVERYBODY = auto()
    """All of them, said outright."""
    WHO = auto()
    """Begins what is said of them."""
    AND = auto()
    OR = auto()
    NOR = auto()
    BUT = auto()
    COMMA = auto()
    COLON = auto()
    STOP = auto()
    EXCEPT = auto()
    EITHER = auto()
    BOTH = auto()
    NEITHER = auto()
    OPEN = auto()
    CLOSE = auto()
    NOT = auto()
    NOTHING = auto()
    TOPIC = auto()
    """What is asked about. [a Topic]"""
    HAVE = auto()
    LACK = auto()
    TAGGED = auto()
    PREPOSITION = auto()
    """[the word]"""
    ARTICLE = auto()
    BE = auto()
    COMPARE = auto()
    """Before an amount. [a RuleOperator]"""
    COMPARED = auto()
    """After an amount: "or more". [a RuleOperator]"""
    BETWEEN = auto()
    TO = auto()
    ABOUT = auto()
    NUMBER = auto()
    """[a Decimal]"""
    TIMES = auto()
    """A number of times in one word, or the unit. [an int or None]"""
    VAGUE = auto()
    """An amount that is no number: "many", "a few". [the least number meant]"""
    CURRENCY = auto()
    """[the codes that it can mean]"""
    PERCENT = auto()
    UNIT = auto()
    """Of time. [a Unit]"""
    MONTH = auto()
    """[1 to 12]"""
    WEEKDAY = auto()
    QUARTER = auto()
    DATE = auto()
    """[a date]"""
    DAY = auto()
    """Today and yesterday. [days ago]"""
    LAST = auto()
    THIS = auto()
    NEXT = auto()
    AGO = auto()
    ONLY = auto()
    EDGE = auto()
    """The beginning or the end of a period. ["start" or "end"]"""
    TO_DATE = auto()
    """From the beginning of the current period. [a Unit]"""
    FEAST = auto()
    """A day that is not the same each year, or not the same for all."""
    VALUE = auto()
    """A value that occurs. [its places: pairs of field and value]"""
    QUOTED = auto()
    """[the text]"""
    ADJECTIVE = auto()
    """[an Adjective's name]"""
    PRESENT = auto()
    """After a field: it is there ("known"), or not ("unknown"). [a bool]"""
    BEGINS = auto()
    CONTAINS = auto()
    CONDITION = auto()
    """A condition that was read whole. [a rule in the shape of RuleInput]"""
    UNREADABLE = auto()
    """A word that means something, and was not understood."""
    END = auto()


class Topic(Enum):
    """What people ask about in words of their own, beside the fields' labels."""

    SPEND = "totalSpend"
    VISIT = "visits"
    """To have come: how often, or when last."""
    COUNT = "visitCount"
    LAST = "lastVisitAt"
    FIRST = "firstVisitAt"
    RETURN = "returns"
    """To have come again: once is two visits."""


class Unit(Enum):
    """Units of time. A quarter is three months, a fortnight two weeks."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    FORTNIGHT = "fortnight"
    QUARTER = "quarter"
    HALF_YEAR = "half year"
    YEAR = "year"
    DECADE = "decade"


@dataclass(frozen=True, slots=True)
class FieldTopic:
    """A field that is named by its label, or by a usual word for it."""

    field: str


@dataclass(frozen=True, slots=True)
class Atom:
    """One piece of the request: `text` is how it was said."""

    kind: Kind
    value: Any
    text: str
    start: int


LAST_ATOM = Atom(Kind.END, None, "", 0)


class Asked(Exception):
    """The request cannot be read without an answer; the message is the question."""


class Refused(Exception):
    """No audience can be meant; the message says why."""
