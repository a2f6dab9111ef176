"""Who carries what: every channel has a carrier, and in development nothing leaves the machine."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from crm_graphql.core.channels import Channel
from crm_graphql.core.settings import Settings, load_settings
from crm_graphql.core.settings.channels import ChannelSettings
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
VENDORS = {
    "smtp_host": "smtp.example.com",
    "smtp_username": "somebody",
    "smtp_password": "a-password-of-the-relay",
    "smtp_sender": "news@example.com",
    "twilio_account_sid": "AC" + "0123456789abcdef" * 2,
    "twilio_auth_token": "a-token-of-the-account",
    "twilio_sender": "+15005550006",
    "whatsapp_phone_number_id": "106540352242922",
    "whatsapp_account_id": "102290129340398",
    "whatsapp_access_token": "EAA-a-token-of-the-account",
    "whatsapp_app_secret": "a-secret-of-the-app",
    "whatsapp_verify_token": "a-word-of-ours",
}
"""What the real vendors need, where any text does not do."""


def real_vendors() -> dict[str, str]:
    """For each channel the setting that names its vendor, with a real one where there is one."""
    named = {}
    for name, field in ChannelSettings.model_fields.items():
        kind = field.annotation
        assert isinstance(kind, type)
        assert issubclass(kind, Enum)
        named[name] = list(kind)[-1].value
    assert {name.removesuffix("_vendor").upper() for name in named} == {one.value for one in Channel}
    return named


@pytest.fixture
def everything_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting that could name a vendor, and what the vendors need, set to other machines."""
    kinds = {name: field.annotation for name, field in DeliverySettings.model_fields.items()}
    elsewhere = {name: ELSEWHERE[kind] for name, kind in kinds.items() if kind in ELSEWHERE}
    assert {"vendor_url", "vendor_api_key"} <= {*elsewhere}
    assert VENDORS.keys() <= Settings.model_fields.keys()
    for name, value in {**elsewhere, **VENDORS, **real_vendors()}.items():
        monkeypatch.setenv(f"CRM_{name.upper()}", value)


@pytest.mark.usefixtures("everything_set")
async def test_a_development_server_calls_its_own_simulator_for_every_channel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = DevServer.plan(load_settings(_env_file=None), DataDir(tmp_path), 0)
    environment = server.environment()
    assert urlsplit(environment["CRM_VENDOR_URL"]).hostname == "127.0.0.1"
    assert {environment[f"CRM_{name.upper()}"] for name in real_vendors()} == {"simulator"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # As the process that it starts reads them; and should that read its vendors in another way, by itself.
    as_started = load_settings(_env_file=None)
    assert await called_hosts(as_started) == ["127.0.0.1"] * len(Channel)
    chosen = {name: type(getattr(as_started, name))(value) for name, value in real_vendors().items()}
    assert await called_hosts(as_started.model_copy(update=chosen)) == ["127.0.0.1"] * len(Channel)


async def called_hosts(settings: Settings) -> list[str]:
    """Which machine is called for a message of each channel."""
    called: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        called.append(request.url.host)
        return httpx.Response(503)

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        carriers = choose_vendors(settings, http)
        assert carriers.keys() == set(Channel)
        for channel, carrier in carriers.items():
            assert isinstance(carrier.vendor, SimulatorVendor)
            message = OutgoingMessage("0" * 24 + "-1", channel, "x", None, "x")
            with pytest.raises(VendorUnavailable):
                await carrier.vendor.send([message], deadline_seconds=1.0)
    return called


async def test_channels_that_share_a_vendor_leave_it_alone_together() -> None:
    async with httpx.AsyncClient() as http:
        carriers = choose_vendors(load_settings(_env_file=None), http)
    carriers[Channel.SMS].backoff.failed(5.0)
    assert carriers[Channel.EMAIL].backoff.seconds_left > 4


def test_what_an_installation_sets_is_missing_in_no_vendor() -> None:
    assert load_settings(_env_file=None, **VENDORS, **real_vendors()).email_vendor.value != "simulator"
