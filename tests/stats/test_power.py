from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower

from toolkit.core.errors import UsageError
from toolkit.stats import (
    design_effect,
    group_power,
    group_size_needed,
    paired_power,
    pairs_needed,
    smallest_clustered_effect,
    smallest_group_effect,
    smallest_paired_effect,
)
from toolkit.stats.power import round_up

# statsmodels takes the noncentral t of scipy, good to about 1e-9.
PEER_RTOL = 1e-6

PROPERTY = settings(deadline=None, max_examples=40)


@PROPERTY
@given(st.integers(3, 80), st.floats(0.05, 1.5), st.sampled_from([0.01, 0.05, 0.1]))
def test_power_agrees_with_statsmodels(n, effect, alpha):
    paired, groups = TTestPower().power(effect, n, alpha), TTestIndPower().power(effect, n, alpha, ratio=2)
    # scipy's noncentral t, beneath the peer, is NaN for some arguments; ours never is.
    for ours, theirs in (
        (paired_power(n, effect=effect, alpha=alpha), paired),
        (group_power(n, 2 * n, effect=effect, alpha=alpha), groups),
    ):
        assert 0 <= ours <= 1
        if np.isfinite(theirs):
            assert ours == pytest.approx(theirs, rel=PEER_RTOL)


@PROPERTY
@given(st.integers(4, 200), st.floats(0.5, 0.95))
def test_searches_undo_each_other(n, power):
    effect = smallest_paired_effect(n, power=power)
    assert paired_power(n, effect=effect) == pytest.approx(power, abs=1e-9)
    assert pairs_needed(effect, power=power) == pytest.approx(n, rel=1e-6)
    both = smallest_group_effect(n, n, power=power)
    assert group_size_needed(both, power=power) == pytest.approx(n, rel=1e-6)


def test_no_effect_has_the_level_as_power():
    assert paired_power(20, effect=0) == pytest.approx(0.05, abs=1e-12)


def test_power_is_the_share_of_samples_that_speak():
    rng = np.random.default_rng(2)
    p_values = stats.ttest_1samp(rng.normal(0.5, 1, size=(20_000, 20)), 0, axis=1).pvalue
    # Three standard errors of a share of 20,000.
    assert np.mean(p_values < 0.05) == pytest.approx(paired_power(20, effect=0.5), abs=0.011)


def test_clusters_of_one_person_are_people():
    assert design_effect(1, icc=0.3) == 1
    assert design_effect(30, icc=0) == 1
    assert smallest_clustered_effect(50, 1, icc=0.2) == pytest.approx(smallest_group_effect(50, 50), rel=2e-3)
    assert smallest_clustered_effect(10, 20, icc=1) == pytest.approx(smallest_clustered_effect(10, 1, icc=0))


def test_sizes_are_rounded_up():
    assert [round_up(n) for n in (63.2, 64.0, 64.0000000001)] == [64, 64, 64]
    assert pairs_needed(50.0) >= 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: paired_power(1, effect=0.5), "n: is not in range"),
        (lambda: paired_power(10, effect=np.nan), "effect"),
        (lambda: paired_power(10, effect=0.5, alpha=1), "alpha"),
        (lambda: pairs_needed(0), "effect"),
        (lambda: pairs_needed(0.5, power=0.01), "power"),
        (lambda: pairs_needed(1e-7), "people would be needed"),
        (lambda: design_effect(0, icc=0.1), "cluster_size"),
        (lambda: design_effect(5, icc=1.1), "icc"),
        (lambda: smallest_clustered_effect(1, 10, icc=0.1), "clusters_per_arm"),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(UsageError, match=words):
        call()
