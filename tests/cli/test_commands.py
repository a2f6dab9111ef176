"""The commands that need no server: help, settings, tokens, schema, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema

from crm_graphql.accounts.tokens import read_token
from crm_graphql.core.actor import Role
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.core.settings import Settings, load_settings
from crm_graphql.local.data_dir import DataDir
from crm_graphql.local.mongod import free_port
from tests.cli.running import crm
from tests.conftest import TEST_SECRET, TEST_WEBHOOK_SECRET

GOOD = {"CRM_SECRET_KEY": TEST_SECRET, "CRM_WEBHOOK_SECRET": TEST_WEBHOOK_SECRET}


def test_help_explains_every_command_and_every_setting(tmp_path: Path) -> None:
    shown = crm("--help", cwd=tmp_path).out
    for command in (
        "dev",
        "demo",
        "serve",
        "token",
        "user",
        "key",
        "import",
        "schema",
        "dead",
        "replay",
        "simulator",
    ):
        assert f" {command} " in shown
    for name, field in Settings.model_fields.items():
        assert f"CRM_{name.upper()}" in shown
        assert (field.description or "?").split(":")[0][:30] in shown
    assert "mongodb://127.0.0.1:27017" in shown


def test_settings_are_explained_by_a_command_too(tmp_path: Path) -> None:
    assert "CRM_CHUNK_RECORDS" in crm("settings", cwd=tmp_path).out


def test_a_token_is_printed_and_nothing_else(tmp_path: Path) -> None:
    done = crm("token", "--role", "viewer", "--ttl", "5m", cwd=tmp_path, CRM_SECRET_KEY=TEST_SECRET)
    settings = load_settings(_env_file=None, secret_key=TEST_SECRET)
    assert (done.code, done.err) == (0, "")
    assert read_token(settings, done.out.strip()).role is Role.VIEWER
    with pytest.raises(Unauthenticated):
        read_token(load_settings(_env_file=None, secret_key=TEST_SECRET[::-1]), done.out.strip())


def test_a_token_of_the_data_dir_is_that_of_its_server(tmp_path: Path) -> None:
    folder = DataDir(tmp_path / "here")
    with folder.locked():
        secret = folder.secrets().secret_key
    done = crm("token", "--data-dir", "here", cwd=tmp_path)
    actor = read_token(load_settings(_env_file=None, secret_key=secret), done.out.strip())
    assert (actor.role, actor.subject) == (Role.ADMIN, "operator")


def test_without_a_secret_the_command_says_what_is_missing(tmp_path: Path) -> None:
    done = crm("token", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "CRM_SECRET_KEY is not set" in done.err
    assert "--data-dir" in done.err


@pytest.mark.parametrize("ttl", ["1", "0s", "-1h", "1w", "", "400d", "9999999999d", "1.5h"])
def test_a_duration_that_is_none_is_refused(tmp_path: Path, ttl: str) -> None:
    done = crm("token", f"--ttl={ttl}", cwd=tmp_path, CRM_SECRET_KEY=TEST_SECRET)
    assert (done.code, done.out) == (2, "")
    assert "--ttl" in done.err


def test_the_schema_is_printed_as_sdl(tmp_path: Path) -> None:
    done = crm("schema", cwd=tmp_path)
    assert done.code == 0
    assert build_schema(done.out).get_type("Ingestion") is not None


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "CRM_SECRET_KEY is not set"),
        ({**GOOD, "CRM_SECRET_KEY": "secret"}, "CRM_SECRET_KEY is too weak"),
        ({**GOOD, "CRM_SECRET_KEY": "a" * 64}, "CRM_SECRET_KEY is too weak"),
        ({**GOOD, "CRM_WEBHOOK_SECRET": ""}, "CRM_WEBHOOK_SECRET is not set"),
        ({**GOOD, "CRM_BUS": "embedded"}, "CRM_BUS is embedded"),
        ({**GOOD, "CRM_BUS": "kafka"}, "CRM_BUS: "),
        ({**GOOD, "CRM_PORT": "99999"}, "CRM_PORT: "),
    ],
)
def test_serve_refuses_settings_that_are_not_for_production(
    tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    done = crm("serve", cwd=tmp_path, **variables)
    assert done.code == 2
    assert said in done.err


def test_settings_are_read_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CRM_SECRET_KEY=short\n")
    assert "CRM_SECRET_KEY is too weak" in crm("serve", cwd=tmp_path).err


def test_a_database_that_is_away_is_a_sentence(tmp_path: Path) -> None:
    url = f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=300&directConnection=true"
    done = crm("dead", "list", cwd=tmp_path, CRM_MONGODB_URL=url, CRM_BUS="embedded")
    assert done.code == 2
    assert "MongoDB cannot be used" in done.err
    assert "CRM_MONGODB_URL" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "customers", "missing.csv"], "missing.csv does not exist"),
        (["import", "customers", "."], ". is no file"),
        (["import", "customers", "good.csv", "--map", "email"], "is no column and field"),
        (["import", "customers", "good.csv", "--map", "A=name", "--map", "A=email"], "twice"),
        (["import", "customers", "good.csv", "--map", "A=name", "--mapping", "x"], "two mappings"),
        (["import", "customers", "good.csv", "--url", "ftp://x"], "is not an address like"),
        (["import", "customers", "good.csv", "--url", "http://[x"], "is not an address like"),
        (["import", "customers", "good.csv", "--url", "http://crm.example.com"], "--token"),
        (["import", "visits", "good.csv"], "visits"),
        (["dead", "retry"], "--all"),
        (["dead", "show", "nonsense"], "is not an id of this server"),
    ],
)
def test_wrong_arguments_are_named(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "good.csv").write_text("customer_id\n1\n")
    done = crm(*arguments, cwd=tmp_path, CRM_SECRET_KEY=TEST_SECRET)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_an_import_without_a_server_says_that_none_is_there(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("customer_id\n1\n")
    url = f"http://127.0.0.1:{free_port()}"
    done = crm("import", "customers", "good.csv", "--url", url, cwd=tmp_path, CRM_SECRET_KEY=TEST_SECRET)
    assert (done.code, done.out) == (2, "")
    assert f"Nothing answers at {url}. Is the server running?" in done.err
