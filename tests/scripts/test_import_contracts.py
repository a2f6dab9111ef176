"""The import contracts hold a new domain to the rules, though only the order of layers names it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The sources, with a domain `pets` that keeps to every rule and is in the order of layers."""
    for package in ("crm_graphql", "consumers"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("static", "__pycache__")
        )
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        contracts.replace('  "customers",\n', '  "pets",\n  "customers",\n')
    )
    for name in ("__init__", "documents", "service", "schema/__init__", "schema/queries"):
        write(tmp_path, name, "")
    return tmp_path


def write(tree: Path, name: str, imports: str) -> None:
    """Write a module of `pets` that imports a module."""
    path = tree / "crm_graphql" / "pets" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'"""Pets."""\n\n{imports and f"import {imports}"}\n')


def broken(tree: Path) -> set[str]:
    """The ids of the contracts that the tree breaks."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    contracts = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    ids = {contract["name"]: contract["id"] for contract in contracts["contracts"]}
    return {ids[name] for name in re.findall(r"^(.*) BROKEN", done.stdout, re.MULTILINE)}


def test_a_domain_that_keeps_to_the_rules_breaks_none(tree: Path) -> None:
    assert broken(tree) == set()


def test_a_domain_that_is_not_in_the_order_of_layers_is_found(tree: Path) -> None:
    path = tree / "pyproject.toml"
    path.write_text(path.read_text().replace('  "pets",\n', ""))
    assert broken(tree) == {"layers"}


@pytest.mark.parametrize(
    ("module", "imported", "contracts"),
    [
        ("service", "strawberry", {"services"}),
        (
            "service",
            "crm_graphql.bus.rabbitmq.bus",
            {"services", "bus-adapters"},
        ),
        ("service", "crm_graphql.audiences.service", {"layers"}),
        ("service", "crm_graphql.orders.schema.types", {"schemas-are-edges"}),
        ("documents", "crm_graphql.pets.service", {"within-a-domain"}),
        ("schema/queries", "beanie", {"edges"}),
        ("schema/queries", "crm_graphql.server.engine", {"domains-know-no-server"}),
    ],
)
def test_a_domain_that_breaks_a_rule_is_found(
    tree: Path, module: str, imported: str, contracts: set[str]
) -> None:
    write(tree, module, imported)
    assert broken(tree) >= contracts
