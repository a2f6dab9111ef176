"""Doors of vendors: closed ones are not there, handshakes, answers in vendors' forms, public addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from crm_graphql.core.errors import Forbidden, Unauthenticated
from crm_graphql.delivery.documents import Delivery, DeliveryStatus, ParkedReceipt
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.routes import routes
from crm_graphql.delivery.webhooks import choose
from crm_graphql.delivery.webhooks.port import (
    Call,
    DoorTools,
    Entrance,
    EntryProblem,
    Notice,
    Parsed,
    Reply,
    read_key,
)
from crm_graphql.resources import Resources
from tests.delivery.factories import make_ledger
from tests.delivery.running import running, until_status
from tests.delivery.stand_in import StandInVendor


class PlainDoor:
    """Takes keys of delivered messages, a line each, from whoever knows the word."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.heard: list[str] = []

    async def verify(self, call: Call) -> None:
        self.calls.append(call)
        if call.headers.get("x-word") != "sesame":
            raise Forbidden("This is not the word.")

    async def parse(self, call: Call) -> Parsed:
        notices, problems = [], []
        for index, line in enumerate(call.body.decode().splitlines()):
            if key := read_key(line):
                notices.append(Notice(*key, ReceiptStatus.DELIVERED, reason_text="fine\0"))
            else:
                problems.append(EntryProblem(index, "no key"))

        async def hear() -> None:
            self.heard.append(call.query.get("said", ""))

        return Parsed(notices, problems, hear)


def handshake(query: Mapping[str, str]) -> Reply:
    if query.get("token") != "ours":
        raise Unauthenticated("not ours")
    return Reply(query["challenge"])


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> PlainDoor:
    door = PlainDoor()

    def opened(tools: DoorTools) -> Entrance:
        return Entrance(door, handshake=handshake, reply=Reply("<ok/>", "text/xml"))

    def closed(tools: DoorTools) -> None:
        return None

    monkeypatch.setattr(choose, "_DOORS", {"plain": opened, "closed": closed})
    return door


@pytest.fixture
async def client(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes)
    app.state.resources = resources
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inner:1") as client:
        yield client


async def post(client: httpx.AsyncClient, *lines: str, word: str = "sesame") -> httpx.Response:
    content = "\n".join(lines)
    return await client.post("/webhooks/plain?said=STOP", content=content, headers={"X-Word": word})


async def test_a_call_is_taken_and_answered_as_its_vendor_wants(
    resources: Resources, client: httpx.AsyncClient, door: PlainDoor
) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    answer = await post(client, "no key at all", f"{ids[0].upper()}-1")
    assert (answer.status_code, answer.text) == (200, "<ok/>")
    assert answer.headers["content-type"].startswith("text/xml")
    assert door.heard == ["STOP"]
    async with running(resources, StandInVendor()):
        await until_status(key, "COMPLETED")


async def test_the_address_is_the_public_one_whatever_a_proxy_calls(
    resources: Resources, client: httpx.AsyncClient, door: PlainDoor
) -> None:
    await post(client)
    public = resources.settings.public_url.rstrip("/")
    assert door.calls[0].url == f"{public}/webhooks/plain?said=STOP"


async def test_a_forged_call_changes_nothing(client: httpx.AsyncClient, door: PlainDoor) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    before = await Delivery.get_pymongo_collection().find_one()
    answer = await post(client, f"{ids[0]}-1", word="guessed")
    assert answer.status_code == 403
    assert door.heard == []
    assert await Delivery.get_pymongo_collection().find_one() == before
    assert await ParkedReceipt.count() == 0


@pytest.mark.parametrize("vendor", ["closed", "nobody", "%2e%2e"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_closed_or_unknown_is_not_there(
    client: httpx.AsyncClient, door: PlainDoor, vendor: str, method: str
) -> None:
    answer = await client.request(method, f"/webhooks/{vendor}")
    assert answer.status_code == 404


async def test_a_handshake_is_answered_to_its_vendor_alone(
    client: httpx.AsyncClient, door: PlainDoor
) -> None:
    query: dict[str, Any] = {"token": "ours", "challenge": "4711"}
    answer = await client.get("/webhooks/plain", params=query)
    assert (answer.status_code, answer.text) == (200, "4711")
    assert (await client.get("/webhooks/plain", params={**query, "token": "x"})).status_code == 401
    assert (await client.head("/webhooks/plain", params=query)).status_code == 405


async def test_a_door_without_a_handshake_takes_post_alone(client: httpx.AsyncClient) -> None:
    answer = await client.get("/webhooks/receipts")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_promise_of_too_much_is_refused_unread(client: httpx.AsyncClient, door: PlainDoor) -> None:
    answer = await client.post("/webhooks/plain", content=b"", headers={"content-length": "99999999999"})
    assert answer.status_code == 413
    assert door.calls == []


@pytest.mark.parametrize("text", ["", "x", f"{'0' * 24}", f"{'0' * 24}-0", f"{'0' * 24}-12345678"])
def test_what_is_no_key_is_read_as_none(text: str) -> None:
    assert read_key(text) is None


def test_a_key_is_read_in_any_case() -> None:
    assert read_key(f" {'AB' * 12}-12 ") == ("ab" * 12, 12)
