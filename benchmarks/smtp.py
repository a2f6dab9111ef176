"""How many messages a second go to a relay, beside what the SMTP library alone does, and what they cost?

The relay is aiosmtpd in a process of its own, on this machine, which takes everything: it limits both lines,
and no relay that looks at what it takes is as fast. Each line is the vendor over so many connections, with
what it builds, beside the library's own calls of the same steps for finished bytes over as many. Then the CPU
of one message: building it, of one page and of 200 KB, and signing it.

Run: .venv/bin/python -m benchmarks.smtp
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection

import uvloop
from aiosmtplib import SMTP
from bson import ObjectId
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from crm_graphql.core.channels import Channel
from crm_graphql.core.mailboxes import Mailbox
from crm_graphql.core.settings import Settings, load_settings
from crm_graphql.delivery.vendors.carrier import close_carriers
from crm_graphql.delivery.vendors.mail.building import Mail, MailSender, build
from crm_graphql.delivery.vendors.mail.signing import DkimSigner
from crm_graphql.delivery.vendors.port import Attachment, OutcomeStatus, OutgoingMessage
from crm_graphql.delivery.vendors.smtp.carrier import smtp_carrier
from tests.servers.relay import running_relay

CONNECTIONS = (1, 4, 16)
SENDER = MailSender(Mailbox.of("news@sender.example"), "Acme", "sender.example")
PAGE = "<p>" + "Größe und Farbe sind noch zu haben. " * 80 + "</p>"
PICTURE = Attachment("m", "picture.png", "image/png", bytes(range(256)) * 800)


def message(number: int) -> OutgoingMessage:
    """One page, as campaigns have it."""
    return OutgoingMessage(
        f"{ObjectId()}-1",
        Channel.EMAIL,
        f"c{number}@reader.example",
        f"Neues für Sie, Nummer {number}",
        "Größe und Farbe sind noch zu haben.\n" * 40,
        tag=str(ObjectId()),
        html=PAGE,
        unsubscribe_url="https://crm.sender.example/u/" + "a" * 60,
        created_at=datetime.now(UTC),
    )


def serve(pipe: Connection) -> None:
    """A relay, until the pipe says otherwise."""

    async def run() -> None:
        async with running_relay() as relay:
            relay.keeps = False
            pipe.send(relay.port)
            await asyncio.to_thread(pipe.recv)

    uvloop.run(run())


def settings(port: int, connections: int, **changes: object) -> Settings:
    """Those that reach it."""
    return load_settings(
        _env_file=None,
        email_vendor="smtp",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        smtp_sender=SENDER.mailbox.address,
        smtp_connections=connections,
        smtp_messages_per_connection=100_000,
        **changes,
    )


async def by_vendor(
    port: int, connections: int, messages: Sequence[OutgoingMessage], key: str | None
) -> float:
    """Messages a second through the vendor, in calls as four senders make them."""
    signing = (
        {"smtp_dkim_key": key, "smtp_dkim_domain": "sender.example", "smtp_dkim_selector": "s1"}
        if key
        else {}
    )
    carrier = smtp_carrier(settings(port, connections, **signing))
    size = carrier.vendor.batch_limit
    batches = [messages[start : start + size] for start in range(0, len(messages), size)]

    async def sender() -> None:
        while batches:
            outcomes = await carrier.vendor.send(batches.pop(), deadline_seconds=60)
            assert all(one.status is OutcomeStatus.ACCEPTED for one in outcomes)

    seconds = await timed(lambda: asyncio.gather(*(sender() for _ in range(4))))
    await close_carriers([carrier])
    return len(messages) / seconds


async def by_library(port: int, connections: int, mails: Sequence[Mail]) -> float:
    """Messages a second by the library alone."""
    left = list(mails)
    clients = [
        SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname="bench")
        for _ in range(connections)
    ]

    async def client(smtp: SMTP) -> None:
        await smtp.connect()
        while left:
            mail = left.pop()
            await smtp.mail(SENDER.mailbox.address)
            await smtp.rcpt(mail.recipient.address)
            await smtp.data(mail.content)
        await smtp.quit()

    return len(mails) / await timed(lambda: asyncio.gather(*map(client, clients)))


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds that it takes."""
    begin = time.perf_counter()
    await work()
    return time.perf_counter() - begin


def cpu_ms(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds of CPU of one call."""
    work()
    begin = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - begin) * 1_000 / rounds


async def rates(port: int, count: int, key: str) -> None:
    """The first table."""
    messages = [message(number) for number in range(count)]
    mails = [build(one, SENDER) for one in messages]
    print(f"{count:,} messages of {len(mails[0].content) / 1_000:.0f} KB, a second:")
    print(f"{'connections':>12}{'vendor':>10}{'signed':>10}{'library':>10}{'ratio':>8}")
    for connections in CONNECTIONS:
        library = await by_library(port, connections, mails)
        vendor = await by_vendor(port, connections, messages, None)
        signed = await by_vendor(port, connections, messages, key)
        print(f"{connections:>12}{vendor:>10,.0f}{signed:>10,.0f}{library:>10,.0f}{vendor / library:>8.2f}")


def costs(key: str, rounds: int) -> None:
    """The second table."""
    signer = DkimSigner(domain="sender.example", selector="s1", key=key)
    moment = datetime.now(UTC)
    page, large = message(0), replace(message(0), attachments=(PICTURE,))
    print(f"{'CPU of one message':>24}{'building':>12}{'signing':>12}")
    for name, one in (("a page", page), (f"{len(PICTURE.content) // 1_000} KB attached", large)):
        content = build(one, SENDER).content
        building = cpu_ms(lambda one=one: build(one, SENDER), rounds)  # type: ignore[misc]
        signing = cpu_ms(lambda content=content: signer.signed(content, moment), rounds)  # type: ignore[misc]
        print(f"{name:>24}{building:>9.2f} ms{signing:>9.2f} ms")


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=200)
    given = parser.parse_args()
    key = generate_private_key(65_537, 2_048).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        uvloop.run(rates(ours.recv(), given.messages, key.decode()))
    finally:
        process.kill()
    costs(key.decode(), given.rounds)


if __name__ == "__main__":
    main()
