"""The Cloud API as a vendor: what leaves, what each answer means, and that nobody's outcome is another's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crm_graphql.consents.documents import Suppression, SuppressionReason
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.vendors.port import (
    Fault,
    Outcome,
    OutcomeStatus,
    OutgoingMessage,
    VendorUnavailable,
    WhatsappTemplate,
)
from crm_graphql.delivery.vendors.whatsapp import uploads
from crm_graphql.delivery.vendors.whatsapp.vendor import WhatsappVendor, whatsapp_carrier
from crm_graphql.whatsapp.graph import GraphApi
from crm_graphql.whatsapp.templates import renew_templates
from crm_graphql.whatsapp.windows import Sender, heard
from tests.servers.graph import Graph, wamid
from tests.whatsapp.calls import GREETING, NUMBERED, PICTURED, greeting, key_of, number, picture, text

ACCEPTED, REJECTED = OutcomeStatus.ACCEPTED, OutcomeStatus.REJECTED
DEFERRED, UNKNOWN = OutcomeStatus.DEFERRED, OutcomeStatus.UNKNOWN


@pytest.fixture
async def templates(graph: Graph, api: GraphApi, vendor: WhatsappVendor) -> None:
    """The account has templates, and they are known."""
    graph.templates = [GREETING, NUMBERED, PICTURED]
    await renew_templates(api)


async def send(vendor: WhatsappVendor, *messages: OutgoingMessage, seconds: float = 5.0) -> Sequence[Outcome]:
    return await vendor.send(messages, deadline_seconds=seconds)


async def opened(*indexes: int) -> None:
    for index in indexes:
        await heard(Sender(number(index), None), datetime.now(UTC))


@pytest.mark.usefixtures("templates")
async def test_a_template_leaves_with_named_values_and_our_key(graph: Graph, vendor: WhatsappVendor) -> None:
    (outcome,) = await send(vendor, greeting(1, name="Ada\n  Lovelace"))
    assert outcome == Outcome(key_of(1), ACCEPTED, wamid(key_of(1)))
    assert graph.sent == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": number(1),
            "biz_opaque_callback_data": key_of(1),
            "type": "template",
            "template": {
                "name": "greeting",
                "language": {"code": "en"},
                "components": [
                    {
                        "type": "body",
                        "parameters": [
                            {"type": "text", "parameter_name": "name", "text": "Ada Lovelace"},
                            {"type": "text", "parameter_name": "day", "text": "Friday"},
                        ],
                    }
                ],
            },
        }
    ]


@pytest.mark.usefixtures("templates")
async def test_numbered_values_go_in_their_order_to_head_body_and_button(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    values = (("2", "pears"), ("button.0", "x9"), ("header.1", "17"), ("1", "apples"))
    (outcome,) = await send(vendor, greeting(1, whatsapp=WhatsappTemplate("numbered", "de", values)))
    assert outcome.status is ACCEPTED
    assert graph.sent[0]["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "text", "text": "17"}]},
        {
            "type": "body",
            "parameters": [{"type": "text", "text": "apples"}, {"type": "text", "text": "pears"}],
        },
        {
            "type": "button",
            "sub_type": "url",
            "index": "0",
            "parameters": [{"type": "text", "text": "x9"}],
        },
    ]


@pytest.mark.usefixtures("templates")
async def test_a_picture_in_the_head_is_uploaded_once_for_all_who_get_it(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    template = WhatsappTemplate("pictured", "en", header=picture())
    outcomes = await send(vendor, *(greeting(index, whatsapp=template) for index in range(1, 16)))
    assert {outcome.status for outcome in outcomes} == {ACCEPTED}
    assert graph.uploads == [("a.png", "image/png", b"\x89PNG pixels")]
    heads = [one["template"]["components"][0]["parameters"][0] for one in graph.sent]
    assert heads == [{"type": "image", "image": {"id": "000000000000001"}}] * 15


@pytest.mark.usefixtures("templates")
async def test_a_file_that_meta_has_no_more_is_uploaded_again(
    graph: Graph, vendor: WhatsappVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.refusals[number(1)] = graph.refusals[number(2)] = 131053
    template = WhatsappTemplate("pictured", "en", header=picture())
    # What was uploaded just now is there; the message is refused for something else.
    await send(vendor, greeting(1, whatsapp=template))
    await send(vendor, greeting(2, whatsapp=template))
    assert len(graph.uploads) == 1
    monkeypatch.setattr(uploads, "SURE_FOR_SECONDS", -1.0)
    await send(vendor, greeting(1, whatsapp=template))
    (outcome,) = await send(vendor, greeting(3, whatsapp=template))
    assert (outcome.status, len(graph.uploads)) == (ACCEPTED, 2)


async def test_named_values_are_told_from_numbered_ones_though_the_list_does_not_say(
    graph: Graph, api: GraphApi, vendor: WhatsappVendor
) -> None:
    graph.templates = [{name: value for name, value in GREETING.items() if name != "parameter_format"}]
    await renew_templates(api)
    graph.templates = [GREETING]
    (outcome,) = await send(vendor, greeting(1))
    assert outcome.status is ACCEPTED


@pytest.mark.usefixtures("templates")
async def test_who_is_known_by_a_bsuid_alone_is_written_to_by_it(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    (outcome,) = await send(vendor, greeting(1, to="US.13491208655302741918"))
    assert outcome.status is ACCEPTED
    assert graph.sent[0]["recipient"] == "US.13491208655302741918"
    assert "to" not in graph.sent[0]


async def test_free_text_goes_only_to_who_wrote_within_24_hours(graph: Graph, vendor: WhatsappVendor) -> None:
    await opened(1)
    await heard(Sender(number(2), None), datetime.now(UTC) - timedelta(hours=24))
    one, two, three = await send(vendor, text(1), text(2), text(3))
    assert one.status is ACCEPTED
    for late in (two, three):
        assert (late.status, late.fault, late.reason) == (
            REJECTED,
            Fault.CONTENT,
            DeliveryReason.VENDOR_REJECTED,
        )
        assert "24 hours" in (late.reason_text or "")
    assert [body["text"] for body in graph.sent] == [{"body": "Thanks!", "preview_url": True}]


@pytest.mark.parametrize(
    ("code", "status", "fault", "seconds"),
    [
        (131016, DEFERRED, Fault.TRANSIENT, None),
        (131056, DEFERRED, Fault.TRANSIENT, 60.0),
        (131049, DEFERRED, Fault.TRANSIENT, 86_400.0),
        (131026, REJECTED, Fault.PERSON, None),
        (131050, REJECTED, Fault.PERSON, None),
        (131047, REJECTED, Fault.CONTENT, None),
        (131009, REJECTED, Fault.CONTENT, None),
        (132000, REJECTED, Fault.TEMPLATE, None),
        (132015, DEFERRED, Fault.ACCOUNT, None),
        (131042, DEFERRED, Fault.ACCOUNT, None),
        (33, DEFERRED, Fault.ACCOUNT, None),
        (133006, DEFERRED, Fault.ACCOUNT, None),
        (80007, DEFERRED, Fault.TRANSIENT, 5.0),
        (613, DEFERRED, Fault.TRANSIENT, 5.0),
        (299, DEFERRED, Fault.ACCOUNT, None),
        (999_999, REJECTED, Fault.CONTENT, None),
    ],
)
@pytest.mark.usefixtures("templates")
async def test_each_code_means_what_the_table_says(
    graph: Graph,
    vendor: WhatsappVendor,
    code: int,
    status: OutcomeStatus,
    fault: Fault,
    seconds: float | None,
) -> None:
    graph.refusals[number(2)] = code
    first, refused = await send(vendor, greeting(1), greeting(2))
    assert first.status is ACCEPTED
    assert (refused.status, refused.fault, refused.retry_after_seconds) == (status, fault, seconds)
    assert f"#{code}" in (refused.reason_text or "")


@pytest.mark.usefixtures("templates")
async def test_what_may_have_been_taken_is_unknown_and_only_that(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    graph.silent.add(number(1))
    graph.cut.add(number(2))
    graph.hanging.add(number(3))
    outcomes = await send(vendor, *map(greeting, (1, 2, 3, 4)), seconds=1.0)
    assert [one.status for one in outcomes] == [UNKNOWN, UNKNOWN, UNKNOWN, ACCEPTED]
    assert graph.keys == {key_of(index): 1 for index in (1, 2, 3, 4)}


@pytest.mark.usefixtures("templates")
async def test_a_message_that_is_held_or_paused_by_meta_is_taken(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    graph.statuses[number(1)] = "held_for_quality_assessment"
    (outcome,) = await send(vendor, greeting(1))
    assert (outcome.status, outcome.vendor_message_id) == (ACCEPTED, wamid(key_of(1)))


@pytest.mark.usefixtures("templates")
async def test_after_a_fault_of_the_account_nothing_more_is_begun_and_nobody_is_lost(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    graph.refusals[number(1)] = 131042
    outcomes = await send(vendor, *map(greeting, range(1, 21)))
    assert {one.status for one in outcomes} <= {DEFERRED, ACCEPTED}
    held = [one for one in outcomes if one.status is DEFERRED]
    assert {one.fault for one in held} == {Fault.ACCOUNT}
    assert graph.calls < 20
    assert len(graph.sent) + len(held) == 20


@pytest.mark.usefixtures("templates")
async def test_the_same_refusal_of_all_is_the_campaigns_fault_and_nobodys(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    messages = [
        greeting(index, whatsapp=WhatsappTemplate("greeting", "en", (("name", "Ada"),))) for index in range(6)
    ]
    # The template became another one, and nobody here knows yet.
    graph.templates = [{**GREETING, "components": [{"type": "BODY", "text": "{{a}} {{b}} {{c}}"}]}]
    outcomes = await send(vendor, *messages)
    assert {(one.status, one.fault) for one in outcomes} == {(DEFERRED, Fault.ACCOUNT)}
    assert "every message" in (outcomes[0].reason_text or "")


@pytest.mark.usefixtures("templates")
async def test_a_value_that_is_empty_for_somebody_is_that_persons_alone(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    one, two = await send(vendor, greeting(1, name=" \n "), greeting(2))
    assert (one.status, one.fault) == (REJECTED, Fault.TEMPLATE)
    assert '"name"' in (one.reason_text or "")
    assert two.status is ACCEPTED


async def test_a_server_that_is_away_has_taken_nothing(
    account: Settings, vendor: WhatsappVendor, api: GraphApi
) -> None:
    nowhere = account.model_copy(update={"whatsapp_graph_url": "http://127.0.0.1:9"})
    away = whatsapp_carrier(nowhere, api.http).vendor
    with pytest.raises(VendorUnavailable, match="cannot be reached"):
        await away.send([greeting(1), greeting(2)], deadline_seconds=5.0)


async def test_too_fast_leaves_the_number_alone_for_everybody(graph: Graph, vendor: WhatsappVendor) -> None:
    graph.templates = [GREETING]
    graph.refusals = {number(index): 130429 for index in range(1, 4)}
    with pytest.raises(VendorUnavailable) as raised:
        await send(vendor, *map(greeting, (1, 2, 3)))
    assert raised.value.retry_after_seconds == 5.0
    assert await vendor._pace.ahead_seconds() > 3.0


async def test_a_wrong_token_is_an_accounts_fault(
    account: Settings, vendor: WhatsappVendor, api: GraphApi
) -> None:
    other = replace(api, token="other")
    vendor._api = other
    outcomes = await send(vendor, greeting(1))
    assert (outcomes[0].status, outcomes[0].fault) == (DEFERRED, Fault.ACCOUNT)


@pytest.mark.usefixtures("templates")
async def test_opting_out_suppresses_at_once_and_being_unreachable_the_second_time(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    graph.refusals = {number(1): 131050, number(2): 131026}
    await send(vendor, greeting(1), greeting(2))
    assert [one.address for one in await Suppression.find_all().to_list()] == [number(1)]
    # The same message again is no second one.
    await send(vendor, greeting(2))
    assert await Suppression.count() == 1
    await send(vendor, greeting(3, to=number(2)))
    found = {one.address: one.reason for one in await Suppression.find_all().to_list()}
    assert found == {number(1): SuppressionReason.UNSUBSCRIBED, number(2): SuppressionReason.BOUNCED}


async def test_a_message_that_is_cancelled_in_the_middle_leaves_the_next_its_own_answer(
    graph: Graph, vendor: WhatsappVendor
) -> None:
    await opened(1, 2)
    graph.hanging.add(number(1))
    task = asyncio.create_task(send(vendor, text(1)))
    while not graph.sent:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (outcome,) = await send(vendor, text(2))
    assert outcome == Outcome(key_of(2), ACCEPTED, wamid(key_of(2)))
