"""Profile likelihood intervals of a mixed model: variances, correlations and fixed effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import pi, sqrt
from typing import Any, Literal

import numpy as np
from scipy import optimize, stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between
from toolkit.stats.groups import IntArray
from toolkit.stats.mixed import MixedFit
from toolkit.stats.mixed_likelihood import (
    FLAT_GAIN,
    IMAGINARY_STEP,
    LIFTS,
    NEAR_ZERO,
    Criterion,
    minimise,
    take_apart,
)
from toolkit.stats.mixed_terms import Numbers, covariances, diagonal_thetas

MOST_COLUMNS = 2
"""Columns of a term up to which its variances and correlation are profiled."""

AWAY_FROM_ZERO = 0.3
SMALLEST_SIGMA = 1e-6
DOUBLINGS = 60
INTERVAL_DIGITS = 1e-9

REFERENCE = (
    "values whose profile deviance is within the chi-squared quantile of the lowest, by ML; Bates, Maechler, Bolker & "
    "Walker (2015), J. Stat. Softw. 67(1), section 5.1; agrees with R lme4 1.1-31 confint(method = 'profile')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileInterval:
    """A profile likelihood interval; None stands where there is no result.

    Attributes
    ----------
    name : str
        As lme4 names it: "sd_(Intercept)|host", "cor_wave.(Intercept)|host", "sigma" or a coefficient.
    kind : {"sd", "correlation", "sigma", "fixed"}
        What the interval is for.
    status : {"ok", "undefined"}
        Whether there is an interval.
    reason : str
        Why not; "" when "ok".
    estimate : float or None
        By full maximum likelihood, in units of the outcome per unit of the column.
    conf_low, conf_high : float or None
        Limits. A standard deviation has 0 as its lowest, a correlation -1 and 1 as its ends.
    conf_level : float
        Level of the interval, 0 to 1.
    reference : str
        Formula and source.
    """

    name: str
    kind: Literal["sd", "correlation", "sigma", "fixed"]
    status: Literal["ok", "undefined"]
    reason: str
    estimate: float | None
    conf_low: float | None
    conf_high: float | None
    conf_level: float
    reference: str = REFERENCE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Parameter:
    """One free number of the random part, and where it ends."""

    name: str
    kind: Literal["sd", "correlation", "sigma"]
    value: float
    low: float
    high: float
    unit: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Profile:
    """A deviance over several numbers, and its lowest point."""

    function: Callable[[Numbers], Any]
    at: FloatArray
    bounds: tuple[tuple[float, float], ...]
    positive: tuple[bool, ...]
    lowest: float = field(default=0.0)


def profile_intervals(fit: MixedFit, *, conf_level: float = 0.95) -> tuple[ProfileInterval, ...]:
    """Compute profile intervals for every variance, correlation and coefficient.

    Parameters
    ----------
    fit : MixedFit
        By REML or ML; the profile is of the full likelihood, as in lme4.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    tuple of ProfileInterval
        Random part first, then sigma, then the coefficients.

    Raises
    ------
    UsageError
        A level out of bounds.

    Notes
    -----
    A value belongs to the interval when holding it fixed, and fitting all else anew, raises minus twice the
    log-likelihood by no more than the chi-squared quantile with 1 degree of freedom.

    Examples
    --------
    >>> from toolkit.stats.mixed import fit_mixed
    >>> from toolkit.stats.mixed_terms import RandomTerm
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> fit = fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts])
    >>> [interval.name for interval in profile_intervals(fit)]
    ['sd_(Intercept)|host', 'sigma', '(Intercept)']
    """
    log = ProblemLog()
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    log.raise_as(UsageError)
    engine = Criterion(moments=fit.engine.moments, method="ml")
    theta = fit.optimum.theta if fit.method == "ml" else minimise(engine).theta
    cut = float(stats.chi2.isf(1 - conf_level, 1))
    return (
        *_random_intervals(fit, engine, theta=theta, cut=cut, conf_level=conf_level),
        *_fixed_intervals(fit, engine, theta=theta, cut=cut, conf_level=conf_level),
    )


def _random_intervals(
    fit: MixedFit, engine: Criterion, *, theta: FloatArray, cut: float, conf_level: float
) -> list[ProfileInterval]:
    parameters = _name_parameters(fit, engine, theta)
    if max(engine.sizes) > MOST_COLUMNS:
        reason = f"intervals are given for terms of up to {MOST_COLUMNS} columns"
        return [
            ProfileInterval(
                name=item.name,
                kind=item.kind,
                status="undefined",
                reason=reason,
                estimate=item.value * item.unit,
                conf_low=None,
                conf_high=None,
                conf_level=conf_level,
            )
            for item in parameters
        ]
    sizes = engine.sizes

    def deviance(values: Numbers) -> Any:
        sigma = values[-1]
        pieces = take_apart(engine.moments, _unpack(values, sizes))
        return pieces.logdet + engine.df * np.log(2 * pi * sigma**2) + pieces.rss / sigma**2

    at = np.array([item.value for item in parameters])
    profile = _Profile(
        function=deviance,
        at=at,
        bounds=tuple((item.low, item.high) for item in parameters),
        positive=tuple(item.kind == "sd" for item in parameters),
        lowest=float(deviance(at)),
    )
    found = []
    for place, item in enumerate(parameters):
        low, high = (_find_limit(profile, place=place, side=side, cut=cut) for side in (-1.0, 1.0))
        found.append(
            ProfileInterval(
                name=item.name,
                kind=item.kind,
                status="ok",
                reason="",
                estimate=item.value * item.unit,
                conf_low=low * item.unit,
                conf_high=high * item.unit,
                conf_level=conf_level,
            )
        )
    return found


def _name_parameters(fit: MixedFit, engine: Criterion, theta: FloatArray) -> list[_Parameter]:
    """Return standard deviations and correlations at `theta`, in the engine's units, in lme4's order."""
    pieces = take_apart(engine.moments, covariances(theta, sizes=engine.sizes))
    sigma = sqrt(float(pieces.rss) / engine.df)
    scale = float(engine.moments.columns.scale[-1])
    found = []
    for term, relative, stretch in zip(fit.random, covariances(theta, sizes=engine.sizes), fit.stretch, strict=True):
        sds = np.sqrt(np.diag(relative)) * sigma
        for column, name in enumerate(term.names):
            sd = _Parameter(
                name=f"sd_{name}|{term.group}",
                kind="sd",
                value=float(sds[column]),
                low=0.0,
                high=np.inf,
                unit=scale / float(stretch[column]),
            )
            found.append(sd)
            for row in range(column + 1, len(term.names)):
                both = float(sds[row] * sds[column])
                correlation = float(relative[row, column]) * sigma**2 / both if both > 0 else 0.0
                found.append(
                    _Parameter(
                        name=f"cor_{term.names[row]}.{name}|{term.group}",
                        kind="correlation",
                        value=correlation,
                        low=-1.0,
                        high=1.0,
                        unit=1.0,
                    )
                )
    found.append(
        _Parameter(name="sigma", kind="sigma", value=sigma, low=SMALLEST_SIGMA * sigma, high=np.inf, unit=scale)
    )
    return found


def _unpack(values: Numbers, sizes: Sequence[int]) -> list[Numbers]:
    """Relative covariances from standard deviations and correlations in lme4's order."""
    found, start = [], 0
    variance = values[-1] ** 2
    for q in sizes:
        if q == 1:
            found.append((values[start] ** 2 / variance).reshape(1, 1))
            start += 1
            continue
        first, correlation, second = values[start : start + 3]
        both = first * second * correlation
        found.append(np.array([[first**2, both], [both, second**2]]) / variance)
        start += 3
    return found


