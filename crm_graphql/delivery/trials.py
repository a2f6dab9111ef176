"""Trials: a campaign's message sent to a few given addresses, and counted nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.custom import fields_for, frozen_fields
from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.drafts import checked_message
from crm_graphql.campaigns.media_files import check_files
from crm_graphql.campaigns.previews import NOTHING_TO_SEND, customer_values, message_of_variant
from crm_graphql.campaigns.standing import found_campaign
from crm_graphql.campaigns.template import RenderFailed
from crm_graphql.consents.addresses import NotAnAddress, read_address, suppressed_on
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.emails import plain_email
from crm_graphql.core.errors import (
    ErrorCode,
    Faults,
    InvalidInput,
    LimitExceeded,
    Problem,
    RateLimited,
    RequiredInput,
    Unavailable,
    WrongState,
)
from crm_graphql.core.paging import Row
from crm_graphql.core.slices import Slices
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.delivery.common import CampaignParts, Common, FileGone
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.news import News
from crm_graphql.delivery.rendering import outgoing
from crm_graphql.delivery.vendors.carrier import Carriers
from crm_graphql.delivery.vendors.port import (
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    Vendor,
    VendorAccountFault,
    VendorUnavailable,
    VendorUncertain,
)
from crm_graphql.deployment.queries import read_sender
from crm_graphql.mongo.rate_windows import add_spending

ADDRESSES_LIMIT = 10
HOURLY_LIMIT = 100
"""Addresses that a caller may try out in an hour, over all processes."""
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class TrialTools:
    """What a trial needs of its process. Phone numbers without a country are of `country`."""

    carriers: Carriers
    parts: CampaignParts
    clock: Clock
    slices: Slices
    country: str | None
    deadline_seconds: float


@dataclass(frozen=True, slots=True)
class Trial:
    """For how many addresses the vendor took it, and what it said of the others."""

    sent: int
    problems: Sequence[Problem]


async def send_trial(
    actor: Actor,
    key: ObjectId,
    addresses: Sequence[str],
    *,
    customer: CustomerReference | None = None,
    variant_key: str | None = None,
    tools: TrialTools,
) -> Trial:
    """Send a campaign's message, in whatever state that is, to these addresses alone, with a customer's
    values or those of a made-up one. Requires CAMPAIGNS_WRITE, and CUSTOMERS_READ for a customer.

    No ledger, no cap, no quiet hours and no figures know of it; its links to pages lead nowhere, so that
    nobody is taken off by trying it out. Suppressed addresses are refused: who said no, or whose mailbox is
    gone, gets no trial either. Raises NotFound, InvalidInput with all that is wrong (then nothing was sent),
    RateLimited beyond a hundred addresses an hour, and WrongState or Unavailable for the vendor.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    campaign = await found_campaign(key)
    channel = Channel(campaign["channel"])
    faults = Faults()
    wanted: Sequence[str] = ()
    with faults.noted():
        wanted = await _read(addresses, channel, tools.country, faults)
    await check_files(campaign, faults)
    message: Row = {}
    with faults.noted():
        message = message_of_variant(campaign, variant_key)
    faults.check()
    values = await _values(actor, campaign, message, customer, tools)
    common = await _common(campaign, tools)
    tried = {**campaign, "message": message, "variants": None, "sender": await _sender(campaign, channel)}
    made = _messages(tried, wanted, values, common, tools)
    await _spend(actor, len(wanted), tools.clock.now())
    outcomes = await _handed_over(made, tools.carriers[channel].vendor, tools.deadline_seconds)
    sent = sum(outcome.status is OutcomeStatus.ACCEPTED for outcome in outcomes)
    told = (_told(outcome, str(number)) for number, outcome in enumerate(outcomes))
    return Trial(sent, [problem for problem in told if problem is not None])


async def _read(
    addresses: Sequence[str], channel: Channel, country: str | None, faults: Faults
) -> Sequence[str]:
    """The addresses as they are sent to; what is wrong with one is noted at its place."""
    if not addresses:
        raise RequiredInput("Give at least one address.", path=("addresses",))
    if len(addresses) > ADDRESSES_LIMIT:
        text = f"A trial goes to at most {ADDRESSES_LIMIT} addresses, not to {len(addresses)}."
        raise LimitExceeded(text, path=("addresses",))
    read: dict[str, tuple[int, str]] = {}
    for number, given in enumerate(addresses):
        with faults.noted("addresses", str(number)):
            try:
                compared = read_address(channel, given, country)
            except NotAnAddress as error:
                raise InvalidInput(f'"{given[:100]}" {error}') from None
            if compared in read:
                raise InvalidInput("This address is given twice.")
            written = plain_email(given) if TRAITS[channel].has_subject else compared
            read[compared] = number, written
    closed = await suppressed_on(read.keys(), channels=(channel,))
    for compared, (number, _) in read.items():
        with faults.noted("addresses", str(number)):
            if compared in closed:
                raise InvalidInput("This address is suppressed: nothing is sent to it. Choose another.")
    return [written for _, written in read.values()]


