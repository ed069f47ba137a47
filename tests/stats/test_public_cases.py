"""Faults that people met with other software, each as the smallest input and the right value."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from toolkit.core.errors import UsageError
from toolkit.stats import (
    adjust_p_values,
    bootstrap_changes,
    compare_months,
    cronbach_alpha,
    estimate_share,
    months_to_outcome,
    noncentral_t_cdf,
    paired_mean,
    pool_estimates,
    signed_rank,
    standardised_change,
    summarise_items,
    weighted_mean,
)
from toolkit.stats.cluster_robust import estimate_robust, fit_clustered
from toolkit.stats.mixed import fit_mixed
from toolkit.stats.mixed_terms import RandomTerm
from toolkit.stats.wild_bootstrap import bootstrap_wild

EXACT = 1e-9


def test_everybody_gains_the_same():
    pre = np.array([3.1, 2.7, 3.3, 2.9, 3.6, 2.2])
    result = paired_mean(pre, pre + 0.2)
    assert result.estimate == pytest.approx(0.2, rel=EXACT)
    assert result.reason == "every participant changed by the same amount: variation is zero, no test"
    assert (result.p_value, result.conf_low) == (None, None)
    assert all(each.estimate is None for each in standardised_change(pre, pre + 0.2))


def test_none_of_twelve_is_not_certain():
    result = estimate_share([0] * 12)
    assert result.conf_high == pytest.approx(0.24249400665524085, rel=EXACT)
    assert estimate_share([1, 0, 0]).in_ten == "1 of 3 people"


EIGHT = ([2, 3, 3, 2, 4, 3, 2, 3], [3, 4, 3, 3, 5, 4, 2, 4])


def test_one_trainee_per_host_has_a_change_and_no_host_variance():
    result = paired_mean(*EIGHT)
    assert result.estimate == 0.75
    assert result.statistic == pytest.approx(4.582575694955841, rel=EXACT)
    assert (result.conf_low, result.conf_high) == pytest.approx((0.3629975134624202, 1.1370024865375798), rel=EXACT)
    change = np.subtract(EIGHT[1], EIGHT[0])
    with pytest.raises(UsageError):
        fit_mixed(change, {}, random=[RandomTerm(group="host", codes=np.arange(8), levels=8)])


def test_one_host_has_no_interval_over_hosts():
    change = np.subtract(EIGHT[1], EIGHT[0])
    with pytest.raises(UsageError, match="one cluster"):
        fit_clustered(change, {}, cluster=["h1"] * 8)
    (result,) = bootstrap_changes(*EIGHT, clusters=["h1"] * 8)
    assert result.conf_low is None
    assert result.estimate == 0.75


def test_weights_with_gaps():
    answers, weights = [1, 2, np.nan, 4, 3], [1, 3, 1, np.nan, 2]
    with pytest.raises(UsageError, match="missing for people who answered, at position 4"):
        weighted_mean(answers, weights)
    result = weighted_mean(answers, weights, unweighted="leave out")
    assert result.estimate == pytest.approx(2.1666666666666665, rel=EXACT)
    assert result.unweighted == 2
    assert (result.n_rows, result.n_answered, result.n) == (5, 4, 3)
    assert result.effective_n == pytest.approx(2.5714285714285716, rel=EXACT)
    assert result.missing_share == pytest.approx(0.14285714285714285, rel=EXACT)
    assert result.shares == pytest.approx((1 / 6, 0.5, 1 / 3), rel=EXACT)


@pytest.mark.parametrize(
    ("answers", "weights", "words"),
    [([1, 2], [1], "one per person"), ([1, 2], [1, -1], "below zero at position 2"), (["a"], [1], "numbers")],
)
def test_wrong_weights_are_named(answers, weights, words):
    with pytest.raises(UsageError, match=words):
        weighted_mean(answers, weights)


def test_equal_weights_are_no_weights():
    values = [1.0, 4.0, 2.0, 5.0]
    result, plain = weighted_mean(values, [3, 3, 3, 3]), paired_mean([0] * 4, values)
    assert (result.estimate, result.effective_n) == (plain.estimate, 4)
    assert result.conf_low == pytest.approx(plain.conf_low, rel=EXACT)


def test_two_items_have_one_reliability_and_no_alpha_without_one():
    items = [[1, 1], [1, 2], [2, 2], [3, 3], [3, 4], [4, 3], [5, 5], [2, 1]]
    result = summarise_items(items)
    assert result.spearman_brown == pytest.approx(result.alpha_standardised, rel=EXACT)
    assert cronbach_alpha(items).alpha_if_dropped == (None, None)


def test_five_then_seven_points_after_rescaling():
    # 0 to 100 of the possible range, six people: the published figures of the rescaled change.
    pre = np.array([62.5, 62.5, 62.5, 62.5, 62.5, 62.5])
    change = np.array([9.72222222222222] * 6) + np.array([-12.266334536566456, 12.266334536566456] * 3) * np.sqrt(5 / 6)
    result = paired_mean(pre, pre + change, scale_range=100)
    assert result.statistic == pytest.approx(1.941450686788301, rel=1e-8)
    assert (result.conf_low, result.conf_high) == pytest.approx((-3.150506411337611, 22.594950855782052), rel=1e-8)


def test_a_missing_p_stays_missing_and_harms_no_other():
    adjusted = adjust_p_values([0.0013, 0.5, np.nan], method="BH")
    assert adjusted[0] == pytest.approx(0.0026, rel=EXACT)
    assert np.isnan(adjusted[2])


def test_four_near_equal_countries_have_no_negative_variance():
    result = pool_estimates([0.1, 0.12, 0.09, 0.11], [0.04, 0.05, 0.04, 0.06])
    assert result.tau2 == 0
    assert result.std_error > 0


def test_the_noncentral_t_is_a_number_where_scipy_has_none():
    assert noncentral_t_cdf(-1.0888152965, 3, noncentrality=34.534031) < 1e-12


def test_ranks_of_likert_changes():
    change = np.array([1, 0, 0, -1, -2, 0, -1, -1, 0, 0, 1, -2, -1, 0, 2, -1.0])
    result = signed_rank(np.zeros(16), change)
    peer = stats.wilcoxon(change[change != 0], method=stats.PermutationMethod(n_resamples=np.inf))
    assert result.p_value == pytest.approx(peer.pvalue, rel=EXACT)


def test_a_wild_bootstrap_p_is_never_zero():
    # Eleven hosts, a clear slope: none of 2,048 sign vectors reaches it but the two that are the data.
    rng = np.random.default_rng(1)
    hosts, wave = np.repeat([f"h{place}" for place in range(11)], 4), np.tile([0.0, 1, 2, 3], 11)
    fit = fit_clustered(wave + rng.normal(0, 0.1, size=44), {"wave": wave}, cluster=hosts)
    assert bootstrap_wild(fit, "wave").p_value == 2 / 2048
    assert estimate_robust(fit)[1].df == pytest.approx(10, rel=EXACT)


def test_alpha_says_that_it_is_of_complete_rows():
    items = np.array([[1, 2, 1], [2, 2, 3], [4, 3, 4], [5, 5, 4], [3, np.nan, 3]])
    assert cronbach_alpha(items).estimate == cronbach_alpha(items[:4]).estimate
    assert summarise_items(items, deletion="pairwise").alpha != summarise_items(items).alpha


def test_months_to_a_job_by_hand():
    # Ten people; two jobs in month 2 of 9 waiting (one left in month 1), one in month 4 of 6, one in month 6 of 5.
    months = [1, 2, 2, 3, 4, 6, 8, 8, 8, 8]
    reached = [0, 1, 1, 0, 1, 1, 0, 0, 0, 0]
    result = months_to_outcome(months, reached)
    left = np.cumprod([7 / 9, 5 / 6, 4 / 5])
    assert [point.share for point in result.curve] == pytest.approx(list(1 - left))
    assert [point.n_waiting for point in result.curve] == [9, 6, 5]
    assert result.reason == "undefined, because fewer than half reached the outcome so far"
    assert (result.n_reached, result.n_waiting) == (4, 6)
    assert (result.share_by(1), result.share_by(5)) == (0.0, pytest.approx(1 - left[1]))
    for point in result.curve:
        assert 0 < point.conf_low < point.share < point.conf_high < 1


def test_without_anybody_waiting_the_curve_is_the_plain_share():
    result = months_to_outcome([1, 2, 3, 4, 5], [1, 1, 1, 1, 1])
    assert [point.share for point in result.curve] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert result.estimate == 3
    assert result.curve[-1].conf_low is None


def test_curves_of_equal_groups_do_not_differ():
    months, reached = [1, 2, 3, 4] * 2, [1, 0, 1, 1] * 2
    statistic, df, p = compare_months(months, reached, groups=["a"] * 4 + ["b"] * 4)
    assert (statistic, df, p) == (pytest.approx(0, abs=1e-12), 1, pytest.approx(1))


@pytest.mark.parametrize(
    ("months", "reached", "words"),
    [
        ([0, 1], [1, 1], "above zero at position 1"),
        ([1], [1, 0], "one per person"),
        ([1, 2], [1, 3], "neither 0 nor 1"),
    ],
)
def test_wrong_months_are_named(months, reached, words):
    with pytest.raises(UsageError, match=words):
        months_to_outcome(months, reached)


@pytest.mark.parametrize(("months", "reached"), [([], []), ([1, 2], [0, 0]), ([np.nan], [1])])
def test_nobody_reached_it(months, reached):
    assert months_to_outcome(months, reached).reason.startswith("undefined, because nobody")
