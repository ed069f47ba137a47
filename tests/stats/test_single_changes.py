"""Equivalence, reliable change, then-test and regression to the mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.core.errors import UsageError
from toolkit.stats import change_cutoffs, net_of_regression, paired_equivalence, paired_mean, reliable_change, then_test

HAND_RTOL = 1e-12
PROPERTY_RTOL = 1e-9

PROPERTY = settings(deadline=None, max_examples=60)
scores = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=3, max_size=20).map(
    lambda rows: np.array(rows, dtype=float)
)


def test_equivalence_takes_the_larger_p():
    # statsmodels took the smaller one for years; here it would call 2.36 standard errors from zero equivalent.
    pre, post = np.zeros(9), np.array([0.5, 0.7, 0.3, 0.6, 0.5, 0.4, 0.5, 0.6, 0.4])
    result = paired_equivalence(pre, post, margin=0.4)
    expected = [
        stats.ttest_1samp(post, -0.4, alternative="greater").pvalue,
        stats.ttest_1samp(post, 0.4, alternative="less").pvalue,
    ]
    assert [result.p_lower, result.p_upper] == pytest.approx(expected, rel=1e-9)
    assert result.p_value == max(expected) or result.p_value == pytest.approx(max(expected), rel=1e-9)
    assert result.equivalent is False


@PROPERTY
@given(scores, st.floats(0.05, 3))
def test_equivalent_exactly_when_the_interval_lies_inside_the_margin(table, margin):
    pre, post = table.T
    result = paired_equivalence(pre, post, margin=margin)
    if result.status == "ok" and abs(result.p_value - 0.05) > 1e-9:
        assert result.equivalent == (-margin < result.conf_low and result.conf_high < margin)
        assert result.conf_level == pytest.approx(0.9)


def test_uneven_margins():
    result = paired_equivalence([1, 2, 3, 4], [1.1, 2, 3.1, 4], margin=(-0.2, 0.6))
    assert (result.margin_low, result.margin_high) == (-0.2, 0.6)
    assert result.effect("share_of_margin").estimate == pytest.approx(0.05 / 0.4, rel=1e-9)


def test_reliable_change_by_hand():
    # SD of pre 2, reliability .75: error of one score 1, of a difference sqrt(2), threshold 1.96 * sqrt(2) = 2.77.
    pre = np.array([8.0, 10.0, 12.0])
    result = reliable_change(pre, pre + np.array([3, -3, 2]), reliability=0.75, reliability_source="manual")
    assert result.sd_pre == 2
    assert result.std_error_of_measurement == pytest.approx(1, rel=HAND_RTOL)
    assert (result.n_gain, result.n_loss, result.n_same) == (1, 1, 1)
    assert result.estimate == pytest.approx(1 / 3)
    assert result.warnings == ()
    assert "not declared" in reliable_change(pre, pre, reliability=0.75).warnings[0]


def test_a_perfectly_reliable_or_useless_scale_is_refused():
    for reliability in (0, 1, 1.2, np.nan, -0.1):
        with pytest.raises(UsageError, match="reliability"):
            reliable_change([1, 2], [2, 3], reliability=reliability)
        with pytest.raises(UsageError, match="reliability"):
            net_of_regression([1, 2], [2, 3], population_mean=3, reliability=reliability)


@PROPERTY
@given(scores, st.sampled_from([0.5, 3.0]), st.integers(-10, 10))
def test_unit_of_the_scale_does_not_matter(table, factor, shift):
    pre, post = table.T
    plain = reliable_change(pre, post, reliability=0.8)
    other = reliable_change(pre * factor + shift, post * factor + shift, reliability=0.8)
    assert other.status == plain.status
    assert (other.n_gain + other.n_loss, other.n) == (plain.n_gain + plain.n_loss, plain.n)
    assert other.index == pytest.approx(plain.index, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)


def test_cutoffs_of_a_scale_on_which_lower_is_better():
    cutoffs = change_cutoffs(mean_start=60, sd_start=10, mean_norm=40, sd_norm=5)
    assert (cutoffs.a, cutoffs.b) == (40, 50)
    # As near to 40 in units of 5 as to 60 in units of 10.
    assert (60 - cutoffs.c) / 10 == pytest.approx((cutoffs.c - 40) / 5)


@PROPERTY
@given(st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=2, max_size=20).map(lambda r: np.array(r, dtype=float)))
def test_the_two_parts_of_a_then_test_add_up(table):
    pre, post, then = table.T
    result = then_test(pre, post, then=then)
    assert result.conventional.estimate == pytest.approx(
        result.retrospective.estimate + result.recalibration.estimate, abs=1e-12
    )


def test_then_test_rests_on_the_same_people():
    result = then_test([1, 2, np.nan, 4], [2, 3, 4, 5], then=[1, np.nan, 2, 3])
    assert result.n == result.conventional.n == result.retrospective.n == result.recalibration.n == 2
    assert result.n_missing == {"pre missing": 1, "post missing": 0, "then missing": 1}
    assert "memory" in result.warnings[0]


def test_regression_to_the_mean_alone_leaves_no_net_change():
    rng = np.random.default_rng(4)
    true = rng.normal(3, 1, size=200_000)
    pre, post = (true + rng.normal(0, 0.5, size=true.size) for _ in range(2))
    low = pre < 2
    result = net_of_regression(pre[low], post[low], population_mean=3, reliability=1 / 1.25)
    # Three standard errors of the mean of about 37,000 people.
    assert result.observed_change > 0.3
    assert result.estimate == pytest.approx(0, abs=0.012)


@PROPERTY
@given(scores)
def test_a_perfect_reliability_in_the_limit_leaves_the_plain_change(table):
    pre, post = table.T
    net = net_of_regression(pre, post, population_mean=3, reliability=1 - 1e-12)
    assert net.estimate == pytest.approx(paired_mean(pre, post).estimate, abs=1e-9)


@pytest.mark.parametrize(
    "result",
    [
        paired_equivalence([], [], margin=1),
        paired_equivalence([1, 1], [2, 2], margin=1),
        reliable_change([], [], reliability=0.5),
        reliable_change([2, 2], [1, 3], reliability=0.5),
        net_of_regression([1], [2], population_mean=3, reliability=0.5),
    ],
)
def test_what_does_not_exist_says_why(result):
    assert result.status == "undefined"
    assert result.reason.startswith("undefined, because")
    assert result.conf_low is None
    assert result.p_value is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: paired_equivalence([1, 2], [2, 4], margin=0), "margin"),
        (lambda: paired_equivalence([1, 2], [2, 4], margin=(0.1, 0.5)), "margin"),
        (lambda: paired_equivalence([1, 2], [2, 4], margin=np.nan), "margin"),
        (lambda: paired_equivalence([1, 2], [2, 4], margin=1, alpha=0.5), "alpha"),
        (lambda: reliable_change([1, 2], [2, 4], reliability=0.8, sd_pre=0), "sd_pre"),
        (lambda: change_cutoffs(mean_start=1, sd_start=0, mean_norm=2, sd_norm=1), "sd_start"),
        (lambda: then_test([1, 2], [1], then=[1, 2]), "lengths differ: pre 2, post 1, then 2"),
        (lambda: net_of_regression([1], [2], population_mean=np.inf, reliability=0.5), "population_mean"),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(UsageError, match=words):
        call()
