"""Requests to the assistant: by a model where there is one that answers well, else built in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import structlog
from bson import ObjectId

from crm_graphql.assistant.asking import Request
from crm_graphql.assistant.composing import MessageDraft, compose
from crm_graphql.assistant.messages_by_model import Wish, messages_by_model
from crm_graphql.assistant.model.port import Model, ModelError
from crm_graphql.assistant.outcomes import Reading
from crm_graphql.assistant.privacy import without_people
from crm_graphql.assistant.queries import audience_rule
from crm_graphql.assistant.reading import phrases_of, read
from crm_graphql.assistant.rules_by_model import rule_by_model
from crm_graphql.assistant.summaries import campaign_figures, plain_summary
from crm_graphql.assistant.summaries_by_model import summary_by_model
from crm_graphql.assistant.vocabulary import load_vocabulary
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.rules import Rule
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, InvalidInput, LimitExceeded, RequiredInput
from crm_graphql.core.settings import Settings
from crm_graphql.core.slices import Slices
from crm_graphql.core.texts import is_storable

log = structlog.get_logger()

PROMPT_LENGTH = 2_000
TONE_LENGTH = 200
COUNT = 3
COUNT_LIMIT = 5

Result = TypeVar("Result")


class Source(Enum):
    """Who answered."""

    OPENAI = "openai"
    BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Assistance:
    """What the assistant works with: the process's model, if it has one, and what bounds it."""

    model: Model | None
    clock: Clock
    settings: Settings
    slices: Slices


async def suggest_rule(actor: Actor, prompt: str, *, assistance: Assistance) -> tuple[Reading, Source]:
    """A rule from plain words, or why there is none; nothing is stored. Requires ASSISTANT_USE and
    AUDIENCES_READ.

    Raises InvalidInput, RequiredInput or LimitExceeded at `prompt`.
    """
    actor.require(Permission.ASSISTANT_USE)
    prompt = _checked(prompt, "prompt", PROMPT_LENGTH)
    vocabulary = await load_vocabulary(actor, settings=assistance.settings, prompt=prompt)
    now = assistance.settings.local(assistance.clock.now())

    async def by_model(request: Request) -> Reading:
        return await rule_by_model(request, prompt, vocabulary, now=now)

    async def built_in() -> Reading:
        # Made once for a vocabulary, in longer than an event loop may be held.
        await asyncio.to_thread(phrases_of, vocabulary)
        (reading,) = await assistance.slices.each([prompt], lambda text: read(text, vocabulary, now=now))
        return reading

    return await _answered(actor, assistance, by_model, built_in)


async def suggest_messages(
    actor: Actor,
    objective: str,
    channel: Channel,
    *,
    audience_id: ObjectId | None = None,
    tone: str | None = None,
    count: int | None = None,
    assistance: Assistance,
    faults: Faults | None = None,
) -> tuple[Sequence[MessageDraft], Source]:
    """Variants of a message, one to five, three unless said; nothing is stored. Requires ASSISTANT_USE, and
    AUDIENCES_READ for an audience.

    Raises InvalidInput, RequiredInput or LimitExceeded at `objective`, `tone` and `count`, for all that is
    wrong at once, `faults` that are known already included, NotFound at `audienceId`.
    """
    actor.require(Permission.ASSISTANT_USE)
    faults = faults or Faults()
    with faults.noted():
        objective = _checked(objective, "objective", PROMPT_LENGTH)
    with faults.noted():
        tone = " ".join(_checked(tone, "tone", TONE_LENGTH).split()) if tone and tone.strip() else None
    wanted = COUNT if count is None else count
    with faults.noted():
        if not 1 <= wanted <= COUNT_LIMIT:
            raise LimitExceeded(f"Ask for 1 to {COUNT_LIMIT} messages, not {wanted}.", path=("count",))
    faults.check()
    rule = await audience_rule(actor, audience_id) if audience_id is not None else None
    settings = assistance.settings

    async def by_model(request: Request) -> Sequence[MessageDraft]:
        about = _described(without_people(rule), settings) if rule else None
        wish = Wish(" ".join(objective.split()), channel, about, tone, wanted)
        return await messages_by_model(request, wish, country=settings.country, slices=assistance.slices)

    async def built_in() -> Sequence[MessageDraft]:
        about = _described(rule, settings) if rule else None
        (drafts,) = await assistance.slices.each(
            [objective],
            lambda text: compose(text, channel, audience_text=about, tone=tone, count=wanted),
        )
        return drafts

    return await _answered(actor, assistance, by_model, built_in)


def _described(rule: Rule, settings: Settings) -> str:
    return describe_rule(rule, currency=settings.currency, zone=settings.time_zone)


async def summarize_campaign(
    actor: Actor, campaign_id: ObjectId, *, assistance: Assistance
) -> tuple[str, Source]:
    """A campaign in some sentences, every number of which is checked. Requires ASSISTANT_USE, CAMPAIGNS_READ
    and CUSTOMERS_READ.

    Raises NotFound at `campaignId`.
    """
    actor.require(Permission.ASSISTANT_USE)
    figures = await campaign_figures(actor, campaign_id, clock=assistance.clock, settings=assistance.settings)

    async def by_model(request: Request) -> str:
        return await summary_by_model(request, figures)

    async def built_in() -> str:
        return plain_summary(figures)

    return await _answered(actor, assistance, by_model, built_in)


async def _answered(
    actor: Actor,
    assistance: Assistance,
    by_model: Callable[[Request], Awaitable[Result]],
    built_in: Callable[[], Awaitable[Result]],
) -> tuple[Result, Source]:
    """The model's answer, or the built-in one where there is no model, or none that could be used."""
    if assistance.model is not None:
        request = Request.begin(actor, assistance.model, clock=assistance.clock, settings=assistance.settings)
        try:
            return await by_model(request), Source.OPENAI
        except ModelError as error:
            log.info("the built-in assistant answers instead", reason=str(error))
    return await built_in(), Source.BUILT_IN


def _checked(text: str, name: str, length: int) -> str:
    """The text without white space around it. Raises at `name`."""
    if not text.strip():
        raise RequiredInput("Say in words what you want.", path=(name,))
    if len(text) > length:
        raise LimitExceeded(f"{len(text):,} characters; at most {length:,} are read.", path=(name,))
    if not is_storable(text):
        raise InvalidInput("It holds characters that are no text.", path=(name,))
    return text.strip()
