from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats import cronbach_alpha

from .reference_values import load_columns, load_fixture

# The fixtures state rtol 1e-6 and print 15 digits; a closed form meets it far below that.
REFERENCE_RTOL = 1e-9
HAND_RTOL = 1e-12
# Adding constants up to 1000 costs a few digits of the 16; near-zero total variance magnifies it.
PROPERTY_RTOL = 1e-7

PROPERTY = settings(deadline=None, max_examples=100)

tables = st.integers(2, 6).flatmap(
    lambda k: st.lists(st.lists(st.integers(1, 5), min_size=k, max_size=k), min_size=3, max_size=25).map(
        lambda rows: np.array(rows, dtype=float)
    )
)


@pytest.mark.parametrize(("fixture", "file"), [("rel_bfi_agree", "bfi_agree.csv"), ("rel_bfi_extra", "bfi_extra.csv")])
def test_reference_bfi(fixture, file):
    values = load_fixture(fixture)["values"]
    items = load_columns(file)
    result = cronbach_alpha(items)
    assert (result.n_rows, result.n_complete, result.k) == (
        values["n_rows"],
        values["n_complete"],
        values["k"],
    )
    assert sum(result.n_missing.values()) == values["n_rows"] - values["n_complete"]
    for got, name in (
        (result.estimate, "alpha_complete"),
        ([result.conf_low, result.conf_high], "ci95_feldt"),
        (result.item_rest_correlations, "corrected_item_total_r"),
        (result.alpha_if_dropped, "alpha_if_dropped"),
    ):
        expected = list(values[name].values()) if isinstance(values[name], dict) else values[name]
        np.testing.assert_allclose(got, expected, rtol=REFERENCE_RTOL, err_msg=name)
    first = cronbach_alpha(items[:8])
    np.testing.assert_allclose(first.estimate, values["first8_alpha"], rtol=REFERENCE_RTOL)
    np.testing.assert_allclose([first.conf_low, first.conf_high], values["first8_ci95_feldt"], rtol=REFERENCE_RTOL)
    assert any("fewer than 30" in text for text in first.warnings)


def test_hand_case():
    # Item variances 10/3, 2, 2 and variance of the sums 58/3: alpha = 3/2 * (1 - 22/58) = 27/29.
    result = cronbach_alpha([[1, 2, 1], [2, 2, 3], [4, 3, 4], [5, 5, 4]])
    assert result.status == "ok"
    assert result.estimate == pytest.approx(27 / 29, rel=HAND_RTOL)


def test_two_items_have_no_alpha_if_dropped():
    result = cronbach_alpha([[1, 2], [2, 2], [4, 5], [5, 4]])
    assert result.alpha_if_dropped == (None, None)
    assert result.item_rest_correlations[0] == pytest.approx(result.item_rest_correlations[1], rel=HAND_RTOL)


def test_missing_rows_are_set_aside_and_counted():
    nan = np.nan
    result = cronbach_alpha([[1, 2], [nan, 2], [2, 2], [nan, nan], [4, 5]])
    assert (result.n_rows, result.n_complete) == (5, 3)
    assert result.n_missing == {"some items missing": 1, "all items missing": 1}
    assert result.n_missing_by_item == (2, 1)


@pytest.mark.parametrize(
    ("items", "status"),
    [
        (np.empty((0, 0)), "too_few_items"),
        (np.empty((5, 0)), "too_few_items"),
        (np.ones((5, 1)), "too_few_items"),
        (np.empty((0, 3)), "too_few_rows"),
        ([[1, 2, 3]], "too_few_rows"),
        ([[1, np.nan], [2, 3], [np.nan, 4]], "too_few_rows"),
        (np.full((4, 3), np.nan), "too_few_rows"),
        (np.full((4, 3), 3.0), "no_variation"),
        ([[1, 5], [2, 4], [3, 3], [4, 2]], "no_variation"),
        ([[0.1, 0.5], [0.2, 0.4], [0.3, 0.3]], "no_variation"),
    ],
)
def test_no_alpha_where_it_is_not_defined(items, status):
    result = cronbach_alpha(items)
    assert result.status == status
    assert result.reason
    assert (result.estimate, result.conf_low, result.conf_high) == (None, None, None)
    assert len(result.alpha_if_dropped) == result.k


def test_identical_items_have_no_interval():
    result = cronbach_alpha([[1, 2, 1], [2, 3, 2], [4, 5, 4]])
    assert result.status == "identical_items"
    assert result.estimate == 1
    assert result.conf_low is None


def test_an_item_that_runs_against_the_others_is_named():
    result = cronbach_alpha([[1, 1, 5], [2, 2, 3], [4, 5, 2], [5, 4, 1]])
    assert result.estimate < 0
    assert any("item 3" in text for text in result.warnings)
    assert any("negative" in text for text in result.warnings)


def test_a_constant_item_is_named():
    result = cronbach_alpha([[1, 3, 2], [2, 3, 2], [4, 3, 5], [5, 3, 4]])
    assert result.item_rest_correlations[1] is None
    assert any("same answer: item 2" in text for text in result.warnings)


@pytest.mark.parametrize(
    ("items", "options", "words"),
    [
        ([1, 2, 3], {}, "1 dimensions"),
        ([[1, 2], [3, -np.inf]], {}, "row 2"),
        ([["a", "b"]], {}, "other than numbers"),
        ([[1, 2], [3]], {}, "other than numbers"),
        ([[1, 2], [3, 4]], {"conf_level": 0}, "conf_level"),
    ],
)
def test_wrong_arguments_are_named(items, options, words):
    with pytest.raises(UsageError, match=words):
        cronbach_alpha(items, **options)


@PROPERTY
@given(tables, st.integers(-1000, 1000), st.sampled_from([1e-6, 0.5, 3.0, 1e6]))
def test_constants_and_units_do_not_matter(items, constant, factor):
    plain = cronbach_alpha(items)
    shifts = constant * np.arange(items.shape[1])
    moved, scaled = cronbach_alpha(items + shifts), cronbach_alpha(items * factor)
    assert moved.status == scaled.status == plain.status
    if plain.estimate is not None:
        assert moved.estimate == pytest.approx(plain.estimate, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)
        assert scaled.estimate == pytest.approx(plain.estimate, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)


@PROPERTY
@given(tables)
def test_alpha_is_at_most_one_and_inside_its_interval(items):
    result = cronbach_alpha(items)
    if result.status == "ok":
        assert result.estimate < 1
        assert result.conf_low < result.conf_high < 1
    for value in result.item_rest_correlations:
        assert value is None or -1 <= value <= 1


@PROPERTY
@given(tables)
def test_order_of_the_items_turns_round_the_item_results(items):
    plain, turned = cronbach_alpha(items), cronbach_alpha(items[:, ::-1])
    assert turned.status == plain.status
    for first, second in zip(plain.alpha_if_dropped, reversed(turned.alpha_if_dropped), strict=True):
        assert (first is None) == (second is None)
        if first is not None:
            assert second == pytest.approx(first, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)
