"""Which GraphQL object a document becomes, by name: types of different domains hold each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm_graphql.core.paging import Row
from crm_graphql.gql.selection import Columns


@dataclass(frozen=True, slots=True)
class Projection:
    """How a GraphQL type is made of documents."""

    columns: Columns
    make: Callable[[Row], Any]


_PROJECTIONS: dict[str, Projection] = {}


def register(type_name: str, columns: Columns, make: Callable[[Row], Any]) -> None:
    """Say how the GraphQL type is made; once, in the module of the type."""
    _PROJECTIONS[type_name] = Projection(columns, make)


def projection_of(type_name: str) -> Projection:
    """How the GraphQL type is made."""
    return _PROJECTIONS[type_name]
