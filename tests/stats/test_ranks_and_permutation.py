from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.core.errors import UsageError
from toolkit.stats import group_permutation, paired_permutation, sign_test, signed_rank
from toolkit.stats.permutation import convolve_signs

# Exact counting differs from enumeration by rounding only.
EXACT = 1e-12
# Three standard errors of a Monte Carlo p near 0.3 with 20,000 draws.
MONTE_CARLO = 0.01

PROPERTY = settings(deadline=None, max_examples=60)
changes = st.lists(st.integers(-4, 4), min_size=1, max_size=9).map(lambda values: np.array(values, dtype=float))


def enumerate_signs(weights, observed):
    """Two-sided share of sign vectors at least as far out, by brute force."""
    sums = [abs(np.dot(signs, weights)) for signs in product([-1, 1], repeat=len(weights))]
    return np.mean(np.array(sums) >= abs(observed) - 1e-9)


def test_hand_case_of_ranks():
    # Changes 1, 1, 2, 2, 0: mid-ranks 1.5, 1.5, 3.5, 3.5, all rises; two of 16 sign vectors are as far out.
    result = signed_rank([1, 2, 2, 3, 3], [2, 3, 4, 5, 3])
    assert (result.w_plus, result.w_minus, result.n_zero, result.n_ties) == (10, 0, 1, 2)
    assert result.p_value == 2 / 16
    assert result.estimate == 1
    biserial = result.effect("rank_biserial")
    assert biserial.estimate == 1
    assert biserial.conf_low is None
    assert biserial.reason.startswith("undefined, because")


def test_likert_ties_and_zeros_where_the_usual_library_is_wrong():
    # scipy's "exact" p of these 16 pairs is .2754 and its automatic one .2232; all sign vectors give .28125.
    change = np.array([-1, -1, -1, -2, -2, -2, -1, 1, 1, 2, 0, 0, 0, 0, 0, 0], dtype=float)
    moved = change[change != 0]
    weights = stats.rankdata(np.abs(moved))
    expected = enumerate_signs(weights, np.dot(np.sign(moved), weights))
    assert signed_rank(np.zeros(16), change).p_value == pytest.approx(expected, abs=EXACT)


@PROPERTY
@given(changes)
def test_exact_p_of_ranks_is_the_share_of_sign_vectors(change):
    moved = change[change != 0]
    result = signed_rank(np.zeros(change.size), change)
    if not moved.size:
        assert result.status == "undefined"
        return
    for zeros, ranks in (
        ("wilcoxon", stats.rankdata(np.abs(moved))),
        ("pratt", stats.rankdata(np.abs(change))[change != 0]),
    ):
        expected = enumerate_signs(ranks, np.dot(np.sign(moved), ranks))
        assert signed_rank(np.zeros(change.size), change, zeros=zeros).p_value == pytest.approx(expected, abs=EXACT)


@PROPERTY
@given(changes)
def test_exact_p_of_the_mean_is_the_share_of_sign_vectors(change):
    result = paired_permutation(np.zeros(change.size), change)
    moved = change[change != 0]
    expected = enumerate_signs(np.abs(moved), change.sum()) if moved.size else 1.0
    assert result.p_value == pytest.approx(expected, abs=EXACT)
    assert result.p_value > 0


@PROPERTY
@given(changes, st.sampled_from([0.5, 10.0]), st.randoms(use_true_random=False))
def test_unit_and_order_do_not_matter(change, factor, random):
    shuffled = list(change)
    random.shuffle(shuffled)
    zeros = np.zeros(change.size)
    for test in (signed_rank, paired_permutation, sign_test):
        plain, other = test(zeros, change), test(zeros, factor * np.array(shuffled))
        assert other.p_value == (None if plain.p_value is None else pytest.approx(plain.p_value, abs=EXACT))


@PROPERTY
@given(changes)
def test_turning_all_changes_round_turns_the_sign(change):
    zeros = np.zeros(change.size)
    there, back = signed_rank(zeros, change), signed_rank(change, zeros)
    assert (there.w_plus, there.p_value) == (back.w_minus, back.p_value)
    if there.status == "ok":
        assert there.estimate == -back.estimate
        assert there.effect("rank_biserial").estimate == -back.effect("rank_biserial").estimate


