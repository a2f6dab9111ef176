"""Summaries of campaigns by a model: it is told numbers and no text, and each number it says is checked."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from crm_graphql.assistant.asking import Request
from crm_graphql.assistant.model.port import ModelNonsense, Question
from crm_graphql.assistant.summaries import CampaignFigures, facts, wrong_numbers

ANSWER_TOKENS = 1_000
TEXT_LENGTH = 1_200
_UNWANTED = re.compile(r"[<>{}|\[\]@]|https?:|www\.", re.IGNORECASE)

INSTRUCTIONS = """\
You sum up a marketing campaign for the one who sent it.

The user's message is a JSON object: what is known of the campaign, each figure with what it counts, and
of the one before to the same audience where there is one.

Write three sentences and one suggestion, in plain English, as one paragraph: how many messages arrived,
what kept the others away, what the recipients ordered since, how that compares with the campaign
before. Use only numbers that stand there, as they stand or rounded; do not calculate. Percentages have
a %. The orders followed the message; do not say that it caused them."""

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}


class _Summary(msgspec.Struct):
    text: str


async def summary_by_model(request: Request, figures: CampaignFigures) -> str:
    """The model's sentences, every number of which is one of the figures. Raises ModelError: also for a wrong
    number, which no second try makes trustworthy."""
    answer = await request.ask(_question(figures))
    try:
        text = " ".join(msgspec.json.decode(answer.text, type=_Summary).text.split())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ModelNonsense("no JSON of the schema") from None
    if not text or len(text) > TEXT_LENGTH or _UNWANTED.search(text):
        raise ModelNonsense("no short paragraph of plain text")
    if wrong := wrong_numbers(text, figures):
        raise ModelNonsense(f"{len(wrong)} wrong numbers")
    return text


def _question(figures: CampaignFigures) -> Question:
    """The figures alone: the campaign's name and texts may hold anything, and are not told."""
    content = {
        "channel": figures.channel.value,
        "status": figures.status.value,
        "currency": figures.currency,
        "figures": [
            {"what": fact.label, "counts": fact.kind.value, "value": f"{fact.value:f}"}
            for fact in facts(figures)
        ],
    }
    return Question(
        name="campaign_summary",
        words="",
        schema=_SCHEMA,
        messages=(("system", INSTRUCTIONS), ("user", json.dumps(content))),
        answer_tokens=ANSWER_TOKENS,
    )
