"""`crm user` and `crm key`, as an operator without a browser uses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from crm_graphql.local.mongod import Mongod
from tests.cli.running import Done, crm
from tests.conftest import TEST_SECRET, TEST_WEBHOOK_SECRET

DATABASE = "crm_cli_accounts"


class Operator:
    """Runs commands against one deployment's database."""

    def __init__(self, mongod: Mongod, folder: Path) -> None:
        self._folder = folder
        self._variables = {
            "CRM_MONGODB_URL": mongod.url,
            "CRM_MONGODB_DATABASE": DATABASE,
            "CRM_BUS": "embedded",
            "CRM_SECRET_KEY": TEST_SECRET,
            "CRM_WEBHOOK_SECRET": TEST_WEBHOOK_SECRET,
            "CRM_PUBLIC_URL": "https://crm.example.com",
        }
        self.database: Any = MongoClient(mongod.url)[DATABASE]

    def crm(self, *arguments: str) -> Done:
        return crm(*arguments, cwd=self._folder, **self._variables)


@pytest.fixture
def operator(mongod: Mongod, tmp_path: Path) -> Iterator[Operator]:
    made = Operator(mongod, tmp_path)
    yield made
    made.database.client.drop_database(DATABASE)
    made.database.client.close()


def test_users_are_made_listed_and_given_links(operator: Operator) -> None:
    made = operator.crm("user", "create", "ada@example.com", "--role", "admin", "--name", "Ada")
    assert (made.code, made.err) == (0, "")
    assert made.out.startswith("https://crm.example.com/set-password#code=")
    assert operator.crm("user", "list").out == "ada@example.com  admin\n"
    shown = json.loads(operator.crm("user", "list", "--json").out)
    assert (shown["name"], shown["role"], shown["isActive"], shown["lastSeenAt"]) == (
        "Ada",
        "ADMIN",
        True,
        None,
    )
    reset = operator.crm("user", "reset-password", "ADA@example.com")
    assert reset.out.startswith("https://crm.example.com/set-password#code=")
    assert reset.out != made.out
    assert operator.database.one_time_links.count_documents({}) == 1
    events = [(event["actor"], event["action"]) for event in operator.database.audit_events.find({})]
    assert events == [("operator", "userCreate"), ("operator", "userPasswordReset")]


def test_a_key_is_printed_and_nothing_else(operator: Operator) -> None:
    made = operator.crm("key", "create", "shop", "--ttl", "90d")
    assert (made.code, made.err) == (0, "")
    secret = made.out.strip()
    row = operator.database.api_keys.find_one({})
    assert (row["name"], row["role"], row["hint"]) == ("shop", "INGESTOR", secret[:9])
    # The command says when it ends, a moment before it is made.
    assert abs(row["expires_at"] - row["created_at"] - timedelta(days=90)) < timedelta(seconds=30)
    assert secret not in str(row)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["user", "create", "nonsense"], "not an email address"),
        (["user", "reset-password", "nobody@example.com"], "There is no user nobody@example.com"),
        (["key", "create", " "], "needs a name"),
        (["key", "create", "x", "--ttl", "soon"], "--ttl"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(operator: Operator, arguments: list[str], said: str) -> None:
    done = operator.crm(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_an_empty_deployment_says_how_to_begin(operator: Operator) -> None:
    done = operator.crm("user", "list")
    assert (done.code, done.out) == (0, "")
    assert "crm user create" in done.err
