"""WooCommerce's exports: customers and orders of its Analytics, orders of the usual export plugins."""

from __future__ import annotations

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.presets.preset import Preset

# "on-hold" waits for money that mostly comes; Analytics counts it too.
_NO_SALE = frozenset({"pending", "pendingpayment", "cancelled", "failed", "checkoutdraft", "draft", "trash"})

CUSTOMERS = Preset(
    name="woocommerce",
    exporter="WooCommerce",
    kind=IngestionKind.CUSTOMERS,
    signs=(
        ("Name", "Email", "Orders", "Total spend", "AOV"),
        ("Username", "Last active", "Date registered", "Email"),
    ),
    columns={
        "Name": "name",
        "Email": "email",
        "City": "city",
        "Country / Region": "country",
        "Country": "country",
        "Date registered": "signed_up_at",
        "Sign up": "signed_up_at",
        "Username": None,
        "Last active": None,
        "AOV": None,
        "Region": None,
        "Postal code": None,
    },
    totals={"Total spend": "total_spend", "Orders": "visit_count"},
)

ORDERS = Preset(
    name="woocommerce",
    exporter="WooCommerce",
    kind=IngestionKind.ORDERS,
    signs=(
        ("billing_email", "order_total"),
        ("Email (Billing)", "Order Total Amount"),
        ("Billing Email", "Order Total", "Order Date"),
    ),
    columns={
        "order_id": "order_id",
        "order_number": "order_id",
        "Order ID": "order_id",
        "Order Number": "order_id",
        "billing_email": "customer_email",
        "Email (Billing)": "customer_email",
        "customer_email": "customer_email",
        "Customer User Email": "customer_email",
        "billing_phone": "customer_phone",
        "Phone (Billing)": "customer_phone",
        "order_total": "amount",
        "Order Total Amount": "amount",
        "order_total_refunded": "refunded_amount",
        "refunded_total": "refunded_amount",
        "Order Refund Amount": "refunded_amount",
        "order_date": "ordered_at",
        "date": "ordered_at",
        "order_currency": "currency",
        "item_quantity": "quantity",
        "Quantity": "quantity",
        "Quantity (- Refund)": "quantity",
        "status": "status",
        "order_status": "status",
        "customer_id": "source_id",
        "customer_user": None,
        "order_subtotal": None,
        "Order Subtotal Amount": None,
        "paid_date": None,
        "item_total": None,
    },
    no_sale=_NO_SALE,
    has_line_items=True,
)

ANALYTICS_ORDERS = Preset(
    name="woocommerce",
    exporter="WooCommerce",
    kind=IngestionKind.ORDERS,
    signs=(
        ("Date", "Order #", "Status", "Customer type", "Items sold"),
        ("Date", "Order #", "Customer", "Product(s)", "N. Revenue"),
    ),
    columns={
        "Order #": "order_id",
        "N. Revenue": "amount",
        "Net Sales": "amount",
        "Revenue": "amount",
        "Date": "ordered_at",
        "Status": "status",
        "Items sold": "quantity",
        "Customer": None,
        "Email": "customer_email",
    },
    no_sale=_NO_SALE,
    refusal=(
        "WooCommerce's Analytics names no e-mail address of its orders, so that nobody knows whose they are. "
        "Export the orders by a plugin for order exports, with billing_email and order_total."
    ),
)

PRESETS = (CUSTOMERS, ORDERS, ANALYTICS_ORDERS)
