"""Fixtures of SMS by Twilio: a stand-in that listens, and a vendor that calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
from bson import ObjectId

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.delivery.vendors.twilio import TwilioAccount, TwilioVendor
from tests.twilio.server import SENDER, SID, TOKEN, TwilioServer, listening

PUBLIC = "https://crm.example"


@pytest.fixture
def twilio() -> TwilioServer:
    return TwilioServer()


@pytest.fixture
def url(twilio: TwilioServer) -> Iterator[str]:
    with listening(twilio) as url:
        yield url


@pytest.fixture
def account(url: str) -> TwilioAccount:
    callback = f"{PUBLIC}/webhooks/twilio"
    return TwilioAccount(SID, TOKEN, SID, TOKEN, SENDER, url, callback, connections=4)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def vendor(http: httpx.AsyncClient, account: TwilioAccount) -> TwilioVendor:
    return TwilioVendor(http, account)


def with_account(http: httpx.AsyncClient, account: TwilioAccount, **changes: object) -> TwilioVendor:
    """A vendor with some of the account changed."""
    return TwilioVendor(http, replace(account, **changes))  # type: ignore[arg-type]


def number_of(index: int) -> str:
    """The number of a test's message."""
    return f"+49151{index:08}"


def message(index: int = 0, body: str = "Hello", **details: object) -> OutgoingMessage:
    """A message to the number of its index."""
    return OutgoingMessage(
        f"{ObjectId()}-1",
        Channel.SMS,
        number_of(index),
        None,
        body,
        **details,  # type: ignore[arg-type]
    )


def messages(count: int) -> list[OutgoingMessage]:
    """So many, to as many numbers."""
    return [message(index) for index in range(count)]
