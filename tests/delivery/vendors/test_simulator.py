"""The simulator's vendor is held to the contracts, with a server that speaks its protocol by address."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.delivery.vendors.simulator import SimulatorVendor
from tests.conftest import TEST_WEBHOOK_SECRET
from tests.delivery.vendors.contract import Situation, VendorContract, new_key
from tests.delivery.vendors.receipts import Call, ReceiptContract

KEY = "a-key-of-the-simulator"
OTHER = "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhlIHNhbWUgbGVuZ3Ro"
_BY_ADDRESS = {"person": "rejected", "later": "deferred"}


class SimulatorRig:
    """The adapter over a server in this process that keeps to the simulator's protocol."""

    channel = Channel.EMAIL

    def __init__(self) -> None:
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._serve))
        self.vendor = SimulatorVendor(self.http, "http://simulator.test", api_key=KEY)
        self._taken: Counter[str] = Counter()
        self._key, self._is_there = KEY, True

    def address(self, situation: Situation, number: int = 0) -> str | None:
        """The server knows what to do by it."""
        if situation in (Situation.CONTENT, Situation.TEMPLATE):
            return None
        return f"{situation.name.lower()}{number}@person.example"

    def message(self, address: str) -> OutgoingMessage:
        """A plain one."""
        return OutgoingMessage(new_key(), self.channel, address, "Hello", "Hi")

    def taken(self) -> Counter[str]:
        """By key."""
        return self._taken

    def spoil_account(self) -> None:
        """Another key is good now."""
        self._key = "another"

    async def stop_server(self) -> None:
        """Nobody listens."""
        self._is_there = False

    @property
    def secrets(self) -> Sequence[str]:
        """The key."""
        return (KEY,)

    def receipt(self, key: str, status: ReceiptStatus) -> Call:
        """As the simulator calls back."""
        delivery_id, _, attempt = key.rpartition("-")
        entry = {"delivery_id": delivery_id, "attempt": int(attempt), "status": status.value}
        return _signed(json.dumps({"receipts": [entry]}).encode(), TEST_WEBHOOK_SECRET)

    def forgeries(self, call: Call) -> Sequence[Call]:
        """By nobody, by somebody else, and from yesterday."""
        old = _signed(call.body, TEST_WEBHOOK_SECRET, age=timedelta(days=1))
        return [replace(call, headers={}), _signed(call.body, OTHER), old]

    async def _serve(self, request: httpx.Request) -> httpx.Response:
        if not self._is_there:
            raise httpx.ConnectError("refused", request=request)
        if request.headers.get("authorization") != f"Bearer {self._key}":
            return httpx.Response(401)
        body = json.loads(request.content)
        if request.url.path == "/v1/look-up":
            found = [_result(key, "accepted") for key in body["keys"] if key in self._taken]
            return httpx.Response(200, json={"results": found})
        kinds = {one["key"]: one["to"].partition("@")[0].rstrip("0123456789") for one in body["messages"]}
        if "cut_before" in kinds.values():
            raise httpx.ConnectError("cut", request=request)
        self._taken.update(
            key for key, kind in kinds.items() if kind not in _BY_ADDRESS and key not in self._taken
        )
        if "cut_after" in kinds.values():
            raise httpx.ReadError("cut", request=request)
        await asyncio.sleep(30.0 if "silent" in kinds.values() else 0)
        results = [_result(key, _BY_ADDRESS.get(kind, "accepted")) for key, kind in kinds.items()]
        return httpx.Response(200, json={"results": results})


def _result(key: str, status: str) -> dict[str, Any]:
    return {"key": key, "id": f"sim_{key}", "status": status, "reason": "so it is told"}


def _signed(body: bytes, secret: str, *, age: timedelta = timedelta()) -> Call:
    at = datetime.now(UTC) - age
    headers = {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }
    return Call("/webhooks/receipts", headers, body)


@pytest.fixture
async def rig() -> AsyncIterator[SimulatorRig]:
    made = SimulatorRig()
    yield made
    await made.http.aclose()


class TestSimulator(VendorContract):
    """Held to it."""


class TestReceiptsOfTheSimulator(ReceiptContract):
    """Held to it."""
