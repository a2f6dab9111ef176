"""The door of receipts in the product's own form, signed as Standard Webhooks are."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput, Unauthenticated
from crm_graphql.core.times import parse_moment
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.receipts import checked_receipt
from crm_graphql.delivery.webhooks.port import (
    Call,
    DoorTools,
    Entrance,
    EntryProblem,
    Notice,
    Parsed,
    Returned,
)


class _Entry(msgspec.Struct, frozen=True):
    """One receipt as a vendor writes it. What else it holds is ignored."""

    delivery_id: str
    status: ReceiptStatus
    attempt: int | None = None
    reason: DeliveryReason | None = None
    reason_text: str | None = None
    occurred_at: str | None = None
    returned: Returned | None = None
    code: str | None = None


class _Body(msgspec.Struct, frozen=True):
    receipts: list[msgspec.Raw]


_body = msgspec.json.Decoder(_Body)
_entry = msgspec.json.Decoder(_Entry)


@dataclass(frozen=True, slots=True)
class StandardDoor:
    """Takes `{"receipts": [...]}`; the vendor and we share `secret`."""

    secret: str
    clock: Clock

    async def verify(self, call: Call) -> None:
        """Raise Unauthenticated unless the call is signed with our secret within the last five minutes.

        The same call again is fine: receipts are idempotent.
        """
        try:
            Webhook(self.secret).verify(call.body, dict(call.headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            # ValueError: a header or body that is no text at all.
            reason = str(error) if isinstance(error, WebhookVerificationError) else "it cannot be read"
            raise Unauthenticated(
                f"The signature does not hold: {reason}. Sign with the secret that both sides share "
                "(webhook-id, webhook-timestamp, webhook-signature).",
            ) from None

    async def parse(self, call: Call) -> Parsed:
        """The receipts, each checked by itself."""
        try:
            entries = _body.decode(call.body).receipts
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidInput(f'The body is not {{"receipts": [...]}} in JSON: {error}') from None
        notices: list[Notice] = []
        problems: list[EntryProblem] = []
        for index, raw in enumerate(entries):
            try:
                notices.append(self._notice(raw))
            except InvalidInput as error:
                problems += [
                    EntryProblem(index, one.message, one.path[0] if one.path else None)
                    for one in error.problems
                ]
        return Parsed(notices, problems)

    def _notice(self, raw: msgspec.Raw) -> Notice:
        """What one entry says. Raises InvalidInput."""
        try:
            entry = _entry.decode(raw)
            occurred_at = None if entry.occurred_at is None else parse_moment(entry.occurred_at)
        except msgspec.DecodeError as error:
            raise InvalidInput(str(error)) from None
        except ValueError as error:
            raise InvalidInput(f"The moment {error}.", path=("occurred_at",)) from None
        receipt = checked_receipt(
            Receipt(
                *(entry.delivery_id, entry.status, occurred_at),
                *(entry.attempt, entry.reason, entry.reason_text),
            ),
            now=self.clock.now(),
        )
        return Notice(
            receipt.delivery_id,
            receipt.attempt,
            receipt.status,
            receipt.occurred_at,
            receipt.reason,
            receipt.reason_text,
            returned=entry.returned,
            code=entry.code,
        )


def standard_door(tools: DoorTools) -> Entrance:
    """Always open: what has no secret cannot be signed."""
    return Entrance(StandardDoor(tools.settings.webhook_secret.get_secret_value(), tools.clock), status=202)
