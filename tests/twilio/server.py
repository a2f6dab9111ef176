"""A stand-in for Twilio's REST API of 2010-04-01 and for the callbacks that it makes, on a port of 127.0.0.1.

Source: Twilio's reference of the Message and Account resources, its error dictionary and its guide to the
security of webhooks, and the parameters of its Python library 9.13.0. It answers with the same fields, codes
and bodies; what it has no fault for it takes. Faults go by the number that a message is to.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SID = "AC" + "0123456789abcdef" * 2
TOKEN = "a-token-of-the-account-8fL2"
KEY, KEY_SECRET = "SK" + "fedcba9876543210" * 2, "a-secret-of-the-key-3kQ9"
SENDER = "+15005550006"

WORDS = {
    20003: "Authenticate",
    20005: "Account is not active",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    21211: "Invalid 'To' Phone Number: +4915100XXXX",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: "
    "+49XXX",
    21606: "The 'From' phone number provided (+15005550006) is not a valid, SMS-capable inbound phone number "
    "or short code for your account.",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "Message cannot be sent with the current combination of 'To' (+49XXX) and/or 'From' "
    "(+15005550006)",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21635: "'To' number cannot be a Landline",
    29999: "A code of next year",
}
"""Twilio's own words, by code; for a callback they are not said."""
STATUSES = {20003: 401, 20005: 403, 20404: 404, 20429: 429}
"""Of HTTP; 400 for all other codes."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was taken."""

    sid: str
    form: Mapping[str, str]

    @property
    def to(self) -> str:
        """Its number."""
        return self.form["To"]

    @property
    def callback(self) -> str:
        """The address that is called about it, without what asks for retries."""
        return self.form.get("StatusCallback", "").partition("#")[0]


