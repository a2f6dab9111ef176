"""Patterns of texts in RE2 syntax: matched in time linear in the text, whatever the pattern."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

PATTERN_CHARACTERS = 200
_MEMORY_BYTES = 1024**2
"""Of a compiled pattern: one that would need more, as ((a{100}){100}){100}, is refused."""


class NotAPattern(ValueError):
    """RE2 does not take it; the message says why."""


def check_pattern(pattern: str) -> None:
    """Raise NotAPattern for what is no pattern, or one that is too large."""
    try:
        _compiled(pattern)
    except re2.error as error:
        raise NotAPattern(_reason(error)) from None


def is_whole_match(pattern: str, text: str) -> bool:
    """Whether the text as a whole is of the pattern."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    return re2.compile(pattern, options)


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return (reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason))[:200]
