"""Gives the plain enums of the domains their GraphQL descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

import strawberry

EnumT = TypeVar("EnumT", bound=type[Enum])


def describe_enum(cls: EnumT, description: str, values: Mapping[str, str]) -> EnumT:
    """Make `cls` a GraphQL enum, each value described. Raises ValueError when a value has no description."""
    strawberry.enum(cls, description=description)
    definition = cls.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        if value.name not in values:
            raise ValueError(f"{cls.__name__}.{value.name} has no description")
        value.description = values[value.name]
    return cls
