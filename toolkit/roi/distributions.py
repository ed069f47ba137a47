"""Distributions of what is not known exactly: PERT, beta, gamma, lognormal, and their moments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.interpolate import CubicSpline

from toolkit.core.errors import Problem, UsageError

Family = Literal["fixed", "pert", "beta", "gamma", "lognormal"]

PERT_LAMBDA = 4.0
_Z_LIMIT = 6.0  # Beyond six standard deviations lies 2e-9 of a normal: never met in 10,000 draws.
_KNOTS = 4097
_SPLINE_KNOTS = 601
_SHAPES = 129
_LEAST_GAMMA_SHAPE = 0.5  # Flatter ones are read from their own quantiles.


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """What is known of a quantity.

    Parameters
    ----------
    family : {"fixed", "pert", "beta", "gamma", "lognormal"}
        Its kind.
    first, second, third : float
        fixed: the value. pert: low, mode, high. beta: alpha, beta. gamma: shape, scale. lognormal: mean and
        standard deviation of the logarithm.

    Notes
    -----
    Made by the functions of this file, which check what they are given.
    """

    family: Family
    first: float
    second: float = 0.0
    third: float = 0.0

    @property
    def mean(self) -> float:
        """Return the mean."""
        match self.family:
            case "fixed":
                return self.first
            case "pert":
                return (self.first + PERT_LAMBDA * self.second + self.third) / (PERT_LAMBDA + 2)
            case "beta":
                return self.first / (self.first + self.second)
            case "gamma":
                return self.first * self.second
            case "lognormal":
                return math.exp(self.first + self.second**2 / 2)

    @property
    def variance(self) -> float:
        """Return the variance.

        Notes
        -----
        PERT with lambda 4: ``(mean - low)(high - mean) / 7``, which is the variance of its beta and not the
        customary ``((high - low) / 6)^2``.
        """
        match self.family:
            case "fixed":
                return 0.0
            case "pert":
                return (self.mean - self.first) * (self.third - self.mean) / (PERT_LAMBDA + 3)
            case "beta":
                total = self.first + self.second
                return self.first * self.second / (total**2 * (total + 1))
            case "gamma":
                return self.first * self.second**2
            case "lognormal":
                return math.expm1(self.second**2) * math.exp(2 * self.first + self.second**2)

    def quantile(self, probability: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return quantiles.

        Parameters
        ----------
        probability : array of float
            Each from 0 to 1.
        """
        given = np.asarray(probability, dtype=np.float64)
        match self.family:
            case "fixed":
                return np.full(given.shape, self.first)
            case "pert":
                span = self.third - self.first
                share = (self.second - self.first) / span
                shape = special.betaincinv(1 + PERT_LAMBDA * share, 1 + PERT_LAMBDA * (1 - share), given)
                return np.asarray(self.first + span * shape, dtype=np.float64)
            case "beta":
                return np.asarray(special.betaincinv(self.first, self.second, given), dtype=np.float64)
            case "gamma":
                return np.asarray(self.second * special.gammaincinv(self.first, given), dtype=np.float64)
            case "lognormal":
                return np.asarray(np.exp(self.first + self.second * special.ndtri(given)), dtype=np.float64)

    def table(self) -> NDArray[np.float64]:
        """Return the quantiles at `normal_knots`, for drawing by linear interpolation."""
        if self.family == "lognormal":
            return np.asarray(np.exp(self.first + self.second * normal_knots()), dtype=np.float64)
        if self.family == "pert":
            span = self.third - self.first
            return self.first + span * _between(_pert_shapes(), (self.second - self.first) / span)
        if self.family == "gamma" and self.first >= _LEAST_GAMMA_SHAPE:
            width = self.first**-0.5
            root = 1 + width * _between(_gamma_roots(), width * _LEAST_GAMMA_SHAPE**0.5)
            return np.asarray(self.first * self.second * np.clip(root, 0.0, None) ** 3, dtype=np.float64)
        knots = np.linspace(-_Z_LIMIT, _Z_LIMIT, _SPLINE_KNOTS)
        return np.asarray(np.interp(normal_knots(), knots, self.quantile(special.ndtr(knots))), dtype=np.float64)


def fixed(value: float) -> Distribution:
    """Return a quantity that is known exactly.

    Raises
    ------
    UsageError
        The value is not finite.
    """
    _check(math.isfinite(value), "the value is not a finite number", "a number")
    return Distribution(family="fixed", first=value)


def pert(limits: tuple[float, float, float]) -> Distribution:
    """Return the PERT distribution (lambda 4) of an expert's range; a range of no width is a fixed value.

    Parameters
    ----------
    limits : tuple of float
        Lowest, most likely and highest value, in this order.

    Raises
    ------
    UsageError
        A value is not finite, or the order is another.

    References
    ----------
    Malcolm and others (1959), Operations Research 7(5), 646-669; Vose (2008), Risk Analysis, 3rd ed., Wiley.

    Examples
    --------
    >>> spread = pert((10, 20, 50))
    >>> round(spread.mean, 4), round(spread.variance, 4)
    (23.3333, 50.7937)
    """
    low, mode, high = limits
    _check(all(map(math.isfinite, limits)), "a value is not a finite number", "numbers")
    _check(low <= mode <= high, "the values are not in order", "lowest <= most likely <= highest")
    if low == high:
        return fixed(low)
    return Distribution(family="pert", first=low, second=mode, third=high)


def beta(alpha: float, beta: float) -> Distribution:
    """Return a beta distribution by its two shapes, both above 0.

    Raises
    ------
    UsageError
        A shape is not a finite number above 0.
    """
    _check(0 < alpha < math.inf and 0 < beta < math.inf, "a shape is not above 0", "numbers above 0")
    return Distribution(family="beta", first=alpha, second=beta)


