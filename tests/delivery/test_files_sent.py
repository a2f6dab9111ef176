"""What goes out beside the text: files, senders, links to unsubscribe; and the bad days of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.control import resume_campaign
from crm_graphql.campaigns.documents import MessageTemplate, WhatsappMessage, WhatsappParameter
from crm_graphql.consents.links import Purpose, link_key, read_token
from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.common import CampaignParts
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.news import News
from crm_graphql.delivery.rendering import outgoing, render_delivery
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.media.documents import Media
from crm_graphql.resources import Resources
from crm_graphql.storage.folder import FolderStorage
from crm_graphql.storage.port import StorageAway
from tests.delivery.factories import LONG_AGO, MARKETER, campaign_row, launch, make_customers
from tests.delivery.running import running, until, until_status
from tests.delivery.stand_in import StandInVendor
from tests.media.factories import insert_media

HTML = MessageTemplate(
    subject="Hi {{ customer.name }}",
    html="<body><p>{{ customer.name }}</p></body>",
    preheader="Pre",
    from_name="Ann",
    reply_to="ann@shop.example",
)


@pytest.fixture
async def resources(resources: Resources, tmp_path: Path) -> Resources:
    """Open resources whose storage is a folder of this test's own."""
    return replace(resources, storage=FolderStorage(tmp_path / "files", free_bytes=0))


async def stored(
    resources: Resources, content: bytes, name: str = "offer.pdf", kind: str = "application/pdf"
) -> ObjectId:
    """A file that is ready, with its bytes."""
    key = await insert_media(name, content_type=kind)

    async def pieces() -> Any:
        yield content

    await resources.storage.put(f"media/{key}/0", pieces(), content_type=kind)
    return key


class Recorder(StandInVendor):
    """Keeps the messages."""

    def __init__(self) -> None:
        super().__init__(sends_receipts=False)
        self.messages: list[OutgoingMessage] = []
        self.before = self._keep

    async def _keep(self, messages: Sequence[OutgoingMessage]) -> None:
        self.messages += messages


async def test_an_email_goes_out_with_all_that_it_has(resources: Resources) -> None:
    await make_customers(25)
    await Customer.get_pymongo_collection().update_one({}, {"$set": {"name": "<b>"}})
    key = await stored(resources, b"offer")
    vendor = Recorder()
    async with running(resources, vendor):
        campaign = await launch(resources, message=HTML, attachment_ids=[key])
        await until_status(campaign, "COMPLETED")
    assert len(vendor.messages) == 25
    by_address = {message.address: message for message in vendor.messages}
    first = by_address["c0@example.com"]
    assert (first.subject, first.body, first.from_name, first.reply_to) == (
        *("Hi <b>", "<b>"),
        *("Ann", "ann@shop.example"),
    )
    assert first.html is not None
    assert "Pre</div><p>&lt;b&gt;</p></body>" in first.html
    assert [(one.filename, one.content) for one in first.attachments] == [("offer.pdf", b"offer")]
    # Read once: it is the same object for all.
    assert len({id(message.attachments[0]) for message in vendor.messages}) == 1
    row = await Delivery.get_pymongo_collection().find_one({"address": "c0@example.com"})
    assert row is not None
    assert first.created_at == row["created_at"]
    assert first.unsubscribe_url is not None
    link = read_token(first.unsubscribe_url.rpartition("/")[2], Purpose.UNSUBSCRIBE, await link_key())
    assert link is not None
    assert link.customer_id == row["customer_id"]
    shown = render_delivery(await campaign_row(campaign), row)
    assert shown is not None
    assert (shown.html, shown.body) == (first.html, first.body)


async def test_the_link_in_the_text_is_the_one_beside_it(resources: Resources) -> None:
    await make_customers(1)
    vendor = Recorder()
    async with running(resources, vendor):
        message = MessageTemplate(subject="S", body="off: {{ unsubscribe_url }}")
        await until_status(await launch(resources, message=message), "COMPLETED")
    (sent,) = vendor.messages
    assert sent.body == f"off: {sent.unsubscribe_url}"


