"""Whatever order records arrive in, customers and orders end as if they had come one after another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_graphql.customers.derived import folded_copy
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.chunk_work import apply_records
from crm_graphql.orders.records import OrderRecord
from crm_graphql.resources import Resources
from tests.ingestion.oracle import expected, stored

NOW = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 6).map(lambda day: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day))
people = st.sampled_from(["ann", "bob", "email:cid@example.com"])
order_rows: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "external_id": st.sampled_from(["o1", "o2", "o3", "o4"]),
        "customer_external_id": people,
        "amount": st.sampled_from([-70_000, 0, 100_000, 100_001]),
        "currency": st.just("USD"),
        "ordered_at": moments,
        "quantity": st.none() | st.integers(1, 2),
        "gives_quantity": st.booleans(),
    }
).map(lambda row: row if row["gives_quantity"] else {**row, "quantity": None})
customer_rows: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "external_id": people,
        "changes": st.fixed_dictionaries(
            {},
            optional={
                "name": st.none() | st.sampled_from(["Ann", "Bob"]),
                "email": st.none() | st.sampled_from(["a@example.com", "b@example.com"]),
                "tags": st.lists(st.sampled_from(["vip", "app"]), unique=True, max_size=2),
                "signed_up_at": st.none() | moments,
                "total_spend": st.none() | st.sampled_from([-10_000, 50_000]),
                "visit_count": st.none() | st.integers(0, 3),
                "last_visit_at": st.none() | moments,
            },
        ),
    }
)
batches = st.lists(
    st.tuples(st.just(IngestionKind.ORDERS), st.lists(order_rows, min_size=1, max_size=5))
    | st.tuples(st.just(IngestionKind.CUSTOMERS), st.lists(customer_rows, min_size=1, max_size=4)),
    min_size=1,
    max_size=4,
)
Piece = tuple[int, IngestionKind, list[Any]]


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Any], list[Piece]]:
    """Records in the order of their versions, and the same ones in the pieces and order they arrive in."""
    in_order: list[Any] = []
    pieces: list[Piece] = []
    for number, (kind, rows) in enumerate(draw(batches), start=1):
        shape: Any = OrderRecord if kind is IngestionKind.ORDERS else CustomerRecord
        records = [shape(row=row, **fields) for row, fields in enumerate(rows)]
        in_order += records
        shuffled = draw(st.permutations(records))
        cut = draw(st.integers(0, len(records)))
        # Within a chunk rows keep their order; chunks of one ingestion may swap.
        for part in (shuffled[:cut], shuffled[cut:]):
            if part:
                pieces.append((number, kind, sorted(part, key=lambda record: record.row)))
    again = draw(st.lists(st.sampled_from(pieces), max_size=2))
    return in_order, draw(st.permutations(pieces + again))


@pytest.mark.slow
@given(arrivals())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_any_order_of_arrival_ends_alike(
    open_session_resources: Resources, case: tuple[list[Any], list[Piece]]
) -> None:
    database = open_session_resources.database
    await database.customers.delete_many({})
    await database.orders.delete_many({})
    in_order, pieces = case
    for number, kind, records in pieces:
        applied = await open_session_resources.in_transaction(
            lambda session, n=number, k=kind, r=records: apply_records(  # type: ignore[misc]
                k, r, ingestion_number=n, now=NOW, session=session
            )
        )
        assert sum(applied) == len(records)
    assert await stored(database) == expected(in_order)
    async for customer in database.customers.find():
        assert customer["folded"] == folded_copy(customer)
