"""The privacy of people: what of a rule, of known values and of answers neither a model nor a log is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from crm_graphql.assistant.masking import mask
from crm_graphql.audiences.rules import AllOf, AnyOf, Not, Rule

PERSONAL_FIELDS = frozenset({"name", "email", "phone", "externalId"})
"""What they hold says who somebody is."""
LEFT_OUT = "(left out)"

_LABEL = re.compile(r"[^\W_][\w &'./+-]{0,39}")
_LABEL_WORDS = 4


def is_label(text: str) -> bool:
    """Whether a known value (a city, a tag) is a plain name, and no sentence, markup or address: those stay
    here, whatever they would tell a model to do."""
    return (
        _LABEL.fullmatch(text) is not None and len(text.split()) <= _LABEL_WORDS and mask(text).text == text
    )


def labels(values: Iterable[str]) -> list[str]:
    """Those of the values that are plain names."""
    return [value for value in values if is_label(value)]


def without_people(rule: Rule) -> Rule:
    """The rule with the values left out that say who somebody is, and those that are no plain names; for its
    sentence alone."""
    if isinstance(rule, AllOf):
        return AllOf(tuple(without_people(part) for part in rule.parts))
    if isinstance(rule, AnyOf):
        return AnyOf(tuple(without_people(part) for part in rule.parts))
    if isinstance(rule, Not):
        return Not(without_people(rule.part))
    given, personal = rule.given, rule.field.name in PERSONAL_FIELDS
    if isinstance(given, str) and isinstance(rule.operand, str | tuple):
        hidden = personal or not is_label(given)
        return replace(rule, operand=LEFT_OUT, given=LEFT_OUT) if hidden else rule
    if isinstance(given, list) and all(isinstance(item, str) for item in given):
        shown = () if personal else labels(given)
        if isinstance(rule.operand, tuple) and all(isinstance(item, str) for item in rule.operand):
            values = [*shown, *([LEFT_OUT] if len(shown) < len(given) else [])]
            return replace(rule, operand=tuple(values), given=values)
    return rule


def for_log(words: str, answer: str, country: str | None) -> tuple[str, str]:
    """What was asked and answered as a log may hold it: without addresses and numbers, and without what the
    answer compares with a person's name or id. An answer that cannot be read is left out."""
    try:
        people = set(_people(json.loads(answer)))
    except (ValueError, RecursionError):
        return mask(words, country).text, LEFT_OUT
    for person in sorted(people, key=len, reverse=True):
        hidden = re.compile(re.escape(person), re.IGNORECASE)
        words, answer = hidden.sub(LEFT_OUT, words), hidden.sub(LEFT_OUT, answer)
    return mask(words, country).text, mask(answer, country).text


def _people(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _people(item)
    elif isinstance(value, dict):
        if value.get("field") in PERSONAL_FIELDS:
            given = value.get("value")
            texts = given if isinstance(given, list) else [given]
            yield from (text for text in texts if isinstance(text, str) and text.strip())
        else:
            yield from _people(list(value.values()))
