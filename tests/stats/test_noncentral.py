from __future__ import annotations

from itertools import product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from toolkit.core.errors import UsageError
from toolkit.stats import noncentral_t_cdf, noncentrality_interval

from .reference_values import load_fixture

# The fixture states rtol 1e-6 (R's uniroot).
REFERENCE_RTOL = 1e-6
# Simpson's rule with 100,000 steps is good to about 1e-13.
INTEGRATION_ATOL = 1e-12
# A limit is a root: what it gives back must be the tail, to the accuracy of the quadrature.
TAIL_ATOL = 1e-12
# Published normal quantile, 16 digits.
NORMAL_QUANTILE = 1.959963984540054

PROPERTY = settings(deadline=None, max_examples=100)


def integrated_cdf(t, df, nc):
    """P(T <= t) by Simpson's rule over the chi distribution of the normal cdf."""
    spread = 12 / sqrt(2 * df)
    s = np.linspace(max(0.0, 1 - spread), 1 + spread, 100_001)
    density = stats.chi.pdf(s * sqrt(df), df) * sqrt(df)
    return float(integrate.simpson(density * stats.norm.cdf(t * s - nc), x=s))


def test_reference_sleep_limits():
    values = load_fixture("paired_d_sleep")["values"]
    got = noncentrality_interval(values["t"], values["df"], conf_level=0.95)
    np.testing.assert_allclose(got, values["ncp_ci95"], rtol=REFERENCE_RTOL)


GRID = list(product((-5.0, -1.0888152965, 0.0, 0.3, 2.5, 7.76, 30.0), (2, 3, 9, 40, 1135), (-4.0, 0.0, 1.5, 34.534031)))


@pytest.mark.parametrize(("t", "df", "nc"), GRID)
def test_cdf_agrees_with_integration(t, df, nc):
    assert noncentral_t_cdf(t, df, noncentrality=nc) == pytest.approx(integrated_cdf(t, df, nc), abs=INTEGRATION_ATOL)


def test_cdf_where_scipy_answers_nan():
    assert 0 <= noncentral_t_cdf(-1.0888152965, 3, noncentrality=34.534031) < 1e-12


def test_cdf_hand_cases():
    # At t = 0 only the sign of the normal counts; with nc = 0 it is Student's t; df 1 is Cauchy.
    assert noncentral_t_cdf(0, 5, noncentrality=1.3) == pytest.approx(stats.norm.cdf(-1.3), abs=TAIL_ATOL)
    assert noncentral_t_cdf(2.0, 5, noncentrality=0) == pytest.approx(stats.t.cdf(2.0, 5), abs=TAIL_ATOL)
    assert noncentral_t_cdf(1.0, 1, noncentrality=0) == pytest.approx(0.75, abs=TAIL_ATOL)


@pytest.mark.parametrize("df", [1, 4, 19, 1e6])
@pytest.mark.parametrize("t", [0.0, 1e-300, -1e-20])
def test_limits_at_zero_are_normal_quantiles(t, df):
    low, high = noncentrality_interval(t, df, conf_level=0.95)
    assert low == pytest.approx(-NORMAL_QUANTILE, abs=TAIL_ATOL)
    assert high == pytest.approx(NORMAL_QUANTILE, abs=TAIL_ATOL)


@pytest.mark.parametrize(
    ("t", "df"),
    [(7.76, 1135), (56.0, 1e6), (0.0, 9), (-5.0, 12), (1000.0, 1), (1e9, 1), (1e20, 3), (40.0, 1e9), (-0.3, 2.5)],
)
@pytest.mark.parametrize("conf_level", [0.5, 0.9, 0.95, 0.999])
def test_limits_give_back_their_tails(t, df, conf_level):
    low, high = noncentrality_interval(t, df, conf_level=conf_level)
    tail = (1 - conf_level) / 2
    assert low < high
    assert 1 - noncentral_t_cdf(t, df, noncentrality=low) == pytest.approx(tail, abs=TAIL_ATOL)
    assert noncentral_t_cdf(t, df, noncentrality=high) == pytest.approx(tail, abs=TAIL_ATOL)


def test_large_df_limits_follow_the_normal_approximation():
    # At df = 1e6 the statistic is normal with variance 1 + t^2 / (2 df) to about 1e-3.
    low, high = noncentrality_interval(56.0, 1e6, conf_level=0.95)
    half_width = NORMAL_QUANTILE * sqrt(1 + 56.0**2 / 2e6)
    assert (low, high) == pytest.approx((56 - half_width, 56 + half_width), abs=1e-3)


@PROPERTY
@given(st.floats(-60, 60), st.integers(1, 3000))
def test_the_opposite_statistic_has_the_opposite_limits(t, df):
    low, high = noncentrality_interval(t, df, conf_level=0.95)
    opposite_low, opposite_high = noncentrality_interval(-t, df, conf_level=0.95)
    assert (opposite_low, opposite_high) == (-high, -low)


@PROPERTY
@given(st.floats(-50, 50), st.integers(1, 3000), st.floats(-50, 50))
def test_cdf_is_a_probability_that_falls_with_noncentrality(t, df, nc):
    here, beyond = (noncentral_t_cdf(t, df, noncentrality=value) for value in (nc, nc + 1))
    assert 0 <= beyond <= here + TAIL_ATOL <= 1 + TAIL_ATOL


@pytest.mark.parametrize(
    ("t", "df", "conf_level", "words"),
    [
        (np.nan, 9, 0.95, "statistic"),
        (np.inf, 9, 0.95, "statistic"),
        (1.0, 0, 0.95, "df"),
        (1.0, np.nan, 0.95, "df"),
        (1.0, np.inf, 0.95, "df"),
        (1.0, 9, 1.0, "conf_level"),
    ],
)
def test_wrong_arguments_are_named(t, df, conf_level, words):
    with pytest.raises(UsageError, match=words):
        noncentrality_interval(t, df, conf_level=conf_level)
    if words != "conf_level":
        with pytest.raises(UsageError, match=words):
            noncentral_t_cdf(t, df, noncentrality=0)


def test_wrong_noncentrality_is_named():
    with pytest.raises(UsageError, match="noncentrality"):
        noncentral_t_cdf(1, 9, noncentrality=np.nan)
