"""The bootstrap: against scipy and full enumeration, by participants and hosts, with what it must refuse."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.core.errors import UsageError
from toolkit.stats import (
    bootstrap_changes,
    bootstrap_ratio,
    bootstrap_transitions,
    count_transitions,
    enumerate_bootstrap,
)

# Two Monte Carlo runs of 20,000 resamples differ by less than this share of a standard error in a tail quantile.
MONTE_CARLO_SHARE = 0.12
EXACT_RTOL = 1e-9
LEVELS = [1, 2, 3, 4, 5]

PROPERTY = settings(deadline=None, max_examples=30)


@pytest.fixture
def waves():
    rng = np.random.default_rng(11)
    pre = rng.normal(3, 1, size=40)
    return pre, pre + rng.normal(0.4, 0.7, size=40)


def d_z(changes, axis=-1):
    return changes.mean(axis=axis) / changes.std(axis=axis, ddof=1)


@pytest.mark.parametrize(("name", "function"), [("mean_change", np.mean), ("d_z", d_z)])
@pytest.mark.parametrize(("ours", "theirs"), [("bca", "BCa"), ("percentile", "percentile")])
def test_limits_agree_with_scipy(waves, name, function, ours, theirs):
    pre, post = waves
    (result,) = bootstrap_changes(pre, post, statistic=name, method=ours, n_resamples=20_000, seed=1)
    other = stats.bootstrap(
        (post - pre,), function, n_resamples=20_000, method=theirs, rng=np.random.default_rng(2)
    ).confidence_interval
    slack = MONTE_CARLO_SHARE * result.std_error
    assert result.conf_low == pytest.approx(other.low, abs=slack)
    assert result.conf_high == pytest.approx(other.high, abs=slack)


@pytest.mark.parametrize("name", ["mean_change", "d_z"])
def test_drawing_agrees_with_enumeration(name):
    change = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    exact = enumerate_bootstrap(change, statistic=name)
    (drawn,) = bootstrap_changes(np.zeros(10), change, statistic=name, n_resamples=50_000, seed=3)
    slack = MONTE_CARLO_SHARE * exact.std_error
    assert drawn.conf_low == pytest.approx(exact.conf_low, abs=slack)
    assert drawn.conf_high == pytest.approx(exact.conf_high, abs=slack)
    assert drawn.acceleration == pytest.approx(exact.acceleration, rel=EXACT_RTOL)


def test_enumeration_by_hand():
    # Three people with changes 0, 1, 2: 27 resamples, means 0 to 2 in thirds with 1, 3, 6, 7, 6, 3, 1 ways.
    result = enumerate_bootstrap([0, 1, 2], conf_level=0.8)
    assert result.n_resamples == 10
    assert result.std_error == pytest.approx(np.sqrt(2 / 9), rel=EXACT_RTOL)
    # 10% of 27 is 2.7: the first mean whose share reaches it is 1/3.
    assert (result.percentile_low, result.percentile_high) == pytest.approx((1 / 3, 5 / 3))
    assert result.z0_midrank == pytest.approx(0, abs=1e-12)
    assert result.z0_strict == pytest.approx(stats.norm.ppf(10 / 27), rel=EXACT_RTOL)


@PROPERTY
@given(st.lists(st.integers(-3, 3), min_size=2, max_size=5))
def test_enumeration_is_the_full_list_of_resamples(changes):
    values = np.array(changes, dtype=float)
    result = enumerate_bootstrap(values)
    if result.status == "undefined":
        assert np.unique(values).size == 1
        return
    means = np.array([np.mean(drawn) for drawn in product(values, repeat=values.size)])
    assert result.std_error == pytest.approx(means.std(), rel=EXACT_RTOL)
    assert result.z0_strict == pytest.approx(stats.norm.ppf(np.mean(means < values.mean() - 1e-9)), rel=1e-6, abs=1e-9)


def test_resamples_without_a_value_are_counted_and_left_out():
    # scipy answers NaN for this: more than a third of the resamples do not vary.
    pre, post = np.zeros(8), np.array([1, 1, 1, 1, 1, 0, 1, 1.0])
    (result,) = bootstrap_changes(pre, post, statistic="d_z", n_resamples=5000, seed=1)
    assert result.n_undefined == pytest.approx(5000 * (7 / 8) ** 8, rel=0.1)
    assert result.conf_low is None
    assert result.interval_reason.startswith("undefined, because")
    assert any("have no value" in text for text in result.warnings)
    exact = enumerate_bootstrap(post, statistic="d_z")
    assert exact.chance_undefined == pytest.approx((7 / 8) ** 8 + (1 / 8) ** 8, rel=EXACT_RTOL)


def test_many_outcomes_are_the_same_as_one_by_one(waves):
    pre, post = waves
    both = bootstrap_changes(np.stack([pre, 2 * pre], 1), np.stack([post, 2 * post], 1), n_resamples=500, seed=4)
    (one,) = bootstrap_changes(pre, post, n_resamples=500, seed=4)
    assert (both[0].conf_low, both[0].conf_high) == pytest.approx((one.conf_low, one.conf_high), rel=EXACT_RTOL)
    assert both[1].conf_low == pytest.approx(2 * one.conf_low, rel=EXACT_RTOL)


def test_a_missing_pair_does_not_count(waves):
    pre, post = waves
    gaps = post.copy()
    gaps[:5] = np.nan
    (result,) = bootstrap_changes(pre, gaps, n_resamples=4000, seed=4)
    (kept,) = bootstrap_changes(pre[5:], post[5:], n_resamples=4000, seed=4)
    assert (result.n, result.n_missing) == (35, {"pre or post missing": 5})
    assert result.estimate == pytest.approx(kept.estimate, rel=EXACT_RTOL)
    assert result.acceleration == pytest.approx(kept.acceleration, rel=EXACT_RTOL)
    # Drawing 40 rows of which 35 count is a little wider than drawing 35.
    assert result.std_error == pytest.approx(kept.std_error, rel=0.15)


@PROPERTY
@given(st.sampled_from([1e-3, 7.0]), st.integers(-1000, 1000), st.sampled_from(["d_z", "d_av", "d_pre"]))
def test_unit_and_origin_do_not_matter(factor, shift, name):
    rng = np.random.default_rng(5)
    pre = rng.integers(1, 6, size=25).astype(float)
    post = np.clip(pre + rng.integers(-1, 3, size=25), 1, 5)
    (plain,) = bootstrap_changes(pre, post, statistic=name, n_resamples=400, seed=1)
    (other,) = bootstrap_changes(pre * factor + shift, post * factor + shift, statistic=name, n_resamples=400, seed=1)
    assert (other.conf_low, other.conf_high) == pytest.approx((plain.conf_low, plain.conf_high), rel=1e-6, abs=1e-9)


def test_estimates_are_those_of_the_room(waves):
    from toolkit.stats import paired_mean, standardised_change

    pre, post = waves
    known = {each.name: each.estimate for each in standardised_change(pre, post)}
    known["mean_change"] = paired_mean(pre, post).estimate
    for name in ("mean_change", "d_z", "d_av", "d_pre"):
        (result,) = bootstrap_changes(pre, post, statistic=name, n_resamples=200)
        assert result.estimate == pytest.approx(known[name], rel=EXACT_RTOL)


def test_hosts_are_resampled_whole():
    # Within a host everybody changes alike, so the interval must rest on 12 hosts and not on 240 people.
    rng = np.random.default_rng(8)
    effect = rng.normal(0.5, 1, size=12)
    hosts = np.repeat(np.arange(12), 20)
    post = effect[hosts] + rng.normal(0, 0.01, size=240)
    (people,) = bootstrap_changes(np.zeros(240), post, n_resamples=4000, seed=1)
    (whole,) = bootstrap_changes(np.zeros(240), post, clusters=hosts, n_resamples=4000, seed=1)
    assert whole.n_units == 12
    assert whole.std_error == pytest.approx(effect.std() / np.sqrt(12), rel=0.06)
    assert whole.std_error > 3 * people.std_error


def test_one_host_has_no_interval():
    (result,) = bootstrap_changes([1, 2, 3], [2, 4, 5], clusters=["a", "a", "a"])
    assert result.estimate == pytest.approx(5 / 3)
    assert result.conf_low is None
    assert "hosts" in result.interval_reason


def test_the_same_seed_gives_the_same_limits(waves):
    first, second = (bootstrap_changes(*waves, n_resamples=300, seed=9)[0] for _ in range(2))
    assert first == second
    assert first != bootstrap_changes(*waves, n_resamples=300, seed=10)[0]


def test_transition_table_is_the_same_bootstrap():
    rng = np.random.default_rng(12)
    pre = rng.integers(1, 6, size=300)
    post = np.clip(pre + rng.integers(-1, 3, size=300), 1, 5)
    table = count_transitions(pre, post, levels=LEVELS)
    assert table.counts.sum() == table.n == 300
    for name in ("mean_change", "d_z", "d_av", "d_pre"):
        (fast,) = bootstrap_transitions([table], statistic=name, n_resamples=20_000, seed=1)
        (dense,) = bootstrap_changes(pre, post, statistic=name, n_resamples=20_000, seed=1)
        slack = MONTE_CARLO_SHARE * dense.std_error
        assert fast.estimate == pytest.approx(dense.estimate, rel=EXACT_RTOL)
        assert fast.acceleration == pytest.approx(dense.acceleration, rel=1e-6)
        assert fast.conf_low == pytest.approx(dense.conf_low, abs=slack)
        assert fast.conf_high == pytest.approx(dense.conf_high, abs=slack)


def test_transitions_count_gaps_and_refuse_strange_answers():
    table = count_transitions([1, None, 3, np.nan], [2, 2, None, np.nan], levels=[1, 2, 3])
    assert (table.n, table.n_missing) == (1, 3)
    with pytest.raises(UsageError, match="holds 1 answers that are no level") as caught:
        count_transitions([1, 9], [1, 2], levels=[1, 2])
    assert "9" not in str(caught.value)
    with pytest.raises(UsageError, match="pre has 1 values and post has 2"):
        count_transitions([1], [1, 2], levels=[1, 2])
    with pytest.raises(UsageError, match="levels"):
        count_transitions([1], [1], levels=[1, 1])
    assert count_transitions([0.5, 2], [2, 2], levels=[0.5, 2]).counts.tolist() == [[0, 1], [0, 1]]
    with pytest.raises(UsageError, match="no level"):
        count_transitions([1.5], [1], levels=[1, 2])


def test_an_empty_or_constant_item_says_why():
    empty = count_transitions([], [], levels=LEVELS)
    same = count_transitions([2, 2], [3, 3], levels=LEVELS)
    none, constant = bootstrap_transitions([empty, same], statistic="d_z", n_resamples=100)
    assert none.reason == "undefined, because nobody has both a pre and a post value"
    assert constant.reason == "undefined, because what the change is divided by does not vary"


def test_a_ratio_by_hand():
    # Sums 6 and 4, residuals a - 1.5 b: 0.5, -0.5, 0; error sqrt(3/2 * 0.5) / 4.
    result = bootstrap_ratio([2, 1, 3], [1, 1, 2], n_resamples=2000, seed=1)
    assert result.estimate == 1.5
    assert result.std_error == pytest.approx(np.sqrt(1.5 * 0.5) / 4, rel=EXACT_RTOL)


def test_a_denominator_of_ones_is_a_mean_with_its_usual_error():
    values = np.array([1.0, 4.0, 2.0, 8.0, 5.0, 7.0])
    result = bootstrap_ratio(values, np.ones(6), n_resamples=5000, seed=1)
    assert result.estimate == values.mean()
    assert result.std_error == pytest.approx(values.std(ddof=1) / np.sqrt(6), rel=EXACT_RTOL)
    # The studentised limits of a mean are near those of t.
    low, high = stats.t.interval(0.95, 5, values.mean(), result.std_error)
    assert result.conf_low == pytest.approx(low, abs=0.35 * (high - low))


def test_a_ratio_over_few_hosts_covers_better_than_bca():
    # 400 data sets of 8 skewed hosts: bootstrap-t must come near 95% where BCa falls short.
    rng = np.random.default_rng(21)
    inside = {"t": 0, "bca": 0}
    for number in range(400):
        values = rng.exponential(1.0, size=8)
        studentised = bootstrap_ratio(values, np.ones(8), n_resamples=599, seed=number)
        (corrected,) = bootstrap_changes(np.zeros(8), values, n_resamples=599, seed=number)
        inside["t"] += studentised.conf_low <= 1 <= studentised.conf_high
        inside["bca"] += corrected.conf_low <= 1 <= corrected.conf_high
    assert inside["t"] / 400 > inside["bca"] / 400
    assert inside["t"] / 400 > 0.90


@pytest.mark.parametrize(
    ("numerator", "denominator", "clusters", "words"),
    [
        ([], [], None, "nobody has both values"),
        ([1], [2], None, "one unit only"),
        ([1, 2], [1, 1], ["a", "a"], "one unit only"),
        ([1, 2], [1, -1], None, "denominator sums to zero"),
    ],
)
def test_a_ratio_that_does_not_exist(numerator, denominator, clusters, words):
    result = bootstrap_ratio(numerator, denominator, clusters=clusters)
    assert words in result.reason
    assert result.estimate is None


@pytest.mark.parametrize(
    ("pre", "post", "options", "words"),
    [
        ([1, 2], [1], {}, "shape"),
        ([1, 2], [1, 2], {"statistic": "d"}, "mean_change, d_z, d_av, d_pre"),
        ([1, 2], [1, 2], {"method": "t"}, "bca, percentile"),
        ([1, 2], [1, 2], {"n_resamples": 0}, "n_resamples"),
        ([1, 2], [1, 2], {"seed": -1}, "seed"),
        ([1, 2], [1, 2], {"conf_level": 95}, "conf_level"),
        ([1, 2], [1, 2], {"clusters": ["a"]}, "the host of each participant"),
        ([1, np.inf], [1, 2], {}, "position 2"),
    ],
)
def test_wrong_arguments_are_named(pre, post, options, words):
    with pytest.raises(UsageError, match=words):
        bootstrap_changes(pre, post, **options)


def test_too_many_resamples_to_enumerate_are_refused():
    with pytest.raises(UsageError, match="different resamples"):
        enumerate_bootstrap(np.arange(40.0))


@pytest.mark.parametrize(
    ("pre", "post"), [([], []), ([np.nan], [1]), ([1], [2]), ([1, 1], [2, 2]), ([3, 3, 3], [3, 3, 3])]
)
@pytest.mark.parametrize("name", ["mean_change", "d_z", "d_av", "d_pre"])
def test_degenerate_waves_never_give_nan(pre, post, name):
    (result,) = bootstrap_changes(pre, post, statistic=name, n_resamples=200)
    assert result.estimate is None or np.isfinite(result.estimate)
    assert result.conf_low is None
    assert result.reason or result.interval_reason
