"""A person's own file: everything that is held of one customer, and nothing of anybody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.bulk.targets import Target
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.documents import ConsentWord, Customer, CustomerChange, MergedCustomer
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery.documents import SentLately
from crm_graphql.exports import worker as worker_module
from crm_graphql.exports.person import SECTIONS
from crm_graphql.ingestion.documents import DeadLetter, RefusedRow, RowErrorRecord
from crm_graphql.media.documents import Media, MediaAttachment
from crm_graphql.mongo.documents import all_documents
from crm_graphql.resources import Resources
from crm_graphql.tracking.documents import TrackedDelivery
from tests.consents.factories import close, make_people, make_topic, said
from tests.delivery.factories import LONG_AGO
from tests.exports.factories import (
    CSV,
    CUSTOMERS,
    NDJSON,
    ask,
    column,
    file_of,
    finish,
    ledger_of,
    read_rows,
    rows_of,
    stored,
    worker_over,
)
from tests.exports.test_contents import buy, erase

KINDS = [section.kind for section in SECTIONS]


async def two_people(resources: Resources) -> list[Any]:
    """Two of whom everything is held, each with their own name in it."""
    names = ("Ida", "Ole")
    keys = await make_people(
        *(
            {"name": name, "email": f"{name}@example.com".lower(), "tags": [name], "total_spend": 12_345}
            for name in names
        )
    )
    await buy(keys, each=2)
    await ledger_of(keys)
    topic = await make_topic(resources)
    for number, (key, name) in enumerate(zip(keys, names, strict=True)):
        await said(resources, key, topic, ConsentStatus.SUBSCRIBED, source=name)
        await close(resources, f"{name}@example.com")
        await resources.database[MergedCustomer.Settings.name].insert_one(
            {"_id": ObjectId(), "external_id": f"{name} once", "customer_id": key, "merged_at": LONG_AGO}
        )
        file = {"_id": ObjectId(), "filename": f"{name}.pdf", "key": None, "thumbnail": None}
        file |= {"status": "READY", "attached": 1, "charged_bytes": 0}
        await resources.database[Media.Settings.name].insert_one(file)
        await resources.database[MediaAttachment.Settings.name].insert_one(
            {"media_id": file["_id"], "customer_id": key, "attached_at": LONG_AGO}
        )
        own = {"ingestion_id": key, "external_id": f"p{number}", "row": number}
        await resources.database[CustomerChange.Settings.name].insert_one(
            {
                "customer_id": key,
                "at": LONG_AGO,
                "actor": "import",
                "revision": 1,
                "changes": [{"field": "name", "before": None, "after": name}],
            }
        )
        await resources.database[SentLately.Settings.name].insert_one(
            {"_id": f"{key}:EMAIL", "customer_id": key, "sends": [{"d": key, "at": LONG_AGO}]}
        )
        message = await resources.database["deliveries"].find_one({"customer_id": key})
        assert message is not None
        row = {"delivery_id": message["_id"], "kind": "OPEN", "times": 2, "kept": [{"agent": name}]}
        await resources.database[TrackedDelivery.Settings.name].insert_one({"_id": name, **row})
        await resources.database[RowErrorRecord.Settings.name].insert_one(
            {**own, "code": "INVALID", "message": name}
        )
        await resources.database[RefusedRow.Settings.name].insert_one(
            {**own, "cells": json.dumps([name]).encode()}
        )
        await resources.database[DeadLetter.Settings.name].insert_one(
            {**own, "kind": "CUSTOMERS", "record": f"unreadable p{number} {name}".encode()}
        )
        await resources.database[AuditEvent.Settings.name].insert_one(
            {
                "at": LONG_AGO,
                "actor": "boss",
                "action": "customerUpdate",
                "subject_id": encode_id("Customer", key),
            }
        )
    return keys


async def test_everything_that_is_held_is_in_it_and_nothing_of_another(resources: Resources) -> None:
    keys = await two_people(resources)
    rows = await rows_of(resources, CUSTOMERS, NDJSON, Target(keys=keys[:1]))
    assert set(column(rows, "kind")) == set(KINDS)
    text = json.dumps(rows)
    assert "Ole" not in text
    assert "ole@" not in text
    assert "boss" not in text
    profile = rows[0]
    assert (profile["name"], profile["total_spend"], profile["tags"]) == ("Ida", "1.2345", ["Ida"])
    assert "folded" not in profile
    (delivery,) = [row for row in rows if row["kind"] == "DELIVERY"]
    assert (delivery["subject"], delivery["body"]) == ("Hello", "Hi Ida")
    (word,) = [row for row in rows if row["kind"] == "CONSENT_WORD"]
    assert (word["topic"], word["status"], word["source"]) == ("News", "SUBSCRIBED", "Ida")
    assert [row["filename"] for row in rows if row["kind"] == "MEDIA"] == ["Ida.pdf"]
    (sent,) = [row["sent"] for row in rows if row["kind"] == "SENT_LATELY"]
    assert [one["delivery_id"] for one in sent] == [str(keys[0])]
    assert [row["amount"] for row in rows if row["kind"] == "ORDER"] == ["100.00", "-1.2345"]


async def test_in_csv_each_value_is_a_line(resources: Resources) -> None:
    (key, _) = await two_people(resources)
    ended = await finish(resources, await ask(resources, CUSTOMERS, CSV, Target(keys=[key])))
    rows = read_rows(CSV, await file_of(resources, ended))
    assert list(rows[0]) == ["kind", "record", "field", "value"]
    assert {"kind": "PROFILE", "record": str(key), "field": "tags.0", "value": "Ida"} in rows
    assert set(column(rows, "kind")) == set(KINDS)
    assert ("campaign", "'=Sale") in [(row["field"], row["value"]) for row in rows]


async def test_it_goes_on_where_it_was(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    (key, _) = await two_people(resources)
    whole = await rows_of(resources, CUSTOMERS, NDJSON, Target(keys=[key]))
    monkeypatch.setattr(worker_module, "PART_SECONDS", 0.0)
    ended = await finish(resources, await ask(resources, CUSTOMERS, NDJSON, Target(keys=[key])))
    assert len(ended["file"]["parts"]) >= len(KINDS)
    assert read_rows(NDJSON, await file_of(resources, ended)) == whole


async def test_of_who_is_erased_meanwhile_there_is_none(resources: Resources) -> None:
    (key, _) = await two_people(resources)
    export = await ask(resources, CUSTOMERS, NDJSON, Target(keys=[key]))
    await erase(resources, key)
    assert await worker_over(resources).work(export["_id"])
    assert (await stored(export["_id"]))["status"] == "FAILED"


def test_every_collection_that_names_a_customer_is_in_it() -> None:
    own = {section.document for section in SECTIONS}
    naming = {
        document
        for document in all_documents()
        if {"customer_id", "external_id"} & document.model_fields.keys()
    }
    # A tombstone holds the id only until nothing is left of the person.
    elsewhere = {document for document in naming if document.__name__ == "ErasedCustomer"}
    assert naming - own - elsewhere == set()
    assert {Customer, ConsentWord, CustomerChange} <= own
