"""The noncentral t distribution, right for every statistic and df, and intervals for its noncentrality."""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
from scipy import optimize, special, stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import LARGEST_VALUE, FloatArray, check_between

# Legendre nodes per panel: a panel spans at most about 19 standard deviations of a smooth bell, for which
# 128 nodes leave an error near 1e-15.
NODES, WEIGHTS = np.polynomial.legendre.leggauss(128)

# Mass of the chi distribution left out at each end, and how many normal SDs the step of the integrand spans.
CHI_TAIL = 1e-20
STEP_SDS = 9.5


def noncentral_t_cdf(statistic: float, df: float, *, noncentrality: float) -> float:
    """Return the probability that a noncentral t is at most `statistic`.

    Parameters
    ----------
    statistic : float
        Where the distribution is cut; finite.
    df : float
        Degrees of freedom, 1 or more.
    noncentrality : float
        Noncentrality; finite.

    Returns
    -------
    float
        Probability, 0 to 1, to about 1e-13 absolute.

    Raises
    ------
    UsageError
        A value that is not finite, or df below 1.

    Notes
    -----
    With ``S = sqrt(chi2(df) / df)``, ``P(T <= t) = E[Phi(t S - nc)]``. The expectation is taken by
    Gauss-Legendre quadrature over S, in panels cut where the normal step lies, because scipy 1.17 answers
    NaN for some arguments (scipy issue 25470).

    References
    ----------
    Johnson, Kotz & Balakrishnan (1995). Continuous Univariate Distributions, vol. 2, chapter 31. Wiley.

    Examples
    --------
    >>> round(noncentral_t_cdf(0.0, 9, noncentrality=1.0), 6)
    0.158655
    >>> noncentral_t_cdf(-1.0888152965, 3, noncentrality=34.534031) < 1e-12
    True
    """
    log = ProblemLog()
    _check_t(statistic, df, log=log)
    check_between(noncentrality, name="noncentrality", low=-LARGEST_VALUE, high=LARGEST_VALUE, log=log)
    log.raise_as(UsageError)
    return _upper_tail(-float(statistic), float(df), noncentrality=-float(noncentrality))


def noncentrality_interval(statistic: float, df: float, *, conf_level: float) -> tuple[float, float]:
    """Return the noncentralities for which `statistic` lies just inside the two tails.

    Parameters
    ----------
    statistic : float
        The observed t; finite.
    df : float
        Degrees of freedom, 1 or more.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    tuple of float
        Lower and upper limit of the noncentrality.

    Raises
    ------
    UsageError
        A statistic that is not finite, df below 1, a level out of bounds.

    Notes
    -----
    The lower limit solves ``P(T >= t; nc) = (1 - conf_level) / 2``, the upper one
    ``P(T <= t; nc) = (1 - conf_level) / 2``.

    References
    ----------
    Steiger & Fouladi (1997). Noncentrality interval estimation and the evaluation of statistical models. In
    Harlow, Mulaik & Steiger (eds), What if there were no significance tests?, 221-257. Erlbaum.

    Examples
    --------
    >>> low, high = noncentrality_interval(4.06212768338204, 9, conf_level=0.95)
    >>> round(low, 5), round(high, 5)
    (1.31117, 6.69776)
    """
    log = ProblemLog()
    _check_t(statistic, df, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    log.raise_as(UsageError)
    tail = (1 - float(conf_level)) / 2
    low = _lower_limit(float(statistic), float(df), tail=tail)
    high = -_lower_limit(-float(statistic), float(df), tail=tail)
    return low, high


def _check_t(statistic: float, df: float, *, log: ProblemLog) -> None:
    check_between(statistic, name="statistic", low=-LARGEST_VALUE, high=LARGEST_VALUE, log=log)
    if df != 1:
        check_between(df, name="df", low=1, high=inf, log=log)


def _lower_limit(statistic: float, df: float, *, tail: float) -> float:
    """Noncentrality whose upper tail beyond `statistic` is `tail`; the tail grows with it."""

    def excess(noncentrality: float) -> float:
        return _upper_tail(statistic, df, noncentrality=noncentrality) - tail

    step = (1 + float(stats.norm.isf(tail))) * sqrt(1 + statistic**2 / (2 * df))
    low, high = statistic - step, statistic + step
    while excess(low) > 0:
        low -= step
        step *= 2
    while excess(high) < 0:
        high += step
        step *= 2
    return float(optimize.brentq(excess, low, high, xtol=1e-13, rtol=1e-14))


def _upper_tail(statistic: float, df: float, *, noncentrality: float) -> float:
    """P(T >= statistic) = E[Phi(noncentrality - statistic * S)]."""
    low = sqrt(float(stats.chi2.ppf(CHI_TAIL, df)) / df)
    high = sqrt(float(stats.chi2.isf(CHI_TAIL, df)) / df)
    cuts = [low, high]
    # A step wider than the whole range needs no cut, and its place would overflow for a tiny statistic.
    if abs(statistic) * (high - low) > STEP_SDS:
        centre, reach = noncentrality / statistic, STEP_SDS / abs(statistic)
        cuts += [min(max(cut, low), high) for cut in (centre - reach, centre + reach)]
    edges = np.sort(np.array(cuts))
    half = np.diff(edges)[:, None] / 2
    points = edges[:-1, None] + half * (NODES + 1)
    mass = half * WEIGHTS * np.exp(_log_chi_shape(points, df))
    # Dividing by the mass found, not by the gamma function, keeps full precision at df of a million.
    value = np.sum(mass * special.ndtr(noncentrality - statistic * points)) / np.sum(mass)
    return min(1.0, max(0.0, float(value)))


def _log_chi_shape(points: FloatArray, df: float) -> FloatArray:
    """Log density of sqrt(chi2(df) / df) up to a constant, near 0 at its peak."""
    shift = points - 1
    shape: FloatArray = df * (np.log(points) - shift - shift**2 / 2) - np.log(points)
    return shape
