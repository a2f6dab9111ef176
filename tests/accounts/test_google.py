"""Signing in with Google: the whole flow against an OpenID provider, and what must not pass."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from crm_graphql.core.actor import Role
from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, TOKENS, Client, Doors, open_doors
from tests.servers.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, running_provider

REFRESH = f"mutation {{ refresh {{ {TOKENS} }} }}"
TLS = ssl.create_default_context()
"""Made once: a client of its own for each would read all authorities again."""


@pytest.fixture(scope="module")
def shared_provider() -> Iterator[OpenIdProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(shared_provider: OpenIdProvider) -> OpenIdProvider:
    shared_provider.reset()
    return shared_provider


def google(provider: OpenIdProvider) -> dict[str, Any]:
    return {
        "google_client_id": CLIENT_ID,
        "google_client_secret": SecretStr(CLIENT_SECRET),
        "google_issuer": provider.issuer,
        "front_end_url": "https://app.crm.test",
    }


@pytest.fixture
async def google_doors(resources: Resources, provider: OpenIdProvider) -> AsyncIterator[Doors]:
    # Cookies over the plain HTTP of the test client: as on a developer's machine.
    async with open_doors(resources, **google(provider), public_url="http://localhost") as opened:
        yield opened


async def begin(client: Client, query: str = "") -> str:
    """Start at our door and go through the provider; the address that it sends the browser back to."""
    started = await client.http.get(f"http://localhost/auth/google{query}")
    assert started.status_code == 302, started.text
    return await agree(started.headers["location"])


async def agree(address: str) -> str:
    """What a browser does at the provider; the address that it is sent back to."""
    async with httpx.AsyncClient(trust_env=False, verify=TLS) as outside:
        agreed = await outside.get(address)
    assert agreed.status_code == 302, agreed.text
    return agreed.headers["location"]


async def sign_in(client: Client, query: str = "") -> httpx.Response:
    """The whole flow up to our last answer."""
    return await client.http.get(await begin(client, query))


def is_refused(answer: httpx.Response, status: int) -> bool:
    cookies = answer.headers.get_list("set-cookie")
    return answer.status_code == status and not any("crm_refresh=crmr_" in cookie for cookie in cookies)


async def test_an_invited_user_comes_in_and_is_linked_by_the_verified_address(
    google_doors: Doors, provider: OpenIdProvider
) -> None:
    admin = google_doors.operator()
    info = await admin.data("{ serverInfo { googleLoginUrl } }")
    assert info["googleLoginUrl"] == "http://localhost/auth/google"
    await admin.mutate("userCreate", {"email": "Ann@Example.com", "role": "MARKETER"})
    browser = google_doors.client()
    answer = await sign_in(browser, "?next=/campaigns/7?tab=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "https://app.crm.test/campaigns/7?tab=2")
    (asked,) = provider.requests
    assert asked["code_challenge_method"] == "S256"
    assert asked["nonce"]
    assert asked["scope"] == "openid email profile"
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("crm_refresh=")]
    assert {"HttpOnly", "SameSite=strict", "Path=/graphql"} <= {part.strip() for part in cookie.split(";")}
    body = await browser.http.post(
        "http://localhost/graphql", json={"query": REFRESH}, headers={"origin": "http://localhost"}
    )
    payload = body.json()["data"]["refresh"]
    assert (payload["user"]["email"], payload["user"]["role"]) == ("Ann@Example.com", "MARKETER")
    # From now on it is the Google identity that counts, whatever its address becomes.
    provider.person["email"] = "ann.new@example.com"
    assert (await sign_in(google_doors.client())).status_code == 303
    events = await google_doors.resources.database.audit_events.find({"action": "googleSignIn"}).to_list()
    assert [(event["actor"], event["succeeded"]) for event in events] == [("Ann@Example.com", True)] * 2


async def test_no_token_is_ever_in_an_address(google_doors: Doors) -> None:
    await google_doors.operator().mutate("userCreate", {"email": "ann@example.com", "role": "VIEWER"})
    answer = await sign_in(google_doors.client())
    assert "crmr_" not in answer.headers["location"]
    assert "eyJ" not in answer.headers["location"]
    assert urlsplit(answer.headers["location"]).query == ""


@pytest.mark.parametrize(
    "next_path",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example"),
        *("javascript:alert(1)", "/\t/evil.example"),
        *("/%0d%0aset-cookie:x=1", "/ok\r\nx: y", "@evil.example", ".evil.example", "", "/" + "x" * 2000),
    ],
)  # fmt: skip
async def test_the_flow_redirects_to_the_own_front_end_alone(google_doors: Doors, next_path: str) -> None:
    await google_doors.operator().mutate("userCreate", {"email": "ann@example.com", "role": "VIEWER"})
    client = google_doors.client()
    started = await client.http.get("http://localhost/auth/google", params={"next": next_path})
    answer = await client.http.get(await agree(started.headers["location"]))
    assert answer.status_code == 303
    parts = urlsplit(answer.headers["location"])
    assert (parts.scheme, parts.netloc) == ("https", "app.crm.test")
    assert "\n" not in answer.headers["location"]


async def test_a_wrong_missing_or_foreign_state_is_refused(google_doors: Doors) -> None:
    await google_doors.operator().mutate("userCreate", {"email": "ann@example.com", "role": "VIEWER"})
    client = google_doors.client()
    back = await begin(client)
    code = parse_qs(urlsplit(back).query)["code"][0]
    for state in ("state=wrong&", "state=&", ""):
        answer = await client.http.get(f"http://localhost/auth/google/callback?{state}code={code}")
        assert is_refused(answer, 400), answer.text
    # Another browser: it holds no cookie of this flow, as one that was lured to the attacker's address.
    assert is_refused(await google_doors.client().http.get(await begin(google_doors.client())), 400)


@pytest.mark.parametrize(
    "claims",
    [
        *({"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.example"}, {"iss": None}),
        *({"aud": "another-client"}, {"aud": [CLIENT_ID, "another"], "azp": "another"}, {"sub": None}),
        {"exp": 1},
    ],
)  # fmt: skip
async def test_an_id_token_that_is_not_for_this_sign_in_is_refused(
    google_doors: Doors, provider: OpenIdProvider, claims: dict[str, Any]
) -> None:
    await google_doors.operator().mutate("userCreate", {"email": "ann@example.com", "role": "VIEWER"})
    provider.claims = claims
    assert is_refused(await sign_in(google_doors.client()), 400)


@pytest.mark.parametrize("way", ["signs_with_another_key", "signs_by_secret"])
async def test_an_id_token_that_google_did_not_sign_is_refused(
    google_doors: Doors, provider: OpenIdProvider, way: str
) -> None:
    await google_doors.operator().mutate("userCreate", {"email": "ann@example.com", "role": "VIEWER"})
    setattr(provider, way, True)
    assert is_refused(await sign_in(google_doors.client()), 400)


async def test_a_code_works_once(google_doors: Doors) -> None:
    await google_doors.operator().mutate("userCreate", {"email": "ann@example.com", "role": "VIEWER"})
    client = google_doors.client()
    back = await begin(client)
    cookies = dict(client.http.cookies)
    assert (await client.http.get(back)).status_code == 303
    # The same address again, and again with the cookies of before.
    assert is_refused(await client.http.get(back), 400)
    replaying = google_doors.client()
    replaying.http.cookies.update({"crm_google": cookies["crm_google"]})
    assert is_refused(await replaying.http.get(back), 400)


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_address_that_google_has_not_verified_is_nobodys(
    google_doors: Doors, provider: OpenIdProvider, verified: object
) -> None:
    await google_doors.operator().mutate("userCreate", {"email": "ann@example.com", "role": "ADMIN"})
    provider.person["email_verified"] = verified
    answer = await sign_in(google_doors.client())
    assert is_refused(answer, 403)
    assert (await google_doors.resources.database.users.find_one({}))["google_subject"] is None  # type: ignore[index]


async def test_strangers_and_the_deactivated_stay_out(google_doors: Doors, provider: OpenIdProvider) -> None:
    client = google_doors.client()
    assert is_refused(await sign_in(client), 403)
    admin = google_doors.operator()
    made = await admin.mutate("userCreate", {"email": "ann@example.com", "role": "VIEWER"}, "user { id }")
    assert is_refused(await sign_in(client), 403) is False
    await admin.mutate("userUpdate", {"id": made["user"]["id"], "isActive": False})
    assert is_refused(await sign_in(client), 403)
    provider.person |= {"sub": "google-2"}
    assert is_refused(await sign_in(client), 403), "another Google account of the same address"


async def test_open_registration_makes_viewers_but_never_the_first_user(
    resources: Resources, provider: OpenIdProvider
) -> None:
    changed = {**google(provider), "public_url": "http://localhost", "registration_open": True}
    async with open_doors(resources, **changed) as doors:
        assert is_refused(await sign_in(doors.client()), 403)
        await doors.operator().mutate("userCreate", {"email": "a@example.com", "role": "ADMIN"})
        assert (await sign_in(doors.client())).status_code == 303
        row: Any = await resources.database.users.find_one({"email_key": "ann@example.com"})
        assert (row["role"], row["name"], row["email_verified"]) == ("VIEWER", "Ann", True)


async def test_who_registered_with_anothers_address_loses_the_account_to_its_owner(
    resources: Resources, provider: OpenIdProvider
) -> None:
    changed = {**google(provider), "public_url": "http://localhost", "registration_open": True}
    async with open_doors(resources, **changed) as doors:
        await doors.user("admin@example.com", Role.ADMIN)
        squatter = doors.client()
        await squatter.mutate("register", {"email": "ann@example.com", "password": PASSWORD})
        await squatter.login("ann@example.com")
        assert await squatter.is_in()
        assert (await sign_in(doors.client())).status_code == 303
        assert not await squatter.is_in()
        assert (await squatter.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"
        assert (await doors.client().login("ann@example.com"))["errors"][0]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("person", "comes_in"),
    [
        ({}, True),
        ({"email": "ann@EXAMPLE.com", "hd": "Example.com"}, True),
        ({"hd": None}, False),
        ({"hd": "other.example"}, False),
        ({"email": "ann@other.example", "hd": "example.com"}, False),
        ({"email": "ann@other.example", "hd": "other.example"}, False),
        ({"email": "ann@example.com.evil.example", "hd": "example.com.evil.example"}, False),
    ],
)
async def test_only_accounts_of_the_allowed_domains_come_in(
    resources: Resources, provider: OpenIdProvider, person: dict[str, Any], comes_in: bool
) -> None:
    changed = {
        **google(provider),
        "public_url": "http://localhost",
        "google_allowed_domains": ["example.com"],
    }
    async with open_doors(resources, **changed) as doors:
        provider.person |= person
        await doors.operator().mutate("userCreate", {"email": provider.person["email"], "role": "VIEWER"})
        answer = await sign_in(doors.client())
        assert answer.status_code == (303 if comes_in else 403)
        assert is_refused(answer, 403) is not comes_in


async def test_callbacks_cannot_be_fired_at_the_provider_without_end(google_doors: Doors) -> None:
    client = google_doors.client()
    statuses = [
        (await client.http.get("http://localhost/auth/google/callback?state=x&code=x")).status_code
        for _ in range(40)
    ]
    assert statuses[0] == 400
    assert 429 in statuses
    events = await google_doors.resources.database.audit_events.count_documents({"action": "googleSignIn"})
    assert events <= 36


async def test_a_provider_that_is_away_is_a_sentence(resources: Resources, provider: OpenIdProvider) -> None:
    changed = {**google(provider), "google_issuer": "http://127.0.0.1:9", "public_url": "http://localhost"}
    async with open_doors(resources, **changed) as doors:
        answer = await doors.client().http.get("http://localhost/auth/google")
        assert (answer.status_code, "cannot be reached" in answer.text) == (503, True)


async def test_without_configuration_the_door_says_so(doors: Doors) -> None:
    answer = await doors.client().http.get("/auth/google")
    assert (answer.status_code, "not configured" in answer.text) == (404, True)
