"""Several waves through the mixed model, difference in differences, and ANCOVA over hosts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats import compare_adjusted, compare_changes, compare_groups, compare_waves, paired_mean
from toolkit.stats.cluster_robust import estimate_robust, fit_clustered

from .reference_values import load_columns, load_fixture

CLOSED_FORM = 1e-6
WAVES = ["pre", "post", "later"]
PROPERTY = settings(deadline=None, max_examples=25)


def test_two_complete_waves_are_the_paired_test():
    pre, post = load_columns("sleep.csv", "pre", "post").T
    result = compare_waves(
        np.concatenate([pre, post]), ["pre"] * 10 + ["post"] * 10, people=list(range(10)) * 2, waves=["pre", "post"]
    )
    plain = paired_mean(pre, post)
    (change,) = result.changes
    for name in ("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high"):
        assert getattr(change, name) == pytest.approx(getattr(plain, name), rel=CLOSED_FORM)
    assert result.joint.statistic == pytest.approx(plain.statistic**2, rel=CLOSED_FORM)
    assert (result.n_people, result.n_hosts, result.n) == (10, 0, 20)


def test_three_complete_waves_are_the_classical_analysis():
    # Balanced: F of the waves by repeated measures, from its own sums of squares.
    rng = np.random.default_rng(2)
    table = rng.normal(size=(12, 1)) + rng.normal(size=(12, 3)) + [0, 0.4, 0.7]
    result = compare_waves(table.ravel(), WAVES * 12, people=np.repeat(np.arange(12), 3), waves=WAVES)
    means, people = table.mean(axis=0), table.mean(axis=1, keepdims=True)
    rest = np.sum((table - people - means + table.mean()) ** 2) / 22
    f = 12 * np.sum((means - means.mean()) ** 2) / 2 / rest
    assert (result.joint.statistic, result.joint.df_num, result.joint.df_den) == (
        pytest.approx(f, rel=CLOSED_FORM),
        2,
        pytest.approx(22, rel=CLOSED_FORM),
    )
    assert [each.estimate for each in result.changes] == pytest.approx(list(means[1:] - means[0]))


def test_a_gap_in_one_wave_leaves_the_others():
    rng = np.random.default_rng(3)
    table = rng.normal(size=(10, 1)) + rng.normal(size=(10, 3))
    table[0, 2] = np.nan
    result = compare_waves(table.ravel(), WAVES * 10, people=np.repeat(np.arange(10), 3), waves=WAVES)
    assert (result.n, result.n_missing, result.n_people) == (29, {"value missing": 1}, 10)


def test_people_of_one_code_in_two_hosts_are_two_people():
    rng = np.random.default_rng(4)
    y = rng.normal(size=24) + np.repeat(rng.normal(size=4), 6) + np.tile([0, 1.0], 12)
    result = compare_waves(
        y,
        ["pre", "post"] * 12,
        people=np.tile(np.repeat(["a", "b", "c"], 2), 4),
        waves=["pre", "post"],
        hosts=np.repeat(["h1", "h2", "h3", "h4"], 6),
    )
    assert (result.n_people, result.n_hosts) == (12, 4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"wave": ["pre", "mid", "post"]}, "not listed: mid"),
        ({"waves": ["pre"]}, "two or more different waves"),
        ({"waves": ["pre", "post", "later"]}, "no values in: later"),
        ({"people": [1, 2]}, "2 values for 3 measurements"),
        ({"hosts": [1]}, "1 values for 3 measurements"),
    ],
)
def test_wrong_waves_are_named(options, words):
    given_options = {"wave": ["pre", "post", "post"], "people": [1, 1, 2], "waves": ["pre", "post"], **options}
    with pytest.raises(UsageError, match=words):
        compare_waves([1, 2, 3], given_options.pop("wave"), **given_options)


def test_differences_agree_with_clubsandwich():
    values = load_fixture("ancova_anorexia")["values"]
    pre, post = load_columns("anorexia.csv", "pre", "post").T
    arms = ["Cont"] * 26 + ["CBT"] * 29 + ["FT"] * 17
    for place, result in enumerate(compare_changes(pre, post, groups=arms, reference="Cont"), start=4):
        assert result.std_error == pytest.approx(values["did_cr2"]["se"][place], rel=1e-9)
        assert result.df == pytest.approx(values["did_cr2"]["df"][place], rel=1e-9)
        assert result.p_value == pytest.approx(values["did_cr2"]["p"][place], rel=1e-9)
        assert result.estimate == pytest.approx(result.change - result.reference_change, rel=1e-9)


groups = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=3, max_size=10)


@PROPERTY
@given(groups, groups, st.sampled_from([0.5, 20.0]), st.integers(-5, 5))
def test_a_difference_in_differences_has_the_error_of_welch(first, second, factor, shift):
    pre, post = np.array(first + second, dtype=float).T
    arms = ["c"] * len(first) + ["t"] * len(second)
    welch = compare_groups((post - pre)[len(first) :], (post - pre)[: len(first)])
    if welch.status == "undefined" or np.ptp(pre) == 0:
        return
    (plain,) = compare_changes(pre, post, groups=arms, reference="c")
    (moved,) = compare_changes(pre * factor + shift, post * factor + shift, groups=arms, reference="c")
    assert plain.estimate == pytest.approx(welch.estimate, abs=1e-9)
    assert plain.std_error == pytest.approx(welch.std_error, rel=1e-6)
    # CR2 counts degrees of freedom from the design, as for equal spread; Welch from the spreads seen.
    assert min(len(first), len(second)) - 1 - 1e-6 <= plain.df <= len(first) + len(second) - 2 + 1e-6
    assert moved.p_value == pytest.approx(plain.p_value, rel=1e-6)


def test_differences_over_hosts_rest_on_hosts():
    rng = np.random.default_rng(5)
    hosts = np.repeat([f"h{place}" for place in range(10)], 8)
    shock = np.repeat(rng.normal(0, 1, size=10), 8)
    arms = np.repeat(["c", "t"], 40)
    pre = rng.normal(3, 1, size=80)
    post = pre + shock + rng.normal(0, 0.1, size=80)
    (people,) = compare_changes(pre, post, groups=list(arms), reference="c")
    (over,) = compare_changes(pre, post, groups=list(arms), reference="c", clusters=list(hosts))
    assert over.n_clusters == 10
    assert over.std_error > 2 * people.std_error
    assert any("one earlier wave" in text for text in over.warnings)


def test_ancova_over_hosts_takes_cr2():
    rng = np.random.default_rng(6)
    hosts = np.repeat([f"h{place}" for place in range(12)], 5)
    arms = np.repeat(["c", "t"], 30)
    pre = rng.normal(3, 1, size=60)
    post = 0.6 * pre + 0.5 * (arms == "t") + rng.normal(0, 0.5, size=60)
    result = compare_adjusted(pre, post, groups=list(arms), reference="c", clusters=list(hosts))
    fit = fit_clustered(post, {"pre": pre, "t": (arms == "t").astype(float)}, cluster=hosts)
    expected = estimate_robust(fit)[2]
    (contrast,) = result.contrasts
    assert (contrast.std_error, contrast.df) == (pytest.approx(expected.std_error), pytest.approx(expected.df))
    assert "CR2" in contrast.interval_method
    with pytest.raises(UsageError, match="one host per person"):
        compare_adjusted(pre, post, groups=list(arms), reference="c", clusters=["h"])
