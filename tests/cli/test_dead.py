"""`crm dead` and `crm replay` beside a running server, on a record that the database itself refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from crm_graphql.local.data_dir import DataDir
from tests.cli.running import Done, crm
from tests.local.dev_process import DevProcess

pytestmark = pytest.mark.xdist_group("dev")

ORDERS = """order_id,customer_id,amount,ordered_at
good-1,c-1,5.00,2024-01-01
poison,c-1,7.00,2024-01-02
good-2,c-2,5.00,2024-01-03
"""


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevProcess]:
    """One development server for this module."""
    with DevProcess(tmp_path_factory.mktemp("dead")) as process:
        process.ready()
        yield process


def _refuse(dev: DevProcess, external_id: str | None) -> None:
    """Have the database refuse orders of this id; none, with None."""
    running = DataDir(dev.folder / ".crm").running()
    assert running is not None
    validator = {} if external_id is None else {"external_id": {"$ne": external_id}}
    with MongoClient[dict[str, Any]](running.mongodb_url) as client:
        client["crm"].command("collMod", "orders", validator=validator)


def test_a_dead_letter_is_listed_shown_and_sent_again(dev: DevProcess) -> None:
    def run(*arguments: str) -> Done:
        return crm(*arguments, cwd=dev.folder)

    assert "There are no dead letters" in run("dead", "list").err
    (dev.folder / "orders.csv").write_text(ORDERS)
    _refuse(dev, "poison")
    done = run("import", "orders", "orders.csv", "--wait", "--json")
    ingestion = json.loads(done.out)
    assert done.code == 1
    assert "row 1 (poison)" in done.err
    assert (ingestion["created"], ingestion["failed"]) == (2, 1)

    listed = run("dead", "list")
    assert listed.code == 0
    (line,) = listed.out.splitlines()
    assert "orders  row 1  " in line
    id = line.split()[0]
    shown = json.loads(run("dead", "show", id).out)
    assert shown["record"]["external_id"] == "poison"
    assert shown["record"]["amount"] == "7.00"
    assert shown["ingestionId"] == ingestion["id"]
    assert json.loads(run("dead", "list", "--json").out) == shown

    again = run("dead", "retry", id)
    assert (again.code, "failed again" in again.out) == (1, True)
    _refuse(dev, None)
    again = run("dead", "retry", "--all")
    assert (again.code, again.out.strip()) == (0, f"{id}  applied")
    assert run("dead", "list").out == ""
    assert run("dead", "show", id).code == 2

    replayed = run("replay", ingestion["id"])
    assert replayed.code == 0
    assert replayed.out.strip() == "created 0, updated 0, unchanged 3, failed 0"
