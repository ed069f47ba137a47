"""Group differences, ANCOVA and the regressions beneath, one-way analysis, drop-out bounds, imputation pooling."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.core.errors import UsageError
from toolkit.stats import (
    compare_adjusted,
    compare_groups,
    lee_bounds,
    oneway_anova,
    pool_imputations,
    pool_r_squared,
)
from toolkit.stats.logistic import fit_logistic
from toolkit.stats.regression import breusch_pagan, compare_nested, fit_linear

from .reference_values import load_columns

CLOSED_FORM = 1e-9
PROPERTY_RTOL = 1e-7

PROPERTY = settings(deadline=None, max_examples=50)
group = st.lists(st.integers(1, 7), min_size=2, max_size=15).map(lambda values: np.array(values, dtype=float))


def test_groups_by_hand():
    # Means 4.5 and 2.5, variance 5/3 in both, pooled SD sqrt(5/3); 14 of 16 pairs not lower, 2 of them tied.
    result = compare_groups([3, 4, 5, 6], [1, 2, 3, 4])
    assert result.effect("cohen_d").estimate == pytest.approx(2 / np.sqrt(5 / 3), rel=CLOSED_FORM)
    assert result.u == 14
    assert result.effect("cliffs_delta").estimate == pytest.approx(0.75)
    assert result.effect("p_superiority").estimate == pytest.approx(0.875)
    assert result.df == pytest.approx(6)


@PROPERTY
@given(group, group)
def test_groups_agree_with_scipy(first, second):
    result = compare_groups(first, second)
    if result.status == "undefined":
        assert np.ptp(first) == np.ptp(second) == 0
        return
    # scipy warns of cancellation when one of the groups does not vary, and is right all the same.
    assume(np.ptp(first) > 0 and np.ptp(second) > 0)
    other = stats.ttest_ind(first, second, equal_var=False)
    assert result.p_value == pytest.approx(other.pvalue, rel=1e-6)
    limits = other.confidence_interval()
    assert (result.conf_low, result.conf_high) == pytest.approx((limits.low, limits.high), rel=1e-6, abs=1e-9)
    if np.ptp(np.concatenate([first, second])) > 0:
        ranks = stats.mannwhitneyu(first, second, method="asymptotic")
        assert (result.u, result.rank_p_value) == (ranks.statistic, pytest.approx(ranks.pvalue, rel=1e-9))


@PROPERTY
@given(group, group, st.sampled_from([0.1, 50.0]), st.integers(-100, 100))
def test_unit_and_side_of_a_difference(first, second, factor, shift):
    there, back = compare_groups(first, second), compare_groups(second, first)
    moved = compare_groups(first * factor + shift, second * factor + shift, scale_range=6 * factor)
    assert there.status == back.status == moved.status
    if there.status == "ok":
        for name in ("cohen_d", "hedges_g", "cliffs_delta"):
            assert back.effect(name).estimate == pytest.approx(-there.effect(name).estimate, abs=1e-9)
            assert moved.effect(name).estimate == pytest.approx(there.effect(name).estimate, rel=1e-7, abs=1e-7)
        assert moved.p_value == pytest.approx(there.p_value, rel=PROPERTY_RTOL)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([], [1, 2], "a group has no values"),
        ([1], [1, 2], "a group has one member"),
        ([2, 2], [3, 3], "variation is zero"),
        ([np.nan, np.nan], [1, 2], "a group has no values"),
    ],
)
def test_no_difference_says_why(first, second, words):
    result = compare_groups(first, second)
    assert words in result.reason
    assert result.p_value is None


def test_separate_groups_have_a_dominance_without_interval():
    delta = compare_groups([5, 6, 7], [1, 2, 3]).effect("cliffs_delta")
    assert (delta.estimate, delta.conf_low) == (1, None)
    assert delta.reason.startswith("undefined, because")


def design(rows, columns, seed=1):
    rng = np.random.default_rng(seed)
    return np.column_stack([np.ones(rows), rng.normal(size=(rows, columns))])


@pytest.mark.parametrize(("rows", "columns"), [(8, 2), (60, 4)])
def test_regression_agrees_with_statsmodels(rows, columns):
    x = design(rows, columns)
    y = x @ np.arange(columns + 1.0) + np.random.default_rng(2).normal(size=rows)
    fit, other = fit_linear(y, x), sm.OLS(y, x).fit()
    for ours, theirs in (
        (fit.coefficients, other.params),
        (fit.std_errors, other.bse),
        (fit.hc2_std_errors, other.HC2_se),
        (fit.hc3_std_errors, other.HC3_se),
        (fit.leverages, other.get_influence().hat_matrix_diag),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8)
    assert fit.r_squared == pytest.approx(other.rsquared, rel=1e-9)
    smaller = fit_linear(y, x[:, :-1])
    f, df, p = compare_nested(smaller, fit)
    expected = other.compare_f_test(sm.OLS(y, x[:, :-1]).fit())
    assert (f, p, df) == (pytest.approx(expected[0]), pytest.approx(expected[1]), expected[2])
    spread = sm.stats.diagnostic.het_breuschpagan(other.resid, x)
    assert breusch_pagan(fit, x)[0] == pytest.approx(spread[0], rel=1e-8)


def test_a_row_that_decides_its_own_fit_has_no_robust_error():
    x = np.column_stack([np.ones(5), [0, 0, 0, 0, 1]])
    fit = fit_linear([1, 2, 3, 4, 9], x)
    assert np.isnan(fit.hc3_std_errors).all()
    assert np.isfinite(fit.std_errors).all()


@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        ([1, 2], [[1, 0], [1, 1]], "more rows than columns"),
        ([1, 2, np.nan], [[1], [1], [1]], "missing at position 3"),
        ([1, 2], [[1], [1], [1]], "one per row"),
        ([1, 2, 3, 4], [[1, 1], [1, 1], [1, 1], [1, 1]], "cannot be told apart"),
        ([1, 2, 3], [[0], [0], [0]], "cannot be told apart"),
    ],
)
def test_regressions_that_cannot_be_fitted(y, x, words):
    with pytest.raises(UsageError, match=words):
        fit_linear(y, x)


@pytest.mark.parametrize("seed", range(3))
def test_logistic_agrees_with_statsmodels(seed):
    x = design(80, 3, seed)
    rng = np.random.default_rng(seed)
    y = (rng.uniform(size=80) < 1 / (1 + np.exp(-x @ [0.3, 1, -1, 0.5]))).astype(float)
    fit, other = fit_logistic(y, x * [1, 1000, 1, 0.001]), sm.Logit(y, x * [1, 1000, 1, 0.001]).fit(disp=0)
    np.testing.assert_allclose(fit.coefficients, other.params, rtol=1e-5)
    np.testing.assert_allclose(fit.std_errors, other.bse, rtol=1e-5)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-9)
    assert not fit.separated


def test_separation_is_said():
    fit = fit_logistic([0, 0, 0, 1, 1, 1], [[1, x] for x in range(6)])
    assert fit.separated
    assert fit.reason.startswith("undefined, because")
    with pytest.raises(UsageError, match="neither 0 nor 1"):
        fit_logistic([0, 2], [[1], [1]])


def test_ancova_of_two_groups_is_the_regression():
    pre, post = load_columns("anorexia.csv", "pre", "post").T[:, :55]
    arms = ["Cont"] * 26 + ["CBT"] * 29
    result = compare_adjusted(pre, post, groups=arms, reference="Cont")
    (contrast,) = result.contrasts
    x = np.column_stack([np.ones(55), pre, [arm == "CBT" for arm in arms]])
    other = sm.OLS(post, x).fit()
    assert contrast.estimate == pytest.approx(other.params[2], rel=1e-9)
    assert contrast.std_error == pytest.approx(other.HC3_se[2], rel=1e-9)
    means = {row.group: row.mean for row in result.adjusted_means}
    assert means["CBT"] - means["Cont"] == pytest.approx(contrast.estimate, rel=1e-9)
    assert result.group_f == pytest.approx(other.tvalues[2] ** 2, rel=1e-9)


@PROPERTY
@given(st.integers(-50, 50), st.sampled_from([0.5, 20.0]), st.randoms(use_true_random=False))
def test_order_and_unit_do_not_matter_to_ancova(shift, factor, random):
    pre, post = load_columns("anorexia.csv", "pre", "post").T[:, :40]
    arms = ["a" if place % 3 else "b" for place in range(40)]
    order = list(range(40))
    random.shuffle(order)
    plain = compare_adjusted(pre, post, groups=arms, reference="a")
    other = compare_adjusted(
        pre[order] * factor + shift,
        post[order] * factor + shift,
        groups=[arms[place] for place in order],
        reference="a",
    )
    assert other.contrasts[0].p_value == pytest.approx(plain.contrasts[0].p_value, rel=PROPERTY_RTOL)
    assert other.contrasts[0].effects[0].estimate == pytest.approx(plain.contrasts[0].effects[0].estimate, rel=1e-7)
    assert other.slopes_p_value == pytest.approx(plain.slopes_p_value, rel=PROPERTY_RTOL)


def test_ancova_counts_who_is_missing_and_warns_of_unlike_starts():
    pre = np.array([1, 2, 3, 4, 5, 6, 7, 8, np.nan, 5])
    post = np.array([2, 2, 4, 4, 6, 7, 8, 8, 3, 5.0])
    result = compare_adjusted(pre, post, groups=["a"] * 4 + ["b"] * 5 + [None], reference="a")
    assert result.n_missing == {"group unknown": 1, "pre or post missing": 1}
    assert any("Lord" in text for text in result.warnings)


@pytest.mark.parametrize(
    ("groups", "reference", "words"),
    [
        (["a", "a", "b", "b", "b"], "c", "reference"),
        (["a"] * 5, "a", "fewer than two groups"),
        (["a", "a", "a", "a", "b"], "a", "one member: b"),
        (["a", "b"], "a", "one of each per person"),
    ],
)
def test_groups_that_cannot_be_compared(groups, reference, words):
    with pytest.raises(UsageError, match=words):
        compare_adjusted([1, 2, 3, 4, 5], [2, 2, 4, 4, 6], groups=groups, reference=reference)


@PROPERTY
@given(st.lists(group, min_size=2, max_size=4), st.sampled_from([0.0, 1e6]))
def test_oneway_agrees_with_scipy_even_far_from_zero(groups, offset):
    values = np.concatenate(groups) + offset
    labels = np.repeat(np.arange(len(groups)), [each.size for each in groups])
    result = oneway_anova(values, labels)
    if result.status == "undefined":
        assert all(np.ptp(each) == 0 for each in groups)
        return
    expected = stats.f_oneway(*groups)
    assert result.statistic == pytest.approx(expected.statistic, rel=1e-7, abs=1e-9)
    assert result.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    omega = result.effect("omega_squared")
    assert 0 <= omega.conf_low <= omega.conf_high < 1


@pytest.mark.parametrize(
    ("values", "labels", "words"),
    [([], [], "fewer than two groups"), ([1, 2], ["a", "b"], "no group has two"), ([1, 1, 2, 2], list("aabb"), "zero")],
)
def test_oneway_that_does_not_exist(values, labels, words):
    assert words in oneway_anova(values, labels).reason


def test_lee_bounds_by_hand_trim_either_group():
    nan = np.nan
    # Everybody of four treated seen, two of four controls: half of the treated answers go.
    result = lee_bounds([3, 4, 5, 6, 2, 3, nan, nan], [1] * 4 + [0] * 4)
    assert (result.bound_low, result.bound_high, result.trim_share) == (3.5 - 2.5, 5.5 - 2.5, 0.5)
    turned = lee_bounds([3, 4, 5, 6, 2, 3, nan, nan], [0] * 4 + [1] * 4)
    assert (turned.bound_low, turned.bound_high, turned.trimmed_group) == (-3.0, -1.0, "control")


def test_lee_bounds_of_a_share_that_is_no_whole_number():
    nan = np.nan
    # 5 of 5 treated and 3 of 4 controls seen: a quarter of five answers is 1.25.
    outcome, arm = [1, 2, 3, 4, 5, 1, 2, 3, nan], [1] * 5 + [0] * 4
    whole = lee_bounds(outcome, arm, rule="floor")
    assert whole.n_trimmed == 1
    assert (whole.bound_low, whole.bound_high) == (2.5 - 2, 3.5 - 2)
    part = lee_bounds(outcome, arm)
    assert part.bound_high == pytest.approx((0.75 * 2 + 3 + 4 + 5) / 3.75 - 2)


@PROPERTY
@given(group, group, st.integers(0, 3))
def test_bounds_hold_the_untrimmed_difference_and_touch_it_without_drop_out(first, second, lost):
    outcome = np.concatenate([first, second, np.full(lost, np.nan)])
    arm = [1] * first.size + [0] * (second.size + lost)
    result = lee_bounds(outcome, arm)
    assert result.bound_low <= result.estimate + 1e-9
    assert result.estimate <= result.bound_high + 1e-9
    if lost == 0:
        assert result.bound_low == pytest.approx(result.bound_high)
        assert result.trimmed_group == ""


def test_bootstrap_limits_of_the_bounds_lie_outside_them():
    rng = np.random.default_rng(5)
    outcome = rng.normal(size=200)
    outcome[150:190] = np.nan
    result = lee_bounds(outcome, [1] * 100 + [0] * 100, n_resamples=800, seed=1)
    assert result.conf_low < result.bound_low < result.bound_high < result.conf_high


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lee_bounds([1, 2], [0, 2]), "neither 0 nor 1"),
        (lambda: lee_bounds([1, 2], [0]), "one per person"),
        (lambda: lee_bounds([1, np.nan], [0, 1], selected=[1, 1]), "seen where the outcome is missing"),
        (lambda: lee_bounds([1, 2], [0, 1], rule="round"), "fractional, floor"),
    ],
)
def test_bounds_of_wrong_input(call, words):
    with pytest.raises(UsageError, match=words):
        call()


def test_bounds_of_a_group_without_answers():
    assert lee_bounds([1, np.nan], [1, 0]).status == "undefined"


def test_pooling_imputations_by_hand():
    # Estimates 1, 2, 3, each with error 1: between 1, total 1 + 4/3, share (4/3) / (7/3) = 4/7.
    result = pool_imputations([1, 2, 3], [1, 1, 1])
    assert result.total_variance == pytest.approx(7 / 3)
    assert result.df == pytest.approx(2 / (4 / 7) ** 2)
    small = pool_imputations([1, 2, 3], [1, 1, 1], df_complete=10)
    assert small.df < min(10, result.df)
    assert "fewer than 20 imputations" in result.warnings[0]


def test_imputations_that_agree_have_the_complete_df_and_never_nan():
    same = pool_imputations([2, 2, 2], [1, 1, 1], df_complete=10)
    assert same.df == pytest.approx(11 / 13 * 10)
    endless = pool_imputations([2, 2, 2], [1, 1, 1])
    assert endless.df is None
    assert endless.p_value == pytest.approx(2 * stats.norm.sf(2), rel=1e-9)


@PROPERTY
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8), st.floats(0.1, 3), st.sampled_from([0.1, 30.0]))
def test_unit_of_pooled_imputations(estimates, error, factor):
    values = np.array(estimates)
    plain = pool_imputations(values, np.full(values.size, error), df_complete=30)
    scaled = pool_imputations(values * factor, np.full(values.size, error * factor), df_complete=30)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-6, abs=1e-12)
    assert plain.df <= 30
    assert 0 <= plain.missing_information <= 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pool_imputations([1], [1]), "at least 2"),
        (lambda: pool_imputations([1, 2], [1]), "one each"),
        (lambda: pool_imputations([1, 2], [1, 0]), "not above zero at position 2"),
        (lambda: pool_imputations([1, 2], [1, 1], df_complete=-inf), "df_complete"),
        (lambda: pool_r_squared([0.5, 1.2], n=20), "is no share"),
        (lambda: pool_r_squared([0.5, 0.2], n=3), "n: is no whole number"),
    ],
)
def test_imputations_of_wrong_input(call, words):
    with pytest.raises(UsageError, match=words):
        call()
