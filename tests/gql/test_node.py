"""A Node type is registered once, with columns of its own."""

from __future__ import annotations

from typing import Any, cast

import pytest

from crm_graphql.audiences.schema.types import Audience
from crm_graphql.core.paging import Row
from crm_graphql.gql.node import Node, global_id, node_type, register
from crm_graphql.orders.schema.types import ORDER_COLUMNS, Order


class Pet(Node):
    """A type of these tests."""

    @classmethod
    def from_document(cls, row: Row) -> Pet:
        return cls(id=global_id("Pet", row["_id"]))


def test_a_type_is_not_registered_twice() -> None:
    with pytest.raises(ValueError, match="Order is registered already"):
        register(Order, permission=None, loader=node_type("Order").loader, columns=ORDER_COLUMNS)


def test_a_type_is_not_made_of_the_columns_of_another() -> None:
    with pytest.raises(ValueError, match="Pet cannot be made of the columns of Order"):
        register(Pet, permission=None, loader=node_type("Order").loader, columns=ORDER_COLUMNS)


def test_a_type_whose_documents_are_read_whole_has_no_projection() -> None:
    assert node_type(Audience.__name__).columns is None
    with pytest.raises(TypeError, match="read whole"):
        node_type("Audience").projection(cast("Any", None))
