from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.stats import compare_shares, estimate_share, paired_shares, say_in_ten, wilson_interval

HAND_RTOL = 1e-9
# The published examples print four decimals.
PUBLISHED_ATOL = 6e-5

PROPERTY = settings(deadline=None, max_examples=80)
statuses = st.lists(st.integers(0, 1), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("count", "n", "wilson", "exact"),
    [
        (0, 12, (0.0, 0.24249400665524085), (0.0, 0.2646484693970512)),
        (12, 12, (0.7575059933447592, 1.0), (0.7353515306029488, 1.0)),
        (1, 3, (0.06149194472039621, 0.7923403991979522), (0.008403758659612636, 0.9057006759497539)),
        (11, 12, (0.646120088858883, 0.9851349055950829), (0.6152038348490559, 0.9978924067681397)),
    ],
)
def test_a_share_never_has_an_interval_without_width(count, n, wilson, exact):
    result = estimate_share([1] * count + [0] * (n - count))
    assert (result.conf_low, result.conf_high) == pytest.approx(wilson, rel=HAND_RTOL, abs=1e-12)
    assert (result.exact_low, result.exact_high) == pytest.approx(exact, rel=HAND_RTOL, abs=1e-12)
    assert result.conf_low < result.conf_high


def test_few_people_are_told_as_a_count():
    assert estimate_share([1, 0, 0]).in_ten == "1 of 3 people"
    assert "told as a count" in estimate_share([1, 0, 0]).warnings[0]
    assert estimate_share([0] * 12).in_ten == "none of 12 people"


@pytest.mark.parametrize(
    ("count", "n", "words"),
    [
        (9, 9, "9 of 9 people"),
        (12, 12, "all 12 people"),
        (7, 10, "7 in 10 people"),
        (71, 100, "about 7 in 10 people"),
        (45, 100, "4 to 5 in 10 people"),
        (3, 100, "fewer than 1 in 10 people"),
        (97, 100, "more than 9 in 10 people"),
    ],
)
def test_shares_in_words(count, n, words):
    assert say_in_ten(count, n) == words


def test_newcombe_published_difference():
    # Newcombe (1998), example (a): 56/70 less 48/80 is 0.2, limits 0.0524 and 0.3339.
    result = compare_shares([1] * 56 + [0] * 14, [1] * 48 + [0] * 32)
    assert result.estimate == pytest.approx(0.2, rel=HAND_RTOL)
    assert result.conf_low == pytest.approx(0.0524, abs=PUBLISHED_ATOL)
    assert result.conf_high == pytest.approx(0.3339, abs=PUBLISHED_ATOL)


def test_paired_shares_by_hand():
    # 20 people: 8 had it and kept it, 6 gained, 1 lost, 5 never.
    before = [1] * 8 + [0] * 6 + [1] + [0] * 5
    after = [1] * 8 + [1] * 6 + [0] + [0] * 5
    result = paired_shares(before, after)
    assert (result.gained, result.lost, result.kept, result.never) == (6, 1, 8, 5)
    assert result.estimate == pytest.approx(0.25, rel=HAND_RTOL)
    assert result.std_error == pytest.approx(sqrt(7 - 25 / 20) / 20, rel=HAND_RTOL)
    # Of 2^7 ways, 1 + 7 have at most one loss; two-sided 16 / 128.
    assert result.p_value == pytest.approx(16 / 128, rel=HAND_RTOL)
    assert result.effect("odds_of_gain").estimate == 6


def test_nobody_lost_has_no_odds():
    result = paired_shares([0, 0, 1], [1, 1, 1])
    assert result.effect("odds_of_gain").reason.startswith("undefined, because")
    assert result.conf_low < result.estimate < result.conf_high


@PROPERTY
@given(statuses, st.integers(0, 2**30 - 1))
def test_exchanging_before_and_after_turns_the_sign(before, bits):
    after = [(bits >> place) & 1 for place in range(len(before))]
    there, back = paired_shares(before, after), paired_shares(after, before)
    assert back.estimate == -there.estimate
    assert back.p_value == there.p_value
    assert back.conf_low == pytest.approx(-there.conf_high, abs=1e-12)
    assert -1 <= there.conf_low <= there.estimate <= there.conf_high <= 1


@PROPERTY
@given(statuses)
def test_limits_turn_round_with_the_status(status):
    there, back = estimate_share(status), estimate_share([1 - each for each in status])
    assert there.conf_low == pytest.approx(1 - back.conf_high, abs=1e-12)
    assert 0 <= there.conf_low <= there.estimate <= there.conf_high <= 1
    assert there.exact_low <= there.estimate <= there.exact_high


def test_missing_status_is_counted():
    result = estimate_share([1, None, 0, np.nan])
    assert (result.n, result.n_missing) == (2, {"status missing": 2})
    assert paired_shares([1, np.nan, 0], [1, 1, np.nan]).n_missing == {
        "before missing": 1,
        "after missing": 1,
        "both missing": 0,
    }


@pytest.mark.parametrize(
    "result", [estimate_share([]), estimate_share([np.nan]), compare_shares([], [1]), paired_shares([np.nan], [1])]
)
def test_nobody_is_undefined(result):
    assert result.status == "undefined"
    assert result.estimate is None
    assert result.reason.startswith("undefined, because")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: estimate_share([0, 2]), "neither 0 nor 1 at position 2"),
        (lambda: compare_shares([0], [0.5]), "control"),
        (lambda: paired_shares([0, 1], [1]), "before has 2 values and after has 1"),
        (lambda: wilson_interval(3, 2), "larger than n"),
        (lambda: wilson_interval(0, 0), "n: is no whole number"),
        (lambda: wilson_interval(1, 2, conf_level=1), "conf_level"),
    ],
)
def test_wrong_arguments_are_named(call, words):
    with pytest.raises(UsageError, match=words):
        call()
