"""Pooling site estimates: random effects by REML, Knapp-Hartung interval, prediction interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import (
    ROUNDING_STEPS,
    ZERO_VARIATION_SHARE,
    FloatArray,
    check_between,
    check_choice,
    name_positions,
    read_floats,
)
from toolkit.stats.heterogeneity import (
    TAU2_METHODS,
    Sites,
    Tau2Method,
    centre,
    estimate_tau2,
    squared_sum_less_squares,
    tau2_interval,
    tau2_std_error,
)

PoolStatus: TypeAlias = Literal["ok", "no_sites", "one_site", "no_variation"]

FEW_SITES = 5
FEWEST_FOR_PREDICTION = 3

# Variances outside these, or a squared ratio of an estimate to its error, would leave the float range.
SMALLEST_VARIANCE = 1e-100

REFERENCE = (
    "sum(w y) / sum(w), w = 1 / (v + tau2); tau2 by REML, at least 0, Viechtbauer (2005), J. Educ. Behav. "
    "Stat. 30, 261-293; standard error and t(k-1) interval of Knapp & Hartung (2003), Stat. Med. 22, "
    "2693-2710, without a floor; prediction interval estimate +/- t(k-1) * sqrt(tau2 + se^2), after Higgins, "
    "Thompson & Spiegelhalter (2009), J. R. Stat. Soc. A 172, 137-159; I2 = 100 tau2 / (tau2 + typical v), "
    "Higgins & Thompson (2002), Stat. Med. 21, 1539-1558; agrees with R metafor 3.8-1 "
    'rma(method = "REML", test = "knha")'
)

TAU2_CHECKS: Mapping[Tau2Method, str] = {
    "REML": "tau2: all local maxima of the restricted likelihood and the boundary compared",
    "ML": "tau2: all local maxima of the likelihood and the boundary compared",
    "PM": "tau2: the root of Q = k - 1, Paule & Mandel (1982), J. Res. Natl. Bur. Stand. 87, 377-385",
    "DL": "tau2: by moments of Q, DerSimonian & Laird (1986), Control. Clin. Trials 7, 177-188",
}
NO_PREDICTION = "a prediction interval needs at least three sites"
REASON_NO_SITES = "no site has an estimate: nothing to pool"
REASON_ONE_SITE = "one site: nothing to pool, its own interval stands"
REASON_NO_VARIATION = (
    "all sites have the same estimate: the Knapp-Hartung standard error is zero, no interval and no test"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEstimate:
    """Random-effects mean over sites; None stands where there is no result.

    Attributes
    ----------
    status : {"ok", "no_sites", "one_site", "no_variation"}
        Whether there is a pooled interval, or why not.
    reason : str
        The status in words; "" when "ok".
    estimate : float or None
        Mean of the distribution of site effects, in the units of the estimates.
    std_error : float or None
        Knapp-Hartung standard error, in the units of the estimates.
    df, df_method : float or None, str
        Degrees of freedom and how they are counted.
    statistic, p_value : float or None
        t for a mean effect of zero, and its two-sided p.
    conf_low, conf_high : float or None
        Interval for the mean effect.
    conf_level : float
        Level of both intervals, 0 to 1.
    n : int
        Sites.
    normal_std_error : float or None
        Classical standard error 1 / sqrt(sum(w)), for comparison with other software.
    tau2 : float or None
        Variance between sites, squared units, 0 or more.
    tau2_method : {"REML", "ML", "PM", "DL"}
        How tau2 was estimated.
    tau2_std_error : float or None
        Large-sample standard error of tau2, squared units.
    tau2_conf_low, tau2_conf_high : float or None
        Q-profile limits of tau2, squared units, 0 or more.
    prediction_low, prediction_high : float or None
        Where the true effect of a new site of the same kind is expected.
    prediction_reason : str
        Why there is no prediction interval; "" when there is one.
    q, q_df, q_p_value : float, int, float or None
        Cochran's Q with its degrees of freedom and chi-squared p.
    i2 : float or None
        Share of variation due to differences between sites, in percent, 0 to 100.
    h2 : float or None
        Total over sampling variation, 1 or more.
    weights : tuple of float
        Share of each site in the estimate, summing to 1, in the order given.
    checks, warnings : tuple of str
        What was looked at; what a reader must know while the result stays valid.
    reference : str
        Formula and source.
    """

    status: PoolStatus
    reason: str
    estimate: float | None = None
    std_error: float | None = None
    df: float | None = None
    df_method: str = "k - 1 (Knapp-Hartung)"
    statistic: float | None = None
    p_value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    conf_level: float
    n: int
    normal_std_error: float | None = None
    tau2: float | None = None
    tau2_method: Tau2Method = "REML"
    tau2_std_error: float | None = None
    tau2_conf_low: float | None = None
    tau2_conf_high: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    prediction_reason: str = NO_PREDICTION
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None
    i2: float | None = None
    h2: float | None = None
    weights: tuple[float, ...] = ()
    checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reference: str = REFERENCE


def pool_estimates(
    estimates: ArrayLike, variances: ArrayLike, *, method: Tau2Method = "REML", conf_level: float = 0.95
) -> PooledEstimate:
    """Pool site estimates by a random-effects model.

    Parameters
    ----------
    estimates : array_like
        One estimate per site, all in the same units.
    variances : array_like
        Squared standard error of each, above zero.
    method : {"REML", "ML", "PM", "DL"}
        How tau2 is estimated: restricted or full likelihood, Paule-Mandel, DerSimonian-Laird.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    PooledEstimate
        One result over all sites.

    Raises
    ------
    UsageError
        Estimates or variances that are not finite, variances that are not above zero (positions are named),
        unequal lengths, a level out of bounds.

    Notes
    -----
    tau2 by REML is the highest of all local maxima of the restricted likelihood over tau2 >= 0, zero included. I2 and
    H2 use the typical sampling variance ``(k-1) sum(w) / (sum(w)^2 - sum(w^2))``, ``w = 1/v``.

    References
    ----------
    Viechtbauer (2005), J. Educ. Behav. Stat. 30, 261-293; Knapp & Hartung (2003), Stat. Med. 22, 2693-2710;
    Higgins, Thompson & Spiegelhalter (2009), J. R. Stat. Soc. A 172, 137-159.

    Examples
    --------
    >>> result = pool_estimates([0.1, 0.4, 0.5], [0.01, 0.01, 0.01])
    >>> round(result.estimate, 4), round(result.std_error, 4), round(result.tau2, 4)
    (0.3333, 0.1202, 0.0333)
    """
    effects, sampling = _read_sites(estimates, variances, conf_level=conf_level, method=method)
    k, level = int(effects.size), float(conf_level)
    if k == 0:
        return PooledEstimate(status="no_sites", reason=REASON_NO_SITES, conf_level=level, n=0, tau2_method=method)
    if k == 1:
        return PooledEstimate(
            status="one_site",
            reason=REASON_ONE_SITE,
            estimate=float(effects[0]),
            conf_level=level,
            n=1,
            tau2_method=method,
            weights=(1.0,),
        )
    unit, origin = sqrt(float(sampling.min())), float(np.median(effects))
    sites = Sites(effects=(effects - origin) / unit, variances=sampling / unit**2, origin=origin, unit=unit)
    rounding = ROUNDING_STEPS * float(np.finfo(np.float64).eps) * float(np.abs(effects).max()) / unit
    same = float(np.ptp(sites.effects)) <= max(ZERO_VARIATION_SHARE, rounding)
    return _pool(sites, method=method, conf_level=level, same=same)


def _read_sites(
    estimates: ArrayLike, variances: ArrayLike, *, conf_level: float, method: str
) -> tuple[FloatArray, FloatArray]:
    log = ProblemLog()
    effects = read_floats(estimates, name="estimates", ndim=1, log=log)
    sampling = read_floats(variances, name="variances", ndim=1, log=log)
    if not log.problems and effects.size != sampling.size:
        log.add(
            f"there are {effects.size} estimates and {sampling.size} variances",
            column="estimates, variances",
            allowed="one of each per site",
        )
    missing = np.isnan(effects)
    if missing.any():
        log.add(
            f"is missing at {name_positions(missing)}",
            column="estimates",
            allowed="a number per site",
            mend="leave out sites without an estimate, and say so",
        )
    bad = ~(sampling >= SMALLEST_VARIANCE)
    if bad.any():
        log.add(
            f"is missing, zero, negative or too small at {name_positions(bad)}",
            column="variances",
            allowed=f"numbers of at least {SMALLEST_VARIANCE:g}",
            mend="leave out sites whose estimate has no standard error, and say so",
        )
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    check_choice(method, name="method", allowed=TAU2_METHODS, log=log)
    log.raise_as(UsageError)
    return effects, sampling


def _pool(sites: Sites, *, method: Tau2Method, conf_level: float, same: bool) -> PooledEstimate:
    k = int(sites.effects.size)
    tau2 = 0.0 if same else estimate_tau2(sites, method=method)
    tau2_low, tau2_high = tau2_interval(sites, conf_level=conf_level)
    weights = 1 / (sites.variances + tau2)
    mean, residual = centre(sites.effects, weights)
    fixed = 1 / sites.variances
    q = float(fixed @ centre(sites.effects, fixed)[1] ** 2)
    typical = (k - 1) * fixed.sum() / squared_sum_less_squares(fixed)
    std_error = sqrt(float(weights @ residual**2) / ((k - 1) * float(weights.sum())))
    critical = float(stats.t.isf((1 - conf_level) / 2, k - 1))
    fixed_half = float(stats.norm.isf((1 - conf_level) / 2)) / sqrt(float(fixed.sum()))
    estimate = sites.origin + sites.unit * mean
    tested = None if same else std_error * sites.unit
    half = critical * std_error * sites.unit
    prediction = None
    if tested is not None and k >= FEWEST_FOR_PREDICTION:
        prediction = critical * sqrt(tau2 + std_error**2) * sites.unit
    statistic = None if tested is None else estimate / tested
    return PooledEstimate(
        status="no_variation" if same else "ok",
        reason=REASON_NO_VARIATION if same else "",
        estimate=estimate,
        std_error=tested,
        df=None if same else float(k - 1),
        statistic=statistic,
        p_value=None if statistic is None else min(1.0, 2 * float(stats.t.sf(abs(statistic), k - 1))),
        conf_low=None if same else estimate - half,
        conf_high=None if same else estimate + half,
        conf_level=conf_level,
        n=k,
        normal_std_error=sites.unit / sqrt(float(weights.sum())),
        tau2=tau2 * sites.unit**2,
        tau2_method=method,
        tau2_std_error=None if same else _finite(tau2_std_error(sites, tau2, method=method) * sites.unit**2),
        tau2_conf_low=None if same else _finite(tau2_low * sites.unit**2),
        tau2_conf_high=None if same else _finite(tau2_high * sites.unit**2),
        prediction_low=None if prediction is None else estimate - prediction,
        prediction_high=None if prediction is None else estimate + prediction,
        prediction_reason=_prediction_reason(k, same=same),
        q=q,
        q_df=k - 1,
        q_p_value=float(stats.chi2.sf(q, k - 1)),
        i2=float(100 * tau2 / (tau2 + typical)),
        h2=float(1 + tau2 / typical),
        weights=tuple(float(share) for share in weights / weights.sum()),
        checks=(
            f"sites: {k}",
            TAU2_CHECKS[method],
        ),
        warnings=_warnings(k, tau2=tau2, narrower=not same and critical * std_error < fixed_half),
    )


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _prediction_reason(k: int, *, same: bool) -> str:
    if k < FEWEST_FOR_PREDICTION:
        return NO_PREDICTION
    return REASON_NO_VARIATION if same else ""


def _warnings(k: int, *, tau2: float, narrower: bool) -> tuple[str, ...]:
    found = []
    if k < FEW_SITES:
        found.append(
            f"fewer than {FEW_SITES} sites: the variance between sites is hardly identified; tau2, I2 and "
            "the prediction interval are rough guides"
        )
    if tau2 == 0:
        found.append("tau2 is 0: differences between sites were not seen, which does not show that there are none")
    if narrower:
        found.append(
            "the Knapp-Hartung interval is narrower than the fixed-effect one, a known weakness when site "
            "estimates happen to lie close together: do not read it as extra certainty"
        )
    return tuple(found)
