"""The bootstrap without chance: every resample of a small sample, with its probability."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, lgamma

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, check_choice, read_floats, round_differences
from toolkit.stats.resampling import ZERO_SHARE, bca_levels, find_acceleration
from toolkit.stats.results import Estimate, undefined

MOST_RESAMPLES = 6_000_000
EXACT_STATISTICS = ("mean_change", "d_z")

# Values this close, as a share of the spread, are one value.
SAME = 1e-10

REFERENCE = (
    "all multisets of the sample with their multinomial probabilities; BCa of Efron (1987), J. Am. Stat. Assoc. 82, "
    "171-185; Fisher & Hall (1991), Biometrika 78, 169-177"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactBootstrap(Estimate):
    """The full bootstrap distribution of a change statistic; the interval is BCa with ties counted half.

    Attributes
    ----------
    acceleration : float or None
        BCa's correction for skewness, from the jackknife.
    z0_strict, z0_midrank : float or None
        BCa's correction for bias: chance below the estimate; the same with half of the chance at it.
    strict_low, strict_high : float or None
        BCa limits with `z0_strict`.
    percentile_low, percentile_high : float or None
        Plain quantiles.
    chance_undefined : float
        Probability of a resample without a value; the rest is rescaled.
    n_resamples : int
        Different resamples enumerated.
    """

    acceleration: float | None = None
    z0_strict: float | None = None
    z0_midrank: float | None = None
    strict_low: float | None = None
    strict_high: float | None = None
    percentile_low: float | None = None
    percentile_high: float | None = None
    chance_undefined: float = 0.0
    n_resamples: int = 0


def count_resamples(changes: ArrayLike) -> int:
    """Return how many different resamples a sample has: n people over its different values.

    Examples
    --------
    >>> count_resamples([1, 2, 3]), count_resamples([1, 1, 2])
    (10, 4)
    """
    values = read_floats(changes, name="changes", ndim=1, log=ProblemLog())
    known = round_differences(values[~np.isnan(values)])
    distinct = int(np.unique(known).size)
    return comb(known.size + distinct - 1, known.size) if distinct else 0


def enumerate_bootstrap(
    changes: ArrayLike, *, statistic: str = "mean_change", conf_level: float = 0.95
) -> ExactBootstrap:
    """Return the exact bootstrap distribution of the mean change or d_z.

    Parameters
    ----------
    changes : array_like
        post minus pre, one per participant; NaN is missing.
    statistic : {"mean_change", "d_z"}
        Which one.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    ExactBootstrap
        Limits without Monte Carlo error.

    Raises
    ------
    UsageError
        More than six million different resamples; a wrong statistic or level.

    Notes
    -----
    A resample is how often each different value was drawn; a limit is the smallest value whose cumulative
    probability reaches the level. Changes are rounded to six decimals first.

    References
    ----------
    Efron (1987), J. Am. Stat. Assoc. 82, 171-185.

    Examples
    --------
    >>> result = enumerate_bootstrap([1.2, 2.4, 1.3, 1.3, 0.0])
    >>> round(result.conf_low, 2), round(result.conf_high, 2), result.n_resamples
    (0.5, 1.92, 56)
    """
    log = ProblemLog()
    values = read_floats(changes, name="changes", ndim=1, log=log)
    check_choice(statistic, name="statistic", allowed=EXACT_STATISTICS, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    log.raise_as(UsageError)
    missing = {"change missing": int(np.isnan(values).sum())}
    known = round_differences(values[~np.isnan(values)])
    n = int(known.size)
    distinct, repeats = np.unique(known, return_counts=True)
    name = f"{statistic}, exact bootstrap"
    if n < 2 or distinct.size < 2:
        why = (
            "fewer than two participants changed by a known amount" if n < 2 else "everybody changed by the same amount"
        )
        return ExactBootstrap(
            name=name, reason=undefined(why), conf_level=conf_level, n=n, n_missing=missing, reference=REFERENCE
        )
    if count_resamples(known) > MOST_RESAMPLES:
        raise UsageError(
            f"there are {count_resamples(known):,} different resamples. Allowed: up to {MOST_RESAMPLES:,}; otherwise "
            "bootstrap_changes draws some at random"
        )
    counts = _compositions(n, int(distinct.size))
    theta = _statistic(counts, distinct, statistic=statistic)
    chance = _probabilities(counts, repeats / n)
    estimate = float(_statistic(repeats[None].astype(np.float64), distinct, statistic=statistic)[0])
    left_out = repeats[None].astype(np.float64) - np.eye(distinct.size)
    jackknife = _statistic(left_out, distinct, statistic=statistic)
    return _describe(
        theta,
        chance,
        estimate=estimate,
        acceleration=find_acceleration(jackknife, repeats=repeats.astype(np.float64)),
        base=ExactBootstrap(
            name=name, estimate=estimate, conf_level=conf_level, n=n, n_missing=missing, reference=REFERENCE
        ),
    )


def _compositions(n: int, k: int) -> FloatArray:
    """All ways to write n as k counts, one per row, built column by column."""
    done = np.zeros((1, 0), dtype=np.int16)
    left = np.array([n])
    for _ in range(k - 1):
        choices = left + 1
        rows = np.repeat(np.arange(left.size), choices)
        own = np.arange(rows.size) - np.repeat(np.cumsum(choices) - choices, choices)
        done = np.column_stack([done[rows], own.astype(np.int16)])
        left = left[rows] - own
    return np.column_stack([done, left.astype(np.int16)]).astype(np.float64)


def _probabilities(counts: FloatArray, shares: FloatArray) -> FloatArray:
    n = int(counts[0].sum())
    logs = np.array([lgamma(count + 1) for count in range(n + 1)])
    log_chance = lgamma(n + 1) - logs[counts.astype(np.intp)].sum(axis=1) + counts @ np.log(shares)
    chance: FloatArray = np.exp(log_chance)
    chance /= chance.sum()
    return chance


def _statistic(counts: FloatArray, distinct: FloatArray, *, statistic: str) -> FloatArray:
    n = counts.sum(axis=1)
    centre = float(distinct.mean())
    shifted = distinct - centre
    mean: FloatArray = counts @ shifted / n
    if statistic == "mean_change":
        mean += centre
        return mean
    squares = counts @ shifted**2
    defined = (counts > 0).sum(axis=1) > 1
    variance = np.where(defined, (squares - n * mean**2) / np.maximum(n - 1, 1), np.nan)
    d_z: FloatArray = (mean + centre) / np.sqrt(np.where(variance > ZERO_SHARE * squares / n, variance, np.nan))
    return d_z


def _describe(
    theta: FloatArray,
    chance: FloatArray,
    *,
    estimate: float,
    acceleration: float | None,
    base: ExactBootstrap,
) -> ExactBootstrap:
    usable = np.isfinite(theta)
    lost = float(chance[~usable].sum())
    theta, chance = theta[usable], chance[usable] / chance[usable].sum()
    order = np.argsort(theta, kind="stable")
    theta, cumulative = theta[order], np.cumsum(chance[order])
    mean = float(theta @ chance[order])
    std_error = float(np.sqrt(chance[order] @ (theta - mean) ** 2))
    slack = SAME * max(std_error, abs(estimate))
    below = float(chance[order][theta < estimate - slack].sum())
    at = float(chance[order][np.abs(theta - estimate) <= slack].sum())
    tail = (1 - base.conf_level) / 2

    def limits(levels: tuple[float, float]) -> tuple[float, float]:
        places = np.minimum(np.searchsorted(cumulative, np.array(levels) - 1e-12), theta.size - 1)
        return float(theta[places[0]]), float(theta[places[1]])

    z0_strict, z0_mid = float(special.ndtri(below)), float(special.ndtri(below + at / 2))
    percentile = limits((tail, 1 - tail))
    strict = mid = None
    if acceleration is not None and np.isfinite(z0_strict):
        strict = limits(bca_levels(z0_strict, acceleration, tail=tail))
        mid = limits(bca_levels(z0_mid, acceleration, tail=tail))
    return ExactBootstrap(
        name=base.name,
        interval_reason="" if mid else undefined("the statistic has no value without one of the participants"),
        estimate=estimate,
        std_error=std_error,
        conf_low=mid[0] if mid else None,
        conf_high=mid[1] if mid else None,
        conf_level=base.conf_level,
        interval_method="BCa, ties counted half, all resamples enumerated",
        n=base.n,
        n_missing=base.n_missing,
        checks=(f"resamples enumerated: {usable.size:,}", f"chance of an undefined resample: {lost:.3g}"),
        warnings=(f"{lost:.1%} of resamples have no value and are left out",) if lost > 0.01 else (),
        acceleration=acceleration,
        z0_strict=z0_strict if np.isfinite(z0_strict) else None,
        z0_midrank=z0_mid if np.isfinite(z0_mid) else None,
        strict_low=strict[0] if strict else None,
        strict_high=strict[1] if strict else None,
        percentile_low=percentile[0],
        percentile_high=percentile[1],
        chance_undefined=lost,
        n_resamples=int(usable.size),
        reference=base.reference,
    )
