"""Summaries by a model: it is told figures alone, and no number that it says is left unchecked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.ids import encode_id
from tests.assistant.conftest import summarized
from tests.assistant.test_campaign_figures import make_campaign
from tests.gql.conftest import Api
from tests.servers.openai import Fail, OpenAIServer, Reply, Say

GOOD = "Of 5 messages 3 were delivered and 1 failed; 1 was skipped. That is 75% of those tried."


@pytest.fixture
async def key() -> str:
    """A campaign of five messages: three delivered, one bounced, one skipped."""
    delivered: list[tuple[str, str | None]] = [("DELIVERED", None)] * 3
    campaign, _ = await make_campaign([*delivered, ("FAILED", "BOUNCED"), ("SKIPPED", "NO_ADDRESS")])
    return encode_id("Campaign", campaign)


async def test_a_models_sentences_come_back_when_their_numbers_are_right(
    asking: Api, key: str, openai: OpenAIServer
) -> None:
    openai.will(Say({"text": f"  {GOOD}\n"}))
    assert await summarized(asking, key) == {"text": GOOD, "source": "openai", "errors": []}


async def test_the_model_is_told_figures_and_no_text_of_the_campaign(
    asking: Api, key: str, openai: OpenAIServer
) -> None:
    openai.will(Say({"text": GOOD}))
    await summarized(asking, key)
    told = json.loads(openai.asked[0]["messages"][1]["content"])
    assert told.keys() == {"channel", "status", "currency", "figures"}
    assert {"what": "delivered", "counts": "COUNT", "value": "3"} in told["figures"]
    assert "Summer sale" not in openai.raw[0]


UNUSABLE: dict[str, Reply] = {
    "a wrong number": Say({"text": GOOD.replace("3", "4")}),
    "a wrong share": Say({"text": GOOD.replace("75%", "57%")}),
    "a wrong number in words": Say({"text": "Four thousand were delivered."}),
    "an amount that nobody spent": Say({"text": "3 were delivered, worth USD 500."}),
    "a link": Say({"text": "3 were delivered: https://evil.example"}),
    "markup": Say({"text": "<b>3</b> were delivered."}),
    "a template": Say({"text": "3 were delivered to {{ customer.name }}."}),
    "nothing": Say({"text": " "}),
    "a novel": Say({"text": "It went well. " * 200}),
    "no JSON": Say(GOOD),
    "another shape": Say({"summary": GOOD}),
    "a tool": Say("", tool="read_customers"),
    "refused": Say("", refusal="No."),
    "cut": Say({"text": GOOD}, cut_after=20),
    "broken": Fail(500),
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_the_built_in_assistant_answers_where_the_models_text_cannot_be_trusted(
    asking: Api, alone: Api, key: str, openai: OpenAIServer, name: str
) -> None:
    openai.will(UNUSABLE[name])
    found = await summarized(asking, key)
    assert found["source"] == "built-in"
    assert found["text"].startswith((await summarized(alone, key))["text"][:40])
    assert len(openai.asked) == 1


PROBLEMS: dict[str, tuple[str, str]] = {
    "unknown": (encode_id("Campaign", ObjectId()), "NOT_FOUND"),
    "of another type": (encode_id("Audience", ObjectId()), "INVALID"),
    "none": ("", "REQUIRED"),
}


@pytest.mark.parametrize("name", PROBLEMS)
async def test_a_campaign_that_is_none_is_an_error_at_its_place(
    asking: Api, openai: OpenAIServer, name: str
) -> None:
    given, code = PROBLEMS[name]
    found: dict[str, Any] = await summarized(asking, given)
    assert found == {"text": None, "source": None, "errors": [{"path": ["campaignId"], "code": code}]}
    assert openai.asked == []
