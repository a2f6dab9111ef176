"""The lock files hold what pyproject.toml asks for, with hashes and without addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
BUILD = PROJECT["dependency-groups"]["build"]
LOCKS = {
    "requirements.lock": [*RUNTIME, *EXTRAS["local"]],
    "requirements-build.lock": [*BUILD, *PROJECT["build-system"]["requires"]],
    "requirements-dev.lock": [*RUNTIME, *EXTRAS["local"], *EXTRAS["test"], *BUILD],
}


def pins(lock: str) -> dict[str, str]:
    """The locked version of each package."""
    text = (ROOT / lock).read_text()
    return {
        canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", text)
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_each_requirement_is_locked_to_a_version_that_it_allows(lock: str) -> None:
    locked = pins(lock)
    for text in LOCKS[lock]:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{text} is not in {lock}: run make lock"
        assert locked[name] in requirement.specifier, f"{lock} has {name} {locked[name]}: run make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_or_a_hash(lock: str) -> None:
    for line in (ROOT / lock).read_text().splitlines():
        assert re.fullmatch(r"[\w.-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-build.lock"])
def test_the_locks_agree_with_each_other(lock: str) -> None:
    assert pins(lock).items() <= pins("requirements-dev.lock").items()


@pytest.mark.parametrize("page", ["graphiql", "dashboard"])
def test_the_npm_locks_hold_hashes_and_no_addresses(page: str) -> None:
    text = (ROOT / page / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert text.count('"integrity": "sha512-') > 100
