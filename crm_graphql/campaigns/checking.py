"""The check of a campaign before its launch: what is found in its messages, its audience and its files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo.errors import ExecutionTimeout

from crm_graphql.audiences.compile import select_customers
from crm_graphql.audiences.custom import custom_rule_fields
from crm_graphql.audiences.documents import Audience
from crm_graphql.audiences.fields import stored_fields
from crm_graphql.campaigns.contents import launchable
from crm_graphql.campaigns.custom import fields_for
from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.campaigns.drafts import checked_message
from crm_graphql.campaigns.findings import Finding, FindingCode
from crm_graphql.campaigns.html_links import public_name_of
from crm_graphql.campaigns.lifecycle import CHANGES, Action
from crm_graphql.campaigns.message_findings import (
    findings_of_problems,
    findings_of_template,
    published_pictures,
)
from crm_graphql.campaigns.message_texts import Texts, path_of
from crm_graphql.campaigns.queries import find_campaign
from crm_graphql.campaigns.template import RenderFailed, Template
from crm_graphql.campaigns.template_fields import CUSTOM, EXAMPLE_CUSTOMER, example_values
from crm_graphql.campaigns.variants import texts_of
from crm_graphql.campaigns.whatsapp_templates import check_templates
from crm_graphql.consents.queries import find_topic
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import Channel, may_reach
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import ErrorCode, Faults, InvalidInput, LimitExceeded, Problem
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.core.slices import Slices
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.custom_fields.queries import definitions
from crm_graphql.customers.documents import Customer
from crm_graphql.media.queries import find_published

LOOK_SECONDS = 2.0
"""So long is looked for a customer; what is not known by then is not told."""

_HIGHEST_REACH = 64
_ALWAYS_KNOWN = frozenset({"customer.total_spend", "customer.visit_count"})
_CODES = {
    "audienceId": FindingCode.AUDIENCE_INVALID,
    "topicId": FindingCode.TOPIC_MISSING,
    "sendBefore": FindingCode.END_OVER,
}

Filter = Mapping[str, Any]


async def check_campaign(
    actor: Actor, key: ObjectId, *, settings: Settings, clock: Clock, slices: Slices
) -> Sequence[Finding] | None:
    """What stands in the way of a launch, and what one may have overlooked; None where there is no campaign.
    Of one that was launched, what is found in its messages. Requires CAMPAIGNS_READ and CUSTOMERS_READ."""
    actor.require(Permission.CAMPAIGNS_READ)
    actor.require(Permission.CUSTOMERS_READ)
    campaign = await find_campaign(key)
    if campaign is None:
        return None
    findings: list[Finding] = []
    people = None
    if CHANGES[Action.LAUNCH].allows(campaign):
        findings += await _refusals(campaign, clock)
        findings += await _templates(campaign)
        people = await _people(campaign, settings, clock)
        findings += await _nobody(campaign, people)
    for prefix, message in texts_of(campaign):
        found = await _of_message(campaign, message, people, settings=settings, slices=slices)
        findings += [finding.under(*prefix) for finding in found]
    return sorted(findings, key=lambda finding: not finding.is_blocking)


async def _refusals(campaign: Row, clock: Clock) -> Sequence[Finding]:
    """What a launch refuses, but for what is wrong with messages: that is found in each of them."""
    try:
        await launchable(campaign, now=clock.now())
    except (InvalidInput, LimitExceeded) as error:
        return [
            Finding(_code_of(problem), problem.message, problem.path, is_blocking=True)
            for problem in error.problems
            if not _is_of_a_message(problem, campaign)
        ]
    return ()


async def _templates(campaign: Row) -> Sequence[Finding]:
    """What keeps WhatsApp's templates from being sent, but for files, which are told already."""
    faults = Faults()
    await check_templates(campaign, faults)
    return [
        Finding(FindingCode.TEMPLATE_UNFIT, problem.message, problem.path, is_blocking=True)
        for problem in faults.problems
        if "headerMediaId" not in problem.path
    ]


def _is_of_a_message(problem: Problem, campaign: Row) -> bool:
    if not texts_of(campaign) or "headerMediaId" in problem.path:
        return False
    return "message" in problem.path


def _code_of(problem: Problem) -> FindingCode:
    first = problem.path[0] if problem.path else ""
    if "headerMediaId" in problem.path:
        return FindingCode.HEADER_MEDIA_INVALID
    if first == "attachmentIds":
        is_large = problem.code is ErrorCode.LIMIT_EXCEEDED
        return FindingCode.ATTACHMENTS_TOO_LARGE if is_large else FindingCode.ATTACHMENT_INVALID
    if first == "message":
        return FindingCode.MESSAGE_MISSING
    return _CODES.get(first, FindingCode.LAUNCH_REFUSED)


