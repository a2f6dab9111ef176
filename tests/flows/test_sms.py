"""SMS by Twilio through the whole product, with senders killed by kill -9: nobody gets a message twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from crm_graphql.local.mongod import Mongod
from tests.flows.campaigns import INGEST, INGESTION, launch_to, ledger
from tests.servers.deployment import Deployment, eventually
from tests.servers.rabbitmq import RabbitNode
from tests.twilio.server import SENDER, SID, TOKEN, TwilioServer, listening

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]

EVERYBODY = {"where": {"field": "visitCount", "operator": "GTE", "value": 0}}
PUBLIC = "https://crm.example"
STATE = "query ($id: ID!) { campaign(id: $id) { status stats { delivered } } }"
PEOPLE = 300


@pytest.fixture
def twilio() -> TwilioServer:
    return TwilioServer(latency=0.2, calls_back=True)


@pytest.fixture
def twilio_url(twilio: TwilioServer) -> Iterator[str]:
    with listening(twilio) as url:
        yield url


@pytest.fixture
async def deployment(
    mongod: Mongod, rabbitmq: RabbitNode, tmp_path: Path, twilio: TwilioServer, twilio_url: str
) -> AsyncIterator[Deployment]:
    """One whose SMS go by Twilio, behind a proxy that Twilio knows by another address."""
    settings = {
        "sms_vendor": "twilio",
        "twilio_account_sid": SID,
        "twilio_auth_token": TOKEN,
        "twilio_sender": SENDER,
        "twilio_url": twilio_url,
        "twilio_connections": 2,
        "public_url": PUBLIC,
    }
    made = Deployment(tmp_path, mongod, rabbitmq, consumers=2, settings=settings)
    twilio.answers_at = made.url
    try:
        await made.start()
        yield made
    finally:
        await made.close()


async def make_people(deployment: Deployment) -> None:
    records = [
        {
            "externalId": f"sms-{number}",
            "name": f"Person {number}",
            "visitCount": 1,
            "phone": f"+49151{number:08}",
        }
        for number in range(PEOPLE)
    ]
    payload = await deployment.mutate(INGEST, {"records": records})
    key = payload["ingestion"]["id"]

    async def applied() -> bool:
        found = (await deployment.graphql(INGESTION, {"id": key}))["ingestion"]
        return bool(found["status"] == "COMPLETED")

    await eventually(applied, within_seconds=60, what="the ingestion's end")


async def test_senders_killed_in_the_middle_send_nobody_twice_and_receipts_tell_the_rest(
    deployment: Deployment, twilio: TwilioServer
) -> None:
    await make_people(deployment)
    campaign = await launch_to(deployment, EVERYBODY, channel="SMS")
    for number in range(3):
        begun = len(twilio.sent)

        async def some_more(begun: int = begun) -> bool:
            return len(twilio.sent) > begun + 40

        await eventually(some_more, within_seconds=60, what="messages that go out")
        process = deployment.consumers[number % 2]
        await asyncio.to_thread(process.kill)
        process.start()

    async def completed() -> bool:
        state = (await deployment.graphql(STATE, {"id": campaign}))["campaign"]
        return bool(state["status"] == "COMPLETED")

    await eventually(completed, within_seconds=120, what="the campaign's end")
    assert max(twilio.to_numbers().values()) == 1

    async def told() -> bool:
        state = (await deployment.graphql(STATE, {"id": campaign}))["campaign"]
        return bool(state["stats"]["delivered"] == len(twilio.sent))

    # Also of those that a dead sender handed over, and of which nobody here knew any more.
    await eventually(told, within_seconds=60, what="receipts of all that was sent")
    rows = await ledger(deployment, campaign)
    delivered = {row["address"] for row in rows if row["status"] == "DELIVERED"}
    assert delivered == {*twilio.to_numbers()}
    others = Counter(row["reason"] for row in rows if row["status"] != "DELIVERED")
    assert others.keys() <= {"OUTCOME_UNKNOWN"}
    assert len(delivered) > PEOPLE / 2
    assert len(rows) == PEOPLE
