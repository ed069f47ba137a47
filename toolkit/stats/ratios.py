"""A ratio of sums over clusters, with a bootstrap-t interval."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.core.errors import Problem, UsageError

MIN_CLUSTERS = 6
LOG_SPREAD_LIMIT = 0.75  # Between the spreads 0.6 and 0.9 of the coverage table, docs/roi.md.
SKEWNESS_LIMIT = 1.5
DEFAULT_RESAMPLES = 4999
_CHUNK = 1_000_000
_LEAST_USABLE = 0.95
_ZERO_ERROR = 1e-12
SKEWNESS_WARNING = "skewed: a few hosts are far larger than the others, and the interval may be too narrow"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioOfSums:
    """A ratio of two sums over clusters.

    Parameters
    ----------
    estimate : float or None
        ``sum(numerator) / sum(denominator)``; None where the denominator is zero or less.
    std_error : float or None
        Linearised standard error; None for fewer than two clusters.
    conf_level : float
        Level of the interval.
    conf_low, conf_high : float or None
        Bootstrap-t limits; None with too few clusters.
    n : int
        Clusters.
    reason : str
        Why there is no interval or no ratio, or "".
    warnings : tuple of str
        What makes the interval doubtful.
    method, reference : str
        How it was computed, and the source.
    """

    estimate: float | None
    std_error: float | None
    conf_level: float
    conf_low: float | None
    conf_high: float | None
    n: int
    reason: str
    warnings: tuple[str, ...]
    method: str
    reference: str


def ratio_of_sums(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    conf_level: float = 0.95,
    n_resamples: int = DEFAULT_RESAMPLES,
    seed: int = 0,
) -> RatioOfSums:
    """Estimate a ratio of sums over clusters, such as benefits over costs of hosts.

    Parameters
    ----------
    numerator, denominator : array_like of float, (n,)
        One value per cluster, in the same order.
    conf_level : float
        Level of the interval, between 0 and 1.
    n_resamples : int
        Bootstrap samples, 999 or more.
    seed : int
        Seed of the resampling, 0 or more.

    Returns
    -------
    RatioOfSums
        Ratio of the sums, never the mean of the clusters' ratios; no interval for fewer than six clusters.

    Raises
    ------
    UsageError
        The arrays differ in length or hold what is not finite, or an option is out of range.

    Notes
    -----
    With residuals ``e_i = x_i - R y_i``, the linearised standard error is
    ``sqrt(n / (n - 1) sum e_i^2) / sum y_i``. Clusters are drawn with replacement and R and its error computed
    anew; the quantile at the level of ``|R* - R| / se*`` gives the limits (symmetric bootstrap-t). Where no
    value is below zero this is done on the logarithm of R, whose error is ``se / R``.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 12.5; Hall (1988), Journal of the
    Royal Statistical Society B 50(1), 35-45; Cochran (1977), Sampling Techniques, 3rd ed., equation 6.13.

    Examples
    --------
    >>> result = ratio_of_sums([3, 5, 4, 6, 5, 4], [4, 6, 6, 7, 5, 6])
    >>> round(result.estimate, 4)
    0.7941
    >>> ratio_of_sums([3, 5], [4, 6]).reason
    'too few hosts for an interval'
    """
    above, below = (np.asarray(values, dtype=np.float64) for values in (numerator, denominator))
    _check_input(above, below, conf_level, n_resamples, seed)
    n = len(above)
    empty = RatioOfSums(
        estimate=None,
        std_error=None,
        conf_level=conf_level,
        conf_low=None,
        conf_high=None,
        n=n,
        reason="ratio undefined: the sum below the line is not above zero",
        warnings=(),
        method=f"ratio of sums, symmetric bootstrap-t over hosts, {n_resamples} samples",
        reference="Hall (1988); Efron and Tibshirani (1993), section 12.5; Cochran (1977), equation 6.13",
    )
    if n == 0 or below.sum() <= 0:
        return empty
    ratio = float(above.sum() / below.sum())
    error = float(_linearised_error(above[None], below[None])[0]) if n > 1 else None
    found = replace(empty, estimate=ratio, std_error=error, reason="")
    if n < MIN_CLUSTERS or error is None:
        return replace(found, reason="too few hosts for an interval")
    if error <= _ZERO_ERROR * abs(ratio):
        return replace(found, reason="no interval: every host has the same ratio")
    limits = _bootstrap_limits(above, below, ratio, error, conf_level=conf_level, n_resamples=n_resamples, seed=seed)
    if limits is None:
        return replace(found, reason="no interval: too many of the resamples have no ratio")
    skewed = _is_skewed(above) or _is_skewed(below)
    return replace(found, conf_low=limits[0], conf_high=limits[1], warnings=(SKEWNESS_WARNING,) if skewed else ())


def _check_input(
    above: NDArray[np.float64], below: NDArray[np.float64], conf_level: float, n_resamples: int, seed: int
) -> None:
    if above.ndim != 1 or above.shape != below.shape:
        raise UsageError(Problem(what="numerator and denominator are not two rows of equal length"))
    if not (np.isfinite(above).all() and np.isfinite(below).all()):
        raise UsageError(
            Problem(what="a value is missing or not finite", mend="leave out the cluster or give its value")
        )
    if not 0 < conf_level < 1 or n_resamples < 999 or seed < 0:
        raise UsageError(
            Problem(
                what="an option is out of range", allowed="0 < conf_level < 1, n_resamples 999 or more, seed 0 or more"
            )
        )


def _linearised_error(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard error of the ratio of each row's sums; nan where the sum below is not above zero."""
    n = above.shape[-1]
    total = below.sum(axis=-1)
    ratio = np.full(total.shape, np.nan)
    np.divide(above.sum(axis=-1), total, out=ratio, where=total > 0)
    residual = above - ratio[..., None] * below
    return np.asarray(np.sqrt(n / (n - 1) * (residual**2).sum(axis=-1)) / np.where(total > 0, total, np.nan))


