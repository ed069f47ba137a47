"""The mean change of paired measurements (post minus pre) with its t interval and test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, sqrt
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import P_TOO_SMALL, FloatArray, check_between, largest_zero_sd, read_floats

PairedStatus: TypeAlias = Literal["ok", "no_variation", "no_pairs", "one_pair"]

FEW_PAIRS = 10

REFERENCE = (
    "mean(post - pre) +/- t(n - 1) * sd(post - pre) / sqrt(n); Student (1908), The probable error of a mean, "
    "Biometrika 6, 1-25; agrees with R 4.2.2 t.test(post, pre, paired = TRUE)"
)

REASONS: Mapping[PairedStatus, str] = {
    "ok": "",
    "no_variation": "every participant changed by the same amount: variation is zero, no test",
    "no_pairs": "nobody has both a pre and a post value: no change to estimate",
    "one_pair": "one complete pair: a change, but no interval and no test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMean:
    """Mean change with its t interval; None stands where there is no result.

    Attributes
    ----------
    status : {"ok", "no_variation", "no_pairs", "one_pair"}
        Whether there is a test, or why not.
    reason : str
        The status in words; "" when "ok".
    estimate : float or None
        Mean of post minus pre, in scale points.
    std_error : float or None
        Standard error of `estimate`, in scale points.
    df, df_method : float or None, str
        Degrees of freedom and how they are counted.
    statistic, p_value : float or None
        t for a mean change of zero, and its two-sided p.
    conf_low, conf_high : float or None
        Interval for the mean change, in scale points.
    conf_level : float
        Level of the interval, 0 to 1.
    n : int
        Complete pairs.
    n_missing : mapping of str to int
        Rows set aside: "pre missing", "post missing", "both missing".
    mean_pre, mean_post, sd_pre, sd_post, sd_change : float or None
        Of the complete pairs, in scale points; SD with n - 1.
    correlation : float or None
        Pearson correlation of pre and post, -1 to 1; None when one of them does not vary.
    checks, warnings : tuple of str
        What was looked at; what a reader must know while the result stays valid.
    reference : str
        Formula and source.
    """

    status: PairedStatus
    reason: str
    estimate: float | None = None
    std_error: float | None = None
    df: float | None = None
    df_method: str = "n - 1"
    statistic: float | None = None
    p_value: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    conf_level: float
    n: int
    n_missing: Mapping[str, int]
    mean_pre: float | None = None
    mean_post: float | None = None
    sd_pre: float | None = None
    sd_post: float | None = None
    sd_change: float | None = None
    correlation: float | None = None
    checks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reference: str = REFERENCE


def paired_mean(
    pre: ArrayLike, post: ArrayLike, *, conf_level: float = 0.95, scale_range: float | None = None
) -> PairedMean:
    """Estimate the mean change post minus pre over complete pairs.

    Parameters
    ----------
    pre, post : array_like
        One value per participant, in the same order and on the same scale; NaN is missing.
    conf_level : float
        Level of the interval, above 0 and below 1.
    scale_range : float or None
        Highest minus lowest possible value, in scale points; None takes the observed range.

    Returns
    -------
    PairedMean
        One result over all complete pairs.

    Raises
    ------
    UsageError
        Unequal lengths, not one-dimensional, not numbers, infinite values, a level or range out of bounds.

    Notes
    -----
    ``t = mean(d) / (sd(d) / sqrt(n))``, ``d = post - pre``, with n - 1 degrees of freedom. An sd(d) below
    1e-9 of the scale range is rounding noise: the estimate stays, the test and the interval do not.

    References
    ----------
    Student (1908). The probable error of a mean. Biometrika, 6, 1-25.

    Examples
    --------
    >>> result = paired_mean([2, 3, 3, 4], [3, 3, 5, 5])
    >>> result.estimate, round(result.conf_low, 3), round(result.conf_high, 3)
    (1.0, -0.299, 2.299)
    >>> paired_mean([3.1, 2.7, 3.3], [3.3, 2.9, 3.5]).reason
    'every participant changed by the same amount: variation is zero, no test'
    """
    first, second = _read_pair(pre, post, conf_level=conf_level, scale_range=scale_range)
    described = _describe(first, second, conf_level=float(conf_level), scale_range=scale_range)
    return _test(described) if described.status == "ok" else described


def _read_pair(
    pre: ArrayLike, post: ArrayLike, *, conf_level: float, scale_range: float | None
) -> tuple[FloatArray, FloatArray]:
    log = ProblemLog()
    first = read_floats(pre, name="pre", ndim=1, log=log)
    second = read_floats(post, name="post", ndim=1, log=log)
    if not log.problems and first.size != second.size:
        log.add(
            f"pre has {first.size} values and post has {second.size}",
            column="pre, post",
            allowed="one value of each per participant",
            mend="link the two waves first; mark a missing value as NaN",
        )
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    if scale_range is not None:
        check_between(scale_range, name="scale_range", low=0, high=inf, log=log)
    log.raise_as(UsageError)
    return first, second


def _describe(pre: FloatArray, post: FloatArray, *, conf_level: float, scale_range: float | None) -> PairedMean:
    """Means, SDs, correlation and counts; everything but the test."""
    no_pre, no_post = np.isnan(pre), np.isnan(post)
    complete = ~no_pre & ~no_post
    n_missing = {
        "pre missing": int(np.sum(no_pre & ~no_post)),
        "post missing": int(np.sum(no_post & ~no_pre)),
        "both missing": int(np.sum(no_pre & no_post)),
    }
    checks = (f"complete pairs: {int(complete.sum())} of {pre.size} rows",)
    pre, post = pre[complete], post[complete]
    n = int(pre.size)
    if n == 0:
        return PairedMean(
            status="no_pairs",
            reason=REASONS["no_pairs"],
            conf_level=conf_level,
            n=n,
            n_missing=n_missing,
            checks=checks,
        )
    change = post - pre
    described = PairedMean(
        status="one_pair",
        reason=REASONS["one_pair"],
        estimate=float(change.mean()),
        conf_level=conf_level,
        n=n,
        n_missing=n_missing,
        mean_pre=float(pre.mean()),
        mean_post=float(post.mean()),
        checks=checks,
    )
    if n == 1:
        return described
    zero_sd = largest_zero_sd(np.concatenate([pre, post]), scale_range=scale_range)
    sd_pre, sd_post, sd_change = (_sd(values, zero_sd=zero_sd) for values in (pre, post, change))
    status: PairedStatus = "ok" if sd_change > 0 else "no_variation"
    return replace(
        described,
        status=status,
        reason=REASONS[status],
        sd_pre=sd_pre,
        sd_post=sd_post,
        sd_change=sd_change,
        correlation=_correlation(pre, post) if sd_pre > 0 and sd_post > 0 else None,
        checks=(*checks, f"variation of the changes: {'present' if sd_change > 0 else 'zero'}"),
    )


def _sd(values: FloatArray, *, zero_sd: float) -> float:
    """SD with n - 1; exactly 0.0 when it is no more than rounding noise."""
    sd = float(values.std(ddof=1))
    return sd if sd >= zero_sd else 0.0


def _correlation(pre: FloatArray, post: FloatArray) -> float:
    x, y = pre - pre.mean(), post - post.mean()
    # Normalised one by one, so that the product of two small or large norms cannot leave the float range.
    product = float((x / np.linalg.norm(x)) @ (y / np.linalg.norm(y)))
    return min(1.0, max(-1.0, product))


def _test(described: PairedMean) -> PairedMean:
    """Add the t interval and test to a description with two or more pairs that vary."""
    if described.estimate is None or described.sd_change is None:
        return described
    df = described.n - 1
    std_error = described.sd_change / sqrt(described.n)
    statistic = described.estimate / std_error
    p_value = min(1.0, 2 * float(stats.t.sf(abs(statistic), df)))
    half_width = float(stats.t.isf((1 - described.conf_level) / 2, df)) * std_error
    warnings = []
    if described.n < FEW_PAIRS:
        warnings.append(
            f"fewer than {FEW_PAIRS} complete pairs: the interval leans on changes being roughly normal; "
            "look at the individual changes too"
        )
    if p_value == 0:
        warnings.append(P_TOO_SMALL)
    return replace(
        described,
        std_error=std_error,
        df=float(df),
        statistic=statistic,
        p_value=p_value,
        conf_low=described.estimate - half_width,
        conf_high=described.estimate + half_width,
        warnings=tuple(warnings),
    )
