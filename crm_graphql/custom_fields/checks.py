"""Checks of a definition: what a custom field may be, all that is wrong told at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from bson import ObjectId

from crm_graphql.core.errors import Faults, InvalidInput, RequiredInput
from crm_graphql.core.names import checked_name
from crm_graphql.core.texts import is_storable
from crm_graphql.custom_fields.definitions import Definition
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.custom_fields.patterns import PATTERN_CHARACTERS, NotAPattern, check_pattern
from crm_graphql.custom_fields.values import NUMBER_LIMIT, TEXT_CHARACTERS, Unfit, read_value

KEY_CHARACTERS = 50
LABEL_CHARACTERS = 100
OPTIONS = 200
OPTION_CHARACTERS = 100

_KEY = re.compile(rf"[a-z][a-z0-9_]{{0,{KEY_CHARACTERS - 1}}}", re.ASCII)
_RESERVED = frozenset(
    {
        # What Liquid reads otherwise behind a point.
        *("size", "first", "last"),
        *("and", "or", "not", "contains", "true", "false", "nil", "null", "blank", "empty", "if", "else"),
        *("in", "with", "for", "as", "limit", "offset", "cols", "reversed"),
    }
)
_RANGED = frozenset({CustomFieldType.NUMBER, CustomFieldType.TEXT})


def checked_key(key: str) -> str:
    """The key. Raises InvalidInput at `key`."""
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            f'"{key[:60]}" is no key: small letters, digits and _, a letter first, at most {KEY_CHARACTERS}.',
            path=("key",),
        )
    if key in _RESERVED:
        raise InvalidInput(f'"{key}" has a meaning in templates. Choose another key.', path=("key",))
    return key


def checked_definition(type_: CustomFieldType, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a definition as they are stored: label, is_required, default_value, minimum, maximum,
    pattern, options. Raises InvalidInput with everything that is wrong with the whole."""
    faults, found = Faults(), dict(values)
    with faults.noted():
        found["label"] = checked_name(
            values["label"], needed="A field needs a label.", limit=LABEL_CHARACTERS, path=("label",)
        )
    found["is_required"] = bool(values["is_required"])
    with faults.noted():
        found["options"] = _options(type_, values["options"])
    with faults.noted():
        _check_pattern(type_, values["pattern"])
    for name in ("minimum", "maximum"):
        with faults.noted():
            found[name] = _bound(type_, values[name], name)
    if faults.problems:
        faults.check()
    with faults.noted():
        if None not in (found["minimum"], found["maximum"]) and found["minimum"] > found["maximum"]:
            raise InvalidInput("The maximum is less than the minimum.", path=("maximum",))
        found["default_value"] = _default(type_, found)
    faults.check()
    return found


def _options(type_: CustomFieldType, options: Sequence[str] | None) -> list[str] | None:
    if type_ is not CustomFieldType.LIST:
        if options:
            raise InvalidInput(f"Only a LIST has options, not a {type_.value}.", path=("options",))
        return None
    if not options:
        raise RequiredInput("A LIST needs at least one option.", path=("options",))
    if len(options) > OPTIONS:
        raise InvalidInput(f"A LIST has at most {OPTIONS} options.", path=("options",))
    found: dict[str, str] = {}
    for index, raw in enumerate(options):
        option = raw.strip()
        here = ("options", str(index))
        if not option or len(option) > OPTION_CHARACTERS or not is_storable(option):
            raise InvalidInput(f"An option is a text of 1 to {OPTION_CHARACTERS} characters.", path=here)
        if option.casefold() in found:
            raise InvalidInput(f'"{option}" is there twice; case does not count.', path=here)
        found[option.casefold()] = option
    return list(found.values())


def _check_pattern(type_: CustomFieldType, pattern: str | None) -> None:
    if pattern is None:
        return
    if type_ is not CustomFieldType.TEXT:
        raise InvalidInput(f"Only a TEXT has a pattern, not a {type_.value}.", path=("pattern",))
    if not pattern or len(pattern) > PATTERN_CHARACTERS or not is_storable(pattern):
        raise InvalidInput(f"A pattern has 1 to {PATTERN_CHARACTERS} characters.", path=("pattern",))
    try:
        check_pattern(pattern)
    except NotAPattern as error:
        raise InvalidInput(f"RE2 does not take the pattern: {error}.", path=("pattern",)) from None


def _bound(type_: CustomFieldType, bound: float | None, name: str) -> float | None:
    if bound is None:
        return None
    if type_ not in _RANGED:
        raise InvalidInput(f"A {type_.value} has no {name}: only a NUMBER and a TEXT have.", path=(name,))
    if not math.isfinite(bound) or abs(bound) >= NUMBER_LIMIT:
        raise InvalidInput(f"The {name} is a number below {NUMBER_LIMIT:,}.", path=(name,))
    if type_ is CustomFieldType.TEXT and not (bound.is_integer() and 0 <= bound <= TEXT_CHARACTERS):
        message = f"The {name} of a TEXT is a number of characters, 0 to {TEXT_CHARACTERS}."
        raise InvalidInput(message, path=(name,))
    return bound


def _default(type_: CustomFieldType, found: Mapping[str, Any]) -> Any:
    options = found["options"]
    provisional = Definition(
        id=ObjectId(),
        key="",
        slot="",
        label="",
        type=type_,
        minimum=found["minimum"],
        maximum=found["maximum"],
        pattern=found["pattern"],
        options=None if options is None else tuple(options),
    )
    try:
        # A default has no moment: a date is given as one.
        return read_value(provisional, found["default_value"], UTC)
    except Unfit as error:
        raise InvalidInput(f"The default value {error}", path=("defaultValue",)) from None
