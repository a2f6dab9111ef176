"""Trials: sent to the given addresses alone, counted nowhere, limited; what the vendor says at its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign, MessageTemplate
from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.consents.suppress import suppress
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import (
    DomainError,
    Forbidden,
    NotFound,
    RateLimited,
    Unavailable,
    WrongState,
)
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.delivery.common import CampaignParts
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.trials import HOURLY_LIMIT, Trial, TrialTools, send_trial
from crm_graphql.delivery.vendors.choose import one_for_all
from crm_graphql.delivery.vendors.port import (
    Fault,
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    VendorAccountFault,
    VendorUnavailable,
    VendorUncertain,
)
from crm_graphql.resources import Resources
from tests.delivery.factories import MARKETER, campaign_row, launch, make_customers, make_draft
from tests.delivery.stand_in import StandInVendor

MESSAGE = MessageTemplate(
    subject="Hi {{ customer.name }}", html="<p>{{ campaign.name }} {{ unsubscribe_url }}</p>", from_name="Ann"
)


class Recorder(StandInVendor):
    """Keeps the messages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.messages: list[OutgoingMessage] = []
        self.after = self._keep

    async def _keep(self, messages: Sequence[OutgoingMessage]) -> None:
        self.messages += messages


async def trial(
    resources: Resources,
    addresses: Sequence[str],
    *,
    vendor: StandInVendor | None = None,
    actor: Actor = MARKETER,
    key: ObjectId | None = None,
    **options: Any,
) -> Trial:
    tools = TrialTools(
        one_for_all(vendor or Recorder(), resources.settings),
        CampaignParts(resources.storage, resources.settings.public_url),
        resources.clock,
        resources.slices,
        None,
        1.0,
    )
    if key is None:
        key = await make_draft(resources, message=MESSAGE)
    return await send_trial(actor, key, addresses, tools=tools, **options)


async def refused(resources: Resources, addresses: Sequence[str], **options: Any) -> DomainError:
    """Why a trial is not sent at all."""
    vendor = Recorder()
    with pytest.raises(DomainError) as caught:
        await trial(resources, addresses, vendor=vendor, **options)
    assert not vendor.messages
    return caught.value


async def test_a_trial_goes_to_the_given_addresses_alone_and_leaves_no_trace(resources: Resources) -> None:
    await make_customers(3)
    key = await make_draft(resources, message=MESSAGE)
    before = await campaign_row(key)
    vendor = Recorder(batch_limit=1)
    sent = await trial(resources, ["A@shop.example", "b@shop.example"], vendor=vendor, key=key)
    assert sent == Trial(2, [])
    assert [message.address for message in vendor.messages] == ["A@shop.example", "b@shop.example"]
    first = vendor.messages[0]
    assert (first.subject, first.from_name, first.tag, first.unsubscribe_url) == (
        *("Hi Ann Lee", "Ann"),
        *(None, None),
    )
    assert first.html == "<p>Summer sale https://crm.example.com/u/...</p>"
    assert await campaign_row(key) == before
    assert await Delivery.get_pymongo_collection().count_documents({}) == 0


async def test_a_trial_of_a_campaign_that_is_tracked_has_its_links_as_they_are(resources: Resources) -> None:
    await make_customers(1)
    message = MessageTemplate(subject="S", html="<body><a href='https://shop.de/'>x</a></body>")
    key = await launch(resources, message=message)
    tracked = {"tracks_opens": True, "tracks_clicks": True, "links": ["https://shop.de/"]}
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": tracked})
    vendor = Recorder()
    await trial(resources, ["a@shop.example"], vendor=vendor, key=key)
    (sent,) = vendor.messages
    assert (sent.html, sent.unsubscribe_url) == (message.html, None)


async def test_a_trial_has_a_customers_values(resources: Resources) -> None:
    await make_customers(1)
    vendor = Recorder()
    customer = CustomerReference(external_id="c0")
    await trial(resources, ["a@shop.example"], vendor=vendor, customer=customer)
    assert vendor.messages[0].subject == "Hi Name 0"
    nobody = CustomerReference(external_id="nobody")
    assert isinstance(await refused(resources, ["a@shop.example"], customer=nobody), NotFound)


@pytest.mark.parametrize(
    ("addresses", "places"),
    [
        ([], ["addresses"]),
        ([f"a{number}@shop.example" for number in range(11)], ["addresses"]),
        (["nobody", "a@shop.example", "b@"], ["addresses.0", "addresses.2"]),
        (["a@shop.example", "A@SHOP.example"], ["addresses.1"]),
        (["a@shop.example\nBcc: b@shop.example"], ["addresses.0"]),
        (["gone@shop.example", "a@shop.example"], ["addresses.0"]),
        (["nobody", "Gone@shop.example"], ["addresses.0", "addresses.1"]),
    ],
)
async def test_what_is_wrong_with_addresses_is_told_at_its_place_and_nothing_is_sent(
    resources: Resources, addresses: list[str], places: list[str]
) -> None:
    await suppressed(resources, "gone@shop.example")
    error = await refused(resources, addresses)
    assert [".".join(problem.path) for problem in error.problems] == places


