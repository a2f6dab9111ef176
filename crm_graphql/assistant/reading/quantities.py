"""Quantities: an amount with its comparison, "at least twice", "between 1k and 5k", "5,000 or more"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from crm_graphql.assistant.reading.atoms import LAST_ATOM, Asked, Atom, Kind, Topic
from crm_graphql.assistant.reading.numbers import SCALES
from crm_graphql.audiences.fields import RuleOperator

LEAST_SCALED = 1_000
EQ, BETWEEN, IN = RuleOperator.EQ, RuleOperator.BETWEEN, RuleOperator.IN
_MIRRORED = {RuleOperator.GTE, RuleOperator.LTE}
"""The comparisons that may come after the amount in words: "3 visits minimum"."""
_TURNED = {
    "<": RuleOperator.GT,
    "<=": RuleOperator.GTE,
    ">": RuleOperator.LT,
    ">=": RuleOperator.LTE,
}
"""The comparison of a field by the sign before it: "5000 <= spend"."""
_BEFORE_AN_AMOUNT = (
    Kind.COMPARE,
    Kind.ONLY,
    Kind.ARTICLE,
    Kind.ABOUT,
    Kind.CURRENCY,
    Kind.NUMBER,
    Kind.TIMES,
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount, or two, and how it is compared. `money` and `times` where it was said to be that; `compared`
    where a comparison was said, or the amount leaves none open; `about` where it is not meant exactly."""

    operator: RuleOperator
    values: tuple[Decimal, ...]
    money: bool = False
    times: bool = False
    compared: bool = True
    about: bool = False
    percent: bool = False
    vague: bool = False
    is_scaled: bool = False
    """Whether the scale of the second amount was read for the first too: "1 to 2 lakh"."""


@dataclass(frozen=True, slots=True)
class _Amount:
    value: Decimal
    end: int
    money: bool = False
    times: bool = False
    percent: bool = False
    vague: bool = False


def at(atoms: Sequence[Atom], index: int) -> Atom:
    """The atom there; past the end a last one that is nothing."""
    return atoms[index] if 0 <= index < len(atoms) else LAST_ATOM


def quantity_at(atoms: Sequence[Atom], start: int, own: str) -> tuple[Quantity, int] | None:
    """The quantity that begins at `start` and where it ends, or None. `own` is the deployment's currency.

    Raises Asked for an amount in another currency.
    """
    reader = _Reader(atoms, own)
    return reader.range(start) or reader.comparison(start)


