"""The folder of a development server: one owner, kept secrets, known addresses."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from crm_graphql.core.settings import load_settings
from crm_graphql.local.data_dir import DataDir, Running
from crm_graphql.local.mongod import LocalServerError

RUNNING = Running(1, "http://127.0.0.1:1", "mongodb://127.0.0.1:2", "embedded", "http://127.0.0.1:3")


def test_secrets_are_made_once_are_strong_and_only_their_owners(tmp_path: Path) -> None:
    folder = DataDir(tmp_path / "new" / ".crm")
    with folder.locked():
        made = folder.secrets()
    assert DataDir(folder.path).secrets() == made
    load_settings(
        _env_file=None, secret_key=made.secret_key, webhook_secret=made.webhook_secret
    ).require_secrets()
    assert made.webhook_secret.startswith("whsec_")
    for file, mode in ((folder.path, 0o700), (folder.path / "secrets.json", 0o600)):
        assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)
    with folder.locked():
        folder.announce(RUNNING)
        with (
            pytest.raises(LocalServerError, match=r"process 1, http://127\.0\.0\.1:1.*--data-dir"),
            DataDir(tmp_path).locked(),
        ):
            pass
        assert DataDir(tmp_path).running() == RUNNING
    with DataDir(tmp_path).locked():
        assert DataDir(tmp_path).running() is None


def test_what_a_killed_server_left_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys\n"
        "from crm_graphql.local.data_dir import DataDir, Running\n"
        "folder = DataDir(pathlib.Path(sys.argv[1]))\n"
        "with folder.locked():\n"
        "    folder.announce(Running(os.getpid(), 'http://127.0.0.1:1', '', '', ''))\n"
        "    os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=30)
    assert (tmp_path / "running.json").exists()
    assert DataDir(tmp_path).running() is None
    with DataDir(tmp_path).locked():
        pass


def test_ports_stay_the_same_while_they_are_free(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)
    with folder.locked():
        ports = folder.ports()
        assert folder.ports() == ports
    assert ports.mongod != ports.simulator


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(LocalServerError, match=r"cannot be used: .*--data-dir"),
        DataDir(tmp_path / "file" / ".crm").locked(),
    ):
        pass


def test_broken_content_is_named(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(LocalServerError, match=r"secrets\.json cannot be read"):
        DataDir(tmp_path).existing_secrets()
