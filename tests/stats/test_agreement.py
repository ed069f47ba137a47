"""Agreement of raters, consistency of items, and Krippendorff's alpha."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats import (
    cronbach_alpha,
    intraclass_correlations,
    krippendorff_alpha,
    limits_of_agreement,
    summarise_items,
)
from toolkit.stats.krippendorff import METRICS

CLOSED_FORM = 1e-9
PROPERTY_RTOL = 1e-7

PROPERTY = settings(deadline=None, max_examples=50)
ratings = (
    st.integers(2, 4)
    .flatmap(lambda k: st.lists(st.lists(st.integers(1, 5), min_size=k, max_size=k), min_size=3, max_size=10))
    .map(lambda rows: np.array(rows, dtype=float))
)


def test_self_and_host_by_hand():
    # Self 1, 2, 3 and host one point higher: no rest at all, so consistency is perfect and agreement is not.
    found = {each.icc_name: each for each in intraclass_correlations([[1, 2], [2, 3], [3, 4]])}
    assert found["ICC(C,1)"].estimate == pytest.approx(1)
    assert found["ICC(C,1)"].conf_low is None
    assert "no width" in found["ICC(C,1)"].interval_reason
    # Mean squares: targets 2, raters 1.5, rest 0; ICC(A,1) = 2 / (2 + 2 * 1.5 / 3).
    assert found["ICC(A,1)"].estimate == pytest.approx(2 / 3)


@PROPERTY
@given(ratings, st.sampled_from([0.5, 10.0]), st.integers(-20, 20))
def test_unit_origin_and_order_of_raters_do_not_matter(table, factor, shift):
    plain = intraclass_correlations(table)
    moved = intraclass_correlations(table[:, ::-1] * factor + shift)
    for one, other in zip(plain, moved, strict=True):
        assert one.status == other.status
        if one.estimate is not None:
            assert other.estimate == pytest.approx(one.estimate, rel=PROPERTY_RTOL, abs=1e-7)
        if one.conf_low is not None and other.conf_low is not None:
            assert other.conf_low == pytest.approx(one.conf_low, rel=1e-6, abs=1e-6)
            assert one.conf_low <= one.estimate + 1e-9
        assert one.estimate is not None or one.reason


@pytest.mark.parametrize(
    "table", [np.empty((0, 2)), [[1, 2]], [[1], [2]], [[3, 3], [3, 3]], [[np.nan, 1], [2, np.nan]]]
)
def test_no_correlation_says_why(table):
    for each in intraclass_correlations(table):
        assert each.status == "undefined"
        assert each.estimate is None


def test_targets_not_rated_by_everybody_are_counted():
    table = [[1, 2], [2, 2], [4, 5], [3, np.nan]]
    assert intraclass_correlations(table)[0].n_missing == {"not rated by everybody": 1}


def test_limits_by_hand():
    # Differences 1, 0, 0, -1, 1: mean 0.2, SD sqrt(0.7).
    result = limits_of_agreement([4, 5, 3, 4, 5], [3, 5, 3, 5, 4], limit_z=2)
    assert result.upper - result.lower == pytest.approx(4 * np.sqrt(0.7), rel=CLOSED_FORM)
    assert result.limit_std_error == pytest.approx(np.sqrt(0.7 * (1 / 5 + 4 / 8)), rel=CLOSED_FORM)


@PROPERTY
@given(ratings)
def test_exchanging_the_raters_turns_the_limits_round(table):
    there, back = (limits_of_agreement(table[:, a], table[:, b]) for a, b in ((0, 1), (1, 0)))
    assert there.status == back.status
    if there.status == "ok":
        assert (there.lower, there.upper) == (-back.upper, -back.lower)
        assert there.lower_conf_low < there.lower < there.lower_conf_high


@pytest.mark.parametrize(("first", "second"), [([], []), ([1], [2]), ([1, 2], [2, 3])])
def test_no_limits_say_why(first, second):
    assert limits_of_agreement(first, second).reason.startswith("undefined, because")


def alpha_by_pairs(table, distance):
    """Krippendorff's alpha straight from its definition, one pair of ratings at a time."""
    units = [[value for value in column if not np.isnan(value)] for column in table.T]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    observed = sum(
        distance(a, b) / (len(unit) - 1)
        for unit in units
        for i, a in enumerate(unit)
        for j, b in enumerate(unit)
        if i != j
    ) / len(values)
    expected = sum(distance(a, b) for i, a in enumerate(values) for j, b in enumerate(values) if i != j)
    return 1 - observed / (expected / (len(values) * (len(values) - 1)))


