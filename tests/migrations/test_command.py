"""`crm migrate` as an operator runs it, and processes that start before it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from crm_graphql.local.mongod import Mongod, free_port
from crm_graphql.migrations.runner import LOOK_AGAIN_SECONDS
from crm_graphql.migrations.steps import STEPS
from tests.cli.running import CRM, Done, crm, environment
from tests.conftest import TEST_SECRET, TEST_WEBHOOK_SECRET

pytestmark = pytest.mark.slow

READY = "The database is ready for this release."
NAME = "crm_migrate_test"


@pytest.fixture
def database(mongod: Mongod) -> Iterator[Database[dict[str, Any]]]:
    """An empty database of the test's own."""
    with MongoClient[dict[str, Any]](mongod.url) as client:
        client.drop_database(NAME)
        yield client[NAME]
        client.drop_database(NAME)


@pytest.fixture
def variables(mongod: Mongod) -> dict[str, str]:
    """The settings of a deployment in production, whose broker is away."""
    return {
        "CRM_MONGODB_URL": mongod.url,
        "CRM_MONGODB_DATABASE": NAME,
        "CRM_AMQP_URL": f"amqp://127.0.0.1:{free_port()}/",
        "CRM_SECRET_KEY": TEST_SECRET,
        "CRM_WEBHOOK_SECRET": TEST_WEBHOOK_SECRET,
    }


def consumers(folder: Path, variables: dict[str, str]) -> Done:
    """`python -m consumers`, which must end by itself."""
    done = subprocess.run(
        [sys.executable, "-m", "consumers"],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_nothing_starts_before_it_and_each_says_what_to_run(
    tmp_path: Path, database: Database[dict[str, Any]], variables: dict[str, str]
) -> None:
    database["customers"].insert_one({"external_id": "of the release before"})
    served = crm("serve", "--port", str(free_port()), cwd=tmp_path, **variables)
    consumed = consumers(tmp_path, variables)
    for done in (served, consumed):
        assert done.code != 0
        assert "is not prepared for this release; missing: 1 (indexes that the documents declare)" in done.err
        assert "Run `crm migrate` first" in done.err
        assert "Traceback" not in done.err
    assert database.list_collection_names() == ["customers"]


def test_on_a_new_database_whoever_comes_first_prepares_it_and_the_others_wait(
    tmp_path: Path, database: Database[dict[str, Any]], variables: dict[str, str]
) -> None:
    serve = [CRM, "serve", "--port", str(free_port())]
    consume = [sys.executable, "-m", "consumers"]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    cwd=tmp_path,
                    env=environment(**variables),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            for command in (consume, serve, consume)
        ]
        for process in processes:
            stack.callback(process.kill)
        until = time.monotonic() + 60
        # Each that has seen it prepared waits for its broker: its connections stay.
        while database["migrations"].count_documents({}) < len(STEPS):
            assert time.monotonic() < until
            assert [process.poll() for process in processes] == [None] * 3
            time.sleep(0.1)
        time.sleep(3 * LOOK_AGAIN_SECONDS)
        assert [process.poll() for process in processes] == [None] * 3
    assert {row["_id"] for row in database["migrations"].find()} == {step.number for step in STEPS}


def test_a_new_database_is_prepared_as_a_whole_and_a_second_run_does_nothing(
    tmp_path: Path, database: Database[dict[str, Any]], variables: dict[str, str]
) -> None:
    first = crm("migrate", cwd=tmp_path, **variables)
    assert first.code == 0, first.err
    assert first.out.splitlines()[0].startswith("1: create the index")
    assert first.out.splitlines()[-1] == READY
    assert {row["_id"] for row in database["migrations"].find()} == {step.number for step in STEPS}
    assert "created_at" in database["customers"].index_information()
    assert crm("migrate", cwd=tmp_path, **variables).out.splitlines() == [READY]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(
    tmp_path: Path, database: Database[dict[str, Any]], variables: dict[str, str]
) -> None:
    database["deliveries"].create_index([("campaign_id", 1), ("status", 1)], name="status")
    said = crm("migrate", "--dry-run", cwd=tmp_path, **variables).out.splitlines()
    assert any(line.startswith("1: create the indexes ") and line.endswith(" of customers") for line in said)
    assert "2: drop the index status of deliveries" not in said
    assert said[-1].endswith("once no process of the release before runs: crm migrate --finish")
    everything = crm("migrate", "--dry-run", "--finish", cwd=tmp_path, **variables).out.splitlines()
    assert everything[-1] == "2: drop the index status of deliveries"
    assert set(database.list_collection_names()) == {"deliveries"}


def test_what_the_release_before_needs_stays_until_it_has_gone(
    tmp_path: Path, database: Database[dict[str, Any]], variables: dict[str, str]
) -> None:
    database["deliveries"].create_index([("campaign_id", 1), ("status", 1)], name="status")
    said = crm("migrate", cwd=tmp_path, **variables).out.splitlines()
    later = "once no process of the release before runs: crm migrate --finish"
    assert said[-4:] == [
        READY,
        f"2: indexes that earlier releases left: {later}",
        f"3: collections that earlier releases left: {later}",
        f"4: addresses that customers share: {later}",
    ]
    assert "status" in database["deliveries"].index_information()
    assert crm("migrate", "--finish", cwd=tmp_path, **variables).out.splitlines() == [
        "2: drop the index status of deliveries",
        READY,
    ]
    assert "status" not in database["deliveries"].index_information()
