"""Line items of orders: rows that follow an order's and belong to it, taken together to one row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from crm_graphql.core.errors import ErrorCode
from crm_graphql.imports.cells import is_given
from crm_graphql.imports.rows import InputRow, RowProblem, Values, shown
from crm_graphql.imports.tables import Cells

REMEMBERED = 100_000
"""So many orders back it is seen that further line items of one come apart from it."""
_AMOUNT = 2
_QUANTITY = 5


@dataclass(slots=True)
class Row:
    """A row on its way: what it became, None for one that is no sale; its line and its cells."""

    key: str | None
    values: InputRow | None
    line: int
    cells: Cells | None


@dataclass(slots=True)
class _Order:
    row: Row
    amounts: list[Any] = field(default_factory=list)
    quantities: list[Any] = field(default_factory=list)


class LineItems:
    """Takes the rows of an order together as long as they follow each other. `sums` where each has an amount
    of its own, and the order's is their sum; else the first has it, and the others have none or the same.

    An order of which one row cannot be read is not taken at all.
    """

    def __init__(self, heading: str, *, sums: bool) -> None:
        self._heading = heading
        self._sums = sums
        self._order: _Order | None = None
        self._seen: dict[int, None] = {}

    def feed(self, rows: Sequence[Row]) -> Iterator[Row]:
        """The rows that are complete; a row for each order, and each that is refused."""
        for row in rows:
            order = self._order
            if row.key is None:
                yield row
            elif order is not None and order.row.key == row.key and self._belongs(order, row):
                self._add(order, row)
            else:
                yield from self.finish()
                self._begin(row)

    def finish(self) -> Iterator[Row]:
        """The order that waited for further line items."""
        order, self._order = self._order, None
        if order is None:
            return
        row = order.row
        if isinstance(row.values, tuple):
            row.values = _with_sums(row.values, order)
        if row.values is not None:
            yield row

    def _belongs(self, order: _Order, row: Row) -> bool:
        if self._sums or not isinstance(row.values, tuple) or not isinstance(order.row.values, tuple):
            return True
        amount = row.values[_AMOUNT]
        return not is_given(amount) or amount == order.row.values[_AMOUNT]

    def _begin(self, row: Row) -> None:
        seen = hash(row.key)
        is_known = seen in self._seen
        self._seen[seen] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        values = row.values
        if is_known and isinstance(values, tuple) and (self._sums or not is_given(values[_AMOUNT])):
            row.values = RowProblem(
                ErrorCode.INVALID,
                f"{self._heading} came before, with other orders between. Sort the file by {self._heading}: "
                "the line items of an order must follow each other.",
                field=self._heading,
                value=shown(row.key),
                external_id=row.key,
            )
        self._order = _Order(row)
        self._count(self._order, row)

    def _add(self, order: _Order, row: Row) -> None:
        problem = row.values
        if not isinstance(problem, RowProblem):
            self._count(order, row)
        elif isinstance(order.row.values, tuple):
            message = f"A line item of this order is refused, so the order is not taken. {problem.message}"
            order.row.values = replace(problem, message=message)

    def _count(self, order: _Order, row: Row) -> None:
        if isinstance(row.values, tuple):
            if self._sums:
                order.amounts.append(row.values[_AMOUNT])
            order.quantities.append(row.values[_QUANTITY])


def _with_sums(values: Values, order: _Order) -> Values:
    if len(order.quantities) < 2:
        return values
    changed = list(values)
    changed[_QUANTITY] = _sum(order.quantities)
    if order.amounts:
        changed[_AMOUNT] = _sum(order.amounts)
    return tuple(changed)


def _sum(numbers: Sequence[Any]) -> Any:
    """The sum of what is given; what is no number comes back as it is, for the checks to refuse."""
    total: Decimal | None = None
    for number in numbers:
        if not is_given(number):
            continue
        try:
            total = (total or Decimal()) + Decimal(number)
        except (InvalidOperation, TypeError, ValueError):
            return number
    return numbers[0] if total is None else total


class NoSales:
    """Counts the orders that are left out since they are no sale, by the word for it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, word: str) -> None:
        """Note one order."""
        self._counts[word.strip().lower()[:40]] += 1

    def note(self) -> str | None:
        """A sentence for the sender; None where there was none."""
        if not self._counts:
            return None
        listed = ", ".join(f"{count} {word}" for word, count in self._counts.most_common(10))
        return f"Rows of orders that are no sale were left out: {listed}."
