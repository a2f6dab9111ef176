"""Who carries what: every channel has a carrier, and in development nothing leaves the machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import load_settings
from crm_graphql.core.settings.delivery import DeliverySettings
from crm_graphql.delivery.vendors.choose import choose_vendors
from crm_graphql.delivery.vendors.port import OutgoingMessage, VendorUnavailable
from crm_graphql.delivery.vendors.simulator import SimulatorVendor
from crm_graphql.local.data_dir import DataDir
from crm_graphql.local.server import DevServer

ELSEWHERE = {
    str: "https://vendor.example",
    SecretStr: "whsec_YS1zZWNyZXQtb2YtdGhlLXZlbmRvci05ZjhlN2Q2YzViNGE=",
}
"""What a person may have set for a real vendor, by the type of the setting."""


@pytest.fixture
def everything_set(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every setting of delivery that could name a vendor, set to another machine."""
    named = [name for name, field in DeliverySettings.model_fields.items() if field.annotation in ELSEWHERE]
    for name in named:
        kind = DeliverySettings.model_fields[name].annotation
        assert kind in ELSEWHERE
        monkeypatch.setenv(f"CRM_{name.upper()}", ELSEWHERE[kind])
    assert {"vendor_url", "vendor_api_key"} <= {*named}
    return named


@pytest.mark.usefixtures("everything_set")
async def test_a_development_server_calls_its_own_simulator_for_every_channel(tmp_path: Path) -> None:
    server = DevServer.plan(load_settings(_env_file=None), DataDir(tmp_path), 0)
    called: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        called.append(request.url.host)
        return httpx.Response(503)

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        carriers = choose_vendors(server.settings, http)
        assert carriers.keys() == set(Channel)
        for channel, carrier in carriers.items():
            assert isinstance(carrier.vendor, SimulatorVendor)
            message = OutgoingMessage("0" * 24 + "-1", channel, "x", None, "x")
            with pytest.raises(VendorUnavailable):
                await carrier.vendor.send([message], deadline_seconds=1.0)
    assert called == ["127.0.0.1"] * len(Channel)
    assert urlsplit(server.environment()["CRM_VENDOR_URL"]).hostname == "127.0.0.1"


async def test_channels_that_share_a_vendor_leave_it_alone_together() -> None:
    async with httpx.AsyncClient() as http:
        carriers = choose_vendors(load_settings(_env_file=None), http)
    carriers[Channel.SMS].backoff.failed(5.0)
    assert carriers[Channel.EMAIL].backoff.seconds_left > 4
