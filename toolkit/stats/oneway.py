"""One-way analysis of variance from centred sums, exact even far from zero."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, read_floats
from toolkit.stats.results import EffectSize, Estimate, undefined

REFERENCE = (
    "F = between / within mean square; Fisher (1925), Statistical Methods for Research Workers; sums of squares from "
    "values centred twice, checked against NIST StRD SmLs"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnewayAnova(Estimate):
    """One-way analysis of variance; `estimate` is R2, `statistic` F and `df` that of the numerator.

    Attributes
    ----------
    between_ss, within_ss : float or None
        Sums of squares.
    df_within : int or None
        Degrees of freedom of the denominator.
    residual_sd : float or None
        Root of the within mean square.
    n_groups : int
        Groups with a value.
    """

    between_ss: float | None = None
    within_ss: float | None = None
    df_within: int | None = None
    residual_sd: float | None = None
    n_groups: int = 0


def oneway_anova(outcome: ArrayLike, groups: ArrayLike, *, conf_level: float = 0.95) -> OnewayAnova:
    """Test whether the means of groups differ.

    Parameters
    ----------
    outcome : array_like
        One value per person; NaN is missing.
    groups : array_like
        Group of each person: numbers or text.
    conf_level : float
        Level of the interval of R2, above 0 and below 1.

    Returns
    -------
    OnewayAnova
        F, its p, sums of squares, R2, and omega-squared as effect size.

    Raises
    ------
    UsageError
        Values that are no numbers, unequal lengths.

    Examples
    --------
    >>> result = oneway_anova([1, 2, 3, 4, 5, 6], ["a", "a", "a", "b", "b", "b"])
    >>> result.statistic, round(result.p_value, 4)
    (13.5, 0.0213)
    """
    log = ProblemLog()
    values = read_floats(outcome, name="outcome", ndim=1, log=log)
    labels = np.asarray(groups)
    if not log.problems and labels.shape != values.shape:
        log.add(f"has {labels.size} labels for {values.size} values", column="groups", allowed="one per value")
    log.raise_as(UsageError)
    known = ~np.isnan(values)
    names, codes = np.unique(labels[known], return_inverse=True)
    values = values[known]
    n, k = int(values.size), int(names.size)
    missing = {"outcome missing": int(np.sum(~known))}
    shared_reason = ""
    if k < 2:
        shared_reason = "fewer than two groups have a value"
    elif n <= k:
        shared_reason = "no group has two values: there is no variation within groups"
    if shared_reason:
        return OnewayAnova(
            name="differences between groups",
            reason=undefined(shared_reason),
            conf_level=conf_level,
            n=n,
            n_missing=missing,
            n_groups=k,
            reference=REFERENCE,
        )
    sizes = np.bincount(codes, minlength=k)
    between, within = _sums_of_squares(values, codes, sizes=sizes)
    df1, df2 = k - 1, n - k
    if within == 0:
        return OnewayAnova(
            name="differences between groups",
            reason=undefined("nobody differs within a group: variation is zero, no test"),
            conf_level=conf_level,
            n=n,
            n_missing=missing,
            between_ss=between,
            within_ss=0.0,
            n_groups=k,
            reference=REFERENCE,
        )
    f = between / df1 / (within / df2)
    mean_square = within / df2
    total = between + within
    return OnewayAnova(
        name="differences between groups",
        interval_reason="R2 of groups has no interval here; see omega_squared",
        estimate=between / total,
        df=float(df1),
        df_method="groups - 1, n - groups",
        statistic=f,
        p_value=float(stats.f.sf(f, df1, df2)),
        p_method="F test",
        conf_level=conf_level,
        n=n,
        n_missing=missing,
        effects=(
            EffectSize(
                name="omega_squared",
                definition="(between - df * within mean square) / (total + within mean square)",
                estimate=(between - df1 * mean_square) / (total + mean_square),
                conf_low=_omega(_noncentral_f_limit(f, df1, df2, tail=(1 + conf_level) / 2), n),
                conf_high=_omega(_noncentral_f_limit(f, df1, df2, tail=(1 - conf_level) / 2), n),
                conf_level=conf_level,
                interval_method="noncentral F limits, nc / (nc + n)",
            ),
        ),
        between_ss=between,
        within_ss=within,
        df_within=df2,
        residual_sd=sqrt(mean_square),
        n_groups=k,
        checks=(f"groups {k}, smallest {int(sizes.min())}, largest {int(sizes.max())}",),
        reference=REFERENCE,
    )


def _noncentral_f_limit(f: float, df1: int, df2: int, *, tail: float) -> float:
    """Noncentrality at which the observed F has this lower tail; 0 when even the central F has less."""
    if float(stats.f.cdf(f, df1, df2)) <= tail:
        return 0.0
    high = max(1.0, f * df1)
    while float(stats.ncf.cdf(f, df1, df2, high)) > tail:
        high *= 2
    low = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if float(stats.ncf.cdf(f, df1, df2, middle)) > tail else (low, middle)
        if high - low <= 1e-12 * high:
            break
    return (low + high) / 2


def _omega(noncentrality: float, n: int) -> float:
    return noncentrality / (noncentrality + n)


def _sums_of_squares(
    values: FloatArray, codes: npt.NDArray[np.intp], *, sizes: npt.NDArray[np.intp]
) -> tuple[float, float]:
    """Return the sums of squares between and within groups."""
    # Subtracting one observation is exact for numbers of like size; the means then carry no large offset.
    shifted, k = values - values[0], len(sizes)
    means = np.bincount(codes, weights=shifted, minlength=k) / sizes
    residual = shifted - means[codes]
    means = means + np.bincount(codes, weights=residual, minlength=k) / sizes
    residual = shifted - means[codes]
    grand = float(sizes @ means) / values.size
    return float(sizes @ (means - grand) ** 2), float(residual @ residual)
