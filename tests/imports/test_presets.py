"""The exports of six programs as they come, each with an example file."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.fields import field_names, folded
from crm_graphql.imports.plans import ImportOptions, ImportRequest
from crm_graphql.imports.presets import (
    PRESETS,
    hubspot,
    klaviyo,
    mailchimp,
    named,
    recognised,
    shopify,
    stripe,
    woocommerce,
)
from crm_graphql.imports.presets.preset import Preset
from crm_graphql.imports.rows import RowProblem
from crm_graphql.imports.words import FileStatus, FileWord
from tests.imports.plans import CUSTOMERS, DATA, ORDERS, planned, read_file, table_of

EXAMPLES = {
    "shopify-customers": shopify.CUSTOMERS,
    "shopify-customers-older": shopify.OLDER_CUSTOMERS,
    "shopify-orders": shopify.ORDERS,
    "woocommerce-customers": woocommerce.CUSTOMERS,
    "woocommerce-orders": woocommerce.ORDERS,
    "woocommerce-orders-lines": woocommerce.ORDERS,
    "woocommerce-orders-analytics": woocommerce.ANALYTICS_ORDERS,
    "mailchimp-subscribed": mailchimp.AGREED,
    "mailchimp-unsubscribed": mailchimp.LEFT,
    "mailchimp-cleaned": mailchimp.CLEANED,
    "hubspot-contacts": hubspot.CUSTOMERS,
    "stripe-customers": stripe.CUSTOMERS,
    "stripe-payments": stripe.ORDERS,
    "klaviyo-profiles": klaviyo.CUSTOMERS,
}
IDA = "email:ida@example.com"


def read(kind: Any, name: str, **asked: Any) -> tuple[Any, list[Any]]:
    return read_file(kind, f"exports/{name}.csv", **asked)


def headings_of(name: str) -> list[str]:
    return table_of((DATA / "exports" / f"{name}.csv").read_text())[0]


def email(status: FileStatus, at: datetime | None = None) -> FileWord:
    return FileWord(Channel.EMAIL, status, at)


def test_every_preset_has_an_example_and_no_example_lies_about() -> None:
    assert [preset for preset in PRESETS if preset not in EXAMPLES.values()] == []
    assert {file.stem for file in (DATA / "exports").glob("*.csv")} == EXAMPLES.keys()


@pytest.mark.parametrize(("name", "preset"), EXAMPLES.items())
def test_an_export_is_recognised_in_any_order_of_its_headings_and_among_others(
    name: str, preset: Preset
) -> None:
    headings = headings_of(name)
    for order in (
        headings,
        headings[::-1],
        ["Favourite colour", *headings],
        [one.upper() for one in headings],
    ):
        assert recognised(order, preset.kind) is preset


@pytest.mark.parametrize("preset", PRESETS, ids=lambda one: f"{one.name}-{one.kind.value}")
def test_a_preset_names_fields_that_there_are_and_is_keyed_by_address(preset: Preset) -> None:
    named = {field for field in (*preset.columns.values(), *preset.totals.values()) if field is not None}
    assert named <= field_names(preset.kind)
    assert "customer_id" not in named
    assert named & {"email", "customer_email"}
    for sign in preset.signs:
        assert len(set(map(folded, sign))) == len(sign)


def test_our_own_files_are_of_no_exporter() -> None:
    assert recognised(["customer_id", "name", "email", "phone", "tags", "total_spend"], CUSTOMERS) is None
    assert recognised(["order_id", "customer_id", "amount", "currency", "ordered_at"], ORDERS) is None


def test_shopify_customers() -> None:
    plan, (ida,) = read(CUSTOMERS, "shopify-customers")
    ida.pop("source_id", None)
    assert ida == {
        "customer_id": "email:ida.nordby@example.com",
        "name": "Ida Nordby",
        "email": "ida.nordby@example.com",
        "phone": "+4722000002",
        "city": "Oslo",
        "country": "NO",
        "tags": ["vip", "wholesale"],
        "consents": [email(FileStatus.SUBSCRIBED), FileWord(Channel.SMS, FileStatus.UNSUBSCRIBED)],
    }
    assert "Total Spent and Total Orders are left out" in plan.notes[0]
    assert {"Note", "Total Spent", "Tax Exempt"} <= set(plan.ignored_columns)
    assert plan.names["email"] == "Email"


def test_shopify_customers_as_they_were() -> None:
    plan, rows = read(CUSTOMERS, "shopify-customers-older", totals=True)
    assert [row["customer_id"] for row in rows] == [IDA, "email:ola@example.com", "phone:+4755000001"]
    assert [row.get("total_spend") for row in rows] == ["1250.00", "0.00", "10.00"]
    assert [row["city"] for row in rows] == ["Oslo", "'s-Hertogenbosch", "Bergen"]
    assert rows[1]["name"] == "Ola"
    assert rows[1]["consents"] == [email(FileStatus.UNSUBSCRIBED)]
    assert plan.notes == ()


def test_shopify_orders() -> None:
    plan, rows = read(ORDERS, "shopify-orders")
    assert rows[0] == {
        "order_id": "#1003",
        "customer_id": "phone:+4755000001",
        "amount": Decimal("15.00"),
        "ordered_at": datetime(2024, 6, 3, 3, 30, tzinfo=UTC),
        "currency": "USD",
        "quantity": "1",
    }
    assert [(row["order_id"], row["amount"], row["quantity"]) for row in rows[1:3]] == [
        ("#1002", Decimal("27.50"), "2"),
        ("#1001", Decimal("100.00"), Decimal(3)),
    ]
    assert rows[2]["customer_id"] == IDA
    assert isinstance(rows[3], RowProblem)
    assert rows[3].field == "Email"
    assert plan.notes == ("Rows of orders that are no sale were left out: 1 voided.",)


def test_woocommerce_customers() -> None:
    plan, (ida, guest) = read(CUSTOMERS, "woocommerce-customers")
    assert (ida["customer_id"], ida["name"], ida["country"]) == (IDA, "Ida Nordby", "NO")
    assert ida["signed_up_at"] == datetime(2023, 1, 15, 8, tzinfo=UTC)
    assert "total_spend" not in ida
    assert "signed_up_at" not in guest
    assert {"Username", "Last active", "AOV"} <= set(plan.ignored_columns)


def test_woocommerce_orders_of_a_plugin() -> None:
    plan, (done, waiting) = read(ORDERS, "woocommerce-orders", time_zone="Europe/Oslo")
    assert (done["order_id"], done["customer_id"], done["amount"]) == ("501", IDA, "100.00")
    assert done["ordered_at"] == datetime(2024, 6, 1, 8, 15, tzinfo=UTC)
    assert (waiting["order_id"], waiting["customer_id"]) == ("504", "email:guest@example.com")
    assert plan.notes == ("Rows of orders that are no sale were left out: 1 cancelled, 1 failed.",)


def test_woocommerce_orders_with_a_row_for_each_item_that_repeats_the_total() -> None:
    _, (first, second) = read(ORDERS, "woocommerce-orders-lines")
    assert (first["order_id"], first["amount"], first["quantity"]) == ("601", Decimal("100.00"), Decimal(3))
    assert (second["order_id"], second["amount"]) == ("602", Decimal("0.00"))


def test_woocommerce_analytics_names_nobody_and_says_what_to_export() -> None:
    with pytest.raises(InvalidInput, match="names no e-mail address of its orders"):
        read(ORDERS, "woocommerce-orders-analytics")


def test_mailchimp_files_say_by_their_columns_who_may_be_written_to() -> None:
    plan, (ann, bob) = read(CUSTOMERS, "mailchimp-subscribed")
    assert ann["tags"] == ["VIP", "Blog, weekly"]
    assert ann["consents"] == [email(FileStatus.SUBSCRIBED, datetime(2024, 3, 16, 14, 45, tzinfo=UTC))]
    assert bob["consents"] == [email(FileStatus.UNSUBSCRIBED)]
    assert "never agreed" in plan.notes[0]
    _, (cy, di) = read(CUSTOMERS, "mailchimp-unsubscribed")
    assert cy["consents"] == [email(FileStatus.UNSUBSCRIBED, datetime(2024, 4, 1, 9, tzinfo=UTC))]
    assert di["consents"] == [email(FileStatus.UNSUBSCRIBED)]
    _, (ed,) = read(CUSTOMERS, "mailchimp-cleaned")
    assert ed["consents"] == [email(FileStatus.BOUNCED, datetime(2024, 4, 2, 9, tzinfo=UTC))]


def test_hubspot_contacts() -> None:
    plan, (ida, bob) = read(CUSTOMERS, "hubspot-contacts")
    assert (ida["customer_id"], ida["name"], ida["country"]) == (IDA, "Ida Nordby", "Norway")
    assert ida["tags"] == ["vip, gold", "wholesale"]
    assert "consents" not in ida
    assert bob["consents"] == [email(FileStatus.UNSUBSCRIBED)]
    assert "Marketing contact status" in plan.ignored_columns


def test_stripe_customers_and_payments_meet() -> None:
    _, (ida,) = read(CUSTOMERS, "stripe-customers")
    assert (ida["customer_id"], ida["name"], ida["city"]) == (IDA, "Ida Nordby", "Oslo")
    assert "total_spend" not in ida
    plan, rows = read(ORDERS, "stripe-payments")
    assert [row["customer_id"] for row in rows[:3]] == [IDA] * 3
    assert [(row["order_id"], row["amount"], row["currency"]) for row in rows[:3]] == [
        ("ch_1", Decimal("100.00"), "usd"),
        ("ch_2", Decimal("0.00"), "usd"),
        ("ch_4", Decimal("20.00"), "eur"),
    ]
    assert isinstance(rows[3], RowProblem)
    assert rows[3].field == "Customer Email"
    assert "1 failed" in plan.notes[-1]


def test_klaviyo_profiles() -> None:
    _, (ida, bob, cec) = read(CUSTOMERS, "klaviyo-profiles")
    assert ida["consents"] == [
        email(FileStatus.SUBSCRIBED, datetime(2024, 3, 16, 14, 40, 47, tzinfo=UTC)),
        FileWord(Channel.SMS, FileStatus.UNSUBSCRIBED, datetime(2024, 4, 16, 14, 40, 47, tzinfo=UTC)),
    ]
    assert bob["consents"] == [email(FileStatus.UNSUBSCRIBED)]
    assert cec["consents"] == [email(FileStatus.BOUNCED)]
    assert "total_spend" not in ida


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_export_at_the_other_door_is_refused_and_its_own_is_named(name: str) -> None:
    kind = EXAMPLES[name].kind
    other = ORDERS if kind is CUSTOMERS else CUSTOMERS
    text = (DATA / "exports" / f"{name}.csv").read_text()
    with pytest.raises(InvalidInput, match=f"Send them to /ingest/{kind.value.lower()}"):
        planned(other, text)


def test_a_shop_order_that_was_cancelled_after_it_was_paid_is_no_sale() -> None:
    headings = "Name,Email,Financial Status,Total,Created at,Cancelled at"
    plan, found = planned(ORDERS, f"{headings}\n#1,a@example.com,paid,5.00,2024-06-01,2024-06-02\n")
    assert (found.rows, plan.notes) == ([], ("Rows of orders that are no sale were left out: 1 cancelled.",))


def test_further_columns_of_an_export_go_by_their_headings_unless_the_preset_has_the_field() -> None:
    headings = "Email Address,LEID,EUID,Phone Number,Mobile,Ort,Customer Number,Visits"
    plan, found = planned(CUSTOMERS, f"{headings}\nida@example.com,1,e1,,+4722000002,Oslo,77,9\n")
    row = found.rows[0]
    assert isinstance(row, tuple)
    assert row[0] == IDA
    assert {"Mobile", "Customer Number", "Visits"} <= set(plan.ignored_columns)
    assert [column.because for column in plan.columns if column.column == "Ort"] == ["heading"]


def test_a_preset_that_is_named_is_the_one_that_would_be_recognised() -> None:
    headings = ["First Name", "Last Name", "Email", "Accepts Marketing", "Total Spent", "Total Orders"]
    headings += ["Default Address City", "Default Address Phone", "Accepts SMS Marketing"]
    assert recognised(headings, CUSTOMERS) is shopify.OLDER_CUSTOMERS
    assert named("shopify", headings, CUSTOMERS) is shopify.OLDER_CUSTOMERS


def test_a_preset_may_be_named_or_switched_off() -> None:
    text = "Email,First Name,Total Spent\nida@example.com,Ida,5.00\n"
    plan, _ = planned(CUSTOMERS, text, request=ImportRequest(preset="Shopify"))
    assert (plan.preset, "Total Spent" in plan.ignored_columns) == ("shopify", True)
    shop = (DATA / "exports" / "shopify-customers.csv").read_text()
    plan, found = planned(CUSTOMERS, shop, request=ImportRequest(preset="none"))
    assert (plan.preset, found.rows[0][0]) == (None, "7000000000001")  # type: ignore[index]
    for preset, words in (("magento", "is no preset"), ("stripe", "has no column of an export of Stripe")):
        with pytest.raises(InvalidInput, match=words) as refused:
            planned(CUSTOMERS, "Nothing,Known\n1,2\n", request=ImportRequest(preset=preset))
        assert refused.value.problems[0].path == ("preset",)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not EXAMPLES[name].refusal])
def test_a_plan_that_was_kept_reads_the_file_alike(name: str) -> None:
    kind = EXAMPLES[name].kind
    text = (DATA / "exports" / f"{name}.csv").read_text()
    plan, rows = planned(kind, text, totals=True)
    kept = ImportRequest(
        mapping=tuple((column.column, column.field) for column in plan.columns),
        preset=plan.preset,
        options=plan.options,
    )
    again, same = planned(kind, text, request=kept)
    assert same == rows
    assert [(one.column, one.field) for one in again.columns] == [
        (one.column, one.field) for one in plan.columns
    ]
    assert again.options == plan.options
    assert ImportOptions(totals=True).totals == plan.options.totals
