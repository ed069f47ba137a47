"""Weighted comparison groups and weights for non-response."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats import compare_weighted, weighted_mean_of_responders
from toolkit.stats.weights import effective_size, entropy_weights, fit_weighted

BALANCE = 1e-8
PROPERTY = settings(deadline=None, max_examples=30)


def people(seed=1, n=300):
    """Older and better qualified people join more often; joining is worth 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    treated = (rng.uniform(size=n) < 1 / (1 + np.exp(-x @ [0.8, -0.5]))).astype(float)
    outcome = 2 + x @ [1.0, 0.7] + treated + rng.normal(0, 0.5, size=n)
    return outcome, treated, x


@pytest.mark.parametrize("method", ["entropy", "odds"])
def test_weights_recover_what_a_plain_difference_misses(method):
    outcome, treated, x = people(n=4000)
    result = compare_weighted(outcome, treated, covariates=x, names=["age", "school"], method=method)
    # Three standard errors at this size.
    assert result.estimate == pytest.approx(1, abs=0.08)
    assert abs(result.unweighted - 1) > 0.2
    assert result.conf_low < 1 < result.conf_high
    assert sum(result.weights) == pytest.approx(1)
    assert 1 <= result.effective_n <= result.n_control
    assert result.overlap[0] < result.overlap[1]


def test_entropy_weights_by_hand():
    # Values 0 and 1, wanted mean a quarter: weights 3/4 and 1/4.
    assert entropy_weights(np.array([[0.0], [1.0]]), np.array([0.25])) == pytest.approx([0.75, 0.25])
    # The mean as it is: equal weights.
    assert entropy_weights(np.array([[0.0], [1.0], [2.0]]), np.array([1.0])) == pytest.approx([1 / 3] * 3)


@PROPERTY
@given(st.integers(0, 1000), st.sampled_from([1e-3, 1.0, 1e4]), st.integers(-1000, 1000))
def test_balance_is_exact_in_any_unit(seed, factor, shift):
    outcome, treated, x = people(seed, n=120)
    result = compare_weighted(outcome, treated, covariates=x * factor + shift, names=["a", "b"])
    plain = compare_weighted(outcome, treated, covariates=x, names=["a", "b"])
    assert result.status == plain.status
    if plain.status == "ok":
        assert all(abs(row.difference_after) < BALANCE for row in plain.balance)
        assert result.estimate == pytest.approx(plain.estimate, rel=1e-5, abs=1e-6)


def test_groups_without_overlap_are_refused_in_words():
    x = np.concatenate([np.linspace(5, 6, 10), np.linspace(0, 1, 10)])[:, None]
    treated = np.repeat([1.0, 0.0], 10)
    entropy = compare_weighted(x[:, 0], treated, covariates=x, names=["age"])
    assert entropy.reason.startswith("undefined, because no weights")
    odds = compare_weighted(x[:, 0], treated, covariates=x, names=["age"], method="odds")
    assert odds.reason.startswith("undefined, because the covariates tell the groups apart perfectly")
    assert odds.estimate is None


def test_one_person_with_most_of_the_weight_is_said():
    x = np.array([[5.0], [4.5], [0.0], [0.1], [0.2], [0.3], [6.0]])
    result = compare_weighted([1, 2, 3, 4, 5, 6, 7.0], [1, 1, 0, 0, 0, 0, 0], covariates=x, names=["age"])
    assert any("one comparison person carries" in text for text in result.warnings)


def test_missing_values_are_counted_by_reason():
    outcome, treated, x = people(n=50)
    outcome[0] = x[1, 0] = x[0, 1] = np.nan
    result = compare_weighted(outcome, treated, covariates=x, names=["a", "b"])
    assert result.n_missing == {"outcome missing": 1, "a covariate missing": 1}
    assert result.n == 48


def test_nobody_in_a_group():
    assert compare_weighted([1, 2], [1, 1], covariates=[[1], [2]], names=["a"]).status == "undefined"
    assert compare_weighted([], [], covariates=np.empty((0, 1)), names=["a"]).status == "undefined"


def test_weights_for_those_who_answered_by_hand():
    # Of four women two answered, of four men all: each woman stands for two.
    answered = [1, 1, 0, 0, 1, 1, 1, 1]
    women = [1, 1, 1, 1, 0, 0, 0, 0]
    outcome = [5, 5, None, None, 1, 1, 1, 2]
    x = np.column_stack([np.ones(8), women])
    with pytest.raises(UsageError, match="predicts perfectly"):
        weighted_mean_of_responders(outcome, [1, 1, 1, 1, 0, 0, 0, 0], design=x)
    everybody = weighted_mean_of_responders([5, 5, None, 5, 1, 1, 1, None], [1, 1, 0, 1, 1, 1, 1, 0], design=x)
    assert everybody.weights == pytest.approx([4 / 3] * 6)
    assert everybody.estimate == pytest.approx(3)
    assert everybody.effective_n == pytest.approx(6)
    with pytest.raises(UsageError, match="missing for somebody who answered"):
        weighted_mean_of_responders([None] * 8, answered, design=np.ones((8, 1)))


def test_weighted_regression_of_equal_weights_is_the_plain_one():
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(30), rng.normal(size=30)])
    y = rng.normal(size=30)
    fit, errors = fit_weighted(y, x, weights=np.full(30, 7.0))
    plain = np.linalg.lstsq(x, y, rcond=None)[0]
    assert fit.coefficients == pytest.approx(plain)
    residual = y - x @ plain
    bread = np.linalg.inv(x.T @ x)
    meat = (x * residual[:, None] ** 2).T @ x * 30 / 29
    assert errors == pytest.approx(np.sqrt(np.diag(bread @ meat @ bread)))


def test_effective_size():
    assert effective_size(np.array([2.0, 2.0])) == 2
    assert effective_size(np.array([1.0, 0.0])) == 1


@pytest.mark.parametrize(
    ("outcome", "treated", "covariates", "names", "words"),
    [
        ([1, 2], [0, 2], [[1], [2]], ["a"], "neither 0 nor 1"),
        ([1, 2], [0, 1], [[1]], ["a"], "1 rows of covariates"),
        ([1, 2], [0, 1], [[1], [2]], ["a", "b"], "one per column"),
        ([1, 2], [0, np.nan], [[1], [2]], ["a"], "position 2"),
        ([1, 2, 3], [0, 1, 0], [[1, 1], [2, 2], [3, 3]], ["a", "b"], "cannot be told apart"),
    ],
)
def test_wrong_arguments_are_named(outcome, treated, covariates, names, words):
    with pytest.raises(UsageError, match=words):
        compare_weighted(outcome, treated, covariates=covariates, names=names)
