"""The wild cluster bootstrap for few clusters: every sign vector counted where that can be done."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import sqrt
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between
from toolkit.stats.cluster_robust import ClusteredFit

Weights: TypeAlias = Literal["auto", "rademacher", "webb"]

MOST_ENUMERATED = 4096
"""Sign vectors up to which all are counted: 12 clusters."""

MOST_WEBB_ENUMERATED = 6**5
FEWEST_DISTINCT = 100
"""Values of |t*| that signs must be able to give; under it Webb's weights are taken."""

MOST_DRAWS = 1_000_000
SAME_T = 1e-9
"""Relative difference below which two t values are ties; rounding would break them at random."""

WEBB = tuple(sign * sqrt(half / 2) for sign in (-1, 1) for half in (1, 2, 3))
DOUBLINGS = 40
BISECTIONS = 50

REFERENCE = (
    "p = share of |t*| >= |t| over sign vectors, null imposed; Cameron, Gelbach & Miller (2008), Rev. Econ. Stat. 90, "
    "414-427; six-point weights of Webb (2023), Can. J. Econ. 56, 839-858, where signs give too few values"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WildTest:
    """One coefficient tested by the wild cluster bootstrap; None stands where there is no result.

    Attributes
    ----------
    name : str
        Coefficient or contrast.
    status : {"ok", "undefined"}
        Whether there is a p value.
    reason : str
        Why not; "" when "ok".
    estimate : float
        In units of the outcome per unit of the column.
    null : float
        The value that is tested.
    statistic : float or None
        t with the CR0 error.
    p_value : float or None
        Two-sided, symmetric, ties counted against the effect; never 0.
    share_above : float or None
        The share of |t*| above |t|, ties left out; it may be 0, so it is no p value.
    conf_low, conf_high : float or None
        All values that the test does not reject; None where no value far out is rejected.
    conf_level : float
        Level of the interval, 0 to 1.
    interval_reason : str
        Why a limit is missing; "" when both are there.
    weights : {"rademacher", "webb"}
        What cluster residuals are multiplied by.
    enumerated : bool
        Whether every weight vector was counted.
    draws, n_distinct, n_undefined : int
        Weight vectors, distinct |t*| among them, and those where t* has no value.
    seed : int or None
        Of the draws; None when enumerated.
    n, n_clusters : int
        Rows and clusters.
    warnings : tuple of str
        What a reader must know while the result stays valid.
    reference : str
        Formula and source.
    """

    name: str
    status: Literal["ok", "undefined"]
    reason: str
    estimate: float
    null: float
    statistic: float | None
    p_value: float | None
    share_above: float | None
    conf_low: float | None
    conf_high: float | None
    conf_level: float
    interval_reason: str
    weights: Literal["rademacher", "webb"]
    enumerated: bool
    draws: int
    n_distinct: int
    n_undefined: int
    seed: int | None
    n: int
    n_clusters: int
    warnings: tuple[str, ...]
    reference: str = REFERENCE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """What t* needs of each cluster, at the null of zero distance and per unit of distance from the estimate."""

    scores: FloatArray
    carried: FloatArray
    share: FloatArray
    inverse_row: FloatArray
    spread: float
    estimate: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Draws:
    vectors: FloatArray
    weights: Literal["rademacher", "webb"]
    enumerated: bool


def bootstrap_wild(
    fit: ClusteredFit,
    contrast: ArrayLike | str,
    *,
    null: float = 0.0,
    weights: Weights = "auto",
    draws: int = 9999,
    seed: int = 1,
    conf_level: float = 0.95,
    interval: bool = True,
) -> WildTest:
    """Test one coefficient or contrast by the wild cluster bootstrap with the null imposed.

    Parameters
    ----------
    fit : ClusteredFit
        From `fit_clustered`.
    contrast : str or array_like, shape (p,)
        Name of a coefficient, or a contrast of all.
    null : float
        The value that is tested.
    weights : {"auto", "rademacher", "webb"}
        "auto" takes signs, or Webb's weights where signs give under 100 values of |t*|.
    draws : int
        Weight vectors drawn where they cannot all be counted, 99 to 1,000,000.
    seed : int
        Of those draws, 0 or more.
    conf_level : float
        Level of the interval, above 0 and below 1.
    interval : bool
        Whether to invert the test into an interval.

    Returns
    -------
    WildTest
        Test and interval.

    Raises
    ------
    UsageError
        An unknown coefficient, a contrast of another width, draws, seed or level out of bounds.

    Notes
    -----
    Up to 12 clusters all ``2^m`` Rademacher sign vectors are counted, the identity among them, so that the
    smallest p is ``2 / 2^m``. Below eight clusters they give under 100 values of |t*|: then Webb's six-point weights
    are taken, all ``6^m`` up to five clusters. Drawn vectors give ``(b + 1) / (B + 1)``.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. & Miller, D. L. (2008). Bootstrap-based improvements for inference with
    clustered errors. Review of Economics and Statistics, 90, 414-427.

    Examples
    --------
    >>> from toolkit.stats.cluster_robust import fit_clustered
    >>> wave = [0, 1] * 8
    >>> y = [1, 2, 4, 3, 6, 8, 2, 4, 5, 5, 3, 6, 2, 3, 4, 6]
    >>> fit = fit_clustered(y, {"wave": wave}, cluster=[host for host in range(8) for _ in range(2)])
    >>> test = bootstrap_wild(fit, "wave")
    >>> test.draws, test.p_value
    (256, 0.0625)
    """
    row = _read_arguments(fit, contrast, weights=weights, draws=draws, seed=seed, conf_level=conf_level, null=null)
    sums = _prepare(fit, row)
    name = contrast if isinstance(contrast, str) else "contrast"
    chosen = _draw(fit.n_clusters, weights=weights, draws=draws, seed=seed)
    observed = _statistics(sums, np.ones((1, fit.n_clusters)), null=null)[0]
    if not np.isfinite(observed):
        return _undefined(fit, sums, chosen, name=name, null=null, conf_level=conf_level)
    found = _statistics(sums, chosen.vectors, null=null)
    above, ties = _exceed(found, observed)
    low, high, reason = None, None, "not asked for"
    if interval:
        low, high, reason = _invert(sums, chosen, alpha=1 - conf_level, scale=_error(sums, fit))
    return WildTest(
        name=name,
        status="ok",
        reason="",
        estimate=sums.estimate,
        null=float(null),
        statistic=float(observed),
        p_value=_p_value(above + ties, chosen),
        share_above=above / chosen.vectors.shape[0],
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        interval_reason=reason,
        weights=chosen.weights,
        enumerated=chosen.enumerated,
        draws=int(chosen.vectors.shape[0]),
        n_distinct=_count_distinct(found),
        n_undefined=int(np.sum(~np.isfinite(found))),
        seed=None if chosen.enumerated else seed,
        n=fit.n,
        n_clusters=fit.n_clusters,
        warnings=_warnings(fit, found),
    )


def _warnings(fit: ClusteredFit, found: FloatArray) -> tuple[str, ...]:
    warnings = []
    undefined = int(np.sum(~np.isfinite(found)))
    if undefined:
        warnings.append(f"{undefined} of {found.size} weight vectors give no t; they count against the effect")
    distinct = _count_distinct(found)
    if distinct < FEWEST_DISTINCT:
        warnings.append(f"{fit.n_clusters} clusters give {distinct} distinct values: p moves in large steps")
    return tuple(warnings)


def _read_arguments(
    fit: ClusteredFit,
    contrast: ArrayLike | str,
    *,
    weights: Weights,
    draws: int,
    seed: int,
    conf_level: float,
    null: float,
) -> FloatArray:
    log = ProblemLog()
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    if weights not in get_args(Weights):
        log.add("is not known", column="weights", allowed=", ".join(get_args(Weights)))
    if not isinstance(draws, int) or not 99 <= draws <= MOST_DRAWS:
        log.add("is not in range", column="draws", allowed=f"a whole number from 99 to {MOST_DRAWS:,}")
    if not isinstance(seed, int) or seed < 0:
        log.add("is not a seed", column="seed", allowed="a whole number, 0 or more")
    if not np.isfinite(null):
        log.add("is not finite", column="null", allowed="a finite number")
    row = np.zeros(len(fit.names))
    if isinstance(contrast, str):
        if contrast in fit.names:
            row[fit.names.index(contrast)] = 1.0
        else:
            log.add(f"names no coefficient: {contrast}", column="contrast", allowed=", ".join(fit.names))
    else:
        given = np.asarray(contrast, dtype=np.float64)
        if given.shape != row.shape or not np.isfinite(given).all() or not given.any():
            log.add(
                f"has the shape {given.shape}",
                column="contrast",
                allowed=f"{row.size} finite numbers, not all of them zero",
            )
        else:
            row = given
    log.raise_as(UsageError)
    return row


def _prepare(fit: ClusteredFit, contrast: FloatArray) -> _Sums:
    scale = float(fit.columns.scale[-1])
    own = contrast @ fit.columns.back
    direction = fit.inverse @ own
    carried = fit.grams @ direction
    return _Sums(
        scores=fit.scores * scale,
        carried=carried,
        share=carried @ fit.inverse,
        inverse_row=direction,
        spread=float(own @ direction),
        estimate=float(contrast @ fit.coefficients),
    )


def _error(sums: _Sums, fit: ClusteredFit) -> float:
    parts = sums.scores @ sums.inverse_row
    return sqrt(float(parts @ parts)) or fit.residual_sd


def _statistics(sums: _Sums, vectors: FloatArray, *, null: float) -> FloatArray:
    """Return t* of every weight vector; NaN where its error is zero."""
    scores = sums.scores + sums.carried * ((sums.estimate - null) / sums.spread)
    own = scores @ sums.inverse_row
    numerators = vectors @ own
    parts = vectors * own - (vectors @ scores) @ sums.share.T
    errors = np.sqrt(np.einsum("bm,bm->b", parts, parts))
    size = float(np.abs(own).sum()) * float(np.abs(vectors).max())
    usable = errors > SAME_T * size if size > 0 else np.zeros(errors.size, dtype=bool)
    # The restricted estimate stands in the null's place: t* is the distance from it.
    return np.where(usable, numerators / np.where(usable, errors, 1.0), np.nan)


def _exceed(found: FloatArray, observed: float) -> tuple[int, int]:
    """How many |t*| are above |t|, and how many tie; a t* without a value counts as a tie."""
    size = abs(observed)
    gap = SAME_T * max(size, 1e-300)
    sizes = np.abs(found)
    above = int(np.sum(sizes > size + gap))
    ties = int(np.sum(np.abs(sizes - size) <= gap)) + int(np.sum(np.isnan(found)))
    return above, ties


def _p_value(at_least: int, chosen: _Draws) -> float:
    total = int(chosen.vectors.shape[0])
    return at_least / total if chosen.enumerated else float((at_least + 1) / (total + 1))


def _count_distinct(found: FloatArray) -> int:
    sizes = np.sort(np.abs(found[np.isfinite(found)]))
    if not sizes.size:
        return 0
    return 1 + int(np.sum(np.diff(sizes) > SAME_T * np.maximum(sizes[1:], 1e-300)))


def _draw(m: int, *, weights: Weights, draws: int, seed: int) -> _Draws:
    rng = np.random.default_rng(seed)
    # A sign vector and its opposite give one |t*|, so that m clusters give 2^(m-1) values at most.
    if weights == "rademacher" or (weights == "auto" and 2 ** (m - 1) >= FEWEST_DISTINCT):
        if 2**m > MOST_ENUMERATED:
            return _Draws(vectors=rng.choice([-1.0, 1.0], size=(draws, m)), weights="rademacher", enumerated=False)
        signs = np.array(list(product((-1.0, 1.0), repeat=m)))
        return _Draws(vectors=signs, weights="rademacher", enumerated=True)
    if 6**m <= MOST_WEBB_ENUMERATED:
        return _Draws(vectors=np.array(list(product(WEBB, repeat=m))), weights="webb", enumerated=True)
    return _Draws(vectors=rng.choice(WEBB, size=(draws, m)), weights="webb", enumerated=False)


def _invert(sums: _Sums, chosen: _Draws, *, alpha: float, scale: float) -> tuple[float | None, float | None, str]:
    """Find the values on both sides where the test begins to reject."""

    def keeps(value: float) -> bool:
        observed = _statistics(sums, np.ones((1, chosen.vectors.shape[1])), null=value)[0]
        if not np.isfinite(observed):
            return True
        above, ties = _exceed(_statistics(sums, chosen.vectors, null=value), observed)
        return _p_value(above + ties, chosen) > alpha

    limits: list[float | None] = []
    for side in (-1.0, 1.0):
        inner, step = 0.0, 1.0
        for _ in range(DOUBLINGS):
            if not keeps(sums.estimate + side * scale * step):
                break
            inner, step = step, step * 2
        else:
            limits.append(None)
            continue
        for _ in range(BISECTIONS):
            middle = (inner + step) / 2
            inner, step = (middle, step) if keeps(sums.estimate + side * scale * middle) else (inner, middle)
        limits.append(sums.estimate + side * scale * inner)
    reason = "" if None not in limits else "with so few clusters no value, however far, is rejected at this level"
    return limits[0], limits[1], reason


def _undefined(
    fit: ClusteredFit, sums: _Sums, chosen: _Draws, *, name: str, null: float, conf_level: float
) -> WildTest:
    return WildTest(
        name=name,
        status="undefined",
        reason="the clusters' residuals leave no error to divide by",
        estimate=sums.estimate,
        null=float(null),
        statistic=None,
        p_value=None,
        share_above=None,
        conf_low=None,
        conf_high=None,
        conf_level=conf_level,
        interval_reason="there is no test to invert",
        weights=chosen.weights,
        enumerated=chosen.enumerated,
        draws=int(chosen.vectors.shape[0]),
        n_distinct=0,
        n_undefined=int(chosen.vectors.shape[0]),
        seed=None,
        n=fit.n,
        n_clusters=fit.n_clusters,
        warnings=(),
    )
