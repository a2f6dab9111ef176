"""Messages that the vendor surely did not take: by whose fault it is, what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.sending_rules import SendingRules
from crm_graphql.delivery.vendors.port import Fault, Outcome, OutcomeStatus
from crm_graphql.delivery.waiting import Deferral

NOT_TAKEN = frozenset({OutcomeStatus.REJECTED, OutcomeStatus.DEFERRED})
PUT_OFF_LIMIT = 16
"""A vendor may put a message off so often; with growing delays that is about half a day."""
_FIRST_DELAY_SECONDS = 30.0
_LONGEST_DELAY_SECONDS = 3_600.0

Row = Mapping[str, Any]


class GivenUp(NamedTuple):
    """A message that the vendor put off too often, by its key."""

    key: str
    reason: DeliveryReason
    text: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """What a vendor's answer says of those that it did not take. Rejected ones are news for the ledger as
    they are, and are only among `rows`."""

    rows: Sequence[Row]
    deferrals: Sequence[Deferral]
    given_up: Sequence[GivenUp]
    account_fault: str | None
    """What is wrong with the account; None where nothing is."""

    @classmethod
    def of(
        cls, outcomes: Sequence[Outcome], rows: Mapping[str, Row], rules: SendingRules, now: datetime
    ) -> Self:
        """From an answer, at `now`; `rows` are those that were handed over, by their keys."""
        refused = [one for one in outcomes if one.status in NOT_TAKEN]
        deferred = [one for one in refused if one.status is OutcomeStatus.DEFERRED]
        of_account = [one for one in deferred if one.fault is Fault.ACCOUNT]
        transient = [one for one in deferred if one.fault is not Fault.ACCOUNT]
        tired = [one for one in transient if rows[one.key].get("put_off", 0) >= PUT_OFF_LIMIT]
        waiting = [one for one in transient if one not in tired]
        return cls(
            [rows[one.key] for one in refused],
            [
                # Due at once: the campaign is paused, and goes on when somebody has mended the account.
                *(Deferral.of(rows[one.key], now) for one in of_account),
                *(_later(one, rows[one.key], rules, now) for one in waiting),
            ],
            [GivenUp(one.key, DeliveryReason.VENDOR_REJECTED, _tired(one)) for one in tired],
            next((one.reason_text or "The vendor refuses the account." for one in of_account), None),
        )


def _later(outcome: Outcome, row: Row, rules: SendingRules, now: datetime) -> Deferral:
    growing = _FIRST_DELAY_SECONDS * 2 ** min(row.get("put_off", 0), 10)
    seconds = growing if outcome.retry_after_seconds is None else outcome.retry_after_seconds
    moment = now + timedelta(seconds=min(max(seconds, 0.1), _LONGEST_DELAY_SECONDS))
    return Deferral.of(row, rules.bounded(moment), by_vendor=True)


def _tired(outcome: Outcome) -> str:
    words = f": {outcome.reason_text}" if outcome.reason_text else "."
    return f"The vendor put it off {PUT_OFF_LIMIT} times{words}"[:500]
