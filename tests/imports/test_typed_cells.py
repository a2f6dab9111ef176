"""Cells of JSON and of workbooks, which have types."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.imports.mapping import plan as make_plan
from crm_graphql.imports.plans import ImportRequest
from crm_graphql.imports.rows import RowProblem
from crm_graphql.imports.tables import Batch, FileFormat
from crm_graphql.imports.words import FileStatus, FileWord
from tests.imports.plans import (
    CUSTOMERS,
    ORDERS,
    json_plan,
    read_all,
    records,
)


def test_keys_of_json_are_headings_and_values_pass_as_they_are() -> None:
    said = [{"topic": "News", "channel": "EMAIL", "status": "SUBSCRIBED"}]
    plan, rows = json_plan(
        CUSTOMERS,
        [
            {
                "customerId": "1",
                "Full Name": "Ann",
                "tags": ["a"],
                "consents": said,
                "totalSpend": Decimal("1.200"),
            },
            {"externalId": "2", "lastVisitAt": "Jun 1, 2024", "tags": None},
            {"customerId": "3", "externalId": "4"},
            {"order_id": "x", "customerId": "b", "amount": 5},
        ],
    )
    plan.require_readable()
    first, second, both, other = records(CUSTOMERS, read_all(plan, rows, [1, 2, 3, 4]))
    assert first == {
        "customer_id": "1",
        "name": "Ann",
        "tags": ["a"],
        "consents": said,
        "total_spend": Decimal("1.200"),
    }
    assert second == {"customer_id": "2", "last_visit_at": datetime(2024, 6, 1, tzinfo=UTC), "tags": None}
    assert isinstance(both, RowProblem)
    assert "are two names of one field" in both.message
    assert isinstance(other, RowProblem)
    assert "These are orders, sent as customers" in other.message


def test_json_is_not_refused_for_what_may_come_yet_nor_asked_about_its_decimals() -> None:
    plan, rows = json_plan(CUSTOMERS, [{"name": "Ann", "total_spend": "1.200"}])
    plan.require_readable()
    (nobody,) = read_all(plan, rows, [1]).rows
    assert isinstance(nobody, RowProblem)
    assert nobody.code is ErrorCode.REQUIRED
    assert plan.missing_fields == ("customer_id", "email", "phone")
    plan, rows = json_plan(CUSTOMERS, [{"foo": "Ann"}])
    with pytest.raises(InvalidInput, match="no column customer_id"):
        plan.require_readable()


def test_two_names_of_one_field_in_one_record_are_a_row_error() -> None:
    plan, rows = json_plan(ORDERS, [{"order_amount": 2, "amount": 1, "order_id": "o", "customer_id": "c"}])
    (found,) = read_all(plan, rows, [1]).rows
    assert isinstance(found, RowProblem)
    assert (found.field, found.external_id) == ("order_amount", "o")
    assert "order_amount and amount are two names of one field" in found.message


def test_cells_of_a_workbook_are_texts_numbers_and_moments_as_their_fields_are() -> None:
    headings = [
        "customer_id",
        "name",
        "phone",
        "tags",
        "total_spend",
        "visit_count",
        "signed_up_at",
        "Newsletter",
    ]
    row = [7000000000001, Decimal("7.50"), 4722000002.0, 3, 12.5, Decimal(4), datetime(2024, 6, 1, 10), True]
    plan = make_plan(
        *(CUSTOMERS, headings, [row], ImportRequest()),
        country="NO",
        currency="USD",
        format=FileFormat.XLSX,
    )
    (found,) = records(CUSTOMERS, read_all(plan, [row], [2]))
    assert found == {
        "customer_id": "7000000000001",
        "name": "7.5",
        "phone": "4722000002",
        "tags": "3",
        "total_spend": Decimal("12.5"),
        "visit_count": Decimal(4),
        "signed_up_at": datetime(2024, 6, 1, 10, tzinfo=UTC),
        "consents": [FileWord(Channel.EMAIL, FileStatus.SUBSCRIBED)],
    }


def test_keys_of_json_that_come_later_are_taken_up() -> None:
    plan, rows = json_plan(CUSTOMERS, [{"email": "a@example.com"}])
    assert [row[0] for row in plan.read(Batch(rows, [1])).rows] == ["email:a@example.com"]  # type: ignore[index]
    plan.extend(["email", "Vorname"])
    later = plan.read(Batch([["b@example.com", "Bea"], ["c@example.com"]], [2, 3]))
    assert [record["name"] for record in records(CUSTOMERS, later)[:1]] == ["Bea"]  # type: ignore[index]
    assert len(plan.columns) == 2
