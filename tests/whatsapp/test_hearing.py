"""What people do on WhatsApp: windows open, words are heeded, identities and numbers are kept true."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from starlette.applications import Starlette

from crm_graphql.consents.documents import Suppression, SuppressionReason
from crm_graphql.consents.suppress import suppress
from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import Customer, CustomerChange
from crm_graphql.delivery.routes import routes
from crm_graphql.mongo.leases import database_now
from crm_graphql.resources import Resources
from crm_graphql.whatsapp.documents import WhatsappWindow
from crm_graphql.whatsapp.queries import windows_of
from crm_graphql.whatsapp.windows import Sender, heard
from tests.delivery.factories import make_customers
from tests.whatsapp.calls import change, inbound, number, post, seconds

USER_ID = "DE.13491208655302741918"


@pytest.fixture
async def client(on_whatsapp: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes)
    app.state.resources = on_whatsapp
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        yield client


async def with_number(*indexes: int) -> list[ObjectId]:
    """Customers with these numbers."""
    keys = await make_customers(len(indexes))
    for key, index in zip(keys, indexes, strict=True):
        phone = {"phone": number(index), "folded.phone": number(index)}
        await Customer.get_pymongo_collection().update_one({"_id": key}, {"$set": phone})
    return keys


async def customer(key: ObjectId) -> dict[str, Any]:
    row: dict[str, Any] | None = await Customer.get_pymongo_collection().find_one({"_id": key})
    assert row is not None
    return row


async def is_open(address: str, after: timedelta = timedelta()) -> bool:
    windows = await windows_of([address], datetime.now(UTC) + after)
    return address in windows and windows[address].is_open


async def suppressed() -> dict[str | None, SuppressionReason]:
    return {row.address: row.reason for row in await Suppression.find_all().to_list()}


async def test_a_message_opens_the_window_for_nearly_24_hours(client: httpx.AsyncClient) -> None:
    await post(client, change(messages=[inbound(number(1))]))
    assert await is_open(number(1), timedelta(hours=23, minutes=58))
    assert not await is_open(number(1), timedelta(hours=23, minutes=59, seconds=30))
    assert not await is_open(number(2))


async def test_late_and_doubled_messages_do_not_shorten_it(client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    old = inbound(number(1), timestamp=seconds(now - timedelta(hours=20)))
    for message in (inbound(number(1)), old, old):
        await post(client, change(messages=[message]))
    assert await is_open(number(1), timedelta(hours=10))


async def test_a_message_from_tomorrow_came_now(client: httpx.AsyncClient) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await post(client, change(messages=[inbound(number(1), timestamp=seconds(tomorrow))]))
    assert not await is_open(number(1), timedelta(hours=24))


async def test_what_was_written_to_another_number_opens_nothing_here(client: httpx.AsyncClient) -> None:
    await post(client, change(number_id="999", messages=[inbound(number(1), "STOP")]))
    assert await WhatsappWindow.count() == 0
    assert await suppressed() == {}


@pytest.mark.parametrize(
    "message",
    [
        {"what": "STOP"},
        {"what": " Stop! "},
        {"what": "arrêt"},
        {"type": "button", "button": {"payload": "STOP", "text": "No more"}},
        {"type": "button", "button": {"payload": "x", "text": "Stop promotions"}},
        {"type": "button", "button": {"payload": None, "text": "Stop"}, "text": {"body": None}},
        {"what": "STOP", "timestamp": int(seconds())},
        {"type": "interactive", "interactive": {"list_reply": {"id": "unsubscribe", "title": "Out"}}},
    ],
)
async def test_a_stop_word_suppresses(client: httpx.AsyncClient, message: dict[str, Any]) -> None:
    key = (await with_number(1))[0]
    await post(client, change(messages=[inbound(number(1), **message)]))
    assert await suppressed() == {number(1): SuppressionReason.UNSUBSCRIBED}
    assert (await customer(key))["suppressed"] == ["WHATSAPP"]


@pytest.mark.parametrize(
    "text", ["Please don't stop writing", "When does it start?", "", "\u2764", "x" * 9_000]
)
async def test_whoever_says_more_than_a_word_asks_for_nothing(client: httpx.AsyncClient, text: str) -> None:
    await post(client, change(messages=[inbound(number(1), text)]))
    assert await suppressed() == {}


async def test_start_lifts_what_they_asked_for_themselves_and_nothing_else(client: httpx.AsyncClient) -> None:
    now = await database_now()
    await suppress(Channel.WHATSAPP, [number(2)], SuppressionReason.BOUNCED, now=now)
    await suppress(Channel.SMS, [number(1)], SuppressionReason.UNSUBSCRIBED, now=now)
    await post(client, change(messages=[inbound(number(1), "stop")]))
    messages = [inbound(number(index), "START") for index in (1, 2)]
    await post(client, change(messages=messages))
    found = {(row.channel, row.address) for row in await Suppression.find_all().to_list()}
    assert found == {(Channel.SMS, number(1)), (Channel.WHATSAPP, number(2))}


async def test_preferences_stop_and_resume_in_the_order_in_which_they_were_set(
    client: httpx.AsyncClient,
) -> None:
    now = datetime.now(UTC)

    def preference(value: str, minutes: int, category: str = "marketing_messages") -> dict[str, Any]:
        at = int((now - timedelta(minutes=minutes)).timestamp())
        one = {"wa_id": number(1).lstrip("+"), "category": category, "value": value, "timestamp": at}
        return change(field="user_preferences", user_preferences=[one])

    await post(client, preference("stop", 30, "another"))
    assert await suppressed() == {}
    await post(client, preference("stop", 20))
    assert await suppressed() != {}
    await post(client, preference("resume", 10))
    assert await suppressed() == {}
    # The same again, and news of a stop that was before.
    for minutes in (20, 15):
        await post(client, preference("stop", minutes))
        assert await suppressed() == {}


async def test_the_bsuid_is_kept_with_the_customer_who_has_the_number(client: httpx.AsyncClient) -> None:
    one, two, three = await with_number(1, 2, 2)
    for _ in range(2):
        contacts = [{"wa_id": number(1).lstrip("+"), "user_id": USER_ID, "profile": {"name": "Ada"}}]
        await post(client, change(contacts=contacts, messages=[inbound(number(1))]))
    # Of two with a number nobody knows which it is.
    await post(client, change(messages=[inbound(number(2), from_user_id="DE.2")]))
    row = await customer(one)
    assert row["source_ids"] == [f"whatsapp:{USER_ID}"]
    assert USER_ID.casefold() in row["folded"]["source_ids"]
    assert [(await customer(key)).get("source_ids") for key in (two, three)] == [[], []]


async def test_who_shows_no_number_is_known_by_the_bsuid(client: httpx.AsyncClient) -> None:
    await with_number(1)
    await post(client, change(messages=[inbound(number(1), from_user_id=USER_ID)]))
    await WhatsappWindow.find_all().update({"$set": {"heard_at": datetime(2020, 1, 1, tzinfo=UTC)}})
    await post(client, change(messages=[inbound(None, "Stop", from_user_id=USER_ID)]))
    assert [row.id for row in await WhatsappWindow.find_all().to_list()] == [number(1)]
    assert await is_open(number(1))
    assert await suppressed() == {
        number(1): SuppressionReason.UNSUBSCRIBED,
        USER_ID.casefold(): SuppressionReason.UNSUBSCRIBED,
    }


async def test_a_window_of_a_bsuid_alone_is_its_customers(client: httpx.AsyncClient) -> None:
    (key,) = await with_number(1)
    await Customer.get_pymongo_collection().update_one(
        {"_id": key},
        {
            "$set": {
                "source_ids": [f"whatsapp:{USER_ID}"],
                "folded.source_ids": [f"whatsapp:{USER_ID}".casefold()],
            }
        },
    )
    contacts = [{"user_id": USER_ID}]
    await post(client, change(contacts=contacts, messages=[inbound(None)]))
    assert await is_open(number(1))


async def test_who_shares_a_number_is_stopped_by_the_bsuid_that_came_with_it(
    client: httpx.AsyncClient,
) -> None:
    keys = await with_number(1, 1)
    await post(client, change(messages=[inbound(number(1), from_user_id=USER_ID)]))
    await post(client, change(messages=[inbound(None, "Stop", from_user_id=USER_ID)]))
    assert {*await suppressed()} == {number(1), USER_ID.casefold()}
    assert [(await customer(key))["suppressed"] for key in keys] == [["WHATSAPP"]] * 2


async def test_what_whatsapp_says_for_a_person_opens_no_window(client: httpx.AsyncClient) -> None:
    system = {"body": "Ada's security code changed", "type": "customer_identity_changed", "identity": "x"}
    told = change(messages=[inbound(number(1), type="system", system=system, text=None)])
    assert (await post(client, told)).json()["errors"] == []
    assert not await is_open(number(1))


@pytest.mark.parametrize(
    ("phone", "told"),
    [
        ("+525512345678", "5215512345678"),
        ("+5511987654321", "551187654321"),
        ("+551187654321", "5511987654321"),
        ("+541123456789", "5491123456789"),
    ],
)
async def test_a_person_is_known_though_whatsapp_spells_the_number_otherwise(
    client: httpx.AsyncClient, phone: str, told: str
) -> None:
    (key,) = await make_customers(1)
    fields = {"phone": phone, "folded.phone": phone}
    await Customer.get_pymongo_collection().update_one({"_id": key}, {"$set": fields})
    await post(client, change(messages=[inbound(told, "Stop", from_user_id=USER_ID)]))
    row = await customer(key)
    assert (row["suppressed"], row["source_ids"]) == (["WHATSAPP"], [f"whatsapp:{USER_ID}"])
    assert await is_open(phone)
    await post(client, change(messages=[inbound(told, "Start")]))
    assert (await customer(key))["suppressed"] == []


def moved(old: int, new: int) -> dict[str, Any]:
    system = {"body": "changed", "wa_id": number(new).lstrip("+"), "type": "user_changed_number"}
    return change(messages=[inbound(number(old), type="system", system=system, text=None)])


async def test_a_changed_number_moves_the_one_customer_and_the_window(client: httpx.AsyncClient) -> None:
    (key,) = await with_number(1)
    await heard(Sender(number(1), None), datetime.now(UTC))
    await post(client, moved(1, 5))
    row = await customer(key)
    assert (row["phone"], row["folded"]["phone"], row["revision"]) == (number(5), number(5), 1)
    assert await is_open(number(5))
    assert not await is_open(number(1))
    changes = await CustomerChange.find_all().to_list()
    assert [(one.actor, one.changes[0]["field"]) for one in changes] == [("system", "phone")]
    # Told again it is no news.
    await post(client, moved(1, 5))
    assert await CustomerChange.count() == 1


async def test_a_changed_number_is_kept_as_it_is_dialled(client: httpx.AsyncClient) -> None:
    (key,) = await with_number(1)
    system = {"wa_id": "5215512345678", "type": "user_changed_number"}
    await post(client, change(messages=[inbound(number(1), type="system", system=system, text=None)]))
    assert (await customer(key))["phone"] == "+525512345678"


async def test_a_suppressed_person_does_not_come_back_by_another_number(client: httpx.AsyncClient) -> None:
    (key,) = await with_number(1)
    await post(client, change(messages=[inbound(number(1), "stop")]))
    await post(client, moved(1, 5))
    assert (await customer(key))["suppressed"] == ["WHATSAPP"]
    assert {*await suppressed()} == {number(1), number(5)}


async def test_a_changed_number_that_is_not_clear_moves_nobody(client: httpx.AsyncClient) -> None:
    two, three, four, five = await with_number(2, 2, 4, 5)
    await post(client, moved(2, 9), moved(4, 5), moved(8, 9))
    phones = [(await customer(key))["phone"] for key in (two, three, four, five)]
    assert phones == [number(2), number(2), number(4), number(5)]
