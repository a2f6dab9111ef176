"""Files of suppressions, and words in customers' records, through the doors of ingestion."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_graphql.consents.documents import Suppression
from crm_graphql.consents.queries import count_words
from crm_graphql.consents.reconcile import MarkReconciler
from crm_graphql.core.errors import InvalidInput
from crm_graphql.customers.documents import Customer
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.documents import RowErrorRecord
from crm_graphql.resources import Resources
from tests.consents.factories import close, make_people, make_topic, person
from tests.gql.conftest import Api
from tests.ingestion.doors import BodyFormat, apply_pending, stream

CUSTOMERS, SUPPRESSIONS = IngestionKind.CUSTOMERS, IngestionKind.SUPPRESSIONS


async def suppressions() -> dict[tuple[str, str], str]:
    rows = Suppression.get_pymongo_collection().find()
    return {(row["channel"], row["address"]): row["reason"] async for row in rows}


async def row_errors() -> list[tuple[int, str | None, str]]:
    rows = RowErrorRecord.get_pymongo_collection().find().sort("row")
    return [(row["row"], row["field"], row["message"]) async for row in rows]


async def take(resources: Resources, *records: dict[str, Any]) -> Any:
    body = "\n".join(json.dumps(record) for record in records)
    ingestion = await stream(resources, CUSTOMERS, body, format=BodyFormat.NDJSON)
    await apply_pending(resources)
    return ingestion


async def test_a_file_of_suppressions_goes_in_and_marks_who_has_the_addresses(resources: Resources) -> None:
    (ida,) = await make_people({"email": "Ida@example.com"})
    body = (
        "address,channel,reason,created_at\n"
        "IDA@example.com,,complained,2024-05-01\n"
        "+49 30 123456,sms,,\n"
        "030 123456,sms,,\n"
        "+49 30 123457,,,\n"
        "ida@example.com,email,bounced,\n"
        ",email,,\n"
        "bob@example.com,fax,,\n"
    )
    for _ in range(2):
        await stream(resources, SUPPRESSIONS, body)
        await apply_pending(resources)
        assert await suppressions() == {
            ("EMAIL", "ida@example.com"): "COMPLAINED",
            ("SMS", "+4930123456"): "MANUAL",
        }
    assert (await person(ida))["suppressed"] == ["EMAIL"]
    found = {(row, field) for row, field, _ in await row_errors()}
    assert found == {(2, "address"), (3, "channel"), (5, "address"), (6, "channel")}


async def test_a_plain_list_of_addresses_is_one(resources: Resources) -> None:
    await stream(resources, SUPPRESSIONS, "Email\na@example.com\nb@example.com\n")
    await apply_pending(resources)
    assert set(await suppressions()) == {("EMAIL", "a@example.com"), ("EMAIL", "b@example.com")}


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        (SUPPRESSIONS, "customer_id,name,email\n1,Ida,ida@example.com\n"),
        (SUPPRESSIONS, "order_id,amount\n1,2\n"),
        (CUSTOMERS, "address,channel,reason\nida@example.com,EMAIL,\n"),
    ],
)
async def test_a_file_at_the_wrong_door_is_refused(
    resources: Resources, kind: IngestionKind, header: str
) -> None:
    with pytest.raises(InvalidInput, match=r"sent as|no column"):
        await stream(resources, kind, header)
    assert await suppressions() == {}


async def test_words_in_records_are_kept_by_when_they_were_said(resources: Resources) -> None:
    await make_topic(resources, "Order updates")
    said = {"topic": " ORDER updates", "channel": "email"}
    no = {**said, "status": "UNSUBSCRIBED", "at": "2024-03-01"}
    old_yes = {**said, "status": "subscribed", "at": "2024-01-01T10:00:00Z"}
    undated_yes = {**said, "status": "SUBSCRIBED"}
    for consents in ([no], [old_yes], [undated_yes]):
        await take(resources, {"customer_id": "1", "consents": consents})
        row: Any = await Customer.get_pymongo_collection().find_one({"external_id": "1"})
        assert row["folded"]["consent"] == {"order_updates": {"EMAIL": "unsubscribed"}}
    assert await count_words(row["_id"]) == 3
    await take(resources, {"customer_id": "1", "consents": [{**old_yes, "at": "2024-04-01"}]})
    row = await person(row["_id"])
    assert row["folded"]["consent"] == {"order_updates": {"EMAIL": "subscribed"}}


@pytest.mark.parametrize(
    ("consents", "message"),
    [
        ([{"topic": "Nothing", "channel": "EMAIL", "status": "SUBSCRIBED"}], "[0] names no topic"),
        ([{"topic": "News", "channel": "FAX", "status": "SUBSCRIBED"}], "[0].channel is none of"),
        ([{"topic": "News", "channel": "SMS", "status": "YES"}], "[0].status is none of"),
        ([{"topic": "News", "channel": "SMS"}], "[0].status is missing"),
        ([{"topic": "News", "channel": "SMS", "status": "SUBSCRIBED", "at": "soon"}], "[0].at "),
        ([{"topic": "News", "channel": "SMS", "status": "SUBSCRIBED", "when": 1}], "[0] has 'when'"),
        ("SUBSCRIBED", "is no list"),
        ([7], "[0] is no object"),
    ],
)
async def test_a_person_whose_words_cannot_be_kept_is_not_brought_in(
    resources: Resources, consents: Any, message: str
) -> None:
    await make_topic(resources)
    await take(resources, {"customer_id": "1", "consents": consents}, {"customer_id": "2", "name": "Bob"})
    assert [row["external_id"] async for row in Customer.get_pymongo_collection().find()] == ["2"]
    ((row, field, text),) = await row_errors()
    assert (row, field) == (0, "consents")
    assert message in text


async def test_a_mark_that_two_writers_missed_is_set_later(resources: Resources) -> None:
    (ida,) = await make_people({"email": "ida@example.com"})
    await close(resources, "ida@example.com")
    bare = {"suppressed": [], "reach": 1}
    await Customer.get_pymongo_collection().update_one({"_id": ida}, {"$set": bare})
    marks = MarkReconciler()
    assert await marks.run() == 0
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    await Suppression.get_pymongo_collection().update_many({}, {"$set": {"touched_at": long_ago}})
    fresh = MarkReconciler()
    assert await fresh.run() == 1
    assert (await person(ida))["suppressed"] == ["EMAIL"]
    assert await fresh.run() == 0


async def test_a_mutation_brings_words_and_refuses_one_record_alone(api: Api) -> None:
    await make_topic(api.resources)
    mutation = """mutation ($records: [CustomerRecordInput!]!) { customersIngest(input: {records: $records}) {
      ingestion { accepted rowErrors { nodes { row field message } } } errors { message } } }"""
    yes = {"topic": "news", "channel": "EMAIL", "status": "SUBSCRIBED", "at": "2024-05-01T10:00:00Z"}
    records = [
        {"externalId": "1", "consents": [yes]},
        {"externalId": "2", "consents": [{**yes, "channel": "FAX"}]},
        {"externalId": "3", "consents": [{**yes, "topic": "Nothing"}]},
    ]
    answer = await api.data(mutation, {"records": records})
    ingestion = answer["customersIngest"]["ingestion"]
    assert ingestion["accepted"] == 1
    errors = [(one["row"], one["field"]) for one in ingestion["rowErrors"]["nodes"]]
    assert errors == [(1, "consents"), (2, "consents")]
    await apply_pending(api.resources)
    row: Any = await Customer.get_pymongo_collection().find_one({"external_id": "1"})
    assert row["folded"]["consent"] == {"news": {"EMAIL": "subscribed"}}
