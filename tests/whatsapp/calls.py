"""Messages to send, and calls of Meta's webhooks, signed as Meta signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.port import Attachment, OutgoingMessage, WhatsappTemplate
from tests.servers.graph import ACCOUNT_ID, NUMBER_ID, wamid

APP_SECRET = "tests-only-app-secret-3f9c"
VERIFY_TOKEN = "tests-only-verify"
DOOR = "/webhooks/whatsapp-cloud"

GREETING: dict[str, Any] = {
    "id": "594425479261596",
    "name": "greeting",
    "language": "en",
    "status": "APPROVED",
    "category": "MARKETING",
    "parameter_format": "NAMED",
    "components": [{"type": "BODY", "text": "Hi {{name}}, come by until {{day}}, please."}],
}
NUMBERED: dict[str, Any] = {
    "id": "594425479261597",
    "name": "numbered",
    "language": "de",
    "status": "APPROVED",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"},
        {"type": "BODY", "text": "{{1}} and {{2}} are here."},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Look", "url": "https://a.example/{{1}}"}]},
    ],
}
PICTURED: dict[str, Any] = {
    "id": "594425479261598",
    "name": "pictured",
    "language": "en",
    "status": "APPROVED",
    "components": [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "Look at this."},
    ],
}


def number(index: int) -> str:
    """A telephone number."""
    return f"+4915112{index:06}"


def key_of(index: int, attempt: int = 1) -> str:
    """A key as the product makes them."""
    return f"{index:024x}-{attempt}"


def greeting(index: int, *, to: str | None = None, name: str = "Ada", **details: Any) -> OutgoingMessage:
    """A message by the template GREETING."""
    template = WhatsappTemplate("greeting", "en", (("name", name), ("day", "Friday")))
    address = number(index) if to is None else to
    chosen: dict[str, Any] = {"whatsapp": template, **details}
    return OutgoingMessage(key_of(index), Channel.WHATSAPP, address, None, "", "c", **chosen)


def text(index: int, body: str = "Thanks!") -> OutgoingMessage:
    """Free text."""
    return OutgoingMessage(key_of(index), Channel.WHATSAPP, number(index), None, body, "c")


def picture(media_id: str = "m1") -> Attachment:
    """A file for a head."""
    return Attachment(media_id, "a.png", "image/png", b"\x89PNG pixels")


def seconds(moment: datetime | None = None) -> str:
    """A moment as Meta writes it; now by default."""
    return str(int((moment or datetime.now(UTC)).timestamp()))


def status(key: str, what: str, *, code: int | None = None, **details: Any) -> dict[str, Any]:
    """A status of the message with this key."""
    told: dict[str, Any] = {
        "id": wamid(key),
        "status": what,
        "timestamp": seconds(),
        "recipient_id": "4915112000000",
        "biz_opaque_callback_data": key,
        **details,
    }
    if code is not None:
        told["errors"] = [{"code": code, "title": "No", "error_data": {"details": f"because {code}"}}]
    return {name: value for name, value in told.items() if value is not None}


def inbound(sender: str | None, what: str = "Hello", **details: Any) -> dict[str, Any]:
    """A message of a person."""
    told: dict[str, Any] = {
        "from": sender and sender.lstrip("+"),
        "id": f"wamid.in{time.monotonic_ns()}",
        "timestamp": seconds(),
        "type": "text",
        "text": {"body": what},
        **details,
    }
    return {name: value for name, value in told.items() if value is not None}


def change(*, field: str = "messages", number_id: str = NUMBER_ID, **value: Any) -> dict[str, Any]:
    """One change with these statuses, messages, contacts or preferences."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": number_id}
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}


def entries(*changes: Any) -> bytes:
    """The body of a call, an entry for each change; what is no ASCII escaped, as Meta does."""
    told = {"object": "whatsapp_business_account", "entry": [_entry(one) for one in changes]}
    return json.dumps(told, separators=(",", ":")).replace("/", "\\/").encode()


def _entry(one: Any) -> Any:
    if isinstance(one, Sequence) and not isinstance(one, str):
        return {"id": ACCOUNT_ID, "changes": list(one)}
    return {"id": ACCOUNT_ID, "changes": [one]} if isinstance(one, dict) else one


def signed(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    """The headers of a call with this body."""
    return {"x-hub-signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


async def post(client: httpx.AsyncClient, *changes: Any, secret: str = APP_SECRET) -> httpx.Response:
    """Call the door."""
    body = entries(*changes)
    return await client.post(DOOR, content=body, headers=signed(body, secret))
