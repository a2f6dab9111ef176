"""Pages cost what they show: the first and a later page of every list read little more than they
return, however much there is. MongoDB's own profiler says what was read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.accounts.documents import User
from crm_graphql.audiences.documents import Audience
from crm_graphql.audit.documents import AuditEvent
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.ids import encode_id
from crm_graphql.delivery.documents import Delivery, DeliveryStatus
from crm_graphql.ingestion.documents import Ingestion, RowErrorRecord
from crm_graphql.resources import Resources
from tests.delivery.factories import make_ledger
from tests.gql.conftest import Api
from tests.gql.factories import START, insert_customers, insert_orders
from tests.profiling import profiled

MANY = 3_000
SIZE = 10
PAGE = "edges { cursor node { __typename } } pageInfo { startCursor endCursor }"


async def ask_pages(api: Api, prefix: str, field: str, arguments: str) -> None:
    """Ask for a first page, for a later one, for the last, and for the one before it."""
    opening, closing = (f"{prefix} {{ ... on {PARENTS[field]} {{", "} }") if prefix else ("", "")

    async def page(place: str) -> dict[str, Any]:
        given = ", ".join(filter(None, (arguments, place)))
        data = await api.data(f"{{ {opening} {field}({given}) {{ {PAGE} }} {closing} }}")
        found: dict[str, Any] = (data["node"] if prefix else data)[field]
        assert len(found["edges"]) == SIZE
        return found

    first = await page(f"first: {SIZE}")
    later = await page(f'first: {SIZE}, after: "{first["pageInfo"]["endCursor"]}"')
    assert later["edges"] != first["edges"]
    last = await page(f"last: {SIZE}")
    earlier = await page(f'last: {SIZE}, before: "{last["pageInfo"]["startCursor"]}"')
    assert earlier["edges"] != last["edges"]


INGESTION = {
    "kind": "ORDERS",
    "status": "COMPLETED",
    "received": 1,
    "rejected": 0,
    "counters": dict.fromkeys(("created", "updated", "unchanged", "failed"), 0),
}
BUSY = encode_id("User", ObjectId("a" * 24))
OTHER = encode_id("User", ObjectId("b" * 24))
FEW = 3 * SIZE
PARENTS = {"deliveries": "Campaign", "orders": "Customer", "rowErrors": "Ingestion"}
LISTS = [
    *(
        ("customers", f"sort: {{ field: {field}, direction: {way} }}")
        for field in ("CREATED_AT", "NAME", "TOTAL_SPEND", "VISIT_COUNT", "LAST_VISIT_AT")
        for way in ("ASC", "DESC")
    ),
    ("orders", ""),
    ("campaigns", ""),
    ("campaigns", "filter: { statuses: [SENDING] }"),
    ("campaigns", "filter: { channel: WHATSAPP }"),
    ("audiences", ""),
    ("ingestions", ""),
    ("auditEvents", ""),
    ("auditEvents", 'filter: { action: "login" }'),
    ("auditEvents", f'filter: {{ actorId: "{BUSY}", action: "rare" }}'),
    ("users", ""),
]


async def insert(document: Any, **fields: Any) -> None:
    """Many documents with these fields; a callable field gets the number."""
    rows = [
        {name: value(number) if callable(value) else value for name, value in fields.items()}
        for number in range(MANY)
    ]
    await document.get_pymongo_collection().insert_many(rows)


def later(number: int) -> Any:
    """A moment for each number."""
    return START + timedelta(minutes=number)


def assert_frugal(reads: list[Mapping[str, Any]]) -> None:
    """Each read has looked at little more than it gave back."""
    assert reads
    for read in reads:
        given = max(read["nreturned"], 1)
        seen = (read["keysExamined"], read["docsExamined"])
        assert read["docsExamined"] <= 2 * given + 5, (read["ns"], seen, read.get("planSummary"))
        assert read["keysExamined"] <= 3 * given + 20, (read["ns"], seen, read.get("planSummary"))
        assert not read.get("hasSortStage"), (read["ns"], read.get("planSummary"))


@pytest.fixture
async def full(resources: Resources) -> None:
    """Many of everything that is listed."""
    # Some have spent more than fits into four bytes.
    customers = await insert_customers(MANY, last_visit_at=later, total_spend=lambda number: number * 10**7)
    await insert_orders(customers[: MANY // 10], 10)
    now = {"created_at": later, "updated_at": START}
    rule = {"where": {"field": "visitCount", "operator": "GTE", "value": 0}}
    await insert(Audience, name="A", rule=rule, size=1, size_at=START, **now)
    await insert(
        Campaign,
        name="C",
        channel=lambda number: "WHATSAPP" if number < FEW else "EMAIL",
        audience_id=ObjectId(),
        revision=1,
        stats=dict.fromkeys(("total", "queued", "sent", "delivered", "failed", "skipped"), 0),
        status=lambda number: "SENDING" if number % 2 else "DRAFT",
        **now,
    )
    await insert(Ingestion, subject="x", **INGESTION, **now)
    events = {"actor": "x", "succeeded": True, "expires_at": START + timedelta(days=36_500)}
    await insert(
        AuditEvent,
        at=later,
        # Of the busy user few are what others do often.
        action=lambda number: "login" if number % 2 and number >= FEW else "rare",
        actor_id=lambda number: BUSY if number % 2 or number < FEW else OTHER,
        **events,
    )
    await insert(User, email_key=str, email=str, role="VIEWER", is_active=True, **now)


async def frugal_pages(
    api: Api, resources: Resources, field: str, arguments: str = "", prefix: str = ""
) -> None:
    """Ask for the pages, and see what was read."""
    async with profiled(resources.database) as commands:
        await ask_pages(api, prefix, field, arguments)
    reads = [one for one in commands if "find" in one["command"] or "aggregate" in one["command"]]
    listing = [read for read in reads if read["nreturned"] > 1 or read["keysExamined"] > SIZE]
    assert_frugal(listing)


@pytest.mark.usefixtures("full")
async def test_a_page_of_each_list_reads_what_it_returns(api: Api, resources: Resources) -> None:
    for field, arguments in LISTS:
        await frugal_pages(api, resources, field, arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "filter: { statuses: [FAILED] }",
        "filter: { statuses: [FAILED, SENT] }",
        "filter: { reasons: [BOUNCED] }",
        "filter: { reasons: [BOUNCED, NO_ADDRESS] }",
        "sort: { field: LEDGER, direction: DESC }",
        *(
            f"{filter}sort: {{ field: UPDATED_AT, direction: {way} }}"
            for filter in (
                "",
                "filter: { statuses: [FAILED] }, ",
                "filter: { statuses: [FAILED, SKIPPED] }, ",
            )
            for way in ("ASC", "DESC")
        ),
    ],
)
async def test_a_page_of_a_campaigns_deliveries_reads_what_it_returns(
    api: Api, resources: Resources, arguments: str
) -> None:
    key, _ = await make_ledger(MANY, status=DeliveryStatus.SENT)
    await make_ledger(MANY, status=DeliveryStatus.SENT)
    for number in range(0, MANY, 10):
        some = {"campaign_id": key, "number": {"$gte": number, "$lt": number + 10}}
        await Delivery.get_pymongo_collection().update_many(some, {"$set": {"revision": number}})
    # Few failed, and far back.
    failed = {"campaign_id": key, "number": {"$gte": MANY - 100}}
    change = {"$set": {"status": "FAILED", "reason": "BOUNCED"}}
    await Delivery.get_pymongo_collection().update_many(failed, change)
    prefix = f'node(id: "{encode_id("Campaign", key)}")'
    await frugal_pages(api, resources, "deliveries", arguments, prefix)


async def test_a_page_of_a_customers_orders_and_an_ingestions_row_errors_reads_what_it_returns(
    api: Api, resources: Resources
) -> None:
    customers = await insert_customers(2)
    await insert_orders(customers, MANY)
    prefix = f'node(id: "{encode_id("Customer", customers[0])}")'
    await frugal_pages(api, resources, "orders", "", prefix)
    key = ObjectId()
    fields = {**INGESTION, "subject": "x"}
    await Ingestion.get_pymongo_collection().insert_one({"_id": key, "created_at": START, **fields})
    await insert(RowErrorRecord, ingestion_id=key, row=lambda number: number, code="INVALID", message="x")
    await frugal_pages(api, resources, "rowErrors", "", f'node(id: "{encode_id("Ingestion", key)}")')
