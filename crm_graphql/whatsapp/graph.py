"""The Graph API as a client sees it: one call, and whether what was asked may have been done."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from crm_graphql.core.settings import Settings
from crm_graphql.core.settings.channels import WhatsappVendor
from crm_graphql.core.times import retry_after_seconds

_CONNECT_SECONDS = 3.0
# Before any byte of the request can have left.
_NOTHING_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)
_FILE_HOSTS = (".fbsbx.com", ".facebook.com", ".fbcdn.net", ".whatsapp.net")
"""Of Meta: the token goes nowhere else, whatever an answer names."""


class GraphAway(Exception):
    """The call surely did nothing: no connection. The message is safe for a log."""


class GraphSilent(Exception):
    """The call may have done what was asked: cut off, or answered with 5xx."""


class GraphRefused(Exception):
    """The call did nothing, and the answer says why. `code` is Meta's, None where there is none."""

    def __init__(self, status: int, code: int | None, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.retry_after_seconds = retry_after


class _Data(msgspec.Struct):
    details: str | None = None


class GraphError(msgspec.Struct):
    """An error as Meta writes it, in answers and in statuses alike."""

    code: int
    message: str | None = None
    title: str | None = None
    error_data: _Data | None = None

    @property
    def text(self) -> str:
        """What a person is told. Titles are going away; details say it best."""
        details = self.error_data.details if self.error_data else None
        return f"(#{self.code}) {details or self.message or self.title or 'no words'}"[:500]


class _Refusal(msgspec.Struct):
    error: GraphError


_refusal = msgspec.json.Decoder(_Refusal)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class GraphApi:
    """The account's part of the Graph API. Shares the process's HTTP client; safe for concurrent calls."""

    http: httpx.AsyncClient
    url: str
    token: str
    phone_number_id: str
    account_id: str

    async def get(self, path: str, params: Mapping[str, str] | None = None, *, seconds: float) -> bytes:
        """What is at the path. Raises GraphAway, GraphSilent and GraphRefused."""
        return await self._call("GET", path, seconds, params=params)

    async def post(self, path: str, body: Mapping[str, Any], *, seconds: float) -> bytes:
        """The answer to a body in JSON. Raises as `get` does."""
        return await self._call("POST", path, seconds, content=_encode(body))

    async def upload(self, filename: str, content_type: str, content: bytes, *, seconds: float) -> bytes:
        """The answer to a file for messages of the number. Raises as `get` does."""
        return await self._call(
            "POST",
            f"{self.phone_number_id}/media",
            seconds,
            data={"messaging_product": "whatsapp", "type": content_type},
            files={"file": (filename, content, content_type)},
        )

    @asynccontextmanager
    async def download(self, url: str, *, seconds: float) -> AsyncGenerator[httpx.Response]:
        """A file at an address that the Graph API gave, to be read in pieces. Raises GraphRefused for an
        address that is not Meta's, or an answer that is no file, and GraphAway where it cannot be had."""
        self._check_file_host(url)
        try:
            async with self.http.stream(
                "GET", url, headers=self._headers(), timeout=_timeout(seconds), follow_redirects=False
            ) as answer:
                if answer.status_code >= 500:
                    raise GraphAway(f"status {answer.status_code}")
                if not answer.is_success:
                    text = f"The file is answered with status {answer.status_code}."
                    raise GraphRefused(answer.status_code, None, text)
                yield answer
        except httpx.HTTPError as error:
            raise GraphAway(type(error).__name__) from None

    def _check_file_host(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, own = (parts.hostname or "").lower(), urlsplit(self.url)
            is_own = (parts.scheme, host, parts.port) == (own.scheme, own.hostname, own.port)
        except ValueError:
            host, is_own, parts = "", False, urlsplit("")
        if not is_own and not (parts.scheme == "https" and host.endswith(_FILE_HOSTS)):
            raise GraphRefused(0, None, "The file lies at an address that is not Meta's.")

    async def _call(self, method: str, path: str, seconds: float, **what: Any) -> bytes:
        headers = self._headers()
        if "content" in what:
            headers["content-type"] = "application/json"
        try:
            answer = await self.http.request(
                method, f"{self.url}/{path}", headers=headers, timeout=_timeout(seconds), **what
            )
        except _NOTHING_LEFT as error:
            raise GraphAway(f"cannot be reached: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            raise GraphSilent(f"the connection broke: {type(error).__name__}") from None
        if answer.is_success:
            return answer.content
        if answer.status_code >= 500:
            raise GraphSilent(f"status {answer.status_code}")
        raise _refused(answer)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


def graph_api(settings: Settings, http: httpx.AsyncClient) -> GraphApi | None:
    """That of the settings; None where WhatsApp is not carried by the Cloud API, and in development."""
    if settings.development or settings.whatsapp_vendor is not WhatsappVendor.WHATSAPP_CLOUD:
        return None
    return account_api(settings, http)


def account_api(settings: Settings, http: httpx.AsyncClient) -> GraphApi:
    """That of the account in the settings, whoever carries WhatsApp."""
    return GraphApi(
        http,
        settings.whatsapp_graph_url,
        settings.whatsapp_access_token.get_secret_value(),
        settings.whatsapp_phone_number_id,
        settings.whatsapp_account_id,
    )


def _timeout(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))


def _refused(answer: httpx.Response) -> GraphRefused:
    wished = retry_after_seconds(answer.headers.get("retry-after"))
    try:
        error = _refusal.decode(answer.content).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not Meta's own words: an address that is wrong, or a proxy's page.
        return GraphRefused(answer.status_code, None, f"status {answer.status_code}", wished)
    return GraphRefused(answer.status_code, error.code, error.text, wished)
