"""How much site effects differ: tau2 by REML, ML, Paule-Mandel or DerSimonian-Laird, and its Q-profile interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, sqrt
from typing import Literal, TypeAlias

import numpy as np
from scipy import optimize, stats

from toolkit.stats.arrays import FloatArray

Tau2Method: TypeAlias = Literal["REML", "ML", "PM", "DL"]
TAU2_METHODS: tuple[Tau2Method, ...] = ("REML", "ML", "PM", "DL")

GRID_POINTS = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sites:
    """Estimates from an origin and in units of the smallest standard error, so that no square overflows.

    Attributes
    ----------
    effects, variances : numpy.ndarray
        One per site, in those units.
    origin, unit : float
        What was taken off, and what was divided by.
    """

    effects: FloatArray
    variances: FloatArray
    origin: float
    unit: float


def centre(effects: FloatArray, weights: FloatArray) -> tuple[float, FloatArray]:
    """Return the weighted mean and the residuals from it."""
    mean = float(weights @ effects) / float(weights.sum())
    return mean, effects - mean


def squared_sum_less_squares(weights: FloatArray) -> float:
    """(sum w)^2 - sum w^2 without cancellation: every weight times the sum of the others."""
    before = np.cumsum(weights) - weights
    return 2 * float(weights @ before)


def _restricted_likelihood(sites: Sites, tau2: float) -> tuple[float, float]:
    """Restricted log-likelihood, up to a constant, and the direction of its slope in tau2."""
    # Weights times 1 + tau2 stay near 1 however large tau2 is, so that their squares do not vanish.
    rescale = 1 + tau2
    weights = rescale / (sites.variances + tau2)
    total = float(weights.sum())
    _, residual = centre(sites.effects, weights)
    degrees = weights.size - 1
    squared = float(weights @ residual**2) / rescale
    loglik = 0.5 * (float(np.log(weights).sum()) - log(total) - degrees * log(rescale) - squared)
    spread = float(np.sum((weights * residual) ** 2)) / rescale
    return loglik, spread - squared_sum_less_squares(weights) / total


def _reml(sites: Sites) -> float:
    """Return the tau2 >= 0 with the highest restricted likelihood, in the units of `sites`."""

    def slope(tau2: float) -> float:
        return _restricted_likelihood(sites, tau2)[1]

    return _highest(sites, slope=slope, likelihood=lambda tau2: _restricted_likelihood(sites, tau2)[0])


def estimate_tau2(sites: Sites, *, method: Tau2Method) -> float:
    """Return the variance between sites, at least 0, in the units of `sites`.

    Notes
    -----
    REML and ML: the highest of all local maxima of the likelihood, zero included. PM: the tau2 at which Q with
    weights 1/(v + tau2) is k - 1. DL: ``(Q - (k-1)) / (sum(w) - sum(w^2)/sum(w))``, w = 1/v.
    """
    if method == "REML":
        return _reml(sites)
    if method == "ML":
        return _ml(sites)
    k = sites.effects.size
    if method == "PM":
        return _tau2_at(sites, k - 1.0)
    weights = 1 / sites.variances
    excess = _generalised_q(sites, 0.0) - (k - 1)
    return max(0.0, excess / (squared_sum_less_squares(weights) / float(weights.sum())))


def tau2_std_error(sites: Sites, tau2: float, *, method: Tau2Method) -> float:
    """Return the large-sample standard error of tau2, in the units of `sites`.

    Notes
    -----
    REML ``sqrt(2 / tr(PP))``, ML ``sqrt(2 / sum(w^2))``, PM ``sqrt(2 k^2 / (k-1)) / sum(w)``, with
    w = 1/(v + tau2); DL from the variance of Q under weights 1/v. Site counts are small, so it is a rough guide.
    """
    k = sites.effects.size
    weights = 1 / (sites.variances + tau2)
    total = float(weights.sum())
    if method == "REML":
        return sqrt(2) / _root_trace_of_square(weights)
    if method == "ML":
        return sqrt(2) / float(np.linalg.norm(weights))
    if method == "PM":
        return sqrt(2 * k**2 / (k - 1)) / total
    fixed = 1 / sites.variances
    trace = squared_sum_less_squares(fixed) / float(fixed.sum())
    root = _root_trace_of_square(fixed)
    return sqrt(2 * (k - 1) + 4 * tau2 * trace + 2 * (tau2 * root) ** 2) / trace


def tau2_interval(sites: Sites, *, conf_level: float) -> tuple[float, float]:
    """Return the Q-profile limits of tau2, in the units of `sites`.

    Notes
    -----
    All tau2 at which Q with weights 1/(v + tau2) lies between the two tail values of chi-squared with k - 1
    degrees of freedom; a limit below zero is 0.

    References
    ----------
    Viechtbauer (2007). Confidence intervals for the amount of heterogeneity. Stat. Med., 26, 37-52.
    """
    tail, df = (1 - conf_level) / 2, sites.effects.size - 1
    return _tau2_at(sites, float(stats.chi2.isf(tail, df))), _tau2_at(sites, float(stats.chi2.ppf(tail, df)))


def _generalised_q(sites: Sites, tau2: float) -> float:
    weights = 1 / (sites.variances + tau2)
    return float(weights @ centre(sites.effects, weights)[1] ** 2)


def _tau2_at(sites: Sites, q: float) -> float:
    """Return the tau2 >= 0 at which the falling function Q equals `q`."""
    if _generalised_q(sites, 0.0) <= q:
        return 0.0
    high = float(np.ptp(sites.effects)) ** 2 + 1.0
    while _generalised_q(sites, high) > q:
        high *= 4
    return float(optimize.brentq(lambda tau2: _generalised_q(sites, tau2) - q, 0.0, high, xtol=1e-14, rtol=1e-14))


def _root_trace_of_square(weights: FloatArray) -> float:
    """sqrt(tr(PP)) of P = W - w w' / sum(w), without cancellation: every weight against the sum of the others."""
    largest = float(weights.max())
    scaled = weights / largest
    total = float(scaled.sum())
    others = np.cumsum(scaled) - scaled + np.cumsum(scaled[::-1])[::-1] - scaled
    diagonal = float(np.sum((scaled * others / total) ** 2))
    off = squared_sum_less_squares(scaled**2 / total)
    return largest * sqrt(diagonal + off)


