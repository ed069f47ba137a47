from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats import paired_mean

from .reference_values import load_columns, load_fixture

# The fixture states rtol 1e-6 and prints 15 digits; a closed form meets it far below that.
REFERENCE_RTOL = 1e-10
# Hand cases are exact but for rounding.
HAND_RTOL = 1e-12
# Shifting and scaling by numbers up to 1000 costs a few digits of the 16.
PROPERTY_RTOL = 1e-8

PROPERTY = settings(deadline=None, max_examples=100)

scores = st.lists(
    st.tuples(st.integers(10, 50), st.integers(10, 50)).map(lambda pair: (pair[0] / 10, pair[1] / 10)),
    min_size=3,
    max_size=30,
).map(np.array)


def test_reference_sleep():
    values = load_fixture("paired_d_sleep")["values"]
    pre, post = load_columns("sleep.csv", "pre", "post").T
    result = paired_mean(pre, post)
    assert result.status == "ok"
    assert result.reason == ""
    assert result.n == values["n"]
    assert result.df == values["df"]
    got = {
        "mean_pre": result.mean_pre,
        "mean_post": result.mean_post,
        "sd_pre": result.sd_pre,
        "sd_post": result.sd_post,
        "r": result.correlation,
        "mean_diff": result.estimate,
        "sd_diff": result.sd_change,
        "se_diff": result.std_error,
        "ci_mean_diff": [result.conf_low, result.conf_high],
        "t": result.statistic,
        "p": result.p_value,
    }
    for name, value in got.items():
        np.testing.assert_allclose(value, values[name], rtol=REFERENCE_RTOL, err_msg=name)


def test_hand_case():
    # Changes 1, 0, 2, 1: mean 1, SD sqrt(2/3), t = 1 / (sqrt(2/3) / 2) = sqrt(6).
    result = paired_mean([2, 3, 3, 4], [3, 3, 5, 5])
    assert result.estimate == 1
    assert result.std_error == pytest.approx(sqrt(2 / 3) / 2, rel=HAND_RTOL)
    assert result.statistic == pytest.approx(sqrt(6), rel=HAND_RTOL)
    assert any("fewer than 10" in text for text in result.warnings)


def test_conf_level_widens_the_interval():
    narrow = paired_mean([2, 3, 3, 4], [3, 3, 5, 5], conf_level=0.8)
    wide = paired_mean([2, 3, 3, 4], [3, 3, 5, 5], conf_level=0.99)
    assert wide.conf_low < narrow.conf_low < narrow.conf_high < wide.conf_high
    assert wide.conf_level == 0.99


def test_missing_values_are_listwise_and_counted_by_reason():
    nan = np.nan
    result = paired_mean([1, nan, 3, nan, 2, nan], [2, 2, nan, nan, 2, 5])
    assert result.n == 2
    assert result.n_missing == {"pre missing": 2, "post missing": 1, "both missing": 1}
    assert result.estimate == 0.5
    assert result.mean_pre == 1.5


def test_masked_cells_and_none_are_missing():
    masked = np.ma.masked_array([1.0, 99.0, 3.0], mask=[False, True, False])
    assert paired_mean(masked, [2, 3, 5]).n == 2
    assert paired_mean([1, None, 3], [2, 3, 5]).n == 2


def test_everybody_changes_by_the_same():
    # In floats the SD of these changes is 2e-16, which would give t = 2e15.
    pre = [3.1, 2.7, 3.3, 2.9, 3.6, 2.2]
    post = [3.3, 2.9, 3.5, 3.1, 3.8, 2.4]
    for scale_range in (None, 4):
        result = paired_mean(pre, post, scale_range=scale_range)
        assert result.status == "no_variation"
        assert result.reason == "every participant changed by the same amount: variation is zero, no test"
        assert result.estimate == pytest.approx(0.2, rel=HAND_RTOL)
        assert result.sd_change == 0
        assert result.n == 6
        for name in ("std_error", "df", "statistic", "p_value", "conf_low", "conf_high"):
            assert getattr(result, name) is None


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e12])
def test_same_change_far_from_zero(offset):
    pre = np.array([0.1, 0.7, 0.3, 0.9]) + offset
    assert paired_mean(pre, pre + 0.1).status == "no_variation"


def test_small_but_real_variation_is_tested():
    assert paired_mean([1, 2, 3], [1.001, 2.002, 3.001], scale_range=4).status == "ok"


