"""The bootstrap's core: resamples as counts times sums, BCa, percentile and bootstrap-t limits from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy import special

from toolkit.stats.arrays import FloatArray
from toolkit.stats.groups import IntArray

ChangeStatistic: TypeAlias = Literal["mean_change", "d_z", "d_av", "d_pre"]
STATISTICS: tuple[ChangeStatistic, ...] = ("mean_change", "d_z", "d_av", "d_pre")
BootstrapMethod: TypeAlias = Literal["bca", "percentile"]

# A resampled variance below this share of the sample's is zero but for rounding.
ZERO_SHARE = 1e-12

# Resampled values this close to the estimate are ties: rounding of answers such as 3.2 leaves that much.
TIE_SHARE = 1e-8

# Few large products: many small ones lose time where the threads of a product wait for one another.
CHUNK_CELLS = 4_000_000

# Sums that a statistic needs, in this order: count, changes d, then squares of what it divides by.
SUMS: dict[ChangeStatistic, tuple[str, ...]] = {
    "mean_change": ("1", "d"),
    "d_z": ("1", "d", "dd"),
    "d_pre": ("1", "d", "x", "xx"),
    "d_av": ("1", "d", "x", "xx", "y", "yy"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a set of resamples says of one statistic.

    Attributes
    ----------
    low, high : float or None
        Interval; None where too few resamples have a value.
    std_error : float or None
        SD of the resampled values.
    z0, acceleration : float or None
        BCa's correction for bias, ties counted half, and for skewness.
    n_undefined : int
        Resamples without a value, left out.
    """

    low: float | None
    high: float | None
    std_error: float | None
    z0: float | None
    acceleration: float | None
    n_undefined: int


def unit_sums(pre: FloatArray, post: FloatArray, *, statistic: ChangeStatistic, centred: bool = False) -> FloatArray:
    """Return the sums that each person adds, shape (people, outcomes, sums); gaps add nothing.

    Notes
    -----
    Values are taken from their means first, and the mean change is put back by `change_statistic`'s `origin`, so
    that no digits are lost in the squares; `centred` says that this has been done.
    """
    known = ~np.isnan(pre) & ~np.isnan(post)
    origin_pre, origin_post = (np.zeros(1), np.zeros(1)) if centred else origins(pre, post)
    x = np.where(known, pre - origin_pre, 0.0)
    y = np.where(known, post - origin_post, 0.0)
    d = y - x
    columns = {"1": known.astype(np.float64), "d": d, "x": x, "y": y}
    parts = []
    for name in SUMS[statistic]:
        parts.append(columns[name] if name in columns else columns[name[0]] ** 2)
    return np.stack(parts, axis=-1)


