"""The text of a delivery: a pure function of its campaign's frozen message and its own frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_graphql.campaigns.template import Rendered, RenderFailed, Template, parse
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput
from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus

__all__ = ["Rendered", "render_delivery", "template_of"]

_NOTHING_WENT_OUT = frozenset({DeliveryStatus.QUEUED.value, DeliveryStatus.SKIPPED.value})


def template_of(campaign: Mapping[str, Any]) -> Template:
    """The message of a stored campaign. Raises InvalidInput should this release refuse what an earlier one
    took."""
    message = campaign["message"]
    return parse(message["subject"], message["body"], Channel(campaign["channel"]))


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
