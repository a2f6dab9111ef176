"""The listener for returned mail: who may be written to, and what its 250 is worth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from crm_graphql.bounces.intake import accept_notices
from crm_graphql.bounces.mail import listener as listener_module
from crm_graphql.bounces.mail.listener import MAIL_BYTES, BounceListener
from crm_graphql.bus.port import BusError
from crm_graphql.core.settings import SettingsError
from crm_graphql.delivery.documents import Delivery, DeliveryStatus, ParkedReceipt
from crm_graphql.delivery.vendors.smtp.verp import envelope_sender
from crm_graphql.resources import Resources
from tests.bounces.factories import bounces, settle, suppressions
from tests.bounces.test_reading import mail
from tests.delivery.factories import make_ledger
from tests.delivery.running import running, until_stats
from tests.delivery.stand_in import StandInVendor

HERE: dict[str, Any] = {"bounces_domain": "bounces.example.com", "bounces_listen": "lmtp://127.0.0.1:0"}
ACCEPT = "crm_graphql.bounces.intake.accept_notices"


class Client:
    """Speaks LMTP or SMTP as a mail server does, a line at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self) -> str:
        """The last line of an answer."""
        async with asyncio.timeout(60):
            while (line := (await self.reader.readline()).decode())[3:4] == "-":
                pass
        return line.strip()

    async def say(self, line: str) -> str:
        self.writer.write(f"{line}\r\n".encode())
        return await self.answer()

    async def send(self, content: bytes, to: str) -> str:
        """A mail with the null sender to an address; the answer that decided."""
        await self.say("MAIL FROM:<>")
        if not (answer := await self.say(f"RCPT TO:<{to}>")).startswith("250"):
            await self.say("RSET")
            return answer
        await self.say("DATA")
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        self.writer.write(stuffed + b"\r\n.\r\n")
        return await self.answer()


@asynccontextmanager
async def listening(resources: Resources, **changes: Any) -> AsyncIterator[BounceListener]:
    settings = resources.settings.model_copy(update={**HERE, **changes})
    listener = BounceListener(
        settings=settings, bus=resources.bus, clock=resources.clock, intake=resources.intake
    )
    await listener.start()
    try:
        yield listener
    finally:
        await listener.close()


@asynccontextmanager
async def connected(listener: BounceListener, greeting: str = "LHLO mx") -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", listener.port))
    try:
        assert (await client.answer()).startswith("220")
        assert (await client.say(greeting)).startswith("250")
        yield client
    finally:
        client.writer.close()


def sender(resources: Resources, delivery_id: str, **changes: Any) -> str:
    settings = resources.settings.model_copy(update={**HERE, **changes})
    return envelope_sender(f"{delivery_id}-1", settings)


@pytest.mark.parametrize(("scheme", "greeting"), [("lmtp", "LHLO mx"), ("smtp", "EHLO mx")])
async def test_a_mail_that_comes_back_suppresses_its_address(
    resources: Resources, scheme: str, greeting: str
) -> None:
    key, ids = await make_ledger(2, status=DeliveryStatus.DELIVERED)
    async with (
        listening(resources, bounces_listen=f"{scheme}://127.0.0.1:0") as listener,
        connected(listener, greeting) as client,
        running(resources, StandInVendor()),
    ):
        answer = await client.send(mail("postfix"), sender(resources, ids[0]).upper())
        assert answer.startswith("250 2.0.0")
        await until_stats(key, failed=1, delivered=1)
        await settle(resources)
    row = await Delivery.get_pymongo_collection().find_one({"_id": ObjectId(ids[0])})
    assert row is not None
    assert (row["status"], row["reason"], "User unknown" in row["reason_text"]) == ("FAILED", "BOUNCED", True)
    assert await suppressions() == {row["address"]: "BOUNCED"}


@pytest.mark.parametrize("forge", ["guessed mac", "other domain", "someone", ""])
async def test_an_address_that_we_did_not_make_is_refused_before_the_mail(
    resources: Resources, forge: str
) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    real = sender(resources, ids[0])
    address = {
        "guessed mac": real.replace(real.partition("@")[0][-10:], "a" * 10),
        "other domain": real.replace("bounces.", "www."),
        "someone": "ida@bounces.example.com",
        "": "",
    }[forge]
    async with listening(resources) as listener, connected(listener) as client:
        answer = await client.send(mail("postfix"), address)
        assert answer.startswith("5")
        # The connection goes on with the next mail.
        assert (await client.send(mail("postfix"), real)).startswith("250")
    assert len(await bounces()) == 1


async def test_a_complaint_is_taken_by_the_address_within(resources: Resources) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.DELIVERED)
    complaint = mail("complaint").replace(b"{sender}", sender(resources, ids[0]).encode())
    forged = mail("complaint").replace(
        b"{sender}", b"b+%s-1-aaaaaaaaaa@bounces.example.com" % ids[0].encode()
    )
    async with listening(resources) as listener, connected(listener) as client:
        assert (await client.send(forged, "complaints@bounces.example.com")).startswith("250")
        assert await bounces() == []
        assert (await client.send(complaint, "Complaints@bounces.example.com")).startswith("250")
    await settle(resources)
    assert list((await suppressions()).values()) == ["COMPLAINED"]


