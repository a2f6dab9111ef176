"""Stripe's exports of customers and of payments, each of which is an order."""

from __future__ import annotations

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.presets.preset import Preset

CUSTOMERS = Preset(
    name="stripe",
    exporter="Stripe",
    kind=IngestionKind.CUSTOMERS,
    signs=(
        ("id", "Email", "Name", "Created (UTC)", "Total Spend", "Payment Count"),
        ("id", "Description", "Email", "Created (UTC)", "Delinquent"),
        ("id", "Email", "Name", "Created (UTC)"),
    ),
    columns={
        "id": "source_id",
        "Email": "email",
        "Name": "name",
        "Phone": "phone",
        "Address City": "city",
        "Address Country": "country",
        "Card Address City": "city",
        "Card Address Country": "country",
        "Created (UTC)": "signed_up_at",
        "Description": None,
        "Currency": None,
        "Status": None,
    },
    totals={"Total Spend": "total_spend", "Payment Count": "visit_count"},
)

ORDERS = Preset(
    name="stripe",
    exporter="Stripe",
    kind=IngestionKind.ORDERS,
    signs=(
        ("id", "Created (UTC)", "Amount", "Currency", "Status"),
        ("id", "Created date (UTC)", "Amount", "Currency", "Status"),
        ("id", "Amount", "Amount Refunded", "Currency", "Customer Email"),
    ),
    columns={
        "id": "order_id",
        "Customer Email": "customer_email",
        "Receipt Email": "customer_email",
        "Customer Phone": "customer_phone",
        "Amount": "amount",
        "Amount Refunded": "refunded_amount",
        "Created (UTC)": "ordered_at",
        "Created date (UTC)": "ordered_at",
        "Created": "ordered_at",
        "Currency": "currency",
        "Status": "status",
        "Customer ID": "source_id",
        "Converted Amount": None,
        "Converted Currency": None,
    },
    no_sale=frozenset(
        {
            "failed",
            "blocked",
            "canceled",
            "cancelled",
            "incomplete",
            "uncaptured",
            "requirespaymentmethod",
            "requiresaction",
            "requiresconfirmation",
            "requirescapture",
            "expired",
        }
    ),
)

PRESETS = (CUSTOMERS, ORDERS)
