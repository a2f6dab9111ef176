"""Runs `crm` as a person does: a real process, its output, its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CRM = str(Path(sys.executable).with_name("crm"))


@dataclass(frozen=True, slots=True)
class Done:
    """What a finished command printed and returned."""

    code: int
    out: str
    err: str


def environment(**variables: str) -> dict[str, str]:
    """This process's environment with only these CRM_* variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    return {**kept, "COLUMNS": "200", **variables}


def crm(*arguments: str, cwd: Path, **variables: str) -> Done:
    """Run one command to its end; never with a stack trace."""
    done = subprocess.run(
        [CRM, *arguments],
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)