async def test_it_stays_that_one_when_its_customer_was_merged_since(resources: Resources) -> None:
    message = {"subject": "S", "body": "off: {{ unsubscribe_url }}"}
    campaign = {"_id": ObjectId(), "channel": "EMAIL", "message": message, "launched_at": LONG_AGO}
    common = await CampaignParts(resources.storage, "https://crm.example").of(campaign)
    written = {"links": {"unsubscribe_url": "https://crm.example/u/as-planned"}}
    row = {"values": written, "address": "a@shop.example", "customer_id": ObjectId()}
    news = News(resources.clock, sends_receipts=True)
    sent = outgoing(campaign, row, "key-1", news, common)
    assert isinstance(sent, OutgoingMessage)
    assert sent.unsubscribe_url == "https://crm.example/u/as-planned"
    erased = outgoing(campaign, {**row, "values": {}, "customer_id": None}, "key-1", news, common)
    assert isinstance(erased, OutgoingMessage)
    assert erased.unsubscribe_url is None


async def test_a_body_that_is_html_goes_out_as_html_with_a_text_beside_it(resources: Resources) -> None:
    await make_customers(1)
    vendor = Recorder()
    async with running(resources, vendor):
        message = MessageTemplate(
            subject="S", body="<p>Hi {{ customer.name }}</p><a href='https://a.test'>x</a>"
        )
        await until_status(await launch(resources, message=message), "COMPLETED")
    (sent,) = vendor.messages
    assert sent.html == "<p>Hi Name 0</p><a href='https://a.test'>x</a>"
    assert sent.body == "Hi Name 0\n\nx (https://a.test)"


async def test_a_whatsapp_template_goes_out_with_its_values_and_its_picture(resources: Resources) -> None:
    await make_customers(1)
    phone = {"$set": {"phone": "+14155550132"}}
    await Customer.get_pymongo_collection().update_one({}, phone)
    key = await stored(resources, b"picture", "sale.png", "image/png")
    whatsapp = WhatsappMessage(
        template="sale",
        language="en",
        parameters=[WhatsappParameter(name="name", value="{{ customer.name }}")],
        header_media_id=key,
    )
    vendor = Recorder()
    async with running(resources, vendor):
        campaign = await launch(
            resources, message=MessageTemplate(whatsapp=whatsapp), channel=Channel.WHATSAPP
        )
        await until_status(campaign, "COMPLETED")
    (sent,) = vendor.messages
    assert sent.whatsapp is not None
    assert (sent.whatsapp.name, sent.whatsapp.language) == ("sale", "en")
    assert sent.whatsapp.parameters == (("name", "Name 0"),)
    assert sent.whatsapp.header is not None
    assert (sent.whatsapp.header.filename, sent.whatsapp.header.content) == ("sale.png", b"picture")
    assert sent.unsubscribe_url is None


async def test_a_file_that_is_gone_pauses_the_campaign_and_loses_nobody(resources: Resources) -> None:
    await make_customers(3)
    key = await stored(resources, b"offer")
    media = await Media.get_pymongo_collection().find_one({"_id": key})
    assert media is not None
    vendor = Recorder()
    campaign = await launch(resources, message=HTML, attachment_ids=[key])
    await Media.get_pymongo_collection().delete_one({"_id": key})
    async with running(resources, vendor):
        row = await until_status(campaign, "PAUSED")
        assert "was deleted" in row["pause_reason"]
        assert not vendor.messages
        await Media.get_pymongo_collection().insert_one(media)
        await resume_campaign(MARKETER, campaign, bus=resources.bus)
        await until_status(campaign, "COMPLETED")
    assert len(vendor.messages) == 3


async def test_while_the_storage_is_away_nothing_is_sent_and_then_everything(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_customers(3)
    key = await stored(resources, b"offer")
    asked, is_away = 0, True
    read = CampaignParts._read

    async def away(self: CampaignParts, key: ObjectId) -> Any:
        nonlocal asked
        asked += 1
        if is_away:
            raise StorageAway
        return await read(self, key)

    monkeypatch.setattr(CampaignParts, "_read", away)
    vendor = Recorder()
    campaign = await launch(resources, message=HTML, attachment_ids=[key])
    async with running(resources, vendor):

        async def asked_twice() -> bool:
            return asked >= 2

        await until(asked_twice)
        assert not vendor.messages
        assert (await campaign_row(campaign))["status"] == "SENDING"
        is_away = False
        await until_status(campaign, "COMPLETED")
    assert len(vendor.messages) == 3
