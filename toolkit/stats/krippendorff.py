"""Krippendorff's alpha: agreement of any number of raters with gaps, by the level of the scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, check_choice, check_count, read_floats
from toolkit.stats.results import Estimate, undefined

Metric: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]
METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval", "ratio")

CHUNK_CELLS = 4_000_000

REFERENCE = (
    "alpha = 1 - observed / expected disagreement, from the coincidence matrix; Krippendorff (2011), Computing "
    "Krippendorff's alpha-reliability; interval by resampling units (percentile)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KrippendorffAlpha(Estimate):
    """Krippendorff's alpha, at most 1; 0 is agreement by chance.

    Attributes
    ----------
    metric : {"nominal", "ordinal", "interval", "ratio"}
        Level of the scale.
    n_values : int
        Ratings of units that at least two raters rated.
    n_resamples, n_undefined : int
        Resamples drawn, and those among them without variation, which have no alpha and are left out.
    """

    metric: Metric
    n_values: int = 0
    n_resamples: int = 0
    n_undefined: int = 0


def krippendorff_alpha(
    ratings: ArrayLike,
    *,
    metric: Metric,
    conf_level: float = 0.95,
    n_resamples: int = 2000,
    seed: int = 0,
) -> KrippendorffAlpha:
    """Estimate Krippendorff's alpha with a bootstrap interval over units.

    Parameters
    ----------
    ratings : array_like
        One row per rater, one column per unit; numbers (codes when nominal); NaN is missing.
    metric : {"nominal", "ordinal", "interval", "ratio"}
        Level of the scale.
    conf_level : float
        Level of the interval, above 0 and below 1.
    n_resamples : int
        Bootstrap resamples of units, 0 or more; 0 gives no interval.
    seed : int
        Of the resamples, 0 or more.

    Returns
    -------
    KrippendorffAlpha
        Alpha and its percentile interval; `n` counts units with two or more ratings.

    Raises
    ------
    UsageError
        Not two-dimensional, not numbers, negative values with the ratio metric, a wrong metric, count or seed.

    Notes
    -----
    Each unit with m ratings adds every ordered pair of them, weighted ``1/(m-1)``, to the coincidence matrix.
    Resampling units keeps the raters and needs no loop: it is a matrix product of counts and unit matrices.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability, University of Pennsylvania.

    Examples
    --------
    >>> result = krippendorff_alpha([[1, 2, 3, 3], [1, 2, 3, 4]], metric="ordinal", n_resamples=200)
    >>> round(result.estimate, 3)
    0.91
    """
    log = ProblemLog()
    table = read_floats(ratings, name="ratings", ndim=2, log=log)
    check_choice(metric, name="metric", allowed=METRICS, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    check_count(n_resamples, name="n_resamples", low=0, log=log)
    check_count(seed, name="seed", low=0, log=log)
    if metric == "ratio" and bool((table < 0).any()):
        log.add("holds values below zero", column="ratings", allowed="0 and above with the ratio metric")
    log.raise_as(UsageError)
    answered = (~np.isnan(table)).sum(axis=0) if table.size else np.zeros(0)
    paired = table[:, answered >= 2]
    n = int(paired.shape[1])
    missing = {"rated by fewer than two": int(table.shape[1] - n)}
    values = np.unique(paired[~np.isnan(paired)])
    if n == 0 or values.size < 2:
        why = "no unit has two ratings" if n == 0 else "all ratings are the same: there is nothing to agree about"
        return KrippendorffAlpha(
            name="Krippendorff's alpha",
            reason=undefined(why),
            conf_level=conf_level,
            n=n,
            n_missing=missing,
            metric=metric,
            seed=seed,
            reference=REFERENCE,
        )
    units = _unit_coincidences(paired, values)
    (estimate,) = _alphas(units.sum(axis=0)[None], values, metric=metric)
    low, high, n_undefined = _interval(
        units, values, metric=metric, conf_level=conf_level, n_resamples=n_resamples, seed=seed
    )
    return KrippendorffAlpha(
        name="Krippendorff's alpha",
        interval_reason="" if low is not None else undefined("there are no resamples, or all give one value"),
        estimate=float(estimate),
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        interval_method="percentile bootstrap over units",
        n=n,
        n_missing=missing,
        metric=metric,
        n_values=int(np.sum(~np.isnan(paired))),
        n_resamples=n_resamples,
        n_undefined=n_undefined,
        checks=(f"units with two or more ratings: {n}", f"different values: {values.size}"),
        warnings=(f"{n_undefined} of {n_resamples} resamples had no variation and were left out",)
        if n_undefined
        else (),
        seed=seed,
        reference=REFERENCE,
    )


def _unit_coincidences(paired: FloatArray, values: FloatArray) -> FloatArray:
    """One coincidence matrix per unit, shape (units, values, values)."""
    counts = np.stack([(paired == value).sum(axis=0) for value in values], axis=1).astype(np.float64)
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(values.size)
    pairs[:, diagonal, diagonal] -= counts
    weighted: FloatArray = pairs / (counts.sum(axis=1) - 1)[:, None, None]
    return weighted


def _alphas(coincidences: FloatArray, values: FloatArray, *, metric: Metric) -> FloatArray:
    """Alpha of each coincidence matrix; NaN where nothing varies."""
    margins = coincidences.sum(axis=2)
    total = margins.sum(axis=1)
    apart = _disagreement(margins, values, metric=metric)
    observed = (coincidences * apart).sum(axis=(1, 2))
    expected = np.einsum("bi,bij,bj->b", margins, np.broadcast_to(apart, coincidences.shape), margins)
    alphas = np.full(total.shape, np.nan)
    varies = expected > 0
    alphas[varies] = 1 - (total[varies] - 1) * observed[varies] / expected[varies]
    return alphas


def _disagreement(margins: FloatArray, values: FloatArray, *, metric: Metric) -> FloatArray:
    """Squared distance of every pair of values, shape (1 or resamples, values, values)."""
    gap = values[:, None] - values[None, :]
    if metric == "nominal":
        differs: FloatArray = (gap != 0).astype(np.float64)[None]
        return differs
    if metric == "interval":
        squared_gap: FloatArray = np.square(gap)[None]
        return squared_gap
    if metric == "ratio":
        both = values[:, None] + values[None, :]
        relative: FloatArray = np.divide(gap, both, out=np.zeros_like(gap), where=both != 0)
        squares: FloatArray = np.square(relative)[None]
        return squares
    middle = np.cumsum(margins, axis=1) - margins / 2
    squared: FloatArray = (middle[:, :, None] - middle[:, None, :]) ** 2
    return squared


def _interval(
    units: FloatArray, values: FloatArray, *, metric: Metric, conf_level: float, n_resamples: int, seed: int
) -> tuple[float | None, float | None, int]:
    if n_resamples == 0:
        return None, None, 0
    n = units.shape[0]
    flat = units.reshape(n, -1)
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK_CELLS // flat.shape[1])
    found = []
    for start in range(0, n_resamples, rows):
        size = min(rows, n_resamples - start)
        counts = rng.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)
        resampled = (counts @ flat).reshape(size, values.size, values.size)
        found.append(_alphas(resampled, values, metric=metric))
    alphas = np.concatenate(found)
    usable = alphas[~np.isnan(alphas)]
    if not usable.size:
        return None, None, n_resamples
    tail = (1 - conf_level) / 2
    low, high = np.quantile(usable, [tail, 1 - tail])
    if low == high:
        return None, None, int(n_resamples - usable.size)
    return float(low), float(high), int(n_resamples - usable.size)
