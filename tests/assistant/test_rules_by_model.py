"""Rules from words by a model: what it is told, what is taken of its answers, who answers when it fails."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from crm_graphql.core.actor import Role
from tests.assistant.conftest import answered_rule
from tests.audiences.factories import where
from tests.gql.conftest import Api
from tests.gql.factories import insert_customers
from tests.servers.openai import Fail, OpenAIServer, Reply, Say

WORDS = "customers who spent more than 5,000"
RULE = where("totalSpend", "GT", "5000")


def suggestion(rule: Any, outcome: str = "RULE", *notes: str) -> dict[str, Any]:
    """An answer of a model."""
    return {"outcome": outcome, "rule": rule, "notes": list(notes)}


GOOD = Say(suggestion(RULE))
LATE = Say(suggestion(RULE), seconds=20)


async def test_a_models_rule_comes_back_with_its_sentence_and_its_size(
    asking: Api, openai: OpenAIServer
) -> None:
    await insert_customers(7, total_spend=lambda number: number * 1_000 * 10_000)
    openai.will(GOOD)
    assert await answered_rule(asking, WORDS) == {
        "outcome": "RULE",
        "rule": RULE,
        "ruleText": "total spend is more than 5,000.00 USD",
        "size": 1,
        "notes": [],
        "source": "openai",
    }


async def test_the_model_is_told_fields_and_labels_and_the_callers_words(
    asking: Api, openai: OpenAIServer
) -> None:
    await insert_customers(3, city="Pune", tags=["vip"])
    openai.will(GOOD)
    await answered_rule(asking, WORDS)
    told = json.loads(openai.asked[0]["messages"][1]["content"])
    assert told["request"] == WORDS
    assert {"field": "visitCount", "label": "Visit count", "type": "NUMBER"} in told["fields"]
    assert {"field": "city", "label": "City", "type": "TEXT", "values": ["Pune"]} in told["fields"]
    assert {"field": "tags", "label": "Tags", "type": "LIST", "values": ["vip"]} in told["fields"]


async def test_what_counts_as_much_is_told_and_what_one_customer_spent_is_not(
    asking: Api, openai: OpenAIServer
) -> None:
    # How many there are is estimated: whoever is taken for the last of the tenth spent about as much.
    await insert_customers(20, total_spend=lambda number: 34_612_3400 + number * 12_3400)
    openai.will(GOOD)
    await answered_rule(asking, WORDS)
    told = json.loads(openai.asked[0]["messages"][1]["content"])
    assert told["usual"] == [
        "High spenders are the top tenth: totalSpend GTE 35000.00; say the amount in `notes`."
    ]


@pytest.mark.parametrize(
    ("outcome", "rule", "notes"),
    [
        ("ASSUMED", RULE, ["High spending was taken as more than 5,000."]),
        ("QUESTION", None, ["Since when?"]),
        ("REFUSED", None, ["That is no audience."]),
    ],
)
async def test_what_a_model_assumes_asks_or_refuses_is_passed_on(
    asking: Api, openai: OpenAIServer, outcome: str, rule: Any, notes: list[str]
) -> None:
    openai.will(Say(suggestion(rule, outcome, *notes)))
    found = await answered_rule(asking, WORDS)
    assert (found["outcome"], found["rule"], found["notes"]) == (outcome, rule, notes)
    assert found["source"] == "openai"


MENDED: dict[str, Any] = {
    "a date that does not exist": (
        suggestion(where("lastVisitAt", "LT", "2024-02-31")),
        "is not a date that exists",
    ),
    "a field that does not exist": (suggestion(where("password", "IS_SET")), "no field"),
    "an operator of another type": (suggestion(where("visitCount", "CONTAINS", "1")), "cannot be compared"),
    "a range upside down": (suggestion(where("visitCount", "BETWEEN", [5, 1])), "above the high end"),
    "a filter of MongoDB": (suggestion({"$where": "sleep(1000)"}), "no key"),
    "too deep": (suggestion(json.loads('{"not":' * 11 + json.dumps(RULE) + "}" * 11)), "levels deep"),
    "a rule without a rule": (suggestion(None), "needs a rule"),
    "a question with a rule": (suggestion(RULE, "QUESTION", "Who?"), "needs no rule"),
    "an assumption untold": (suggestion(RULE, "ASSUMED"), "needs a note"),
    "a link": (suggestion(None, "QUESTION", "Log in at https://evil.example?"), "without links"),
    "markup": (suggestion(None, "REFUSED", "<img src=x>"), "without links"),
    "another outcome": (suggestion(RULE, "DONE"), "no JSON of the schema"),
    "no JSON": ("Sure! Here is the rule:", "no JSON of the schema"),
    "no object": (["rule"], "no JSON of the schema"),
    "nested without end": ("[" * 50_000, "no JSON of the schema"),
}


@pytest.mark.parametrize("name", MENDED)
async def test_it_is_told_once_what_is_wrong_and_may_mend_it(
    asking: Api, openai: OpenAIServer, name: str
) -> None:
    answer, problem = MENDED[name]
    openai.will(Say(answer), GOOD)
    found = await answered_rule(asking, WORDS)
    assert (found["rule"], found["source"]) == (RULE, "openai")
    first, second = openai.asked
    assert second["messages"][:2] == first["messages"]
    assert second["messages"][2]["role"] == "assistant"
    assert problem in second["messages"][3]["content"]


UNUSABLE: dict[str, tuple[Reply, int]] = {
    **{f"twice {name}": (Say(answer), 2) for name, (answer, _) in MENDED.items()},
    "too many requests": (Fail(429, "1"), 1),
    "broken": (Fail(500), 1),
    "a wrong key": (Fail(401), 1),
    "cut": (Say(suggestion(RULE), cut_after=20), 1),
    "no protocol": (Fail(200, body=b"data: {nonsense\n\n"), 1),
    "refused": (Say("", refusal="No."), 1),
    "a tool": (Say("", tool="select_all_customers"), 1),
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_the_built_in_assistant_answers_where_the_model_does_not(
    asking: Api, alone: Api, openai: OpenAIServer, name: str
) -> None:
    openai.will(UNUSABLE[name][0])
    found = await answered_rule(asking, WORDS)
    assert found == await answered_rule(alone, WORDS)
    assert found["source"] == "built-in"
    assert len(openai.asked) == UNUSABLE[name][1]


@pytest.mark.parametrize("model_settings", [{"openai_timeout_seconds": 1.5}])
async def test_a_slow_model_costs_no_more_than_its_time(asking: Api, openai: OpenAIServer) -> None:
    openai.will(GOOD)
    await answered_rule(asking, WORDS)
    openai.will(LATE)
    begun = time.monotonic()
    assert (await answered_rule(asking, WORDS))["source"] == "built-in"
    assert time.monotonic() - begun < 6


@pytest.mark.parametrize("model_settings", [{"openai_timeout_seconds": 2.5}])
async def test_both_tries_share_one_time(asking: Api, openai: OpenAIServer) -> None:
    openai.will(GOOD)
    await answered_rule(asking, WORDS)
    openai.will(Say("no JSON", seconds=1.5), Say(suggestion(RULE), seconds=1.5))
    begun = time.monotonic()
    assert (await answered_rule(asking, WORDS))["source"] == "built-in"
    assert time.monotonic() - begun < 7


async def test_a_model_that_fails_is_left_alone_and_nobody_waits(asking: Api, openai: OpenAIServer) -> None:
    openai.will(Fail(429, "600"))
    for _ in range(5):
        assert (await answered_rule(asking, WORDS))["source"] == "built-in"
    assert len(openai.asked) == 1


async def test_addresses_and_numbers_stay_here_and_stand_in_the_rule(
    asking: Api, openai: OpenAIServer
) -> None:
    rule = {"any": [where("email", "EQ", "[address 1]"), where("phone", "EQ", "[number 2]")]}
    openai.will(Say(suggestion(rule, "ASSUMED", "Either [address 1] or the number.")))
    found = await answered_rule(asking, "ann@example.com or +14155550132")
    assert found["rule"] == {
        "any": [where("email", "EQ", "ann@example.com"), where("phone", "EQ", "+14155550132")]
    }
    assert found["notes"] == ["Either ann@example.com or the number."]
    assert not re.search("ann@|4155550132", openai.raw[0])


async def test_what_is_wrong_is_told_without_the_address_that_is_wrong(
    asking: Api, openai: OpenAIServer
) -> None:
    openai.will(Say(suggestion(where("visitCount", "EQ", "[address 1]"))), GOOD)
    await answered_rule(asking, "as often as ann@example.com")
    assert "[address 1]" in openai.asked[1]["messages"][3]["content"]
    assert not any("ann@" in text for text in openai.raw)


PROBLEMS: dict[str, tuple[str, str]] = {
    "empty": ("", "REQUIRED"),
    "blank": (" \n\t", "REQUIRED"),
    "too long": ("x" * 2_001, "LIMIT_EXCEEDED"),
    "no text": ("a\0b", "INVALID"),
}


@pytest.mark.parametrize("name", PROBLEMS)
async def test_a_prompt_that_is_none_is_an_error_at_its_place(
    asking: Api, openai: OpenAIServer, name: str
) -> None:
    prompt, code = PROBLEMS[name]
    document = """mutation($p: String!) { ruleSuggest(input: {prompt: $p}) {
      suggestion { source } errors { path code } } }"""
    data = await asking.data(document, {"p": prompt})
    assert data["ruleSuggest"] == {"suggestion": None, "errors": [{"path": ["prompt"], "code": code}]}
    assert openai.asked == []


async def test_the_longest_prompt_is_read(asking: Api, openai: OpenAIServer) -> None:
    openai.will(GOOD)
    assert (await answered_rule(asking, "x" * 2_000))["source"] == "openai"


async def test_who_may_not_ask_costs_nothing(asking: Api, openai: OpenAIServer) -> None:
    document = 'mutation { ruleSuggest(input: {prompt: "vip"}) { errors { code } } }'
    for role in (Role.VIEWER, Role.INGESTOR):
        answer = await asking.ask(document, role=role)
        assert answer["data"]["ruleSuggest"]["errors"] == [{"code": "FORBIDDEN"}]
    assert openai.asked == []
