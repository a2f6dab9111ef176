"""An upload is watched while it runs: how many rows were read, at what rate, as far as the server can say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm_graphql.client import ingestions
from crm_graphql.client.api import Api, ApiAway, ApiRefused
from crm_graphql.client.ingestions import details_of, watch_received
from crm_graphql.commands.importing_progress import ImportProgress


class Scripted(Api):
    """Answers operations as the script says, the last one again and again."""

    def __init__(self, *script: Any) -> None:
        super().__init__("http://127.0.0.1:1", "token")
        self.script = list(script)
        self.asked: list[dict[str, Any]] = []

    async def execute(self, document: str, **variables: object) -> dict[str, Any]:
        """The next answer."""
        self.asked.append(variables)
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestions, "RECEIVED_SECONDS", 0.001)


async def test_rows_are_told_as_they_are_read_over_a_server_that_is_away_for_a_moment() -> None:
    told: list[int] = []
    found = asyncio.Event()

    def tell(rows: int) -> None:
        told.append(rows)
        if rows == 9:
            found.set()

    away = ApiAway("away", answered=True)
    answers = [{"ingestionByKey": None}, {"ingestionByKey": {"received": 5}}, away]
    api = Scripted(*answers, {"ingestionByKey": {"received": 9}})
    watching = asyncio.create_task(watch_received(api, "orders", "k", tell))
    await asyncio.wait_for(found.wait(), 60)
    watching.cancel()
    assert told[:2] == [5, 9]
    assert api.asked[0] == {"kind": "ORDERS", "key": "k"}


async def test_a_server_that_has_no_such_field_is_asked_once() -> None:
    api = Scripted(ApiRefused("Cannot query field"))
    await asyncio.wait_for(watch_received(api, "orders", "k", lambda _rows: None), 60)
    assert len(api.asked) == 1
    assert await details_of(api, "x") == {}


def test_rows_have_a_rate() -> None:
    progress = ImportProgress("a.csv", 100)
    with progress:
        progress.sent(50)
        progress.received(1_000_000)
        (task,) = progress._sending.tasks
        assert task.completed == 50
        assert task.fields["rate"].endswith(" rows/s")
        assert int(task.fields["rate"].split()[0].replace(",", "")) > 1_000_000
