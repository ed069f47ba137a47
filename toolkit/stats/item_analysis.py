"""Alpha's relatives: standardised alpha, Guttman's lambda 6, Spearman-Brown for two items, and other intervals."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log1p, sqrt
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, check_choice, read_floats
from toolkit.stats.results import undefined

Deletion: TypeAlias = Literal["listwise", "pairwise"]

REFERENCE = (
    "standardised alpha k r / (1 + (k-1) r), r the mean inter-item correlation; lambda 6 by Guttman (1945), "
    "Psychometrika 10, 255-282; standard error of Duhachek & Iacobucci (2004), J. Appl. Psychol. 89, 792-808; interval "
    "of Bonett (2002), J. Educ. Behav. Stat. 27, 335-340; agrees with R psych 2.2.9 alpha()"
)

# A variance of the sum below this share of the items' own is zero but for rounding.
ZERO_SHARE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSummary:
    """How the items of a scale hang together; None stands where there is no result.

    Attributes
    ----------
    reason : str
        "undefined, because ..." when there are no figures; "" otherwise.
    deletion : {"listwise", "pairwise"}
        Rows used: complete ones, or for every pair of items those with both.
    k : int
        Items.
    n : int
        Complete rows; pairwise all rows with an answer.
    n_missing : int
        Rows set aside.
    alpha : float or None
        Raw alpha from these covariances. Pairwise covariances need not belong to any data: compare only.
    alpha_standardised : float or None
        Alpha of the items at equal variance.
    mean_correlation : float or None
        Mean of the correlations between items.
    guttman_lambda6 : float or None
        From each item's multiple correlation with the others; None where an item is explained by the others.
    spearman_brown : float or None
        Reliability of the sum of two items; None with more.
    std_error : float or None
        Standard error of raw alpha under normality.
    conf_low, conf_high, conf_level : float or None, float or None, float
        Bonett's interval of raw alpha and its level.
    reference : str
        Formulas and sources.
    """

    reason: str
    deletion: Deletion
    k: int
    n: int
    n_missing: int
    alpha: float | None = None
    alpha_standardised: float | None = None
    mean_correlation: float | None = None
    guttman_lambda6: float | None = None
    spearman_brown: float | None = None
    std_error: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    conf_level: float = 0.95
    reference: str = REFERENCE


def summarise_items(items: ArrayLike, *, deletion: Deletion = "listwise", conf_level: float = 0.95) -> ItemSummary:
    """Describe how the items of a scale hang together.

    Parameters
    ----------
    items : array_like
        One row per person, one column per item; reversed items already turned round; NaN is missing.
    deletion : {"listwise", "pairwise"}
        Complete rows only, or every pair of items on the rows with both.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    ItemSummary
        Standardised alpha, lambda 6, mean correlation, Spearman-Brown, Bonett's interval.

    Raises
    ------
    UsageError
        Not two-dimensional, not numbers, infinite values, a level or choice out of bounds.

    References
    ----------
    Guttman (1945), Psychometrika 10, 255-282; Bonett (2002), J. Educ. Behav. Stat. 27, 335-340.

    Examples
    --------
    >>> result = summarise_items([[1, 2], [2, 2], [3, 4], [5, 4], [4, 5]])
    >>> round(result.spearman_brown, 4) == round(result.alpha_standardised, 4)
    True
    """
    log = ProblemLog()
    table = read_floats(items, name="items", ndim=2, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    check_choice(deletion, name="deletion", allowed=("listwise", "pairwise"), log=log)
    log.raise_as(UsageError)
    k = int(table.shape[1])
    used = table[~np.isnan(table).any(axis=1)] if deletion == "listwise" else table[~np.isnan(table).all(axis=1)]
    n, n_missing = int(used.shape[0]), int(table.shape[0] - used.shape[0])
    covariance = None if k < 2 or n < 3 else _covariances(used)
    if covariance is None or bool((np.diag(covariance) <= 0).any()):
        why = "fewer than two items" if k < 2 else "fewer than three rows" if n < 3 else "an item does not vary"
        return ItemSummary(
            reason=undefined(why), deletion=deletion, k=k, n=n, n_missing=n_missing, conf_level=conf_level
        )
    if float(covariance.sum()) <= ZERO_SHARE * float(np.trace(covariance)):
        why = "the sum of the items does not vary"
        return ItemSummary(
            reason=undefined(why), deletion=deletion, k=k, n=n, n_missing=n_missing, conf_level=conf_level
        )
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    mean = float(correlation[np.triu_indices(k, 1)].mean())
    alpha = k / (k - 1) * (1 - float(np.trace(covariance)) / float(covariance.sum()))
    spread = float(stats.norm.isf((1 - conf_level) / 2)) * sqrt(2 * k / ((k - 1) * (n - 2)))
    limits = (1 - exp(log1p(-alpha) + spread), 1 - exp(log1p(-alpha) - spread)) if alpha < 1 else (None, None)
    return ItemSummary(
        reason="",
        deletion=deletion,
        k=k,
        n=n,
        n_missing=n_missing,
        alpha=alpha,
        alpha_standardised=k * mean / (1 + (k - 1) * mean) if 1 + (k - 1) * mean > ZERO_SHARE else None,
        mean_correlation=mean,
        guttman_lambda6=_lambda6(correlation),
        spearman_brown=2 * mean / (1 + mean) if k == 2 and 1 + mean > ZERO_SHARE else None,
        std_error=_alpha_std_error(covariance, n=n),
        conf_low=limits[0],
        conf_high=limits[1],
        conf_level=conf_level,
    )


def _covariances(used: FloatArray) -> FloatArray | None:
    """Covariances on the rows that have both of a pair; None where a pair has fewer than two rows."""
    known = ~np.isnan(used)
    if known.all():
        return np.cov(used, rowvar=False)
    k = used.shape[1]
    found = np.empty((k, k))
    for row in range(k):
        for column in range(row, k):
            both = known[:, row] & known[:, column]
            if int(both.sum()) < 2:
                return None
            found[row, column] = found[column, row] = np.cov(used[both, row], used[both, column])[0, 1]
    return found


def _lambda6(correlation: FloatArray) -> float | None:
    if float(np.linalg.cond(correlation)) > 1e12 or float(correlation.sum()) <= ZERO_SHARE:
        return None
    unexplained = 1 / np.diag(np.linalg.inv(correlation))
    return 1 - float(unexplained.sum()) / float(correlation.sum())


def _alpha_std_error(covariance: FloatArray, *, n: int) -> float:
    k = covariance.shape[0]
    total, trace = float(covariance.sum()), float(np.trace(covariance))
    squared = covariance @ covariance
    inner = total * (float(np.trace(squared)) + trace**2) - 2 * trace * float(squared.sum())
    return sqrt(max(0.0, 2 * k**2 / (k - 1) ** 2 / total**3 * inner) / n)
