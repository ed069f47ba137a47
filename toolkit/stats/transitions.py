"""Bootstrap of short-scale items through their transition table: cost does not grow with people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, check_choice, check_count
from toolkit.stats.bootstrap import BootstrapInterval, describe_interval
from toolkit.stats.resampling import (
    STATISTICS,
    BootstrapMethod,
    ChangeStatistic,
    change_statistic,
    find_limits,
    unit_sums,
)

MOST_LEVELS = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransitionTable:
    """How many people went from each answer to each.

    Attributes
    ----------
    levels : tuple of float
        Answers, in order.
    counts : numpy.ndarray
        People from row answer (pre) to column answer (post), shape (levels, levels).
    n : int
        Complete pairs.
    n_missing : int
        Rows with a gap.
    """

    levels: tuple[float, ...]
    counts: NDArray[np.int64]
    n: int
    n_missing: int


def count_transitions(pre: ArrayLike, post: ArrayLike, *, levels: Sequence[float]) -> TransitionTable:
    """Count who went from which answer to which.

    Parameters
    ----------
    pre, post : array_like
        One answer per participant, in the same order; NaN is missing.
    levels : sequence of float
        Every possible answer, each once.

    Returns
    -------
    TransitionTable
        Square table of counts.

    Raises
    ------
    UsageError
        An answer that is no level (not quoted), unequal lengths, repeated levels.

    Examples
    --------
    >>> count_transitions([1, 2, 2], [2, 2, 1], levels=[1, 2]).counts.tolist()
    [[0, 1], [1, 1]]
    """
    log = ProblemLog()
    order = np.sort(np.asarray(levels, dtype=np.float64))
    if order.size == 0 or order.size > MOST_LEVELS or np.unique(order).size != order.size:
        log.add("repeats a level, or has none or too many", column="levels", allowed=f"1 to {MOST_LEVELS} numbers")
        log.raise_as(UsageError)
    codes = [_codes(values, order, name=name, log=log) for values, name in ((pre, "pre"), (post, "post"))]
    if not log.problems and codes[0].size != codes[1].size:
        log.add(
            f"pre has {codes[0].size} values and post has {codes[1].size}",
            column="pre, post",
            allowed="one value of each per participant",
        )
    log.raise_as(UsageError)
    k = order.size
    # The place after the last level collects the gaps of either wave.
    table = np.bincount(codes[0] * (k + 1) + codes[1], minlength=(k + 1) ** 2).reshape(k + 1, k + 1)
    counts = table[:k, :k]
    n = int(counts.sum())
    return TransitionTable(
        levels=tuple(float(level) for level in order), counts=counts, n=n, n_missing=int(codes[0].size - n)
    )


def bootstrap_transitions(
    tables: Sequence[TransitionTable],
    *,
    statistic: ChangeStatistic = "mean_change",
    method: BootstrapMethod = "bca",
    n_resamples: int = 9999,
    conf_level: float = 0.95,
    seed: int = 0,
) -> tuple[BootstrapInterval, ...]:
    """Estimate changes of items with bootstrap intervals over participants.

    Parameters
    ----------
    tables : sequence of TransitionTable
        One per item.
    statistic : {"mean_change", "d_z", "d_av", "d_pre"}
        What to estimate of each item.
    method : {"bca", "percentile"}
        Corrected for bias and skewness, or plain quantiles.
    n_resamples : int
        Resamples, 1 or more; drawn anew for each item.
    conf_level : float
        Level of the intervals, above 0 and below 1.
    seed : int
        Of the resamples, 0 or more.

    Returns
    -------
    tuple of BootstrapInterval
        One per item.

    Raises
    ------
    UsageError
        A choice, count, level or seed out of bounds.

    Notes
    -----
    Drawing n people with replacement is drawing the counts of the cells from one multinomial; all statistics are
    functions of these. It is right for resampling participants only: whole hosts need `bootstrap_changes`.

    References
    ----------
    Efron (1987), J. Am. Stat. Assoc. 82, 171-185.

    Examples
    --------
    >>> table = count_transitions([2, 3, 3, 4, 2, 3], [3, 3, 5, 5, 2, 4], levels=[1, 2, 3, 4, 5])
    >>> (result,) = bootstrap_transitions([table], n_resamples=2000, seed=1)
    >>> round(result.estimate, 3), result.n
    (0.833, 6)
    """
    log = ProblemLog()
    check_choice(statistic, name="statistic", allowed=STATISTICS, log=log)
    check_choice(method, name="method", allowed=("bca", "percentile"), log=log)
    check_count(n_resamples, name="n_resamples", low=1, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    check_count(seed, name="seed", low=0, log=log)
    log.raise_as(UsageError)
    rng = np.random.default_rng(seed)
    return tuple(
        _bootstrap_one(
            table,
            statistic=statistic,
            method=method,
            rng=rng,
            base=BootstrapInterval(
                name=statistic,
                conf_level=conf_level,
                n=table.n,
                n_missing={"pre or post missing": table.n_missing},
                statistic_name=statistic,
                method=method,
                n_units=table.n,
                n_resamples=n_resamples,
                seed=seed,
                reference="",
            ),
        )
        for table in tables
    )


def _codes(values: ArrayLike, order: FloatArray, *, name: str, log: ProblemLog) -> NDArray[np.int64]:
    """Place of each answer among the levels; the number of levels for a gap."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            array = array.astype(np.float64)
    except (TypeError, ValueError):
        log.add("holds something other than numbers", column=name, allowed="numbers; NaN for missing")
        return np.empty(0, dtype=np.int64)
    k = order.size
    low, steps = order[0], np.arange(k)
    if array.ndim != 1:
        log.add(f"has {array.ndim} dimensions", column=name, allowed="1")
        return np.empty(0, dtype=np.int64)
    if np.array_equal(order, low + steps):
        # Whole-number scales need no search: the answer less the lowest level is the place.
        shifted = array - low
        gap = np.isnan(shifted) if array.dtype.kind == "f" else np.zeros(array.size, dtype=np.bool_)
        places = np.where(gap, k, shifted).astype(np.int64)
        wrong = (places < 0) | (places > k) | (~gap & ((places == k) | (places != shifted)))
    else:
        gap = np.isnan(array.astype(np.float64))
        found = np.minimum(np.searchsorted(order, array), k - 1)
        wrong = ~gap & (order[found] != array)
        places = np.where(gap, k, found)
    if wrong.any():
        count = int(wrong.sum())
        log.add(f"holds {count} answers that are no level", column=name, allowed=", ".join(f"{x:g}" for x in order))
        return np.empty(0, dtype=np.int64)
    return places