def _fixed_intervals(
    fit: MixedFit, engine: Criterion, *, theta: FloatArray, cut: float, conf_level: float
) -> list[ProfileInterval]:
    columns = engine.moments.columns
    scale = float(columns.scale[-1])
    best = take_apart(engine.moments, covariances(theta, sizes=engine.sizes))
    sigma2 = float(best.rss) / engine.df
    found = []
    for place, name in enumerate(fit.names):
        own = scale * columns.back[place]
        estimate = float(columns.origin[place] + own @ best.coefficients)
        unit = sqrt(sigma2 * float(own @ np.linalg.solve(best.information, own)))

        def deviance(values: Numbers, own: FloatArray = own) -> Any:
            # Holding the coefficient `values[-1]` away from its estimate adds this to the sum of squares.
            pieces = take_apart(engine.moments, covariances(values[:-1], sizes=engine.sizes))
            away = estimate_away(pieces.coefficients, values[-1], own)
            rss = pieces.rss + away**2 / (own @ np.linalg.solve(pieces.information, own))
            return pieces.logdet + engine.df * (1 + np.log(2 * pi * rss / engine.df))

        def estimate_away(
            coefficients: Numbers,
            value: Any,
            own: FloatArray,
            place: int = place,
            unit: float = unit,
            zero: float = estimate,
        ) -> Any:
            return zero + value * unit - columns.origin[place] - own @ coefficients

        diagonal = diagonal_thetas(engine.sizes)
        at = np.append(theta, 0.0)
        profile = _Profile(
            function=deviance,
            at=at,
            bounds=(*[(0.0 if flag else -np.inf, np.inf) for flag in diagonal], (-np.inf, np.inf)),
            positive=(*diagonal.tolist(), False),
            lowest=float(deviance(at)),
        )
        low, high = (_find_limit(profile, place=theta.size, side=side, cut=cut) for side in (-1.0, 1.0))
        found.append(
            ProfileInterval(
                name=name,
                kind="fixed",
                status="ok",
                reason="",
                estimate=estimate,
                conf_low=estimate + low * unit,
                conf_high=estimate + high * unit,
                conf_level=conf_level,
            )
        )
    return found