def beta_from_moments(mean: float, sd: float) -> Distribution:
    """Return the beta distribution of a share by its mean and standard deviation.

    Parameters
    ----------
    mean : float
        Between 0 and 1.
    sd : float
        0 or more, and ``sd^2 < mean (1 - mean)``.

    Raises
    ------
    UsageError
        No beta distribution has these moments.

    Examples
    --------
    >>> share = beta_from_moments(0.3, 0.1)
    >>> round(share.first, 6), round(share.second, 6)
    (6.0, 14.0)
    """
    _check(math.isfinite(mean) and math.isfinite(sd) and sd >= 0, "a moment is not a number", "sd 0 or more")
    if sd == 0:
        _check(0 <= mean <= 1, "the mean of a share lies outside 0 to 1", "0 to 1")
        return fixed(mean)
    _check(0 < mean < 1, "the mean of a share lies outside 0 to 1", "between 0 and 1")
    _check(sd**2 < mean * (1 - mean), "no share can spread so far", "sd^2 below mean (1 - mean)")
    total = mean * (1 - mean) / sd**2 - 1
    return Distribution(family="beta", first=mean * total, second=(1 - mean) * total)


def gamma_from_moments(mean: float, sd: float) -> Distribution:
    """Return the gamma distribution by its mean, above 0, and standard deviation, 0 or more.

    Raises
    ------
    UsageError
        No gamma distribution has these moments.

    Examples
    --------
    >>> cost = gamma_from_moments(1500, 600)
    >>> cost.first, cost.second
    (6.25, 240.0)
    """
    _check(0 < mean < math.inf and 0 <= sd < math.inf, "no gamma distribution has these moments", "mean above 0")
    return fixed(mean) if sd == 0 else Distribution(family="gamma", first=(mean / sd) ** 2, second=sd**2 / mean)


def lognormal_from_moments(mean: float, sd: float) -> Distribution:
    """Return the lognormal distribution by its mean, above 0, and standard deviation, 0 or more.

    Raises
    ------
    UsageError
        No lognormal distribution has these moments.

    Examples
    --------
    >>> cost = lognormal_from_moments(1500, 600)
    >>> round(cost.first, 6), round(cost.second, 6)
    (7.23901, 0.385253)
    """
    _check(0 < mean < math.inf and 0 <= sd < math.inf, "no lognormal distribution has these moments", "mean above 0")
    if sd == 0:
        return fixed(mean)
    spread = math.log1p((sd / mean) ** 2)
    return Distribution(family="lognormal", first=math.log(mean) - spread / 2, second=math.sqrt(spread))


def _check(holds: bool, what: str, allowed: str) -> None:
    if not holds:
        raise UsageError(Problem(what=what, allowed=allowed, mend="correct the figures"))


@lru_cache(maxsize=1)
def normal_knots() -> NDArray[np.float64]:
    """Return the evenly spaced standard normal values at which `Distribution.table` gives quantiles."""
    knots = np.linspace(-_Z_LIMIT, _Z_LIMIT, _KNOTS)
    knots.setflags(write=False)
    return knots


@lru_cache(maxsize=1)
def _pert_shapes() -> NDArray[np.float64]:
    """Quantiles of PERT on 0 to 1 for evenly spaced modes; a row for each mode."""
    modes = np.linspace(0, 1, _SHAPES)[:, None]
    knots = np.linspace(-_Z_LIMIT, _Z_LIMIT, _SPLINE_KNOTS)
    exact = special.betaincinv(1 + PERT_LAMBDA * modes, 1 + PERT_LAMBDA * (1 - modes), special.ndtr(knots)[None, :])
    table = np.clip(CubicSpline(knots, exact, axis=1)(normal_knots()), 0.0, 1.0)
    table.setflags(write=False)
    return np.asarray(table, dtype=np.float64)


@lru_cache(maxsize=1)
def _gamma_roots() -> NDArray[np.float64]:
    """Cube roots of gamma quantiles over their mean, less one, over the coefficient of variation; a row for each.

    By Wilson and Hilferty (1931) this is nearly a straight line in the normal quantile, so it bears interpolation.
    """
    widths = np.linspace(0, _LEAST_GAMMA_SHAPE**-0.5, _SHAPES)[1:, None]
    knots = np.linspace(-_Z_LIMIT, _Z_LIMIT, _SPLINE_KNOTS)
    shapes = widths**-2
    exact = (np.cbrt(special.gammaincinv(shapes, special.ndtr(knots)[None, :]) / shapes) - 1) / widths
    table = CubicSpline(knots, np.vstack([knots / 3, exact]), axis=1)(normal_knots())
    table.setflags(write=False)
    return np.asarray(table, dtype=np.float64)


def _between(rows: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Return the row at a share, 0 to 1, of the way through evenly spaced rows, by linear interpolation."""
    place = share * (len(rows) - 1)
    row = min(int(place), len(rows) - 2)
    part = place - row
    return np.asarray((1 - part) * rows[row] + part * rows[row + 1], dtype=np.float64)


def draw_from_table(table: NDArray[np.float64], normal: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return draws: the quantile of the knot nearest to each standard normal draw.

    Parameters
    ----------
    table : array of float, (knots,)
        As `Distribution.table` gives it.
    normal : array of float, (draws,)
        Standard normal draws; those beyond six standard deviations are taken at six.

    Notes
    -----
    Knots lie 0.003 standard deviations apart: the rounding adds less than a millionth to the variance.
    """
    place = normal * np.float32((_KNOTS - 1) / (2 * _Z_LIMIT))
    place += np.float32((_KNOTS - 1) / 2 + 0.5)
    return table.take(place.astype(np.int32), mode="clip")
