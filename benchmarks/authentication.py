"""What does it cost to know who asks: a request, a login, and how soon is a session out that was revoked?

Each figure stands beside its raw limit of the same run: PyJWT's own decoding, the driver's own look-up,
Argon2 alone on as many threads. Requests are those of one API process over 16 connections, the median of
interleaved rounds; its floor is `/health/live`.

Run: .venv/bin/python -m benchmarks.authentication
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
from argon2 import PasswordHasher
from bson import ObjectId
from websockets.exceptions import ConnectionClosed

from crm_graphql.accounts import revocations as revocations_module
from crm_graphql.accounts.api_keys import create_api_key
from crm_graphql.accounts.authentication import authenticate
from crm_graphql.accounts.documents import ApiKey, RevocationKind
from crm_graphql.accounts.key_cache import ApiKeyCache
from crm_graphql.accounts.passwords import HASHES_AT_ONCE
from crm_graphql.accounts.revocations import Revocations, revoke
from crm_graphql.accounts.tokens import ALGORITHM, mint_user_token
from crm_graphql.core.actor import SYSTEM, Actor, ActorKind, Role
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.core.settings import BusKind, Settings, load_settings
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources
from tests.servers.deployment import SECRET, WEBHOOK_SECRET, Deployment
from tests.servers.rabbitmq import RabbitNode

PASSWORD = "seven green kettles sing"  # noqa: S105
CALLS = 20_000
CONNECTIONS = 16
REQUESTS = 4_000
ROUNDS = 5
WITHOUT_RATES = {
    "log_level": "WARNING",
    "rate_cost_per_minute": 0,
    "anonymous_requests_per_minute": 0,
}
LOGINS = 200
REVOCATIONS = 20


async def microseconds(call: Callable[[], Awaitable[object]], calls: int) -> float:
    """The mean time of a call."""
    start = time.perf_counter()
    for _ in range(calls):
        await call()
    return (time.perf_counter() - start) / calls * 1e6


async def one_request(settings: Settings) -> None:
    """What `authenticate` adds to a request."""
    async with open_resources(settings) as resources:
        # As much to look through as a busy quarter of an hour leaves.
        for _ in range(1_000):
            await revoke(RevocationKind.SESSION, ObjectId(), settings=settings)
        await resources.access.revocations.read()
        await a_token(resources)
        await a_key(resources)


async def a_token(resources: Resources) -> None:
    """A user's access token, the first time and again."""
    access, settings = resources.access, resources.settings
    who = {"user_id": ObjectId(), "session_id": ObjectId()}
    token, _ = mint_user_token(settings, **who, role=Role.VIEWER, email="a@example.com", access_version=1)
    key = settings.secret_key.get_secret_value()

    async def decode() -> object:
        return jwt.decode(token, key, algorithms=[ALGORITHM], audience="crm-graphql", issuer="crm-graphql")

    async def first() -> object:
        access.tokens.clear()
        return await authenticate(access, f"Bearer {token}")

    raw, users = await microseconds(decode, CALLS), await microseconds(first, CALLS)
    print(f"a user's token, first time: {users:.0f} us, no database")
    print(f"  PyJWT alone: {raw:.0f} us, ratio {users / raw:.2f}")
    again = await microseconds(lambda: authenticate(access, f"Bearer {token}"), CALLS)
    print(f"a user's token, again: {again:.1f} us, no database")


async def a_key(resources: Resources) -> None:
    """An API key, known and looked up."""
    access = resources.access
    row, secret = await create_api_key(
        SYSTEM, name="bench", role=Role.VIEWER, expires_at=None, clock=resources.clock
    )

    async def find() -> object:
        return await ApiKey.get_pymongo_collection().find_one({"secret_hash": row["secret_hash"]})

    async def cold() -> object:
        access.keys = ApiKeyCache()
        return await authenticate(access, f"Bearer {secret}")

    await cold()
    warm = await microseconds(lambda: authenticate(access, f"Bearer {secret}"), CALLS)
    print(f"an API key used in the last half minute: {warm:.1f} us, no database")
    looked_up, raw = await microseconds(cold, 1_000), await microseconds(find, 1_000)
    print(f"an API key looked up: {looked_up:.0f} us")
    print(f"  find_one alone: {raw:.0f} us, ratio {looked_up / raw:.2f}")


