"""One running product that the tests of protocols and of foreign clients share: it is only ever looked at
from outside. Its tests carry `pytest.mark.xdist_group("protocols")`, so that one worker starts it once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_graphql.local.mongod import Mongod
from tests.servers.deployment import Deployment
from tests.servers.sent_campaign import NO_RECEIPTS, SentCampaign, make_recipients, send_campaign

CONNECTION_INIT_TIMEOUT_SECONDS = 3


@pytest.fixture(scope="session")
async def served(tmp_path_factory: pytest.TempPathFactory, mongod: Mongod) -> AsyncIterator[Deployment]:
    """The product in one process, with a simulator that sends no receipts, and some customers."""
    settings = {"connection_init_timeout_seconds": CONNECTION_INIT_TIMEOUT_SECONDS}
    folder = tmp_path_factory.mktemp("served")
    deployment = Deployment(folder, mongod, None, simulator_options=NO_RECEIPTS, settings=settings)
    try:
        await deployment.start()
        await make_recipients(deployment)
        yield deployment
    finally:
        await deployment.close()


@pytest.fixture
async def campaign(served: Deployment) -> SentCampaign:
    """A campaign of the test's own, sent and without receipts."""
    return await send_campaign(served)