def _bootstrap_limits(
    above: NDArray[np.float64],
    below: NDArray[np.float64],
    ratio: float,
    error: float,
    *,
    conf_level: float,
    n_resamples: int,
    seed: int,
) -> tuple[float, float] | None:
    """Return the limits from the quantile of the size of t* over resamples."""
    rng = np.random.default_rng(seed)
    n = len(above)
    logarithmic = ratio > 0 and above.min() >= 0 and below.min() >= 0
    sizes: list[NDArray[np.float64]] = []
    left = n_resamples
    while left > 0:
        rows = min(left, max(1, _CHUNK // n))
        left -= rows
        chosen = rng.integers(0, n, size=(rows, n))
        top, bottom = above[chosen], below[chosen]
        errors = _linearised_error(top, bottom)
        sums = bottom.sum(axis=-1)
        usable = (sums > 0) & (errors > 1e-9 * error)
        if logarithmic:
            usable &= top.sum(axis=-1) > 0
        again = top.sum(axis=-1)[usable] / sums[usable]
        if logarithmic:
            sizes.append(np.abs(np.log(again / ratio)) * again / errors[usable])
        else:
            sizes.append(np.abs(again - ratio) / errors[usable])
    found = np.concatenate(sizes)
    if len(found) < _LEAST_USABLE * n_resamples:
        return None
    width = float(np.quantile(found, conf_level)) * error
    if logarithmic:
        return ratio * float(np.exp(-width / ratio)), ratio * float(np.exp(width / ratio))
    return ratio - width, ratio + width


def _is_skewed(values: NDArray[np.float64]) -> bool:
    if (values > 0).all():
        return float(np.log(values).std(ddof=1)) > LOG_SPREAD_LIMIT
    spread = float(values.std())
    return spread > 0 and abs(float(((values - values.mean()) ** 3).mean())) / spread**3 > SKEWNESS_LIMIT