def origins(pre: FloatArray, post: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the means of pre and of post over the complete pairs of each outcome; 0 where there are none."""
    known = ~np.isnan(pre) & ~np.isnan(post)
    n = np.maximum(known.sum(axis=0), 1)
    return np.where(known, pre, 0.0).sum(axis=0) / n, np.where(known, post, 0.0).sum(axis=0) / n


def change_statistic(sums: FloatArray, *, statistic: ChangeStatistic, origin: FloatArray) -> FloatArray:
    """Return the statistic of each set of sums; NaN where it is undefined.

    Parameters
    ----------
    sums : numpy.ndarray
        Shape (..., outcomes, sums), as `unit_sums` adds them.
    statistic : {"mean_change", "d_z", "d_av", "d_pre"}
        Which one.
    origin : numpy.ndarray
        Mean change that was taken off, one per outcome.

    Returns
    -------
    numpy.ndarray
        Shape (..., outcomes).
    """
    n = sums[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[..., 1] / n
        change = origin + mean
        if statistic == "mean_change":
            return np.where(n > 0, change, np.nan)
        if statistic == "d_z":
            variance = (sums[..., 2] - n * mean**2) / (n - 1)
            whole = sums[..., 2] / n
        elif statistic == "d_pre":
            variance = (sums[..., 3] - sums[..., 2] ** 2 / n) / (n - 1)
            whole = sums[..., 3] / n
        else:
            squares = sums[..., 3] + sums[..., 5]
            variance = (squares - (sums[..., 2] ** 2 + sums[..., 4] ** 2) / n) / (2 * (n - 1))
            whole = squares / n
        defined = (n > 1) & (variance > ZERO_SHARE * whole)
        return np.where(defined, change / np.sqrt(np.where(defined, variance, 1.0)), np.nan)


def draw_counts(n_units: int, n_resamples: int, *, rng: np.random.Generator) -> FloatArray:
    """Return how often each unit is drawn in each resample, shape (resamples, units)."""
    # numpy draws 16-bit numbers several times faster than 8-bit ones.
    kind = np.uint16 if n_units <= 65536 else np.int64
    drawn = rng.integers(0, n_units, size=(n_resamples, n_units), dtype=kind)
    cells = np.add(drawn, np.arange(n_resamples)[:, None] * n_units, dtype=np.int64)
    counts = np.bincount(cells.ravel(), minlength=n_resamples * n_units)
    return counts.reshape(n_resamples, n_units).astype(np.float64)


def resample_sums(units: FloatArray, n_resamples: int, *, rng: np.random.Generator) -> FloatArray:
    """Return the sums of every resample, shape (resamples, ...), as counts times the sums of the units."""
    n_units = units.shape[0]
    flat = units.reshape(n_units, -1)
    rows = max(1, CHUNK_CELLS // n_units)
    parts = [
        draw_counts(n_units, min(rows, n_resamples - start), rng=rng) @ flat for start in range(0, n_resamples, rows)
    ]
    return np.concatenate(parts).reshape(n_resamples, *units.shape[1:])


def find_limits(
    estimate: float,
    resampled: FloatArray,
    *,
    jackknife: FloatArray,
    conf_level: float,
    method: BootstrapMethod,
    repeats: FloatArray | None = None,
) -> Limits:
    """Return the limits of one statistic.

    Parameters
    ----------
    estimate : float
        Of the sample.
    resampled : numpy.ndarray
        One value per resample; NaN where it is undefined.
    jackknife : numpy.ndarray
        Value without each unit.
    conf_level : float
        Level of the interval.
    method : {"bca", "percentile"}
        Bias-corrected and accelerated, or plain quantiles.
    repeats : numpy.ndarray or None
        How many units each jackknife value stands for; None for one each.

    Returns
    -------
    Limits
        Limits, standard error, corrections and the number left out.
    """
    finite = resampled[np.isfinite(resampled)]
    n_undefined = int(resampled.size - finite.size)
    tail = (1 - conf_level) / 2
    if finite.size < 2 / tail:
        return Limits(low=None, high=None, std_error=None, z0=None, acceleration=None, n_undefined=n_undefined)
    spread = float(finite.std(ddof=1))
    levels: tuple[float, float] = (tail, 1 - tail)
    z0 = acceleration = None
    if method == "bca":
        slack = TIE_SHARE * max(abs(estimate), spread)
        below = int(np.sum(finite < estimate - slack))
        ties = int(np.sum(finite <= estimate + slack)) - below
        share = (below + ties / 2) / finite.size
        acceleration = find_acceleration(jackknife, repeats=repeats)
        if not 0 < share < 1 or acceleration is None:
            return Limits(low=None, high=None, std_error=spread, z0=None, acceleration=None, n_undefined=n_undefined)
        z0 = float(special.ndtri(share))
        levels = bca_levels(z0, acceleration, tail=tail)
    low, high = np.quantile(finite, levels)
    return Limits(
        low=float(low), high=float(high), std_error=spread, z0=z0, acceleration=acceleration, n_undefined=n_undefined
    )


def find_acceleration(jackknife: FloatArray, *, repeats: FloatArray | None = None) -> float | None:
    """Return BCa's acceleration from the values without each unit; None where one of them is undefined."""
    weights = np.ones(jackknife.size) if repeats is None else repeats
    used = weights > 0
    values, weights = jackknife[used], weights[used]
    if values.size == 0 or not bool(np.isfinite(values).all()):
        return None
    apart = float(weights @ values) / float(weights.sum()) - values
    squares = float(weights @ apart**2)
    scale = float(np.abs(values).max())
    if squares <= (1e-14 * scale) ** 2 * weights.sum():
        return 0.0
    return float(weights @ apart**3) / (6 * float(squares**1.5))


def bca_levels(z0: float, acceleration: float, *, tail: float) -> tuple[float, float]:
    """Return the two quantile levels of BCa.

    Examples
    --------
    >>> bca_levels(0.0, 0.0, tail=0.025)
    (0.025, 0.975)
    """
    found = []
    for z in (float(special.ndtri(tail)), -float(special.ndtri(tail))):
        moved = z0 + z
        found.append(float(special.ndtr(z0 + moved / (1 - acceleration * moved))))
    return round(found[0], 15), round(found[1], 15)


def add_by_cluster(units: FloatArray, codes: IntArray, *, n_clusters: int) -> FloatArray:
    """Return the sums of the clusters, shape (clusters, ...), from those of their people."""
    flat = units.reshape(units.shape[0], -1)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(n_clusters))
    return np.add.reduceat(flat[order], starts, axis=0).reshape(n_clusters, *units.shape[1:])
