"""Shopify's exports of customers, as they are and as they were, and of orders."""

from __future__ import annotations

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.presets.preset import Preset, TagStyle

_PEOPLE = {
    "Customer ID": "source_id",
    "First Name": "first_name",
    "Last Name": "last_name",
    "Email": "email",
    "Tags": "tags",
    "Note": None,
}
_TOTALS = {"Total Spent": "total_spend", "Total Orders": "visit_count"}

CUSTOMERS = Preset(
    name="shopify",
    exporter="Shopify",
    kind=IngestionKind.CUSTOMERS,
    signs=(
        ("First Name", "Last Name", "Email", "Accepts Email Marketing"),
        ("Customer ID", "Email", "Default Address City"),
    ),
    columns={
        **_PEOPLE,
        "Phone": "phone",
        "Default Address Phone": "phone",
        "Default Address City": "city",
        "City": "city",
        "Default Address Country Code": "country",
        "Country Code": "country",
        "Country": "country",
        "Accepts Email Marketing": "email_consent",
        "Accepts SMS Marketing": "sms_consent",
        "Accepts WhatsApp Marketing": "whatsapp_consent",
    },
    totals=_TOTALS,
    tag_style=TagStyle.COMMA,
)

OLDER_CUSTOMERS = Preset(
    name="shopify",
    exporter="Shopify",
    kind=IngestionKind.CUSTOMERS,
    signs=(("First Name", "Last Name", "Email", "Accepts Marketing", "Total Spent", "Total Orders"),),
    columns={
        **_PEOPLE,
        "Phone": "phone",
        "City": "city",
        "Country Code": "country",
        "Country": "country",
        "Accepts Marketing": "email_consent",
    },
    totals=_TOTALS,
    tag_style=TagStyle.COMMA,
)

ORDERS = Preset(
    name="shopify",
    exporter="Shopify",
    kind=IngestionKind.ORDERS,
    signs=(
        ("Name", "Email", "Financial Status", "Total", "Created at"),
        ("Name", "Lineitem quantity", "Total"),
    ),
    columns={
        "Name": "order_id",
        "Email": "customer_email",
        "Phone": "customer_phone",
        "Billing Phone": "customer_phone",
        "Shipping Phone": "customer_phone",
        "Total": "amount",
        "Refunded Amount": "refunded_amount",
        "Created at": "ordered_at",
        "Currency": "currency",
        "Lineitem quantity": "quantity",
        "Financial Status": "status",
        "Id": "source_id",
        "Subtotal": None,
        "Paid at": None,
    },
    no_sale=frozenset({"voided", "expired"}),
    cancelled_at="Cancelled at",
    has_line_items=True,
)

PRESETS = (CUSTOMERS, OLDER_CUSTOMERS, ORDERS)
