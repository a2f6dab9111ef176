"""Senders of campaigns: as people had set them at the launch, unless the message says so itself."""

from __future__ import annotations

from collections.abc import Sequence

from bson import ObjectId

from crm_graphql.campaigns.documents import MessageTemplate
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.deployment.service import update_settings
from crm_graphql.resources import Resources
from tests.delivery.factories import campaign_row, launch, make_customers
from tests.delivery.running import running, until_status
from tests.delivery.test_trials import Recorder, trial

ADMIN = Actor(Role.ADMIN, "operator")
PLAIN = MessageTemplate(subject="S", body="B")
OWN = MessageTemplate(subject="S", body="B", from_name="Ann", reply_to="ann@acme.example")


async def name_sender(resources: Resources, name: str | None, reply_to: str | None) -> None:
    changes = {"sender_name": name, "reply_to": reply_to}
    await update_settings(ADMIN, changes, live=resources.deployment)


async def sent(resources: Resources, vendor: Recorder, key: ObjectId) -> Sequence[OutgoingMessage]:
    """What went out of a campaign to one customer."""
    async with running(resources, vendor):
        await until_status(key, "COMPLETED")
    return vendor.messages


async def test_mail_is_from_whom_people_named_at_the_launch(resources: Resources) -> None:
    await make_customers(1)
    await name_sender(resources, "Acme", " help@acme.example\u200b")
    key = await launch(resources, message=PLAIN)
    await name_sender(resources, "Later", None)
    (message,) = await sent(resources, Recorder(sends_receipts=False), key)
    assert (message.from_name, message.reply_to) == ("Acme", "help@acme.example")


async def test_what_a_message_says_of_its_sender_goes_first(resources: Resources) -> None:
    await make_customers(1)
    await name_sender(resources, "Acme", "help@acme.example")
    (message,) = await sent(resources, Recorder(sends_receipts=False), await launch(resources, message=OWN))
    assert (message.from_name, message.reply_to) == ("Ann", "ann@acme.example")


async def test_a_trial_is_from_whom_a_launch_would_name_now(resources: Resources) -> None:
    await name_sender(resources, "Acme", "help@acme.example")
    vendor = Recorder()
    await trial(resources, ["me@acme.example"], vendor=vendor)
    (message,) = vendor.messages
    assert (message.from_name, message.reply_to) == ("Ann", "help@acme.example")


async def test_a_channel_without_names_has_no_sender(resources: Resources) -> None:
    await name_sender(resources, "Acme", "help@acme.example")
    key = await launch(resources, channel=Channel.SMS, message=MessageTemplate(body="B"))
    assert (await campaign_row(key))["sender"] is None
