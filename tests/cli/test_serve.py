"""`crm serve` as a real process on real servers: up, in several workers, drained."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from crm_graphql.local.mongod import Mongod, free_port
from tests.cli.running import CRM, crm, environment
from tests.conftest import TEST_SECRET, TEST_WEBHOOK_SECRET
from tests.servers.rabbitmq import RabbitNode

pytestmark = pytest.mark.xdist_group("dev")


@contextmanager
def _serving(
    folder: Path, mongod: Mongod, rabbitmq: RabbitNode, *options: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    variables = environment(
        CRM_SECRET_KEY=TEST_SECRET,
        CRM_WEBHOOK_SECRET=TEST_WEBHOOK_SECRET,
        CRM_MONGODB_URL=mongod.url,
        CRM_MONGODB_DATABASE="crm_serve_test",
        CRM_AMQP_URL=rabbitmq.url,
        CRM_QUEUE_PREFIX="crm-serve-test",
    )
    subprocess.run([CRM, "migrate"], cwd=folder, env=variables, check=True, capture_output=True)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [CRM, "serve", "--port", str(port), *options],
            cwd=folder,
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it never became ready")


@pytest.mark.parametrize("options", [(), ("--workers", "2")])
def test_it_serves_and_a_sigterm_ends_it_in_an_orderly_way(
    tmp_path: Path, mongod: Mongod, rabbitmq: RabbitNode, options: tuple[str, ...]
) -> None:
    with _serving(tmp_path, mongod, rabbitmq, *options) as (process, url):
        token = crm("token", cwd=tmp_path, CRM_SECRET_KEY=TEST_SECRET).out.strip()
        answer = httpx.post(
            f"{url}/graphql",
            json={"query": "{ customers { totalCount } }"},
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
        )
        assert "errors" not in answer.json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    log = (tmp_path / "log").read_text()
    assert '"event": "Application shutdown complete."' in log
    assert token not in log
    assert "Traceback" not in log


def test_a_port_in_use_is_named(tmp_path: Path, mongod: Mongod, rabbitmq: RabbitNode) -> None:
    with _serving(tmp_path, mongod, rabbitmq) as (_, url):
        port = url.rsplit(":", 1)[1]
        variables = {"CRM_SECRET_KEY": TEST_SECRET, "CRM_WEBHOOK_SECRET": TEST_WEBHOOK_SECRET}
        done = crm("serve", "--port", port, cwd=tmp_path, **variables)
    assert done.code == 2
    assert f"Port {port} is in use" in done.err


def test_a_database_that_is_away_is_a_sentence(tmp_path: Path) -> None:
    variables = {"CRM_SECRET_KEY": TEST_SECRET, "CRM_WEBHOOK_SECRET": TEST_WEBHOOK_SECRET}
    url = f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0"
    done = crm("serve", "--port", str(free_port()), cwd=tmp_path, CRM_MONGODB_URL=url, **variables)
    assert done.code == 2
    assert "MongoDB of CRM_MONGODB_URL cannot be used" in done.err
    assert "Traceback" not in done.err
