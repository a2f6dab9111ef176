"""Masks over people's addresses and numbers in a text: neither a model nor a log needs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phonenumbers import Leniency, PhoneNumberMatcher

_SIGN = r"[^\s@<>\"'(),;:\[\]]"
# A match begins with an address's first sign and its end is bounded: a long run of signs would cost seconds.
_EMAIL = re.compile(rf"(?<!{_SIGN}){_SIGN}+@{_SIGN}{{1,255}}\.{_SIGN}{{0,255}}[^\W_]")
# Also numbers of orders and of accounts; amounts of that size come back as they were.
_DIGITS = re.compile(r"(?<![\d.,])\+?\d{9,18}(?![\d.,]*\d)")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with each address and number replaced by a name like "[address 1]"; `originals` says which."""

    text: str
    originals: Mapping[str, str]

    def hide(self, text: str) -> str:
        """A text that may hold the originals, with their names instead."""
        for name, original in self.originals.items():
            text = text.replace(original, name)
        return text

    def restore(self, value: Any) -> Any:
        """`value`, a text or JSON, with what the names stand for."""
        if isinstance(value, str):
            for name, original in self.originals.items():
                value = value.replace(name, original)
            return value
        if isinstance(value, list):
            return [self.restore(item) for item in value]
        if isinstance(value, dict):
            return {key: self.restore(item) for key, item in value.items()}
        return value


def mask(text: str, country: str | None = None) -> Masked:
    """The text without email addresses, telephone numbers (those without a country as of `country`) and other
    long numbers."""
    originals: dict[str, str] = {}
    text = _EMAIL.sub(lambda match: _name("address", match[0], originals), text)
    numbers = PhoneNumberMatcher(text, country or None, leniency=Leniency.VALID)
    for match in reversed(list(numbers)):
        name = _name("number", match.raw_string, originals)
        text = text[: match.start] + name + text[match.end :]
    text = _DIGITS.sub(lambda match: _name("number", match[0], originals), text)
    return Masked(text, originals)


def _name(kind: str, original: str, originals: dict[str, str]) -> str:
    name = f"[{kind} {len(originals) + 1}]"
    originals[name] = original
    return name
