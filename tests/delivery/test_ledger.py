"""What news does to a row: forward only, each once, and the counts always sum."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.delivery.documents import DeliveryReason, DeliveryStatus
from crm_graphql.delivery.ledger import RowState, advance, stats_changes
from crm_graphql.delivery.messages import Receipt, ReceiptStatus

NOW = datetime(2024, 6, 30, 12, tzinfo=UTC)
KEY = "0" * 24
S, R = DeliveryStatus, DeliveryReason


def news(
    status: ReceiptStatus, reason: DeliveryReason | None = None, attempt: int | None = 1, minutes: int = 0
) -> Receipt:
    return Receipt(KEY, status, NOW + timedelta(minutes=minutes), attempt, reason)


SENT = news(ReceiptStatus.SENT)
DELIVERED = news(ReceiptStatus.DELIVERED, minutes=1)
BOUNCED = news(ReceiptStatus.FAILED, R.BOUNCED, minutes=2)
NO_RECEIPT = news(ReceiptStatus.FAILED, R.NO_RECEIPT, minutes=3)
UNKNOWN = news(ReceiptStatus.FAILED, R.OUTCOME_UNKNOWN, minutes=4)


def after(*receipts: Receipt, row: RowState | None = None) -> RowState:
    row = row or RowState(S.QUEUED)
    for receipt in receipts:
        row = advance(row, receipt, now=NOW)
    return row


receipts = st.builds(
    news,
    st.sampled_from(ReceiptStatus),
    st.one_of(st.none(), st.sampled_from(DeliveryReason)),
    st.sampled_from([None, 1, 2, 3]),
    st.integers(0, 9),
).filter(lambda one: one.reason is None or one.status is ReceiptStatus.FAILED)

RANK = {S.QUEUED: 0, S.SENT: 1, S.DELIVERED: 2, S.FAILED: 2, S.SKIPPED: 2}


def test_what_was_not_sent_for_it_was_empty_is_skipped_and_stays_so() -> None:
    empty = Receipt(KEY, ReceiptStatus.FAILED, NOW, 1, R.TEMPLATE_ERROR, "It is empty.", is_skip=True)
    row = after(empty)
    assert (row.status, row.reason, row.reason_text) == (S.SKIPPED, R.TEMPLATE_ERROR, "It is empty.")
    assert (row.sent_at, row.finished_at) == (None, NOW)
    assert after(empty, SENT, DELIVERED) == row
    assert after(SENT, empty).status is S.SENT
    assert stats_changes([(S.QUEUED, row.status)]) == {"queued": -1, "skipped": 1}


@given(st.permutations([SENT, SENT, DELIVERED, DELIVERED, NO_RECEIPT, UNKNOWN]))
def test_any_order_of_a_delivery_ends_delivered_once_it_was_sent(order: list[Receipt]) -> None:
    # Our own conclusion that nothing is known is final when it comes before all that the vendor said.
    first = next(one for one in order if one is not NO_RECEIPT)
    end = after(*order)
    expected = S.FAILED if first is UNKNOWN else S.DELIVERED
    assert end.status is expected


@given(st.permutations([SENT, BOUNCED, BOUNCED, NO_RECEIPT]))
def test_any_order_of_a_bounce_ends_failed_with_its_reason(order: list[Receipt]) -> None:
    end = after(*order)
    assert (end.status, end.reason) == (S.FAILED, R.BOUNCED)


@given(st.lists(receipts, max_size=8))
def test_news_twice_is_news_once(some: list[Receipt]) -> None:
    doubled = [one for one in some for _ in range(2)]
    assert after(*doubled) == after(*some)


@given(st.lists(receipts, max_size=8), st.sampled_from(DeliveryStatus))
def test_a_row_only_goes_forward_and_the_counts_always_sum(
    some: list[Receipt], start: DeliveryStatus
) -> None:
    row = RowState(start)
    counts = dict.fromkeys((status.value.lower() for status in S), 0) | {start.value.lower(): 1}
    for receipt in some:
        following = advance(row, receipt, now=NOW)
        assert RANK[following.status] >= RANK[row.status]
        if following is not row:
            changes = stats_changes([(row.status, following.status)])
            assert sum(changes.values()) == 0
            for name, change in changes.items():
                counts[name] += change
        row = following
    assert counts == dict.fromkeys(counts, 0) | {row.status.value.lower(): 1}


@pytest.mark.parametrize("attempt", [1, 3])
def test_a_receipt_of_another_attempt_changes_nothing(attempt: int) -> None:
    row = RowState(S.QUEUED, attempt=2)
    assert advance(row, news(ReceiptStatus.DELIVERED, attempt=attempt), now=NOW) is row


def test_a_receipt_without_attempt_speaks_of_the_latest() -> None:
    row = RowState(S.SENT, attempt=2)
    assert after(news(ReceiptStatus.DELIVERED, attempt=None), row=row).status is S.DELIVERED


@pytest.mark.parametrize(
    ("final", "late"), list(itertools.permutations([DELIVERED, BOUNCED, SENT], 2))[:4], ids=str
)
def test_what_is_final_stays(final: Receipt, late: Receipt) -> None:
    row = after(final)
    assert advance(row, late, now=NOW) is row


def test_no_receipt_is_corrected_by_a_final_receipt_only() -> None:
    late = after(SENT, NO_RECEIPT)
    assert late.reason is R.NO_RECEIPT
    assert advance(late, SENT, now=NOW) is late
    assert after(DELIVERED, row=late).status is S.DELIVERED
    assert after(DELIVERED, row=late).reason is None
    assert after(BOUNCED, row=late).reason is R.BOUNCED


def test_our_own_conclusions_never_overrule_a_vendor() -> None:
    assert after(SENT, UNKNOWN).status is S.SENT
    assert after(NO_RECEIPT).status is S.QUEUED
    assert after(DELIVERED, NO_RECEIPT).status is S.DELIVERED


def test_what_was_skipped_stays_skipped() -> None:
    row = RowState(S.SKIPPED)
    assert advance(row, DELIVERED, now=NOW) is row


def test_a_failure_without_reason_gets_one() -> None:
    assert after(news(ReceiptStatus.FAILED)).reason is R.OTHER


def test_moments_are_those_of_the_news_and_never_run_backward() -> None:
    early = news(ReceiptStatus.DELIVERED, minutes=-5)
    row = after(SENT, early)
    assert row.sent_at == NOW
    assert row.finished_at == NOW
    assert after(DELIVERED).sent_at == DELIVERED.occurred_at
    assert after(news(ReceiptStatus.FAILED, R.VENDOR_REJECTED)).sent_at is None
