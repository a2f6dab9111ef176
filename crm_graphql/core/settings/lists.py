"""Lists in settings: one value, several with commas between them, or a JSON list."""

from __future__ import annotations

import json
from typing import Annotated, TypeVar

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

Item = TypeVar("Item")

_FORMS = 'write a, b or ["a", "b"]'


def read_list(given: object) -> object:
    """The values in a text. JSON is for a value that holds a comma or begins with a bracket.

    Raises ValueError for a JSON list that is broken or holds something else than texts; it never repeats the
    text, which may hold secrets.
    """
    if not isinstance(given, str):
        return given
    text = given.strip()
    if not text.startswith("["):
        return [value for part in text.split(",") if (value := part.strip())]
    try:
        values = json.loads(text)
    except ValueError:
        raise ValueError(f"it begins with [ and is no JSON list: {_FORMS}") from None
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"it is a JSON list of something else than texts: {_FORMS}")
    return values


SettingsList = Annotated[list[Item], NoDecode, BeforeValidator(read_list)]
"""The type of every list setting. Without it pydantic-settings takes JSON alone."""