def _find_limit(profile: _Profile, *, place: int, side: float, cut: float) -> float:
    """Where the profile deviance has risen by `cut` on one side, or the parameter's own end."""
    centre = float(profile.at[place])
    low, high = profile.bounds[place]
    end = high if side > 0 else low
    warm = profile.at

    def rise(value: float) -> float:
        nonlocal warm
        lowest, warm = _minimise_others(profile, place=place, value=value, start=warm)
        return lowest - profile.lowest - cut

    inner, step = centre, 0.5 * max(abs(centre), AWAY_FROM_ZERO)
    for _ in range(DOUBLINGS):
        outer = centre + side * step
        if (outer - end) * side >= 0:
            if rise(end) <= 0:
                return end
            outer = end
            break
        if rise(outer) > 0:
            break
        inner, step = outer, step * 2
    warm = profile.at
    return float(optimize.brentq(rise, inner, outer, xtol=INTERVAL_DIGITS * max(1.0, abs(centre)), rtol=1e-9))


def _minimise_others(profile: _Profile, *, place: int, value: float, start: FloatArray) -> tuple[float, FloatArray]:
    """Lowest deviance with one number held; standard deviations of zero are tried a little above it too."""
    free = np.flatnonzero(np.arange(profile.at.size) != place)
    full = start.astype(np.float64)
    full[place] = value
    height, full = _search_others(profile, full, free=free)
    for position in free:
        if profile.positive[position] and full[position] < NEAR_ZERO:
            # The deviance is even in a standard deviation, so that a search cannot leave zero by its slope.
            beside = []
            for size in LIFTS:
                point = full.copy()
                point[position] = size
                beside.append((float(profile.function(point)), size))
            lowest, size = min(beside)
            if lowest < height - FLAT_GAIN:
                full[position] = size
                height, full = _search_others(profile, full, free=free)
    return height, full


def _search_others(profile: _Profile, full: FloatArray, *, free: IntArray) -> tuple[float, FloatArray]:
    def both(values: FloatArray) -> tuple[float, FloatArray]:
        point = full.copy()
        point[free] = values
        slopes, height = np.empty(values.size), 0.0
        for offset, position in enumerate(free):
            step = point.astype(np.complex128)
            step[position] += 1j * IMAGINARY_STEP
            found = profile.function(step)
            slopes[offset], height = found.imag / IMAGINARY_STEP, float(found.real)
        return height, slopes

    bounds = [profile.bounds[position] for position in free]
    found = optimize.minimize(
        both, full[free], jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-8}
    )
    ended = full.copy()
    ended[free] = found.x
    return float(found.fun), ended