@PROPERTY
@given(ratings, st.integers(0, 4))
def test_alpha_is_its_definition(table, gap):
    table = table.T.copy()
    table[0, gap % table.shape[1]] = np.nan
    for metric, distance in (("nominal", lambda a, b: a != b), ("interval", lambda a, b: (a - b) ** 2)):
        result = krippendorff_alpha(table, metric=metric, n_resamples=0)
        if result.status == "ok":
            assert result.estimate == pytest.approx(alpha_by_pairs(table, distance), abs=1e-9)


def test_perfect_agreement_is_one_and_constant_ratings_are_undefined():
    assert krippendorff_alpha([[1, 2, 3], [1, 2, 3]], metric="ordinal", n_resamples=0).estimate == 1
    for metric in METRICS:
        constant = krippendorff_alpha([[2, 2, 2], [2, 2, 2]], metric=metric)
        assert constant.reason == "undefined, because all ratings are the same: there is nothing to agree about"
    assert krippendorff_alpha([[1, np.nan], [np.nan, 2]], metric="nominal").status == "undefined"


def test_bootstrap_interval_holds_alpha_and_counts_what_is_undefined():
    rng = np.random.default_rng(3)
    first = rng.integers(1, 5, size=30)
    second = np.where(rng.uniform(size=30) < 0.8, first, rng.integers(1, 5, size=30))
    result = krippendorff_alpha([first, second], metric="ordinal", n_resamples=1000, seed=1)
    assert result.conf_low < result.estimate < result.conf_high
    assert result == krippendorff_alpha([first, second], metric="ordinal", n_resamples=1000, seed=1)
    rare = krippendorff_alpha([[1] * 9 + [2], [1] * 9 + [2]], metric="nominal", n_resamples=1000, seed=1)
    assert rare.n_undefined == pytest.approx(1000 * 0.9**10, abs=70)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: krippendorff_alpha([[1, 2]], metric="ranks"), "nominal, ordinal, interval, ratio"),
        (lambda: krippendorff_alpha([[1, -2], [1, 2]], metric="ratio"), "below zero"),
        (lambda: krippendorff_alpha([1, 2], metric="nominal"), "1 dimensions"),
        (lambda: intraclass_correlations([["a", "b"]]), "other than numbers"),
        (lambda: limits_of_agreement([1], [1, 2]), "first has 1 values and second has 2"),
        (lambda: limits_of_agreement([1, 2], [1, 3], limit_z=0), "limit_z"),
        (lambda: summarise_items([[1, 2]], deletion="mean"), "listwise, pairwise"),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(UsageError, match=words):
        call()


def test_two_items_take_spearman_brown():
    # Case of a two-item scale: r .8165 gives .8990, while raw alpha is .8889.
    items = [[1, 2], [2, 2], [2, 3], [3, 3], [4, 4], [4, 5], [5, 5], [3, 2]]
    result = summarise_items(items)
    r = np.corrcoef(np.array(items).T)[0, 1]
    assert result.spearman_brown == pytest.approx(2 * r / (1 + r), rel=CLOSED_FORM)
    assert result.spearman_brown == pytest.approx(result.alpha_standardised, rel=CLOSED_FORM)
    assert result.alpha == pytest.approx(cronbach_alpha(items).estimate, rel=CLOSED_FORM)


@PROPERTY
@given(ratings)
def test_without_gaps_both_ways_of_deletion_are_one(table):
    listwise, pairwise = summarise_items(table), summarise_items(table, deletion="pairwise")
    assert (listwise.reason == "") == (pairwise.reason == "")
    for name in ("alpha", "alpha_standardised", "guttman_lambda6", "mean_correlation", "std_error"):
        first, second = getattr(listwise, name), getattr(pairwise, name)
        assert (first is None) == (second is None)
        if first is not None:
            assert second == pytest.approx(first, rel=1e-9)


@pytest.mark.parametrize("table", [np.empty((0, 3)), np.ones((5, 1)), [[1, 2], [3, 4]], [[1, 2], [1, 3], [1, 5]]])
def test_items_without_figures_say_why(table):
    assert summarise_items(table).reason.startswith("undefined, because")
