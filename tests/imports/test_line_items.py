"""Line items of orders, and orders that are no sale."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm_graphql.imports import line_items
from crm_graphql.imports.rows import RowProblem
from tests.imports.plans import (
    ORDERS,
    planned,
    records,
    rows_of,
)

LINES = "Order,E-Mail,Date,Qty,Line Total,Order Status\n"


@pytest.mark.parametrize("cut", [1, 2, 3, 100])
def test_a_file_of_line_items_sums_to_one_order_however_it_is_cut(cut: int) -> None:
    text = (
        f"{LINES}1,a@example.com,2024-06-01,1,10.00,\n1,a@example.com,2024-06-01,2,2.50,\n"
        "2,b@example.com,2024-06-02,1,3.00,cancelled\n2,b@example.com,2024-06-02,1,3.00,\n"
        "3,c@example.com,2024-06-03,1,4.00,\n"
    )
    plan, found = planned(ORDERS, text, cut=cut)
    first, last = records(ORDERS, found)
    assert first == {
        "order_id": "1",
        "customer_id": "email:a@example.com",
        "amount": Decimal("12.50"),
        "quantity": Decimal(3),
        "ordered_at": "2024-06-01",
    }
    assert (last["order_id"], last["amount"], found.lines) == ("3", "4.00", [2, 6])  # type: ignore[index]
    assert found.cells[0] == ["1", "a@example.com", "2024-06-01", "1", "10.00", ""]
    assert plan.notes == ("Rows of orders that are no sale were left out: 1 cancelled.",)


def test_line_items_that_come_apart_do_not_overwrite_their_order() -> None:
    rows = ("1,a@example.com,2024-06-01,1,10.00,", "2,b@example.com,2024-06-02,1,3.00,")
    text = LINES + "\n".join([*rows, "1,a@example.com,2024-06-01,1,2.00,"])
    first, second, apart = rows_of(ORDERS, text)
    assert (first["amount"], second["amount"]) == ("10.00", "3.00")
    assert isinstance(apart, RowProblem)
    assert "Sort the file by Order" in apart.message
    assert apart.external_id == "1"


def test_an_order_of_which_one_line_item_is_refused_is_not_taken() -> None:
    rows = ("1,a@example.com,2024-06-01,1,10.00,", "1,a@example.com,2024-06-01,1,12%,")
    text = LINES + "\n".join([*rows, "2,b@example.com,2024-06-02,1,3.00,"])
    refused, taken = rows_of(ORDERS, text)
    assert isinstance(refused, RowProblem)
    assert "A line item of this order is refused" in refused.message
    assert taken["order_id"] == "2"


def test_further_orders_of_one_id_stay_rows_of_their_own_where_nothing_speaks_of_line_items() -> None:
    text = "order_id,customer_id,amount,ordered_at,quantity\n1,c,5,2024-06-01,1\n1,c,6,2024-06-01,1\n"
    assert [row["amount"] for row in rows_of(ORDERS, text)] == ["5", "6"]


def test_an_order_that_was_given_back_whole_is_no_sale_where_no_column_says_how_much() -> None:
    head = "Order,E-Mail,Total,Date,Order Status"
    row = "1,a@example.com,5.00,2024-06-01,Refunded"
    assert rows_of(ORDERS, f"{head}\n{row}\n") == []
    (order,) = rows_of(ORDERS, f"{head},Amount Refunded\n{row},5.00\n")
    assert order["amount"] == 0


def test_the_memory_of_orders_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_items, "REMEMBERED", 2)
    text = LINES + "".join(f"{n},a@example.com,2024-06-01,1,1.00,\n" for n in (1, 2, 3, 1, 1, 3))
    found = rows_of(ORDERS, text)
    assert [isinstance(row, RowProblem) for row in found] == [False, False, False, False, True]
