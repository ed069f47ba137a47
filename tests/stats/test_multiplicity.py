from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats import adjust_holm, adjust_p_values

from .reference_values import load_columns, load_fixture

# The fixture states rtol 1e-12.
REFERENCE_RTOL = 1e-12

PROPERTY = settings(deadline=None, max_examples=200)

families = st.lists(st.one_of(st.floats(0, 1), st.just(np.nan)), max_size=40).map(
    lambda values: np.array(values, dtype=float)
)


def test_reference_with_a_missing_p_value():
    expected = np.array(load_fixture("padjust")["values"]["holm"], dtype=float)
    got = adjust_holm(load_columns("pvals.csv", "p")[:, 0])
    np.testing.assert_allclose(got, expected, rtol=REFERENCE_RTOL, equal_nan=True)


def test_hand_case():
    # 3 * .01, 2 * .03, then the step may not fall: .04 becomes .06.
    np.testing.assert_allclose(adjust_holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06], rtol=REFERENCE_RTOL)


def test_missing_tests_do_not_count():
    np.testing.assert_array_equal(adjust_holm([0.02, np.nan]), [0.02, np.nan])
    assert np.isnan(adjust_holm([np.nan, np.nan])).all()
    assert adjust_holm([]).shape == (0,)


def test_ties_get_the_same_value():
    np.testing.assert_allclose(adjust_holm([0.01, 0.01, 0.5]), [0.03, 0.03, 0.5], rtol=REFERENCE_RTOL)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.1, -0.01, 1.01], "positions 2, 3"),
        ([np.inf], "position 1"),
        ([[0.1]], "2 dimensions"),
        (["0.1"], "other than numbers"),
    ],
)
def test_wrong_values_are_named(values, words):
    with pytest.raises(UsageError, match=words):
        adjust_holm(values)


@PROPERTY
@given(families)
def test_adjusted_is_above_raw_at_most_one_and_keeps_the_order(raw):
    before = raw.copy()
    adjusted = adjust_holm(raw)
    np.testing.assert_array_equal(raw, before)
    np.testing.assert_array_equal(np.isnan(adjusted), np.isnan(raw))
    made = ~np.isnan(raw)
    assert (adjusted[made] >= raw[made]).all()
    assert (adjusted[made] <= 1).all()
    assert (np.diff(adjusted[made][np.argsort(raw[made])]) >= 0).all()


@PROPERTY
@given(families, st.randoms(use_true_random=False))
def test_order_of_the_tests_does_not_matter(raw, random):
    order = list(range(raw.size))
    random.shuffle(order)
    np.testing.assert_array_equal(adjust_holm(raw[order]), adjust_holm(raw)[order])


@pytest.mark.parametrize("method", ["holm", "hochberg", "bonferroni", "BH", "BY"])
def test_every_adjustment_agrees_with_r_with_a_missing_p(method):
    values = load_fixture("padjust")["values"]
    p_values = load_columns("pvals.csv", "p")[:, 0]
    expected = np.array([np.nan if value is None else value for value in values[method]])
    # R prints 15 digits.
    np.testing.assert_allclose(adjust_p_values(p_values, method=method), expected, rtol=1e-12)


def test_families_are_adjusted_apart_and_wrong_ones_are_named():
    p_values = [0.01, 0.04, 0.03, np.nan]
    apart = adjust_p_values(p_values, families=["a", "b", "b", "a"])
    assert apart[0] == 0.01
    np.testing.assert_allclose(apart[1:3], adjust_p_values([0.04, 0.03]))
    with pytest.raises(UsageError, match="3 names for 4 tests"):
        adjust_p_values(p_values, families=["a", "b", "b"])
    with pytest.raises(UsageError, match="holm, hochberg"):
        adjust_p_values(p_values, method="sidak")