def _bootstrap_one(
    table: TransitionTable,
    *,
    statistic: ChangeStatistic,
    method: BootstrapMethod,
    rng: np.random.Generator,
    base: BootstrapInterval,
) -> BootstrapInterval:
    rows, columns = np.nonzero(table.counts)
    counts = table.counts[rows, columns].astype(np.float64)
    if not counts.size:
        return describe_interval(float("nan"), None, base=base, by_cluster=False)
    levels = np.array(table.levels)
    pre, post = levels[rows], levels[columns]
    # From the people's means, so that no digits are lost in the squares.
    shares = counts / counts.sum()
    first, second = float(shares @ pre), float(shares @ post)
    origin = np.array([second - first])
    cells = unit_sums((pre - first)[:, None], (post - second)[:, None], statistic=statistic, centred=True)[:, 0]
    total = counts @ cells
    estimate = float(change_statistic(total[None], statistic=statistic, origin=origin)[0])
    if not np.isfinite(estimate) or table.n < 2:
        return describe_interval(estimate, None, base=base, by_cluster=False)
    drawn = rng.multinomial(table.n, shares, size=base.n_resamples).astype(np.float64)
    resampled = change_statistic((drawn @ cells)[:, None, :], statistic=statistic, origin=origin)[:, 0]
    jackknife = change_statistic((total - cells)[:, None, :], statistic=statistic, origin=origin)[:, 0]
    limits = find_limits(
        estimate, resampled, jackknife=jackknife, conf_level=base.conf_level, method=method, repeats=counts
    )
    return describe_interval(estimate, limits, base=base, by_cluster=False)