class _Reader:
    def __init__(self, atoms: Sequence[Atom], own: str) -> None:
        self._atoms, self._own = atoms, own

    def _at(self, index: int) -> Atom:
        return at(self._atoms, index)

    def range(self, start: int) -> tuple[Quantity, int] | None:
        """ "between 1k and 5k", "from 1k to 5k", "1k to 5k", "1000 aur 5000 ke beech"."""
        led = self._at(start).kind is Kind.BETWEEN
        from_ = self._at(start).kind is Kind.PREPOSITION and self._at(start).value == "from"
        low = self._amount(start + 1 if led or from_ else start)
        if low is None:
            return None
        link = self._at(low.end).kind
        if self._at(low.end).text.casefold() == "se":
            link = Kind.TO
        high = self._amount(low.end + 1) if link in (Kind.TO, Kind.AND) else None
        if high is None or (link is Kind.AND and not led and self._at(high.end).kind is not Kind.BETWEEN):
            return None
        end = high.end + (link is Kind.AND and not led)
        end += self._at(low.end).text.casefold() == "se" and self._at(end).text.casefold() == "tak"
        scale = self._scale(low, high)
        found = Quantity(
            BETWEEN,
            (low.value * scale, high.value),
            low.money or high.money,
            low.times or high.times,
            percent=low.percent,
            is_scaled=scale != 1,
        )
        return self._with_unit(found, end)

    def _scale(self, low: _Amount, high: _Amount) -> int:
        """The scale that the second amount has and the first has not: "1 to 2 lakh" is 100,000 to 200,000."""
        words = [atom.text.casefold() for atom in self._atoms[: high.end] if atom.kind is Kind.NUMBER]
        said = re.search(r"[a-z]+$", words[-1]) if words else None
        scale = SCALES.get(said.group(), 1) if said and high.value >= LEAST_SCALED else 1
        return scale if scale > 1 and low.value < LEAST_SCALED and low.value * scale < high.value else 1

    def comparison(self, start: int) -> tuple[Quantity, int] | None:
        """ "more than 5k", "5k or more", "twice", "2 or 3 times"."""
        operator, about, index = None, False, start
        while (kind := self._at(index).kind) in _BEFORE_AN_AMOUNT[:4]:
            if kind is Kind.COMPARE:
                if operator is not None:
                    return None
                operator = self._at(index).value
            about = about or kind is Kind.ABOUT
            index += 1
        amount = self._amount(index)
        if amount is None:
            return None
        sure = operator is not None or self._at(start).kind is Kind.ONLY
        found = Quantity(
            operator or EQ,
            (amount.value,),
            amount.money,
            amount.times,
            sure,
            about,
            amount.percent,
            amount.vague,
        )
        found, end = self._with_unit(found, amount.end)
        if operator is None and not found.compared and self._at(end).kind is Kind.OR:
            return self._alternative(found, end) or (found, end)
        return found, end

    def _alternative(self, found: Quantity, end: int) -> tuple[Quantity, int] | None:
        """ "once or twice", "2 or 3 times"."""
        other = self._amount(end + 1)
        if other is None or other.money or found.money or other.vague:
            return None
        after, last = self._with_unit(replace(found, times=found.times or other.times), other.end)
        counts = after.times or self._at(last).value is Topic.COUNT
        if after.operator is not EQ or not counts:
            return None
        return replace(after, operator=IN, values=(*found.values, other.value), compared=True), last

    def _with_unit(self, found: Quantity, end: int) -> tuple[Quantity, int]:
        """With what comes after the amount: "times", "+", "or more"."""
        while True:
            atom = self._at(end)
            if atom.kind is Kind.TIMES and atom.value is None and not found.money:
                found = replace(found, times=True)
            elif atom.text in _TURNED and not found.compared and self._at(end + 1).kind is Kind.TOPIC:
                found = replace(found, operator=_TURNED[atom.text], compared=True)
            elif (atom.kind is Kind.COMPARED and not found.compared) or (
                atom.kind is Kind.COMPARE
                and atom.text not in _TURNED
                and atom.value in _MIRRORED
                and not found.compared
                and self._amount(end + 1) is None
                and self._at(end + 1).kind is not Kind.ARTICLE
            ):
                found = replace(found, operator=atom.value, compared=True)
            elif atom.kind is Kind.ABOUT and atom.text == "or so":
                found = replace(found, about=True)
            else:
                return found, end
            end += 1

    def _amount(self, index: int) -> _Amount | None:
        while self._at(index).kind in (Kind.ARTICLE, Kind.ABOUT):
            index += 1
        money = False
        if self._at(index).kind is Kind.CURRENCY:
            self._own_money(self._at(index))
            money, index = True, index + 1
        atom = self._at(index)
        if atom.kind is Kind.TIMES and atom.value is not None and not money:
            return _Amount(Decimal(atom.value), index + 1, times=True)
        if atom.kind is Kind.VAGUE and self._at(index + 1).kind is not Kind.UNIT:
            return _Amount(Decimal(atom.value), index + 1, vague=True)
        if atom.kind is not Kind.NUMBER:
            return None
        after = self._at(index + 1)
        if after.kind in (Kind.UNIT, Kind.MONTH, Kind.AGO):
            return None
        if after.kind is Kind.COMPARED and self._at(index + 2).kind is Kind.UNIT:
            return None
        if after.kind is Kind.CURRENCY:
            self._own_money(after)
            return _Amount(atom.value, index + 2, money=True)
        if after.kind is Kind.PERCENT:
            return _Amount(atom.value, index + 2, percent=True)
        return _Amount(atom.value, index + 1, money or _is_scaled(atom))

    def _own_money(self, atom: Atom) -> None:
        if self._own not in atom.value:
            raise Asked(
                f'Amounts here are in {self._own}, and "{atom.text}" was named. '
                f"How much is meant in {self._own}?"
            )


def _is_scaled(atom: Atom) -> bool:
    """Whether the number was said in thousands or more, as amounts of money are: "5k", "2 lakh"."""
    return atom.text[-1:].isalpha() and atom.value >= 1_000
