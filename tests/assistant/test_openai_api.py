"""OpenAI's API as a model: each way in which a server answers or fails is one that the assistant knows."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from crm_graphql.assistant.model.bounds import ANSWER_BYTES
from crm_graphql.assistant.model.openai_api import OpenAIModel
from crm_graphql.assistant.model.port import (
    Answer,
    ModelError,
    ModelNonsense,
    ModelRefused,
    ModelUnavailable,
    ModelUncertain,
    Question,
)
from crm_graphql.core.settings import Settings
from tests.assistant.conftest import with_model
from tests.servers.openai import USED, Fail, OpenAIServer, Reply, Say, packed

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}
QUESTION = Question("q", "words", SCHEMA, (("system", "be brief"), ("user", "secret words")), 100)


@pytest.fixture
async def model(settings: Settings, openai: OpenAIServer) -> AsyncIterator[OpenAIModel]:
    model = OpenAIModel(with_model(settings, openai))
    yield model
    await model.close()


async def ask(model: OpenAIModel, seconds: float = 10.0) -> Answer:
    return await model.answer(QUESTION, deadline_seconds=seconds)


async def test_an_answer_comes_whole_out_of_its_stream_with_what_it_cost(
    model: OpenAIModel, openai: OpenAIServer
) -> None:
    openai.will(Say({"a": 1, "text": "x" * 200}))
    assert await ask(model) == Answer('{"a": 1, "text": "' + "x" * 200 + '"}', USED)
    (asked,) = openai.asked
    assert asked["messages"] == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "secret words"},
    ]
    assert (asked["response_format"]["json_schema"]["schema"], asked["max_completion_tokens"]) == (
        SCHEMA,
        100,
    )


@pytest.mark.parametrize(("said", "taken"), [(-5, 0), (10**30, 10_000_000)])
async def test_a_cost_that_cannot_be_is_not_believed(
    model: OpenAIModel, openai: OpenAIServer, said: int, taken: int
) -> None:
    openai.will(Say({"a": 1}, used=said))
    assert (await ask(model)).tokens == taken


async def test_the_client_writes_no_question_down_whatever_the_level_of_the_log(
    settings: Settings, openai: OpenAIServer, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("openai").setLevel(logging.DEBUG)
    openai.will(Say({"a": 1}))
    model = OpenAIModel(with_model(settings, openai))
    with caplog.at_level(logging.DEBUG):
        await ask(model)
    assert "secret words" not in caplog.text
    await model.close()


async def test_a_server_that_says_nothing_of_its_cost_is_taken(
    model: OpenAIModel, openai: OpenAIServer
) -> None:
    openai.will(Say({"a": 1}, tells_usage=False))
    assert (await ask(model)).tokens is None


WHOLE = b'data: {"choices": [{"index": 0, "delta": {"content": "{}"}, "finish_reason": "stop"}]}\n\n'

FAILURES: dict[str, tuple[Reply, type[ModelError], int | None]] = {
    "too many requests": (Fail(429, "7"), ModelUnavailable, 0),
    "away": (Fail(503), ModelUnavailable, 0),
    "broken": (Fail(500), ModelUnavailable, 0),
    "broken, with a page": (Fail(502, body=b"<html>" * 1_000), ModelUnavailable, 0),
    "no such model": (Fail(404), ModelUnavailable, 0),
    "this question is filtered": (Fail(400), ModelRefused, 0),
    "no JSON": (Fail(200, body=b"data: {nonsense\n\n"), ModelNonsense, None),
    "JSON of nothing": (Fail(200, body=b"data: [1]\n\ndata: 7\n\n"), ModelNonsense, None),
    "JSON of another shape": (Fail(200, body=b'data: {"choices": [{"delta": 7}]}\n\n'), ModelNonsense, None),
    "nested without end": (Fail(200, body=b"data: " + b"[" * 100_000 + b"\n\n"), ModelNonsense, None),
    "no stream": (Fail(200, body=b"hello"), ModelUncertain, None),
    "nothing": (Fail(200, body=b""), ModelUncertain, None),
    "packed": (packed(WHOLE), ModelUncertain, None),
    "a line without end": (Fail(200, body=b"data: " + b"x" * ANSWER_BYTES * 2), ModelUncertain, None),
    "a novel": (Say("x" * (ANSWER_BYTES // 10)), ModelUncertain, None),
    "cut": (Say({"a": "x" * 500}, cut_after=100), ModelUncertain, None),
    "an error in its stream": (Say({"a": "x" * 500}, error_after=100), ModelUncertain, None),
    "refused": (Say("", refusal="I can't help with that."), ModelRefused, USED),
    "filtered": (Say("x", finish="content_filter"), ModelRefused, USED),
    "too long": (Say("x", finish="length"), ModelNonsense, USED),
    "a tool": (Say("", tool="delete_customers"), ModelNonsense, None),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_each_failure_is_one_that_the_assistant_knows(
    model: OpenAIModel, openai: OpenAIServer, name: str
) -> None:
    reply, kind, tokens = FAILURES[name]
    openai.will(reply)
    with pytest.raises(ModelError) as caught:
        await ask(model)
    assert (type(caught.value), caught.value.tokens) == (kind, tokens), str(caught.value)
    # The message may be logged.
    assert "secret" not in str(caught.value)
    assert "xxx" not in str(caught.value)


async def test_a_servers_wish_to_be_left_alone_is_passed_on(model: OpenAIModel, openai: OpenAIServer) -> None:
    openai.will(Fail(429, "7"))
    with pytest.raises(ModelUnavailable) as caught:
        await ask(model)
    assert caught.value.retry_after_seconds == 7


async def test_a_key_is_not_carried_to_whoever_a_server_points_at(
    model: OpenAIModel, openai: OpenAIServer
) -> None:
    openai.will(Fail(307, headers={"location": f"{openai.url}/chat/completions"}), Say({"a": 1}))
    with pytest.raises(ModelUnavailable):
        await ask(model)
    assert len(openai.asked) == 1


async def test_it_asks_once_whatever_comes(model: OpenAIModel, openai: OpenAIServer) -> None:
    openai.will(Fail(500))
    with pytest.raises(ModelUnavailable):
        await ask(model)
    assert len(openai.asked) == 1


async def test_a_slow_answer_ends_at_the_deadline(model: OpenAIModel, openai: OpenAIServer) -> None:
    openai.will(Say({"a": 1}))
    await ask(model)
    openai.will(Say({"a": 1}, seconds=30))
    begun = time.monotonic()
    with pytest.raises(ModelUncertain):
        await ask(model, seconds=0.3)
    assert time.monotonic() - begun < 3


async def test_so_does_one_that_never_comes_to_its_end(model: OpenAIModel, openai: OpenAIServer) -> None:
    openai.will(Say({"a": 1}))
    await ask(model)
    openai.will(Say("x" * 10_000, pause=0.2))
    begun = time.monotonic()
    with pytest.raises(ModelUncertain):
        await ask(model, seconds=1)
    assert time.monotonic() - begun < 4


async def test_who_cancels_is_not_held_up(model: OpenAIModel, openai: OpenAIServer) -> None:
    openai.will(Say({"a": 1}))
    await ask(model)
    openai.will(Say({"a": 1}, seconds=30))
    asking = asyncio.create_task(ask(model))
    await asyncio.sleep(0.2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_nobody_there_is_unavailable(settings: Settings, openai: OpenAIServer) -> None:
    nowhere = OpenAIModel(with_model(settings, openai, openai_base_url="http://127.0.0.1:1/v1"))
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await ask(nowhere)
    await nowhere.close()


async def test_the_machines_own_openai_variables_change_nothing(
    settings: Settings, openai: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    openai.will(Say({"a": 1}))
    model = OpenAIModel(with_model(settings, openai))
    assert (await ask(model)).text == '{"a": 1}'
    await model.close()


def test_the_client_is_loaded_by_the_first_question_alone() -> None:
    code = "import sys, crm_graphql.app; sys.exit('openai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