async def requests_per_second(port: int, head: str, body: bytes = b"") -> float:
    """Over keep-alive connections, by a client that does nothing but send and read."""
    request = f"{head}\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body

    async def client(count: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(count):
            writer.write(request)
            headers = await reader.readuntil(b"\r\n\r\n")
            assert headers.startswith(b"HTTP/1.1 200"), headers
            length = int(headers.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
        writer.close()

    await asyncio.gather(*[client(20) for _ in range(CONNECTIONS)])
    start = time.perf_counter()
    await asyncio.gather(*[client(REQUESTS // CONNECTIONS) for _ in range(CONNECTIONS)])
    return REQUESTS / (time.perf_counter() - start)


async def payload(deployment: Deployment, document: str, input: Any = None, token: str | None = None) -> Any:
    """The payload of a mutation that must succeed."""
    data = await deployment.graphql(document, {"i": input} if input else {}, token=token)
    (found,) = data.values()
    assert found["errors"] == [], found
    return found


async def user(deployment: Deployment, email: str) -> None:
    """A user with the password."""
    document = "mutation ($i: UserCreateInput!) { userCreate(input: $i) { inviteUrl errors { message } } }"
    made = await payload(deployment, document, {"email": email, "role": "VIEWER"})
    code = made["inviteUrl"].partition("=")[2]
    document = "mutation ($i: PasswordSetInput!) { passwordSet(input: $i) { errors { message } } }"
    await payload(deployment, document, {"code": code, "password": PASSWORD})


async def login(deployment: Deployment, email: str) -> str:
    """An access token."""
    document = "mutation ($i: LoginInput!) { login(input: $i) { tokens { accessToken } errors { message } } }"
    done = await payload(deployment, document, {"email": email, "password": PASSWORD})
    return str(done["tokens"]["accessToken"])


async def through_the_api(deployment: Deployment) -> None:
    """Requests/s with and without authentication, and logins/s."""
    emails = [f"u{number}@example.com" for number in range(8)]
    for email in emails:
        await user(deployment, email)
    token = await login(deployment, emails[0])
    document = "mutation ($i: ApiKeyCreateInput!) { apiKeyCreate(input: $i) { secret errors { message } } }"
    key = (await payload(deployment, document, {"name": "bench", "role": "VIEWER"}))["secret"]
    body = json.dumps({"query": "{ __typename }"}).encode()
    head = "POST /graphql HTTP/1.1\r\ncontent-type: application/json"
    port = deployment.ports[0]
    ways = {
        "/health/live": ("GET /health/live HTTP/1.1", b""),
        "without authentication": (head, body),
        "with a user's token": (f"{head}\r\nauthorization: Bearer {token}", body),
        "with an API key": (f"{head}\r\nauthorization: Bearer {key}", body),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, (lines, sent) in ways.items():
            found[name].append(await requests_per_second(port, lines, sent))
    nobody = statistics.median(found["without authentication"])
    for name, rates in found.items():
        rate = statistics.median(rates)
        print(f"requests/s {name}: {rate:,.0f}, ratio to those without authentication {rate / nobody:.2f}")
    start = time.perf_counter()

    async def sign_in(email: str) -> None:
        for _ in range(LOGINS // len(emails)):
            await login(deployment, email)

    await asyncio.gather(*[sign_in(email) for email in emails])
    logins = LOGINS / (time.perf_counter() - start)
    alone, milliseconds = argon2_alone()
    print(f"logins/s: {logins:.1f}")
    print(f"  Argon2 alone on {HASHES_AT_ONCE} threads: {alone:.1f}, ratio {logins / alone:.2f}")
    print(f"one hash: {milliseconds:.0f} ms")


def argon2_alone() -> tuple[float, float]:
    """Verifications/s on as many threads as the product uses, and the milliseconds of one by itself."""
    settings = load_settings(_env_file=None)
    hasher = PasswordHasher(settings.password_hash_passes, settings.password_hash_memory_kib, 1)
    stored = hasher.hash(PASSWORD)
    start = time.perf_counter()
    with ThreadPoolExecutor(HASHES_AT_ONCE) as pool:
        list(pool.map(lambda _: hasher.verify(stored, PASSWORD), range(LOGINS)))
    each = LOGINS / (time.perf_counter() - start)
    single = []
    for _ in range(20):
        start = time.perf_counter()
        hasher.verify(stored, PASSWORD)
        single.append((time.perf_counter() - start) * 1000)
    return each, statistics.median(single)


async def until_a_socket_closes(deployment: Deployment) -> None:
    """From `logout` sent to one API process to the close of the session's socket at another."""
    await user(deployment, "leaving@example.com")
    times = []
    for _ in range(REVOCATIONS):
        token = await login(deployment, "leaving@example.com")
        async with deployment.socket(1, token=token) as socket:
            start = time.perf_counter()
            await payload(deployment, "mutation { logout { errors { message } } }", token=token)
            try:
                await asyncio.wait_for(socket.recv(), 30)
            except ConnectionClosed:
                times.append((time.perf_counter() - start) * 1000)
    assert len(times) == REVOCATIONS
    print(f"from logout to the close of a socket in another process: {spread(times)}")


async def until_it_is_read(settings: Settings) -> None:
    """The same without the broker's hint: by the regular reading alone."""
    times = []
    async with open_resources(settings) as resources:
        revocations = Revocations(resources.bus)
        await revocations.start()
        for number in range(REVOCATIONS):
            actor = Actor(Role.VIEWER, "x", kind=ActorKind.USER, user_id=ObjectId(), session_id=ObjectId())
            assert actor.session_id is not None
            await asyncio.sleep(number % 10 / 10)
            await revoke(RevocationKind.SESSION, actor.session_id, settings=settings)
            start = time.perf_counter()
            while not is_out(revocations, actor):
                await asyncio.sleep(0.005)
            times.append((time.perf_counter() - start) * 1000)
        await revocations.close()
    print(f"  without a hint, read every {revocations_module.POLL_SECONDS} s: {spread(times)}")


def spread(milliseconds: list[float]) -> str:
    """The middle and the worst."""
    return f"p50 {statistics.median(milliseconds):.0f} ms, most {max(milliseconds):.0f} ms"


def is_out(revocations: Revocations, actor: Actor) -> bool:
    """Whether it is refused."""
    try:
        revocations.check(actor)
    except Unauthenticated:
        return True
    return False


async def measure(folder: Path) -> None:
    """Print the figures."""
    mongod = Mongod(folder / "mongod")
    mongod.start()
    rabbitmq = RabbitNode(folder / "rabbitmq")
    rabbitmq.start()
    settings = load_settings(
        _env_file=None,
        mongodb_url=mongod.url,
        mongodb_database="crm_bench",
        bus=BusKind.EMBEDDED,
        secret_key=SECRET,
        webhook_secret=WEBHOOK_SECRET,
        access_token_ttl_seconds=3600,
        log_level="ERROR",
    )
    deployment = Deployment(folder, mongod, rabbitmq, consumers=0, apis=2, settings=WITHOUT_RATES)
    try:
        await one_request(settings)
        await deployment.start()
        await through_the_api(deployment)
        await until_a_socket_closes(deployment)
        await until_it_is_read(settings)
    finally:
        await deployment.close()
        rabbitmq.close()
        mongod.kill()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measure(Path(name)))
