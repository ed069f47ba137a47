"""A survey-weighted mean over the people who answered, with every gap counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, check_choice, name_positions, read_floats
from toolkit.stats.results import Estimate, undefined
from toolkit.stats.weights import effective_size

UnweightedRule: TypeAlias = Literal["refuse", "leave out"]

REFERENCE = (
    "sum(w y) / sum(w) over the people who answered; standard error sqrt(n/(n-1) sum(w^2 (y - mean)^2)) / sum(w), as "
    "for a sample with replacement; effective n, Kish (1965), Survey Sampling, section 11.2"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedMean(Estimate):
    """A weighted mean; `estimate` is in the units of the answers.

    Attributes
    ----------
    unweighted : float or None
        Plain mean of the same people.
    n_rows : int
        People given.
    n_answered : int
        People with an answer, weighted or not.
    effective_n : float or None
        How many equally weighted people the weighted ones are worth.
    missing_share : float or None
        Weighted share of people without an answer among those with a weight, 0 to 1.
    values, shares : tuple of float
        Different answers, and the weighted share of each among those who answered.
    """

    unweighted: float | None = None
    n_rows: int = 0
    n_answered: int = 0
    effective_n: float | None = None
    missing_share: float | None = None
    values: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()


def weighted_mean(
    answers: ArrayLike,
    weights: ArrayLike,
    *,
    unweighted: UnweightedRule = "refuse",
    conf_level: float = 0.95,
) -> WeightedMean:
    """Estimate a mean with weights.

    Parameters
    ----------
    answers : array_like
        One per person; NaN is missing.
    weights : array_like
        One per person, 0 or more; NaN is missing.
    unweighted : {"refuse", "leave out"}
        What to do with people who answered and have no weight. Nobody is given a weight of 1 by default.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    WeightedMean
        The mean over people with both, the share of weight without an answer, the share of every answer.

    Raises
    ------
    UsageError
        Somebody answered and has no weight, unless they are to be left out; weights below zero; unequal lengths.

    Notes
    -----
    Weights are scaled to the people who answered. The missing stay in the account: their share of all weight is
    `missing_share`.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.2. Wiley.

    Examples
    --------
    >>> result = weighted_mean([1, 2, 3, None], [1, 1, 2, 1])
    >>> result.estimate, round(result.missing_share, 2), round(result.effective_n, 2)
    (2.25, 0.2, 2.67)
    """
    log = ProblemLog()
    y = read_floats(answers, name="answers", ndim=1, log=log)
    w = read_floats(weights, name="weights", ndim=1, log=log)
    check_choice(unweighted, name="unweighted", allowed=("refuse", "leave out"), log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    if not log.problems and y.size != w.size:
        log.add(f"has {w.size} values for {y.size} people", column="weights", allowed="one per person")
    if bool((w < 0).any()):
        log.add(f"is below zero at {name_positions(w < 0)}", column="weights", allowed="0 or more")
    log.raise_as(UsageError)
    answered, weighted = ~np.isnan(y), ~np.isnan(w)
    stray = answered & ~weighted
    if stray.any() and unweighted == "refuse":
        log.add(
            f"is missing for people who answered, at {name_positions(stray)}",
            column="weights",
            allowed="a weight for everybody who answered",
            mend="find the weight, or leave these people out and say so",
        )
    log.raise_as(UsageError)
    used = answered & weighted
    n, total = int(used.sum()), float(w[used].sum())
    base = WeightedMean(
        name="weighted mean",
        conf_level=conf_level,
        n=n,
        n_missing={
            "answer missing": int(np.sum(~answered & weighted)),
            "weight missing": int(stray.sum()),
            "both missing": int(np.sum(~answered & ~weighted)),
        },
        n_rows=int(y.size),
        n_answered=int(answered.sum()),
        reason="" if total > 0 else undefined("nobody who answered has a weight above zero"),
        reference=REFERENCE,
    )
    return base if total == 0 else _estimate(y[used], w[used], base=base, all_weight=float(w[weighted].sum()))


def _estimate(y: FloatArray, w: FloatArray, *, base: WeightedMean, all_weight: float) -> WeightedMean:
    total = float(w.sum())
    mean, n = float(w @ y) / total, int(np.sum(w > 0))
    error = half = None
    if n > 1:
        error = sqrt(n / (n - 1)) * float(np.linalg.norm(w * (y - mean))) / total
        half = float(stats.t.isf((1 - base.conf_level) / 2, n - 1)) * error
    values = np.unique(y)
    no_width = error == 0
    return replace(
        base,
        interval_reason=undefined("everybody with a weight gave the same answer, or is the only one")
        if half is None or no_width
        else "",
        estimate=mean,
        std_error=error,
        df=float(n - 1) if n > 1 else None,
        df_method="people with a weight above zero - 1",
        conf_low=None if half is None or no_width else mean - half,
        conf_high=None if half is None or no_width else mean + half,
        interval_method="t interval, linearised standard error, weights taken as known",
        checks=(f"people with an answer and a weight: {base.n} of {base.n_rows}",),
        unweighted=float(y.mean()),
        effective_n=effective_size(w),
        missing_share=1 - total / all_weight,
        values=tuple(float(value) for value in values),
        shares=tuple(float(w[y == value].sum() / total) for value in values),
    )
