"""Which of several words counts: by when each was said, never by when it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.channels import Channel
from crm_graphql.customers.words import ConsentStatus, Place, Word, may_write

PLACE = Place(ObjectId(), "news", Channel.EMAIL)
START = datetime(2026, 1, 1, tzinfo=UTC)
YES, NO, ASKED = ConsentStatus.SUBSCRIBED, ConsentStatus.UNSUBSCRIBED, ConsentStatus.PENDING

words = st.builds(
    Word,
    st.just(PLACE),
    st.sampled_from(ConsentStatus),
    st.integers(0, 4).map(lambda day: START + timedelta(days=day)),
    st.sampled_from(["api", "import"]),
    st.booleans(),
)


def word(status: ConsentStatus, day: int, *, is_dated: bool = True) -> Word:
    return Word(PLACE, status, START + timedelta(days=day), "import", is_dated)


def counting(heard: list[Word]) -> Word:
    """The one that counts when they are heard in this order."""
    held = heard[0]
    for one in heard[1:]:
        if one.counts_over(held):
            held = one
    return held


@given(st.lists(words, min_size=1, max_size=4))
def test_the_order_of_arrival_never_matters(heard: list[Word]) -> None:
    assert len({counting(list(order)) for order in permutations(heard)}) == 1


@given(st.lists(words, min_size=1, max_size=4), st.integers(0, 3))
def test_a_word_that_is_told_again_changes_nothing(heard: list[Word], which: int) -> None:
    again = heard[which % len(heard)]
    assert counting([*heard, again]) == counting(heard)


@pytest.mark.parametrize(
    ("heard", "status"),
    [
        ([word(NO, 2), word(YES, 1)], NO),
        ([word(NO, 1), word(YES, 2)], YES),
        ([word(YES, 1), word(NO, 1)], NO),
        ([word(ASKED, 1), word(YES, 1)], ASKED),
        ([word(NO, 1), word(YES, 9, is_dated=False)], NO),
        ([word(YES, 9, is_dated=False), word(NO, 1), word(YES, 2)], YES),
        ([word(YES, 1), word(NO, 9, is_dated=False)], NO),
        ([word(YES, 9, is_dated=False)], YES),
    ],
)
def test_a_later_word_counts_and_an_undated_yes_undoes_nothing(
    heard: list[Word], status: ConsentStatus
) -> None:
    assert counting(heard).status is status


@pytest.mark.parametrize(
    ("said", "opt_out", "opt_in"),
    [(None, True, False), (YES, True, True), (NO, False, False), (ASKED, False, False)],
)
def test_silence_is_a_yes_only_where_a_topic_is_opt_out(
    said: ConsentStatus | None, opt_out: bool, opt_in: bool
) -> None:
    assert may_write(said, is_opt_out=True) is opt_out
    assert may_write(said, is_opt_out=False) is opt_in
