"""Standardised paired changes (by the changes, both waves or pre), each naming what it is divided by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, hypot, lgamma, sqrt
from typing import Literal, TypeAlias

from numpy.typing import ArrayLike
from scipy import stats

from toolkit.stats.noncentral import noncentrality_interval
from toolkit.stats.paired import PairedMean, PairedStatus, paired_mean

StandardisedName: TypeAlias = Literal["d_z", "g_z", "d_av", "g_av", "d_rm", "g_rm", "d_pre", "g_pre"]
StandardisedStatus: TypeAlias = PairedStatus | Literal["two_pairs", "no_standardiser"]

NAMES: tuple[StandardisedName, ...] = ("d_z", "g_z", "d_av", "g_av", "d_rm", "g_rm", "d_pre", "g_pre")

STANDARDISERS: Mapping[StandardisedName, str] = {
    "d_z": "SD of the changes",
    "g_z": "SD of the changes",
    "d_av": "root mean of the two variances",
    "g_av": "root mean of the two variances",
    "d_rm": "SD of the changes / sqrt(2 (1 - r))",
    "g_rm": "SD of the changes / sqrt(2 (1 - r))",
    "d_pre": "SD of pre",
    "g_pre": "SD of pre",
}

INTERVAL_METHODS: Mapping[StandardisedName, str] = {
    "d_z": "noncentral t limits / sqrt(n)",
    "g_z": "J * limits of d_z",
    "d_av": "Algina-Keselman: noncentral t limits * sd_change / (sqrt(n) * sd_av)",
    "g_av": "J * limits of d_av",
    "d_rm": "limits of d_z * sqrt(2 (1 - r))",
    "g_rm": "J * limits of d_rm",
    "d_pre": "t(n - 1) * sqrt(sd_change^2 / (n sd_pre^2) + d^2 / (2 (n - 1)))",
    "g_pre": "J * limits of d_pre",
}

HEDGES = "J = gamma(m/2) / (sqrt(m/2) * gamma((m-1)/2)), m = n - 1; Hedges (1981), J. Educ. Stat. 6, 107-128"
CUMMING = "Cumming & Finch (2001), Educ. Psychol. Meas. 61, 532-574"
ALGINA = "Algina & Keselman (2003), Educ. Psychol. Meas. 63, 537-553"
MORRIS = "Morris & DeShon (2002), Psychol. Methods 7, 105-125"
BECKER = (
    "Becker (1988), Br. J. Math. Stat. Psychol. 41, 257-278; variance by normal theory, allowing unequal SDs, after "
    "Bonett (2008), Psychol. Methods 13, 99-109"
)
REFERENCES: Mapping[StandardisedName, str] = {
    "d_z": f"mean change / sd(post - pre); {CUMMING}",
    "g_z": f"J * d_z; {HEDGES}; {CUMMING}",
    "d_av": f"mean change / sqrt((var(pre) + var(post)) / 2); {ALGINA}",
    "g_av": f"J * d_av; {HEDGES}; {ALGINA}",
    "d_rm": f"d_z * sqrt(2 (1 - r)); {MORRIS}",
    "g_rm": f"J * d_rm; {HEDGES}; {MORRIS}",
    "d_pre": f"mean change / sd(pre); {BECKER}",
    "g_pre": f"J * d_pre; {HEDGES}; {BECKER}",
}

CONSTANT_PRE = "pre is the same for everybody: there is no SD of pre to divide by"
CONSTANT_WAVE = "pre and post have no correlation, or one of 1: the SD of the changes says nothing of that of people"

# A correlation this near 1 is one but for rounding.
PERFECT = 1e-12
TWO_PAIRS = "two complete pairs: the small-sample correction needs three"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardisedChange:
    """One standardised change; None stands where there is no result.

    Attributes
    ----------
    name : {"d_z", "g_z", "d_av", "g_av", "d_rm", "g_rm", "d_pre", "g_pre"}
        Which one; g is d times Hedges' J.
    standardiser : str
        What the mean change was divided by, in words.
    status : {"ok", "no_variation", "no_pairs", "one_pair", "two_pairs", "no_standardiser"}
        Whether there is a value, or why not.
    reason : str
        The status in words; "" when "ok".
    estimate, conf_low, conf_high : float or None
        In standard deviations; a rise is positive, a fall negative.
    conf_level : float
        Level of the interval, 0 to 1.
    interval_method : str
        How the limits were found.
    hedges_j : float or None
        Hedges' J for this n, 0 to 1; applied to the two g only. None below three pairs.
    n : int
        Complete pairs.
    n_missing : mapping of str to int
        Rows set aside: "pre missing", "post missing", "both missing".
    checks, warnings : tuple of str
        What was looked at; what a reader must know while the result stays valid.
    reference : str
        Formula and source.
    """

    name: StandardisedName
    standardiser: str
    status: StandardisedStatus
    reason: str
    estimate: float | None
    conf_low: float | None
    conf_high: float | None
    conf_level: float
    interval_method: str
    hedges_j: float | None
    n: int
    n_missing: Mapping[str, int]
    checks: tuple[str, ...]
    warnings: tuple[str, ...]
    reference: str


def standardised_change(
    pre: ArrayLike, post: ArrayLike, *, conf_level: float = 0.95, scale_range: float | None = None
) -> tuple[StandardisedChange, ...]:
    """Return d_z, g_z, d_av, g_av, d_rm, g_rm, d_pre and g_pre of paired measurements, in this order.

    Parameters
    ----------
    pre, post : array_like
        One value per participant, in the same order and on the same scale; NaN is missing.
    conf_level : float
        Level of the intervals, above 0 and below 1.
    scale_range : float or None
        Highest minus lowest possible value, in scale points; None takes the observed range.

    Returns
    -------
    tuple of StandardisedChange
        Always eight; without variation or with too few pairs they carry a reason instead of a value.

    Raises
    ------
    UsageError
        As `paired_mean`.

    Notes
    -----
    d_z divides by the SD of the changes, which shrinks as pre and post correlate; d_av divides by the root
    of the mean variance, d_pre by the SD of pre, in the units in which people differ (before); d_rm takes the
    correlation out of d_z. They must not be compared with one another. d_pre is the one to show by default: its
    yardstick is not itself moved by the programme.

    References
    ----------
    Algina & Keselman (2003), Educ. Psychol. Meas. 63, 537-553; Cumming & Finch (2001), Educ. Psychol. Meas.
    61, 532-574; Hedges (1981), J. Educ. Stat. 6, 107-128.

    Examples
    --------
    >>> found = {each.name: each for each in standardised_change([2, 3, 3, 4], [3, 3, 5, 5])}
    >>> round(found["d_z"].estimate, 3), round(found["d_av"].estimate, 3), round(found["d_pre"].estimate, 3)
    (1.225, 1.0, 1.225)
    >>> found["d_pre"].standardiser
    'SD of pre'
    """
    paired = paired_mean(pre, post, conf_level=conf_level, scale_range=scale_range)
    hedges_j = hedges_correction(paired.n - 1) if paired.n > 2 else None
    d_values = _d_values(paired)
    return tuple(_build(name, paired, d_values=d_values, hedges_j=hedges_j) for name in NAMES)


def hedges_correction(df: int) -> float:
    """Return Hedges' exact small-sample correction J for a standard deviation with `df` degrees of freedom.

    Parameters
    ----------
    df : int
        Degrees of freedom, 2 or more.

    Returns
    -------
    float
        Above 0 and below 1.

    Notes
    -----
    ``J = gamma(df/2) / (sqrt(df/2) * gamma((df-1)/2))``.

    References
    ----------
    Hedges (1981). Distribution theory for Glass's estimator of effect size. J. Educ. Stat., 6, 107-128.

    Examples
    --------
    >>> round(hedges_correction(9), 6)
    0.913875
    """
    return exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)


Limits: TypeAlias = tuple[float, float, float]


def _d_values(paired: PairedMean) -> Mapping[str, Limits | None] | None:
    """Estimate and limits of each d, keyed by what follows its underscore; None without a t statistic."""
    if paired.statistic is None or paired.df is None or paired.estimate is None or not paired.sd_change:
        return None
    low, high = noncentrality_interval(paired.statistic, paired.df, conf_level=paired.conf_level)
    root_n = sqrt(paired.n)
    as_z = (paired.statistic / root_n, low / root_n, high / root_n)
    sd_average = sqrt(((paired.sd_pre or 0.0) ** 2 + (paired.sd_post or 0.0) ** 2) / 2)
    return {
        "z": as_z,
        "av": _times(as_z, paired.sd_change / sd_average),
        "rm": _by_residual(paired, as_z),
        "pre": _by_pre(paired) if paired.sd_pre else None,
    }


def _by_residual(paired: PairedMean, as_z: Limits) -> Limits | None:
    if paired.correlation is None or 1 - paired.correlation < PERFECT:
        return None
    return _times(as_z, sqrt(2 * (1 - paired.correlation)))


def _times(limits: Limits, factor: float) -> Limits:
    return limits[0] * factor, limits[1] * factor, limits[2] * factor


def _by_pre(paired: PairedMean) -> Limits | None:
    if paired.estimate is None or not paired.sd_pre or not paired.sd_change or paired.df is None:
        return None
    d = paired.estimate / paired.sd_pre
    error = hypot(paired.sd_change / paired.sd_pre / sqrt(paired.n), d / sqrt(2 * (paired.n - 1)))
    half = float(stats.t.isf((1 - paired.conf_level) / 2, paired.df)) * error
    return d, d - half, d + half


def average_change_bonett(paired: PairedMean) -> tuple[float, float, float] | None:
    """Return Bonett's standard error and limits of d_av; None where pre or post does not vary.

    Parameters
    ----------
    paired : PairedMean
        The mean change that d_av standardises.

    Returns
    -------
    tuple of float or None
        Standard error, lower and upper normal limit, in standard deviations.

    Notes
    -----
    ``SE^2 = d^2 (s1^4 + s2^4 + 2 r^2 s1^2 s2^2) / (8 (n-1) s^4) + sd_change^2 / ((n-1) s^2)``, s^2 the mean
    variance: no normal-theory equality of variances, and a little wider than Algina and Keselman's limits.

    References
    ----------
    Bonett (2008). Confidence intervals for standardized linear contrasts of means. Psychol. Methods, 13, 99-109.

    Examples
    --------
    >>> error, low, high = average_change_bonett(paired_mean([2, 3, 3, 4], [3, 3, 5, 5]))
    >>> round(error, 3), round(low, 3), round(high, 3)
    (0.593, -0.163, 2.163)
    """
    if paired.estimate is None or not paired.sd_pre or not paired.sd_post or paired.correlation is None:
        return None
    if not paired.sd_change:
        return None
    mean = sqrt((paired.sd_pre**2 + paired.sd_post**2) / 2)
    first, second, d = paired.sd_pre / mean, paired.sd_post / mean, paired.estimate / mean
    df = paired.n - 1
    spread = first**4 + second**4 + 2 * (paired.correlation * first * second) ** 2
    error = sqrt(d**2 * spread / (8 * df) + (paired.sd_change / mean) ** 2 / df)
    half = float(stats.norm.isf((1 - paired.conf_level) / 2)) * error
    return error, d - half, d + half


def _build(
    name: StandardisedName,
    paired: PairedMean,
    *,
    d_values: Mapping[str, Limits | None] | None,
    hedges_j: float | None,
) -> StandardisedChange:
    corrected = name.startswith("g")
    status: StandardisedStatus = paired.status
    reason = paired.reason
    values: tuple[float | None, float | None, float | None] = (None, None, None)
    found = None if d_values is None else d_values[name[2:]]
    if d_values is not None and found is None:
        status, reason = "no_standardiser", CONSTANT_PRE if name.endswith("pre") else CONSTANT_WAVE
    elif found is not None and not corrected:
        values = found
    elif found is not None and hedges_j is not None:
        values = _times(found, hedges_j)
    elif found is not None:
        status, reason = "two_pairs", TWO_PAIRS
    return StandardisedChange(
        name=name,
        standardiser=STANDARDISERS[name],
        status=status,
        reason=reason,
        estimate=values[0],
        conf_low=values[1],
        conf_high=values[2],
        conf_level=paired.conf_level,
        interval_method=INTERVAL_METHODS[name],
        hedges_j=hedges_j,
        n=paired.n,
        n_missing=paired.n_missing,
        checks=paired.checks,
        warnings=paired.warnings,
        reference=REFERENCES[name],
    )
