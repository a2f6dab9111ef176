"""`crm export` out of a running server, and in again."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from tests.cli.running import Done, crm
from tests.local.dev_process import DevProcess

pytestmark = pytest.mark.xdist_group("dev")

CUSTOMERS = "customer_id,name,total_spend\nc-1,=Ana,10.00\nc-2,Ben,5.00\n"
RULE = {"where": {"field": "totalSpend", "operator": "GTE", "value": 10}}


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevProcess]:
    """One development server for this module, with two customers."""
    with DevProcess(tmp_path_factory.mktemp("export")) as process:
        process.ready()
        (process.folder / "customers.csv").write_text(CUSTOMERS)
        assert crm("import", "customers", "customers.csv", "--wait", cwd=process.folder).code == 0
        yield process


def _export(dev: DevProcess, kind: str, *options: str) -> Done:
    return crm("export", kind, *options, cwd=dev.folder)


def test_customers_go_out_and_in_again_unchanged(dev: DevProcess) -> None:
    done = _export(dev, "customers", "-o", "out.csv")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("2 rows as of ")
    text = (dev.folder / "out.csv").read_text()
    assert "'=Ana" in text
    again = crm("import", "customers", "out.csv", "--wait", "--json", cwd=dev.folder)
    counters = json.loads(again.out.splitlines()[-1])
    assert (counters["unchanged"], counters["updated"], counters["rejected"]) == (2, 0, 0)
    assert not (dev.folder / "out.csv.part").exists()


def test_a_rule_chooses_and_the_name_says_how_it_is_written(dev: DevProcess) -> None:
    (dev.folder / "rule.json").write_text(json.dumps(RULE))
    assert _export(dev, "customers", "--rule", "rule.json", "-o", "rich.ndjson.gz").code == 0
    lines = gzip.decompress((dev.folder / "rich.ndjson.gz").read_bytes()).splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["=Ana"]


def test_of_one_customer_everything_is_printed(dev: DevProcess) -> None:
    done = _export(dev, "customers", "--customer", "c-2", "--format", "ndjson", "-o", "-")
    kinds = [json.loads(line)["kind"] for line in done.out.splitlines()]
    assert kinds[0] == "PROFILE"


def test_what_cannot_be_exported_is_told_and_leaves_no_file(dev: DevProcess) -> None:
    for options in (
        ["--customer", "gone"],
        ["--audience", "x"],
        ["--customer", "c-1", "--rule", "rule.json"],
    ):
        done = _export(dev, "customers", *options, "-o", "none.csv")
        assert (done.code, done.out) == (2, "")
        assert done.err
    assert not list(dev.folder.glob("none.csv*"))
