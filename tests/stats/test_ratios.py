"""The ratio of sums and its interval."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.core.errors import UsageError
from toolkit.stats import ratio_of_sums

LEAST, MOST = 0.92, 0.98  # 300 programmes: two and a half standard errors around 95%; the table has 2,000.


def test_a_ratio_by_hand() -> None:
    above, below = np.asarray([3.0, 5, 4, 6, 5, 4]), np.asarray([4.0, 6, 6, 7, 5, 6])
    found = ratio_of_sums(above, below)
    ratio = 27 / 34
    residual = above - ratio * below
    assert found.estimate == pytest.approx(ratio)
    assert found.std_error == pytest.approx(np.sqrt(6 / 5 * (residual**2).sum()) / 34)
    assert found.conf_low is not None and found.conf_high is not None
    assert found.conf_low < ratio < found.conf_high


@pytest.mark.parametrize("n", [1, 2, 5])
def test_too_few_hosts(n: int) -> None:
    found = ratio_of_sums(np.arange(1.0, n + 1), np.arange(2.0, n + 2))
    assert (found.conf_low, found.conf_high, found.reason) == (None, None, "too few hosts for an interval")
    assert found.estimate is not None


def test_degenerate_input() -> None:
    assert ratio_of_sums([], []).estimate is None
    assert ratio_of_sums([1, 2], [-3, 1]).estimate is None
    same = ratio_of_sums([1, 2, 3, 4, 5, 6], [2, 4, 6, 8, 10, 12])
    assert (same.estimate, same.reason) == (0.5, "no interval: every host has the same ratio")
    assert ratio_of_sums([0] * 6, [1, 2, 3, 4, 5, 6]).conf_low is None
    for wrong in (([1], [1, 2]), ([np.nan], [1])):
        with pytest.raises(UsageError):
            ratio_of_sums(*wrong)
    with pytest.raises(UsageError):
        ratio_of_sums([1], [1], conf_level=1)


def test_it_changes_with_neither_order_nor_currency() -> None:
    rng = np.random.default_rng(2)
    above, below = rng.lognormal(size=(2, 9))
    one, other = ratio_of_sums(above, below), ratio_of_sums(above * 11.5, below * 11.5)
    assert (other.conf_low, other.conf_high) == pytest.approx((one.conf_low, one.conf_high))


def test_a_negative_ratio_has_an_interval() -> None:
    rng = np.random.default_rng(2)
    below = rng.lognormal(size=9)
    found = ratio_of_sums(-below * rng.uniform(0.5, 1, 9), below)
    assert found.conf_low is not None and found.estimate is not None
    assert found.conf_low < found.estimate < 0


def test_coverage_and_the_warning_of_skewness() -> None:
    rng = np.random.default_rng(11)
    hits = warned = calm = 0
    for _ in range(300):
        shared = rng.standard_normal((3, 12))
        below = np.exp(0.6 * shared[0])
        above = 0.8 * np.exp(0.6 * (0.5 * shared[0] + 0.75**0.5 * shared[1]))
        found = ratio_of_sums(above, below, n_resamples=999)
        hits += (found.conf_low or 0) <= 0.8 <= (found.conf_high or 0)
        calm += not ratio_of_sums(np.exp(0.3 * shared[1]), np.exp(0.3 * shared[0]), n_resamples=999).warnings
        warned += bool(ratio_of_sums(np.exp(0.9 * shared[1]), np.exp(0.9 * shared[0]), n_resamples=999).warnings)
    assert LEAST <= hits / 300 <= MOST
    assert calm == 300
    assert warned / 300 > 0.9
