"""Files that people send: fetched once, bounded, told by what they are, and tied to their customer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from starlette.applications import Starlette

from crm_graphql.bus.port import BusError
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.routes import routes
from crm_graphql.media.documents import Media, MediaAttachment
from crm_graphql.media.intake import Intake
from crm_graphql.resources import Resources
from crm_graphql.storage.port import StorageAway
from crm_graphql.whatsapp.documents import WhatsappFile
from crm_graphql.whatsapp.files import Fetching, fetch_file
from crm_graphql.whatsapp.graph import GraphApi, GraphAway, GraphRefused
from tests.delivery.factories import make_customers
from tests.delivery.running import running, until
from tests.delivery.stand_in import StandInVendor
from tests.servers.graph import Graph, error
from tests.whatsapp.calls import change, inbound, number, post

TEXT = b"What we agreed on.\n"


@pytest.fixture
async def client(on_whatsapp: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes)
    app.state.resources = on_whatsapp
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        yield client


@pytest.fixture
def tools(on_whatsapp: Resources, api: GraphApi) -> Fetching:
    resources = on_whatsapp
    return Fetching(
        *(api, resources.storage, resources.settings),
        *(resources.in_transaction, resources.bus, resources.clock),
    )


async def sent(client: httpx.AsyncClient, file_id: str = "1601", sender: int = 1) -> dict[str, Any]:
    """A person sends a document."""
    document = {"id": file_id, "filename": "offer.txt", "mime_type": "text/plain", "sha256": "x"}
    told = change(messages=[inbound(number(sender), type="document", document=document, text=None)])
    assert (await post(client, told)).status_code == 200
    return told


async def with_number(index: int) -> ObjectId:
    (key,) = await make_customers(1)
    phone = {"phone": number(index), "folded.phone": number(index)}
    await Customer.get_pymongo_collection().update_one({"_id": key}, {"$set": phone})
    return key


async def test_a_file_comes_into_the_library_once_and_to_its_customer(
    graph: Graph, client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    graph.files["1601"] = ("text/plain", TEXT)
    key = await with_number(1)

    async def is_there() -> bool:
        return await MediaAttachment.count() == 1

    async with running(on_whatsapp, StandInVendor()):
        told = await sent(client)
        await until(is_there)
        await post(client, told, told)
        await until(is_there)
    (media,) = await Media.find_all().to_list()
    assert (media.filename, media.content_type, media.size_bytes) == ("offer.txt", "text/plain", len(TEXT))
    (attachment,) = await MediaAttachment.find_all().to_list()
    assert (attachment.media_id, attachment.customer_id) == (media.id, key)
    assert graph.downloads == 1
    (file,) = await WhatsappFile.find_all().to_list()
    assert (file.sender, file.filename) == (None, None)
    assert file.done_at is not None


async def test_two_who_fetch_the_same_file_store_it_once(
    graph: Graph, client: httpx.AsyncClient, tools: Fetching
) -> None:
    graph.files["1601"] = ("text/plain", TEXT)
    await sent(client)
    row = await WhatsappFile.get("1601")
    assert row is not None
    await fetch_file("1601", tools)
    # As one that began before the other was done.
    collection = WhatsappFile.get_pymongo_collection()
    await fetch_file("1601", tools)
    assert graph.downloads == 1
    assert await Media.count() == 1
    assert await collection.count_documents({"sender": None}) == 1


async def test_a_file_over_the_limit_or_of_no_type_that_is_taken_is_given_up(
    graph: Graph, client: httpx.AsyncClient, tools: Fetching, on_whatsapp: Resources
) -> None:
    limit = on_whatsapp.settings.media_file_bytes
    graph.files["1"] = ("text/plain", b"x" * (limit + 1))
    graph.files["2"] = ("image/png", b"\x7fELF\x02\x01 a program")
    for file_id in ("1", "2", "3"):
        await sent(client, file_id)
        await fetch_file(file_id, tools)
    assert await Media.count() == 0
    assert await WhatsappFile.find({"sender": {"$ne": None}}).count() == 0


async def test_the_token_goes_nowhere_but_to_meta(
    graph: Graph, client: httpx.AsyncClient, tools: Fetching
) -> None:
    graph.files["1601"] = ("text/plain", TEXT)
    graph.file_url = graph.url.replace("127.0.0.1", "localhost") + "/files/1601"
    await sent(client)
    await fetch_file("1601", tools)
    assert (graph.downloads, await Media.count()) == (0, 0)


@pytest.mark.parametrize("file_id", ["../106540352242922/messages", "a b", "", "\u0661", "x" * 101])
async def test_an_id_that_is_no_id_becomes_no_part_of_an_address(
    client: httpx.AsyncClient, file_id: str
) -> None:
    await sent(client, file_id)
    assert await WhatsappFile.count() == 0


async def is_waiting() -> bool:
    return await WhatsappFile.find({"sender": {"$ne": None}}).count() == 1


async def test_a_file_waits_while_meta_is_away_and_is_fetched_after_it(
    graph: Graph, client: httpx.AsyncClient, tools: Fetching, api: GraphApi
) -> None:
    graph.files["1601"] = ("text/plain", TEXT)
    away = replace(tools, api=replace(api, url="http://127.0.0.1:9/v23.0"))
    await sent(client)
    for _ in range(4):
        with pytest.raises(GraphAway):
            await fetch_file("1601", away)
    # From now on it is left to the reconciler, however long it lasts.
    for _ in range(10):
        await fetch_file("1601", away)
    assert await is_waiting()
    await fetch_file("1601", tools)
    assert (await Media.count(), await is_waiting()) == (1, False)


@pytest.mark.parametrize("code", [190, 10, 4, 80007, 131016, 131031])
async def test_a_file_outlives_what_is_wrong_with_the_account(
    graph: Graph,
    client: httpx.AsyncClient,
    tools: Fetching,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
) -> None:
    graph.files["1601"] = ("text/plain", TEXT)
    await sent(client)
    with monkeypatch.context() as patch:
        patch.setattr(Graph, "_file", lambda *_: error(code))
        for _ in range(10):
            with suppress(GraphRefused):
                await fetch_file("1601", tools)
    assert await is_waiting()
    await fetch_file("1601", tools)
    assert await Media.count() == 1


async def test_a_file_outlives_a_storage_that_is_away(
    graph: Graph,
    client: httpx.AsyncClient,
    tools: Fetching,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(*_: object) -> None:
        raise StorageAway

    graph.files["1601"] = ("text/plain", TEXT)
    await sent(client)
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "add", away)
        with pytest.raises(StorageAway):
            await fetch_file("1601", tools)
    await fetch_file("1601", tools)
    assert await Media.count() == 1


async def test_a_file_that_nobody_could_have_for_a_week_is_given_up(
    client: httpx.AsyncClient, tools: Fetching, api: GraphApi
) -> None:
    await sent(client)
    old = {"$set": {"at": datetime.now(UTC) - timedelta(days=8)}}
    await WhatsappFile.get_pymongo_collection().update_one({}, old)
    await fetch_file("1601", replace(tools, api=replace(api, token="gone")))
    assert not await is_waiting()


async def test_a_file_that_kills_who_fetches_it_is_given_up(
    graph: Graph, client: httpx.AsyncClient, tools: Fetching
) -> None:
    graph.files["1601"] = ("text/plain", TEXT)
    await sent(client)
    await WhatsappFile.get_pymongo_collection().update_one({}, {"$set": {"attempts": 5}})
    await fetch_file("1601", tools)
    assert (await is_waiting(), graph.downloads) == (False, 0)


async def test_a_file_is_fetched_although_the_bus_was_away(
    graph: Graph,
    client: httpx.AsyncClient,
    on_whatsapp: Resources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph.files["1601"] = ("text/plain", TEXT)

    async def away(*_: object) -> None:
        raise BusError("away")

    with monkeypatch.context() as patch:
        patch.setattr(on_whatsapp.bus, "publish", away)
        await sent(client)
    older = [{"$set": {"touched_at": {"$subtract": ["$touched_at", 200_000]}}}]
    await WhatsappFile.get_pymongo_collection().update_many({}, older)

    async def is_there() -> bool:
        return await Media.count() == 1

    async with running(on_whatsapp, StandInVendor()):
        await until(is_there)
