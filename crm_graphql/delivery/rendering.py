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
from crm_graphql.tracking.rewriting import tracked
from crm_graphql.tracking.tokens import Signer

__all__ = ["Rendered", "render_delivery", "template_of"]

_NOTHING_WENT_OUT = frozenset({DeliveryStatus.QUEUED.value, DeliveryStatus.SKIPPED.value})


def template_of(campaign: Mapping[str, Any]) -> Template:
    """The message of a stored campaign. Raises InvalidInput should this release refuse what an earlier one
    took."""
    message = campaign["message"]
    return parse(message["subject"], message["body"], Channel(campaign["channel"]))


def outgoing(
    campaign: Mapping[str, Any],
    row: Mapping[str, Any],
    key: str,
    news: News,
    signer: Signer | None = None,
) -> OutgoingMessage | Receipt:
    """The message of a delivery, its links tracked where somebody signs them; where its template fails or
    leaves nothing to send, the news of that."""
    try:
        template = template_of(campaign)
        text = template.render(row["values"])
    except (RenderFailed, InvalidInput) as error:
        return news.failed(key, DeliveryReason.TEMPLATE_ERROR, str(error)[:500])
    if text.is_empty:
        return news.skipped(key, DeliveryReason.TEMPLATE_ERROR, "The body is empty for this customer.")
    channel = Channel(campaign["channel"])
    body = text.body
    if signer is not None:
        html, plain = (body, None) if template.html else (None, body)
        html, plain = tracked(html, plain, campaign, row, signer)
        body = html or plain or body
    return OutgoingMessage(key, channel, row["address"], text.subject, body, str(campaign["_id"]))


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
        return template_of(campaign).render(delivery["values"])
    except (RenderFailed, InvalidInput):
        return None
