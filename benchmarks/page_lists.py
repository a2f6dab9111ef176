"""Lists of the API for `benchmarks.pages`: rows as the product writes them, and the pages to ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.page_rows import (
    PARENT,
    RARE,
    Row,
    at,
    audience_row,
    campaign_row,
    customer_row,
    delivery_row,
    event_row,
    ingestion_row,
    key,
    order_row,
    row_error_row,
    user_row,
)
from crm_graphql.accounts.documents import User
from crm_graphql.audiences.documents import Audience
from crm_graphql.audit.documents import AuditEvent
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import encode_cursor
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import Delivery
from crm_graphql.ingestion.documents import Ingestion, RowErrorRecord
from crm_graphql.orders.documents import Order

NEWEST = (("created_at", -1), ("_id", -1))


@dataclass(frozen=True)
class Case:
    """Pages to ask for: with these arguments, of a parent or at the root. `cursor` is that of a deep page."""

    name: str
    arguments: str = ""
    cursor: Callable[[int], str] | None = None
    parent: str = ""


@dataclass(frozen=True)
class Listed:
    """A list: the document and its rows by number, oldest first, of so many."""

    field: str
    document: Any
    row: Callable[[int, int], Row]
    order: Sequence[tuple[str, int]]
    shown: str
    cases: Sequence[Case]
    parents: Sequence[tuple[Any, Row]] = ()


def deep(value: Callable[[int], Any]) -> Callable[[int], str]:
    """The cursor of the row in the middle of the list by this value."""
    return lambda rows: encode_cursor(value(rows // 2), key(rows // 2))


DEEP = deep(at)


def _number(rows: int) -> str:
    return encode_cursor(rows // 2)


def _late(rows: int) -> str:
    return encode_cursor(rows - RARE // 2)


def node(kind: str) -> str:
    """The parent of this type."""
    return f'node(id: "{encode_id(kind, PARENT)}") {{ ... on {kind}'


def _customer_cases() -> list[Case]:
    def sorted_by(field: str, way: str) -> str:
        return f"sort: {{ field: {field}, direction: {way} }}"

    rule = '{ where: { field: "visitCount", operator: GTE, value: 45 } }'
    return [
        Case("customers, newest", cursor=DEEP),
        Case("customers, by name", sorted_by("NAME", "ASC")),
        Case("customers, by spend", sorted_by("TOTAL_SPEND", "DESC"), deep(lambda number: number * 10_000)),
        Case("customers, by visits", sorted_by("VISIT_COUNT", "DESC"), deep(lambda number: number % 50)),
        Case("customers, by last visit", sorted_by("LAST_VISIT_AT", "DESC"), deep(lambda n: at(n + 1))),
        Case("customers, last visit ascending", sorted_by("LAST_VISIT_AT", "ASC"), deep(lambda n: at(n + 1))),
        Case("customers, search of one", 'filter: { search: "N0123456" }'),
        Case("customers, search of a quarter", 'filter: { search: "asha" }', DEEP),
        Case("customers, a tag of a seventh", 'filter: { tags: ["vip"] }', DEEP),
        Case("customers, a rare tag", 'filter: { tags: ["rare"] }'),
        Case("customers, a rule of a tenth", f"filter: {{ rule: {rule} }}", DEEP),
    ]


_DELIVERIES = node("Campaign")


def _delivery_cases() -> list[Case]:
    def case(name: str, filter_: str = "", cursor: Callable[[int], str] = _number) -> Case:
        return Case(f"deliveries, {name}", filter_, cursor, _DELIVERIES)

    return [
        case("all"),
        case("many of a status", "filter: { statuses: [SKIPPED] }"),
        case("few of a status", "filter: { statuses: [FAILED] }", _late),
        case("two statuses", "filter: { statuses: [FAILED, SKIPPED] }"),
        case("few of a reason", "filter: { reasons: [BOUNCED] }", _late),
        case("two reasons", "filter: { reasons: [BOUNCED, NO_ADDRESS] }"),
        case("status and reason, few", "filter: { statuses: [FAILED], reasons: [BOUNCED] }", _late),
        case("status and reason, none", "filter: { statuses: [FAILED], reasons: [NO_ADDRESS] }"),
    ]


def _event_cases() -> list[Case]:
    rare = encode_id("User", PARENT)
    busy = encode_id("User", key(3))
    return [
        Case("auditEvents, all", cursor=DEEP),
        Case("auditEvents, half by action", 'filter: { action: "login" }', DEEP),
        Case("auditEvents, few by action", 'filter: { action: "apiKeyCreate" }'),
        Case("auditEvents, by actor", f'filter: {{ actorId: "{busy}" }}', DEEP),
        Case("auditEvents, few by actor", f'filter: {{ actorId: "{rare}" }}'),
        Case("auditEvents, actor and action", f'filter: {{ actorId: "{busy}", action: "login" }}', DEEP),
        Case("auditEvents, actor and no such action", f'filter: {{ actorId: "{busy}", action: "none" }}'),
        Case("auditEvents, a day", 'filter: { from: "2024-01-03T00:00:00Z", until: "2024-01-04T00:00:00Z" }'),
    ]


_CAMPAIGN_PARENT = {**campaign_row(0, 1), "_id": PARENT}
_INGESTION_PARENT = {**ingestion_row(0, 1), "_id": PARENT}
_CUSTOMER_PARENT = {**customer_row(0, 1), "_id": PARENT, "external_id": "parent"}

LISTS: Sequence[Listed] = (
    Listed("customers", Customer, customer_row, NEWEST, "id name email totalSpend", _customer_cases()),
    Listed(
        "orders",
        Order,
        order_row,
        (("ordered_at", -1), ("_id", -1)),
        "id externalId amount",
        [
            Case("orders, newest", cursor=DEEP),
            Case("orders, a day", 'filter: { orderedFrom: "2024-01-03", orderedUntil: "2024-01-04" }'),
            Case("orders of a customer with a tenth", cursor=DEEP, parent=node("Customer")),
        ],
        [(Customer, _CUSTOMER_PARENT)],
    ),
    Listed(
        "campaigns",
        Campaign,
        campaign_row,
        NEWEST,
        "id name status",
        [
            Case("campaigns, newest", cursor=DEEP),
            Case("campaigns, half by status", "filter: { statuses: [COMPLETED] }", DEEP),
            Case("campaigns, few by status", "filter: { statuses: [PAUSED] }"),
            Case(
                "campaigns, few by status, all of another", "filter: { statuses: [PAUSED, CANCELLED] }", DEEP
            ),
            Case("campaigns, half by channel", "filter: { channel: SMS }", DEEP),
            Case("campaigns, few by channel", "filter: { channel: WHATSAPP }"),
            Case("campaigns, by audience", f'filter: {{ audienceId: "{encode_id("Audience", PARENT)}" }}'),
            Case("campaigns, search of few", 'filter: { search: "winter" }'),
            Case("campaigns, search of nearly all", 'filter: { search: "summ" }', DEEP),
        ],
    ),
    Listed(
        "audiences",
        Audience,
        audience_row,
        NEWEST,
        "id name size",
        [
            Case("audiences, newest", cursor=DEEP),
            Case("audiences, search of few", 'search: "rare"'),
            Case("audiences, search of nearly all", 'search: "freq"', DEEP),
        ],
    ),
    Listed(
        "ingestions",
        Ingestion,
        ingestion_row,
        NEWEST,
        "id status received",
        [Case("ingestions, newest", cursor=DEEP)],
    ),
    Listed(
        "rowErrors",
        RowErrorRecord,
        row_error_row,
        (("ingestion_id", 1), ("row", 1)),
        "row field message",
        [Case("rowErrors of an ingestion", cursor=_number, parent=node("Ingestion"))],
        [(Ingestion, _INGESTION_PARENT)],
    ),
    Listed("auditEvents", AuditEvent, event_row, (("at", -1), ("_id", -1)), "id action at", _event_cases()),
    Listed(
        "users",
        User,
        user_row,
        (("created_at", 1), ("_id", 1)),
        "id email role",
        [Case("users, oldest", cursor=DEEP)],
    ),
    Listed(
        "deliveries",
        Delivery,
        delivery_row,
        (("campaign_id", 1), ("number", 1)),
        "id status address",
        _delivery_cases(),
        [(Campaign, _CAMPAIGN_PARENT)],
    ),
)
"""Every connection."""
