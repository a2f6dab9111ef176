"""The intake that callers share: each is answered for its own, whatever the others bring."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from crm_graphql.bounces.intake import Intake, accept_notices
from crm_graphql.delivery.documents import DeliveryStatus
from crm_graphql.delivery.webhooks.port import Notice
from crm_graphql.resources import Resources
from tests.bounces.factories import bounces, notice
from tests.delivery.factories import make_ledger

ACCEPT = "crm_graphql.bounces.intake.accept_notices"


async def take_all(resources: Resources, notices: Sequence[Notice]) -> list[BaseException | None]:
    """What each of as many callers at once is answered."""
    intake = Intake()
    parts: dict[str, Any] = {
        "settings": resources.settings,
        "bus": resources.bus,
        "clock": resources.clock,
    }
    return await asyncio.gather(*(intake.take([one], **parts) for one in notices), return_exceptions=True)


async def test_one_at_fault_takes_nobody_with_it(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ids = await make_ledger(5, status=DeliveryStatus.SENT)

    async def fails_for_one(notices: Sequence[Notice], **parts: Any) -> None:
        if any(one.delivery_id == ids[2] for one in notices):
            raise ValueError("at fault")
        await accept_notices(notices, **parts)

    monkeypatch.setattr(ACCEPT, fails_for_one)
    answers = await take_all(resources, [notice(one) for one in ids])
    assert [type(answer) for answer in answers].count(ValueError) == 1
    assert isinstance(answers[2], ValueError)
    assert len(await bounces()) == 4


async def test_while_the_database_is_away_it_is_not_asked_for_each(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0

    async def away(*_: object, **__: object) -> None:
        nonlocal rounds
        rounds += 1
        await asyncio.sleep(0.05)
        raise AutoReconnect("away")

    monkeypatch.setattr(ACCEPT, away)
    answers = await take_all(resources, [notice("a" * 24) for _ in range(9)])
    assert all(isinstance(answer, AutoReconnect) for answer in answers)
    assert rounds == 1