@dataclass
class TwilioServer:
    """What it is told to do, and what it took. Read and change it from any thread."""

    refuse: dict[str, int] = field(default_factory=dict)
    """By number: the code with which its message is refused, untaken. "*" is every number."""
    faults: dict[str, str] = field(default_factory=dict)
    """By number: "500 after" or "cut after" taking it, "slow" (5 s), "no json", "html 403"; "*": every."""
    retry_after: str | None = None
    failed_at_once: dict[str, int] = field(default_factory=dict)
    """By number: the code of a message that is made, and has failed by then."""
    account_status: str = "active"
    num_segments: str = "1"
    latency: float = 0.0
    calls_back: bool = False
    """Whether it tells by itself that a message was sent and then delivered."""
    answers_at: str | None = None
    """Where callbacks really go, as behind a proxy, whatever host their address has."""
    sent: list[Sent] = field(default_factory=list)
    calls: int = 0
    at_once: int = 0
    most_at_once: int = 0
    arrived_at: list[float] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def to_numbers(self) -> Counter[str]:
        """How often each number was written to."""
        return Counter(one.to for one in list(self.sent))

    async def make(self, request: Request) -> Response:
        """`POST .../Messages.json`."""
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.latency)
            return await self._make(request)
        finally:
            self.at_once -= 1

    async def _make(self, request: Request) -> Response:
        if (refusal := self._login_problem(request)) is not None:
            return refusal
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        to = form.get("To", "")
        fault = self.faults.get(to) or self.faults.get("*")
        if code := self.refuse.get(to) or self.refuse.get("*"):
            return self._refusal(code)
        if fault == "html 403":
            return Response("<html>Forbidden</html>", 403, media_type="text/html")
        if len(form.get("Body", "")) > 1600:
            return self._refusal(21617)
        self.arrived_at.append(time.time())
        sent = Sent(f"SM{uuid.uuid4().hex}", form)
        self.sent.append(sent)
        if self.calls_back:
            task = asyncio.create_task(self._tell_all(sent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await self._after(sent, fault)

    async def _after(self, sent: Sent, fault: str | None) -> Response:
        if fault == "500 after":
            return JSONResponse({"code": 20500, "message": "Internal Server Error", "status": 500}, 500)
        if fault == "cut after":
            # Less than it promises: the server cuts the connection.
            return Response("{", 201, headers={"content-length": "1000"})
        if fault == "no json":
            return Response("created", 201)
        if fault == "slow":
            await asyncio.sleep(5)
        return JSONResponse(self._resource(sent), 201)

    async def account(self, request: Request) -> Response:
        """`GET /2010-04-01/Accounts/{sid}.json`, which an API key may not read."""
        if request.path_params["sid"] != SID or _login(request) != (SID, TOKEN):
            return self._refusal(20003)
        return JSONResponse(
            {"sid": SID, "friendly_name": "Shop", "status": self.account_status, "type": "Full"}
        )

    async def messages(self, request: Request) -> Response:
        """`GET .../Messages.json`, without any."""
        return self._login_problem(request) or JSONResponse({"messages": [], "page": 0, "page_size": 1})

    def _login_problem(self, request: Request) -> Response | None:
        if request.path_params["sid"] != SID:
            return self._refusal(20404)
        if _login(request) not in {(SID, TOKEN), (KEY, KEY_SECRET)}:
            return self._refusal(20003)
        return None if self.account_status == "active" else self._refusal(20005)

    def _refusal(self, code: int) -> Response:
        status = STATUSES.get(code, 400)
        headers = {"retry-after": self.retry_after} if status == 429 and self.retry_after else None
        link = f"https://www.twilio.com/docs/errors/{code}"
        body = {"code": code, "message": WORDS.get(code, "Refused"), "more_info": link, "status": status}
        return JSONResponse(body, status, headers)

    def _resource(self, sent: Sent) -> dict[str, Any]:
        failed = self.failed_at_once.get(sent.to)
        service = sent.form.get("MessagingServiceSid")
        return {
            "account_sid": SID,
            "api_version": "2010-04-01",
            "body": sent.form.get("Body", ""),
            "date_created": "Mon, 01 Jun 2026 12:00:00 +0000",
            "date_sent": None,
            "direction": "outbound-api",
            "error_code": failed,
            "error_message": None,
            "from": sent.form.get("From"),
            "messaging_service_sid": service,
            "num_media": "0",
            "num_segments": "0" if service else self.num_segments,
            "sid": sent.sid,
            "status": "failed" if failed else "accepted" if service else "queued",
            "to": sent.to,
        }

    async def _tell_all(self, sent: Sent) -> None:
        for status in ("sent", "delivered"):
            await asyncio.sleep(0.05)
            await self._tell(sent, status)

    async def _tell(self, sent: Sent, status: str) -> None:
        """Call back, again five times as the address asks for."""
        url, headers, body = callback(sent, status)
        parts = urlsplit(url)
        target = f"{self.answers_at}{parts.path}?{parts.query}" if self.answers_at else url
        async with httpx.AsyncClient(trust_env=False) as http:
            for tried in range(6):
                with contextlib.suppress(httpx.HTTPError):
                    if (await http.post(target, headers=headers, content=body)).status_code < 500:
                        return
                await asyncio.sleep(0.2 * 2**tried)


def _login(request: Request) -> tuple[str, str]:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    user, _, password = base64.b64decode(given).decode().partition(":") if scheme == "Basic" else ("", "", "")
    return user, password


def signature(url: str, fields: Mapping[str, str], *, secret: str = TOKEN, digest: Any = hashlib.sha1) -> str:
    """As the guide says: the address, then each parameter's name and value in the order of the names."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), digest).digest()).decode()


def signed(url: str, fields: Mapping[str, str], **signing: Any) -> tuple[str, dict[str, str], bytes]:
    """A call of Twilio's: its address, headers and body."""
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
        "user-agent": "TwilioProxy/1.1",
        "i-twilio-idempotency-token": str(uuid.uuid4()),
        "x-twilio-signature": signature(url, fields, **signing),
    }
    return url, headers, urlencode(fields).encode()


def callback(sent: Sent, status: str, code: int | None = None) -> tuple[str, dict[str, str], bytes]:
    """The call that tells of a message's state."""
    fields = {
        "AccountSid": SID,
        "ApiVersion": "2010-04-01",
        "From": sent.form.get("From", SENDER),
        "MessageSid": sent.sid,
        "MessageStatus": status,
        "SmsSid": sent.sid,
        "SmsStatus": status,
        "To": sent.to,
    }
    if code is not None:
        fields["ErrorCode"] = str(code)
    return signed(sent.callback, fields)


@contextlib.contextmanager
def listening(server: TwilioServer) -> Iterator[str]:
    """Serve it on a port of its own, in a thread; its URL."""
    routes = [
        Route("/2010-04-01/Accounts/{sid}.json", server.account, methods=["GET"]),
        Route("/2010-04-01/Accounts/{sid}/Messages.json", server.make, methods=["POST"]),
        Route("/2010-04-01/Accounts/{sid}/Messages.json", server.messages, methods=["GET"]),
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            Starlette(routes=routes), log_level="critical", access_log=False, ws="none", lifespan="off"
        )
        running = uvicorn.Server(config)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not running.started:
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            running.should_exit = running.force_exit = True
            thread.join(10)
