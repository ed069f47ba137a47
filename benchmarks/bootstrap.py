"""Bootstrap speed as ratios against scipy, measured in one run: python benchmarks/bootstrap.py

Both sides give BCa intervals of d_z from 10,000 resamples of 20 outcomes. scipy resamples each outcome apart and has
no limits for several statistics at once; it is called vectorised, its fastest way. At a million people scipy's BCa
would need a jackknife of a million statistics, so its percentile method stands in, timed for 100 resamples and scaled
to 10,000: its true time is longer than the one printed.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import scipy
from scipy import stats

from toolkit.stats import bootstrap_changes, bootstrap_transitions, count_transitions

ROUNDS = 15
OUTCOMES, PEOPLE, RESAMPLES = 20, 200, 10_000
MANY, FEW_RESAMPLES = 1_000_000, 100
LEVELS = [1, 2, 3, 4, 5]


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def d_z(changes: np.ndarray, axis: int = -1) -> np.ndarray:
    """Mean change over the SD of the changes, along an axis."""
    return changes.mean(axis=axis) / changes.std(axis=axis, ddof=1)


def compare_bca(rng: np.random.Generator) -> None:
    """BCa of d_z, 20 outcomes, 200 people, 10,000 resamples."""
    pre = rng.normal(3, 1, size=(PEOPLE, OUTCOMES))
    post = pre + rng.normal(0.3, 0.8, size=(PEOPLE, OUTCOMES))
    changes = np.ascontiguousarray((post - pre).T)

    def ours() -> object:
        return bootstrap_changes(pre, post, statistic="d_z", n_resamples=RESAMPLES, seed=1)

    def theirs() -> object:
        return stats.bootstrap(
            (changes,), d_z, axis=-1, n_resamples=RESAMPLES, method="BCa", vectorized=True, rng=np.random.default_rng(1)
        )

    mine = ours()
    other = theirs().confidence_interval
    gap = max(
        max(abs(each.conf_low - low), abs(each.conf_high - high))
        for each, low, high in zip(mine, other.low, other.high, strict=True)
    )
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    here, there = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"| BCa of d_z, {OUTCOMES} outcomes, n = {PEOPLE}, {RESAMPLES:,} resamples | {here:.3f} s |", end=" ")
    print(
        f"scipy {scipy.__version__} BCa, vectorised | {there:.3f} s | {ratio:.1f}x faster | limits within {gap:.3f} |"
    )


def compare_items(rng: np.random.Generator) -> None:
    """BCa of 5-point items, 20 outcomes, a million people."""
    pre = rng.integers(1, 6, size=(OUTCOMES, MANY), dtype=np.int8)
    post = np.clip(pre + rng.integers(-1, 3, size=(OUTCOMES, MANY), dtype=np.int8), 1, 5).astype(np.int8)

    def ours() -> object:
        tables = [count_transitions(pre[item], post[item], levels=LEVELS) for item in range(OUTCOMES)]
        return bootstrap_transitions(tables, statistic="mean_change", n_resamples=RESAMPLES, seed=1)

    def theirs() -> object:
        return [
            stats.bootstrap(
                (post[item].astype(float) - pre[item],),
                np.mean,
                n_resamples=FEW_RESAMPLES,
                method="percentile",
                vectorized=True,
                batch=1,
                rng=np.random.default_rng(1),
            )
            for item in range(OUTCOMES)
        ]

    ours()
    here = statistics.median(seconds(ours) for _ in range(ROUNDS))
    there = seconds(theirs) * RESAMPLES / FEW_RESAMPLES
    print(
        f"| BCa of 5-point items, {OUTCOMES} outcomes, n = {MANY:,}, {RESAMPLES:,} resamples | {here:.3f} s |", end=" "
    )
    print(f"scipy {scipy.__version__} percentile, {FEW_RESAMPLES} resamples scaled | {there:.0f} s |", end=" ")
    print(f"{there / here:,.0f}x faster | whole answers counted from arrays each time |")


def main() -> int:
    """Print both rows of the table."""
    rng = np.random.default_rng(20261125)
    print("| ours | time | peer | time | ratio | note |")
    print("|---|---|---|---|---|---|")
    compare_bca(rng)
    compare_items(rng)
    return 0


if __name__ == "__main__":
    sys.exit(main())
