"""WhatsApp's Cloud API is held to the contract of vendors, against a server with the faults of Meta's."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.vendors.port import Attachment, OutgoingMessage, Vendor, WhatsappTemplate
from crm_graphql.delivery.vendors.whatsapp.vendor import whatsapp_carrier
from crm_graphql.resources import Resources
from tests.delivery.vendors.contract import Situation, VendorContract, new_key
from tests.delivery.vendors.receipts import Call, ReceiptContract
from tests.servers.graph import ACCOUNT_ID, NUMBER_ID, TOKEN, Graph, running_graph
from tests.whatsapp.calls import APP_SECRET, DOOR, change, entries, signed
from tests.whatsapp.calls import status as status_of

TEMPLATE = {
    "id": "1",
    "name": "hello",
    "language": "en",
    "status": "APPROVED",
    "components": [{"type": "BODY", "text": "Hello!"}],
}
_CODES = {
    Situation.PERSON: 131026,
    Situation.CONTENT: 131009,
    Situation.TEMPLATE: 132012,
    Situation.LATER: 131016,
}
_PLACES = {situation: place for place, situation in enumerate(Situation)}


class WhatsappRig:
    """The adapter over the server."""

    channel = Channel.WHATSAPP

    def __init__(self, graph: Graph, vendor: Vendor) -> None:
        self.graph = graph
        self.vendor = vendor
        self._cut_before: set[str] = set()

    def address(self, situation: Situation, number: int = 0) -> str | None:
        """By number the server knows what to do."""
        address = f"+49151{_PLACES[situation]:02}{number:06}"
        match situation:
            case Situation.CUT_BEFORE:
                # What surely comes before the message: the file in its head.
                self._cut_before.add(address)
                self.graph.cuts_uploads = True
            case Situation.CUT_AFTER:
                self.graph.cut.add(address)
            case Situation.SILENT:
                self.graph.hanging.add(address)
            case Situation.TAKEN:
                pass
            case _:
                self.graph.refusals[address] = _CODES[situation]
        return address

    def message(self, address: str) -> OutgoingMessage:
        """One by a template."""
        head = Attachment("m", "a.png", "image/png", b"x") if address in self._cut_before else None
        template = WhatsappTemplate("hello", "en", header=head)
        return OutgoingMessage(new_key(), self.channel, address, None, "", whatsapp=template)

    def taken(self) -> Counter[str]:
        """By the key in the callback data."""
        return self.graph.keys

    def spoil_account(self) -> None:
        """The token is no longer good."""
        self.graph.token = "another"

    async def stop_server(self) -> None:
        """Nobody listens."""
        await asyncio.to_thread(self.graph.stop)

    def receipt(self, key: str, status: ReceiptStatus) -> Call:
        """As Meta's webhook tells it."""
        code = 131026 if status is ReceiptStatus.FAILED else None
        body = entries(change(statuses=[status_of(key, status.value.lower(), code=code)]))
        return Call(DOOR, signed(body), body)

    def forgeries(self, call: Call) -> Sequence[Call]:
        """By nobody, by another app, in the old form, and of another state."""
        signature = call.headers["x-hub-signature-256"]
        return [
            replace(call, headers={}),
            replace(call, headers=signed(call.body, "another secret")),
            replace(call, headers={"x-hub-signature": signature.replace("sha256=", "sha1=")}),
            replace(call, body=call.body.replace(b"delivered", b"failed")),
        ]

    @property
    def secrets(self) -> Sequence[str]:
        """The token."""
        return (TOKEN,)


@pytest.fixture
async def rig(resources: Resources, settings: Settings) -> AsyncIterator[WhatsappRig]:
    with running_graph() as graph:
        graph.templates = [TEMPLATE]
        account = settings.model_copy(
            update={
                "whatsapp_graph_url": graph.url,
                "whatsapp_phone_number_id": NUMBER_ID,
                "whatsapp_account_id": ACCOUNT_ID,
                "whatsapp_access_token": SecretStr(TOKEN),
            }
        )
        async with httpx.AsyncClient(trust_env=False) as http:
            yield WhatsappRig(graph, whatsapp_carrier(account, http).vendor)


@pytest.fixture
def resources(resources: Resources) -> Resources:
    """With the secret of Meta's app."""
    changes = {"whatsapp_app_secret": SecretStr(APP_SECRET), "whatsapp_phone_number_id": NUMBER_ID}
    return resources.with_settings(resources.settings.model_copy(update=changes))


class TestWhatsapp(VendorContract):
    """Held to it."""


class TestReceiptsOfWhatsapp(ReceiptContract):
    """Held to it."""