async def suppressed(resources: Resources, address: str) -> None:
    """Nothing may be sent to the address by email."""
    reason = SuppressionReason.BOUNCED
    await suppress(Channel.EMAIL, [address], reason, now=resources.clock.now())


async def test_a_phone_number_must_say_its_country(resources: Resources) -> None:
    key = await make_draft(resources, message=MessageTemplate(body="B"), channel=Channel.SMS)
    assert (await trial(resources, ["+1 415 555 0132"], key=key)).sent == 1
    error = await refused(resources, ["415 555 0132"], key=key)
    assert error.problems[0].path == ("addresses", "0")


async def test_a_message_that_cannot_be_sent_is_not_tried_out(resources: Resources) -> None:
    nothing = await make_draft(resources, message=None)
    error = await refused(resources, ["a@shop.example"], key=nothing)
    assert error.problems[0].path == ("message",)
    empty = await make_draft(resources, message=MessageTemplate(subject="S", body="{{ customer.city }}"))
    await make_customers(1)
    customer = CustomerReference(external_id="c0")
    error = await refused(resources, ["a@shop.example"], key=empty, customer=customer)
    assert error.problems[0].path == ("message", "body")
    assert isinstance(await refused(resources, ["a@shop.example"], key=ObjectId()), NotFound)
    error = await refused(resources, ["a@shop.example"], variant_key="b")
    assert error.problems[0].path == ("variantKey",)


async def test_a_caller_tries_out_a_hundred_addresses_an_hour_and_others_are_not_held_up(
    resources: Resources,
) -> None:
    key = await make_draft(resources, message=MESSAGE)
    ten = [f"a{number}@shop.example" for number in range(10)]
    for _ in range(HOURLY_LIMIT // 10 - 1):
        await trial(resources, ten, key=key)
    await trial(resources, ten[:5], key=key)
    error = await refused(resources, ten, key=key)
    assert isinstance(error, RateLimited)
    assert 0 < error.retry_after_seconds <= 3600
    # What is refused is not counted.
    assert (await trial(resources, ten[:5], key=key)).sent == 5
    assert (await trial(resources, ten, key=key, actor=Actor(Role.MARKETER, "another"))).sent == 10


async def test_what_the_vendor_says_of_an_address_is_told_at_its_place(resources: Resources) -> None:
    vendor = Recorder()
    vendor.statuses = {"u@shop.example": OutcomeStatus.UNKNOWN}

    def refuse(message: OutgoingMessage) -> Outcome | None:
        if message.address == "r@shop.example":
            return Outcome(message.key, OutcomeStatus.REJECTED, reason_text="no such box", fault=Fault.PERSON)
        if message.address == "d@shop.example":
            return Outcome(message.key, OutcomeStatus.DEFERRED, fault=Fault.TRANSIENT)
        return None

    vendor.refuse = refuse
    told = await trial(resources, [f"{name}@shop.example" for name in "ardu"], vendor=vendor)
    assert told.sent == 1
    assert [(problem.path[1], problem.code.value) for problem in told.problems] == [
        ("1", "INVALID"),
        ("2", "UNAVAILABLE"),
        ("3", "UNAVAILABLE"),
    ]
    assert "no such box" in told.problems[0].message


@pytest.mark.parametrize(
    ("error", "kind"),
    [(VendorUnavailable("status 503"), Unavailable), (VendorAccountFault("unpaid"), WrongState)],
)
async def test_a_vendor_that_takes_nothing_is_told(
    resources: Resources, error: Exception, kind: type[DomainError]
) -> None:
    vendor = StandInVendor()

    async def fail(_: Sequence[OutgoingMessage]) -> None:
        raise error

    vendor.before = fail
    with pytest.raises(kind, match=str(error)):
        await trial(resources, ["a@shop.example"], vendor=vendor)


async def test_an_answer_that_is_missing_is_told_as_it_is(resources: Resources) -> None:
    vendor = StandInVendor()

    async def cut(_: Sequence[OutgoingMessage]) -> None:
        raise VendorUncertain("cut")

    vendor.before = cut
    told = await trial(resources, ["a@shop.example"], vendor=vendor)
    assert (told.sent, [problem.path for problem in told.problems]) == (0, [("addresses", "0")])


async def test_who_may_not_write_campaigns_tries_none_out(resources: Resources) -> None:
    key = await make_draft(resources, message=MESSAGE)
    with pytest.raises(Forbidden):
        await trial(resources, ["a@shop.example"], key=key, actor=Actor(Role.VIEWER, "viewer"))
