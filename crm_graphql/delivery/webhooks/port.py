"""A door as the route sees it: who may speak, what is said, and what must be durable before the answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

import httpx

from crm_graphql.bus.port import Bus
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.mongo.transactions import Transact
from crm_graphql.storage.port import Storage

BODY_LIMIT_BYTES = 1024 * 1024
"""Of a call, where the vendor does not say that its own may be larger."""
_KEY = re.compile(r"([0-9a-f]{24})-([1-9][0-9]{0,6})")


class Returned(Enum):
    """What a message that came back, or a complaint, says about its address."""

    HARD = "HARD"
    """No message will ever arrive there: the address is suppressed."""
    SOFT = "SOFT"
    """This one did not, after all tries (a full mailbox): some within a few days suppress the address."""
    CONTENT = "CONTENT"
    """This message was not wanted, for its size or what is in it; nothing speaks against the address."""
    POLICY = "POLICY"
    """We are not wanted, for how or from where we send: never the address's fault."""
    COMPLAINT = "COMPLAINT"
    """The person called it spam: the address is suppressed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a vendor says of one message.

    `delivery_id` and `attempt` are the parts of the message's key (`read_key`). Without them only what is
    said of an `address` counts: that it is to be suppressed.
    """

    delivery_id: str | None = None
    attempt: int | None = None
    status: ReceiptStatus | None = None
    """None for what changes nothing in the ledger."""
    occurred_at: datetime | None = None
    """None for now."""
    reason: DeliveryReason | None = None
    reason_text: str | None = None
    """The vendor's own words."""
    vendor_message_id: str | None = None
    returned: Returned | None = None
    """Where the message came back, or was complained of: it is listed, and has consequences."""
    code: str | None = None
    """The enhanced status code, "5.1.1", or the vendor's own number for the fault."""
    channel: Channel | None = None
    address: str | None = None
    """Whom the vendor names, where it does: for notices of messages that are not known."""

    @classmethod
    def came_back(
        cls, kind: Returned, key: tuple[str, int] | None, *, text: str | None = None, **more: Any
    ) -> Notice:
        """That a message came back, or was complained of: the ledger hears of it, too. `more` are further
        fields."""
        is_complaint = kind is Returned.COMPLAINT
        delivery_id, attempt = key or (None, None)
        return cls(
            delivery_id,
            attempt,
            status=ReceiptStatus.FAILED,
            reason=DeliveryReason.COMPLAINED if is_complaint else DeliveryReason.BOUNCED,
            reason_text=text,
            returned=kind,
            **more,
        )

    @property
    def receipt(self) -> Receipt | None:
        """The part that the ledger takes."""
        if self.delivery_id is None or self.status is None:
            return None
        return Receipt(
            self.delivery_id,
            self.status,
            self.occurred_at,
            self.attempt,
            self.reason,
            self.reason_text,
            self.vendor_message_id,
        )


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """Why one entry of a call was not taken: its place in the call, and the field that is wrong."""

    index: int
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came. `headers` are found by names in any case; `url` is the address that the vendor
    called, by CRM_PUBLIC_URL, whatever a proxy made of it."""

    headers: Mapping[str, str]
    body: bytes
    url: str
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a call says. `problems` are of entries that were left out; the others count nevertheless."""

    notices: Sequence[Notice] = ()
    problems: Sequence[EntryProblem] = ()
    then: Callable[[], Awaitable[None]] | None = None
    """What the door itself has to make durable before the answer: a word of somebody who wrote back."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in a form that a vendor insists on."""

    text: str
    media_type: str = "text/plain"
    status: int = 200


@dataclass(frozen=True, slots=True)
class DoorTools:
    """What a door may use of its process."""

    settings: Settings
    http: httpx.AsyncClient
    bus: Bus
    clock: Clock
    transact: Transact
    storage: Storage


class Door(Protocol):
    """One vendor's door. Made anew for each call: what it keeps between calls, it keeps in its module."""

    async def verify(self, call: Call) -> None:
        """Return where the call is the vendor's own, compared in constant time.

        Raises Unauthenticated or Forbidden: then nothing of it is read.
        """

    async def parse(self, call: Call) -> Parsed:
        """What a call says that was verified. Raises InvalidInput where it cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A door beside what a vendor wants of its route. `handshake` answers a GET by its query; it raises
    Forbidden for a stranger."""

    door: Door
    status: int = 200
    """Of the answer to a call that was taken."""
    handshake: Callable[[Mapping[str, str]], Reply] | None = None
    body_limit_bytes: int = BODY_LIMIT_BYTES
    reply: Reply | None = None
    """To a call that was taken, instead of its number of entries and their problems."""


def read_key(key: str) -> tuple[str, int] | None:
    """The delivery's id and the attempt in the key of a message; None for what is no key of ours."""
    found = _KEY.fullmatch(key.strip().lower())
    return (found[1], int(found[2])) if found else None
