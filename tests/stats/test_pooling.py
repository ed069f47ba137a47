from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.core.errors import UsageError
from toolkit.stats import pool_estimates

from .reference_values import load_columns, load_fixture

# The fixtures state rtol 1e-5 (metafor stops its iteration at 1e-5).
REFERENCE_RTOL = 1e-5
HAND_RTOL = 1e-12
# tau2 is a root found to 1e-14 of the smallest variance; shifts and units cost digits.
PROPERTY_RTOL = 1e-6

PROPERTY = settings(deadline=None, max_examples=60)

sites = st.lists(
    st.tuples(st.integers(-300, 300).map(lambda y: y / 100), st.integers(1, 400).map(lambda v: v / 1000)),
    min_size=2,
    max_size=12,
).map(np.array)


@pytest.mark.parametrize(("fixture", "file"), [("meta_bcg", "bcg.csv"), ("meta_k4", "k4.csv")])
def test_reference_metafor(fixture, file):
    values = load_fixture(fixture)["values"]["REML"]
    hksj = values["hksj"]
    result = pool_estimates(*load_columns(file, "yi", "vi").T)
    for got, expected in (
        (result.estimate, values["mu"]),
        (result.tau2, values["tau2"]),
        (result.i2, values["I2"]),
        (result.h2, values["H2"]),
        (result.q, values["Q"]),
        (result.q_df, values["Q_df"]),
        (result.q_p_value, values["Q_p"]),
        (result.std_error, hksj["se"]),
        (result.statistic, hksj["t"]),
        (result.df, hksj["df"]),
        (result.p_value, hksj["p"]),
        ([result.conf_low, result.conf_high], hksj["ci"]),
        ([result.prediction_low, result.prediction_high], hksj["pi_t_km1"]),
    ):
        np.testing.assert_allclose(got, expected, rtol=REFERENCE_RTOL)
    assert result.prediction_reason == ""


def test_four_sites_say_that_tau2_is_hardly_identified():
    result = pool_estimates(*load_columns("k4.csv", "yi", "vi").T)
    assert result.tau2 == 0
    assert any("hardly identified" in text for text in result.warnings)
    assert any("tau2 is 0" in text for text in result.warnings)


def test_hand_case_equal_variances():
    # Equal variances: the mean is plain, tau2 = s^2 - v, and the standard error is s / sqrt(k).
    y = np.array([0.1, 0.4, 0.5, 0.9, 1.1])
    spread = y.var(ddof=1)
    result = pool_estimates(y, np.full(5, 0.01))
    assert result.estimate == pytest.approx(0.6, rel=HAND_RTOL)
    assert result.tau2 == pytest.approx(spread - 0.01, rel=HAND_RTOL)
    assert result.std_error == pytest.approx(sqrt(spread / 5), rel=HAND_RTOL)
    assert result.i2 == pytest.approx(100 * (spread - 0.01) / spread, rel=HAND_RTOL)
    half_width = stats.t.isf(0.025, 4) * sqrt(result.tau2 + spread / 5)
    assert result.prediction_high == pytest.approx(0.6 + half_width, rel=HAND_RTOL)
    assert result.weights == pytest.approx((0.2,) * 5, rel=HAND_RTOL)
    assert result.warnings == ()


def dense_restricted_likelihood(y, v, tau2):
    weights = 1 / (v[:, None] + tau2)
    residual = y[:, None] - (weights * y[:, None]).sum(axis=0) / weights.sum(axis=0)
    quadratic = (weights * residual**2).sum(axis=0)
    return 0.5 * (np.log(weights).sum(axis=0) - np.log(weights.sum(axis=0)) - quadratic)


