"""Rubin's rules: pooling the same analysis over imputed data sets, with Barnard and Rubin's degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, inf, sqrt, tanh

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import check_between, check_count, name_positions, read_floats
from toolkit.stats.results import Estimate

FEW_IMPUTATIONS = 20

REFERENCE = (
    "mean of the estimates, total variance ubar + (1 + 1/m) b, Rubin (1987), Multiple Imputation for Nonresponse in "
    "Surveys; degrees of freedom of Barnard & Rubin (1999), Biometrika 86, 948-955; agrees with R mice 3.15.0 pool()"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledImputations(Estimate):
    """One coefficient pooled over imputed data sets; `n` is the number of imputations.

    Attributes
    ----------
    within_variance, between_variance, total_variance : float
        Mean squared error of the single analyses, variance between them, and both together.
    relative_increase : float
        How much the gaps increase the variance, 0 or more.
    share_between : float
        Share of the total variance due to the gaps (lambda), 0 to 1.
    missing_information : float
        Fraction of missing information, 0 to 1.
    df_complete : float
        Degrees of freedom that complete data would have.
    """

    within_variance: float
    between_variance: float
    total_variance: float
    relative_increase: float
    share_between: float
    missing_information: float
    df_complete: float


def pool_imputations(
    estimates: ArrayLike,
    std_errors: ArrayLike,
    *,
    df_complete: float = inf,
    conf_level: float = 0.95,
    name: str = "coefficient",
) -> PooledImputations:
    """Pool one coefficient over imputed data sets.

    Parameters
    ----------
    estimates : array_like
        One estimate per imputed data set, two or more.
    std_errors : array_like
        Standard error of each, above zero.
    df_complete : float
        Degrees of freedom that complete data would have, above 0; infinite for none.
    conf_level : float
        Level of the interval, above 0 and below 1.
    name : str
        What the coefficient is.

    Returns
    -------
    PooledImputations
        The pooled estimate with its t interval and fraction of missing information.

    Raises
    ------
    UsageError
        Fewer than two imputations, values that are not finite, errors not above zero, unequal lengths.

    Notes
    -----
    ``T = ubar + (1 + 1/m) b``, ``lambda = (1 + 1/m) b / T``; df combines ``(m - 1) / lambda^2`` with the
    complete-data df, so that it never exceeds the latter.

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys; Barnard & Rubin (1999), Biometrika 86, 948-955.

    Examples
    --------
    >>> result = pool_imputations([1.0, 1.2, 0.9], [0.3, 0.31, 0.29], df_complete=20)
    >>> round(result.estimate, 3), round(result.std_error, 3), round(result.df, 1)
    (1.033, 0.348, 9.4)
    """
    log = ProblemLog()
    values = read_floats(estimates, name="estimates", ndim=1, log=log)
    errors = read_floats(std_errors, name="std_errors", ndim=1, log=log)
    if not log.problems and values.size != errors.size:
        log.add(f"there are {errors.size} errors for {values.size} estimates", column="std_errors", allowed="one each")
    check_count(int(values.size), name="estimates", low=2, log=log)
    for found, label in ((np.isnan(values), "estimates"), (~(errors > 0), "std_errors")):
        if found.any():
            log.add(f"is missing or not above zero at {name_positions(found)}", column=label, allowed="numbers")
    if df_complete != inf:
        check_between(df_complete, name="df_complete", low=0, high=inf, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    log.raise_as(UsageError)
    m = int(values.size)
    estimate, within = float(values.mean()), float(np.mean(errors**2))
    between = float(values.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    df = barnard_rubin_df(m, share_between=share, df_complete=df_complete)
    increase = (1 + 1 / m) * between / within
    std_error = sqrt(total)
    half = float(stats.t.isf((1 - conf_level) / 2, df)) * std_error
    return PooledImputations(
        name=name,
        estimate=estimate,
        std_error=std_error,
        df=None if df == inf else df,
        df_method="Barnard-Rubin" if df != inf else "normal: no spread between imputations, no finite df",
        statistic=estimate / std_error,
        p_value=min(1.0, 2 * float(stats.t.sf(abs(estimate) / std_error, df))),
        p_method="t test",
        conf_low=estimate - half,
        conf_high=estimate + half,
        conf_level=conf_level,
        interval_method="t interval",
        n=m,
        checks=(f"imputations: {m}",),
        warnings=(f"fewer than {FEW_IMPUTATIONS} imputations: the interval varies with the random draws",)
        if m < FEW_IMPUTATIONS
        else (),
        within_variance=within,
        between_variance=between,
        total_variance=total,
        relative_increase=increase,
        share_between=share,
        missing_information=(increase + 2 / (df + 3)) / (increase + 1),
        df_complete=df_complete,
        reference=REFERENCE,
    )


def barnard_rubin_df(m: int, *, share_between: float, df_complete: float = inf) -> float:
    """Return the degrees of freedom of a pooled estimate; infinite when nothing varies between imputations.

    Examples
    --------
    >>> round(barnard_rubin_df(10, share_between=0.2, df_complete=22), 3)
    15.105
    """
    old = inf if share_between <= 0 else (m - 1) / share_between**2
    if df_complete == inf:
        return old
    seen = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share_between)
    return seen if old == inf else old * seen / (old + seen)


def pool_r_squared(r_squared: ArrayLike, *, n: int, conf_level: float = 0.95) -> PooledImputations:
    """Pool R2 of a linear regression over imputed data sets, on Fisher's z of its root.

    Parameters
    ----------
    r_squared : array_like
        One per imputed data set, 0 or more and below 1.
    n : int
        Rows of each data set, 4 or more.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    PooledImputations
        `estimate` and limits are R2; variances and df are those of Fisher's z.

    Raises
    ------
    UsageError
        Shares out of bounds, too few rows; as `pool_imputations`.

    References
    ----------
    Harel (2009). The estimation of R2 and adjusted R2 in incomplete data sets. J. Appl. Stat., 36, 1109-1118.

    Examples
    --------
    >>> round(pool_r_squared([0.40, 0.45, 0.42], n=50).estimate, 3)
    0.423
    """
    log = ProblemLog()
    shares = read_floats(r_squared, name="r_squared", ndim=1, log=log)
    if not log.problems and not bool(((shares >= 0) & (shares < 1)).all()):
        log.add("is no share", column="r_squared", allowed="0 or more, below 1")
    check_count(n, name="n", low=4, log=log)
    log.raise_as(UsageError)
    z_values = [atanh(sqrt(share)) for share in shares]
    pooled = pool_imputations(
        z_values, [1 / sqrt(n - 3)] * len(z_values), conf_level=conf_level, name="R2, pooled on Fisher's z"
    )
    z = sum(z_values) / len(z_values)
    half = float(stats.norm.isf((1 - conf_level) / 2)) * sqrt(pooled.total_variance)
    return PooledImputations(
        name=pooled.name,
        estimate=tanh(z) ** 2,
        df=pooled.df,
        df_method=pooled.df_method,
        conf_low=tanh(max(0.0, z - half)) ** 2,
        conf_high=tanh(z + half) ** 2,
        conf_level=conf_level,
        interval_method="normal limits on Fisher's z",
        n=pooled.n,
        checks=pooled.checks,
        warnings=pooled.warnings,
        within_variance=pooled.within_variance,
        between_variance=pooled.between_variance,
        total_variance=pooled.total_variance,
        relative_increase=pooled.relative_increase,
        share_between=pooled.share_between,
        missing_information=pooled.missing_information,
        df_complete=pooled.df_complete,
        reference=f"{REFERENCE}; Harel (2009), J. Appl. Stat. 36, 1109-1118",
    )
