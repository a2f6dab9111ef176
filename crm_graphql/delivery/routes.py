"""POST /webhooks/receipts: vendors' receipts, signed as Standard Webhooks are."""

from __future__ import annotations

from typing import Any

import msgspec
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from structlog import get_logger

from crm_graphql.core.bodies import read_whole
from crm_graphql.core.errors import DomainError, InvalidInput, LimitExceeded, Unauthenticated, Unavailable
from crm_graphql.core.times import parse_moment
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.receipts import accept_receipts, checked_receipt
from crm_graphql.http.doors import refusal
from crm_graphql.mongo.transient import is_transient

BODY_LIMIT_BYTES = 1024 * 1024

_log = get_logger(__name__)


class _Entry(msgspec.Struct, frozen=True):
    """One receipt as a vendor writes it. What else it holds is ignored."""

    delivery_id: str
    status: ReceiptStatus
    attempt: int | None = None
    reason: DeliveryReason | None = None
    reason_text: str | None = None
    occurred_at: str | None = None


class _Body(msgspec.Struct, frozen=True):
    receipts: list[msgspec.Raw]


_body = msgspec.json.Decoder(_Body)
_entry = msgspec.json.Decoder(_Entry)


async def receive_receipts(request: Request) -> Response:
    """Verify, check each entry, make the good ones durable, answer 202 with their number and the problems."""
    resources = request.app.state.resources
    try:
        body = await _body_of(request)
        _verify(request, body, resources.settings.webhook_secret.get_secret_value())
        entries = _entries(body)
    except DomainError as error:
        # The signature is no scheme that a client could be challenged to.
        return refusal(error, challenge=None)
    except TimeoutError:
        return refusal(InvalidInput("The body did not come in time. Send it again."), status=408)
    except ClientDisconnect:
        return Response(status_code=400)
    good: list[Receipt] = []
    problems: list[dict[str, Any]] = []
    for index, raw in enumerate(entries):
        try:
            good.append(_receipt(raw, request))
        except InvalidInput as error:
            problems += [
                {"index": index, "field": one.path[0] if one.path else None, "message": one.message}
                for one in error.problems
            ]
    try:
        await accept_receipts(good, bus=resources.bus, partitions=resources.settings.partitions)
    except Exception as error:
        if not is_transient(error):
            raise
        _log.warning("receipts not taken, the database is away", error=str(error))
        return refusal(Unavailable("The database is away. Send the same again later."))
    return JSONResponse({"accepted": len(good), "errors": problems}, status_code=202)


async def _body_of(request: Request) -> bytes:
    """The body, at most a megabyte. Raises LimitExceeded, and TimeoutError for one that does not come."""
    seconds = request.app.state.resources.settings.request_read_seconds
    try:
        return await read_whole(request.stream(), limit_bytes=BODY_LIMIT_BYTES, seconds=seconds)
    except LimitExceeded:
        message = f"The body is larger than {BODY_LIMIT_BYTES} bytes. Send fewer receipts at once."
        raise LimitExceeded(message) from None


def _verify(request: Request, body: bytes, secret: str) -> None:
    """Raise Unauthenticated unless the call is signed with our secret within the last five minutes.

    The same call again is fine: receipts are idempotent.
    """
    try:
        Webhook(secret).verify(body, dict(request.headers), json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        # ValueError: a header or body that is no text at all.
        reason = str(error) if isinstance(error, WebhookVerificationError) else "it cannot be read"
        raise Unauthenticated(
            f"The signature does not hold: {reason}. Sign with the secret that both sides share "
            "(webhook-id, webhook-timestamp, webhook-signature).",
        ) from None


def _entries(body: bytes) -> list[msgspec.Raw]:
    try:
        return _body.decode(body).receipts
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f'The body is not {{"receipts": [...]}} in JSON: {error}') from None


def _receipt(raw: msgspec.Raw, request: Request) -> Receipt:
    """The receipt in one entry. Raises InvalidInput."""
    try:
        entry = _entry.decode(raw)
        occurred_at = None if entry.occurred_at is None else parse_moment(entry.occurred_at)
    except msgspec.DecodeError as error:
        raise InvalidInput(str(error)) from None
    except ValueError as error:
        raise InvalidInput(f"The moment {error}.", path=("occurred_at",)) from None
    receipt = Receipt(
        entry.delivery_id, entry.status, occurred_at, entry.attempt, entry.reason, entry.reason_text
    )
    return checked_receipt(receipt, now=request.app.state.resources.clock.now())


routes = [Route("/webhooks/receipts", receive_receipts, methods=["POST"])]
