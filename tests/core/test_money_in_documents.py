"""No document stores money, or what is counted, as a float or a Decimal: see docs/decisions/0001."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from crm_graphql.mongo.documents import all_documents

NO_MONEY = {"CustomField.minimum", "CustomField.maximum", "PaceBook.free", "PaceBook.tat"}
"""Bounds of numbers that a deployment defines, which have at most 15 digits: see docs/decisions/0020. Moments
to parts of a millisecond: 0029."""


def inexact_fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    """The fields of `model`, and of models within it, that hold a float or a Decimal."""
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        for kind in kinds_in(field.annotation):
            if kind in (float, Decimal):
                yield f"{model.__name__}.{name}"
            elif isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from inexact_fields(kind, seen)


def kinds_in(annotation: Any) -> Iterator[Any]:
    """`annotation` and everything that it is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from kinds_in(part)


@pytest.mark.parametrize("document", all_documents(), ids=lambda document: document.__name__)
def test_numbers_are_stored_as_integers(document: type[BaseModel]) -> None:
    assert set(inexact_fields(document, set())) - NO_MONEY == set()


def test_the_check_sees_through_nesting() -> None:
    class Inner(BaseModel):
        share: dict[str, float | None]

    class Outer(BaseModel):
        parts: list[Inner]
        price: Decimal | None

    assert sorted(inexact_fields(Outer, set())) == ["Inner.share", "Outer.price"]
