"""Standardised paired changes (d_z, g_z, d_av, g_av), each naming what it is divided by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, lgamma, sqrt
from typing import Literal, TypeAlias

from numpy.typing import ArrayLike

from toolkit.stats.noncentral import noncentrality_interval
from toolkit.stats.paired import PairedMean, PairedStatus, paired_mean

StandardisedName: TypeAlias = Literal["d_z", "g_z", "d_av", "g_av"]
StandardisedStatus: TypeAlias = PairedStatus | Literal["two_pairs"]

NAMES: tuple[StandardisedName, ...] = ("d_z", "g_z", "d_av", "g_av")

STANDARDISERS: Mapping[StandardisedName, str] = {
    "d_z": "SD of the changes",
    "g_z": "SD of the changes",
    "d_av": "root mean of the two variances",
    "g_av": "root mean of the two variances",
}

INTERVAL_METHODS: Mapping[StandardisedName, str] = {
    "d_z": "noncentral t limits / sqrt(n)",
    "g_z": "J * limits of d_z",
    "d_av": "Algina-Keselman: noncentral t limits * sd_change / (sqrt(n) * sd_av)",
    "g_av": "J * limits of d_av",
}

HEDGES = "J = gamma(m/2) / (sqrt(m/2) * gamma((m-1)/2)), m = n - 1; Hedges (1981), J. Educ. Stat. 6, 107-128"
CUMMING = "Cumming & Finch (2001), Educ. Psychol. Meas. 61, 532-574"
ALGINA = "Algina & Keselman (2003), Educ. Psychol. Meas. 63, 537-553"
REFERENCES: Mapping[StandardisedName, str] = {
    "d_z": f"mean change / sd(post - pre); {CUMMING}",
    "g_z": f"J * d_z; {HEDGES}; {CUMMING}",
    "d_av": f"mean change / sqrt((var(pre) + var(post)) / 2); {ALGINA}",
    "g_av": f"J * d_av; {HEDGES}; {ALGINA}",
}

TWO_PAIRS = "two complete pairs: the small-sample correction needs three"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardisedChange:
    """One standardised change; None stands where there is no result.

    Attributes
    ----------
    name : {"d_z", "g_z", "d_av", "g_av"}
        Which one; g is d times Hedges' J.
    standardiser : str
        What the mean change was divided by, in words.
    status : {"ok", "no_variation", "no_pairs", "one_pair", "two_pairs"}
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
    """Return d_z, g_z, d_av and g_av of paired measurements, in this order.

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
        Always four; without variation or with too few pairs they carry a reason instead of a value.

    Raises
    ------
    UsageError
        As `paired_mean`.

    Notes
    -----
    d_z divides by the SD of the changes, which shrinks as pre and post correlate; d_av divides by the root
    of the mean variance, in the units in which people differ. The two must not be compared with one another.

    References
    ----------
    Algina & Keselman (2003), Educ. Psychol. Meas. 63, 537-553; Cumming & Finch (2001), Educ. Psychol. Meas.
    61, 532-574; Hedges (1981), J. Educ. Stat. 6, 107-128.

    Examples
    --------
    >>> d_z, g_z, d_av, g_av = standardised_change([2, 3, 3, 4], [3, 3, 5, 5])
    >>> round(d_z.estimate, 3), round(d_av.estimate, 3), d_av.standardiser
    (1.225, 1.0, 'root mean of the two variances')
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


def _d_values(paired: PairedMean) -> Mapping[str, Limits] | None:
    """Estimate and limits of d_z and d_av, keyed "z" and "av"; None without a t statistic."""
    if paired.statistic is None or paired.df is None or not paired.sd_change:
        return None
    low, high = noncentrality_interval(paired.statistic, paired.df, conf_level=paired.conf_level)
    root_n = sqrt(paired.n)
    as_z = (paired.statistic / root_n, low / root_n, high / root_n)
    sd_average = sqrt(((paired.sd_pre or 0.0) ** 2 + (paired.sd_post or 0.0) ** 2) / 2)
    factor = paired.sd_change / sd_average
    return {"z": as_z, "av": (as_z[0] * factor, as_z[1] * factor, as_z[2] * factor)}


def _build(
    name: StandardisedName,
    paired: PairedMean,
    *,
    d_values: Mapping[str, Limits] | None,
    hedges_j: float | None,
) -> StandardisedChange:
    corrected = name.startswith("g")
    status: StandardisedStatus = paired.status
    reason = paired.reason
    values: tuple[float | None, float | None, float | None] = (None, None, None)
    if d_values is not None:
        estimate, low, high = d_values[name[2:]]
        if not corrected:
            values = (estimate, low, high)
        elif hedges_j is not None:
            values = (hedges_j * estimate, hedges_j * low, hedges_j * high)
        else:
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