@pytest.mark.parametrize(
    ("pre", "post", "status", "estimate"),
    [
        ([], [], "no_pairs", None),
        ([np.nan, 1], [1, np.nan], "no_pairs", None),
        ([np.nan], [np.nan], "no_pairs", None),
        ([1, np.nan], [3, 4], "one_pair", 2),
        ([3, 3], [3, 3], "no_variation", 0),
    ],
)
def test_no_test_without_variation_or_pairs(pre, post, status, estimate):
    result = paired_mean(pre, post)
    assert result.status == status
    assert result.reason
    assert result.estimate == estimate
    assert result.statistic is None
    assert result.conf_low is None


def test_constant_pre_has_no_correlation():
    result = paired_mean([3, 3, 3, 3], [3, 4, 5, 4])
    assert result.status == "ok"
    assert result.sd_pre == 0
    assert result.correlation is None


def test_p_value_too_small_for_a_float_is_said():
    post = np.tile([0.9, 1.1], 200_000)
    result = paired_mean(np.zeros(post.size), post)
    assert result.p_value == 0
    assert any("too small" in text for text in result.warnings)


@pytest.mark.parametrize(
    ("pre", "post", "options", "words"),
    [
        ([1, 2], [1], {}, "pre has 2 values and post has 1"),
        ([[1, 2]], [[1, 2]], {}, "has 2 dimensions"),
        ([1, np.inf], [1, 2], {}, "position 2"),
        (["a", "b"], [1, 2], {}, "other than numbers"),
        ([1 + 1j, 2], [1, 2], {}, "other than numbers"),
        ([10**400, 2], [1, 2], {}, "other than numbers"),
        ([1, 2], [1, 3], {"conf_level": 0}, "conf_level"),
        ([1, 2], [1, 3], {"conf_level": 1}, "conf_level"),
        ([1, 2], [1, 3], {"conf_level": 95}, "conf_level"),
        ([1, 2], [1, 3], {"conf_level": np.nan}, "conf_level"),
        ([1, 2], [1, 3], {"conf_level": "0.9"}, "conf_level"),
        ([1, 2], [1, 3], {"scale_range": 0}, "scale_range"),
        ([1, 2], [1, 3], {"scale_range": -4}, "scale_range"),
    ],
)
def test_wrong_arguments_are_named(pre, post, options, words):
    with pytest.raises(UsageError, match=words):
        paired_mean(pre, post, **options)


def test_all_problems_are_raised_at_once():
    with pytest.raises(UsageError) as caught:
        paired_mean([np.inf], ["x"], conf_level=2, scale_range=-1)
    assert {problem.column for problem in caught.value.problems} == {
        "pre",
        "post",
        "conf_level",
        "scale_range",
    }


def test_inputs_stay_untouched():
    pre, post = np.array([1.0, np.nan, 3.0]), np.array([2.0, 2.0, 5.0])
    pre.flags.writeable = post.flags.writeable = False
    paired_mean(pre, post)


@PROPERTY
@given(scores, st.integers(-1000, 1000))
def test_shifting_both_waves_changes_nothing(table, shift):
    pre, post = table.T
    plain, shifted = (
        paired_mean(pre, post, scale_range=4),
        paired_mean(pre + shift, post + shift, scale_range=4),
    )
    assert shifted.status == plain.status
    for name in ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"):
        first, second = getattr(plain, name), getattr(shifted, name)
        assert (first is None) == (second is None)
        if first is not None:
            assert second == pytest.approx(first, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)


@PROPERTY
@given(scores)
def test_exchanging_the_waves_turns_the_sign(table):
    pre, post = table.T
    there, back = paired_mean(pre, post), paired_mean(post, pre)
    assert back.estimate == -there.estimate
    assert back.p_value == there.p_value
    if there.status == "ok":
        assert (back.conf_low, back.conf_high) == (-there.conf_high, -there.conf_low)


@PROPERTY
@given(scores, st.sampled_from([1e-30, 1e-3, 0.5, 7.0, 1e30]))
def test_another_unit_scales_the_interval_and_keeps_t(table, factor):
    pre, post = table.T
    plain, scaled = paired_mean(pre, post), paired_mean(pre * factor, post * factor)
    assert scaled.status == plain.status
    assert scaled.estimate == pytest.approx(plain.estimate * factor, rel=PROPERTY_RTOL, abs=1e-12 * factor)
    if plain.status == "ok":
        assert scaled.conf_high == pytest.approx(plain.conf_high * factor, rel=PROPERTY_RTOL, abs=1e-9 * factor)
        assert scaled.statistic == pytest.approx(plain.statistic, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)
