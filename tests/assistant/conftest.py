"""A server that speaks OpenAI's API, and the product's API with it as its model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from crm_graphql.app import create_app
from crm_graphql.assistant.model.choose import choose_model
from crm_graphql.assistant.vocabulary import forget_vocabularies
from crm_graphql.core.settings import Settings
from crm_graphql.resources import Resources
from tests.gql.conftest import Api
from tests.servers.openai import KEY, MODEL, OpenAIServer, running_openai


@pytest.fixture(scope="session")
def openai_process() -> Iterator[OpenAIServer]:
    """The server, once for all tests."""
    with running_openai() as server:
        yield server


@pytest.fixture
def openai(openai_process: OpenAIServer) -> OpenAIServer:
    """The server as at its start."""
    openai_process.reset()
    return openai_process


def with_model(settings: Settings, server: OpenAIServer, **changes: Any) -> Settings:
    """The settings of a deployment that asks this server."""
    named = {
        "openai_api_key": SecretStr(KEY),
        "openai_base_url": server.url,
        "openai_model": MODEL,
        "openai_timeout_seconds": 10.0,
    }
    return settings.model_copy(update={**named, **changes})


async def api_of(resources: Resources) -> AsyncIterator[Api]:
    """The API in this process over these resources."""
    forget_vocabularies()
    app = create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://crm.test") as http:
            yield Api(http, resources)


@pytest.fixture
def model_settings() -> dict[str, Any]:
    """Settings that a test's deployment has besides."""
    return {}


@pytest.fixture
async def asking(
    resources: Resources, openai: OpenAIServer, model_settings: dict[str, Any]
) -> AsyncIterator[Api]:
    """The API with the server as its model."""
    settings = with_model(resources.settings, openai, **model_settings)
    model = choose_model(settings)
    assert model is not None
    async for api in api_of(replace(resources.with_settings(settings), model=model)):
        yield api
    await model.close()


@pytest.fixture
async def alone(resources: Resources) -> AsyncIterator[Api]:
    """The API without any model."""
    async for api in api_of(resources):
        yield api


RULE_SUGGEST = """mutation($prompt: String!) { ruleSuggest(input: {prompt: $prompt}) {
  suggestion { outcome rule ruleText size notes source } errors { path code message } } }"""


async def answered_rule(api: Api, prompt: str, **caller: Any) -> dict[str, Any]:
    """The suggestion for a prompt that must not be refused."""
    body = await api.ask(RULE_SUGGEST, {"prompt": prompt}, **caller)
    assert "errors" not in body, body
    payload = body["data"]["ruleSuggest"]
    assert payload["errors"] == []
    suggestion: dict[str, Any] = payload["suggestion"]
    return suggestion


MESSAGES_SUGGEST = """mutation($input: MessagesSuggestInput!) { messagesSuggest(input: $input) {
  suggestions { subject body } source errors { path code message } } }"""


async def asked_messages(api: Api, *, may_fail: bool = False, **changes: Any) -> dict[str, Any]:
    """The payload for an objective by SMS, with changes."""
    given = {"objective": "bring back inactive customers", "channel": "SMS", **changes}
    data = await api.data(MESSAGES_SUGGEST, {"input": given})
    payload: dict[str, Any] = data["messagesSuggest"]
    assert may_fail or payload["errors"] == []
    return payload


async def summarized(api: Api, campaign: str) -> dict[str, Any]:
    """The payload for a campaign, by its global id."""
    document = """mutation($input: CampaignSummarizeInput!) { campaignSummarize(input: $input) {
      text source errors { path code } } }"""
    data = await api.data(document, {"input": {"campaignId": campaign}})
    payload: dict[str, Any] = data["campaignSummarize"]
    return payload
