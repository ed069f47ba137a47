"""Signed ranks and signs of paired changes: exact p with ties and zeros counted, matched rank-biserial."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_choice, read_pairs, round_differences
from toolkit.stats.permutation import convolve_signs
from toolkit.stats.proportions import wilson_interval
from toolkit.stats.results import EffectSize, Estimate, undefined

ZeroRule: TypeAlias = Literal["wilcoxon", "pratt"]

# Above this many changes that are not zero, the normal p (ties in its variance) replaces the exact one.
MOST_EXACT = 600
MOST_WALSH = 3000

REFERENCE = (
    "W+ = sum of mid-ranks of the changes above zero; Wilcoxon (1945), Biometrics Bull. 1, 80-83; zeros kept in "
    "the ranking by Pratt (1959), J. Am. Stat. Assoc. 54, 655-667; rank-biserial (W+ - W-) / (W+ + W-), Kerby "
    "(2014), Compr. Psychol. 3, 11.IT.3.1; median of pair averages, Hodges & Lehmann (1963), Ann. Math. Stat. 34, "
    "598-611; p agrees with R coin 1.4-2 wilcoxsign_test(distribution = exact())"
)
SIGN_REFERENCE = "binomial test of as many rises as falls; Dixon & Mood (1946), J. Am. Stat. Assoc. 41, 557-566"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRank(Estimate):
    """Wilcoxon's signed-rank test; `estimate` is the Hodges-Lehmann median change.

    Attributes
    ----------
    w_plus, w_minus : float or None
        Sums of the ranks of rises and of falls.
    n_zero : int
        Changes of exactly zero.
    n_ties : int
        Changes, zeros left out, whose size another change already has.
    zeros : {"wilcoxon", "pratt"}
        Whether zeros were dropped before ranking, or ranked and then dropped.
    z : float or None
        W+ less its expectation, over its standard deviation with ties.
    normal_p_value : float or None
        Two-sided p of `z` without a continuity correction.
    """

    w_plus: float | None = None
    w_minus: float | None = None
    n_zero: int = 0
    n_ties: int = 0
    zeros: ZeroRule = "wilcoxon"
    z: float | None = None
    normal_p_value: float | None = None


def signed_rank(
    pre: ArrayLike, post: ArrayLike, *, zeros: ZeroRule = "wilcoxon", conf_level: float = 0.95
) -> SignedRank:
    """Test whether changes lie as often and as far above zero as below.

    Parameters
    ----------
    pre, post : array_like
        One value per participant, in the same order and on the same scale; NaN is missing.
    zeros : {"wilcoxon", "pratt"}
        Drop changes of zero before ranking, or rank them and then drop them.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    SignedRank
        The Hodges-Lehmann median of the changes, W+, an exact two-sided p and the matched rank-biserial
        correlation.

    Raises
    ------
    UsageError
        As `read_pairs`; a rule for zeros that does not exist.

    Notes
    -----
    Changes are rounded to six decimals before ranking: floating-point noise would break ties. The exact p
    counts all sign vectors of the mid-ranks, so ties need no correction.

    References
    ----------
    Wilcoxon (1945), Biometrics Bull. 1, 80-83; Pratt (1959), J. Am. Stat. Assoc. 54, 655-667.

    Examples
    --------
    >>> result = signed_rank([1, 2, 2, 3, 3], [2, 3, 4, 5, 3])
    >>> result.p_value, result.n_zero, result.effect("rank_biserial").estimate
    (0.125, 1, 1.0)
    """
    log = ProblemLog()
    check_choice(zeros, name="zeros", allowed=("wilcoxon", "pratt"), log=log)
    log.raise_as(UsageError)
    pairs = read_pairs(pre, post, names=("pre", "post"), conf_level=conf_level)
    change = round_differences(pairs.second - pairs.first)
    moved = change[change != 0]
    n, n_zero = int(change.size), int(change.size - moved.size)
    checks = (f"changes of zero: {n_zero} of {n}", f"tied sizes: {int(moved.size - np.unique(np.abs(moved)).size)}")
    if not moved.size:
        why = "nobody has both a pre and a post value" if n == 0 else "nobody changed: there is nothing to rank"
        return SignedRank(
            name="median change, signed-rank test",
            reason=undefined(why),
            estimate=0.0 if n else None,
            conf_level=conf_level,
            n=n,
            n_missing=pairs.n_missing,
            n_zero=n_zero,
            zeros=zeros,
            checks=checks,
            reference=REFERENCE,
        )
    ranks = stats.rankdata(np.abs(moved)) if zeros == "wilcoxon" else stats.rankdata(np.abs(change))[change != 0]
    w_plus, w_minus = float(ranks[moved > 0].sum()), float(ranks[moved < 0].sum())
    z = (w_plus - w_minus) / sqrt(float(ranks @ ranks))
    normal_p = 2 * float(stats.norm.sf(abs(z)))
    exact = moved.size <= MOST_EXACT
    low, high, why_none = _walsh_limits(change, conf_level=conf_level)
    return SignedRank(
        name="median change, signed-rank test",
        interval_reason=why_none,
        estimate=_walsh_median(change),
        statistic=w_plus,
        p_value=_exact_p(ranks, w_plus) if exact else normal_p,
        p_method="exact: all sign vectors" if exact else "normal, ties in the variance",
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        interval_method="Hodges-Lehmann: ordered averages of pairs of changes",
        n=n,
        n_missing=pairs.n_missing,
        effects=(_rank_biserial(w_plus, w_minus, n_moved=int(moved.size), conf_level=conf_level),),
        checks=checks,
        w_plus=w_plus,
        w_minus=w_minus,
        n_zero=n_zero,
        n_ties=int(moved.size - np.unique(np.abs(moved)).size),
        zeros=zeros,
        z=z,
        normal_p_value=normal_p,
        reference=REFERENCE,
    )


def sign_test(pre: ArrayLike, post: ArrayLike, *, conf_level: float = 0.95) -> Estimate:
    """Test whether as many participants rose as fell.

    Parameters
    ----------
    pre, post : array_like
        One value per participant, in the same order; NaN is missing.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    Estimate
        Share that rose among those who changed, its Wilson interval, and the exact two-sided p; `statistic`
        is the number that rose and `n` counts all complete pairs.

    Raises
    ------
    UsageError
        As `read_pairs`.

    References
    ----------
    Dixon & Mood (1946), J. Am. Stat. Assoc. 41, 557-566.

    Examples
    --------
    >>> result = sign_test([1, 2, 2, 3, 3], [2, 3, 4, 5, 3])
    >>> result.estimate, result.p_value
    (1.0, 0.125)
    """
    pairs = read_pairs(pre, post, names=("pre", "post"), conf_level=conf_level)
    change = round_differences(pairs.second - pairs.first)
    rose, fell = int(np.sum(change > 0)), int(np.sum(change < 0))
    checks = (f"rose {rose}, fell {fell}, unchanged {change.size - rose - fell}",)
    if rose + fell == 0:
        return Estimate(
            name="share that rose, of those who changed",
            reason=undefined("nobody changed" if change.size else "nobody has both a pre and a post value"),
            conf_level=conf_level,
            n=int(change.size),
            n_missing=pairs.n_missing,
            checks=checks,
            reference=SIGN_REFERENCE,
        )
    low, high = wilson_interval(rose, rose + fell, conf_level=conf_level)
    return Estimate(
        name="share that rose, of those who changed",
        estimate=rose / (rose + fell),
        statistic=float(rose),
        p_value=float(stats.binomtest(rose, rose + fell, 0.5).pvalue),
        p_method="exact binomial",
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        interval_method="Wilson",
        n=int(change.size),
        n_missing=pairs.n_missing,
        checks=checks,
        reference=SIGN_REFERENCE,
    )


def rank_biserial_interval(value: float, n: int, *, conf_level: float = 0.95) -> tuple[float, float]:
    """Return the limits of a matched rank-biserial correlation.

    Parameters
    ----------
    value : float
        The correlation, above -1 and below 1.
    n : int
        Changes that were ranked, 1 or more.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    tuple of float
        Limits on Fisher's z, with the standard error of W when nothing changed.

    Examples
    --------
    >>> low, high = rank_biserial_interval(0.5, 20)
    >>> round(low, 3), round(high, 3)
    (0.049, 0.782)
    """
    error = sqrt((2 * n**3 + 3 * n**2 + n) / 6) / ((n**2 + n) / 2)
    half = float(stats.norm.isf((1 - conf_level) / 2)) * error
    return tanh(atanh(value) - half), tanh(atanh(value) + half)


def _exact_p(ranks: FloatArray, w_plus: float) -> float:
    # Mid-ranks are halves, so doubled they are whole numbers.
    chances = convolve_signs(np.round(2 * ranks))
    below = round(min(2 * w_plus, float(2 * ranks.sum()) - 2 * w_plus))
    return min(1.0, 2 * float(chances[: below + 1].sum()))


def _rank_biserial(w_plus: float, w_minus: float, *, n_moved: int, conf_level: float) -> EffectSize:
    value = (w_plus - w_minus) / (w_plus + w_minus)
    definition = "(sum of ranks of rises - of falls) / sum of both, zeros left out"
    method = "Fisher z, standard error of the null distribution"
    if abs(value) == 1:
        return EffectSize(
            name="rank_biserial",
            definition=definition,
            estimate=value,
            conf_level=conf_level,
            interval_method=method,
            reason=undefined("everybody who changed moved the same way: the interval has no width"),
        )
    low, high = rank_biserial_interval(value, n_moved, conf_level=conf_level)
    return EffectSize(
        name="rank_biserial",
        definition=definition,
        estimate=value,
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        interval_method=method,
    )


def _walsh(change: FloatArray) -> FloatArray:
    rows, columns = np.triu_indices(change.size)
    averages: FloatArray = np.sort((change[rows] + change[columns]) / 2)
    return averages


def _walsh_median(change: FloatArray) -> float:
    return float(np.median(change if change.size > MOST_WALSH else _walsh(change)))


def _walsh_limits(change: FloatArray, *, conf_level: float) -> tuple[float | None, float | None, str]:
    n = int(change.size)
    if n > MOST_WALSH:
        return None, None, f"more than {MOST_WALSH} pairs: use the interval of the mean change"
    averages = _walsh(change)
    if n <= MOST_EXACT:
        chances = np.cumsum(convolve_signs(np.arange(1.0, n + 1)))
        out = int(np.searchsorted(chances, (1 - conf_level) / 2, side="right"))
    else:
        spread = sqrt(n * (n + 1) * (2 * n + 1) / 24)
        out = int(n * (n + 1) / 4 - float(stats.norm.isf((1 - conf_level) / 2)) * spread)
    if out == 0:
        return None, None, undefined(f"{n} pairs are too few for a {conf_level:.0%} interval of a median")
    return float(averages[out - 1]), float(averages[-out]), ""
