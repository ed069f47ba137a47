"""Agreement of raters on one scale: intraclass correlations, and limits of agreement with their own intervals."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, largest_zero_sd, read_floats, read_pairs
from toolkit.stats.results import EffectSize, Estimate, undefined

IccName: TypeAlias = Literal["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"]
ICC_NAMES: tuple[IccName, ...] = ("ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)")

ICC_DEFINITIONS: dict[IccName, str] = {
    "ICC(1,1)": "one rating, every target rated by other raters (Shrout-Fleiss ICC1)",
    "ICC(A,1)": "one rating, absolute agreement (Shrout-Fleiss ICC2)",
    "ICC(C,1)": "one rating, consistency: raters may differ by a constant (Shrout-Fleiss ICC3)",
    "ICC(1,k)": "mean of the ratings, every target rated by other raters (ICC1k)",
    "ICC(A,k)": "mean of the ratings, absolute agreement (ICC2k)",
    "ICC(C,k)": "mean of the ratings, consistency (ICC3k)",
}
NO_VALUE = "the targets differ too little, beside their ratings, for a correlation of this kind"

# A denominator below this is zero but for rounding.
ZERO_SHARE = 1e-12

ICC_REFERENCE = (
    "mean squares of targets by raters; Shrout & Fleiss (1979), Psychol. Bull. 86, 420-428; McGraw & Wong (1996), "
    "Psychol. Methods 1, 30-46; agrees with R psych 2.2.9 ICC(lmer = FALSE)"
)
LIMITS_REFERENCE = (
    "mean difference +- z * SD; Bland & Altman (1986), Lancet 327, 307-310; standard error of a limit "
    "SD * sqrt(1/n + z^2 / (2(n-1))), Bland & Altman (1999), Stat. Methods Med. Res. 8, 135-160"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntraclassCorrelation(Estimate):
    """One intraclass correlation; `statistic` is F and `p_value` that of no correlation, one-sided.

    Attributes
    ----------
    icc_name : str
        Which of the six, in McGraw and Wong's names.
    definition : str
        What it says, in words.
    df_between, df_error : float or None
        Degrees of freedom of F.
    n_raters : int
        Raters.
    """

    icc_name: IccName
    definition: str
    df_between: float | None = None
    df_error: float | None = None
    n_raters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsOfAgreement(Estimate):
    """Limits of agreement of two measurements; `estimate` is the mean of first minus second.

    Attributes
    ----------
    sd : float or None
        SD of the differences, with n - 1.
    limit_z : float
        Normal quantile that the limits use.
    lower, upper : float or None
        Limits of agreement, in scale points.
    limit_std_error : float or None
        Standard error of each limit.
    lower_conf_low, lower_conf_high, upper_conf_low, upper_conf_high : float or None
        t intervals of the two limits.
    slope_on_mean : float or None
        Slope of the difference on the mean of the two; far from zero, the limits depend on the level.
    """

    sd: float | None = None
    limit_z: float
    lower: float | None = None
    upper: float | None = None
    limit_std_error: float | None = None
    lower_conf_low: float | None = None
    lower_conf_high: float | None = None
    upper_conf_low: float | None = None
    upper_conf_high: float | None = None
    slope_on_mean: float | None = None


def intraclass_correlations(ratings: ArrayLike, *, conf_level: float = 0.95) -> tuple[IntraclassCorrelation, ...]:
    """Estimate the six intraclass correlations over the fully rated targets.

    Parameters
    ----------
    ratings : array_like
        One row per target (a participant), one column per rater (self, host); NaN is missing.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    tuple of IntraclassCorrelation
        ICC(1,1), ICC(A,1), ICC(C,1), ICC(1,k), ICC(A,k), ICC(C,k); without a value they carry the reason.

    Raises
    ------
    UsageError
        Not two-dimensional, not numbers, infinite values, a level out of bounds.

    Notes
    -----
    With mean squares of targets B, of raters J, of the rest E and within targets W:
    ``ICC(1,1) = (B-W)/(B+(k-1)W)``, ``ICC(A,1) = (B-E)/(B+(k-1)E+k(J-E)/n)``, ``ICC(C,1) = (B-E)/(B+(k-1)E)``;
    the mean of k ratings has ``k r / (1 + (k-1) r)``.

    References
    ----------
    Shrout & Fleiss (1979), Psychol. Bull. 86, 420-428; McGraw & Wong (1996), Psychol. Methods 1, 30-46.

    Examples
    --------
    >>> results = intraclass_correlations([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9]])
    >>> [round(result.estimate, 2) for result in results[:3]]
    [0.22, 0.33, 0.75]
    """
    log = ProblemLog()
    table = read_floats(ratings, name="ratings", ndim=2, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    log.raise_as(UsageError)
    complete = table[~np.isnan(table).any(axis=1)]
    n, k = complete.shape
    missing = {"not rated by everybody": int(table.shape[0] - n)}
    why = ""
    if k < 2:
        why = "fewer than two raters"
    elif n < 2:
        why = "fewer than two targets are rated by everybody"
    elif float(complete.std()) <= largest_zero_sd(complete.ravel(), scale_range=None):
        why = "all ratings are the same: there is nothing to tell apart"
    if why:
        return tuple(
            IntraclassCorrelation(
                name="intraclass correlation",
                reason=undefined(why),
                conf_level=conf_level,
                n=int(n),
                n_missing=missing,
                icc_name=name,
                definition=ICC_DEFINITIONS[name],
                n_raters=int(k),
                reference=ICC_REFERENCE,
            )
            for name in ICC_NAMES
        )
    return _correlations(complete, missing=missing, conf_level=conf_level)


@dataclass(frozen=True, slots=True, kw_only=True)
class _MeanSquares:
    n: int
    k: int
    targets: float
    raters: float
    rest: float
    within: float


def _mean_squares(table: FloatArray) -> _MeanSquares:
    n, k = table.shape
    centred = table - table.mean()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    rest = centred - rows[:, None] - columns[None, :]
    within = centred - rows[:, None]
    return _MeanSquares(
        n=n,
        k=k,
        targets=k * float(rows @ rows) / (n - 1),
        raters=n * float(columns @ columns) / (k - 1),
        rest=float(np.sum(rest**2)) / ((n - 1) * (k - 1)),
        within=float(np.sum(within**2)) / (n * (k - 1)),
    )


def _correlations(
    table: FloatArray, *, missing: dict[str, int], conf_level: float
) -> tuple[IntraclassCorrelation, ...]:
    squares = _mean_squares(table)
    n, k = squares.n, squares.k
    zero = largest_zero_sd(table.ravel(), scale_range=None) ** 2
    found = []
    for name in ICC_NAMES:
        error = squares.within if "1," in name else squares.rest
        df_error = float(n * (k - 1)) if "1," in name else float((n - 1) * (k - 1))
        single, low, high = _single(name, squares, conf_level=conf_level, perfect=error <= zero)
        values = [single, low, high]
        if name.endswith("k)"):
            values = [None if value is None else _of_mean(value, k) for value in values]
        # The approximate df can be endless or none; a limit without width is no limit.
        if values[1] is None or values[2] is None or not -inf < values[1] < values[2] < inf:
            values = [values[0], None, None]
        statistic = None if error <= zero else squares.targets / error
        found.append(
            IntraclassCorrelation(
                name="intraclass correlation",
                reason="" if values[0] is not None else undefined(NO_VALUE),
                interval_reason=_why_no_interval(values, perfect=low is None),
                estimate=values[0],
                df=df_error,
                df_method="(n - 1)(k - 1), or n(k - 1) for ICC(1)",
                statistic=statistic,
                p_value=None if statistic is None else float(stats.f.sf(statistic, n - 1, df_error)),
                p_method="F test, one-sided",
                conf_low=values[1],
                conf_high=values[2],
                conf_level=conf_level,
                interval_method="F limits" if "A" not in name else "F limits with approximate df (McGraw-Wong)",
                n=n,
                n_missing=missing,
                icc_name=name,
                definition=ICC_DEFINITIONS[name],
                df_between=float(n - 1),
                df_error=df_error,
                n_raters=k,
                checks=(f"targets rated by all {k} raters: {n}",),
                warnings=("a correlation of ratings is low where people hardly differ: look at their spread too",),
                reference=ICC_REFERENCE,
            )
        )
    return tuple(found)


def _of_mean(value: float, k: int) -> float | None:
    """Return the correlation of a mean of k ratings; None where the single one is too far below zero for one."""
    below = 1 + (k - 1) * value
    return k * value / below if below > ZERO_SHARE else None


def _why_no_interval(values: list[float | None], *, perfect: bool) -> str:
    if perfect and values[0] is not None:
        return "the raters differ by a constant or not at all: the interval has no width"
    return undefined(NO_VALUE) if values[1] is None else ""


def _single(
    name: IccName, squares: _MeanSquares, *, conf_level: float, perfect: bool
) -> tuple[float | None, float | None, float | None]:
    n, k = squares.n, squares.k
    tail = (1 - conf_level) / 2
    smallest = ZERO_SHARE * (squares.targets + squares.within + squares.raters)
    if "A" in name:
        bottom = squares.targets + (k - 1) * squares.rest + k * (squares.raters - squares.rest) / n
        if bottom <= smallest:
            return None, None, None
        value = (squares.targets - squares.rest) / bottom
        return (value, None, None) if perfect else (value, *_agreement_limits(value, squares, tail=tail))
    error, df_error = (squares.within, n * (k - 1)) if "1," in name else (squares.rest, (n - 1) * (k - 1))
    if squares.targets + (k - 1) * error <= smallest:
        return None, None, None
    value = (squares.targets - error) / (squares.targets + (k - 1) * error)
    if perfect:
        return value, None, None
    ratio = squares.targets / error
    low = ratio / float(stats.f.isf(tail, n - 1, df_error))
    high = ratio * float(stats.f.isf(tail, df_error, n - 1))
    return value, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _agreement_limits(value: float, squares: _MeanSquares, *, tail: float) -> tuple[float, float]:
    n, k = squares.n, squares.k
    ratio = squares.raters / squares.rest
    inner = n * (1 + (k - 1) * value) - k * value
    df = (k - 1) * (n - 1) * (k * value * ratio + inner) ** 2
    df /= (n - 1) * k**2 * value**2 * ratio**2 + inner**2
    spread = k * squares.raters + (k * n - k - n) * squares.rest
    upper_f = float(stats.f.isf(tail, n - 1, df))
    lower_f = float(stats.f.isf(tail, df, n - 1))
    low = n * (squares.targets - upper_f * squares.rest) / (upper_f * spread + n * squares.targets)
    high = n * (lower_f * squares.targets - squares.rest) / (spread + n * lower_f * squares.targets)
    return low, high


def limits_of_agreement(
    first: ArrayLike, second: ArrayLike, *, conf_level: float = 0.95, limit_z: float | None = None
) -> LimitsOfAgreement:
    """Estimate how far two measurements of the same people lie apart.

    Parameters
    ----------
    first, second : array_like
        One value of each per person, in the same order and on the same scale; NaN is missing.
    conf_level : float
        Level of all intervals, and of the limits when `limit_z` is None; above 0 and below 1.
    limit_z : float or None
        Normal quantile of the limits, above 0; None takes that of `conf_level`.

    Returns
    -------
    LimitsOfAgreement
        Mean difference, limits of agreement, and an interval for each.

    Raises
    ------
    UsageError
        As `read_pairs`; a quantile that is not above zero.

    References
    ----------
    Bland & Altman (1986), Lancet 327, 307-310; Bland & Altman (1999), Stat. Methods Med. Res. 8, 135-160.

    Examples
    --------
    >>> result = limits_of_agreement([4, 5, 3, 4, 5], [4, 4, 3, 5, 4])
    >>> round(result.estimate, 2), round(result.lower, 2), round(result.upper, 2)
    (0.2, -1.44, 1.84)
    """
    log = ProblemLog()
    if limit_z is not None:
        check_between(limit_z, name="limit_z", low=0, high=100, log=log)
    log.raise_as(UsageError)
    pairs = read_pairs(first, second, names=("first", "second"), conf_level=conf_level)
    difference = pairs.first - pairs.second
    n = int(difference.size)
    z = float(stats.norm.isf((1 - conf_level) / 2)) if limit_z is None else float(limit_z)
    sd = float(difference.std(ddof=1)) if n > 1 else 0.0
    if sd <= largest_zero_sd(np.concatenate([pairs.first, pairs.second]), scale_range=None):
        why = "fewer than two people have both values" if n < 2 else "the two differ by the same amount for everybody"
        return LimitsOfAgreement(
            name="mean difference of two measurements",
            reason=undefined(why),
            estimate=float(difference.mean()) if n else None,
            conf_level=conf_level,
            n=n,
            n_missing=pairs.n_missing,
            limit_z=z,
            reference=LIMITS_REFERENCE,
        )
    bias, error = float(difference.mean()), sd / sqrt(n)
    limit_error = sd * sqrt(1 / n + z * z / (2 * (n - 1)))
    critical = float(stats.t.isf((1 - conf_level) / 2, n - 1))
    lower, upper = bias - z * sd, bias + z * sd
    mean = (pairs.first + pairs.second) / 2
    spread = mean - mean.mean()
    varies = float(mean.std()) > largest_zero_sd(mean, scale_range=None)
    return LimitsOfAgreement(
        name="mean difference of two measurements",
        estimate=bias,
        std_error=error,
        df=float(n - 1),
        df_method="n - 1",
        statistic=bias / error,
        p_value=min(1.0, 2 * float(stats.t.sf(abs(bias) / error, n - 1))),
        p_method="t test",
        conf_low=bias - critical * error,
        conf_high=bias + critical * error,
        conf_level=conf_level,
        interval_method="t interval",
        n=n,
        n_missing=pairs.n_missing,
        effects=(
            EffectSize(
                name="limits_of_agreement",
                definition=f"mean difference +- {z:.4g} SD; its interval is the outer one of the two limits",
                estimate=upper - lower,
                conf_low=lower - critical * limit_error,
                conf_high=upper + critical * limit_error,
                conf_level=conf_level,
                interval_method="t interval of each limit",
            ),
        ),
        sd=sd,
        limit_z=z,
        lower=lower,
        upper=upper,
        limit_std_error=limit_error,
        lower_conf_low=lower - critical * limit_error,
        lower_conf_high=lower + critical * limit_error,
        upper_conf_low=upper - critical * limit_error,
        upper_conf_high=upper + critical * limit_error,
        slope_on_mean=float(spread @ difference) / float(spread @ spread) if varies else None,
        checks=(f"people with both values: {n}", "look at the difference against the mean: the limits assume no trend"),
        reference=LIMITS_REFERENCE,
    )