def _ml(sites: Sites) -> float:
    def slope(tau2: float) -> float:
        weights = 1 / (sites.variances + tau2)
        residual = centre(sites.effects, weights)[1]
        return float(np.sum((weights * residual) ** 2) - weights.sum())

    def likelihood(tau2: float) -> float:
        weights = 1 / (sites.variances + tau2)
        return 0.5 * float(np.log(weights).sum() - weights @ centre(sites.effects, weights)[1] ** 2)

    return _highest(sites, slope=slope, likelihood=likelihood)


def _highest(sites: Sites, *, slope: Callable[[float], float], likelihood: Callable[[float], float]) -> float:
    """Return the tau2 >= 0 of the highest of all local maxima."""
    # Every stationary point has tau2 <= (range^2 + max(v) / k) * k / (k - 1), which is below this.
    highest = 2 * float(np.ptp(sites.effects)) ** 2 + float(sites.variances.max())
    # The smallest variance is 1, so equal steps of log(1 + tau2) resolve every scale on which weights change.
    grid = np.expm1(np.linspace(0.0, np.log1p(highest), GRID_POINTS))
    slopes = [slope(float(tau2)) for tau2 in grid]
    candidates = [] if slopes[0] > 0 else [0.0]
    for left, right in zip(range(GRID_POINTS - 1), range(1, GRID_POINTS), strict=True):
        if slopes[left] > 0 >= slopes[right]:
            root = optimize.brentq(slope, float(grid[left]), float(grid[right]), xtol=1e-14, rtol=1e-14)
            candidates.append(float(root))
    return max(candidates, key=likelihood)
