"""What news does to a row: forward only, each once, and the counts always sum."""

from __future__ import annotations

from dataclasses import replace
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
    assert stats_changes([(RowState(S.QUEUED), row)]) == {"queued": -1, "skipped": 1}


@given(st.permutations([SENT, SENT, DELIVERED, DELIVERED, NO_RECEIPT, UNKNOWN]))
def test_any_order_of_a_delivery_ends_delivered(order: list[Receipt]) -> None:
    assert after(*order).status is S.DELIVERED


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
            changes = stats_changes([(row, following)])
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
    ("final", "late"), [(DELIVERED, SENT), (BOUNCED, SENT), (BOUNCED, DELIVERED)], ids=["ds", "bs", "bd"]
)
def test_what_is_final_stays(final: Receipt, late: Receipt) -> None:
    row = after(final)
    assert advance(row, late, now=NOW) is row


@given(st.permutations([SENT, DELIVERED, BOUNCED, UNKNOWN]))
def test_a_bounce_overrules_what_was_delivered_in_any_order(order: list[Receipt]) -> None:
    end = after(*order)
    assert (end.status, end.reason, end.finished_at) == (S.FAILED, R.BOUNCED, BOUNCED.occurred_at)
    assert stats_changes([(after(SENT, DELIVERED), end)]) == {"delivered": -1, "failed": 1}


@pytest.mark.parametrize("reason", [R.VENDOR_REJECTED, R.OTHER, None])
def test_nothing_but_a_bounce_overrules_what_was_delivered(reason: DeliveryReason | None) -> None:
    row = after(DELIVERED)
    assert advance(row, news(ReceiptStatus.FAILED, reason), now=NOW) is row


@pytest.mark.parametrize("attempt", [None, 1, 2])
def test_a_complaint_is_kept_of_what_has_arrived_whichever_attempt_it_speaks_of(attempt: int | None) -> None:
    row = RowState(S.DELIVERED, attempt=2)
    complaint = news(ReceiptStatus.FAILED, R.COMPLAINED, attempt)
    complained = after(complaint, row=row)
    assert complained == replace(row, has_complained=True)
    assert stats_changes([(row, complained)]) == {}
    assert advance(complained, complaint, now=NOW) is complained


@pytest.mark.parametrize("row", [RowState(S.SKIPPED), RowState(S.SENT, attempt=0)], ids=["skipped", "later"])
def test_a_complaint_about_what_nobody_got_changes_nothing(row: RowState) -> None:
    assert advance(row, news(ReceiptStatus.FAILED, R.COMPLAINED), now=NOW) is row


def test_a_receipt_corrects_an_unknown_outcome_and_an_answer_that_comes_late_does_not() -> None:
    unknown = after(UNKNOWN)
    assert unknown.reason is R.OUTCOME_UNKNOWN
    assert advance(unknown, SENT, now=NOW) is unknown
    corrected = after(DELIVERED, row=unknown)
    assert (corrected.status, corrected.reason) == (S.DELIVERED, None)
    assert corrected.sent_at == corrected.finished_at == DELIVERED.occurred_at
    assert after(BOUNCED, row=unknown).reason is R.BOUNCED


@pytest.mark.parametrize("receipt", [SENT, DELIVERED, BOUNCED, UNKNOWN])
def test_news_of_a_message_that_waits_ends_its_waiting_and_its_place_in_the_count(receipt: Receipt) -> None:
    waiting = RowState(S.QUEUED, not_before=NOW)
    end = after(receipt, row=waiting)
    assert end.not_before is None
    assert stats_changes([(waiting, end)]) == {"queued": -1, "deferred": -1, end.status.value.lower(): 1}


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
