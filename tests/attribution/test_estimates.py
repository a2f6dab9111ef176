"""Estimates and the check of a split, against scipy, published figures, and what intervals promise."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

import pytest
from scipy import special, stats

from crm_graphql.attribution.estimates import Sample, chi_square_tail, is_fair, lift, upper_gamma


def sample(values: list[int], people: int | None = None) -> Sample:
    """Those who bought so much each, among so many."""
    return Sample(people or len(values), sum(values), sum(value**2 for value in values))


@pytest.mark.parametrize(
    ("treated", "held_out"),
    [
        ((1_200, 90_000), (110, 10_000)),
        ((56, 70), (48, 80)),
        ((3, 1_000_000), (1, 100_000)),
        ((5, 5), (1, 9)),
    ],
)
def test_where_nobody_orders_twice_it_is_the_ratio_of_two_proportions(
    treated: tuple[int, int], held_out: tuple[int, int]
) -> None:
    # scipy has the interval of Katz et al. for it.
    expected = stats.contingency.relative_risk(*treated, *held_out)
    low, high = expected.confidence_interval(0.95)
    found = lift(sample([1] * treated[0], treated[1]), sample([1] * held_out[0], held_out[1]))
    assert found is not None
    assert found == pytest.approx((expected.relative_risk - 1, low - 1, high - 1), rel=1e-12, abs=1e-12)


def test_a_small_holdout_leaves_a_fifth_more_orders_unproved() -> None:
    found = lift(sample([1] * 1_200, 90_000), sample([1] * 110, 10_000))
    assert found is not None
    assert [round(figure, 2) for figure in found] == [0.21, 0.0, 0.47]
    assert found.low < 0


def test_the_interval_of_money_is_that_of_the_delta_method() -> None:
    random = Random(1)
    arms = [[random.choice([0, 0, 0, 1]) * random.randint(1, 10**9) for _ in range(n)] for n in (3_000, 700)]
    found = lift(*(sample(arm) for arm in arms))
    assert found is not None
    # Standard errors as scipy reckons them, with n - 1 for n, which is the difference that is allowed.
    errors = [stats.sem(arm) / (sum(arm) / len(arm)) for arm in arms]
    half = stats.norm.ppf(0.975) * math.hypot(*errors)
    ratio = (sum(arms[0]) / 3_000) / (sum(arms[1]) / 700)
    expected = [ratio * math.exp(step) - 1 for step in (0, -half, half)]
    assert list(found) == pytest.approx(expected, rel=2e-3)


def test_people_who_order_often_widen_the_interval() -> None:
    held_out = sample([1] * 500, 10_000)
    once, often = (lift(sample(orders, 10_000), held_out) for orders in ([1] * 1_000, [10] * 100))
    assert once is not None
    assert often is not None
    assert once.value == often.value
    assert often.low < once.low < once.high < often.high


def test_the_interval_holds_the_truth_in_nineteen_of_twenty() -> None:
    random = Random(5)
    hits = 0
    for _ in range(400):
        # Some order several times; the truth is that one arm buys half as much again.
        arms = []
        for people, rate in ((3_000, 0.3), (1_500, 0.2)):
            counts = [0] * people
            for _ in range(sum(random.random() < rate for _ in range(people))):
                counts[int(people * random.random() ** 2)] += 1
            arms.append(sample(counts))
        found = lift(*arms)
        assert found is not None
        hits += found.low <= 0.5 <= found.high
    assert hits / 400 == pytest.approx(0.95, abs=0.04)


@pytest.mark.parametrize(
    "arms",
    [
        (Sample(0, 0, 0), Sample(10, 5, 5)),
        (Sample(10, 5, 5), Sample(0, 0, 0)),
        (Sample(10, 0, 0), Sample(10, 5, 5)),
        (Sample(10, 5, 5), Sample(10, 0, 0)),
        (Sample(10, -5, 25), Sample(10, 5, 5)),
        # Nobody knows how much people differ.
        (Sample(1, 1, 1), Sample(100, 40, 60)),
        (Sample(100, 40, 60), Sample(1, 3, 9)),
        (Sample(3, 6, 12), Sample(2, 2, 2)),
        # Refunds have left next to nothing of great sums.
        (Sample(10, 1, 10**30), Sample(10, 5, 5)),
    ],
)
def test_what_has_no_logarithm_has_no_lift(arms: tuple[Sample, Sample]) -> None:
    assert lift(*arms) is None


def test_sums_beyond_what_floats_hold_lose_nothing() -> None:
    one = Sample(10**6, 10**25 + 1, 10**45)
    found = lift(one, one)
    assert found is not None
    assert found.value == 0


@pytest.mark.parametrize("freedom", [1, 2, 3, 5, 10, 40])
def test_the_tail_of_chi_square_is_scipys(freedom: int) -> None:
    for statistic in [0.0, 1e-9, 0.1, 0.5, 1, 2, 3.84, 5, 9.5, 10.83, 20, 44, 60, 150, 700, 1e4]:
        expected = stats.chi2.sf(statistic, freedom)
        assert chi_square_tail(statistic, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_the_incomplete_gamma_function_is_scipys() -> None:
    random = Random(3)
    for _ in range(2_000):
        a, x = random.uniform(0.5, 30), random.expovariate(0.05)
        assert upper_gamma(a, x) == pytest.approx(special.gammaincc(a, x), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ([44_000, 45_000], [1, 1]),
        ([44_600, 45_000], [1, 1]),
        ([10_050, 20_000, 9_900], [1, 2, 1]),
        ([10_400, 20_000, 9_900], [1, 2, 1]),
        ([821_588, 815_482], [1, 1]),
    ],
)
def test_a_split_is_judged_as_scipy_does(counts: list[int], weights: list[int]) -> None:
    expected = [sum(counts) * weight / sum(weights) for weight in weights]
    assert is_fair(counts, weights) is bool(stats.chisquare(counts, expected).pvalue >= 0.001)


@pytest.mark.parametrize(("variants", "people"), [(10, 20), (10, 40), (5, 12)])
def test_few_people_for_many_variants_are_no_alarm(variants: int, people: int) -> None:
    random, alarms = Random(5), 0
    for _ in range(2_000):
        drawn = [random.randrange(variants) for _ in range(people)]
        alarms += not is_fair([drawn.count(one) for one in range(variants)], [1] * variants)
    assert alarms <= 10, "about two are to be expected"


def test_a_hundredth_too_few_of_ninety_thousand_is_no_chance() -> None:
    assert chi_square_tail((44_000 - 45_000) ** 2 / 89_000, 1) == pytest.approx(0.0008, abs=5e-5)
    assert not is_fair([44_000, 45_000], [1, 1])


def test_a_rare_person_of_a_tiny_share_is_no_alarm() -> None:
    # A hundredth of a person was expected: in one campaign of a hundred there is one.
    assert is_fair([99, 1], [9_999, 1])
    assert is_fair([100, 0], [Fraction(1), Fraction(0)])


def test_nobody_is_divided_fairly() -> None:
    assert is_fair([0, 0], [1, 1])
    assert is_fair([7], [1])
