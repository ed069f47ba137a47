"""Cluster-robust errors against the row-by-row formula, the wild bootstrap by hand, and what is refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from toolkit.core.errors import UsageError
from toolkit.stats.cluster_robust import estimate_robust, fit_clustered
from toolkit.stats.wild_bootstrap import bootstrap_wild

# Sums by cluster and matrices by row differ by rounding only.
SAME = 1e-8


def study(seed, *, hosts=9):
    rng = np.random.default_rng(seed)
    host = np.repeat(np.arange(hosts), rng.integers(3, 8, hosts))
    arm = (host % 2).astype(float)
    x = rng.normal(size=host.size)
    return 1 + 0.4 * x + rng.normal(0, 0.5, hosts)[host] + rng.normal(size=host.size), {"x": x, "arm": arm}, host


@pytest.mark.parametrize("correction", ["CR2", "CR3"])
def test_sums_by_cluster_give_what_the_rows_give(correction):
    y, fixed, host = study(1)
    x = np.column_stack([np.ones(y.size), *fixed.values()])
    inverse = np.linalg.inv(x.T @ x)
    hat = x @ inverse @ x.T
    rest = y - hat @ y
    scores, carried = [], []
    for code in np.unique(host):
        own = host == code
        left = np.eye(int(own.sum())) - hat[np.ix_(own, own)]
        root = linalg.inv(linalg.sqrtm(left).real if correction == "CR2" else left)
        scores.append(x[own].T @ root @ rest[own])
        carried.append((np.eye(y.size) - hat)[:, own] @ root @ x[own] @ inverse)
    variance = inverse @ sum(np.outer(s, s) for s in scores) @ inverse
    effects = estimate_robust(fit_clustered(y, fixed, cluster=host), correction=correction)
    for place, effect in enumerate(effects):
        columns = np.column_stack([part[:, place] for part in carried])
        gram = columns.T @ columns
        assert effect.std_error == pytest.approx(np.sqrt(variance[place, place]), rel=SAME)
        assert effect.df == pytest.approx(np.trace(gram) ** 2 / np.sum(gram**2), rel=SAME)


def test_mean_of_equal_clusters_by_hand():
    # Cluster means 1.5, 3.5, 6.5: the robust error is that of a mean of three values, on 2 degrees of freedom.
    effect = estimate_robust(fit_clustered([1, 2, 4, 3, 6, 7], {}, cluster=list("aabbcc")))[0]
    assert effect.std_error == pytest.approx(np.std([1.5, 3.5, 6.5], ddof=1) / np.sqrt(3))
    assert effect.df == pytest.approx(2)


@given(seed=st.integers(0, 30), scale=st.sampled_from([1e-4, 1.0, 300.0]), shift=st.sampled_from([0.0, 1e5]))
@settings(max_examples=15, deadline=None)
def test_units_and_order_do_not_matter(seed, scale, shift):
    y, fixed, host = study(seed)
    order = np.random.default_rng(seed).permutation(y.size)
    plain = estimate_robust(fit_clustered(y, fixed, cluster=host))
    moved = estimate_robust(
        fit_clustered((shift + scale * y)[order], {k: v[order] for k, v in fixed.items()}, cluster=host[order])
    )
    for before, after in zip(plain[1:], moved[1:], strict=True):
        assert after.std_error == pytest.approx(scale * before.std_error, rel=1e-4)
        assert after.df == pytest.approx(before.df, rel=1e-8)


def test_wild_bootstrap_counts_every_sign_vector():
    y, fixed, host = study(4)
    test = bootstrap_wild(fit_clustered(y, fixed, cluster=host), "x")
    x = np.column_stack([np.ones(y.size), *fixed.values()])
    null = x[:, [0, 2]]
    fitted = null @ np.linalg.lstsq(null, y, rcond=None)[0]
    inverse = np.linalg.inv(x.T @ x)

    def t_of(outcome):
        beta = inverse @ x.T @ outcome
        rest = outcome - x @ beta
        parts = [inverse[1] @ x[host == code].T @ rest[host == code] for code in range(9)]
        return beta[1] / np.sqrt(np.sum(np.square(parts)))

    observed = abs(t_of(y))
    found = [abs(t_of(fitted + np.array(signs)[host] * (y - fitted))) for signs in product((-1, 1), repeat=9)]
    assert test.draws == 512
    assert test.p_value == pytest.approx(np.mean(np.array(found) >= observed * (1 - 1e-9)))
    assert test.p_value > 0


def test_wild_interval_is_where_the_test_begins_to_reject():
    y, fixed, host = study(4)
    fit = fit_clustered(y, fixed, cluster=host)
    test = bootstrap_wild(fit, "x")
    width = test.conf_high - test.conf_low
    for end, side in ((test.conf_low, -1), (test.conf_high, 1)):
        assert bootstrap_wild(fit, "x", null=end - side * 1e-3 * width, interval=False).p_value > 0.05
        assert bootstrap_wild(fit, "x", null=end + side * 1e-3 * width, interval=False).p_value <= 0.05


@pytest.mark.parametrize(
    ("hosts", "weights", "enumerated"),
    [(4, "webb", True), (7, "webb", False), (12, "rademacher", True), (13, "rademacher", False)],
)
def test_weights_follow_the_number_of_clusters(hosts, weights, enumerated):
    y, fixed, host = study(5, hosts=hosts)
    test = bootstrap_wild(fit_clustered(y, fixed, cluster=host), "x", interval=False)
    assert (test.weights, test.enumerated) == (weights, enumerated)
    assert test.p_value > 0


@pytest.mark.parametrize(
    ("y", "fixed", "cluster", "words"),
    [
        ([1, 2, 4, 3], {}, [1, 1, 1, 1], "one cluster"),
        (
            [1, 2, 4, 3, 5, 7],
            {"a": [0, 1, 2, 1, 4, 1], "b": [1, 1, 0, 1, 0, 0]},
            [1, 1, 1, 2, 2, 2],
            "2 clusters for 3",
        ),
        ([1, 2, 4, 3], {}, [1, 1, 2], "cluster: has 3 values"),
        ([1, 2, 4, 3], {}, ["a", None, "b", "b"], "cluster: is missing in 1 rows"),
        ([], {}, [], "0 rows"),
        ([5, 5, 5, 5], {}, [1, 1, 2, 2], "outcome: does not vary"),
    ],
)
def test_what_cannot_be_estimated_is_refused(y, fixed, cluster, words):
    with pytest.raises(ValueError, match=words):
        fit_clustered(y, fixed, cluster=cluster)


def test_wrong_arguments_are_named():
    y, fixed, host = study(4)
    fit = fit_clustered(y, fixed, cluster=host)
    for arguments, words in (
        ({"draws": 3}, "draws"),
        ({"seed": -1}, "seed"),
        ({"weights": "mammen"}, "weights"),
        ({"conf_level": 2}, "conf_level"),
    ):
        with pytest.raises(UsageError, match=words):
            bootstrap_wild(fit, "x", **arguments)
    with pytest.raises(UsageError, match="contrast"):
        bootstrap_wild(fit, "z")
    with pytest.raises(UsageError, match="correction"):
        estimate_robust(fit, correction="CR9")


def test_effect_of_one_treated_cluster_has_no_robust_error():
    y, _, host = study(4)
    effect = estimate_robust(fit_clustered(y, {"arm": (host == 0).astype(float)}, cluster=host))[1]
    assert effect.estimate == pytest.approx(y[host == 0].mean() - y[host != 0].mean())
    assert effect.status == "ok"
    assert effect.df < 9
