"""A simulator process and a callback, shared by the tests and emptied before each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx
import pytest

from tests.conftest import TEST_WEBHOOK_SECRET
from tests.servers.simulator import SimulatorProcess
from tests.simulator.receiver import Receiver, listening


@pytest.fixture(scope="session")
def shared_receiver() -> Receiver:
    """A callback for all tests."""
    return Receiver(TEST_WEBHOOK_SECRET)


@pytest.fixture(scope="session")
def shared_simulator(
    tmp_path_factory: pytest.TempPathFactory, shared_receiver: Receiver
) -> Iterator[SimulatorProcess]:
    """A simulator for all tests, with receipts at once."""
    with listening(shared_receiver) as callback_url:
        process = SimulatorProcess(
            tmp_path_factory.mktemp("simulator"),
            callback_url=callback_url,
            secret=TEST_WEBHOOK_SECRET,
            receipt_delay_ms=0,
        )
        process.start()
        yield process
        process.close()


@pytest.fixture
def simulator(shared_simulator: SimulatorProcess) -> SimulatorProcess:
    """A running simulator that has seen nothing and does as by default."""
    shared_simulator.reset()
    return shared_simulator


@pytest.fixture
def receiver(simulator: SimulatorProcess, shared_receiver: Receiver) -> Receiver:
    """Its callback, which has got nothing and takes everything."""
    shared_receiver.reset()
    return shared_receiver


@pytest.fixture
def client(simulator: SimulatorProcess) -> Iterator[httpx.Client]:
    """A plain HTTP client of it."""
    with httpx.Client(base_url=simulator.url, timeout=30, trust_env=False) as opened:
        yield opened


def keys(count: int, attempt: int = 1) -> list[str]:
    """Keys as the product makes them."""
    return [f"{number:024x}-{attempt}" for number in range(count)]


def batch(wanted: Sequence[str], **message: str | None) -> dict[str, object]:
    """The body of a call that sends these keys."""
    return {
        "messages": [
            {
                "key": key,
                "to": f"{key[:24].lstrip('0') or '0'}@example.com",
                "channel": "EMAIL",
                "subject": "Hello",
                "body": f"Message {key}",
                "tag": "campaign-1",
                **message,
            }
            for key in wanted
        ]
    }