async def _values(
    actor: Actor, campaign: Row, stored: Row, customer: CustomerReference | None, tools: TrialTools
) -> Mapping[str, Any]:
    """What the message needs of the customer, in the form that it is rendered with. Raises InvalidInput for
    a message that cannot be sent."""
    message = MessageTemplate.model_validate(stored)
    is_launched = campaign.get("launched_at") is not None
    custom = frozen_fields(campaign) if is_launched else await fields_for(message)
    channel = Channel(campaign["channel"])
    template = await checked_message(message, channel, custom, slices=tools.slices)
    found = await customer_values(actor, template, customer, custom)
    values = template.freeze(found, campaign_name=campaign["name"], custom=custom)
    try:
        (rendered,) = await tools.slices.each([values], template.render)
    except RenderFailed as error:
        raise InvalidInput.of([error.problem]) from None
    if rendered.is_empty:
        raise InvalidInput.of([NOTHING_TO_SEND])
    return values


async def _sender(campaign: Row, channel: Channel) -> Row | None:
    """As it was frozen, before the launch as it would be now."""
    if campaign.get("launched_at") is not None or not TRAITS[channel].has_subject:
        return campaign.get("sender")
    return asdict(await read_sender())


async def _common(campaign: Row, tools: TrialTools) -> Common:
    """The files alone: no link of a trial is tracked, and none takes anybody off."""
    try:
        return replace(await tools.parts.of(campaign), links=None, signer=None)
    except FileGone as error:
        raise WrongState(str(error), path=("id",)) from None


def _messages(
    campaign: Row,
    addresses: Sequence[str],
    values: Mapping[str, Any],
    common: Common,
    tools: TrialTools,
) -> Sequence[OutgoingMessage]:
    news = News(tools.clock, sends_receipts=True)
    made: list[OutgoingMessage] = []
    for address in addresses:
        row = {"values": values, "address": address, "created_at": tools.clock.now()}
        message = outgoing(campaign, row, f"{ObjectId()}-1", news, common)
        assert not isinstance(message, Receipt), "it was rendered before"
        # No figures of the campaign's count it.
        made.append(replace(message, tag=None, send_before=None))
    return made


async def _spend(actor: Actor, count: int, now: datetime) -> None:
    """Count the addresses for the caller. Raises RateLimited, counting nothing, where they are too many."""
    hour = int(now.timestamp()) // _HOUR
    name = f"{hashlib.sha256(f'campaignTest:{actor.subject}'.encode()).hexdigest()[:32]}@{hour}"
    ends = datetime.fromtimestamp((hour + 1) * _HOUR, UTC)
    spent = (await add_spending({name: (count, ends)}))[name]
    if spent > HOURLY_LIMIT:
        await add_spending({name: (-count, ends)})
        seconds = max(1, round((ends - now).total_seconds()))
        left = max(HOURLY_LIMIT - spent + count, 0)
        raise RateLimited(
            f"At most {HOURLY_LIMIT} addresses can be tried out in an hour; {left} are left. "
            f"Try again in {seconds} seconds.",
            retry_after_seconds=seconds,
        )


async def _handed_over(
    messages: Sequence[OutgoingMessage], vendor: Vendor, deadline_seconds: float
) -> Sequence[Outcome]:
    outcomes: list[Outcome] = []
    for start in range(0, len(messages), vendor.batch_limit):
        batch = messages[start : start + vendor.batch_limit]
        try:
            outcomes += await vendor.send(batch, deadline_seconds=deadline_seconds)
        except VendorUncertain:
            outcomes += [Outcome(message.key, OutcomeStatus.UNKNOWN) for message in batch]
        except VendorUnavailable as error:
            if not outcomes:
                raise _refusal(error, vendor.name) from None
            text = str(error)
            outcomes += [
                Outcome(message.key, OutcomeStatus.DEFERRED, reason_text=text) for message in messages[start:]
            ]
            break
    return outcomes


def _refusal(error: VendorUnavailable, name: str) -> WrongState | Unavailable:
    if isinstance(error, VendorAccountFault):
        return WrongState(f"The vendor {name} refuses the account: {error}.", path=("id",))
    return Unavailable(f"The vendor {name} takes nothing now: {error}. Try it again later.")


def _told(outcome: Outcome, number: str) -> Problem | None:
    """What the vendor said of an address; None where it took the message."""
    path = ("addresses", number)
    said = f": {outcome.reason_text}" if outcome.reason_text else ""
    if outcome.status is OutcomeStatus.ACCEPTED:
        return None
    if outcome.status is OutcomeStatus.REJECTED:
        return Problem(ErrorCode.INVALID, f"The vendor refused it{said}.", path)
    if outcome.status is OutcomeStatus.DEFERRED:
        return Problem(ErrorCode.UNAVAILABLE, f"The vendor wants it later{said}.", path)
    return Problem(ErrorCode.UNAVAILABLE, "The vendor did not say whether it was sent.", path)
