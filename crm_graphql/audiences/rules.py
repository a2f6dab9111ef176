"""The tree of a rule: what it is made of, and how it is read and checked."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_graphql.audiences.fields import (
    CUSTOMER_FIELDS,
    OPERATORS,
    RuleField,
    RuleFields,
    RuleOperator,
    RuleValueShape,
    value_shape,
)
from crm_graphql.audiences.values import Scalar, Value, is_above, read_duration, read_value, shown
from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem
from crm_graphql.core.times import Duration

MAX_DEPTH = 10
MAX_NODES = 200
MAX_VALUES = 1_000
MAX_PROBLEMS = 100
KEYS = ("all", "any", "not", "where")

Operand = Scalar | tuple[Scalar, ...] | Duration | None
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """One condition. `operand` is what the field is compared with, of EQ a tuple where one value has several
    forms; `given` is the value as it is stored and told."""

    field: RuleField
    operator: RuleOperator
    operand: Operand
    given: Any = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds when every part does."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when at least one part does."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds exactly when its part does not."""

    part: Rule


Rule = AllOf | AnyOf | Not | Where


def parse(raw: object, fields: RuleFields = CUSTOMER_FIELDS, *, default_country: str | None = None) -> Rule:
    """Read a rule in the shape of RuleInput. `default_country` is that of telephone numbers that name none; a
    stored rule needs it no more.

    Raises InvalidInput with every problem, each with its path from the rule's root:
    ("all", "1", "where", "value"). A tree that is too deep or too large is not read beyond the limit.
    """
    reader = _Reader(fields, default_country)
    rule = reader.read(raw, (), 1)
    if rule is None or reader.problems:
        raise InvalidInput.of(reader.problems)
    return rule


def read_rule(
    raw: object,
    problems: list[Problem],
    fields: RuleFields = CUSTOMER_FIELDS,
    *,
    default_country: str | None = None,
) -> Rule | None:
    """Like `parse`, for a rule that is one of several inputs: without one, its problems, with their paths
    under "rule", are added to `problems`."""
    try:
        return parse(raw, fields, default_country=default_country)
    except InvalidInput as error:
        problems += [problem.under("rule") for problem in error.problems]
        return None


