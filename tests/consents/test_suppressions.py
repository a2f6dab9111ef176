"""Suppressions: read as people write addresses, in force at once, marked on whoever has the address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.consents.documents import Suppression, SuppressionReason
from crm_graphql.consents.queries import list_suppressions, suppressions_filter, suppressions_of
from crm_graphql.consents.service import delete_suppression
from crm_graphql.core.channels import Channel, may_reach
from crm_graphql.core.errors import Forbidden, LimitExceeded, NotFound
from crm_graphql.core.paging import PageRequest
from crm_graphql.customers.apply_records import apply_customers
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from tests.consents.factories import MARKETER, VIEWER, close, make_people, person

IDA = {"email": "Ida@Example.com", "phone": "+4930123456"}


async def apply(resources: Resources, *records: CustomerRecord, number: int = 1) -> None:
    async def work(session: object) -> None:
        await apply_customers(
            records,
            ingestion_number=number,
            now=datetime.now(UTC),
            orders=Order.get_pymongo_collection(),
            suppressed_on=suppressed_on,
            session=session,  # type: ignore[arg-type]
        )

    await resources.in_transaction(work)


async def test_an_address_is_closed_however_it_is_written(resources: Resources) -> None:
    made = await close(resources, " IDA@example.com", "no address", "ida@example.com")
    assert [row and row["address"] for row in made.rows] == ["ida@example.com", None, "ida@example.com"]
    assert made.rows[0]["_id"] == made.rows[2]["_id"]
    assert [problem.path for problem in made.problems] == [("addresses", "1")]
    assert await suppressed_on({"Ida@Example.com", "other@example.com"}) == {
        "Ida@Example.com": frozenset({Channel.EMAIL})
    }


async def test_a_number_needs_its_country(resources: Resources) -> None:
    made = await close(resources, "+49 (0)30 123456", "030 123456", channel=Channel.SMS)
    assert [row and row["address"] for row in made.rows] == ["+4930123456", None]
    assert "names no country" in made.problems[0].message


async def test_whoever_has_the_address_is_marked_and_unmarked(resources: Resources) -> None:
    ida, twin, other = await make_people(IDA, {"email": "ida@example.com"}, {"email": "o@example.com"})
    made = await close(resources, "ida@example.com")
    for key in (ida, twin):
        row = await person(key)
        assert row["suppressed"] == ["EMAIL"]
        assert row["folded"]["suppressed"] == ["email"]
        assert not may_reach(row["reach"], Channel.EMAIL)
    assert may_reach((await person(ida))["reach"], Channel.SMS)
    assert may_reach((await person(other))["reach"], Channel.EMAIL)
    await delete_suppression(MARKETER, made.rows[0]["_id"])
    row = await person(ida)
    assert (row["suppressed"], row["folded"]["suppressed"]) == ([], [])
    assert may_reach(row["reach"], Channel.EMAIL)
    with pytest.raises(NotFound):
        await delete_suppression(MARKETER, made.rows[0]["_id"])


async def test_who_comes_later_with_a_closed_address_is_marked(resources: Resources) -> None:
    await close(resources, "ida@example.com")
    await close(resources, "+4930123456", channel=Channel.SMS)
    await apply(resources, CustomerRecord(0, "c1", dict(IDA)), CustomerRecord(1, "c2", {"email": "o@x.org"}))
    rows = {row["external_id"]: row async for row in Customer.get_pymongo_collection().find()}
    assert rows["c1"]["suppressed"] == ["EMAIL", "SMS"]
    assert may_reach(rows["c1"]["reach"], Channel.WHATSAPP)
    assert "suppressed" not in rows["c2"]
    await apply(resources, CustomerRecord(0, "c1", {"email": "new@example.com"}), number=2)
    row = await person(rows["c1"]["_id"])
    assert row["suppressed"] == ["SMS"]
    assert may_reach(row["reach"], Channel.EMAIL)


async def test_a_customer_shows_what_closes_each_address(resources: Resources) -> None:
    await make_people(IDA, {"email": "o@example.com"})
    await close(resources, "ida@example.com")
    await close(resources, "+4930123456", channel=Channel.WHATSAPP)
    rows = await Customer.get_pymongo_collection().find().sort("external_id").to_list()
    found = await suppressions_of(rows)
    assert [[row["channel"] for row in one] for one in found] == [["EMAIL", "WHATSAPP"], []]


@pytest.mark.parametrize("search", ["ida@", "IDA@EX"])
async def test_a_list_is_searched_by_the_beginning_of_an_address(resources: Resources, search: str) -> None:
    await close(resources, "ida@example.com", "other@example.com")
    page = await list_suppressions(suppressions_filter(Channel.EMAIL, search), PageRequest())
    assert [row["address"] for row in page.rows] == ["ida@example.com"]


async def test_a_list_is_narrowed_to_reasons(resources: Resources) -> None:
    await close(resources, "ida@example.com")
    await close(resources, "back@example.com", reason=SuppressionReason.BOUNCED)
    bounced, spam = SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED
    found = []
    for reasons in ((bounced,), (bounced, spam), (spam,), (bounced, SuppressionReason.MANUAL), ()):
        page = await list_suppressions(suppressions_filter(Channel.EMAIL, None, reasons), PageRequest())
        found.append(len(page.rows))
    assert found == [1, 1, 0, 2, 2]


async def test_a_number_is_found_as_it_is_typed(resources: Resources) -> None:
    await close(resources, "+4930123456", channel=Channel.SMS)
    matching = suppressions_filter(None, "030 123", default_country="DE")
    page = await list_suppressions(matching, PageRequest())
    assert [row["address"] for row in page.rows] == ["+4930123456"]


async def test_asking_reads_the_index_alone(resources: Resources) -> None:
    await close(resources, *(f"c{number}@example.com" for number in range(50)))
    row = await Suppression.get_pymongo_collection().find_one({})
    assert row is not None
    query = {"channel": {"$in": ["EMAIL"]}, "key": {"$in": [row["key"]]}}
    found = Suppression.get_pymongo_collection().find(query, {"_id": 0, "channel": 1, "key": 1}, hint="key")
    assert (await found.explain())["executionStats"]["totalDocsExamined"] == 0


async def test_only_who_may_closes_addresses_and_a_thousand_at_once(resources: Resources) -> None:
    with pytest.raises(LimitExceeded, match="POST /ingest/suppressions"):
        await close(resources, *(f"c{number}@example.com" for number in range(1_001)))
    with pytest.raises(Forbidden):
        await delete_suppression(VIEWER, (await make_people({}))[0])
