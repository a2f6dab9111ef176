"""Twilio is held to the contracts of vendors and of receipts."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.delivery.vendors.twilio import TwilioAccount, TwilioVendor
from crm_graphql.resources import Resources
from tests.delivery.vendors.contract import Situation, VendorContract, new_key
from tests.delivery.vendors.receipts import Call, ReceiptContract
from tests.twilio.conftest import PUBLIC
from tests.twilio.server import SENDER, SID, TOKEN, Sent, TwilioServer, callback, listening, signed

DOOR = f"{PUBLIC}/webhooks/twilio"
STATUSES = {
    ReceiptStatus.SENT: "sent",
    ReceiptStatus.DELIVERED: "delivered",
    ReceiptStatus.FAILED: "undelivered",
}
REFUSED = {Situation.PERSON: 21614, Situation.CONTENT: 21617, Situation.LATER: 20429}
FAULTS = {Situation.CUT_AFTER: "cut after", Situation.SILENT: "slow"}


class _CutBefore(httpx.AsyncHTTPTransport):
    """Breaks the connection before a message to some number can have left."""

    def __init__(self) -> None:
        super().__init__()
        self.number = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if parse_qs((await request.aread()).decode()).get("To") == [self.number]:
            raise httpx.ConnectError("cut", request=request)
        return await super().handle_async_request(request)


class TwilioRig:
    """The adapter over the stand-in; a number says what becomes of a message to it."""

    channel = Channel.SMS

    def __init__(self) -> None:
        self.server = TwilioServer()
        self._stack = ExitStack()
        url = self._stack.enter_context(listening(self.server))
        self._transport = _CutBefore()
        self.http = httpx.AsyncClient(transport=self._transport)
        self.vendor = TwilioVendor(self.http, TwilioAccount(SID, TOKEN, SID, TOKEN, SENDER, url, DOOR))

    def address(self, situation: Situation, number: int = 0) -> str | None:
        """The stand-in is told what to do with it."""
        if situation is Situation.TEMPLATE:
            return None
        address = f"+49151{situation.value:04}{number:04}"
        if situation in REFUSED:
            self.server.refuse[address] = REFUSED[situation]
        if situation in FAULTS:
            self.server.faults[address] = FAULTS[situation]
        if situation is Situation.CUT_BEFORE:
            self._transport.number = address
        return address

    def message(self, address: str) -> OutgoingMessage:
        """A plain one."""
        return OutgoingMessage(new_key(), self.channel, address, None, "Hi")

    def taken(self) -> Counter[str]:
        """By the key in the address of the callback."""
        return Counter(parse_qs(urlsplit(sent.callback).query)["key"][0] for sent in self.server.sent)

    def spoil_account(self) -> None:
        """It is suspended."""
        self.server.account_status = "suspended"

    async def stop_server(self) -> None:
        """Nobody listens."""
        self._stack.close()

    @property
    def secrets(self) -> Sequence[str]:
        """The token."""
        return (TOKEN,)

    def receipt(self, key: str, status: ReceiptStatus) -> Call:
        """As Twilio calls back."""
        sent = Sent("SM1", {"To": "+491511", "From": SENDER, "StatusCallback": f"{DOOR}?key={key}"})
        return _call(callback(sent, STATUSES[status], 30003 if status is ReceiptStatus.FAILED else None))

    def forgeries(self, call: Call) -> Sequence[Call]:
        """By nobody, by another account, of another message, and with another state."""
        url = PUBLIC + call.path
        fields = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        other_key = call.path.replace("key=", "key=0")
        return [
            replace(call, headers={"content-type": call.headers["content-type"]}),
            _call(signed(url, fields, secret="another token")),
            replace(call, path=other_key),
            replace(call, body=call.body.replace(b"delivered", b"undelivered")),
        ]


def _call(made: tuple[str, dict[str, str], bytes]) -> Call:
    url, headers, body = made
    return Call(url.removeprefix(PUBLIC), headers, body)


@pytest.fixture
async def rig() -> AsyncIterator[TwilioRig]:
    made = TwilioRig()
    yield made
    await made.http.aclose()
    await made.stop_server()


@pytest.fixture
def resources(resources: Resources) -> Resources:
    """With the account's token, by the address that Twilio knows."""
    changes = {"twilio_auth_token": SecretStr(TOKEN), "public_url": PUBLIC}
    return resources.with_settings(resources.settings.model_copy(update=changes))


class TestTwilio(VendorContract):
    """Held to it."""


class TestReceiptsOfTwilio(ReceiptContract):
    """Held to it."""
