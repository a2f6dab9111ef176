"""OpenAI's API as a model, by the official client: OpenAI itself, or any server that speaks it.

The client takes half a second and 40 MB to open, so it is loaded by the first question, beside the loop.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec

from crm_graphql.assistant.model.bounds import bound
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
from crm_graphql.core.times import retry_after_seconds

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

_CONNECT_SECONDS = 3.0
_CONNECTIONS = 20
_MISCONFIGURED_RETRY_SECONDS = 60.0
_MOST_TOKENS = 10_000_000
"""Of one answer: what a server says beyond it is not believed."""
_ENDS = frozenset({"length", "tool_calls", "function_call"})
# Before any byte of the question can have left.
_NOTHING_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[Any] | None = None
    function_call: Any = None


class _Choice(msgspec.Struct):
    delta: _Delta
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    total_tokens: int


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None


class _Gathered:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._refused = False
        self._finish: str | None = None
        self._tokens: int | None = None

    def add(self, chunk: _Chunk) -> None:
        """Take in the next piece. Raises ModelNonsense for a call of a tool."""
        if chunk.usage is not None:
            self._tokens = min(max(0, chunk.usage.total_tokens), _MOST_TOKENS)
        for choice in chunk.choices:
            delta = choice.delta
            if delta.tool_calls or delta.function_call is not None:
                raise ModelNonsense("it called a tool that nobody offered", tokens=self._tokens)
            self._refused = self._refused or bool(delta.refusal)
            self._texts.append(delta.content or "")
            self._finish = choice.finish_reason or self._finish

    def answer(self) -> Answer:
        """The whole of it. Raises ModelError where that is no answer."""
        if self._refused or self._finish == "content_filter":
            raise ModelRefused("it would not answer", tokens=self._tokens)
        if self._finish is None:
            raise ModelUncertain("the answer was cut off", tokens=self._tokens)
        if self._finish != "stop":
            end = self._finish if self._finish in _ENDS else "something unknown"
            raise ModelNonsense(f"the answer was ended by {end}", tokens=self._tokens)
        return Answer("".join(self._texts), self._tokens)


class OpenAIModel:
    """A model of a server that speaks OpenAI's API. Answers are streamed, so that one who hangs up, or has
    heard enough, pays no further."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = asyncio.Lock()
        self._sdk: Any = None
        self._client: AsyncOpenAI | None = None

    async def answer(self, question: Question, *, deadline_seconds: float) -> Answer:
        """As the port says."""
        try:
            async with asyncio.timeout(deadline_seconds):
                return await self._ask(await self._loaded(), question)
        except TimeoutError:
            raise ModelUncertain(f"no answer within {deadline_seconds:g} s") from None

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.close()

    async def _loaded(self) -> AsyncOpenAI:
        async with self._loading:
            if self._client is not None:
                return self._client
            self._sdk, client = await asyncio.to_thread(self._open)
            self._client = client
            return client

    def _open(self) -> tuple[Any, AsyncOpenAI]:
        sdk: Any = importlib.import_module("openai")
        client: AsyncOpenAI = sdk.AsyncOpenAI(
            api_key=self._settings.openai_api_key.get_secret_value(),
            base_url=self._settings.openai_base_url,
            max_retries=0,
            timeout=httpx2.Timeout(self._settings.openai_timeout_seconds, connect=_CONNECT_SECONDS),
            http_client=httpx2.AsyncClient(
                event_hooks={"response": [bound]},
                headers={"accept-encoding": "identity"},
                limits=httpx2.Limits(max_connections=_CONNECTIONS),
                # A key is not shown to whoever a server points at.
                follow_redirects=False,
            ),
        )
        return sdk, client

    async def _ask(self, client: AsyncOpenAI, question: Question) -> Answer:
        gathered = _Gathered()
        try:
            stream: Any = await client.chat.completions.create(**self._request(question))
            async with stream:
                async for chunk in stream:
                    gathered.add(msgspec.convert(chunk.model_dump(warnings=False), _Chunk))
        except (ValueError, AttributeError, TypeError, LookupError, RecursionError) as error:
            # Of JSON, and of what the client makes of JSON that is not of the protocol.
            raise ModelNonsense(f"not of the protocol: {type(error).__name__}") from None
        except self._sdk.OpenAIError as error:
            raise self._failure(error) from None
        except httpx2.HTTPError as error:
            raise ModelUncertain(f"the connection broke: {type(error).__name__}") from None
        return gathered.answer()

    def _request(self, question: Question) -> dict[str, Any]:
        return {
            "model": self._settings.openai_model,
            "messages": [{"role": role, "content": text} for role, text in question.messages],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": question.name, "strict": True, "schema": question.schema},
            },
            "max_completion_tokens": question.answer_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def _failure(self, error: Exception) -> ModelError:
        """What an error of the client means. Its own text may quote the question: it is not passed on."""
        if isinstance(error, self._sdk.APIStatusError):
            return _of_status(error)
        cause = error.__cause__
        if isinstance(cause, _NOTHING_LEFT):
            return ModelUnavailable(f"cannot be reached: {type(cause).__name__}")
        if isinstance(error, self._sdk.APIConnectionError):
            return ModelUncertain(f"the connection broke: {type(cause or error).__name__}")
        return ModelUncertain(f"it failed in its answer: {type(error).__name__}")


def _of_status(error: APIStatusError) -> ModelError:
    status = error.status_code
    if status in (400, 413, 422):
        # It is this question that is not liked (a filter, its length): others may be.
        return ModelRefused(f"status {status}", tokens=0)
    if status in (429, 503):
        wished = retry_after_seconds(error.response.headers.get("retry-after"))
        return ModelUnavailable(f"status {status}", retry_after_seconds=wished)
    if status >= 500:
        return ModelUnavailable(f"status {status}")
    # Wrong address, key, model or plan: settings to be mended.
    return ModelUnavailable(f"status {status}", retry_after_seconds=_MISCONFIGURED_RETRY_SECONDS)
