"""A small server that speaks WhatsApp's Cloud API: messages, files, templates, the number, and its bad days.

Made by Meta's own pages of November 2026: the OpenAPI description of v23.0, the lists of error codes and of
webhooks, and those of throughput and pair limits. It refuses what Meta refuses: a wrong token, a body of
another form, templates that are paused or want other values, more than 80 messages in a second. How it fails
otherwise, a test says by the number that is written to.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

TOKEN = "EAAtests-only-9xLm4RzVw8"
NUMBER_ID = "106540352242922"
ACCOUNT_ID = "102290129340398"
RATE = 80
PAGE = 3

_TEXTS = {
    131026: "Message undeliverable",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    130429: "Cloud API message throughput has been reached.",
    131050: "The recipient has opted out of marketing messages.",
}


@dataclass(slots=True)
class Graph:
    """What it was told, and how it is to behave."""

    url: str = ""
    token: str = TOKEN
    rate: int = RATE
    """Messages that it takes in a second."""
    stop: Callable[[], None] = lambda: None
    """Ends it, and cuts off whoever waits."""
    sent: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the messages that it took, in their order."""
    keys: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    moments: list[float] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)
    """By the number: the code at once."""
    silent: set[str] = field(default_factory=set)
    """It takes these and answers 500."""
    cut: set[str] = field(default_factory=set)
    """It takes these and hangs up in the middle of its answer."""
    hanging: set[str] = field(default_factory=set)
    """It takes these and answers after a minute."""
    statuses: dict[str, str] = field(default_factory=dict)
    """By the number: `message_status` of the answer."""
    http_status: int | None = None
    """Everything is answered with it, and nothing else."""
    templates: list[dict[str, Any]] = field(default_factory=list)
    pages: int = 0
    uploads: list[tuple[str, str, bytes]] = field(default_factory=list)
    cuts_uploads: bool = False
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    file_url: str | None = None
    """In place of the address where a file really lies."""
    downloads: int = 0
    _lately: deque[float] = field(default_factory=deque)

    def reset(self) -> None:
        """As if it had just started."""
        fresh = Graph(url=self.url, stop=self.stop)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))

    async def answer(self, request: Request) -> Response:
        """The answer to any request."""
        if self.http_status is not None:
            return Response("<html>", status_code=self.http_status)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return error(190, "Invalid OAuth access token.", status=401)
        parts = request.url.path.strip("/").split("/")
        match request.method, parts[1:]:
            case "POST", [number, "messages"] if number == NUMBER_ID:
                return await self._message(await request.json())
            case "POST", [number, "media"] if number == NUMBER_ID:
                return await self._upload(request)
            case "GET", [account, "message_templates"] if account == ACCOUNT_ID:
                return self._templates(request)
            case "GET", [number] if number == NUMBER_ID:
                return JSONResponse(
                    {"id": number, "display_phone_number": "+1 555-078-3881", "status": "CONNECTED"}
                )
            case "GET", [file_id] if file_id in self.files:
                return self._file(file_id)
            case "GET", ["files", file_id] if file_id in self.files:
                self.downloads += 1
                return Response(self.files[file_id][1], media_type=self.files[file_id][0])
        text = f"Unsupported {request.method.lower()} request. Object with ID '{parts[-1]}' does not exist"
        return error(100, text)

    async def _message(self, body: dict[str, Any]) -> Response:
        self.calls += 1
        now = time.monotonic()
        self.moments.append(now)
        while self._lately and now - self._lately[0] >= 1:
            self._lately.popleft()
        if len(self._lately) >= self.rate:
            return error(130429)
        self._lately.append(now)
        if (problem := self._problem(body)) is not None:
            return problem
        to = body.get("to") or body["recipient"]
        if to in self.refusals:
            return error(self.refusals[to])
        self.sent.append(body)
        key = body["biz_opaque_callback_data"]
        self.keys[key] += 1
        if to in self.silent:
            return error(131000, status=500)
        if to in self.hanging:
            await asyncio.sleep(60)
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": to, "wa_id": to.lstrip("+")}],
            "messages": [{"id": wamid(key), "message_status": self.statuses.get(to, "accepted")}],
        }
        if to in self.cut:
            return StreamingResponse(_half(), headers={"content-length": "1000"})
        return JSONResponse(answer)

    def _problem(self, body: dict[str, Any]) -> Response | None:
        if body.get("messaging_product") != "whatsapp" or ("to" in body) == ("recipient" in body):
            return error(100, "(#100) The parameter messaging_product is required.")
        if body["type"] == "text":
            text = body["text"]["body"]
            return None if 0 < len(text) <= 4_096 else error(100, "Param text['body'] is too long or empty.")
        return self._template_problem(body["template"])

    def _template_problem(self, sent: dict[str, Any]) -> Response | None:
        language = sent["language"]["code"]
        found = [one for one in self.templates if (one["name"], one["language"]) == (sent["name"], language)]
        if not found:
            return error(132001, "Template name does not exist in the translation")
        if found[0]["status"] == "PAUSED":
            return error(132015, "Template is paused due to low quality")
        is_named = found[0].get("parameter_format") == "NAMED"
        given = {one["type"]: one["parameters"] for one in sent["components"]}
        for told in found[0]["components"]:
            kind, text = told["type"].lower(), told.get("text", "")
            if kind == "header" and told.get("format") in ("IMAGE", "VIDEO", "DOCUMENT"):
                if given.get("header", [{}])[0].get("type") != told["format"].lower():
                    return error(132012, "header: Format mismatch")
                continue
            parameters = given.get(kind, [])
            if kind != "buttons" and len(parameters) != text.count("{{"):
                return error(132000, f"{kind}: number of localizable_params does not match")
            for one in parameters:
                if any(sign in one["text"] for sign in ("\n", "\t", "    ")) or not one["text"]:
                    return error(132018, "Param text cannot have new-line/tab characters")
                if is_named != ("parameter_name" in one):
                    return error(132012, "Parameter format does not match format in the created template")
        return None

    async def _upload(self, request: Request) -> Response:
        if self.cuts_uploads:
            return StreamingResponse(_half(), headers={"content-length": "1000"})
        async with request.form() as form:
            file = form["file"]
            assert not isinstance(file, str)
            if form.get("messaging_product") != "whatsapp" or form.get("type") != file.content_type:
                return error(100, "(#100) Param file must be a file of the type that is named")
            self.uploads.append((file.filename or "", file.content_type or "", await file.read()))
        return JSONResponse({"id": f"{len(self.uploads):015}"})

    def _templates(self, request: Request) -> Response:
        self.pages += 1
        first = int(request.query_params.get("after", "0"))
        end = first + PAGE
        paging: dict[str, Any] = {"cursors": {"before": str(first), "after": str(end)}}
        if end < len(self.templates):
            paging["next"] = f"{self.url}/{ACCOUNT_ID}/message_templates?after={end}"
        return JSONResponse({"data": self.templates[first:end], "paging": paging})

    def _file(self, file_id: str) -> Response:
        kind, content = self.files[file_id]
        return JSONResponse(
            {
                "id": file_id,
                "url": self.file_url or f"{self.url}/files/{file_id}",
                "mime_type": kind,
                "sha256": hashlib.sha256(content).hexdigest(),
                "file_size": len(content),
                "messaging_product": "whatsapp",
            }
        )


