"""API keys that are none: asked for once, a few from each address, and in nobody's way who has a real one."""

from __future__ import annotations

import secrets

import pytest

from crm_graphql.accounts.documents import ApiKey
from crm_graphql.accounts.key_cache import GUESSES
from crm_graphql.accounts.secret_texts import API_KEY_PREFIX
from tests.accounts.doors import Doors

WHO = "{ viewer { __typename } customers { totalCount } }"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The secrets that the database was asked for."""
    asked: list[str] = []
    collection = ApiKey.get_pymongo_collection()
    find_one = type(collection).find_one

    async def counted(self: object, filter_: dict[str, str], *more: object) -> object:
        if "secret_hash" in filter_:
            asked.append(filter_["secret_hash"])
        return await find_one(self, filter_, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(collection), "find_one", counted)
    return asked


def made_up() -> str:
    """A secret that is no key's."""
    return f"{API_KEY_PREFIX}{secrets.token_urlsafe(32)}"


async def test_a_secret_that_is_none_is_looked_up_once(doors: Doors, looks: list[str]) -> None:
    client = doors.client("203.0.113.7")
    client.token = made_up()
    for _ in range(GUESSES * 2):
        assert (await client.post(WHO)).status_code == 200
    assert len(looks) == 1


async def test_who_tries_many_is_refused_without_a_look_and_others_are_not(
    doors: Doors, looks: list[str]
) -> None:
    guessing, honest = doors.client("203.0.113.7"), doors.client("198.51.100.7")
    for _ in range(GUESSES):
        guessing.token = made_up()
        await guessing.post(WHO)
    before = len(looks)
    guessing.token = made_up()
    refused = await guessing.post(WHO)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    bulk = await guessing.http.post("/ingest/orders", headers={"authorization": f"Bearer {made_up()}"})
    assert (bulk.status_code, len(looks)) == (429, before)
    honest.token = made_up()
    assert (await honest.post(WHO)).status_code == 200