@pytest.mark.parametrize("name", ["vacation", "postfix_delayed"])
async def test_what_is_no_news_is_taken_and_changes_nothing(resources: Resources, name: str) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    async with listening(resources) as listener, connected(listener) as client:
        assert (await client.send(mail(name), sender(resources, ids[0]))).startswith("250")
    assert await bounces() == []
    assert await ParkedReceipt.count() == 0


async def test_twice_and_after_each_other_is_one_bounce(resources: Resources) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    async with listening(resources) as listener, connected(listener) as client:
        for _ in range(2):
            assert (await client.send(mail("postfix"), sender(resources, ids[0]))).startswith("250")
    assert len(await bounces()) == 1


async def test_one_recipient_at_a_time(resources: Resources) -> None:
    _, ids = await make_ledger(2, status=DeliveryStatus.SENT)
    async with listening(resources) as listener, connected(listener) as client:
        await client.say("MAIL FROM:<>")
        assert (await client.say(f"RCPT TO:<{sender(resources, ids[0])}>")).startswith("250")
        assert (await client.say(f"RCPT TO:<{sender(resources, ids[1])}>")).startswith("452")


async def test_while_the_database_is_away_nothing_is_taken(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)

    async def away(*_: object, **__: object) -> None:
        raise AutoReconnect("away")

    async with listening(resources) as listener, connected(listener) as client:
        with monkeypatch.context() as patch:
            patch.setattr(ACCEPT, away)
            assert (await client.send(mail("postfix"), sender(resources, ids[0]))).startswith("451")
        assert (await client.send(mail("postfix"), sender(resources, ids[0]))).startswith("250")


async def test_mails_that_come_at_once_share_a_round_and_each_is_answered(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ids = await make_ledger(8, status=DeliveryStatus.SENT)
    rounds: list[int] = []

    async def counted(notices: Any, **parts: Any) -> None:
        rounds.append(len(notices))
        await asyncio.sleep(0.3)
        await accept_notices(notices, **parts)

    monkeypatch.setattr(ACCEPT, counted)
    async with listening(resources) as listener:

        async def send(id_: str) -> None:
            async with connected(listener) as client:
                assert (await client.send(mail("postfix"), sender(resources, id_))).startswith("250")

        await asyncio.gather(*map(send, ids))
    assert sum(rounds) == len(await bounces()) == 8
    assert len(rounds) < 8


async def test_while_the_bus_is_away_it_is_kept_in_the_database(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)

    async def away(*_: object) -> None:
        raise BusError("away")

    monkeypatch.setattr(resources.bus, "publish", away)
    async with listening(resources) as listener, connected(listener) as client:
        assert (await client.send(mail("postfix"), sender(resources, ids[0]))).startswith("250")
    assert (len(await bounces()), await ParkedReceipt.count()) == (1, 1)


async def test_long_lines_are_read_and_too_large_a_mail_is_refused(resources: Resources) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    to = sender(resources, ids[0])
    async with listening(resources) as listener, connected(listener) as client:
        large = b"x" * 70_000 + b"\r\n"
        assert (await client.send(large * (MAIL_BYTES // len(large) + 2), to)).startswith("552")
        assert await bounces() == []
        assert (await client.send(mail("postfix") + large * 100, to)).startswith("250")
    assert len(await bounces()) == 1


async def test_too_many_connections_are_told_to_come_again(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "CONNECTIONS", 1)
    async with listening(resources) as listener:
        async with connected(listener):
            other = Client(*await asyncio.open_connection("127.0.0.1", listener.port))
            assert (await other.answer()).startswith("421")
            other.writer.close()
        await asyncio.sleep(0.1)
        async with connected(listener) as client:
            assert (await client.say("NOOP")).startswith("250")


async def test_consumers_listen_where_the_settings_say(resources: Resources) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    async with running(resources, StandInVendor(), **HERE) as runner:
        assert runner.bounces is not None
        async with connected(runner.bounces) as client:
            assert (await client.send(mail("postfix"), sender(resources, ids[0]))).startswith("250")
        port = runner.bounces.port
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
    assert len(await bounces()) == 1


async def test_an_address_that_cannot_be_had_is_named(resources: Resources) -> None:
    with pytest.raises(SettingsError, match="CRM_BOUNCES_LISTEN"):
        async with listening(resources, bounces_listen="lmtp://192.0.2.1:8024"):
            pass


async def test_a_mail_in_hand_is_answered_before_the_end(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, ids = await make_ledger(1, status=DeliveryStatus.SENT)
    began = asyncio.Event()

    async def slow(*notices: Any, **parts: Any) -> None:
        began.set()
        await asyncio.sleep(0.3)
        await accept_notices(*notices, **parts)

    monkeypatch.setattr(ACCEPT, slow)
    async with listening(resources) as listener, connected(listener) as client:
        sent = asyncio.ensure_future(client.send(mail("postfix"), sender(resources, ids[0])))
        await began.wait()
        await listener.close()
        assert (await sent).startswith("250")
    assert len(await bounces()) == 1
