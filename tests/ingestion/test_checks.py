"""What a row may hold, and what is said of one that may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import LAYOUTS, Incomplete, RowProblem
from crm_graphql.ingestion.checks import row_check
from crm_graphql.orders.records import OrderRecord

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORDER: dict[str, Any] = {
    "order_id": "o1",
    "customer_id": "c1",
    "amount": "12.5",
    "ordered_at": "2024-06-30",
}


def check(kind: IngestionKind, values: dict[str, Any], *, csv: bool = False, country: str = "") -> Any:
    """The record, or the problem, of a row with these keys; `country` is the default of phone numbers."""
    layout = LAYOUTS[kind]
    names = dict(zip(layout.fields, layout.keys, strict=True))
    checker = row_check(
        kind, names, begun_at=NOW, currency="USD", default_country=country or None, blank_clears=not csv
    )
    return checker(7, tuple(values.get(key, UNSET) for key in layout.keys))


def taken_without(**values: Any) -> tuple[dict[str, Any], RowProblem]:
    """What is taken of a customer c1 with these values, and what is said of the rest."""
    found = customer(csv=True, **values)
    assert isinstance(found, Incomplete)
    return found.record.changes, found.problem


def order(**values: Any) -> Any:
    """The record or problem of the order above with these changes."""
    return check(IngestionKind.ORDERS, {**ORDER, **values})


def customer(*, csv: bool = False, **values: Any) -> Any:
    """The record or problem of a customer c1 with these values."""
    return check(IngestionKind.CUSTOMERS, {"customer_id": "c1", **values}, csv=csv)


def test_an_order() -> None:
    moment = datetime(2024, 6, 30, tzinfo=UTC)
    assert order() == OrderRecord(7, "o1", "c1", 125_000, "USD", moment)
    assert order(quantity=2, currency="usd").quantity == 2
    assert order(quantity=None).gives_quantity
    assert not check(IngestionKind.ORDERS, {**ORDER, "quantity": ""}, csv=True).gives_quantity


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        ("0", 0),
        ("-0.0001", -1),
        ("12.3400", 123_400),
        (" 5 ", 50_000),
        (7, 70_000),
        (Decimal("0.1"), 1000),
        (Decimal("1e3"), 10_000_000),
        ("999999999999.9999", 9_999_999_999_999_999),
    ],
)
def test_amounts_are_exact(amount: Any, units: int) -> None:
    assert order(amount=amount).amount == units


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("order_id", UNSET, "REQUIRED"),
        ("order_id", None, "REQUIRED"),
        ("order_id", "  ", "REQUIRED"),
        ("order_id", 17, "INVALID"),
        ("order_id", "x" * 201, "INVALID"),
        ("order_id", "a\nb", "INVALID"),
        ("customer_id", "", "REQUIRED"),
        ("customer_id", Decimal("1.5"), "INVALID"),
        ("amount", None, "REQUIRED"),
        ("amount", "", "REQUIRED"),
        ("amount", "twelve", "INVALID"),
        ("amount", "1,234.50", "INVALID"),
        ("amount", "NaN", "INVALID"),
        ("amount", "1e3", "INVALID"),
        ("amount", "1_000", "INVALID"),
        ("amount", "٣", "INVALID"),
        ("amount", "0.00001", "INVALID"),
        ("amount", "1000000000000", "INVALID"),
        ("amount", Decimal("1e400"), "INVALID"),
        ("amount", Decimal("1." + "0" * 30 + "1"), "INVALID"),
        ("amount", "1." + "0" * 30 + "1", "INVALID"),
        ("amount", True, "INVALID"),
        ("amount", [12], "INVALID"),
        ("ordered_at", "", "REQUIRED"),
        ("ordered_at", "31/02/2024", "INVALID"),
        ("ordered_at", "2024-02-31", "INVALID"),
        ("ordered_at", "2024-02-31T10:00:00Z", "INVALID"),
        ("ordered_at", 1_700_000_000, "INVALID"),
        ("ordered_at", "1899-12-31", "INVALID"),
        ("ordered_at", "2099-01-15T10:00:00Z", "INVALID"),
        ("currency", "EUR", "INVALID"),
        ("currency", 5, "INVALID"),
        ("quantity", "two", "INVALID"),
        ("quantity", -1_000_000_001, "INVALID"),
        ("order_id", "7.09E+12", "INVALID"),
        ("order_id", "1,23457e+11", "INVALID"),
        ("customer_id", "123.0", "INVALID"),
        ("customer_id", "#N/A", "INVALID"),
        ("customer_id", "NULL", "INVALID"),
        ("customer_id", "\\N", "INVALID"),
        ("customer_id", "-", "INVALID"),
        ("quantity", Decimal("1.5"), "INVALID"),
        ("quantity", True, "INVALID"),
    ],
)
def test_bad_values_of_an_order_are_named(field: str, value: Any, code: str) -> None:
    problem = order(**{field: value})
    assert isinstance(problem, RowProblem)
    assert problem.code is ErrorCode(code)
    assert problem.field == field
    assert problem.message.startswith(field)
    assert problem.message.endswith(".")


@pytest.mark.parametrize("quantity", [0, -1, "-1", "0", " -3 ", "-2.0", Decimal("-2.0"), Decimal(7)])
def test_the_quantity_of_a_refund_is_taken(quantity: Any) -> None:
    record = order(amount="-27.50", quantity=quantity)
    assert (record.amount, record.quantity) == (-275_000, int(float(quantity)))


@pytest.mark.parametrize(
    "key", ["00123", "1e5", "12E3", "a-1", "N", "n", "-a", "1.5", "v1.0", "1.0.0", "NULL-1"]
)
def test_an_id_that_no_spreadsheet_made_is_taken(key: str) -> None:
    assert order(order_id=key).external_id == key
    assert order(order_id=f'="{key}"').external_id == key


@pytest.mark.parametrize(
    ("written", "number"),
    [("0170 1234567", "+491701234567"), ("+44 (0) 20 7946 0958", "+442079460958"), ("", None)],
)
def test_a_phone_number_is_stored_as_it_is_dialled(written: str, number: str | None) -> None:
    row = {"customer_id": "c1", "phone": written}
    assert check(IngestionKind.CUSTOMERS, row, country="DE").changes == {"phone": number}


@pytest.mark.parametrize("written", ["call me", "1234", "12+345678", "4.91701E+11", 491701234567, "n/a"])
def test_a_bad_phone_number_costs_the_customer_nothing_else(written: Any) -> None:
    changes, problem = taken_without(name="Ann", phone=written, city="Oslo")
    assert changes == {"name": "Ann", "city": "Oslo"}
    assert (problem.field, problem.code, problem.external_id) == ("phone", ErrorCode.INVALID, "c1")
    assert problem.value == str(written)
    assert problem.message.endswith("The rest of the record was taken.")


@pytest.mark.parametrize(
    "placeholder", ["n/a", "N/A", "NULL", "null", "-", "--", "\u2013", "\\N", "#N/A", " - ", "#REF!"]
)
def test_what_stands_for_nothing_is_an_error_of_its_field(placeholder: str) -> None:
    fields = ("email", "phone", "last_visit_at", "total_spend", "visit_count", "country", "tags", "city")
    for field in fields:
        changes, problem = taken_without(name="Ann", **{field: placeholder})
        assert (changes, problem.field) == ({"name": "Ann"}, field)
    _, problem = taken_without(**dict.fromkeys(fields, placeholder))
    assert all(field in problem.message for field in fields)


@pytest.mark.parametrize("name", ["Null", "Na", "N", "Jean-Luc", "-x-"])
def test_a_name_that_looks_like_nothing_is_a_name(name: str) -> None:
    assert customer(name=name).changes == {"name": name}


@pytest.mark.parametrize(("written", "code"), [("UK", "GB"), ("Deutschland", "DE"), ("Atlantis", "Atlantis")])
def test_a_country_is_stored_by_its_code_where_it_is_known(written: str, code: str) -> None:
    assert customer(country=written).changes == {"country": code}


@pytest.mark.parametrize(
    ("written", "name"),
    [("Europe/Oslo", "Europe/Oslo"), ("america/new york", "America/New_York"), ("utc", "UTC"), (" ", None)],
)
def test_a_time_zone_is_stored_as_it_is_spelled(written: str, name: str | None) -> None:
    assert customer(time_zone=written).changes == {"time_zone": name}


@pytest.mark.parametrize("written", ["CEST", "../etc/passwd", "Europe/Olso", "+02:00", 2])
def test_an_unknown_time_zone_costs_the_customer_nothing_else(written: Any) -> None:
    changes, problem = taken_without(name="Ann", time_zone=written)
    assert (changes, problem.field) == ({"name": "Ann"}, "time_zone")
    assert "There is no time zone" in problem.message or "is not text" in problem.message


def test_an_address_is_stored_without_what_nobody_sees() -> None:
    assert customer(email="\ufeffid\u200ba@exam\u00adple.com\u00a0").changes == {"email": "ida@example.com"}


def test_a_lost_sign_in_an_address_is_named() -> None:
    assert "U+FFFD" in customer(email="ida\ufffd@example.com").message


def test_an_hour_ahead_is_still_now() -> None:
    assert order(ordered_at=NOW + timedelta(hours=1)).ordered_at == NOW + timedelta(hours=1)


def test_a_row_error_repeats_at_most_100_characters() -> None:
    problem = order(amount="x" * 5000)
    assert problem.value == "x" * 100
    assert problem.external_id == "o1"


@pytest.mark.parametrize(
    "address",
    ["ann@example.com", "o'neil+x@sub.example.co", "zoë@exämple.com", "a_b-c@ex-ample.com"],
)
def test_email_addresses(address: str) -> None:
    assert customer(email=f" {address} ").changes == {"email": address}


@pytest.mark.parametrize(
    "address",
    [
        "not-an-email",
        "a@b@example.com",
        "@example.com",
        "name@",
        "name @example.com",
        "name@example..com",
        "имя",
        "name@example.com\nbcc: other@example.com",
        "<script>@example.com",
        "a" * 300 + "@example.com",
        "name@example",
        "name@-example.com",
        ".name@example.com",
        "na\u2028me@example.com",
        "a\u00a0b@example.com",
        "ida\ufffd@example.com",
        5,
    ],
)
def test_what_is_no_email_address(address: Any) -> None:
    problem = customer(email=address)
    assert (problem.field, problem.code) == ("email", ErrorCode.INVALID)


def test_a_customer() -> None:
    record = customer(
        name=" Ann ",
        phone="+49 (151) 123-456",
        tags="vip; app,vip",
        total_spend="-1.5",
        visit_count="3",
        last_visit_at="2024-01-01",
        signed_up_at="2023-01-01T00:00:00+02:00",
    )
    assert record == CustomerRecord(
        7,
        "c1",
        {
            "name": "Ann",
            "phone": "+49151123456",
            "tags": ["vip", "app"],
            "total_spend": -15_000,
            "visit_count": 3,
            "last_visit_at": datetime(2024, 1, 1, tzinfo=UTC),
            "signed_up_at": datetime(2022, 12, 31, 22, tzinfo=UTC),
        },
    )


def test_null_and_empty_clear_in_json_and_an_empty_cell_is_left_out_in_csv() -> None:
    assert customer(name=None, email="", tags=[]).changes == {"name": None, "email": None, "tags": []}
    assert customer(csv=True, name=" ", email="", tags="", visit_count="").changes == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 12345),
        ("name", "x" * 501),
        ("name", "a\x00b"),
        ("city", "\ud800"),
        ("tags", ["x" * 101]),
        ("tags", [f"t{n}" for n in range(101)]),
        ("tags", [5]),
        ("tags", 5),
        ("visit_count", -1),
        ("visit_count", "1.5"),
        ("total_spend", "much"),
        ("last_visit_at", "2099-01-01"),
        ("signed_up_at", "yesterday-ish"),
    ],
)
def test_bad_values_of_a_customer_are_named(field: str, value: Any) -> None:
    problem = customer(**{field: value})
    assert (problem.field, problem.code, problem.external_id) == (field, ErrorCode.INVALID, "c1")
    assert problem.value is None or len(problem.value) <= 100
