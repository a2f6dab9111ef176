"""The Cloud API as a vendor: budgets first, then a call a message, evenly spaced, several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

import httpx
from pymongo.errors import PyMongoError
from structlog import get_logger

from crm_graphql.core.settings import Settings
from crm_graphql.delivery.pace import SHARED_PIECE_SECONDS, Pace
from crm_graphql.delivery.vendors.carrier import Carrier
from crm_graphql.delivery.vendors.port import Outcome, OutcomeStatus, OutgoingMessage, VendorUnavailable
from crm_graphql.delivery.vendors.whatsapp.budgets import Budgets
from crm_graphql.delivery.vendors.whatsapp.call import Call
from crm_graphql.delivery.vendors.whatsapp.checking import problem_of
from crm_graphql.delivery.vendors.whatsapp.codes import Refusal
from crm_graphql.delivery.vendors.whatsapp.consequences import follow
from crm_graphql.delivery.vendors.whatsapp.outcomes import SLOWER_SECONDS
from crm_graphql.delivery.vendors.whatsapp.uploads import Uploads
from crm_graphql.mongo.leases import database_now
from crm_graphql.whatsapp.graph import GraphApi, account_api
from crm_graphql.whatsapp.portfolio import Portfolio

NAME = "whatsapp-cloud"
_CALLS_A_SECOND = 4
_log = get_logger(__name__)


class WhatsappVendor:
    """Client of the Cloud API. Shares the process's HTTP client; safe for concurrent calls.

    Meta neither dedupes nor can be asked by our key: what a crash or a missing answer leaves in doubt is not
    sent again, and Meta's status says later what became of it.
    """

    name: ClassVar[str] = NAME
    dedupes_for: ClassVar[timedelta | None] = None
    can_look_up: ClassVar[bool] = False
    sends_receipts: ClassVar[bool] = True
    batch_limit: ClassVar[int] = 20

    def __init__(self, api: GraphApi, *, pace: Pace, portfolio_limit: int) -> None:
        """`pace` is the number's, of which its callers have reserved what they send."""
        self._api = api
        self._pace = pace
        self._portfolio = Portfolio(portfolio_limit)
        self._uploads = Uploads(api)

    async def send(self, messages: Sequence[OutgoingMessage], *, deadline_seconds: float) -> list[Outcome]:
        """Hand over the messages; as the port says. What a budget has no room for is put off."""
        if not messages:
            return []
        budgets = Budgets(self._portfolio)
        try:
            kept = await budgets.reserve(messages)
        except PyMongoError as error:
            raise VendorUnavailable(f"budgets cannot be kept: {type(error).__name__}") from None
        call = Call(self._api, self._uploads, self._pace.per_second, deadline_seconds)
        sent = await self._sent(call, [one for one in messages if one.key not in kept], budgets)
        await self._after(messages, sent, call.refusals, budgets)
        call.check_available()
        return [kept.get(message.key) or sent[message.key] for message in messages]

    async def look_up(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """Never asked: Meta knows no key of ours."""
        raise VendorUnavailable(f"{self.name} cannot be asked about {len(keys)} messages")

    async def check(self) -> str | None:
        """Read the number's own resource and the account's templates; nothing is sent."""
        return await problem_of(self._api)

    async def _sent(
        self, call: Call, messages: Sequence[OutgoingMessage], budgets: Budgets
    ) -> Mapping[str, Outcome]:
        try:
            return await call.send(messages)
        except VendorUnavailable:
            with suppress(PyMongoError):
                await budgets.give_back([message.key for message in messages])
            raise

    async def _after(
        self,
        messages: Sequence[OutgoingMessage],
        sent: Mapping[str, Outcome],
        refusals: Mapping[str, Refusal],
        budgets: Budgets,
    ) -> None:
        """What follows from the answers. They count, whatever becomes of it."""
        not_sent = (OutcomeStatus.REJECTED, OutcomeStatus.DEFERRED)
        try:
            await budgets.give_back([key for key, outcome in sent.items() if outcome.status in not_sent])
            if refusals:
                now = await database_now()
                for message in messages:
                    if (refusal := refusals.get(message.key)) is not None:
                        await follow(refusal, message.address, message.key, at=now)
            if Refusal.SLOWER in refusals.values():
                # Everybody's next moment is a while from now.
                await self._pace.reserve(
                    round(self._pace.per_second * SLOWER_SECONDS), longest_wait=SLOWER_SECONDS
                )
        except PyMongoError as error:
            _log.warning("consequences of refusals are not noted", error=type(error).__name__)


def number_pace(settings: Settings) -> Pace:
    """The pace of the number, which messages out and in share."""
    return Pace(
        f"vendor:{NAME}:{settings.whatsapp_phone_number_id}",
        settings.whatsapp_rate_per_second,
        SHARED_PIECE_SECONDS,
        calls_a_second=_CALLS_A_SECOND,
    )


def whatsapp_carrier(settings: Settings, http: httpx.AsyncClient) -> Carrier:
    """The carrier of the settings."""
    pace = number_pace(settings)
    api = account_api(settings, http)
    vendor = WhatsappVendor(api, pace=pace, portfolio_limit=settings.whatsapp_portfolio_limit)
    return Carrier(vendor, pace=pace, sender=settings.whatsapp_phone_number_id or None)
