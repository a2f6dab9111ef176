"""Twilio's door: receipts early, late, twice, out of order and forged, and what people reply."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from bson import ObjectId
from pydantic import SecretStr
from starlette.applications import Starlette

from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.consents.documents import HeardReply, Suppression, SuppressionReason
from crm_graphql.consents.suppress import suppress
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import Delivery, DeliveryStatus, ParkedReceipt
from crm_graphql.delivery.routes import routes
from crm_graphql.resources import Resources
from tests.consents.factories import make_people, person
from tests.delivery.factories import assert_exact, campaign_row, make_ledger
from tests.delivery.running import running, until_stats, until_status
from tests.delivery.stand_in import StandInVendor
from tests.twilio.server import SENDER, SID, TOKEN, Sent, callback, signature, signed

PUBLIC = "https://crm.example"
DOOR = f"{PUBLIC}/webhooks/twilio"
NUMBER = "+4915112345678"


@pytest.fixture
async def client(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """As behind a proxy: the address that is called here is not the public one."""
    app = Starlette(routes=routes)
    settings = resources.settings.model_copy(
        update={"twilio_auth_token": SecretStr(TOKEN), "public_url": f"{PUBLIC}/"}
    )
    app.state.resources = resources.with_settings(settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inner:9000") as client:
        yield client


async def post(client: httpx.AsyncClient, call: tuple[str, dict[str, str], bytes]) -> httpx.Response:
    url, headers, body = call
    return await client.post(url.removeprefix(PUBLIC), headers=headers, content=body)


def sent(key: str, attempt: int = 1) -> Sent:
    return Sent(
        f"SM{key}", {"To": NUMBER, "From": SENDER, "StatusCallback": f"{DOOR}?key={key}-{attempt}#rc=5"}
    )


async def tell(client: httpx.AsyncClient, key: str, status: str, code: int | None = None) -> None:
    answer = await post(client, callback(sent(key), status, code))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.text.endswith("<Response></Response>")


async def row_of(key: str) -> dict[str, Any]:
    row: dict[str, Any] | None = await Delivery.get_pymongo_collection().find_one({"_id": ObjectId(key)})
    assert row is not None
    return row


async def reply(client: httpx.AsyncClient, body: str, sid: str, number: str = NUMBER, **more: str) -> None:
    fields = {"MessageSid": sid, "SmsStatus": "received", "From": number, "To": SENDER, "Body": body}
    answer = await post(client, signed(DOOR, {**fields, "AccountSid": SID, "NumSegments": "1", **more}))
    assert (answer.status_code, answer.text.endswith("<Response></Response>")) == (200, True)


async def closed(number: str = NUMBER) -> frozenset[Channel]:
    return (await suppressed_on({number})).get(number, frozenset())


async def test_receipts_reach_the_ledger_whatever_their_order(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(4)
    async with running(resources, StandInVendor()):
        for status in ("queued", "sending", "sent", "delivered", "delivered"):
            await tell(client, ids[0], status)
        # The last first, and again.
        for status in ("delivered", "sent", "delivered"):
            await tell(client, ids[1], status)
        await tell(client, ids[2], "undelivered", 30003)
        await tell(client, ids[2], "sent")
        await tell(client, ids[3], "sent")
        await until_stats(key, delivered=2, failed=1, sent=1)
    await assert_exact(key)
    failed = await row_of(ids[2])
    assert (failed["reason"], failed["reason_text"]) == ("BOUNCED", "Twilio 30003: undelivered")
    assert (await row_of(ids[0]))["vendor_message_id"] == f"SM{ids[0]}"


async def test_what_came_back_counts_as_that_whether_it_is_told_before_or_after_delivered(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(2)
    async with running(resources, StandInVendor()):
        for one, statuses in zip(
            ids, (("delivered", "undelivered"), ("undelivered", "delivered")), strict=True
        ):
            for status in statuses:
                await tell(client, one, status, 30005 if status == "undelivered" else None)
        await until_stats(key, failed=2)
    assert {(await row_of(one))["reason"] for one in ids} == {"BOUNCED"}


async def test_a_message_that_never_went_is_not_called_returned(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    async with running(resources, StandInVendor()):
        await tell(client, ids[0], "failed", 30001)
        await until_status(key, "COMPLETED")
    assert (await row_of(ids[0]))["reason"] == "VENDOR_REJECTED"


async def test_a_receipt_tells_what_became_of_an_unknown_outcome(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.FAILED)
    await Delivery.get_pymongo_collection().update_one(
        {"_id": ObjectId(ids[0])}, {"$set": {"reason": "OUTCOME_UNKNOWN"}}
    )
    async with running(resources, StandInVendor()):
        await tell(client, ids[0], "delivered")
        await until_stats(key, delivered=1, failed=0)


async def test_a_receipt_of_another_attempt_changes_nothing(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(2, status=DeliveryStatus.SENT)
    async with running(resources, StandInVendor()):
        await post(client, callback(sent(ids[0], attempt=2), "undelivered", 30006))
        await tell(client, ids[1], "delivered")
        await until_stats(key, delivered=1, sent=1)


@pytest.mark.parametrize("address", ["", "?key=", "?key=nonsense", f"?key={'f' * 24}-1", "?other=1"])
async def test_a_message_of_somebody_else_is_taken_and_forgotten(
    client: httpx.AsyncClient, address: str
) -> None:
    foreign = Sent("SM1", {"To": NUMBER, "StatusCallback": DOOR + address})
    assert (await post(client, callback(foreign, "delivered"))).status_code == 200
    assert await ParkedReceipt.count() == (1 if "fff" in address else 0)


async def test_a_forged_call_is_refused_and_changes_nothing(client: httpx.AsyncClient) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    url, headers, body = callback(sent(ids[0]), "delivered")
    forged = {**headers, "x-twilio-signature": signature(url, {"a": "b"}, secret="guessed")}
    unsigned = {name: value for name, value in headers.items() if name != "x-twilio-signature"}
    for some in (forged, unsigned):
        assert (await post(client, (url, some, body))).status_code == 401
    assert (await post(client, (url, headers, body.replace(b"delivered", b"failed")))).status_code == 401
    other = url.replace(ids[0], "f" * 24)
    assert (await post(client, (other, headers, body))).status_code == 401
    assert await ParkedReceipt.count() == 0
    assert (await row_of(ids[0]))["status"] == "SENT"


async def test_a_body_of_json_is_read_where_its_hash_is_signed(
    resources: Resources, client: httpx.AsyncClient
) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    body = json.dumps({"MessageSid": "SM1", "MessageStatus": "delivered", "ErrorCode": None}).encode()
    url = f"{DOOR}?key={ids[0]}-1&bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"content-type": "application/json", "x-twilio-signature": signature(url, {})}
    assert (await post(client, (url, headers, body + b"\n"))).status_code == 401
    async with running(resources, StandInVendor()):
        assert (await post(client, (url, headers, body))).status_code == 200
        await until_status(key, "COMPLETED")


async def test_the_door_is_closed_without_a_token(resources: Resources) -> None:
    app = Starlette(routes=routes)
    app.state.resources = resources
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
        assert (await post(client, signed(DOOR, {"a": "b"}, secret=""))).status_code == 404


async def test_a_form_of_thousands_of_fields_is_refused(client: httpx.AsyncClient) -> None:
    fields = {f"f{number}": "x" for number in range(5_000)}
    assert (await post(client, signed(DOOR, fields))).status_code == 400


@pytest.mark.parametrize("code", [30002, 30032, 30033, 30034, 30037])
async def test_a_fault_of_the_account_pauses_the_campaign_with_twilios_words(
    client: httpx.AsyncClient, code: int
) -> None:
    key, ids = await make_ledger(2, status=DeliveryStatus.SENT)
    await tell(client, ids[0], "failed", code)
    row = await campaign_row(key)
    assert (row["status"], row["pause_reason"]) == ("PAUSED", f"Twilio {code}: failed")


async def test_stop_closes_the_number_of_a_customer_and_of_a_stranger(client: httpx.AsyncClient) -> None:
    (ida,) = await make_people({"phone": NUMBER})
    await reply(client, " Stop. ", "SM1")
    await reply(client, "STOP", "SM2", "+4930999999")
    assert (await person(ida))["suppressed"] == ["SMS"]
    assert await closed() == await closed("+4930999999") == {Channel.SMS}


async def test_start_opens_what_stop_closed_and_a_late_copy_of_it_nothing(client: httpx.AsyncClient) -> None:
    await reply(client, "STOP", "SM1")
    await reply(client, "START", "SM2")
    assert await closed() == frozenset()
    await reply(client, "arrêt", "SM3")
    await reply(client, "START", "SM2")
    assert await closed() == {Channel.SMS}


async def test_start_opens_no_number_that_was_closed_otherwise(client: httpx.AsyncClient) -> None:
    await suppress(Channel.SMS, [NUMBER], SuppressionReason.MANUAL, now=ObjectId().generation_time)
    await reply(client, "STOP", "SM1")
    await reply(client, "UNSTOP", "SM2")
    assert await closed() == {Channel.SMS}


async def test_what_twilio_says_of_a_reply_goes_before_its_words(client: httpx.AsyncClient) -> None:
    await reply(client, "no more please", "SM1", OptOutType="STOP")
    assert await closed() == {Channel.SMS}
    await reply(client, "yes again", "SM2", OptOutType="START")
    assert await closed() == frozenset()


@pytest.mark.parametrize("number", ["whatsapp:+4915112345678", "12345", "SHOP", "", "+"])
async def test_a_reply_from_what_is_no_number_closes_nothing(client: httpx.AsyncClient, number: str) -> None:
    await reply(client, "STOP", "SM1", number)
    assert await Suppression.count() == await HeardReply.count() == 0


async def test_a_reply_without_a_word_is_taken_and_not_kept(client: httpx.AsyncClient) -> None:
    await reply(client, "Stop sending me such good offers, I am poor now", "SM1")
    assert await Suppression.count() == await HeardReply.count() == 0


async def test_who_told_twilio_to_stop_is_closed_by_the_receipt_and_opened_by_start(
    client: httpx.AsyncClient,
) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    await tell(client, ids[0], "failed", 21610)
    assert await closed() == {Channel.SMS}
    await reply(client, "START", "SM9")
    assert await closed() == frozenset()
