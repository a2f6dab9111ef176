"""Meta's webhooks at our door: the handshake, the signature, statuses in whatever order they come."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from starlette.applications import Starlette

from crm_graphql.consents.documents import Suppression
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import Delivery, DeliveryStatus, ParkedReceipt
from crm_graphql.delivery.routes import routes
from crm_graphql.delivery.vendors.whatsapp.vendor import number_pace
from crm_graphql.resources import Resources
from crm_graphql.whatsapp.documents import WhatsappWindow
from tests.delivery.factories import campaign_row, make_ledger
from tests.delivery.running import running, until_stats, until_status
from tests.delivery.stand_in import StandInVendor
from tests.servers.graph import wamid
from tests.whatsapp.calls import (
    DOOR,
    VERIFY_TOKEN,
    change,
    entries,
    inbound,
    number,
    post,
    seconds,
    signed,
    status,
)


@pytest.fixture
async def client(on_whatsapp: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes)
    app.state.resources = on_whatsapp
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        yield client


async def ledger(count: int, state: DeliveryStatus = DeliveryStatus.SENT) -> tuple[ObjectId, list[str]]:
    """A campaign on WhatsApp; the keys of its messages."""
    campaign, ids = await make_ledger(count, status=state)
    for index, one in enumerate(ids):
        await Delivery.get_pymongo_collection().update_one(
            {"_id": ObjectId(one)}, {"$set": {"channel": "WHATSAPP", "address": number(index)}}
        )
    return campaign, [f"{one}-1" for one in ids]


async def row_of(key: str) -> dict[str, Any]:
    found = {"_id": ObjectId(key.partition("-")[0])}
    row: dict[str, Any] | None = await Delivery.get_pymongo_collection().find_one(found)
    assert row is not None
    return row


async def test_the_handshake_answers_the_challenge_to_who_knows_the_token(client: httpx.AsyncClient) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    answer = await client.get(DOOR, params=query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    for wrong in ({"hub.verify_token": "other"}, {"hub.verify_token": "\u00e9"}, {"hub.mode": "unsubscribe"}):
        assert (await client.get(DOOR, params={**query, **wrong})).status_code == 403


async def test_without_a_secret_there_is_no_door(resources: Resources) -> None:
    app = Starlette(routes=routes)
    app.state.resources = resources
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        assert (await post(client, change(), secret="")).status_code == 404
        assert (await client.get(DOOR)).status_code == 404


async def test_what_meta_did_not_sign_is_refused(client: httpx.AsyncClient) -> None:
    _, keys = await ledger(1)
    body = entries(change(statuses=[status(keys[0], "delivered")]))
    for headers in (
        {},
        signed(body, "another secret"),
        signed(body + b" "),
        {"x-hub-signature-256": "sha256="},
        {"x-hub-signature": signed(body)["x-hub-signature-256"]},
    ):
        assert (await client.post(DOOR, content=body, headers=headers)).status_code == 401
    assert await ParkedReceipt.count() == 0


async def test_the_signature_is_of_the_bytes_as_they_came(client: httpx.AsyncClient) -> None:
    body = entries(change(messages=[inbound(number(1), "Grüße \u2764")]))
    assert b"\\u00fc" in body
    assert (await client.post(DOOR, content=body, headers=signed(body))).status_code == 200
    again = json.dumps(json.loads(body)).encode()
    assert (await client.post(DOOR, content=again, headers=signed(body))).status_code == 401


async def test_statuses_of_all_entries_reach_the_ledger(
    client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    campaign, keys = await ledger(5)
    async with running(on_whatsapp, StandInVendor()):
        answer = await post(
            client,
            change(statuses=[status(keys[0], "delivered"), status(keys[1], "read")]),
            [
                change(statuses=[status(keys[2], "failed", code=131026)]),
                change(statuses=[status(keys[3], "failed", code=131049)]),
            ],
            change(statuses=[status(keys[4], "delivered", recipient_id=None)]),
        )
        assert (answer.status_code, answer.json()) == (200, {"accepted": 5, "errors": []})
        row = await until_status(campaign, "COMPLETED")
    assert (row["stats"]["delivered"], row["stats"]["failed"]) == (3, 2)
    bounced, capped = await row_of(keys[2]), await row_of(keys[3])
    assert (bounced["reason"], bounced["reason_text"]) == ("BOUNCED", "(#131026) because 131026")
    assert capped["reason"] == "VENDOR_REJECTED"
    assert bounced["vendor_message_id"] == wamid(keys[2])


async def test_read_before_delivered_late_and_twice_count_once(
    client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    campaign, keys = await ledger(2, DeliveryStatus.QUEUED)
    async with running(on_whatsapp, StandInVendor()):
        for what in ("read", "delivered", "sent", "read", "delivered"):
            await post(client, change(statuses=[status(keys[0], what)]))
        await until_stats(campaign, delivered=1, queued=1)
        # Another try of the same message, and one of somebody else's program on the number.
        await post(
            client,
            change(statuses=[status(keys[1].replace("-1", "-2"), "delivered"), status("foreign", "read")]),
        )
        await post(client, change(statuses=[status(keys[1], "sent")]))
        await until_stats(campaign, delivered=1, sent=1)


async def test_a_status_corrects_an_outcome_that_nobody_knew(
    client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    campaign, keys = await ledger(1, DeliveryStatus.FAILED)
    await Delivery.get_pymongo_collection().update_one(
        {"campaign_id": campaign}, {"$set": {"reason": "OUTCOME_UNKNOWN"}}
    )
    async with running(on_whatsapp, StandInVendor()):
        await post(client, change(statuses=[status(keys[0], "delivered")]))
        await until_stats(campaign, delivered=1, failed=0)


async def test_one_bad_entry_keeps_none_of_the_others_back(
    client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    campaign, keys = await ledger(3)
    async with running(on_whatsapp, StandInVendor()):
        answer = await post(
            client,
            7,
            {"field": "messages", "value": "nothing"},
            {"field": "messages"},
            change(
                statuses=[
                    status(keys[0], "delivered"),
                    {"id": 3},
                    status(keys[1], "delivered", timestamp="soon"),
                    status(keys[1], "delivered"),
                ],
                contacts=["nobody"],
                messages=["nothing", inbound(None), inbound(number(9), timestamp="9" * 40)],
            ),
            change(statuses=[status(keys[2], "delivered")], messages=[inbound(number(8))]),
        )
        assert (answer.status_code, answer.json()["accepted"]) == (200, 3)
        assert len(answer.json()["errors"]) == 8
        await until_status(campaign, "COMPLETED")
    assert [row.id for row in await WhatsappWindow.find_all().to_list()] == [number(8)]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"entry": 1}', b"{" * 50_000, b'{"entry":[' + b"[" * 50_000])
async def test_a_body_that_is_no_call_of_metas_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post(DOOR, content=body, headers=signed(body))
    assert answer.status_code in (200, 400)
    assert answer.status_code == 400 or answer.json()["accepted"] == 0


async def test_whom_a_status_names_is_the_ledgers_word_not_the_statuss(client: httpx.AsyncClient) -> None:
    _, keys = await ledger(2)
    # As in Mexico or Brazil, the number that comes back is another.
    failed = [status(key, "failed", code=131050, recipient_id="5215512345678") for key in keys]
    await post(client, change(statuses=failed))
    assert {row.address for row in await Suppression.find_all().to_list()} == {number(0), number(1)}


async def test_being_unreachable_is_believed_of_the_second_message_in_a_row(
    client: httpx.AsyncClient,
) -> None:
    _, keys = await ledger(1)
    again = keys[0].replace("-1", "-2")
    for key in (keys[0], keys[0]):
        await post(client, change(statuses=[status(key, "failed", code=131026)]))
    assert await Suppression.count() == 0
    await post(client, change(statuses=[status(again, "delivered")]))
    await post(client, change(statuses=[status(keys[0], "failed", code=131026)]))
    assert await Suppression.count() == 0
    await post(client, change(statuses=[status(again, "failed", code=131026)]))
    assert await Suppression.count() == 1


async def test_a_call_as_large_as_metas_are_at_most_is_taken(client: httpx.AsyncClient) -> None:
    _, keys = await ledger(1)
    foreign = [status("of another program", "delivered", pad="x" * 900) for _ in range(2_500)]
    told = change(statuses=[*foreign, status(keys[0], "delivered")])
    assert 2_500_000 < len(entries(told)) < 3_000_000
    answer = await post(client, told)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    body = b" " * (4 * 1024 * 1024 + 1)
    assert (await client.post(DOOR, content=body, headers=signed(body))).status_code == 413


@pytest.mark.parametrize("code", [190, 368, 131031, 131042, 132015, 132016])
async def test_a_status_that_goes_for_all_pauses_the_campaign_with_metas_words(
    client: httpx.AsyncClient, code: int
) -> None:
    campaign, keys = await ledger(2)
    await post(client, change(statuses=[status(keys[0], "failed", code=code)]))
    row = await campaign_row(campaign)
    assert (row["status"], row["pause_reason"]) == ("PAUSED", f"(#{code}) because {code}")


async def test_a_status_of_long_ago_pauses_nothing_any_more(client: httpx.AsyncClient) -> None:
    campaign, keys = await ledger(1)
    old = seconds(datetime.now(UTC) - timedelta(hours=1))
    await post(client, change(statuses=[status(keys[0], "failed", code=131042, timestamp=old)]))
    await post(client, change(statuses=[status(keys[0], "failed", code=131026)]))
    assert (await campaign_row(campaign))["status"] == "SENDING"


async def test_what_comes_in_counts_in_the_numbers_pace(client: httpx.AsyncClient, account: Settings) -> None:
    await post(client, change(messages=[inbound(number(index)) for index in range(150)]))
    assert 1.0 < await number_pace(account).ahead_seconds() <= 2.0
