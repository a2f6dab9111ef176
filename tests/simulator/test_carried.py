"""What a message carries beside its text, as the simulator is told of it and shows it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.port import Attachment, OutgoingMessage, WhatsappTemplate
from crm_graphql.delivery.vendors.simulator import SimulatorVendor
from crm_graphql.simulator.store import Store
from tests.servers.simulator import SimulatorProcess

OFFER = Attachment("m1", "offer.pdf", "application/pdf", b"x" * 1_000_000, "0f" * 32)
EMAIL = OutgoingMessage(
    "0" * 24 + "-1",
    Channel.EMAIL,
    "a@shop.example",
    "S",
    "B",
    tag="c",
    html="<p onclick='x()'>H</p><script>x()</script>",
    from_name="Ann",
    reply_to="ann@shop.example",
    unsubscribe_url="https://crm.example/u/x",
    attachments=(OFFER, OFFER),
)
WHATSAPP = OutgoingMessage(
    "1" * 24 + "-1",
    Channel.WHATSAPP,
    "+14155550132",
    None,
    "",
    whatsapp=WhatsappTemplate("sale", "en", (("name", "Ann"),), OFFER),
)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """The process's HTTP client."""
    async with httpx.AsyncClient() as opened:
        yield opened


async def test_what_a_message_carries_is_told_without_the_bytes_of_its_files(
    http: httpx.AsyncClient, simulator: SimulatorProcess
) -> None:
    vendor = SimulatorVendor(http, simulator.url)
    await vendor.send([EMAIL, WHATSAPP], deadline_seconds=10)
    file = {
        "filename": "offer.pdf",
        "content_type": "application/pdf",
        "size_bytes": 1_000_000,
        "sha256": "0f" * 32,
    }
    answer = await http.get(f"{simulator.url}/v1/messages/{EMAIL.key}")
    assert len(answer.content) < 5_000
    shown = answer.json()
    assert shown["html"] == EMAIL.html
    assert (shown["from_name"], shown["reply_to"], shown["unsubscribe_url"]) == (
        *("Ann", "ann@shop.example"),
        "https://crm.example/u/x",
    )
    assert shown["attachments"] == [file, file]
    template = (await http.get(f"{simulator.url}/v1/messages/{WHATSAPP.key}")).json()["template"]
    assert template == {"name": "sale", "language": "en", "parameters": {"name": "Ann"}, "header": file}


async def test_the_page_shows_it_and_runs_nothing_of_it(
    http: httpx.AsyncClient, simulator: SimulatorProcess
) -> None:
    await SimulatorVendor(http, simulator.url).send([EMAIL, WHATSAPP], deadline_seconds=10)
    page = (await http.get(simulator.url)).text
    for seen in ("offer.pdf (application/pdf, 1,000,000 bytes)", "From: Ann", "sale (en) name: Ann"):
        assert seen in page
    assert '<iframe sandbox="" title="HTML" srcdoc="&lt;p onclick=' in page
    assert "<script" not in page


async def test_the_same_key_with_other_html_is_a_conflict(
    http: httpx.AsyncClient, simulator: SimulatorProcess
) -> None:
    vendor = SimulatorVendor(http, simulator.url)
    await vendor.send([EMAIL], deadline_seconds=10)
    await vendor.send([EMAIL], deadline_seconds=10)
    assert simulator.stats("c")["conflicts"] == 0
    await vendor.send([replace(EMAIL, html="<p>other</p>")], deadline_seconds=10)
    assert simulator.stats("c")["conflicts"] == 1


def test_a_file_of_an_earlier_release_gets_the_place_that_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "messages.db"
    Store(file).close()
    earlier = sqlite3.connect(file)
    earlier.execute("ALTER TABLE messages DROP COLUMN more")
    earlier.commit()
    earlier.close()
    Store(file).close()
    store = Store(file)
    assert "more" in {row["name"] for row in store.report("PRAGMA table_info(messages)")}
    store.close()
