"""A small server that speaks OpenAI's API: chat completions, whole or streamed, and its bad days.

It refuses what OpenAI refuses: a wrong key, arguments that it does not know, a schema that breaks the rules
of structured outputs. What it answers, and how it fails, a test says for each call.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

KEY = "sk-tests-only-4gT9xLm2Qw"
MODEL = "gpt-tests"
USED = 321
"""Tokens that each answer says it used."""

ARGUMENTS = {
    *("model", "messages", "response_format", "max_completion_tokens", "stream", "stream_options"),
    *("temperature", "store", "user", "n"),
}
SCHEMA_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref", "$defs"),
    *("description", "minItems", "maxItems", "pattern", "format", "minimum", "maximum", "const"),
}


@dataclass(frozen=True)
class Say:
    """An answer: text (or JSON of it), in pieces; the rest bends it."""

    content: Any
    finish: str = "stop"
    refusal: str | None = None
    tool: str | None = None
    """A tool that it calls, though none was offered."""
    cut_after: int | None = None
    """The connection breaks after so many characters."""
    error_after: int | None = None
    seconds: float = 0.0
    """How long it thinks."""
    pause: float = 0.0
    """How long it waits between its pieces."""
    tells_usage: bool = True
    used: int = USED

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else json.dumps(self.content)


@dataclass(frozen=True)
class Fail:
    """An answer of HTTP: a status with OpenAI's error body, or any body at all."""

    status: int
    retry_after: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Reply = Say | Fail


class OpenAIServer:
    """The server, what it is to answer next, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        """As at the start: nothing asked, nothing to say."""
        self.asked: list[dict[str, Any]] = []
        self.raw: list[str] = []
        self.replies: list[Reply] = []
        self.running = 0
        self.most_running = 0

    def will(self, *replies: Reply) -> None:
        """Answer the next calls so; the last of them goes for all that follow."""
        self.replies = list(replies)

    async def completions(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        body = await request.body()
        self.raw.append(body.decode())
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided.", "invalid_api_key")
        asked = json.loads(body)
        self.asked.append(asked)
        if problem := _problem(asked):
            return _error(400, problem, "invalid_request_error")
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Fail):
            return _failure(reply)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(reply.seconds)
        finally:
            self.running -= 1
        if not asked.get("stream"):
            return JSONResponse(_whole(reply))
        wants_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        return StreamingResponse(
            _streamed(reply, with_usage=wants_usage and reply.tells_usage), media_type="text/event-stream"
        )


def _problem(asked: Mapping[str, Any]) -> str | None:
    """What OpenAI would not take."""
    if unknown := asked.keys() - ARGUMENTS:
        return f"Unrecognized request argument supplied: {sorted(unknown)[0]}"
    if asked.get("model") != MODEL:
        return "The model does not exist."
    if any(set(one) != {"role", "content"} for one in asked["messages"]):
        return "Invalid messages."
    given = asked["response_format"]
    named = given.get("json_schema", {})
    if given["type"] != "json_schema" or not named.get("name") or named.get("strict") is not True:
        return "Invalid response_format."
    schema = named["schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    if schema.get("type") != "object" or "anyOf" in schema:
        return "schema must be of type 'object' and not have 'anyOf' at the top level."
    return next(_broken_rules(schema), None)


def _broken_rules(schema: Mapping[str, Any]) -> Iterator[str]:
    """Where a schema breaks the rules of structured outputs."""
    if unknown := schema.keys() - SCHEMA_KEYWORDS:
        yield f"{sorted(unknown)[0]} is not permitted."
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            yield "'additionalProperties' is required to be supplied and to be false."
        if set(schema.get("required", ())) != set(schema["properties"]):
            yield "'required' is required to include every key in properties."
    parts = [
        *schema.get("properties", {}).values(),
        *schema.get("$defs", {}).values(),
        *schema.get("anyOf", ()),
    ]
    for part in [*parts, *filter(None, [schema.get("items")])]:
        yield from _broken_rules(part)


def _error(status: int, message: str, code: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return JSONResponse(body, status_code=status, headers=dict(headers or {}))


def _failure(reply: Fail) -> Response:
    headers = {**reply.headers, **({"retry-after": reply.retry_after} if reply.retry_after else {})}
    if 300 <= reply.status < 400:
        return RedirectResponse(headers["location"], status_code=reply.status)
    if reply.body is not None:
        return Response(reply.body, status_code=reply.status, headers=headers)
    return _error(reply.status, "It is a bad day.", "bad_day", headers)


def _usage(used: int) -> dict[str, int]:
    return {"prompt_tokens": used - 21, "completion_tokens": 21, "total_tokens": used}


def _head(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": MODEL}


def _whole(reply: Say) -> dict[str, Any]:
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    choice = {"index": 0, "message": message, "finish_reason": reply.finish, "logprobs": None}
    return {**_head("chat.completion"), "choices": [choice], "usage": _usage(reply.used)}


async def _streamed(reply: Say, *, with_usage: bool) -> AsyncIterator[bytes]:
    def event(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        chunk = {**_head("chat.completion.chunk"), "choices": [choice], "usage": None}
        return f"data: {json.dumps(chunk)}\n\n".encode()

    yield event({"role": "assistant", "content": "", "refusal": None})
    if reply.refusal is not None:
        yield event({"refusal": reply.refusal})
    elif reply.tool is not None:
        call = {"name": reply.tool, "arguments": "{}"}
        yield event({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": call}]})
    else:
        for start in range(0, len(reply.text), 20):
            if reply.cut_after is not None and start >= reply.cut_after:
                raise ConnectionResetError("cut, as the test wants it")
            if reply.error_after is not None and start >= reply.error_after:
                error = {"error": {"message": f"It broke at: {reply.text}", "type": "server_error"}}
                yield f"data: {json.dumps(error)}\n\n".encode()
                return
            yield event({"content": reply.text[start : start + 20]})
            await asyncio.sleep(reply.pause)
    yield event({}, "tool_calls" if reply.tool else reply.finish)
    if with_usage:
        last = {**_head("chat.completion.chunk"), "choices": [], "usage": _usage(reply.used)}
        yield f"data: {json.dumps(last)}\n\n".encode()
    yield b"data: [DONE]\n\n"


def packed(text: bytes) -> Fail:
    """A gzip answer that nobody asked for."""
    headers = {"content-encoding": "gzip", "content-type": "text/event-stream"}
    return Fail(200, body=gzip.compress(text), headers=headers)


@contextlib.contextmanager
def running_openai() -> Iterator[OpenAIServer]:
    """The server on a free port of this machine."""
    server = OpenAIServer()
    app = Starlette(routes=[Route("/v1/chat/completions", server.completions, methods=["POST"])])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        served = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not served.started:
            assert time.monotonic() < deadline, "the server that speaks OpenAI's API did not start"
            time.sleep(0.01)
        yield server
        served.should_exit = True
        thread.join(10)