class _Reader:
    """Reads one tree; gathers its problems instead of stopping at the first."""

    def __init__(self, fields: RuleFields, default_country: str | None) -> None:
        self.problems: list[Problem] = []
        self._fields = fields
        self._default_country = default_country
        self._nodes = 0

    def _refuse(self, path: Path, message: str, code: ErrorCode = ErrorCode.INVALID) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(code, message, path))

    def _require(self, path: Path, message: str) -> None:
        self._refuse(path, message, ErrorCode.REQUIRED)

    def read(self, raw: object, path: Path, depth: int) -> Rule | None:
        """The rule at `path`, or None after a problem was noted."""
        if not self._within_limits(path, depth):
            return None
        key = self._only_key(raw, path)
        if key is None or not isinstance(raw, Mapping):
            return None
        inner, here = raw[key], (*path, key)
        if key == "where":
            return self._read_where(inner, here)
        if key == "not":
            part = self.read(inner, here, depth + 1)
            return Not(part) if part is not None else None
        parts = self._read_parts(inner, here, depth)
        if parts is None:
            return None
        return AllOf(parts) if key == "all" else AnyOf(parts)

    def _within_limits(self, path: Path, depth: int) -> bool:
        self._nodes += 1
        if depth > MAX_DEPTH:
            self._refuse(path, f"A rule is at most {MAX_DEPTH} levels deep.", ErrorCode.LIMIT_EXCEEDED)
        elif self._nodes == MAX_NODES + 1:
            message = f"A rule has at most {MAX_NODES} parts; what comes from here on was not read."
            self._refuse(path, message, ErrorCode.LIMIT_EXCEEDED)
        return depth <= MAX_DEPTH and self._nodes <= MAX_NODES

    def _only_key(self, raw: object, path: Path) -> str | None:
        if not isinstance(raw, Mapping) or not raw:
            self._require(path, "A rule needs one of the keys all, any, not, where.")
            return None
        for key in raw:
            if key not in KEYS:
                unknown = f"A rule has no key {shown(str(key))}; use one of all, any, not, where."
                self._refuse((*path, str(key)), unknown)
            elif raw[key] is None:
                self._refuse((*path, key), f'Leave "{key}" out instead of giving null.')
        given = [key for key in raw if key in KEYS and raw[key] is not None]
        if len(given) > 1:
            self._refuse(path, f"A rule has exactly one key, not {len(given)} ({', '.join(given)}).")
        return str(given[0]) if len(given) == 1 else None

    def _read_parts(self, raw: object, path: Path, depth: int) -> tuple[Rule, ...] | None:
        if not isinstance(raw, list | tuple):
            self._refuse(path, f'"{path[-1]}" holds a list of rules.')
            return None
        if not raw:
            self._require(
                path,
                f'"{path[-1]}" needs at least one rule. Everybody is '
                '{"where": {"field": "externalId", "operator": "IS_SET"}}.',
            )
            return None
        parts: list[Rule] = []
        for index, item in enumerate(raw):
            part = self.read(item, (*path, str(index)), depth + 1)
            if part is not None:
                parts.append(part)
            if self._nodes > MAX_NODES:
                break
        return tuple(parts) if len(parts) == len(raw) else None

    def _read_where(self, raw: object, path: Path) -> Where | None:
        if not isinstance(raw, Mapping):
            self._refuse(path, '"where" holds field, operator and value.')
            return None
        for key in raw:
            if key not in ("field", "operator", "value"):
                unknown = f"A condition has no key {shown(str(key))}; it has field, operator and value."
                self._refuse((*path, str(key)), unknown)
        field = self._read_field(raw.get("field"), (*path, "field"))
        operator = self._read_operator(raw.get("operator"), (*path, "operator"), field)
        value, here = raw.get("value"), (*path, "value")
        if field is None or operator is None:
            if operator is not None and value_shape(operator) is not RuleValueShape.NONE:
                self._require_value(value, operator, here)
            return None
        noted = len(self.problems)
        operand, given = self._read_operand(field, operator, value, here)
        return Where(field, operator, operand, given) if len(self.problems) == noted else None

    def _read_field(self, raw: object, path: Path) -> RuleField | None:
        if raw is None or raw == "":
            self._require(path, "Choose a field; `ruleFields` lists them.")
            return None
        field = self._fields.get(raw) if isinstance(raw, str) else None
        if field is None:
            close = difflib.get_close_matches(str(raw)[:100], self._fields, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(self._fields)}."
            self._refuse(path, f"There is no field {shown(raw)}. {hint}")
        return field

    def _read_operator(self, raw: object, path: Path, field: RuleField | None) -> RuleOperator | None:
        if raw is None or raw == "":
            self._require(path, "Choose an operator.")
            return None
        name = raw.value if isinstance(raw, RuleOperator) else raw
        operator = RuleOperator.__members__.get(name) if isinstance(name, str) else None
        if operator is None:
            known = ", ".join(RuleOperator.__members__)
            self._refuse(path, f"There is no operator {shown(raw)}. There are: {known}.")
        elif field is not None and operator not in OPERATORS[field.type]:
            allowed = ", ".join(one.value for one in OPERATORS[field.type])
            message = f"{field.name} is {field.type.value} and cannot be compared by {operator.value}; "
            self._refuse(path, f"{message}it takes {allowed}.")
            return None
        return operator

    def _read_operand(
        self, field: RuleField, operator: RuleOperator, raw: object, path: Path
    ) -> tuple[Operand, object]:
        """What the field is compared with, and how that is stored."""
        shape = value_shape(operator)
        if shape is RuleValueShape.NONE:
            if raw is not None:
                self._refuse(path, f"{operator.value} takes no value.")
            return None, None
        if not self._require_value(raw, operator, path):
            return None, None
        try:
            if shape is RuleValueShape.ONE:
                value = read_value(field, operator, raw, self._default_country)
                return value.forms[0] if len(value.forms) == 1 else value.forms, value.given
            if shape is RuleValueShape.DURATION:
                return read_duration(raw), raw
        except ValueError as error:
            self._refuse(path, str(error))
            return None, None
        values = self._read_values(field, operator, raw, path)
        operand = tuple(dict.fromkeys(form for value in values for form in value.forms))
        if shape is RuleValueShape.RANGE:
            operand = tuple(value.forms[0] for value in values)
        return operand, [value.given for value in values]

    def _require_value(self, raw: object, operator: RuleOperator, path: Path) -> bool:
        """Whether there is a value; an empty text, which a form sends for none, is noted as missing too."""
        if _is_missing(raw):
            self._require(path, f"{operator.value} needs a value. Whether there is one: IS_SET, NOT_SET.")
        return not _is_missing(raw)

    def _read_values(
        self, field: RuleField, operator: RuleOperator, raw: object, path: Path
    ) -> Sequence[Value]:
        is_range = value_shape(operator) is RuleValueShape.RANGE
        if not isinstance(raw, list | tuple):
            self._refuse(path, "A list of values is needed here.")
            return ()
        if is_range and len(raw) != 2:
            self._refuse(path, f"BETWEEN needs two values, [low, high], not {len(raw)}.")
            return ()
        if not raw:
            self._require(path, "The list needs at least one value.")
            return ()
        if len(raw) > MAX_VALUES:
            message = f"The list holds {len(raw)} values; at most {MAX_VALUES} are allowed."
            self._refuse(path, message, ErrorCode.LIMIT_EXCEEDED)
            return ()
        values = self._read_each(field, operator, raw, path)
        if is_range and len(values) == 2 and is_above(values[0].forms[0], values[1].forms[0]):
            self._refuse(path, f"The low end, {shown(raw[0])}, is above the high end, {shown(raw[1])}.")
        return values

    def _read_each(
        self, field: RuleField, operator: RuleOperator, raw: Sequence[object], path: Path
    ) -> Sequence[Value]:
        values: list[Value] = []
        for index, item in enumerate(raw):
            here = (*path, str(index))
            if _is_missing(item):
                self._require(here, "A value is missing here.")
                continue
            try:
                values.append(read_value(field, operator, item, self._default_country))
            except ValueError as error:
                self._refuse(here, str(error))
        return values


def _is_missing(raw: object) -> bool:
    return raw is None or raw == ""