@pytest.mark.parametrize(
    ("y", "v", "upper_peak_wins"),
    [
        ([-0.09, -0.03, -29.69, 7.13], [0.002, 0.011, 77.75, 5.708], True),
        ([0.48, -0.8, -0.05, -5.96], [0.523, 10.273, 0.014, 5.324], False),
    ],
)
def test_the_highest_of_several_peaks_is_taken(y, v, upper_peak_wins):
    # Very unequal variances give the restricted likelihood one peak at zero and one far above it.
    y, v = np.array(y), np.array(v)
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e4, 20_001)])
    loglik = dense_restricted_likelihood(y, v, grid)
    inner = np.flatnonzero((loglik[1:-1] > loglik[:-2]) & (loglik[1:-1] > loglik[2:]))
    assert loglik[0] > loglik[1]
    assert inner.size == 1
    result = pool_estimates(y, v)
    assert (result.tau2 > 0) == upper_peak_wins
    # The grid is 0.1 percent apart.
    assert result.tau2 == pytest.approx(grid[loglik.argmax()], rel=2e-3)


def test_tau2_is_stationary():
    y, v = load_columns("bcg.csv", "yi", "vi").T
    w = 1 / (v + pool_estimates(y, v).tau2)
    mean = w @ y / w.sum()
    slope = w**2 @ (y - mean) ** 2 - w.sum() + w**2 @ np.ones_like(w) / w.sum()
    assert abs(slope) < 1e-9 * w.sum()


def test_narrower_than_fixed_effect_is_said():
    result = pool_estimates([0.200, 0.201, 0.199, 0.2005, 0.1995, 0.2], [0.01] * 6)
    assert result.status == "ok"
    assert result.tau2 == 0
    assert any("narrower" in text for text in result.warnings)


@pytest.mark.parametrize("k", [2, 3, 8])
def test_identical_estimates(k):
    result = pool_estimates([0.2] * k, np.linspace(0.01, 0.3, k))
    assert result.status == "no_variation"
    assert result.estimate == pytest.approx(0.2, rel=HAND_RTOL)
    assert (result.tau2, result.i2, result.h2) == (0, 0, 1)
    assert result.q == pytest.approx(0, abs=HAND_RTOL)
    assert result.q_p_value == pytest.approx(1, rel=HAND_RTOL)
    for name in ("std_error", "df", "statistic", "p_value", "conf_low", "conf_high", "prediction_low"):
        assert getattr(result, name) is None
    assert result.prediction_reason
    assert "zero" in result.reason


def test_estimates_equal_but_for_rounding():
    assert pool_estimates([0.1 + 0.2, 0.3, 0.3], [0.01, 0.02, 0.03]).status == "no_variation"


def test_two_sites_have_no_prediction_interval():
    result = pool_estimates([0.1, 0.5], [0.01, 0.02])
    assert result.status == "ok"
    assert result.conf_low < result.estimate < result.conf_high
    assert result.prediction_low is None
    assert "three sites" in result.prediction_reason


def test_one_site_and_none():
    one = pool_estimates([0.3], [0.01])
    assert (one.status, one.estimate, one.n, one.weights) == ("one_site", 0.3, 1, (1.0,))
    assert one.conf_low is one.std_error is one.tau2 is one.prediction_low is None
    none = pool_estimates([], [])
    assert (none.status, none.estimate, none.n) == ("no_sites", None, 0)


@pytest.mark.parametrize(
    ("estimates", "variances", "words"),
    [
        ([1, 2, 3], [0.1, 0.0, -1.0], "positions 2, 3"),
        ([1, 2], [0.1, np.nan], "position 2"),
        ([1, 2], [np.inf, 0.1], "position 1"),
        ([1, np.nan], [0.1, 0.1], "position 2"),
        ([1, np.inf], [0.1, 0.1], "position 2"),
        ([1, 2], [0.1], "2 estimates and 1 variances"),
        ([[1, 2]], [0.1, 0.1], "2 dimensions"),
        (["a"], [0.1], "other than numbers"),
    ],
)
def test_wrong_arguments_are_named(estimates, variances, words):
    with pytest.raises(UsageError, match=words):
        pool_estimates(estimates, variances)


def test_wrong_level_is_named():
    with pytest.raises(UsageError, match="conf_level"):
        pool_estimates([1, 2], [1, 1], conf_level=1)


