from __future__ import annotations

from math import gamma, pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats import hedges_correction, paired_mean, standardised_change
from toolkit.stats.standardised import average_change_bonett

from .reference_values import load_columns, load_fixture

# The fixture states rtol 1e-6 (R's uniroot in the limits).
REFERENCE_RTOL = 1e-6
HAND_RTOL = 1e-12
# Scaling costs a few digits of the 16.
PROPERTY_RTOL = 1e-8

PROPERTY = settings(deadline=None, max_examples=60)

scores = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=3, max_size=30).map(
    lambda rows: np.array(rows, dtype=float)
)


def test_reference_sleep():
    values = load_fixture("paired_d_sleep")["values"]
    pre, post = load_columns("sleep.csv", "pre", "post").T
    changes = standardised_change(pre, post)
    assert [change.name for change in changes] == ["d_z", "g_z", "d_av", "g_av", "d_rm", "g_rm", "d_pre", "g_pre"]
    d_z, g_z, d_av, g_av, d_rm, _, d_pre, g_pre = changes
    j = values["hedges_J_exact_df_n1"]
    z_limits, av_limits = np.array(values["d_z_ci95_nct"]), np.array(values["d_av_ci95_algina_keselman"])
    for change, estimate, limits in (
        (d_z, values["d_z"], z_limits),
        (g_z, values["g_z"], j * z_limits),
        (d_av, values["d_av_rootmeanvar"], av_limits),
        (g_av, values["g_av_rootmeanvar"], j * av_limits),
    ):
        np.testing.assert_allclose(change.estimate, estimate, rtol=REFERENCE_RTOL, err_msg=change.name)
        np.testing.assert_allclose([change.conf_low, change.conf_high], limits, rtol=REFERENCE_RTOL)
        assert change.hedges_j == pytest.approx(j, rel=REFERENCE_RTOL)
        assert change.n == values["n"]
        assert change.status == "ok"

    assert d_rm.estimate == pytest.approx(values["d_rm"], rel=REFERENCE_RTOL)
    np.testing.assert_allclose([d_rm.conf_low, d_rm.conf_high], values["d_rm_ci95_from_nct"], rtol=REFERENCE_RTOL)
    assert d_pre.estimate == pytest.approx(values["d_pre_becker"], rel=REFERENCE_RTOL)
    assert g_pre.estimate == pytest.approx(values["g_pre_becker_df_n1"], rel=REFERENCE_RTOL)


def test_the_interval_by_the_sd_of_pre_covers_as_often_as_it_says():
    # 2,000 samples of 20 pairs, true change 0.5 SD of pre, post more spread than pre.
    rng = np.random.default_rng(6)
    pre = rng.normal(size=(2000, 20))
    post = 0.5 + 0.6 * pre + rng.normal(0, 1.1, size=pre.shape)
    found = [standardised_change(one, other)[6] for one, other in zip(pre, post, strict=True)]
    # Three standard errors of a share of 2,000 are 0.015; normal theory is a little narrow at n = 20.
    assert np.mean([each.conf_low <= 0.5 <= each.conf_high for each in found]) == pytest.approx(0.95, abs=0.02)


def test_a_constant_pre_has_no_sd_to_divide_by():
    by_name = {change.name: change for change in standardised_change([3, 3, 3], [3, 4, 5])}
    assert by_name["d_z"].status == "ok"
    for name in ("d_pre", "g_pre", "d_rm", "g_rm"):
        assert by_name[name].status == "no_standardiser"
        assert by_name[name].reason
        assert by_name[name].estimate is None


def test_waves_in_a_perfect_line_have_no_d_rm():
    assert {each.name: each.status for each in standardised_change([1, 2, 3], [1, 3, 5])}["d_rm"] == "no_standardiser"


def test_bonett_limits_of_d_av():
    values = load_fixture("paired_d_sleep")["values"]
    pre, post = load_columns("sleep.csv", "pre", "post").T
    error, low, high = average_change_bonett(paired_mean(pre, post))
    assert error == pytest.approx(values["d_av_se_bonett2008"], rel=REFERENCE_RTOL)
    np.testing.assert_allclose([low, high], values["d_av_ci95_bonett2008"], rtol=REFERENCE_RTOL)
    assert average_change_bonett(paired_mean([3, 3, 3], [3, 4, 5])) is None


def test_each_says_its_standardiser():
    words = {change.name: change.standardiser for change in standardised_change([1, 2, 4], [2, 2, 5])}
    assert words["d_z"] == words["g_z"] == "SD of the changes"
    assert words["d_av"] == words["g_av"] == "root mean of the two variances"


