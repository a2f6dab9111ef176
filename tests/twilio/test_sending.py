"""SMS by Twilio: what is called, and what each answer means for a message and for those beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from crm_graphql.delivery.vendors.port import (
    Fault,
    OutcomeStatus,
    VendorAccountFault,
    VendorUnavailable,
    VendorUncertain,
)
from crm_graphql.delivery.vendors.twilio import TwilioAccount, TwilioVendor, weight
from tests.twilio.conftest import PUBLIC, message, messages, number_of, with_account
from tests.twilio.server import KEY, KEY_SECRET, SENDER, TwilioServer

ACCEPTED, REJECTED, DEFERRED, UNKNOWN = (
    OutcomeStatus.ACCEPTED,
    OutcomeStatus.REJECTED,
    OutcomeStatus.DEFERRED,
    OutcomeStatus.UNKNOWN,
)


async def test_a_message_is_sent_as_the_api_wants_it(vendor: TwilioVendor, twilio: TwilioServer) -> None:
    one = message(body="Grüße & 100% – ça va? 😀")
    (outcome,) = await vendor.send([one], deadline_seconds=5)
    (sent,) = twilio.sent
    assert (outcome.status, outcome.vendor_message_id, outcome.segments) == (ACCEPTED, sent.sid, 1)
    assert sent.form == {
        "To": number_of(0),
        "From": SENDER,
        "Body": one.body,
        "StatusCallback": f"{PUBLIC}/webhooks/twilio?key={one.key}#rc=5&rp=5xx,ct,rt",
    }


async def test_a_messaging_service_an_api_key_and_smart_encoding_are_used_where_they_are_set(
    twilio: TwilioServer, http: httpx.AsyncClient, account: TwilioAccount
) -> None:
    service = "MG" + "0" * 32
    changed = with_account(http, account, user=KEY, password=KEY_SECRET, sender=service, smart_encoded=True)
    (outcome,) = await changed.send([message()], deadline_seconds=5)
    form = twilio.sent[0].form
    assert (form["MessagingServiceSid"], form["SmartEncoded"], "From" in form) == (service, "true", False)
    # While the service has not chosen a number, nobody knows how many segments.
    assert (outcome.status, outcome.segments) == (ACCEPTED, None)


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (timedelta(hours=2), 7_199),
        (timedelta(days=2), 36_000),
        (timedelta(seconds=0.2), 1),
        (-timedelta(1), 1),
    ],
)
async def test_twilio_keeps_a_message_no_longer_than_it_is_wanted(
    vendor: TwilioVendor, twilio: TwilioServer, left: timedelta, seconds: int
) -> None:
    await vendor.send([message(send_before=datetime.now(UTC) + left)], deadline_seconds=5)
    assert abs(int(twilio.sent[0].form["ValidityPeriod"]) - seconds) <= 1


@pytest.mark.parametrize(
    ("code", "status", "fault"),
    [
        *((code, REJECTED, Fault.PERSON) for code in (21211, 21265, 21266, 21268, 21614, 21635, 21610)),
        (21617, REJECTED, Fault.CONTENT),
        # Ours to mend, and in the way of nobody in another country.
        *((code, DEFERRED, Fault.TRANSIENT) for code in (21408, 21612, 21703)),
        # Surely not taken, and nobody knows whose fault it is.
        (29999, DEFERRED, Fault.TRANSIENT),
    ],
)
async def test_a_code_of_one_message_is_its_own(
    vendor: TwilioVendor, twilio: TwilioServer, code: int, status: OutcomeStatus, fault: Fault
) -> None:
    twilio.refuse[number_of(3)] = code
    outcomes = await vendor.send(messages(9), deadline_seconds=5)
    refused = outcomes.pop(3)
    assert (refused.status, refused.fault, refused.closes_address) == (status, fault, code == 21610)
    assert (refused.reason_text or "").startswith(f"Twilio {code}: ")
    assert {one.status for one in outcomes} == {ACCEPTED}
    assert len(twilio.sent) == 8


@pytest.mark.parametrize(
    "code",
    [20003, 20005, 20008, 20404, 21212, 21267, 21606, 21607, 21609, 21659, 21660, 21661, 21701, 21704, 21705],
)
async def test_a_fault_of_the_account_rejects_nobody_and_stops_the_call(
    vendor: TwilioVendor, twilio: TwilioServer, code: int
) -> None:
    twilio.refuse["*"] = code
    with pytest.raises(VendorAccountFault, match=f"Twilio {code}"):
        await vendor.send(messages(16), deadline_seconds=5)
    assert twilio.sent == []
    assert twilio.calls <= 4


async def test_a_short_code_that_does_not_reach_a_country_stops_nobody_else(
    twilio: TwilioServer, http: httpx.AsyncClient, account: TwilioAccount
) -> None:
    twilio.refuse[number_of(3)] = 21659
    short = with_account(http, account, sender="51234")
    outcomes = await short.send(messages(9), deadline_seconds=5)
    refused = outcomes.pop(3)
    assert (refused.status, refused.fault) == (DEFERRED, Fault.TRANSIENT)
    assert {one.status for one in outcomes} == {ACCEPTED}


async def test_a_fault_of_the_account_in_the_middle_leaves_the_rest_untaken(
    vendor: TwilioVendor, twilio: TwilioServer
) -> None:
    twilio.refuse[number_of(6)] = 21606
    outcomes = await vendor.send(messages(16), deadline_seconds=5)
    taken = [one for one in outcomes if one.status is ACCEPTED]
    others = [one for one in outcomes if one.status is not ACCEPTED]
    assert len(taken) == len(twilio.sent) >= 6
    assert {(one.status, one.fault) for one in others} == {(DEFERRED, Fault.ACCOUNT)}
    assert len(others) >= 6


async def test_a_forbidding_proxy_is_a_fault_of_the_account(
    vendor: TwilioVendor, twilio: TwilioServer
) -> None:
    twilio.faults["*"] = "html 403"
    with pytest.raises(VendorAccountFault, match="status 403"):
        await vendor.send(messages(2), deadline_seconds=5)


@pytest.mark.parametrize(
    ("code", "header", "wished"), [(20429, "7", 7.0), (20429, None, None), (21611, None, 60.0)]
)
async def test_too_much_at_once_holds_all_back_for_as_long_as_twilio_says(
    vendor: TwilioVendor, twilio: TwilioServer, code: int, header: str | None, wished: float | None
) -> None:
    twilio.refuse["*"], twilio.retry_after = code, header
    with pytest.raises(VendorUnavailable) as raised:
        await vendor.send(messages(16), deadline_seconds=5)
    assert not isinstance(raised.value, VendorAccountFault)
    assert raised.value.retry_after_seconds == wished
    assert twilio.calls <= 4


async def test_too_much_in_the_middle_puts_the_rest_off(vendor: TwilioVendor, twilio: TwilioServer) -> None:
    twilio.refuse[number_of(6)], twilio.retry_after = 20429, "3"
    outcomes = await vendor.send(messages(16), deadline_seconds=5)
    later = [one for one in outcomes if one.status is not ACCEPTED]
    assert {(one.status, one.fault, one.retry_after_seconds) for one in later} == {
        (DEFERRED, Fault.TRANSIENT, 3.0)
    }
    assert len(outcomes) - len(later) == len(twilio.sent)


@pytest.mark.parametrize("fault", ["500 after", "cut after", "no json", "slow"])
async def test_an_answer_that_says_nothing_leaves_its_message_unknown_and_no_other(
    vendor: TwilioVendor, twilio: TwilioServer, fault: str
) -> None:
    twilio.faults[number_of(1)] = fault
    outcomes = await vendor.send(messages(8), deadline_seconds=1.5)
    assert [one.status for one in outcomes] == [ACCEPTED, UNKNOWN] + [ACCEPTED] * 6
    assert twilio.to_numbers()[number_of(1)] == 1


async def test_a_call_of_which_nothing_is_known_says_so(vendor: TwilioVendor, twilio: TwilioServer) -> None:
    twilio.faults["*"] = "500 after"
    with pytest.raises(VendorUncertain):
        await vendor.send(messages(3), deadline_seconds=5)


async def test_a_server_that_refuses_connections_has_taken_nothing(
    http: httpx.AsyncClient, account: TwilioAccount
) -> None:
    away = with_account(http, account, url="http://127.0.0.1:9")
    with pytest.raises(VendorUnavailable, match="cannot be reached"):
        await away.send(messages(3), deadline_seconds=5)


async def test_what_there_was_no_time_for_was_surely_not_sent(
    vendor: TwilioVendor, twilio: TwilioServer
) -> None:
    twilio.latency = 1.2
    outcomes = await vendor.send(messages(16), deadline_seconds=4)
    late = [one for one in outcomes if one.status is not ACCEPTED]
    assert {(one.status, one.fault) for one in late} == {(DEFERRED, Fault.TRANSIENT)}
    assert len(twilio.sent) == len(outcomes) - len(late) >= 4


async def test_no_more_calls_are_under_way_than_are_set(vendor: TwilioVendor, twilio: TwilioServer) -> None:
    twilio.latency = 0.02
    await vendor.send(messages(16), deadline_seconds=5)
    assert twilio.most_at_once == 4


async def test_outcomes_come_in_the_order_of_their_messages(
    vendor: TwilioVendor, twilio: TwilioServer
) -> None:
    batch = messages(16)
    outcomes = await vendor.send(batch, deadline_seconds=5)
    assert [one.key for one in outcomes] == [one.key for one in batch]
    by_number = {one.to: one.sid for one in twilio.sent}
    assert [one.vendor_message_id for one in outcomes] == [by_number[one.address] for one in batch]


async def test_a_message_that_failed_at_once_is_told_as_that(
    vendor: TwilioVendor, twilio: TwilioServer
) -> None:
    twilio.failed_at_once[number_of(0)] = 21610
    (outcome,) = await vendor.send([message()], deadline_seconds=5)
    assert (outcome.status, outcome.fault, outcome.closes_address) == (REJECTED, Fault.PERSON, True)
    assert outcome.vendor_message_id == twilio.sent[0].sid


@pytest.mark.parametrize(
    ("said", "segments"), [("3", 3), ("0", None), ("", None), ("many", None), ("-1", None), ("9" * 30, None)]
)
async def test_what_twilio_charges_is_told_where_it_can_be_read(
    vendor: TwilioVendor, twilio: TwilioServer, said: str, segments: int | None
) -> None:
    twilio.num_segments = said
    (outcome,) = await vendor.send([message()], deadline_seconds=5)
    assert (outcome.status, outcome.segments) == (ACCEPTED, segments)


async def test_nothing_to_send_calls_nobody(vendor: TwilioVendor, twilio: TwilioServer) -> None:
    assert await vendor.send([], deadline_seconds=5) == []
    assert twilio.calls == 0


def test_a_message_weighs_what_its_sender_has_to_send() -> None:
    assert [weight(text) for text in ("", "x" * 160, "x" * 161, "ç" * 71)] == [1, 1, 2, 2]