@pytest.mark.parametrize("unit", [1e-40, 1e-8, 1e8, 1e40])
def test_extreme_units_stay_finite(unit):
    y, v = load_columns("bcg.csv", "yi", "vi").T
    plain, scaled = pool_estimates(y, v), pool_estimates(y * unit, v * unit**2)
    assert scaled.estimate == pytest.approx(plain.estimate * unit, rel=PROPERTY_RTOL)
    assert scaled.tau2 == pytest.approx(plain.tau2 * unit**2, rel=PROPERTY_RTOL)
    assert scaled.i2 == pytest.approx(plain.i2, rel=PROPERTY_RTOL)


@PROPERTY
@given(sites)
def test_pooled_lies_among_the_estimates(table):
    y, v = table.T
    result = pool_estimates(y, v)
    assert result.tau2 >= 0
    assert 0 <= result.i2 < 100
    assert result.h2 >= 1
    assert y.min() - 1e-12 <= result.estimate <= y.max() + 1e-12
    assert sum(result.weights) == pytest.approx(1, rel=HAND_RTOL)
    if result.prediction_low is not None:
        assert result.prediction_low <= result.conf_low <= result.conf_high <= result.prediction_high


@PROPERTY
@given(sites, st.integers(-50, 50))
def test_shift_and_sign(table, shift):
    y, v = table.T
    plain, shifted, opposite = pool_estimates(y, v), pool_estimates(y + shift, v), pool_estimates(-y, v)
    assert shifted.status == opposite.status == plain.status
    assert shifted.estimate == pytest.approx(plain.estimate + shift, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)
    assert opposite.estimate == pytest.approx(-plain.estimate, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)
    assert shifted.tau2 == pytest.approx(plain.tau2, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)
    if plain.status == "ok":
        assert opposite.p_value == pytest.approx(plain.p_value, rel=PROPERTY_RTOL)


@pytest.mark.parametrize("name", ["meta_bcg", "meta_k4"])
@pytest.mark.parametrize("method", ["REML", "ML", "DL", "PM"])
def test_every_tau2_agrees_with_metafor(name, method):
    values = load_fixture(name)["values"]
    result = pool_estimates(values["yi"], values["vi"], method=method)
    expected = values[method]
    # metafor stops its search for PM, and that for the limits, at 1.2e-4 of tau2.
    slack = 2e-4 if method == "PM" else 1e-6
    assert result.tau2 == pytest.approx(expected["tau2"], rel=slack, abs=1e-12)
    assert result.tau2_std_error == pytest.approx(expected["se_tau2"], rel=slack)
    assert [result.tau2_conf_low, result.tau2_conf_high] == pytest.approx(expected["tau2_ci_qprofile"], rel=3e-4)


def test_paule_mandel_and_the_profile_meet_their_equations():
    values = load_fixture("meta_bcg")["values"]
    y, v = np.array(values["yi"]), np.array(values["vi"])

    def q(tau2):
        weights = 1 / (v + tau2)
        return weights @ (y - weights @ y / weights.sum()) ** 2

    result = pool_estimates(y, v, method="PM")
    assert q(result.tau2) == pytest.approx(12, rel=1e-9)
    assert q(result.tau2_conf_low) == pytest.approx(stats.chi2.isf(0.025, 12), rel=1e-9)
    assert q(result.tau2_conf_high) == pytest.approx(stats.chi2.ppf(0.025, 12), rel=1e-9)


def test_near_equal_sites_have_a_tau2_of_zero_and_never_less():
    # statsmodels' moment estimate is negative here and its standard error NaN.
    for method in ("REML", "ML", "DL", "PM"):
        result = pool_estimates([0.10, 0.12, 0.09, 0.11], [0.04, 0.05, 0.04, 0.06], method=method)
        assert result.tau2 == 0
        assert result.normal_std_error == pytest.approx((1 / 0.04 + 1 / 0.05 + 1 / 0.04 + 1 / 0.06) ** -0.5)


def test_an_unknown_method_is_named():
    with pytest.raises(UsageError, match="REML, ML, PM, DL"):
        pool_estimates([1, 2], [1, 1], method="HE")