def test_floating_point_noise_breaks_no_tie():
    pre, post = np.array([0.1, 0.2, 0.3, 1.0]), np.array([0.4, 0.5, 0.6, 1.3])
    assert len(set(post - pre)) > 1
    assert signed_rank(pre, post).n_ties == 3


def test_many_changes_take_the_normal_p():
    rng = np.random.default_rng(1)
    change = rng.normal(0.1, 1, size=700)
    result = signed_rank(np.zeros(700), change)
    assert result.p_method.startswith("normal")
    exact = stats.wilcoxon(change, method="approx", correction=False).pvalue
    assert result.p_value == pytest.approx(exact, rel=1e-9)


def test_limits_of_the_median_contain_it_and_need_enough_pairs():
    result = signed_rank(np.zeros(12), np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12.0]))
    # For n = 12 the 95% interval leaves out 13 averages of pairs at each end (cumulative 0.0212).
    assert result.conf_low < result.estimate < result.conf_high
    few = signed_rank([0, 0, 0, 0], [1, 2, 3, 4])
    assert few.conf_low is None
    assert few.interval_reason == "undefined, because 4 pairs are too few for a 95% interval of a median"


def test_sign_test_counts_only_those_who_changed():
    result = sign_test([1, 1, 1, 1, 1], [2, 2, 2, 0, 1])
    assert (result.estimate, result.statistic, result.n) == (0.75, 3, 5)
    # Of 16 ways for four to change, 1 + 4 have at most one fall; two-sided 10 / 16.
    assert result.p_value == pytest.approx(10 / 16, abs=EXACT)


def test_exact_and_monte_carlo_agree_and_the_latter_is_never_zero():
    rng = np.random.default_rng(3)
    change = rng.normal(0.3, 1, size=15)
    exact = paired_permutation(np.zeros(15), change, method="exact")
    drawn = paired_permutation(np.zeros(15), change, method="monte carlo", n_resamples=20_000, seed=5)
    assert drawn.p_value == pytest.approx(exact.p_value, abs=MONTE_CARLO)
    assert drawn.seed == 5
    far = paired_permutation(np.zeros(40), np.linspace(1, 2, 40), method="monte carlo", n_resamples=99)
    assert far.p_value == 1 / 100


def test_groups_by_hand():
    # 20 ways to choose 3 of 6; two of them (all high, all low) are as far apart.
    result = group_permutation([4, 5, 6], [1, 2, 3])
    assert result.p_value == 2 / 20
    assert result.estimate == 3
    drawn = group_permutation([4, 5, 6], [1, 2, 3], method="monte carlo", n_resamples=20_000, seed=1)
    assert drawn.p_value == pytest.approx(0.1, abs=MONTE_CARLO)


@pytest.mark.parametrize(("pre", "post"), [([], []), ([np.nan], [1]), ([2, 2], [2, 2])])
def test_nothing_to_test(pre, post):
    for test in (signed_rank, sign_test):
        result = test(pre, post)
        assert result.status == "undefined"
        assert result.reason.startswith("undefined, because")
        assert result.p_value is None
    if not np.isfinite(np.array(pre, dtype=float)).any():
        assert paired_permutation(pre, post).p_value is None
    else:
        assert paired_permutation(pre, post).p_value == 1


def test_one_group_without_values():
    assert group_permutation([np.nan], [1, 2]).reason == "undefined, because a group has no values"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: signed_rank([1], [1, 2]), "pre has 1 values and post has 2"),
        (lambda: signed_rank([1], [2], zeros="keep"), "wilcoxon, pratt"),
        (lambda: paired_permutation([1], [2], method="fast"), "auto, exact, monte carlo"),
        (lambda: paired_permutation([1], [2], n_resamples=0), "n_resamples"),
        (lambda: paired_permutation([1], [2], seed=-1), "seed"),
        (lambda: paired_permutation(np.zeros(50), np.pi ** np.arange(50), method="exact"), "out of reach"),
        (lambda: group_permutation(np.arange(30), np.arange(30), method="exact"), "ways to split"),
        (lambda: group_permutation([np.inf], [1]), "position 1"),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(UsageError, match=words):
        call()


def test_chances_of_sums_add_to_one():
    chances = convolve_signs(np.array([1.0, 3.0, 3.0, 7.0]))
    assert chances.sum() == pytest.approx(1, abs=EXACT)
    assert chances[0] == chances[-1] == 1 / 16
