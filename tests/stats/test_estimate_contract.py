"""What every estimate keeps, however poor the data: finite plain numbers, and a reason where there is none."""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest

from toolkit.stats import (
    bootstrap_changes,
    bootstrap_ratio,
    compare_groups,
    compare_shares,
    compare_weighted,
    enumerate_bootstrap,
    estimate_share,
    group_permutation,
    intraclass_correlations,
    krippendorff_alpha,
    lee_bounds,
    limits_of_agreement,
    months_to_outcome,
    net_of_regression,
    oneway_anova,
    paired_equivalence,
    paired_permutation,
    paired_shares,
    pool_imputations,
    reliable_change,
    sign_test,
    signed_rank,
    weighted_mean,
)
from toolkit.stats.results import EffectSize, Estimate

NAN = np.nan
PAIRS = [
    ([], []),
    ([NAN], [NAN]),
    ([1], [2]),
    ([1, 2], [2, 4]),
    ([2, 2, 2], [2, 2, 2]),
    ([1, 1, 1], [2, 2, 2]),
    ([1, 2, NAN, 4], [2, 2, 5, NAN]),
    ([1, 2, 3, 4, 5, 3], [3, 2, 5, 5, 5, 4]),
    ([1e-9, 2e-9, 4e-9], [2e-9, 2e-9, 5e-9]),
    ([1e9, 2e9, 4e9], [2e9, 2e9, 5e9]),
]
BINARY = [([], []), ([NAN], [1]), ([0], [1]), ([0, 0, 1], [0, 0, 1]), ([0, 1, 0, 1, NAN], [1, 1, 1, 0, 1])]
SMALL = {"n_resamples": 200}


def all_results():
    for pre, post in PAIRS:
        yield signed_rank(pre, post)
        yield signed_rank(pre, post, zeros="pratt")
        yield sign_test(pre, post)
        yield paired_permutation(pre, post)
        yield paired_permutation(pre, post, method="monte carlo", n_resamples=99)
        yield group_permutation(pre, post)
        yield paired_equivalence(pre, post, margin=0.5)
        yield reliable_change(pre, post, reliability=0.8)
        yield net_of_regression(pre, post, population_mean=3, reliability=0.8)
        yield compare_groups(pre, post)
        yield limits_of_agreement(pre, post)
        yield from bootstrap_changes(pre, post, statistic="d_z", **SMALL)
        yield from bootstrap_changes(pre, post, **SMALL)
        yield bootstrap_ratio(pre, np.abs(post) + 1.0, **SMALL)
        yield enumerate_bootstrap(np.array(post, dtype=float) - np.array(pre, dtype=float))
        yield from intraclass_correlations(np.stack([np.array(pre, float), np.array(post, float)], axis=1))
        yield krippendorff_alpha(np.stack([np.array(pre, float), np.array(post, float)]), metric="interval", **SMALL)
        yield oneway_anova(np.concatenate([pre, post]), ["a"] * len(pre) + ["b"] * len(post))
        yield weighted_mean(pre, np.ones(len(pre)))
    for before, after in BINARY:
        yield estimate_share(before)
        yield paired_shares(before, after)
        yield compare_shares(before, after)
        yield months_to_outcome(np.arange(1.0, len(before) + 1), before)
        arms = [place % 2 for place in range(len(after))]
        yield lee_bounds(after, arms)
        yield compare_weighted(after, arms, covariates=np.zeros((len(after), 0)), names=[]) if not after else None
    yield pool_imputations([1, 1], [1, 1])
    yield pool_imputations([1, 5, 2], [0.1, 0.2, 0.3], df_complete=3)


RESULTS = [result for result in all_results() if result is not None]


def numbers_in(value):
    if isinstance(value, EffectSize):
        return [number for field in dataclasses.fields(value) for number in numbers_in(getattr(value, field.name))]
    if dataclasses.is_dataclass(value):
        return [number for field in dataclasses.fields(value) for number in numbers_in(getattr(value, field.name))]
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers_in(part)]
    if isinstance(value, tuple):
        return [number for part in value for number in numbers_in(part)]
    return [] if value is None or isinstance(value, str) else [value]


def name(result):
    return type(result).__name__


@pytest.mark.parametrize("result", RESULTS, ids=name)
def test_numbers_are_plain_and_finite(result):
    for field in dataclasses.fields(result):
        # Complete data may have endless degrees of freedom.
        if field.name == "df_complete":
            continue
        for number in numbers_in(getattr(result, field.name)):
            assert type(number) in (int, float, bool), field.name
            assert math.isfinite(number), field.name


@pytest.mark.parametrize("result", RESULTS, ids=name)
def test_what_does_not_exist_says_why(result):
    assert isinstance(result, Estimate)
    assert (result.status == "ok") == (result.reason == "")
    assert result.reason == "" or result.reason.startswith("undefined, because ")
    assert (result.conf_low is None) == (result.conf_high is None)
    if result.conf_low is None:
        assert result.reason or result.interval_reason
    else:
        assert result.conf_low < result.conf_high
    if result.status == "ok":
        assert result.estimate is not None
    for effect in result.effects:
        assert (effect.conf_low is None) == (effect.conf_high is None)
        assert effect.conf_low is not None or effect.reason
        assert effect.definition
        assert effect.interval_method
    assert result.reference
    assert result.n >= 0


@pytest.mark.parametrize("result", RESULTS, ids=name)
def test_probabilities_are_never_zero_by_chance_and_never_above_one(result):
    if result.p_value is not None:
        assert 0 < result.p_value <= 1
        assert result.p_method


@pytest.mark.parametrize("result", RESULTS, ids=name)
def test_results_are_frozen_and_travel(result):
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.estimate = 0.0
    assert not hasattr(result, "__dict__")
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize("kind", sorted({type(result) for result in RESULTS}, key=lambda kind: kind.__name__))
def test_every_field_is_documented(kind):
    text = "\n".join(base.__doc__ or "" for base in kind.__mro__ if dataclasses.is_dataclass(base))
    heads = [line.split(":")[0] for line in text.splitlines() if " : " in line]
    documented = {part.strip() for head in heads for part in head.split(",")}
    for field in dataclasses.fields(kind):
        assert field.name in documented, field.name


def test_an_effect_is_found_by_name_and_a_wrong_one_lists_those_there_are():
    result = compare_groups([1, 2, 3], [2, 4, 5])
    assert result.effect("cohen_d").estimate < 0
    with pytest.raises(KeyError, match="cohen_d, hedges_g, cliffs_delta, p_superiority"):
        result.effect("d")
