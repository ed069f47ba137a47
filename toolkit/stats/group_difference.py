"""Two separate groups: Welch's difference, Cohen's d, Hedges' g, Cliff's delta and the common-language effect size."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import P_TOO_SMALL, FloatArray, check_between, largest_zero_sd, read_floats
from toolkit.stats.noncentral import noncentrality_interval
from toolkit.stats.results import EffectSize, Estimate, undefined
from toolkit.stats.standardised import hedges_correction

FEW_IN_GROUP = 10

REFERENCE = (
    "mean(treated) - mean(control), Welch (1947), Biometrika 34, 28-35; d by the pooled SD with noncentral t limits; "
    "Cliff (1993), Psychol. Bull. 114, 494-509; McGraw & Wong (1992), Psychol. Bull. 111, 361-365; agrees with R "
    "4.2.2 t.test and effectsize 0.8.3"
)
FISHER_Z = "Fisher z, standard error of the null distribution"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference(Estimate):
    """Difference of means of two groups; `estimate` is treated minus control.

    Attributes
    ----------
    n_treated, n_control : int
        People with a value.
    mean_treated, mean_control, sd_treated, sd_control : float or None
        In the units of the outcome; SD with n - 1.
    u : float or None
        Mann-Whitney's U of the treated.
    rank_p_value : float or None
        Two-sided p of U, normal with ties and continuity correction.
    """

    n_treated: int = 0
    n_control: int = 0
    mean_treated: float | None = None
    mean_control: float | None = None
    sd_treated: float | None = None
    sd_control: float | None = None
    u: float | None = None
    rank_p_value: float | None = None


def compare_groups(
    treated: ArrayLike, control: ArrayLike, *, conf_level: float = 0.95, scale_range: float | None = None
) -> GroupDifference:
    """Estimate the difference of means between two groups of people.

    Parameters
    ----------
    treated, control : array_like
        One value per person of each group, in the same units; NaN is missing.
    conf_level : float
        Level of the intervals, above 0 and below 1.
    scale_range : float or None
        Highest minus lowest possible value; None takes the observed range.

    Returns
    -------
    GroupDifference
        The difference with Welch's interval, and the effect sizes cohen_d, hedges_g, cliffs_delta and
        p_superiority, each with its own interval.

    Raises
    ------
    UsageError
        Values that are no numbers or infinite; a level or range out of bounds.

    Notes
    -----
    cohen_d divides by the pooled SD; its limits come from the noncentral t with n - 2 degrees of freedom.
    cliffs_delta is the chance that a treated person is higher less the chance of being lower; p_superiority is
    the chance of being higher, ties counted half.

    References
    ----------
    Welch (1947), Biometrika 34, 28-35; Cliff (1993), Psychol. Bull. 114, 494-509.

    Examples
    --------
    >>> result = compare_groups([3, 4, 5, 6], [1, 2, 3, 4])
    >>> result.estimate, round(result.p_value, 4), result.effect("cliffs_delta").estimate
    (2.0, 0.071, 0.75)
    """
    log = ProblemLog()
    first = read_floats(treated, name="treated", ndim=1, log=log)
    second = read_floats(control, name="control", ndim=1, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    if scale_range is not None:
        check_between(scale_range, name="scale_range", low=0, high=float("inf"), log=log)
    log.raise_as(UsageError)
    missing = {"treated missing": int(np.isnan(first).sum()), "control missing": int(np.isnan(second).sum())}
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if first.size == 0 or second.size == 0:
        return _no_difference("a group has no values", first, second, missing=missing, conf_level=conf_level)
    zero = largest_zero_sd(np.concatenate([first, second]), scale_range=scale_range)
    if min(first.size, second.size) < 2:
        return _no_difference("a group has one member", first, second, missing=missing, conf_level=conf_level)
    sd1, sd2 = float(first.std(ddof=1)), float(second.std(ddof=1))
    if max(sd1, sd2) < zero:
        why = "everybody in each group has the same value: variation is zero, no test"
        return _no_difference(why, first, second, missing=missing, conf_level=conf_level)
    return _difference(first, second, missing=missing, conf_level=conf_level)


def _no_difference(
    why: str, first: FloatArray, second: FloatArray, *, missing: dict[str, int], conf_level: float
) -> GroupDifference:
    both = first.size > 0 and second.size > 0
    return GroupDifference(
        name="difference of means",
        reason=undefined(why),
        estimate=float(first.mean() - second.mean()) if both else None,
        conf_level=conf_level,
        n=int(first.size + second.size),
        n_missing=missing,
        n_treated=int(first.size),
        n_control=int(second.size),
        mean_treated=float(first.mean()) if first.size else None,
        mean_control=float(second.mean()) if second.size else None,
        reference=REFERENCE,
    )


def _difference(
    first: FloatArray, second: FloatArray, *, missing: dict[str, int], conf_level: float
) -> GroupDifference:
    n1, n2 = int(first.size), int(second.size)
    sd1, sd2 = float(first.std(ddof=1)), float(second.std(ddof=1))
    # In units of the larger part, so that no square leaves the float range.
    part1, part2 = sd1 / sqrt(n1), sd2 / sqrt(n2)
    larger = max(part1, part2)
    a, b = (part1 / larger) ** 2, (part2 / larger) ** 2
    error, df = larger * sqrt(a + b), (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    estimate = float(first.mean() - second.mean())
    statistic = estimate / error
    p_value = min(1.0, 2 * float(stats.t.sf(abs(statistic), df)))
    half = float(stats.t.isf((1 - conf_level) / 2, df)) * error
    u, rank_p = _mann_whitney(first, second)
    warnings = [P_TOO_SMALL] if p_value == 0 else []
    if min(n1, n2) < FEW_IN_GROUP:
        warnings.append(f"fewer than {FEW_IN_GROUP} in a group: the interval leans on roughly normal values")
    return GroupDifference(
        name="difference of means",
        estimate=estimate,
        std_error=error,
        df=df,
        df_method="Welch-Satterthwaite",
        statistic=statistic,
        p_value=p_value,
        p_method="Welch's t test",
        conf_low=estimate - half,
        conf_high=estimate + half,
        conf_level=conf_level,
        interval_method="Welch's t interval",
        n=n1 + n2,
        n_missing=missing,
        effects=(
            *_standardised(first, second, conf_level=conf_level),
            *_dominance(u, n1, n2, conf_level=conf_level),
        ),
        checks=(f"treated {n1}, control {n2}", f"SD treated {sd1:.3g}, control {sd2:.3g}"),
        warnings=tuple(warnings),
        n_treated=n1,
        n_control=n2,
        mean_treated=float(first.mean()),
        mean_control=float(second.mean()),
        sd_treated=sd1,
        sd_control=sd2,
        u=u,
        rank_p_value=rank_p,
        reference=REFERENCE,
    )


def _standardised(first: FloatArray, second: FloatArray, *, conf_level: float) -> tuple[EffectSize, EffectSize]:
    n1, n2 = int(first.size), int(second.size)
    df = n1 + n2 - 2
    sd1, sd2 = float(first.std(ddof=1)), float(second.std(ddof=1))
    larger = max(sd1, sd2)
    pooled = larger * sqrt(((n1 - 1) * (sd1 / larger) ** 2 + (n2 - 1) * (sd2 / larger) ** 2) / df)
    scale = sqrt(1 / n1 + 1 / n2)
    d = float(first.mean() - second.mean()) / pooled
    low, high = (limit * scale for limit in noncentrality_interval(d / scale, df, conf_level=conf_level))
    j = hedges_correction(df)
    return (
        EffectSize(
            name="cohen_d",
            definition="difference of means / pooled SD",
            estimate=d,
            conf_low=low,
            conf_high=high,
            conf_level=conf_level,
            interval_method="noncentral t limits",
        ),
        EffectSize(
            name="hedges_g",
            definition="J * difference of means / pooled SD",
            estimate=j * d,
            conf_low=j * low,
            conf_high=j * high,
            conf_level=conf_level,
            interval_method="J * limits of cohen_d",
        ),
    )


def _mann_whitney(first: FloatArray, second: FloatArray) -> tuple[float, float]:
    n1, n2 = int(first.size), int(second.size)
    values = np.concatenate([first, second])
    ranks = stats.rankdata(values)
    u = float(ranks[:n1].sum()) - n1 * (n1 + 1) / 2
    _, ties = np.unique(values, return_counts=True)
    n = n1 + n2
    correction = float(np.sum(ties.astype(np.float64) ** 3 - ties)) / (n * (n - 1))
    spread = sqrt(n1 * n2 / 12 * (n + 1 - correction))
    if spread == 0:
        return u, 1.0
    z = max(0.0, abs(u - n1 * n2 / 2) - 0.5) / spread
    return u, min(1.0, 2 * float(stats.norm.sf(z)))


def _dominance(u: float, n1: int, n2: int, *, conf_level: float) -> tuple[EffectSize, EffectSize]:
    delta = min(1.0, max(-1.0, 2 * u / (n1 * n2) - 1))
    low: float | None = None
    high: float | None = None
    reason = ""
    if abs(delta) == 1:
        reason = undefined("the groups do not overlap: the interval has no width")
    else:
        half = float(stats.norm.isf((1 - conf_level) / 2)) * sqrt((n1 + n2 + 1) / (3 * n1 * n2))
        low, high = tanh(atanh(delta) - half), tanh(atanh(delta) + half)
    return (
        EffectSize(
            name="cliffs_delta",
            definition="chance that a treated person is higher, less the chance of being lower",
            estimate=delta,
            conf_low=low,
            conf_high=high,
            conf_level=conf_level,
            interval_method=FISHER_Z,
            reason=reason,
        ),
        EffectSize(
            name="p_superiority",
            definition="chance that a treated person is higher than a control person, ties counted half",
            estimate=(delta + 1) / 2,
            conf_low=None if low is None else (low + 1) / 2,
            conf_high=None if high is None else (high + 1) / 2,
            conf_level=conf_level,
            interval_method=FISHER_Z,
            reason=reason,
        ),
    )
