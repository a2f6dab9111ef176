"""The text of a delivery: a pure function of its campaign's frozen message and its own frozen values."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from liquid.exceptions import LiquidError

from crm_graphql.campaigns.html_text import text_of
from crm_graphql.campaigns.message_texts import Texts
from crm_graphql.campaigns.template import Rendered, RenderFailed, Template, parse, parse_texts
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput
from crm_graphql.delivery.common import Common
from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.news import News
from crm_graphql.delivery.vendors.port import OutgoingMessage, WhatsappTemplate
from crm_graphql.tracking.rewriting import tracked

__all__ = ["Rendered", "message_of", "outgoing", "render_delivery", "template_of"]

_NOTHING_WENT_OUT = frozenset({DeliveryStatus.QUEUED.value, DeliveryStatus.SKIPPED.value})
_NOTHING_COMMON = Common()

Row = Mapping[str, Any]


def message_of(campaign: Row, row: Row) -> Row:
    """The stored message that a delivery of the campaign is of: its variant's, else the campaign's own."""
    key = row.get("variant")
    own: Row = campaign["message"]
    if key is None:
        return own
    return next((one["message"] for one in campaign["variants"] if one["key"] == key), own)


def template_of(campaign: Row, message: Row) -> Template:
    """A stored message of a stored campaign. Raises InvalidInput should this release refuse what an earlier
    one took."""
    return parse_texts(Texts.of(message), Channel(campaign["channel"]))


def outgoing(
    campaign: Row, row: Row, key: str, news: News, common: Common = _NOTHING_COMMON
) -> OutgoingMessage | Receipt:
    """The message of a delivery, its links tracked where somebody signs them; where its template fails or
    leaves nothing to send, the news of that."""
    message = message_of(campaign, row)
    try:
        template = template_of(campaign, message)
        text = template.render(row["values"])
        body = _beside_html(message["body"], row["values"], text) if template.html else text.body
    except (RenderFailed, InvalidInput) as error:
        return news.failed(key, DeliveryReason.TEMPLATE_ERROR, str(error)[:500])
    if text.is_empty:
        return news.skipped(key, DeliveryReason.TEMPLATE_ERROR, "The body is empty for this customer.")
    html = text.html
    if common.signer is not None:
        html, plain = tracked(html, body, campaign, row, common.signer)
        body = plain or body
    sender = campaign.get("sender") or {}
    return OutgoingMessage(
        key,
        Channel(campaign["channel"]),
        row["address"],
        text.subject,
        body,
        tag=str(campaign["_id"]),
        html=html,
        from_name=message.get("from_name") or sender.get("name"),
        reply_to=message.get("reply_to") or sender.get("reply_to"),
        unsubscribe_url=_unsubscribe_url(row, common),
        attachments=common.attachments,
        whatsapp=whatsapp_of(message, text, common),
        send_before=campaign.get("send_before"),
        created_at=row.get("created_at"),
    )


def whatsapp_of(message: Row, text: Rendered, common: Common) -> WhatsappTemplate | None:
    """The template of a message, with a customer's values; None for a message without one."""
    whatsapp = message.get("whatsapp")
    if whatsapp is None:
        return None
    header = common.headers.get(whatsapp.get("header_media_id"))
    return WhatsappTemplate(whatsapp["template"], whatsapp["language"], text.parameters or (), header)


def _unsubscribe_url(row: Row, common: Common) -> str | None:
    """The same that stands in the text: after a merge the row is another customer's."""
    written: str | None = row["values"].get("links", {}).get("unsubscribe_url")
    customer = row.get("customer_id")
    if written or common.links is None or customer is None:
        return written if common.links else None
    return common.links.to_unsubscribe(customer)


def _beside_html(body: str, values: Row, text: Rendered) -> str:
    """The text for those who see no HTML, of a message whose body is HTML."""
    plain = _plain_of(body)
    return text.body if plain is None else plain.render(values).body


@functools.lru_cache(maxsize=64)
def _plain_of(body: str) -> Template | None:
    try:
        return parse(None, text_of(body), Channel.SMS)
    except (InvalidInput, LiquidError):
        return None


def render_delivery(campaign: Row, delivery: Row) -> Rendered | None:
    """The text that went out; None before that, where there was none to send, and once the customer was
    erased."""
    if (
        delivery.get("erased")
        or delivery["status"] in _NOTHING_WENT_OUT
        or delivery.get("reason") == DeliveryReason.TEMPLATE_ERROR.value
    ):
        return None
    try:
        return template_of(campaign, message_of(campaign, delivery)).render(delivery["values"])
    except (RenderFailed, InvalidInput):
        return None
