"""Change of a share among the same people: Newcombe's paired interval and McNemar's exact test."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import read_floats, read_pairs
from toolkit.stats.proportions import check_binary, wilson_interval
from toolkit.stats.results import EffectSize, Estimate, undefined

PAIRED = (
    "share after minus share before; limits from the two Wilson intervals and their correlation, Newcombe (1998), "
    "Stat. Med. 17, 2635-2650 (method 10); exact test of the people who changed, McNemar (1947), Psychometrika 12, "
    "153-157"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedShares(Estimate):
    """Change of a share among the same people; `estimate` is after minus before, -1 to 1.

    Attributes
    ----------
    share_before, share_after : float or None
        Shares with the status, 0 to 1.
    gained, lost, kept, never : int
        People who got the status, lost it, had it at both times, at neither.
    """

    share_before: float | None = None
    share_after: float | None = None
    gained: int = 0
    lost: int = 0
    kept: int = 0
    never: int = 0


def paired_shares(before: ArrayLike, after: ArrayLike, *, conf_level: float = 0.95) -> PairedShares:
    """Estimate the change of a share among the same people.

    Parameters
    ----------
    before, after : array_like
        1 with the status, 0 without, one value per person, in the same order; NaN is missing.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    PairedShares
        Share after minus share before, Newcombe's interval and McNemar's exact p.

    Raises
    ------
    UsageError
        Values other than 0, 1 and NaN; as `read_pairs`.

    Notes
    -----
    Only people who changed speak in the test: p is the two-sided binomial p of as many gains as losses.

    References
    ----------
    Newcombe (1998), Stat. Med. 17, 2635-2650; McNemar (1947), Psychometrika 12, 153-157.

    Examples
    --------
    >>> result = paired_shares([0, 0, 0, 0, 1, 1], [1, 1, 1, 0, 1, 0])
    >>> round(result.estimate, 3), result.gained, result.lost, result.p_value
    (0.333, 3, 1, 0.625)
    """
    log = ProblemLog()
    for values, name in ((before, "before"), (after, "after")):
        check_binary(read_floats(values, name=name, ndim=1, log=log), name=name, log=log)
    log.raise_as(UsageError)
    pairs = read_pairs(before, after, names=("before", "after"), conf_level=conf_level)
    first, second = pairs.first, pairs.second
    n = int(first.size)
    gained, lost = int(np.sum(second > first)), int(np.sum(second < first))
    kept = int(np.sum(first * second))
    if n == 0:
        return PairedShares(
            name="change of a share",
            reason=undefined("nobody's status is known at both times"),
            conf_level=conf_level,
            n=0,
            n_missing=pairs.n_missing,
            reference=PAIRED,
        )
    low, high = _paired_limits(kept=kept, lost=lost, gained=gained, n=n, conf_level=conf_level)
    return PairedShares(
        name="change of a share",
        estimate=(gained - lost) / n,
        std_error=sqrt(max(0.0, gained + lost - (gained - lost) ** 2 / n)) / n,
        p_value=float(stats.binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1.0,
        p_method="McNemar, exact binomial",
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        interval_method="Newcombe, paired, from Wilson limits",
        n=n,
        n_missing=pairs.n_missing,
        effects=(_odds_of_gain(gained, lost, conf_level=conf_level),),
        share_before=(kept + lost) / n,
        share_after=(kept + gained) / n,
        gained=gained,
        lost=lost,
        kept=kept,
        never=n - kept - gained - lost,
        checks=(f"gained {gained}, lost {lost}, same {n - gained - lost}",),
        reference=PAIRED,
    )


def _paired_limits(*, kept: int, lost: int, gained: int, n: int, conf_level: float) -> tuple[float, float]:
    never = n - kept - lost - gained
    p1, p2 = (kept + gained) / n, (kept + lost) / n
    (low1, high1), (low2, high2) = (
        wilson_interval(count, n, conf_level=conf_level) for count in (kept + gained, kept + lost)
    )
    margins = (kept + gained) * (lost + never) * (kept + lost) * (gained + never)
    phi = 0.0
    if margins:
        cross = float(kept * never - gained * lost)
        # Newcombe's continuity correction, for a positive association only.
        cross = max(cross - n / 2, 0.0) if cross > 0 else cross
        phi = cross / sqrt(margins)
    below = (p1 - low1) ** 2 - 2 * phi * (p1 - low1) * (high2 - p2) + (high2 - p2) ** 2
    above = (high1 - p1) ** 2 - 2 * phi * (high1 - p1) * (p2 - low2) + (p2 - low2) ** 2
    return p1 - p2 - sqrt(max(0.0, below)), p1 - p2 + sqrt(max(0.0, above))


def _odds_of_gain(gained: int, lost: int, *, conf_level: float) -> EffectSize:
    definition = "gains per loss among those who changed"
    method = "exact limits of the share of gains, as odds"
    if gained == 0 or lost == 0:
        return EffectSize(
            name="odds_of_gain",
            definition=definition,
            conf_level=conf_level,
            interval_method=method,
            reason=undefined("nobody gained or nobody lost"),
        )
    exact = stats.binomtest(gained, gained + lost).proportion_ci(conf_level, method="exact")
    return EffectSize(
        name="odds_of_gain",
        definition=definition,
        estimate=gained / lost,
        conf_low=float(exact.low / (1 - exact.low)),
        conf_high=float(exact.high / (1 - exact.high)),
        conf_level=conf_level,
        interval_method=method,
    )
