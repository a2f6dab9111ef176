"""Messages by a model: each variant is held to what a campaign's message is held to, and to more."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.assistant.composing import MessageDraft
from crm_graphql.assistant.composing.drafts import UNSUBSCRIBE
from crm_graphql.assistant.messages_by_model import BODY_LENGTHS, Wish, problems_of
from crm_graphql.campaigns.template import parse
from crm_graphql.core.channels import Channel
from crm_graphql.core.ids import encode_id
from tests.assistant.conftest import asked_messages
from tests.audiences.factories import where
from tests.gql.conftest import Api
from tests.servers.openai import Fail, OpenAIServer, Reply, Say

HELLO = "Hi {{ customer.name | default: 'there' }}, "


def variants(*bodies: str, subject: str | None = None) -> dict[str, Any]:
    """An answer of a model."""
    return {"suggestions": [{"subject": subject, "body": body} for body in bodies]}


SMS = variants(HELLO + "we miss you.", HELLO + "come back.", HELLO + "it has been a while.")
EMAIL = variants(HELLO + "one", HELLO + "two", HELLO + "three", subject="We miss you")


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
async def test_a_models_variants_come_back_as_templates(
    asking: Api, openai: OpenAIServer, channel: Channel
) -> None:
    openai.will(Say(SMS))
    found = await asked_messages(asking, channel=channel.value)
    assert found["source"] == "openai"
    assert found["suggestions"] == SMS["suggestions"]


async def test_an_email_has_a_subject_and_says_at_its_end_how_to_get_no_more(
    asking: Api, openai: OpenAIServer
) -> None:
    openai.will(Say(EMAIL))
    found = await asked_messages(asking, channel="EMAIL")
    assert found["source"] == "openai"
    for one in found["suggestions"]:
        assert one["subject"] == "We miss you"
        assert one["body"].endswith(UNSUBSCRIBE)
        parse(one["subject"], one["body"], Channel.EMAIL)


@pytest.mark.parametrize("count", [1, 2, 5])
async def test_as_many_come_as_were_asked_for(asking: Api, openai: OpenAIServer, count: int) -> None:
    openai.will(Say(variants(*(f"Variant {'abcdefg'[number]}" for number in range(7)))))
    assert len((await asked_messages(asking, count=count))["suggestions"]) == count


async def test_the_model_is_told_the_fields_of_templates_and_the_audience_in_words(
    asking: Api, openai: OpenAIServer
) -> None:
    audience = await made_audience(
        asking, {"all": [where("city", "EQ", "Pune"), where("name", "EQ", "Ann Lee")]}
    )
    openai.will(Say(SMS))
    await asked_messages(asking, audienceId=audience, tone="formal")
    told = json.loads(openai.asked[0]["messages"][1]["content"])
    assert told["audience"] == 'city is "Pune" and name is "(left out)"'
    assert (told["objective"], told["tone"], told["count"]) == ("bring back inactive customers", "formal", 3)
    assert {"field": "customer.name", "label": "Name", "example": "Ann Lee"} in told["fields"]
    assert "VIPs of Pune" not in openai.raw[0]


MENDED: dict[str, Any] = {
    "a field that there is not": (HELLO + "{{ customer.password }}", "not a value"),
    "a broken template": (HELLO + "{{ customer.name", "not a valid template"),
    "a filter that there is not": ("{{ customer.name | shell }}", "not a filter"),
    "another tool's placeholder": ("Hi *|FNAME|*", "FNAME"),
    "too long": ("x" * (BODY_LENGTHS[Channel.SMS] + 1), "characters"),
    "empty": ("  ", "empty"),
    "HTML": ("<img src=x onerror=alert(1)>", "HTML"),
    "a link that nobody gave": ("Come to https://evil.example/x.", "https://evil.example/x"),
    "a link that a filter makes": (
        "{{ 'h-ps:~~evil.example~x' | replace: '-', 'tt' | replace: '~', '/' }}",
        "https://evil.example/x",
    ),
    "a link in two parts": ("{{ 'http' }}s://evil.example/x", "https://evil.example/x"),
    "HTML in two parts": ("{{ '<' }}b>Hi", "HTML"),
    "an address that nobody gave": ("Write to win@evil.example!", "win@evil.example"),
    "work without end": ("{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}", ""),
    "what it would be to nobody": ("{{ customer.name | slice: 'x' }}", ""),
}


@pytest.mark.parametrize("name", MENDED)
async def test_it_is_told_once_what_is_wrong_and_may_mend_it(
    asking: Api, openai: OpenAIServer, name: str
) -> None:
    body, problem = MENDED[name]
    openai.will(Say(variants("Hello", "Hello there", body)), Say(SMS))
    found = await asked_messages(asking)
    assert (found["source"], found["suggestions"]) == ("openai", SMS["suggestions"])
    objection = openai.asked[1]["messages"][3]["content"]
    assert "Variant 3" in objection
    assert problem in objection


WHOLE: dict[str, Any] = {
    "too few": (variants("a", "b"), "3 variants are needed"),
    "the same twice": (variants("a", "b", "a"), "the same"),
    "a subject in an SMS": (variants("a", "b", "c", subject="x"), "subject"),
    "no JSON": ("Here you are:", "no JSON"),
}


@pytest.mark.parametrize("name", WHOLE)
async def test_so_it_is_with_the_variants_together(asking: Api, openai: OpenAIServer, name: str) -> None:
    answer, problem = WHOLE[name]
    openai.will(Say(answer), Say(SMS))
    assert (await asked_messages(asking))["source"] == "openai"
    assert problem in openai.asked[1]["messages"][3]["content"]


async def test_a_link_that_the_marketer_gave_may_be_said(asking: Api, openai: OpenAIServer) -> None:
    openai.will(Say(variants(*(f"{word}: https://shop.example/sale." for word in ("Come", "Look", "Save")))))
    found = await asked_messages(asking, objective="Sale at https://shop.example/sale")
    assert found["source"] == "openai"
    assert len(openai.asked) == 1


FAILING: dict[str, Reply] = {
    "twice a broken template": Say(variants("{{", "{{ x", "{%")),
    "broken": Fail(500),
    "cut": Say(SMS, cut_after=20),
    "a tool": Say("", tool="send_messages"),
    "refused": Say("", refusal="No."),
}


@pytest.mark.parametrize("name", FAILING)
async def test_the_built_in_assistant_answers_where_the_model_does_not(
    asking: Api, alone: Api, openai: OpenAIServer, name: str
) -> None:
    openai.will(FAILING[name])
    found = await asked_messages(asking)
    assert found == await asked_messages(alone)
    assert found["source"] == "built-in"
    assert len(found["suggestions"]) == 3


PROBLEMS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no objective": ({"objective": " "}, "objective", "REQUIRED"),
    "too long an objective": ({"objective": "x" * 2_001}, "objective", "LIMIT_EXCEEDED"),
    "too long a tone": ({"tone": "x" * 201}, "tone", "LIMIT_EXCEEDED"),
    "none": ({"count": 0}, "count", "LIMIT_EXCEEDED"),
    "too many": ({"count": 6}, "count", "LIMIT_EXCEEDED"),
    "an unknown audience": ({"audienceId": encode_id("Audience", ObjectId())}, "audienceId", "NOT_FOUND"),
    "no audience at all": ({"audienceId": "x"}, "audienceId", "INVALID"),
    "an empty audience": ({"audienceId": ""}, "audienceId", "REQUIRED"),
}


@pytest.mark.parametrize("name", PROBLEMS)
async def test_a_wrong_request_is_an_error_at_its_place(asking: Api, openai: OpenAIServer, name: str) -> None:
    changes, place, code = PROBLEMS[name]
    payload = await asked_messages(asking, may_fail=True, **changes)
    assert [(error["path"], error["code"]) for error in payload["errors"]] == [([place], code)]
    assert (payload["suggestions"], payload["source"]) == ([], None)
    assert openai.asked == []


async def test_all_that_is_wrong_is_told_at_once(asking: Api) -> None:
    wrong = {"objective": "", "tone": "x" * 201, "count": 9, "audienceId": "x"}
    payload = await asked_messages(asking, may_fail=True, **wrong)
    places = [(error["path"], error["code"]) for error in payload["errors"]]
    assert sorted(places) == [
        (["audienceId"], "INVALID"),
        (["count"], "LIMIT_EXCEEDED"),
        (["objective"], "REQUIRED"),
        (["tone"], "LIMIT_EXCEEDED"),
    ]


async def test_the_address_of_the_customer_may_be_in_a_message(asking: Api, openai: OpenAIServer) -> None:
    named = "You signed up as {{ customer.email }}."
    openai.will(Say(variants("Hello", "Hello there", named)))
    found = await asked_messages(asking)
    assert (found["source"], found["suggestions"][2]["body"]) == ("openai", named)


def test_a_long_word_is_looked_through_for_addresses_in_no_time() -> None:
    draft = MessageDraft(None, "a" * 40_000)
    began = time.perf_counter()
    assert list(problems_of(draft, Wish("sale", Channel.SMS, None, None, 1)))
    assert time.perf_counter() - began < 0.5


async def made_audience(api: Api, rule: dict[str, Any]) -> str:
    """The id of a new audience."""
    document = """mutation($rule: RuleInput!) { audienceCreate(input: {name: "VIPs of Pune", rule: $rule}) {
      audience { id } errors { message } } }"""
    data = await api.data(document, {"rule": rule})
    key: str = data["audienceCreate"]["audience"]["id"]
    return key
