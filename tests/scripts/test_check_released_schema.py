"""The check against the released schema: what breaks clients fails unless the changelog names it."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import build_schema

SCRIPT = Path(__file__).parents[2] / "scripts" / "check_released_schema.py"
breaks = runpy.run_path(str(SCRIPT))["breaks"]

RELEASED = """
directive @needs(role: String, extra: String) on FIELD_DEFINITION
interface Node { id: ID! }
union Found = Customer | Order
enum Channel { EMAIL SMS }
input Filter { city: String, tag: String }
input Pick { id: ID, name: String }
input One @oneOf { id: ID, name: String }
scalar Money
type Order { amount: Float }
type Customer implements Node { id: ID! email: String! city: String }
type Query {
  customer(id: ID, all: Boolean): Customer
  find(filter: Filter, pick: Pick, one: One): Found
  channel: Channel
  money: Money
}
"""

BREAKS = {
    "a removed field": ("city: String }\ntype Query", "}\ntype Query", "Customer.city"),
    "a field that may be null now": ("email: String!", "email: String", "Customer.email"),
    "an argument that must be given now": ("customer(id: ID,", "customer(id: ID!,", "Query.customer(id:)"),
    "a removed argument": (", all: Boolean", "", "Query.customer(all:)"),
    "a new required argument": ("all: Boolean", "all: Boolean, by: ID!", "Query.customer(by:)"),
    "a removed enum value": ("EMAIL SMS", "EMAIL", "Channel.SMS"),
    "an input field that must be given now": ("tag: String", "tag: String!", "Filter.tag"),
    "a removed union member": ("Customer | Order", "Customer", "Found"),
    "a lost interface": ("Customer implements Node", "Customer", "Customer"),
    "another kind of type": ("scalar Money", "type Money { units: Int }", "Money"),
    "an input that takes one field only now": ("input Pick", "input Pick @oneOf", "Pick"),
    "an input that takes any fields now": ("One @oneOf", "One", "One"),
    "a removed argument of a directive": (", extra: String", "", "@needs(extra:)"),
}


def run(root: Path, *, released: str = RELEASED, current: str, changelog: str = "") -> tuple[int, str]:
    (root / "schema.released.graphql").write_text(released)
    (root / "schema.graphql").write_text(current)
    (root / "CHANGELOG.md").write_text(f"# Changelog\n\n{changelog}")
    done = subprocess.run([sys.executable, SCRIPT], cwd=root, capture_output=True, text=True, timeout=60)
    assert not done.stderr
    return done.returncode, done.stdout


def changed(old: str, new: str) -> str:
    assert RELEASED.count(old) == 1
    return RELEASED.replace(old, new)


@pytest.mark.parametrize(("old", "new", "coordinate"), BREAKS.values(), ids=BREAKS)
def test_a_break_has_the_coordinate_of_what_changed(old: str, new: str, coordinate: str) -> None:
    found = breaks(build_schema(RELEASED), build_schema(changed(old, new)))
    assert [one.coordinate for one in found] == [coordinate]


def test_a_type_that_is_gone_is_named_itself() -> None:
    found = breaks(
        build_schema(RELEASED), build_schema(changed("  money: Money\n", "").replace("scalar Money\n", ""))
    )
    assert [one.coordinate for one in found] == ["Money", "Query.money"]


def test_a_standard_scalar_that_nothing_uses_any_more_is_named_itself() -> None:
    found = list(breaks(build_schema(RELEASED), build_schema(changed("amount: Float", "amount: Int"))))
    assert [one.coordinate for one in found] == ["Float", "Order.amount"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("city: String }\ntype Query", "city: String phone: String }\ntype Query"),
        ("EMAIL SMS", "EMAIL SMS WHATSAPP"),
        ("all: Boolean", "all: Boolean = true, limit: Int"),
        ("channel: Channel", "channel: Channel!"),
    ],
    ids=["an added field", "an added enum value", "an added argument", "a field that is never null now"],
)
def test_what_breaks_no_client_passes(tmp_path: Path, old: str, new: str) -> None:
    assert run(tmp_path, current=changed(old, new)) == (0, "")


def test_a_removed_field_fails_and_says_what_to_do(tmp_path: Path) -> None:
    code, out = run(tmp_path, current=changed("email: String! ", ""))
    assert code == 1
    assert "Customer.email: Field Customer.email was removed." in out
    assert "### Breaking" in out


def test_a_break_that_the_changelog_names_passes(tmp_path: Path) -> None:
    changelog = (
        "## Unreleased\n\n### Added\n\n- A thing.\n\n### Breaking\n\n- `Customer.email` is gone: use `id`.\n"
    )
    assert run(tmp_path, current=changed("email: String! ", ""), changelog=changelog) == (0, "")


@pytest.mark.parametrize(
    "changelog",
    [
        "## Unreleased\n\n### Removed\n\n- `Customer.email` is gone.\n",
        "## Unreleased\n\n### Breaking\n\n- `Customer.emails` and `Customer` changed.\n",
        "## Unreleased\n\n### Breaking\n\n- Nothing.\n\n### Fixed\n\n- `Customer.email` was wrong.\n",
        "## Unreleased\n\n## 0.1.0\n\n### Breaking\n\n- `Customer.email` is gone.\n",
        "## 0.1.0\n\n### Breaking\n\n- `Customer.email` is gone.\n",
    ],
    ids=["another heading", "another name", "the next heading", "an older release", "nothing unreleased"],
)
def test_a_break_named_elsewhere_fails(tmp_path: Path, changelog: str) -> None:
    code, _ = run(tmp_path, current=changed("email: String! ", ""), changelog=changelog)
    assert code == 1


def test_without_a_released_schema_it_fails(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, SCRIPT], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "make release-schema" in done.stdout
