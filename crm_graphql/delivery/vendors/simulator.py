"""The simulator as a vendor: dedupes by key, can be asked, sends receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import msgspec

from crm_graphql.core.times import retry_after_seconds
from crm_graphql.delivery.vendors.port import (
    Attachment,
    Fault,
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    VendorAccountFault,
    VendorUnavailable,
    VendorUncertain,
    WhatsappTemplate,
)

_CONNECT_SECONDS = 3.0
_MISCONFIGURED_RETRY_SECONDS = 30.0
_ACCOUNT_FAULTS = frozenset({401, 402, 403})
# Before any byte of the request can have left.
_NOTHING_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_encoder = msgspec.json.Encoder()


class _Result(msgspec.Struct):
    key: str
    id: str
    status: str
    reason: str | None = None
    retry_after_ms: float | None = None


class _Results(msgspec.Struct):
    results: list[_Result]


class _BatchRefused(Exception):
    """The call was refused for what is in it, and nothing of it was taken."""


class SimulatorVendor:
    """Client of `crm simulator`. Shares the process's HTTP client; safe for concurrent calls."""

    name: ClassVar[str] = "simulator"
    # The simulator never forgets a key; beyond this nobody should want to send again.
    dedupes_for: ClassVar[timedelta | None] = timedelta(days=30)
    can_look_up: ClassVar[bool] = True
    sends_receipts: ClassVar[bool] = True
    batch_limit: ClassVar[int] = 1000

    def __init__(
        self, http: httpx.AsyncClient, url: str, *, callback_url: str | None = None, api_key: str = ""
    ) -> None:
        """`url` is the simulator's; receipts go to `callback_url`, by default to where it was told to."""
        self._http = http
        self._url = url.rstrip("/")
        self._callback_url = callback_url
        self._headers = {"content-type": "application/json"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"

    async def send(self, messages: Sequence[OutgoingMessage], *, deadline_seconds: float) -> list[Outcome]:
        """Hand over the messages; as the port says."""
        if not messages:
            return []
        try:
            async with asyncio.timeout(deadline_seconds):
                return await self._send(messages, deadline_seconds)
        except TimeoutError:
            raise VendorUncertain(f"no answer within {deadline_seconds:g} s") from None

    async def look_up(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """What the simulator knows of `keys`; as the port says."""
        found: dict[str, Outcome] = {}
        for start in range(0, len(keys), self.batch_limit):
            body = _encoder.encode({"keys": keys[start : start + self.batch_limit]})
            try:
                answer = await self._post("/v1/look-up", body)
            except (VendorUncertain, _BatchRefused) as error:
                raise VendorUnavailable(str(error)) from None
            found.update((result.key, _outcome(result)) for result in answer)
        return found

    async def _send(self, messages: Sequence[OutgoingMessage], deadline_seconds: float) -> list[Outcome]:
        try:
            results = await self._post("/v1/messages", self._body(messages), timeout=deadline_seconds)
        except _BatchRefused as refusal:
            if len(messages) == 1:
                return [_rejected(messages[0].key, str(refusal))]
            # Find the message at fault, so that it does not take the others with it.
            middle = len(messages) // 2
            first = await self._send(messages[:middle], deadline_seconds)
            try:
                return first + await self._send(messages[middle:], deadline_seconds)
            except VendorUnavailable as error:
                raise VendorUncertain(f"only a part was taken, then: {error}") from None
        by_key = {result.key: _outcome(result) for result in results}
        return [
            by_key.get(message.key) or Outcome(message.key, OutcomeStatus.UNKNOWN) for message in messages
        ]

    def _body(self, messages: Sequence[OutgoingMessage]) -> bytes:
        rows = [
            {
                "key": message.key,
                "to": message.address,
                "channel": message.channel.value,
                "subject": message.subject,
                "body": message.body,
                "tag": message.tag,
                "html": message.html,
                "from_name": message.from_name,
                "reply_to": message.reply_to,
                "unsubscribe_url": message.unsubscribe_url,
                "attachments": [_file(one) for one in message.attachments],
                "template": _template(message.whatsapp) if message.whatsapp else None,
            }
            for message in messages
        ]
        return _encoder.encode({"callback_url": self._callback_url, "messages": rows})

    async def _post(self, path: str, body: bytes, *, timeout: float | None = None) -> list[_Result]:
        seconds = httpx.Timeout(timeout or 15.0, connect=min(timeout or 15.0, _CONNECT_SECONDS))
        try:
            answer = await self._http.post(
                self._url + path, content=body, headers=self._headers, timeout=seconds
            )
        except _NOTHING_LEFT as error:
            raise VendorUnavailable(f"cannot be reached: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            raise VendorUncertain(f"the connection broke: {type(error).__name__}") from None
        _check(answer)
        try:
            return msgspec.json.decode(answer.content, type=_Results).results
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise VendorUncertain("the answer cannot be read") from None


def _template(template: WhatsappTemplate) -> dict[str, Any]:
    return {
        "name": template.name,
        "language": template.language,
        "parameters": dict(template.parameters),
        "header": _file(template.header) if template.header else None,
    }


def _file(attachment: Attachment) -> dict[str, Any]:
    """Told, not sent: the bytes of a message's files need not go to a simulator once for each person."""
    return {
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size_bytes": len(attachment.content),
        "sha256": attachment.sha256,
    }


def _check(answer: httpx.Response) -> None:
    """Raise what an answer that is not a success means."""
    status = answer.status_code
    if answer.is_success:
        return
    if status in (429, 503):
        wished = retry_after_seconds(answer.headers.get("retry-after"))
        raise VendorUnavailable(f"status {status}", retry_after_seconds=wished)
    if status in _ACCOUNT_FAULTS:
        raise VendorAccountFault(f"the simulator refuses the account with status {status}")
    if status in (400, 413, 422):
        raise _BatchRefused(f"status {status}: {answer.text[:200]}")
    if status < 500:
        # Wrong address or key: settings to be mended, nothing that the messages are to blame for.
        raise VendorUnavailable(f"status {status}", retry_after_seconds=_MISCONFIGURED_RETRY_SECONDS)
    raise VendorUncertain(f"status {status}")


def _outcome(result: _Result) -> Outcome:
    if result.status == "accepted":
        return Outcome(result.key, OutcomeStatus.ACCEPTED, result.id)
    if result.status == "rejected":
        return _rejected(result.key, result.reason, result.id)
    if result.status == "deferred":
        return Outcome(
            result.key,
            OutcomeStatus.DEFERRED,
            reason_text=result.reason,
            fault=Fault.TRANSIENT,
            retry_after_seconds=(result.retry_after_ms or 0) / 1000 or None,
        )
    return Outcome(result.key, OutcomeStatus.UNKNOWN, result.id)


def _rejected(key: str, text: str | None, vendor_message_id: str | None = None) -> Outcome:
    return Outcome(key, OutcomeStatus.REJECTED, vendor_message_id, reason_text=text, fault=Fault.PERSON)
