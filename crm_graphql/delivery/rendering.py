"""The text of a delivery: a pure function of its campaign's frozen message and its own frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_graphql.campaigns.template import Rendered, RenderFailed, Template, parse
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput
from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.news import News
from crm_graphql.delivery.vendors.port import OutgoingMessage

__all__ = ["Rendered", "message_of", "render_delivery", "template_of"]

_NOTHING_WENT_OUT = frozenset({DeliveryStatus.QUEUED.value, DeliveryStatus.SKIPPED.value})


def message_of(campaign: Mapping[str, Any], row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The stored message that a delivery of the campaign is of: its variant's, else the campaign's own."""
    key = row.get("variant")
    own: Mapping[str, Any] = campaign["message"]
    if key is None:
        return own
    return next((one["message"] for one in campaign["variants"] if one["key"] == key), own)


def template_of(campaign: Mapping[str, Any], message: Mapping[str, Any]) -> Template:
    """A stored message of a stored campaign. Raises InvalidInput should this release refuse what an earlier
    one took."""
    return parse(message["subject"], message["body"], Channel(campaign["channel"]))


def outgoing(
    campaign: Mapping[str, Any], row: Mapping[str, Any], key: str, news: News
) -> OutgoingMessage | Receipt:
    """The message of a delivery; where its template fails or leaves nothing to send, the news of that."""
    try:
        text = template_of(campaign, message_of(campaign, row)).render(row["values"])
    except (RenderFailed, InvalidInput) as error:
        return news.failed(key, DeliveryReason.TEMPLATE_ERROR, str(error)[:500])
    if text.is_empty:
        return news.skipped(key, DeliveryReason.TEMPLATE_ERROR, "The body is empty for this customer.")
    channel = Channel(campaign["channel"])
    return OutgoingMessage(key, channel, row["address"], text.subject, text.body, str(campaign["_id"]))


def render_delivery(campaign: Mapping[str, Any], delivery: Mapping[str, Any]) -> Rendered | None:
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
