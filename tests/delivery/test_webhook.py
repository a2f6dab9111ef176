"""The webhook: signed calls only, each entry by itself, durable whatever is away."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from standardwebhooks import Webhook
from starlette.applications import Starlette

from crm_graphql.bus.port import BusError
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.errors import Forbidden
from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus, ParkedReceipt
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.receipts import record_receipts
from crm_graphql.delivery.routes import routes
from crm_graphql.delivery.webhooks.port import BODY_LIMIT_BYTES
from crm_graphql.resources import Resources
from tests.conftest import TEST_WEBHOOK_SECRET
from tests.delivery.factories import ADMIN, MARKETER, assert_exact, make_ledger
from tests.delivery.running import running, until, until_stats, until_status
from tests.delivery.stand_in import StandInVendor

OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of the same length").decode()


@pytest.fixture
async def client(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes)
    app.state.resources = resources
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        yield client


def signed(
    body: bytes, *, secret: str = TEST_WEBHOOK_SECRET, age: timedelta = timedelta(), id_: str = "msg_1"
) -> dict[str, str]:
    at = datetime.now(UTC) - age
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, at, body.decode()),
    }


async def post(client: httpx.AsyncClient, receipts: Any, **signing: Any) -> httpx.Response:
    body = json.dumps({"receipts": receipts}).encode()
    return await client.post("/webhooks/receipts", content=body, headers=signed(body, **signing))


def entry(key: str, status: str = "DELIVERED", **details: Any) -> dict[str, Any]:
    return {"delivery_id": key, "status": status, "attempt": 1, **details}


async def test_signed_receipts_reach_the_ledger(resources: Resources, client: httpx.AsyncClient) -> None:
    key, ids = await make_ledger(3, status=DeliveryStatus.SENT)
    async with running(resources, StandInVendor()):
        bounced = entry(
            ids[2], "FAILED", reason="BOUNCED", reason_text="550", occurred_at="2024-06-30T12:00:00Z"
        )
        answer = await post(client, [entry(ids[0]), entry(ids[1]), bounced])
        assert (answer.status_code, answer.json()) == (202, {"accepted": 3, "errors": []})
        row = await until_status(key, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (2, 1)
    failed = await Delivery.get_pymongo_collection().find_one({"_id": ObjectId(ids[2])})
    assert failed is not None
    assert (failed["reason"], failed["reason_text"]) == ("BOUNCED", "550")


async def test_a_receipt_from_the_future_happened_now(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    before = datetime.now(UTC)
    async with running(resources, StandInVendor()):
        await post(client, [entry(ids[0], occurred_at="2199-01-01T00:00:00Z")])
        await until_status(key, "COMPLETED")
    row = await Delivery.get_pymongo_collection().find_one({"_id": ObjectId(ids[0])})
    assert row is not None
    assert before - timedelta(seconds=1) <= row["finished_at"] <= datetime.now(UTC)


async def test_doubled_early_and_reordered_receipts_count_once(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(4)
    async with running(resources, StandInVendor()):
        for _ in range(2):
            # The same call again, with the same id; final before SENT; before the sender's own answer.
            await post(client, [entry(one, status) for one in ids[:3] for status in ("DELIVERED", "SENT")])
        await until_stats(key, delivered=3, queued=1)
        await post(client, [entry(ids[3], attempt=2), entry(ids[3], "SENT")])
        row = await until_stats(key, delivered=3, sent=1)
    assert row["status"] == "SENDING"


@pytest.mark.parametrize(
    "signing",
    [{"secret": OTHER_SECRET}, {"age": timedelta(minutes=6)}, {"age": -timedelta(minutes=6)}],
    ids=["forged", "too old", "from the future"],
)
async def test_what_is_not_signed_now_with_our_secret_is_refused(
    client: httpx.AsyncClient, signing: dict[str, Any]
) -> None:
    _, ids = await make_ledger(1)
    answer = await post(client, [entry(ids[0])], **signing)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "UNAUTHENTICATED"
    assert await ParkedReceipt.count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "a", "webhook-timestamp": "x", "webhook-signature": "v1,AAAA"},
        {"webhook-id": "a", "webhook-timestamp": "1e400", "webhook-signature": "v1,AAAA"},
        {"webhook-id": "a", "webhook-timestamp": "NOW", "webhook-signature": "nonsense"},
        {"webhook-id": "a", "webhook-timestamp": "NOW", "webhook-signature": "v1,A"},
        {"webhook-id": "a", "webhook-timestamp": "NOW", "webhook-signature": "v1,\u00e9\u00e9"},
    ],
)
@pytest.mark.parametrize("body", [b'{"receipts": []}', b"\xff\xfe"])
async def test_broken_headers_are_refused_not_crashed_on(
    client: httpx.AsyncClient, headers: dict[str, str], body: bytes
) -> None:
    now = str(int(datetime.now(UTC).timestamp()))
    raw = [(name.encode(), value.replace("NOW", now).encode("latin-1")) for name, value in headers.items()]
    answer = await client.post("/webhooks/receipts", content=body, headers=raw)
    assert answer.status_code == 401


async def test_a_body_that_is_no_list_of_receipts_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b"", b"[]", b'{"receipts": 1}', b"{" * 10_000):
        answer = await client.post("/webhooks/receipts", content=body, headers=signed(body))
        assert answer.status_code == 400


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    body = b" " * (BODY_LIMIT_BYTES + 1)
    answer = await client.post("/webhooks/receipts", content=body, headers=signed(body))
    assert answer.status_code == 413


async def test_bad_entries_are_named_and_the_good_ones_go_on(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    entries = [
        entry("not an id"),
        entry(ids[0], "ARRIVED"),
        7,
        entry(ids[0], attempt=0),
        entry(ids[0], occurred_at="yesterday"),
        entry(ids[0], "FAILED", reason="NO_RECEIPT"),
        entry(ids[0], reason="BOUNCED"),
        entry(ids[0]),
    ]
    answer = await post(client, entries)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    found = [(one["index"], one["field"]) for one in answer.json()["errors"]]
    assert [index for index, _ in found] == list(range(7))
    assert [field for _, field in found][3:] == ["attempt", "occurred_at", "reason", "reason"]
    async with running(resources, StandInVendor()):
        await until_status(key, "COMPLETED")


async def test_a_receipt_ahead_of_its_delivery_is_kept_until_it_is_known(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    _, ids = await make_ledger(1)
    row = await Delivery.get_pymongo_collection().find_one_and_delete({"_id": ObjectId(ids[0])})
    assert row is not None
    assert (await post(client, [entry(ids[0])])).json()["accepted"] == 1
    assert await ParkedReceipt.count() == 1
    await Delivery.get_pymongo_collection().insert_one(row)
    async with running(resources, StandInVendor(), parked_receipt_seconds=3600):
        await ParkedReceipt.find_all().update({"$set": {"tried_at": datetime(2020, 1, 1, tzinfo=UTC)}})
        await until_status(row["campaign_id"], "COMPLETED")
    assert await ParkedReceipt.count() == 0


async def test_a_receipt_that_stays_unknown_is_dropped_in_the_end(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    await post(client, [entry("f" * 24)])

    async def is_gone() -> bool:
        return await ParkedReceipt.count() == 0

    async with running(resources, StandInVendor(), parked_receipt_seconds=1):
        await until(is_gone)


async def test_receipts_are_taken_while_the_bus_is_away(
    resources: Resources, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, ids = await make_ledger(5, status=DeliveryStatus.SENT)

    async def away(*_: object) -> None:
        raise BusError("away")

    with monkeypatch.context() as patch:
        patch.setattr(resources.bus, "publish", away)
        answer = await post(client, [entry(one) for one in ids])
    assert (answer.status_code, answer.json()["accepted"]) == (202, 5)
    async with running(resources, StandInVendor(), parked_receipt_seconds=1):
        await until_status(key, "COMPLETED")


async def test_recording_needs_the_right_to(resources: Resources) -> None:
    key, ids = await make_ledger(1)
    receipts = [Receipt(ids[0], ReceiptStatus.FAILED, None, None, DeliveryReason.BOUNCED)]
    parts: dict[str, Any] = {"bus": resources.bus, "partitions": 8}
    for actor in (MARKETER, Actor(Role.VIEWER, "v")):
        with pytest.raises(Forbidden):
            await record_receipts(actor, receipts, **parts)
    async with running(resources, StandInVendor()):
        assert await record_receipts(ADMIN, receipts, **parts) == 1
        await until_status(key, "COMPLETED")
    await assert_exact(key)
