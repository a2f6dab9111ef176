"""`crm import` into a running server: counters, row errors, exit codes, repeats, breaks."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import CRM, Done, crm, environment
from tests.local.dev_process import DevProcess

pytestmark = pytest.mark.xdist_group("dev")

CUSTOMERS = "customer_id,name,email\nc-1,Ana,ana@example.com\nc-2,Ben,ben@example.com\n"


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevProcess]:
    """One development server for this module."""
    with DevProcess(tmp_path_factory.mktemp("dev")) as process:
        process.ready()
        yield process


def _write(dev: DevProcess, name: str, content: str | bytes) -> str:
    (dev.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def _import(dev: DevProcess, kind: str, file: str, *options: str, **variables: str) -> Done:
    return crm("import", kind, file, *options, cwd=dev.folder, **variables)


def _counters(done: Done) -> dict[str, Any]:
    counters: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return counters


def test_a_file_is_persisted_and_counted(dev: DevProcess) -> None:
    done = _import(dev, "customers", _write(dev, "first.csv", CUSTOMERS), "--wait", "--json")
    assert (done.code, done.err) == (0, "")
    counters = _counters(done)
    assert counters["status"] == "COMPLETED"
    assert (counters["received"], counters["accepted"], counters["rejected"]) == (2, 2, 0)
    assert (counters["created"], counters["failed"]) == (2, 0)
    assert counters["source"] == "first.csv"


def test_imported_again_nothing_changes(dev: DevProcess) -> None:
    file = _write(dev, "again.csv", CUSTOMERS.replace("c-", "again-"))
    _import(dev, "customers", file, "--wait")
    counters = _counters(_import(dev, "customers", file, "--wait", "--json"))
    assert (counters["unchanged"], counters["created"], counters["updated"]) == (2, 0, 0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("o.ndjson", '{"order_id":"%s","customer_id":"c-1","amount":"5.00","ordered_at":"2024-01-01"}\n'),
        ("o.jsonl", '{"order_id":"%s","customer_id":"c-1","amount":"5.00","ordered_at":"2024-01-01"}\n'),
        ("o.json", '[{"order_id":"%s","customer_id":"c-1","amount":"5.00","ordered_at":"2024-01-01"}]'),
        ("o.csv", "order_id,customer_id,amount,ordered_at\n%s,c-1,5.00,2024-01-01\n"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_each_format_packed_or_not(dev: DevProcess, name: str, content: str, packed: bool) -> None:
    plain = (content % f"{name}-{packed}").encode()
    file = _write(dev, f"{name}.gz" if packed else name, gzip.compress(plain) if packed else plain)
    done = _import(dev, "orders", file, "--wait", "--json")
    assert done.code == 0, done.err
    assert _counters(done)["created"] == 1


def test_a_bad_row_is_shown_and_the_others_go_on(dev: DevProcess) -> None:
    rows = "order_id,customer_id,amount,ordered_at\nb-1,c-1,5.00,2024-01-01\nb-2,c-1,lots,2024-01-01\n"
    for options in (("--wait", "--json"), ("--json",)):
        done = _import(dev, "orders", _write(dev, "bad.csv", rows), *options)
        assert done.code == 1
        assert "line 3 (b-2), amount = 'lots':" in done.err
        assert _counters(done)["rejected"] == 1


def test_only_the_first_row_errors_are_shown(dev: DevProcess) -> None:
    rows = "".join(f"m-{number},c-1,lots,2024-01-01\n" for number in range(25))
    file = _write(dev, "many.csv", "order_id,customer_id,amount,ordered_at\n" + rows)
    done = _import(dev, "orders", file, "--wait")
    assert done.code == 1
    assert len([line for line in done.err.splitlines() if line.startswith("line ")]) == 10
    assert "... and 15 more" in done.err
    assert "rejected 25" in done.out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("header.csv", "colour,size\nred,1\n", "customer_id"),
        ("empty.csv", "", "empty"),
        ("broken.csv.gz", gzip.compress(CUSTOMERS.encode(), mtime=0)[:-9], "gzip"),
        ("random.csv", bytes(range(256)) * 100, "binary"),
        ("object.json", '{"customer_id": "c-1"}', "array"),
    ],
    ids=["header", "empty", "broken gzip", "random bytes", "no array"],
)
def test_a_file_that_cannot_be_read_ends_with_2(
    dev: DevProcess, name: str, content: str | bytes, said: str
) -> None:
    done = _import(dev, "customers", _write(dev, name, content), "--wait", "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{name} was not taken: ")
    assert said in done.err


def test_a_token_that_is_not_taken_is_a_sentence(dev: DevProcess) -> None:
    done = _import(dev, "customers", _write(dev, "unsigned.csv", CUSTOMERS), "--token", "nonsense")
    assert (done.code, done.out) == (2, "")
    assert "The token is not valid here" in done.err


def test_the_same_key_ingests_once_and_refuses_other_content(dev: DevProcess) -> None:
    file = _write(dev, "keyed.csv", CUSTOMERS.replace("c-", "keyed-"))
    options = ("--idempotency-key", "the-key", "--wait", "--json")
    first = _counters(_import(dev, "customers", file, *options))
    assert _counters(_import(dev, "customers", file, *options)) == first
    done = _import(dev, "customers", _write(dev, "keyed.csv", CUSTOMERS), *options)
    assert done.code == 2
    assert "was not taken" in done.err


def test_the_server_killed_in_the_middle_costs_nothing(dev: DevProcess) -> None:
    count = 60_000
    rows = "".join(f"k-{number},c-{number % 50},1.00,2024-01-01\n" for number in range(count))
    file = _write(dev, "long.csv", "order_id,customer_id,amount,ordered_at\n" + rows)
    with subprocess.Popen(
        [CRM, "import", "orders", file, "--wait", "--json"],
        cwd=dev.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        api = dev.child("consumers.embedded")
        log = dev.folder / ".crm" / "logs" / "api.log"
        begin = log.stat().st_size
        while log.stat().st_size == begin and process.poll() is None:
            pass
        os.kill(api.pid, signal.SIGKILL)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    counters = json.loads(out.splitlines()[-1])
    assert counters["received"] == counters["accepted"] == counters["created"] == count


def test_its_memory_does_not_grow_with_the_file(dev: DevProcess) -> None:
    """A file of 64 MB, on a client that may use no such amount beyond what it starts with."""
    line = b'{"order_id":"x","customer_id":"c-1","amount":"1.00","ordered_at":"2024-01-01","note":"%s"}\n'
    row = line % (b"n" * 60_000)
    with (dev.folder / "large.ndjson").open("wb") as large:
        for _ in range(64 * 1024**2 // len(row)):
            large.write(row)
    program = (
        "import resource, sys\n"
        "from crm_graphql.cli import app\n"
        "import crm_graphql.commands.importing\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    app(['import', 'orders', 'large.ndjson', '--wait'])\n"
        "except SystemExit as ended:\n"
        "    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "    print(ended.code, after - before)\n"
    )
    python = str(Path(CRM).with_name("python"))
    done = subprocess.run(
        [python, "-c", program],
        cwd=dev.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    code, kilobytes = done.stdout.splitlines()[-1].split()
    assert code == "0", done.stderr
    assert int(kilobytes) < 30_000
