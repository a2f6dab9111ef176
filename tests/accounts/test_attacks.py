"""What an attacker tries at the doors, each attack as a test.

Forged tokens are in `test_tokens`, Google's flow in `test_google`, live sockets in `test_live`.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.accounts import sessions, throttle
from crm_graphql.accounts.sessions import Origin
from crm_graphql.accounts.sign_in import SignInRefused, login
from crm_graphql.accounts.throttle import Throttled
from crm_graphql.core.actor import Role
from crm_graphql.core.ids import encode_id
from crm_graphql.resources import Resources
from tests.accounts.doors import ORIGIN, PASSWORD, TOKENS, Client, Doors, open_doors

LOGIN = f"mutation ($input: LoginInput!) {{ login(input: $input) {{ {TOKENS} }} }}"
REFRESH = f"mutation {{ refresh {{ {TOKENS} }} }}"


async def events(doors: Doors, action: str) -> list[dict[str, Any]]:
    return await doors.resources.database.audit_events.find({"action": action}).to_list()


async def test_a_used_refresh_token_seen_again_ends_the_session_and_is_audited(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = await doors.user("u@example.com")
    stolen = victim.refresh_token
    await victim.refresh()
    monkeypatch.setattr(sessions, "GRACE_SECONDS", 0)
    thief = doors.client("203.0.113.9")
    assert (await thief.refresh(stolen))["errors"][0]["code"] == "UNAUTHENTICATED"
    assert not await victim.is_in()
    assert (await victim.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"
    (event,) = await events(doors, "refreshTokenReplayed")
    assert (event["ip_address"], event["succeeded"], event["actor"]) == ("203.0.113.9", False, "system")


async def test_a_thief_who_is_first_is_found_out_when_the_owner_comes(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, thief = await doors.user("u@example.com"), doors.client()
    await thief.refresh(victim.refresh_token)
    await thief.refresh()
    assert await thief.is_in()
    monkeypatch.setattr(sessions, "GRACE_SECONDS", 0)
    assert (await victim.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"
    assert not await thief.is_in()
    assert (await thief.refresh())["errors"][0]["code"] == "UNAUTHENTICATED"


async def test_tabs_that_refresh_at_the_same_moment_get_the_same_successor(doors: Doors) -> None:
    browser = await doors.user("u@example.com")
    tabs = [doors.client() for _ in range(10)]
    answers = await asyncio.gather(*[tab.refresh(browser.refresh_token) for tab in tabs])
    assert [answer["errors"] for answer in answers] == [[]] * 10
    assert len({tab.refresh_token for tab in tabs}) == 1
    assert (await tabs[0].refresh())["errors"] == []
    assert await tabs[1].is_in()


async def test_a_made_up_refresh_token_with_a_known_session_id_ends_nothing(doors: Doors) -> None:
    victim = await doors.user("u@example.com")
    session = str((await doors.resources.database.sessions.find_one({}))["_id"])  # type: ignore[index]
    family = str(victim.refresh_token).split(".")[1]
    for token in (
        f"crmr_{session}.{'A' * 32}.{'0' * 64}",
        f"crmr_{ObjectId()}.{family}.x",
        "crmr_..",
        "",
        "x" * 9999,
    ):
        assert (await doors.client().refresh(token or "crmr_"))["errors"][0]["code"] == "UNAUTHENTICATED"
    assert await victim.is_in()
    assert (await victim.refresh())["errors"] == []


async def test_fixation_a_session_is_made_anew_at_each_sign_in(doors: Doors) -> None:
    attacker = await doors.user("eve@example.com")
    await doors.user("u@example.com")
    victim = doors.client()
    victim.token = attacker.token
    victim.http.cookies.set("crm_refresh", str(attacker.refresh_token), domain="crm.test", path="/graphql")
    payload = await victim.login("u@example.com")
    assert payload["user"]["email"] == "u@example.com"
    assert str(victim.refresh_token).split(".")[0] != str(attacker.refresh_token).split(".")[0]
    assert (await attacker.data("{ viewer { user { email } } }"))["user"]["email"] == "eve@example.com"


@pytest.mark.parametrize(
    "extra", ["role: ADMIN", "isActive: true", "emailVerified: true", "accessVersion: 9"]
)
async def test_mass_assignment_the_caller_never_chooses_what_it_is(doors: Doors, extra: str) -> None:
    await doors.first_admin()
    values = f'{{email: "e@example.com", password: "{PASSWORD}", {extra}}}'
    document = f"mutation {{ register(input: {values}) {{ user {{ role }} }} }}"
    body = await doors.client().ask(document)
    assert body["errors"][0]["extensions"]["code"] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")
    assert await doors.resources.database.users.count_documents({}) == 1


async def test_login_and_registration_say_the_same_for_addresses_that_exist_and_do_not(
    resources: Resources,
) -> None:
    async with open_doors(resources, registration_open=True) as doors:
        admin = await doors.first_admin()
        await doors.user("known@example.com", by=admin)
        await doors.user("out@example.com", by=admin)
        out = await admin.data("{ users { nodes { id email } } }")
        (key,) = [one["id"] for one in out["nodes"] if one["email"] == "out@example.com"]
        await admin.mutate("userUpdate", {"id": key, "isActive": False})
        answers = [
            await doors.client().login(email, password)
            for email, password in (
                ("known@example.com", "wrong wrong wrong"),
                ("unknown@example.com", "wrong wrong wrong"),
                ("out@example.com", PASSWORD),
                ("not an address", "x"),
                ("\x00@example.com", "x"),
            )
        ]
        assert all(answer == answers[0] for answer in answers)
        assert answers[0]["errors"][0]["code"] == "UNAUTHENTICATED"
        registered = [
            await doors.client().mutate(
                "register", {"email": email, "password": PASSWORD}, "user { id } tokens { accessToken }"
            )
            for email in ("known@example.com", "KNOWN@example.com", "free@example.com")
        ]
        assert registered == [{"user": None, "tokens": None, "errors": []}] * 3
        assert (await doors.client().login("known@example.com"))["errors"] == []


async def test_the_time_of_a_login_does_not_tell_whether_an_address_exists(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the work counts here, not the delays; hashing weighs as much as in production beside the rest.
    monkeypatch.setattr(throttle, "ADDRESS", throttle.Limit(10**6, 1, 60))
    monkeypatch.setattr(throttle, "ACCOUNT", throttle.Limit(10**6, 1, 60))
    monkeypatch.setattr(throttle, "ACCOUNT_FROM_ADDRESS", throttle.Limit(10**6, 1, 60))
    async with open_doors(resources, password_hash_memory_kib=8192) as doors:
        await doors.user("known@example.com")
        client = doors.client()
        times: dict[str, list[float]] = {"known@example.com": [], "nobody@example.com": []}
        for _ in range(25):
            for email, found in times.items():
                start = time.perf_counter()
                await client.login(email, "wrong wrong wrong")
                found.append(time.perf_counter() - start)
        known, unknown = (statistics.median(found) for found in times.values())
        # Without the hash for nobody the second would be several times as fast.
        assert 0.6 < known / unknown < 1.6, (known, unknown)


async def test_ten_thousand_wrong_passwords_get_a_handful_of_looks_and_the_owner_comes_in_all_the_same(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await doors.user("u@example.com")
    access, clock = doors.resources.access, doors.resources.clock
    looks = 0
    verify = access.passwords.verify

    async def counted(password: str, stored: str | None) -> tuple[bool, str | None]:
        nonlocal looks
        looks += 1
        return await verify(password, stored)

    monkeypatch.setattr(access.passwords, "verify", counted)
    outcomes = {"looked at": 0, "refused": 0}

    async def guess(number: int) -> None:
        try:
            await login("u@example.com", f"guess {number}", Origin("203.0.113.5"), access=access, clock=clock)
        except SignInRefused:
            outcomes["looked at"] += 1
        except Throttled:
            outcomes["refused"] += 1

    for start in range(0, 10_000, 100):
        await asyncio.gather(*[guess(number) for number in range(start, start + 100)])
    assert sum(outcomes.values()) == 10_000
    # Five are free; in the seconds that this takes the doubling delay lets a few more through.
    assert looks == outcomes["looked at"] <= 12
    assert await owner.is_in()
    assert (await owner.refresh())["errors"] == []
    assert (await doors.client("198.51.100.1").login("u@example.com"))["errors"] == []


async def test_a_flood_is_told_in_powers_of_ten_and_does_not_fill_the_audit(doors: Doors) -> None:
    await doors.user("u@example.com")
    client = doors.client("203.0.113.5")
    for _ in range(60):
        await client.login("u@example.com", "wrong wrong wrong")
        await client.refresh("crmr_made-up")
    logins = [event for event in await events(doors, "login") if event["code"] == "RATE_LIMITED"]
    assert 1 <= len(logins) <= 8
    user: Any = await doors.resources.database.users.find_one({})
    assert {event["subject_id"] for event in logins} == {encode_id("User", user["_id"])}
    assert len(await events(doors, "refresh")) <= throttle.ADDRESS.free + 6


async def test_many_addresses_cannot_guess_at_one_account_faster_than_once_a_minute(doors: Doors) -> None:
    access, clock = doors.resources.access, doors.resources.clock
    codes: list[type[Exception]] = []
    for number in range(60):
        with pytest.raises((SignInRefused, Throttled)) as caught:
            await login("u@example.com", "guess", Origin(f"203.0.113.{number}"), access=access, clock=clock)
        codes.append(caught.type)
    assert codes.count(SignInRefused) <= throttle.ACCOUNT.free + 4
    row: Any = await doors.resources.database.sign_in_attempts.find_one(
        {"_id": {"$regex": "^account:[0-9a-f]+$"}}
    )
    assert (row["next_at"] - row["now"]).total_seconds() <= throttle.ACCOUNT.longest_seconds


async def test_one_address_cannot_go_through_many_accounts(doors: Doors) -> None:
    access, clock = doors.resources.access, doors.resources.clock
    refused = 0
    for number in range(60):
        try:
            await login(
                f"u{number}@example.com", "Summer2026!!", Origin("2001:db8::1"), access=access, clock=clock
            )
        except Throttled:
            refused += 1
        except SignInRefused:
            pass
    assert refused >= 60 - throttle.ADDRESS.free - 4
    # Another address of the same network is the same guesser.
    with pytest.raises(Throttled):
        await login("x@example.com", "x", Origin("2001:db8::ffff:2"), access=access, clock=clock)


async def test_setup_codes_and_links_cannot_be_tried_out_either(doors: Doors) -> None:
    client, codes = doors.client(), []
    for number in range(40):
        payload = await client.mutate("passwordSet", {"code": f"{number}", "password": PASSWORD})
        codes.append(payload["errors"][0]["code"])
        payload = await client.mutate(
            "register", {"email": "e@example.com", "password": PASSWORD, "setupCode": "A"}
        )
        codes.append(payload["errors"][0]["code"])
    assert "RATE_LIMITED" in codes[::2]
    assert "RATE_LIMITED" in codes[1::2]
    assert set(codes[:40]) == {"INVALID", "FORBIDDEN"}


async def test_many_guesses_in_one_operation_count_one_by_one(doors: Doors) -> None:
    await doors.user("u@example.com")
    guess = 'g%d: login(input: {email: "u@example.com", password: "guess %d"}) { errors { code } }'
    document = "mutation { " + " ".join(guess % (number, number) for number in range(15)) + " }"
    body = await doors.client().ask(document)
    codes = [payload["errors"][0]["code"] for payload in body["data"].values()]
    assert codes.count("UNAUTHENTICATED") <= throttle.ACCOUNT_FROM_ADDRESS.free + 1
    assert "RATE_LIMITED" in codes
    document = "mutation { " + " ".join(guess % (number, number) for number in range(100)) + " }"
    body = await doors.client().ask(document)
    assert "data" not in body, "an operation of so many logins does not run"


@pytest.mark.parametrize("name", ["login", "register", "refresh", "logout"])
async def test_nothing_is_done_by_get(doors: Doors, name: str) -> None:
    admin = await doors.first_admin()
    values = f'(input: {{email: "ada@example.com", password: "{PASSWORD}"}})'
    argument = values if name in ("login", "register") else ""
    answer = await admin.http.get(
        "/graphql",
        params={"query": f"mutation {{ {name}{argument} {{ errors {{ code }} }} }}"},
        headers={"authorization": f"Bearer {admin.token}"},
    )
    assert answer.status_code == 405, answer.text
    assert await admin.is_in()


async def with_cookie(doors: Doors) -> Client:
    """A browser that was signed in by this server's own page."""
    await doors.user("u@example.com")
    browser = doors.client()
    values = {"email": "u@example.com", "password": PASSWORD, "useCookie": True}
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
    body = await browser.ask(LOGIN, {"input": values}, headers)
    payload = body["data"]["login"]
    assert (payload["errors"], payload["tokens"]["refreshToken"]) == ([], None)
    return browser


