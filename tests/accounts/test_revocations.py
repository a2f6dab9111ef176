"""What was revoked in one process is soon out in every other, and after a restart; a token costs no read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.accounts import revocations as revocations_module
from crm_graphql.accounts.authentication import authenticate
from crm_graphql.accounts.documents import RevocationKind
from crm_graphql.accounts.revocations import Revocations, revoke
from crm_graphql.bus.port import Event
from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.resources import Resources
from tests.accounts.doors import Doors, open_doors


def someone(version: int = 1) -> Actor:
    """A user's actor with a session of its own."""
    key = ObjectId()
    return Actor(
        Role.VIEWER, str(key), kind=ActorKind.USER, user_id=key, session_id=ObjectId(), access_version=version
    )


@pytest.fixture
async def revocations(resources: Resources) -> AsyncIterator[Revocations]:
    made = Revocations(resources.bus)
    await made.start()
    yield made
    await made.close()


async def out_within(revocations: Revocations, actor: Actor, seconds: float) -> float:
    """How long it took until the actor was out."""
    start = time.monotonic()
    while True:
        try:
            revocations.check(actor)
        except Unauthenticated:
            return time.monotonic() - start
        assert time.monotonic() - start < seconds, "still in"
        await asyncio.sleep(0.005)


async def test_without_a_hint_a_revocation_arrives_by_the_regular_reading(
    revocations: Revocations, resources: Resources
) -> None:
    actor, other = someone(), someone()
    assert actor.session_id
    await revoke(RevocationKind.SESSION, actor.session_id, settings=resources.settings)
    assert await out_within(revocations, actor, 10.0) < 10.0
    revocations.check(other)


async def test_with_the_hint_it_arrives_at_once(
    revocations: Revocations, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations_module, "POLL_SECONDS", 3600.0)
    patient = Revocations(resources.bus)
    await patient.start()
    try:
        actor = someone()
        assert actor.session_id
        await asyncio.sleep(0.2)  # the watch is bound in the background
        await revoke(RevocationKind.SESSION, actor.session_id, settings=resources.settings)
        await resources.bus.broadcast(Event(topic=revocations_module.TOPIC))
        assert await out_within(patient, actor, 10.0) < 10.0
    finally:
        await patient.close()


async def test_a_process_that_starts_later_knows_what_was_revoked_before(resources: Resources) -> None:
    actor = someone()
    assert actor.session_id
    await revoke(RevocationKind.SESSION, actor.session_id, settings=resources.settings)
    fresh = Revocations(resources.bus)
    await fresh.start()
    try:
        with pytest.raises(Unauthenticated):
            fresh.check(actor)
    finally:
        await fresh.close()


async def test_a_users_new_version_puts_out_older_tokens_alone(
    revocations: Revocations, resources: Resources
) -> None:
    old = someone(version=2)
    assert old.user_id
    new = Actor(
        Role.VIEWER, "x", kind=ActorKind.USER, user_id=old.user_id, session_id=ObjectId(), access_version=3
    )
    await revoke(RevocationKind.USER, old.user_id, settings=resources.settings, access_version=3)
    await revoke(RevocationKind.USER, old.user_id, settings=resources.settings, access_version=2)
    await revocations.read()
    revocations.check(new)
    with pytest.raises(Unauthenticated):
        revocations.check(old)


async def test_who_listens_is_told_once_and_who_stopped_is_not(
    revocations: Revocations, resources: Resources
) -> None:
    actor = someone()
    told: list[tuple[str, Unauthenticated]] = []
    assert actor.session_id
    assert actor.user_id
    revocations.listen(actor, lambda reason: told.append(("first", reason)))
    stop = revocations.listen(actor, lambda reason: told.append(("stopped", reason)))
    revocations.listen(someone(), lambda reason: told.append(("other", reason)))
    stop()
    await revoke(RevocationKind.SESSION, actor.session_id, settings=resources.settings)
    await revoke(RevocationKind.USER, actor.user_id, settings=resources.settings, access_version=9)
    await revocations.read()
    await revocations.read()
    assert [name for name, _ in told] == ["first"]
    revocations.listen(actor, lambda reason: told.append(("late", reason)))
    assert [name for name, _ in told] == ["first", "late"]


async def test_a_listener_that_fails_keeps_nobody_else_from_being_told(
    revocations: Revocations, resources: Resources
) -> None:
    actor = someone()
    told: list[Unauthenticated] = []
    assert actor.session_id

    def fail(_reason: Unauthenticated) -> None:
        raise RuntimeError

    revocations.listen(actor, fail)
    revocations.listen(actor, told.append)
    await revoke(RevocationKind.SESSION, actor.session_id, settings=resources.settings)
    await revocations.read()
    assert len(told) == 1


async def test_memory_is_bounded_what_no_token_can_outlive_is_forgotten(
    revocations: Revocations, resources: Resources
) -> None:
    actors = [someone() for _ in range(50)]
    for actor in actors:
        assert actor.session_id
        await revoke(RevocationKind.SESSION, actor.session_id, settings=resources.settings)
    await revocations.read()
    margin = revocations_module.MARGIN_SECONDS
    longest = timedelta(seconds=resources.settings.access_token_ttl_seconds + margin)
    rows = await resources.database.revocations.find({}).to_list()
    assert all(row["expires_at"] - row["at"] == longest for row in rows)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await resources.database.revocations.update_many({}, {"$set": {"expires_at": past}})
    await revocations.read()
    for actor in actors:
        revocations.check(actor)


async def test_a_session_that_ends_in_one_process_is_out_in_the_other(
    doors: Doors, resources: Resources
) -> None:
    client = await doors.user("u@example.com")
    async with open_doors(resources) as elsewhere:
        there = elsewhere.client()
        there.token = client.token
        assert await there.is_in()
        await client.mutate("logout", None)
        start = time.monotonic()
        while await there.is_in():
            assert time.monotonic() - start < 10.0
            await asyncio.sleep(0.01)


async def test_a_users_token_is_authenticated_without_the_database(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await doors.user("u@example.com")

    def refuse(*_: Any, **__: Any) -> object:
        raise AssertionError("the database was asked")

    monkeypatch.setattr("pymongo.asynchronous.collection.AsyncCollection.find", refuse)
    monkeypatch.setattr("pymongo.asynchronous.collection.AsyncCollection.find_one", refuse)
    monkeypatch.setattr("pymongo.asynchronous.collection.AsyncCollection.update_one", refuse)
    for _ in range(100):
        actor = await authenticate(doors.resources.access, f"Bearer {client.token}")
    assert actor.kind is ActorKind.USER