def test_hand_case():
    # Changes 1, 0, 2, 1; variance of the changes 2/3; variances of pre 2/3 and of post 4/3, mean 1.
    d_z, _, d_av, _, _, _, d_pre, _ = standardised_change([2, 3, 3, 4], [3, 3, 5, 5])
    assert d_pre.estimate == pytest.approx(1 / sqrt(2 / 3), rel=HAND_RTOL)
    assert d_z.estimate == pytest.approx(sqrt(3 / 2), rel=HAND_RTOL)
    assert d_av.estimate == pytest.approx(1, rel=HAND_RTOL)


def test_hedges_correction():
    # df 2: gamma(1) / gamma(1/2) = 1 / sqrt(pi).
    assert hedges_correction(2) == pytest.approx(1 / sqrt(pi), rel=HAND_RTOL)
    assert hedges_correction(5) == pytest.approx(gamma(2.5) / (sqrt(2.5) * gamma(2)), rel=HAND_RTOL)
    assert hedges_correction(10**6) == pytest.approx(1 - 3 / (4 * 10**6 - 1), rel=1e-8)


def test_a_fall_is_negative():
    for change in standardised_change([5, 4, 5, 4], [2, 3, 1, 2]):
        assert change.estimate < 0


@pytest.mark.parametrize(
    ("pre", "post", "status"),
    [
        ([], [], "no_pairs"),
        ([1, np.nan], [2, 3], "one_pair"),
        ([3.1, 2.7, 3.3], [3.3, 2.9, 3.5], "no_variation"),
        ([3, 3, 3], [3, 3, 3], "no_variation"),
    ],
)
def test_no_value_without_variation_or_pairs(pre, post, status):
    changes = standardised_change(pre, post)
    assert len(changes) == 8
    for change in changes:
        assert change.status in (status, "no_standardiser")
        assert change.reason
        assert (change.estimate, change.conf_low, change.conf_high) == (None, None, None)


def test_two_pairs_have_d_but_no_g():
    by_name = {change.name: change for change in standardised_change([1, 2], [2, 4])}
    for change in (by_name["d_z"], by_name["d_av"], by_name["d_pre"]):
        assert change.status == "ok"
        assert change.conf_low < change.estimate < change.conf_high
    for change in (by_name["g_z"], by_name["g_av"], by_name["g_pre"]):
        assert change.status == "two_pairs"
        assert change.estimate is None
        assert change.hedges_j is None


def test_missing_values_are_counted():
    change = standardised_change([1, 2, np.nan, 4], [2, 4, 5, 5])[0]
    assert change.n == 3
    assert change.n_missing["pre missing"] == 1


def test_wrong_arguments_are_named():
    with pytest.raises(UsageError, match="conf_level"):
        standardised_change([1, 2], [2, 4], conf_level=1.5)


@PROPERTY
@given(scores)
def test_exchanging_the_waves_turns_the_sign(table):
    pre, post = table.T
    for there, back in zip(standardised_change(pre, post), standardised_change(post, pre), strict=True):
        # The SD of pre is another one when the waves change places.
        if there.name.endswith("pre"):
            continue
        assert there.status == back.status
        if there.status == "ok":
            assert back.estimate == -there.estimate
            assert (back.conf_low, back.conf_high) == (-there.conf_high, -there.conf_low)


@PROPERTY
@given(scores, st.sampled_from([0.01, 3.0, 1000.0]), st.integers(-100, 100))
def test_unit_and_origin_of_the_scale_do_not_matter(table, factor, shift):
    pre, post = table.T
    moved = standardised_change(pre * factor + shift, post * factor + shift, scale_range=4 * factor)
    for plain, other in zip(standardised_change(pre, post, scale_range=4), moved, strict=True):
        assert other.status == plain.status
        if plain.status == "ok":
            assert other.estimate == pytest.approx(plain.estimate, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)
            assert other.conf_low == pytest.approx(plain.conf_low, rel=PROPERTY_RTOL, abs=PROPERTY_RTOL)


@PROPERTY
@given(scores)
def test_the_estimate_lies_in_its_interval(table):
    pre, post = table.T
    for change in standardised_change(pre, post):
        if change.status == "ok":
            assert change.conf_low < change.conf_high
            if not change.name.startswith("g"):
                assert change.conf_low <= change.estimate <= change.conf_high