async def test_the_cookie_is_for_the_browser_alone_and_for_the_api_alone(doors: Doors) -> None:
    await doors.user("u@example.com")
    values = {"email": "u@example.com", "password": PASSWORD, "useCookie": True}
    answer = await doors.client().post(LOGIN, {"input": values}, {"origin": ORIGIN})
    (cookie,) = answer.headers.get_list("set-cookie")
    name, *attributes = [part.strip() for part in cookie.split(";")]
    assert name.startswith("__Secure-crm_refresh=crmr_")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/graphql"} <= set(attributes)
    assert not any(part.lower().startswith("domain") for part in attributes)


async def test_a_browser_goes_on_and_leaves_with_its_cookie(resources: Resources) -> None:
    async with open_doors(resources, public_url="http://127.0.0.1:8000") as doors:
        browser = await with_cookie(doors)
        own = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
        before = browser.http.cookies["crm_refresh"]
        payload = (await browser.ask(REFRESH, headers=own))["data"]["refresh"]
        assert (payload["errors"], payload["tokens"]["refreshToken"]) == ([], None)
        assert browser.http.cookies["crm_refresh"] != before
        browser.token = payload["tokens"]["accessToken"]
        assert (await browser.mutate("logout", None))["errors"] == []
        assert "crm_refresh" not in browser.http.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"origin": f"{ORIGIN}.evil.example", "sec-fetch-site": "same-site"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {},
    ],
)
async def test_cookies_that_another_site_sends_are_refused(
    resources: Resources, headers: dict[str, str]
) -> None:
    async with open_doors(resources, public_url="http://127.0.0.1:8000") as doors:
        browser = await with_cookie(doors)
        before = browser.http.cookies["crm_refresh"]
        payload = (await browser.ask(REFRESH, headers=headers))["data"]["refresh"]
        assert (payload["tokens"], payload["errors"][0]["code"]) == (None, "FORBIDDEN")
        assert browser.http.cookies["crm_refresh"] == before
        # Nor can another site sign its visitor in as somebody else.
        values = {"email": "u@example.com", "password": PASSWORD, "useCookie": True}
        answer = await doors.client().post(LOGIN, {"input": values}, headers)
        assert answer.json()["data"]["login"]["errors"][0]["code"] == "FORBIDDEN"
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_forms_of_another_site_are_no_requests(doors: Doors, kind: str) -> None:
    answer = await doors.client().http.post(
        "/graphql",
        content=b'{"query": "mutation { refresh { errors { code } } }"}',
        headers={"content-type": kind},
    )
    assert answer.status_code == 415


async def test_no_secret_is_stored_or_logged(doors: Doors, capfd: pytest.CaptureFixture[str]) -> None:
    client = await doors.user("u@example.com", Role.ADMIN)
    key = await client.mutate("apiKeyCreate", {"name": "k", "role": "VIEWER"}, "secret apiKey { id }")
    reset = await client.mutate(
        "userPasswordReset", {"id": (await client.login("u@example.com"))["user"]["id"]}, "resetUrl"
    )
    secrets = [
        PASSWORD,
        client.refresh_token,
        client.token,
        key["secret"],
        reset["resetUrl"].partition("=")[2],
    ]
    stored = ""
    for name in await doors.resources.database.list_collection_names():
        stored += str(await doors.resources.database[name].find({}).to_list())
    printed = "".join(capfd.readouterr())
    for secret in secrets:
        assert secret
        assert secret not in stored
        assert secret not in printed
