"""CRM_SECRET_KEY changes while processes run, some on the settings before and some on those after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from crm_graphql.accounts.setup_code import is_setup_code, setup_code
from crm_graphql.core.settings import Settings
from crm_graphql.resources import Resources
from tests.accounts.doors import Doors, open_doors
from tests.accounts.test_google import begin, google
from tests.accounts.test_google import provider as provider
from tests.accounts.test_google import shared_provider as shared_provider
from tests.conftest import TEST_SECRET
from tests.servers.openid import OpenIdProvider

NEW = "the-next-key-of-tests-3bQ9vX4tLs8RkP6d-long-enough"
ANNOUNCED: dict[str, Any] = {"previous_secret_keys": [SecretStr(NEW)]}
CHANGED: dict[str, Any] = {
    "secret_key": SecretStr(NEW),
    "previous_secret_keys": [SecretStr(TEST_SECRET)],
}


@pytest.fixture
async def both(resources: Resources) -> AsyncIterator[tuple[Doors, Doors]]:
    """A process that knows the next key, and one that signs with it already."""
    async with AsyncExitStack() as stack:
        before = await stack.enter_async_context(open_doors(resources, **ANNOUNCED))
        after = await stack.enter_async_context(open_doors(resources, **CHANGED))
        yield before, after


async def test_who_signed_in_at_either_is_in_at_both(both: tuple[Doors, Doors]) -> None:
    await both[0].first_admin()
    for signs, reads in (both, reversed(both)):
        person = signs.client()
        await person.login("ada@example.com")
        elsewhere = reads.client()
        elsewhere.token, elsewhere.refresh_token = person.token, person.refresh_token
        assert await elsewhere.is_in()
        assert (await elsewhere.refresh())["errors"] == []
        person.refresh_token = elsewhere.refresh_token
        assert (await person.refresh())["errors"] == []
        assert await person.is_in()


async def test_two_tabs_that_refresh_at_different_processes_stay_signed_in(
    both: tuple[Doors, Doors],
) -> None:
    await both[0].first_admin()
    for first, second in (both, reversed(both)):
        person = first.client()
        await person.login("ada@example.com")
        tab = second.client()
        tab.refresh_token = person.refresh_token
        assert (await person.refresh())["errors"] == []
        assert (await tab.refresh())["errors"] == []
        assert tab.refresh_token == person.refresh_token
        assert (await tab.refresh())["errors"] == []


async def test_a_google_sign_in_that_begins_at_one_process_ends_at_the_other(
    resources: Resources, provider: OpenIdProvider
) -> None:
    options = {**google(provider), "public_url": "http://localhost", "registration_open": True}
    async with (
        open_doors(resources, **options, **ANNOUNCED) as before,
        open_doors(resources, **options, **CHANGED) as after,
    ):
        await before.first_admin()
        for first, second in ((before, after), (after, before)):
            client, other = first.client(), second.client()
            address = await begin(client)
            other.http.cookies = client.http.cookies
            ended = await other.http.get(address)
            cookies = ended.headers.get_list("set-cookie")
            assert any("crm_refresh=crmr_" in cookie for cookie in cookies), ended.text


def test_the_setup_code_of_either_is_taken_by_both(settings: Settings) -> None:
    before, after = (settings.model_copy(update=change) for change in (ANNOUNCED, CHANGED))
    assert setup_code(before) != setup_code(after)
    for one in (before, after):
        assert is_setup_code(setup_code(before), one)
        assert is_setup_code(setup_code(after).lower(), one)
        assert not is_setup_code("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA", one)
    assert not is_setup_code(setup_code(after), settings)
