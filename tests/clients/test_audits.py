"""GraphQL over HTTP: the published audits, every one of them."""

from __future__ import annotations

import pytest

from tests.clients.scripts import running
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("protocols")]


async def test_every_audit_of_graphql_over_http_passes(served: Deployment) -> None:
    async with running("audits.mjs", {"url": served.url, "token": served.token}) as script:
        audits = await script.result()
    assert len(audits) >= 60
    failed = [
        f"{audit['id']} {audit['name']}: {audit['reason']}" for audit in audits if audit["status"] != "ok"
    ]
    assert failed == []
