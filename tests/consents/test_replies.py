"""Replies: STOP closes an address whoever has it, START opens what STOP closed and nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from crm_graphql.consents import replies
from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.consents.documents import HeardReply, Suppression, SuppressionReason
from crm_graphql.consents.replies import START_WORDS, STOP_WORDS, Reply, reply_in
from crm_graphql.consents.suppress import suppress
from crm_graphql.core.channels import Channel
from crm_graphql.resources import Resources
from tests.consents.factories import make_people, person

NUMBER = "+4915112345678"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


async def say(resources: Resources, reply: Reply, source: str, number: str = NUMBER) -> bool:
    return await replies.hear(
        reply, Channel.SMS, number, source=source, now=NOW, transact=resources.in_transaction
    )


async def closed(number: str = NUMBER) -> frozenset[Channel]:
    return (await suppressed_on({number})).get(number, frozenset())


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP",
            "stop",
            " Stop. ",
            "“STOP!”",
            "StopAll",
            "Stop all",
            "unsubscribe",
            "CANCEL",
            "End",
            "quit",
        ),
        *("STOPP", "Abmelden", "arrêt", "ARRÊTER", "Arre\u0302t", "désabonner", "Baja", "cancelar", "alto"),
        *("avslutt", "Meld av", "stop stop", "STOP 🙏", "stop\r\n", "\u200bSTOP\u200b"),
        # Letters of another form, what cannot be seen, room around it, and courtesy.
        *("ＳＴＯＰ", "𝐒𝐓𝐎𝐏", "ⓢⓣⓞⓟ", "S\u00adT\u200bOP", "STOP" + " " * 300),
        *("Stop please", "Please, stop!", "STOP BITTE", "baja, por favor", "arrêter svp"),
    ],
)
def test_a_word_alone_is_stop_however_it_is_written(text: str) -> None:
    assert reply_in(text) is Reply.STOP


@pytest.mark.parametrize("text", ["START", "Unstop", "start.", "Anmelden", "démarrer", "Meld på", "påmeld"])
def test_a_word_alone_is_start(text: str) -> None:
    assert reply_in(text) is Reply.START


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "yes", "stop by tomorrow", "Please do not stop", "don't stop", "the end", "STOPPING"),
        *("S T O P", "stop " * 1000, "🛑", "help", "no", "please", "thanks!"),
    ],
)
def test_anything_else_says_nothing_of_messages(text: str) -> None:
    assert reply_in(text) is None


def test_no_word_means_both_and_each_is_found_as_it_stands() -> None:
    assert not STOP_WORDS & START_WORDS
    assert {word for word in STOP_WORDS if reply_in(word) is not Reply.STOP} == set()
    assert {word for word in START_WORDS if reply_in(word) is not Reply.START} == set()


async def test_stop_closes_the_address_of_a_customer_and_of_nobody(resources: Resources) -> None:
    (ida,) = await make_people({"phone": NUMBER})
    assert await say(resources, Reply.STOP, "twilio:1")
    assert await say(resources, Reply.STOP, "twilio:2", "+4930999999")
    assert (await person(ida))["suppressed"] == ["SMS"]
    assert await closed() == await closed("+4930999999") == {Channel.SMS}
    row = await Suppression.get_pymongo_collection().find_one({"address": NUMBER})
    assert row is not None
    assert (row["reason"], row["by_reply"]) == ("UNSUBSCRIBED", True)


async def test_start_opens_what_stop_closed_and_takes_the_mark(resources: Resources) -> None:
    (ida,) = await make_people({"phone": NUMBER})
    await say(resources, Reply.STOP, "twilio:1")
    assert await say(resources, Reply.START, "twilio:2")
    assert await closed() == frozenset()
    assert (await person(ida))["suppressed"] == []


@pytest.mark.parametrize("reason", SuppressionReason)
@pytest.mark.parametrize("stop_first", [False, True])
async def test_start_opens_nothing_that_was_closed_otherwise_too(
    resources: Resources, reason: SuppressionReason, stop_first: bool
) -> None:
    if stop_first:
        await say(resources, Reply.STOP, "twilio:1")
    await suppress(Channel.SMS, [NUMBER], reason, now=NOW)
    await say(resources, Reply.STOP, "twilio:2")
    await say(resources, Reply.START, "twilio:3")
    assert await closed() == {Channel.SMS}


async def test_start_on_one_channel_opens_no_other(resources: Resources) -> None:
    await replies.close([NUMBER], Channel.WHATSAPP, now=NOW)
    await say(resources, Reply.STOP, "twilio:1")
    await say(resources, Reply.START, "twilio:2")
    assert await closed() == {Channel.WHATSAPP}


async def test_a_reply_that_comes_again_does_not_undo_what_was_said_since(resources: Resources) -> None:
    assert await say(resources, Reply.START, "twilio:1")
    assert await say(resources, Reply.STOP, "twilio:2")
    assert not await say(resources, Reply.START, "twilio:1")
    assert await closed() == {Channel.SMS}


async def test_the_same_reply_at_once_counts_once(resources: Resources) -> None:
    told = await asyncio.gather(*(say(resources, Reply.STOP, "twilio:1") for _ in range(5)))
    assert sorted(told) == [False] * 4 + [True]
    assert await HeardReply.count() == 1


async def test_nothing_of_the_person_is_kept_beside_the_suppression(resources: Resources) -> None:
    await say(resources, Reply.STOP, "twilio:1")
    row = await HeardReply.get_pymongo_collection().find_one({})
    assert row is not None
    assert row.keys() == {"_id", "heard_at"}
