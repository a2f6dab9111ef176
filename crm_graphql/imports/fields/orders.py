"""Fields of orders."""

from __future__ import annotations

from crm_graphql.imports.fields.field import MAIL, PHONE, ImportField, names

ORDERS = (
    ImportField(
        "order_id",
        "Order id",
        "Your own key of the order.",
        names(
            "externalId, Order, Order Number, Order No, Order Nr, Order Reference, Order Ref, "
            "Transaction Id, Receipt Number, Invoice Number, Purchase Id, Bestellnummer, Auftragsnummer"
        ),
        "1001",
        is_required=True,
    ),
    ImportField(
        "customer_id",
        "Customer id",
        "Your own key of the customer. A file without this column is keyed by e-mail, a row of it without an "
        "address by telephone number.",
        names(
            "customerExternalId, Customer Number, Customer No, Customer Nr, Client Id, Client Number, "
            "User Id, Member Id, Kundennummer, Kunden-Nr"
        ),
        "c-1001",
    ),
    ImportField(
        "customer_email",
        "Customer's e-mail",
        "The key of the customer in a file without customer ids.",
        (*names(MAIL), "Email", "Buyer Email"),
        "ida@example.com",
    ),
    ImportField(
        "customer_phone",
        "Customer's telephone",
        "The key of a customer without an address in a file without customer ids.",
        (*names(PHONE), "Phone"),
        "+47 22 00 00 02",
    ),
    ImportField(
        "amount",
        "Amount",
        "The order's total in the currency of the deployment; below zero for a refund.",
        names(
            "order_amount, Total, Order Total, Order Total Amount, Grand Total, Total Amount, Total Price, "
            "Total Paid, Amount Paid, Order Value, Revenue, Gesamtbetrag, Gesamtsumme, Betrag"
        ),
        "100.00",
        is_required=True,
    ),
    ImportField(
        "refunded_amount",
        "Refunded",
        "What was given back; the order counts less by this.",
        names("Amount Refunded, Refund Amount, Refunded, Total Refunded"),
        "10.00",
    ),
    ImportField(
        "line_amount",
        "Amount of a line item",
        "In a file with a row for each line item and no total: these sum to the order's amount.",
        names("Line Total, Line Item Total, Item Total, Line Item Amount, Item Amount, Row Total"),
        "45.00",
    ),
    ImportField(
        "ordered_at",
        "Ordered",
        "When the order was placed.",
        names(
            "order_date, orderedAt, Date, Created, Created At, Date Created, Order Created At, Created Date, "
            "Purchase Date, Purchased At, Placed At, Transaction Date, Timestamp, Bestelldatum, Datum"
        ),
        "2024-06-01T14:15:00Z",
        is_required=True,
    ),
    ImportField(
        "currency",
        "Currency",
        "That of the deployment; an order in another is refused.",
        names("Currency Code, Order Currency, Währung"),
        "EUR",
    ),
    ImportField(
        "quantity",
        "Pieces",
        "How many pieces; those of line items add up.",
        names("Qty, Item Count, Items Sold, Number of Items, Total Items, Lineitem quantity, Item Quantity"),
        "3",
    ),
    ImportField(
        "status",
        "Status",
        "An order that was cancelled, failed, or declined is left out.",
        names("Order Status, Financial Status, Payment Status"),
        "paid",
    ),
    ImportField(
        "source_id", "Id in the shop", "The order's id in the shop; nothing needs it.", names("Id"), "500001"
    ),
)
