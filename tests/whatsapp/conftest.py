"""Fixtures of WhatsApp: the server that speaks the Cloud API, and a vendor over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from pydantic import SecretStr

from crm_graphql.core.settings import Settings
from crm_graphql.core.settings.channels import WhatsappVendor as Chosen
from crm_graphql.delivery.vendors.whatsapp.vendor import WhatsappVendor, whatsapp_carrier
from crm_graphql.resources import Resources
from crm_graphql.whatsapp.graph import GraphApi, account_api
from tests.servers.graph import ACCOUNT_ID, NUMBER_ID, TOKEN, Graph, running_graph
from tests.whatsapp.calls import APP_SECRET, VERIFY_TOKEN


@pytest.fixture(scope="session")
def shared_graph() -> Iterator[Graph]:
    """One server for all tests."""
    with running_graph() as server:
        yield server


@pytest.fixture
def graph(shared_graph: Graph) -> Graph:
    """The server as if it had just started."""
    shared_graph.reset()
    return shared_graph


@pytest.fixture
def account(graph: Graph, settings: Settings) -> Settings:
    """Settings under which WhatsApp goes by the Cloud API."""
    return settings.model_copy(
        update={
            "development": False,
            "whatsapp_vendor": Chosen.WHATSAPP_CLOUD,
            "whatsapp_graph_url": graph.url,
            "whatsapp_phone_number_id": NUMBER_ID,
            "whatsapp_account_id": ACCOUNT_ID,
            "whatsapp_access_token": SecretStr(TOKEN),
            "whatsapp_app_secret": SecretStr(APP_SECRET),
            "whatsapp_verify_token": SecretStr(VERIFY_TOKEN),
            "whatsapp_portfolio_limit": 250,
        }
    )


@pytest.fixture
async def on_whatsapp(resources: Resources, account: Settings) -> Resources:
    """Resources of such a deployment."""
    changed = resources.with_settings(account)
    await changed.deployment.read()
    return changed


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client of its own: the answers of one test are not the next one's."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def api(account: Settings, http: httpx.AsyncClient) -> GraphApi:
    """The account's part of the Graph API."""
    return account_api(account, http)


@pytest.fixture
def vendor(account: Settings, http: httpx.AsyncClient, resources: Resources) -> WhatsappVendor:
    """The vendor over an empty database."""
    made = whatsapp_carrier(account, http).vendor
    assert isinstance(made, WhatsappVendor)
    return made
