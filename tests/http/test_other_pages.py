"""A page on another port or host: it signs in with a cookie, uploads and opens sockets where it may."""

from __future__ import annotations

import json
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, TOKENS, Client, open_doors
from tests.server.live_server import serving

LOGIN = f"mutation ($input: LoginInput!) {{ login(input: $input) {{ {TOKENS} }} }}"
REFRESH = f"mutation {{ refresh {{ {TOKENS} }} }}"
LOCAL = {"development": True, "public_url": "http://127.0.0.1:8000"}
SERVED = {"development": False}
VITE = {"origin": "http://localhost:5173", "sec-fetch-site": "same-site"}
SISTER = {"origin": "https://app.example.com", "sec-fetch-site": "same-site"}


async def signed_in(client: Client, headers: dict[str, str]) -> dict[str, Any]:
    """What a login that asks for the cookie answers; the client keeps the cookie."""
    values = {"email": "u@example.com", "password": PASSWORD, "useCookie": True}
    answer = await client.post(LOGIN, {"input": values}, headers)
    if "set-cookie" in answer.headers:
        # The page's client speaks plain HTTP, to which a Secure cookie does not go.
        name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
        client.http.headers["cookie"] = f"{name}={value}"
    payload: dict[str, Any] = answer.json()["data"]["login"]
    return payload


@pytest.mark.parametrize(
    ("changed", "page"),
    [
        (LOCAL, VITE),
        (LOCAL, {"origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-site"}),
        ({**SERVED, "allowed_origins": ["https://app.example.com"]}, SISTER),
        ({**SERVED, "front_end_url": "https://app.example.com/"}, SISTER),
    ],
)
async def test_a_page_on_another_port_or_sister_host_signs_in_and_goes_on_with_its_cookie(
    resources: Resources, changed: dict[str, Any], page: dict[str, str]
) -> None:
    async with open_doors(resources, **changed) as doors:
        await doors.user("u@example.com")
        browser = doors.client()
        payload = await signed_in(browser, page)
        assert (payload["errors"], payload["tokens"]["refreshToken"]) == ([], None)
        answer = await browser.post(REFRESH, headers=page)
        assert answer.json()["data"]["refresh"]["errors"] == []
        assert answer.headers["access-control-allow-origin"] == page["origin"]
        assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize(
    ("changed", "page"),
    [
        (SERVED, VITE),
        # Whoever may open a port of the server's own host is not the server.
        (SERVED, {"origin": "http://crm.test:8081", "sec-fetch-site": "same-site"}),
        (
            {**SERVED, "allowed_origins": ["https://app.example.com"]},
            {**SISTER, "origin": "https://blog.example.com"},
        ),
        ({**SERVED, "allowed_origins": ["*"]}, SISTER),
        (LOCAL, {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}),
        # A page that a foreign site shows in a frame, or a name that is no host of this machine.
        (LOCAL, {"origin": "null", "sec-fetch-site": "cross-site"}),
        (LOCAL, {"origin": "http://localhost.evil.example", "sec-fetch-site": "same-site"}),
        # localhost and 127.0.0.1 are two sites to a browser.
        (LOCAL, {**VITE, "sec-fetch-site": "cross-site"}),
    ],
)
async def test_any_other_page_neither_gets_nor_uses_the_cookie(
    resources: Resources, changed: dict[str, Any], page: dict[str, str]
) -> None:
    async with open_doors(resources, **changed) as doors:
        await doors.user("u@example.com")
        browser = doors.client()
        payload = await signed_in(browser, page)
        assert (payload["tokens"], payload["errors"][0]["code"]) == (None, "FORBIDDEN")
        assert "cookie" not in browser.http.headers
        # Its visitor was signed in before, by a page that may.
        own = {"origin": "http://crm.test", "sec-fetch-site": "same-origin"}
        assert (await signed_in(browser, own))["errors"] == []
        refreshed = (await browser.post(REFRESH, headers=page)).json()["data"]["refresh"]
        assert (refreshed["tokens"], refreshed["errors"][0]["code"]) == (None, "FORBIDDEN")


async def test_a_page_of_two_names_of_this_machine_is_told_to_use_one(resources: Resources) -> None:
    async with open_doors(resources, **LOCAL) as doors:
        await doors.user("u@example.com")
        payload = await signed_in(doors.client(), {**VITE, "sec-fetch-site": "cross-site"})
    assert "localhost and 127.0.0.1 are two sites" in payload["errors"][0]["message"]


async def test_a_page_on_another_port_uploads(resources: Resources) -> None:
    async with open_doors(resources, **LOCAL) as doors:
        page = doors.operator()
        asked = {
            "origin": VITE["origin"],
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-encoding,content-type,idempotency-key",
        }
        preflight = await page.http.options("/ingest/customers", headers=asked)
        answer = await page.http.post(
            "/ingest/customers",
            content=b'{"customer_id": "1", "name": "Ann"}\n',
            headers={
                **VITE,
                "authorization": f"Bearer {page.token}",
                "content-type": "application/x-ndjson",
                "idempotency-key": "k",
            },
        )
    assert (preflight.status_code, answer.status_code) == (200, 202)
    assert answer.json()["accepted"] == 1
    assert answer.headers["access-control-allow-origin"] == VITE["origin"]


@pytest.mark.parametrize("uvicorns_own", [False, True])
async def test_a_socket_that_is_refused_says_why_in_its_answer_and_in_the_log(
    resources: Resources, *, uvicorns_own: bool
) -> None:
    async with serving(resources, development=False, uvicorns_own=uvicorns_own) as server:
        with capture_logs() as logs, pytest.raises(InvalidStatus) as refused:
            async with server.opened(origin=Origin("https://app.example.com")):
                pass
    response = refused.value.response
    assert response.status_code == 403
    (error,) = json.loads(response.body or b"")["errors"]
    assert error["code"] == "FORBIDDEN"
    assert "Add https://app.example.com to CRM_ALLOWED_ORIGINS" in error["message"]
    warning = next(line for line in logs if line["log_level"] == "warning")
    assert (warning["origin"], warning["what"]) == ("https://app.example.com", "open a websocket")
    assert "CRM_ALLOWED_ORIGINS" in warning["remedy"]


async def test_a_socket_opens_for_pages_of_this_machine_in_development(resources: Resources) -> None:
    async with serving(resources, development=True) as server:
        for origin in ("http://localhost:5173", "http://127.0.0.1:3000"):
            async with server.socket(origin=Origin(origin)):
                pass
    async with serving(resources, development=False) as server:
        with pytest.raises(InvalidStatus):
            async with server.opened(origin=Origin("http://localhost:5173")):
                pass