def wamid(key: str) -> str:
    """The id that it gives to the message with this key."""
    return f"wamid.HBg{key.replace('-', 'x')}="


def error(code: int, details: str | None = None, *, status: int = 400) -> Response:
    """An answer that says what is wrong, as Meta's do."""
    told: dict[str, Any] = {
        "message": f"(#{code}) {details or _TEXTS.get(code, 'Something went wrong')}",
        "type": "OAuthException",
        "code": code,
        "error_data": {
            "messaging_product": "whatsapp",
            "details": details or _TEXTS.get(code, "Something went wrong"),
        },
        "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
    }
    return JSONResponse({"error": told}, status_code=status)


async def _half() -> AsyncIterator[bytes]:
    yield b'{"messaging_product": "whats'
    raise ConnectionResetError("hangs up")


@contextlib.contextmanager
def running_graph() -> Iterator[Graph]:
    """The server on a free port of this machine."""
    server = Graph()
    app = Starlette(routes=[Route("/{path:path}", server.answer, methods=["GET", "POST"])])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}/v23.0"
        served = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not served.started:
            assert time.monotonic() < deadline, "the server that speaks the Cloud API did not start"
            time.sleep(0.01)

        def stop() -> None:
            served.should_exit = served.force_exit = True
            thread.join(10)

        server.stop = stop
        yield server
        stop()