async def _people(campaign: Row, settings: Settings, clock: Clock) -> Filter | None:
    """The filter of the audience's customers as of now; None for a rule that cannot be asked."""
    audience: Row | None = await Audience.get_pymongo_collection().find_one(
        {"_id": campaign["audience_id"]}, {"rule": 1}
    )
    if audience is None:
        return None
    known = custom_rule_fields((await definitions()).values(), is_stored=True)
    try:
        return select_customers(audience["rule"], settings.local(clock.now()), stored_fields(None, known))
    except InvalidInput:
        return None


async def _nobody(campaign: Row, people: Filter | None) -> Sequence[Finding]:
    channel = Channel(campaign["channel"])
    if people is None:
        return ()
    reachable = {"reach": {"$in": [reach for reach in range(_HIGHEST_REACH) if may_reach(reach, channel)]}}
    willing: Filter = {}
    topic = await find_topic(campaign["topic_id"]) if campaign.get("topic_id") else None
    if topic is not None:
        said = f"folded.consent.{topic['slug']}.{channel.value}"
        words = ("subscribed", None) if topic["is_opt_out"] else ("subscribed",)
        willing = {said: {"$in": list(words)}}
    if await _is_anybody({"$and": [people, reachable, willing]}) is not False:
        return ()
    if not await _is_anybody(people):
        text = "The audience is empty: nobody would get it."
    elif willing and await _is_anybody({"$and": [people, reachable]}):
        text = "Nobody in the audience has agreed to the topic, or all have said no to it."
    else:
        text = f"Nobody in the audience can be reached by {channel.value}."
    return [Finding(FindingCode.NOBODY_REACHABLE, text, ("audienceId",), is_blocking=True)]


async def _is_anybody(wanted: Filter) -> bool | None:
    """Whether a customer is like that; None where it takes too long to say."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            cursor = Customer.get_pymongo_collection().find(wanted, {"_id": 1}).limit(1)
            return bool(await cursor.max_time_ms(round(LOOK_SECONDS * 1_000)).to_list())
    except (TimeoutError, ExecutionTimeout):
        return None


async def _of_message(
    campaign: Row, stored: Row, people: Filter | None, *, settings: Settings, slices: Slices
) -> Sequence[Finding]:
    message = MessageTemplate.model_validate(stored)
    texts, custom = Texts.of(stored), await fields_for(message)
    try:
        template = await checked_message(message, Channel(campaign["channel"]), custom, slices=slices)
    except InvalidInput as error:
        return list(findings_of_problems(error.problems, texts))
    values = template.freeze(
        {**EXAMPLE_CUSTOMER, "custom_fields": example_values(custom)},
        campaign_name=campaign["name"],
        custom=custom,
    )
    try:
        (rendered,) = await slices.each([values], template.render)
    except RenderFailed:
        rendered = None
    # Large HTML takes a quarter of a second to read.
    found = await asyncio.to_thread(lambda: list(findings_of_template(template, texts, rendered)))
    found += await _unpublished(texts, template, settings)
    if people is not None:
        found += [one async for one in _never_known(template, custom, people)]
    return found


async def _unpublished(texts: Texts, template: Template, settings: Settings) -> Sequence[Finding]:
    if texts.html is None and not template.html:
        return ()
    path = ("message", "html" if texts.html is not None else "body")
    pictures = await asyncio.to_thread(published_pictures, texts)
    names = {public_name_of(picture, settings.public_url): picture.shown for picture in pictures}
    return [
        Finding(
            FindingCode.PICTURE_NOT_PUBLIC,
            f'A picture "{shown}" is not published, or not any more.',
            path,
        )
        for name, shown in names.items()
        if name is not None and await find_published(name) is None
    ]


async def _never_known(template: Template, custom: Definitions, people: Filter) -> Any:
    """The values that a text of the message uses and nobody in the audience has."""
    for field, path in _asked_for(template):
        stored = _stored_at(field, custom)
        if (
            stored is None
            or await _is_anybody({"$and": [people, {stored: {"$nin": [None, "", []]}}]}) is not False
        ):
            continue
        text = f"Nobody in the audience has a {field}: it is empty, or its default, for all."
        yield Finding(FindingCode.VALUE_NEVER_KNOWN, text, path)


def _asked_for(template: Template) -> Iterator[tuple[str, tuple[str, ...]]]:
    told: set[str] = set()
    # A body comes last: it is mostly made from the HTML, where it is to be mended.
    for path, fields in sorted(template.fields_by_path.items(), key=lambda one: one[0] == path_of("body")):
        for field in sorted(fields - told - _ALWAYS_KNOWN):
            told.add(field)
            yield field, path


def _stored_at(field: str, custom: Definitions) -> str | None:
    """Where customers have the value; None for what is not theirs, or has a default."""
    if field.startswith(CUSTOM):
        definition = custom.get(field.removeprefix(CUSTOM))
        if definition is None or definition.default is not None:
            return None
        return f"custom_fields.{definition.slot}"
    return field.removeprefix("customer.") if field.startswith("customer.") else None
