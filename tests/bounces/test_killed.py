"""A listener killed by kill -9 right behind its 250: what it has taken is there, and leads to something."""

from __future__ import annotations

import asyncio
import multiprocessing
from multiprocessing.connection import Connection
from typing import Any

import pytest
import uvloop

from crm_graphql.bounces.mail.listener import BounceListener
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import DeliveryStatus
from crm_graphql.delivery.vendors.smtp.verp import envelope_sender
from crm_graphql.resources import Resources, open_resources
from tests.bounces.factories import bounces, settle, suppressions
from tests.bounces.test_listener import HERE, Client
from tests.bounces.test_reading import mail
from tests.delivery.factories import make_ledger
from tests.delivery.running import running, until_stats
from tests.delivery.stand_in import StandInVendor

KILLS = 5
MAILS = 60


async def _listen(settings: Settings, told: Connection) -> None:
    async with open_resources(settings) as resources:
        listener = BounceListener(
            settings=settings, bus=resources.bus, clock=resources.clock, intake=resources.intake
        )
        await listener.start()
        told.send(listener.port)
        await asyncio.Event().wait()


def _run(settings: Settings, told: Connection) -> None:
    uvloop.run(_listen(settings, told))


async def _send_until_killed(port: int, senders: list[str], process: Any, at_once: int) -> list[str]:
    """Which mails were taken, of those that several connections send until the process is gone."""
    taken: list[str] = []
    waiting = list(senders)

    async def send() -> None:
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        try:
            await client.answer()
            await client.say("LHLO mx")
            while waiting:
                to = waiting.pop()
                if (await client.send(mail("postfix"), to)).startswith("250 2.0.0"):
                    taken.append(to)
                    if len(taken) == MAILS // 2:
                        process.kill()
        except OSError:
            return
        finally:
            client.writer.close()

    await asyncio.gather(*(send() for _ in range(at_once)))
    return taken


@pytest.mark.slow
@pytest.mark.timeout(150)
async def test_what_a_killed_listener_took_is_not_lost(resources: Resources) -> None:
    settings = resources.settings.model_copy(update=HERE)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    key, ids = await make_ledger(KILLS * MAILS, status=DeliveryStatus.DELIVERED)
    acknowledged: list[str] = []
    for number in range(KILLS):
        ours, theirs = processes.Pipe()
        process = processes.Process(target=_run, args=(settings, theirs), daemon=True)
        process.start()
        port = await asyncio.to_thread(ours.recv)
        own = ids[number * MAILS : (number + 1) * MAILS]
        senders = [envelope_sender(f"{id_}-1", settings) for id_ in own]
        taken = await _send_until_killed(port, senders, process, at_once=4)
        await asyncio.to_thread(process.join)
        assert MAILS // 2 <= len(taken) < MAILS
        acknowledged += [to.split("-")[0].removeprefix("b+") for to in taken]
    stored = {str(row["delivery_id"]) for row in await bounces()}
    assert set(acknowledged) <= stored
    await settle(resources, max_bounce_share=0)
    assert len(await suppressions()) == len(stored)
    async with running(resources, StandInVendor(), max_bounce_share=0, parked_receipt_seconds=1):
        # What died between the two is in the list of bounces, and not answered: its mail comes again.
        row = await until_stats(key, queued=0)
        for _ in range(100):
            row = await until_stats(key, queued=0)
            if row["stats"]["failed"] >= len(acknowledged):
                break
            await asyncio.sleep(0.1)
    assert len(acknowledged) <= row["stats"]["failed"] <= len(stored)
