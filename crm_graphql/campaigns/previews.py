"""Previews of messages: as a customer would get them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.custom import fields_for, frozen_fields
from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.drafts import checked_message, completed
from crm_graphql.campaigns.queries import find_campaign
from crm_graphql.campaigns.template import Rendered, RenderFailed, Template
from crm_graphql.campaigns.template_fields import EXAMPLE_CAMPAIGN_NAME, EXAMPLE_CUSTOMER, example_values
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import ErrorCode, InvalidInput, NotFound, Problem, RequiredInput
from crm_graphql.core.paging import Row
from crm_graphql.core.slices import Slices
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.customers.queries import CustomerReference, find_customer

NOTHING_TO_SEND = Problem(
    ErrorCode.INVALID, "The body is empty for this customer; nothing would be sent.", ("message", "body")
)


@dataclass(frozen=True, slots=True)
class Preview:
    """A message for one customer, and the parts of it that are the same for everybody."""

    message: MessageTemplate
    rendered: Rendered
    warnings: Sequence[Problem]


async def preview_message(
    actor: Actor,
    message: MessageTemplate,
    *,
    channel: Channel,
    customer: CustomerReference | None = None,
    slices: Slices,
) -> Preview:
    """The message as this customer would get it, or a made-up one, and warnings. Requires CAMPAIGNS_READ.

    Raises InvalidInput for a message that does not parse or render, NotFound for the customer.
    """
    actor.require(Permission.CAMPAIGNS_READ)
    message = await completed(message)
    custom = await fields_for(message)
    return await _preview(
        actor, message, channel, customer, custom, campaign_name=EXAMPLE_CAMPAIGN_NAME, slices=slices
    )


async def preview_campaign(
    actor: Actor,
    key: ObjectId,
    customer: CustomerReference,
    *,
    variant_key: str | None = None,
    slices: Slices,
) -> Preview | None:
    """A campaign's message, or that of one of its variants, as this customer would get it; None where there
    is no campaign. Requires CAMPAIGNS_READ.

    Raises InvalidInput for a message that does not parse or render, or is not written yet, NotFound for the
    customer.
    """
    actor.require(Permission.CAMPAIGNS_READ)
    campaign = await find_campaign(key)
    if campaign is None:
        return None
    message = MessageTemplate.model_validate(message_of_variant(campaign, variant_key))
    is_launched = campaign.get("launched_at") is not None
    custom = frozen_fields(campaign) if is_launched else await fields_for(message)
    return await _preview(
        actor,
        message,
        Channel(campaign["channel"]),
        customer,
        custom,
        campaign_name=campaign["name"],
        slices=slices,
    )


def messages_of(campaign: Row) -> Sequence[tuple[tuple[str, ...], Row]]:
    """The stored messages of a campaign, those of its variants where it has any, and before each the path to
    what holds it."""
    variants = campaign.get("variants") or ()
    if variants:
        return [(("variants", str(number)), one["message"]) for number, one in enumerate(variants)]
    return [((), campaign["message"])] if campaign.get("message") else []


def message_of_variant(campaign: Row, variant_key: str | None) -> Row:
    """The stored message of a variant; without a key the campaign's, or that of its first variant. Raises
    InvalidInput for a variant that there is not, and for a message that is not written yet."""
    variants = {one["key"]: one["message"] for one in campaign.get("variants") or ()}
    if variant_key is not None and variant_key not in variants:
        raise InvalidInput("The campaign has no such variant.", path=("variantKey",))
    message: Row | None = (
        variants[variant_key] if variant_key is not None else next(iter(variants.values()), None)
    ) or campaign.get("message")
    if message is None:
        raise RequiredInput("The campaign has no message yet. Write one first.", path=("message",))
    return message


async def customer_values(
    actor: Actor, template: Template, customer: CustomerReference | None, custom: Definitions
) -> Mapping[str, Any]:
    """What the template needs of a customer, or of a made-up one. Raises NotFound."""
    if customer is None:
        return {**EXAMPLE_CUSTOMER, "custom_fields": example_values(custom)}
    actor.require(Permission.CUSTOMERS_READ)
    found = await find_customer(customer, fields=dict.fromkeys(("_id", *template.customer_fields), 1))
    if found is None:
        raise NotFound("There is no such customer.", path=("customer",))
    return found


async def _preview(
    actor: Actor,
    message: MessageTemplate,
    channel: Channel,
    customer: CustomerReference | None,
    custom: Definitions,
    *,
    campaign_name: str,
    slices: Slices,
) -> Preview:
    template = await checked_message(message, channel, custom, slices=slices, is_preview=True)
    found = await customer_values(actor, template, customer, custom)
    values = template.freeze(found, campaign_name=campaign_name, custom=custom)
    try:
        (rendered,) = await slices.each([values], template.render)
    except RenderFailed as error:
        raise InvalidInput.of([error.problem]) from None
    warnings = (*template.warnings, NOTHING_TO_SEND) if rendered.is_empty else template.warnings
    return Preview(message, rendered, warnings)
