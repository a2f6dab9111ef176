"""The door of Twilio: what became of SMS, and what people reply to them, in one address.

Twilio calls with a form. One with `MessageStatus` tells of a message of ours, whose key is in the query; one
with a `Body` that came in is a reply. Their order is not certain, each may come twice, and none says when it
happened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs

import msgspec
from structlog import get_logger

from crm_graphql.campaigns.lifecycle import hold_campaign
from crm_graphql.consents.addresses import NotAnAddress, read_address
from crm_graphql.consents.replies import Reply as Word
from crm_graphql.consents.replies import close, hear, reply_in
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput, Unauthenticated
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.receipts import campaigns_of
from crm_graphql.delivery.vendors.twilio import KEY_PARAMETER
from crm_graphql.delivery.vendors.twilio_answers import Meaning, told
from crm_graphql.delivery.webhooks.port import (
    Call,
    DoorTools,
    Entrance,
    Notice,
    Parsed,
    Reply,
    Returned,
    read_key,
)
from crm_graphql.delivery.webhooks.twilio_signature import Form, Signers, is_signed

NOTHING_TO_SAY = Reply('<?xml version="1.0" encoding="UTF-8"?><Response></Response>', "text/xml")
"""TwiML that replies with no message: Twilio itself confirms a STOP."""

_STATUSES: Mapping[str, ReceiptStatus] = {
    "sent": ReceiptStatus.SENT,
    "delivered": ReceiptStatus.DELIVERED,
    "read": ReceiptStatus.DELIVERED,
    "undelivered": ReceiptStatus.FAILED,
    "failed": ReceiptStatus.FAILED,
    "canceled": ReceiptStatus.FAILED,
}
"""Of the others (queued, sending ...) the answer to the call said as much."""
_RETURNED: Mapping[Meaning | None, Returned] = {
    Meaning.GONE: Returned.HARD,
    Meaning.AWAY: Returned.SOFT,
    Meaning.CONTENT: Returned.CONTENT,
    Meaning.ACCOUNT: Returned.POLICY,
    Meaning.COUNTRY: Returned.POLICY,
}
_OPT_OUTS = {"STOP": Word.STOP, "START": Word.START}
"""What Twilio says of a reply where it is told to look for words itself (Advanced Opt-Out)."""
_STRINGS = msgspec.json.Decoder(dict[str, str | int | float | bool | None])
_log = get_logger(__name__)

Then = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TwilioDoor:
    """Takes Twilio's calls, signed for the public address of this deployment."""

    tools: DoorTools

    async def verify(self, call: Call) -> None:
        """Raise Unauthenticated unless Twilio signed the call."""
        settings = self.tools.settings
        signers = Signers(
            settings.twilio_auth_token.get_secret_value(), settings.twilio_signing_secret.get_secret_value()
        )
        form = None if _is_json(call) else _form_of(call)
        if not is_signed(call.headers, call.url, form, call.body, signers):
            raise Unauthenticated(
                "The signature does not hold. CRM_PUBLIC_URL must be the address that Twilio calls, and "
                "CRM_TWILIO_AUTH_TOKEN the account's token of today."
            )

    async def parse(self, call: Call) -> Parsed:
        """The news of a message, or what a reply says; nothing for what concerns neither."""
        fields = _fields_of(call)
        if status := fields.get("MessageStatus"):
            return self._news(status.lower(), fields, call.query.get(KEY_PARAMETER, ""))
        if "Body" in fields and "From" in fields:
            return Parsed(then=self._heard(fields))
        return Parsed()

    def _news(self, status: str, fields: Mapping[str, str], key: str) -> Parsed:
        told_of = _STATUSES.get(status)
        ours = read_key(key)
        if told_of is None or ours is None:
            return Parsed()
        delivery_id, attempt = ours
        sid = fields.get("MessageSid") or None
        if told_of is not ReceiptStatus.FAILED:
            return Parsed([Notice(delivery_id, attempt, told_of, vendor_message_id=sid)])
        code = fields.get("ErrorCode", "")
        refusal = told(int(code) if code.isascii() and code.isdigit() else None, _words(status, fields))
        notice = Notice(
            delivery_id,
            attempt,
            told_of,
            # What went out came back; what failed before never went.
            reason=DeliveryReason.BOUNCED if status == "undelivered" else DeliveryReason.VENDOR_REJECTED,
            reason_text=refusal.text,
            vendor_message_id=sid,
            returned=_RETURNED.get(refusal.meaning),
            code=code or None,
            channel=Channel.SMS,
            address=fields.get("To"),
        )
        return Parsed([notice], then=self._then(refusal.meaning, delivery_id, refusal.text, fields))

    def _then(
        self, meaning: Meaning | None, delivery_id: str, text: str, fields: Mapping[str, str]
    ) -> Then | None:
        if meaning is Meaning.ACCOUNT:
            return partial(self._hold, delivery_id, text)
        number = _number_in(fields.get("To", ""))
        if meaning is not Meaning.STOPPED or number is None:
            return None
        return partial(close, [number], Channel.SMS, now=self.tools.clock.now())

    async def _hold(self, delivery_id: str, text: str) -> None:
        """Pause the campaign: what is still to be sent would fail alike."""
        for campaign_id in (await campaigns_of({delivery_id})).values():
            await hold_campaign(campaign_id, text, bus=self.tools.bus)

    def _heard(self, fields: Mapping[str, str]) -> Then | None:
        word = _OPT_OUTS.get(fields.get("OptOutType", "").upper()) or reply_in(fields["Body"])
        number, sid = _number_in(fields["From"]), fields.get("MessageSid", "")
        if word is None or number is None or not sid:
            return None

        async def then() -> None:
            is_new = await hear(
                word,
                Channel.SMS,
                number,
                source=f"twilio:{sid[:64]}",
                now=self.tools.clock.now(),
                transact=self.tools.transact,
            )
            if is_new:
                _log.info("a reply was acted on", word=word.value)

        return then


def twilio_door(tools: DoorTools) -> Entrance | None:
    """Open where the account's token is set, also while another vendor sends: those of before are told of."""
    if not tools.settings.twilio_auth_token.get_secret_value():
        return None
    return Entrance(TwilioDoor(tools), reply=NOTHING_TO_SAY)


def _is_json(call: Call) -> bool:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _form_of(call: Call) -> Form:
    text = call.body.decode("utf-8", "replace")
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise InvalidInput("The form has too many fields.") from None


def _fields_of(call: Call) -> Mapping[str, str]:
    """The first value of each field. Raises InvalidInput."""
    if not _is_json(call):
        return {name: values[0] for name, values in _form_of(call).items()}
    try:
        return {name: str(value) for name, value in _STRINGS.decode(call.body).items() if value is not None}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidInput("The body is no object of JSON with texts in it.") from None


def _words(status: str, fields: Mapping[str, str]) -> str:
    return fields.get("ErrorMessage") or fields.get("ChannelStatusMessage") or status


def _number_in(text: str) -> str | None:
    """A number as it is compared; None for who has none: a short code, a name, an address of WhatsApp."""
    try:
        return read_address(Channel.SMS, text, None)
    except NotAnAddress:
        return None
