"""Equivalence of two waves: two one-sided t tests against a margin declared beforehand."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import check_between
from toolkit.stats.paired import paired_mean
from toolkit.stats.results import EffectSize, Estimate, undefined

LARGEST_MARGIN = 1e100

REFERENCE = (
    "the larger p of two one-sided t tests against the two ends of the margin; Schuirmann (1987), J. Pharmacokinet. "
    "Biopharm. 15, 657-680; agrees with R 4.2.2 t.test(d, mu = , alternative = )"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence(Estimate):
    """Two one-sided tests; `p_value` is the larger of the two and the interval has level 1 - 2 alpha.

    Attributes
    ----------
    margin_low, margin_high : float
        Changes between these count as no change worth having, in scale points.
    t_lower, t_upper : float or None
        t against the lower and the upper end.
    p_lower, p_upper : float or None
        One-sided p of "the change is above the lower end" and "below the upper end".
    alpha : float
        Level of each one-sided test.
    equivalent : bool or None
        Whether both ends are refuted at `alpha`; None without a test.
    """

    margin_low: float
    margin_high: float
    t_lower: float | None = None
    t_upper: float | None = None
    p_lower: float | None = None
    p_upper: float | None = None
    alpha: float = 0.05
    equivalent: bool | None = None


def paired_equivalence(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    margin: float | tuple[float, float],
    alpha: float = 0.05,
    scale_range: float | None = None,
) -> Equivalence:
    """Test whether the mean change lies inside a margin.

    Parameters
    ----------
    pre, post : array_like
        One value per participant, in the same order and on the same scale; NaN is missing.
    margin : float or tuple of float
        Declared beforehand, in scale points: one number above zero for both directions, or the lower and the
        upper end.
    alpha : float
        Level of each one-sided test, above 0 and below 0.5.
    scale_range : float or None
        Highest minus lowest possible value, in scale points; None takes the observed range.

    Returns
    -------
    Equivalence
        The mean change, its interval at level 1 - 2 alpha, both tests and the verdict.

    Raises
    ------
    UsageError
        A margin that does not hold zero between its ends; as `paired_mean`.

    Notes
    -----
    ``t_lower = (mean - low) / se`` tested upwards, ``t_upper = (mean - high) / se`` tested downwards, each with
    n - 1 degrees of freedom. A p above alpha does not show that there was a change.

    References
    ----------
    Schuirmann (1987), J. Pharmacokinet. Biopharm. 15, 657-680.

    Examples
    --------
    >>> result = paired_equivalence([2, 3, 3, 4, 3], [2, 3.2, 3.1, 3.9, 3.1], margin=0.5)
    >>> result.equivalent, round(result.p_value, 4)
    (True, 0.0005)
    """
    log = ProblemLog()
    low, high = (-margin, margin) if isinstance(margin, int | float) else margin
    check_between(low, name="margin", low=-LARGEST_MARGIN, high=0, log=log)
    check_between(high, name="margin", low=0, high=LARGEST_MARGIN, log=log)
    check_between(alpha, name="alpha", low=0, high=0.5, log=log)
    log.raise_as(UsageError)
    paired = paired_mean(pre, post, conf_level=1 - 2 * alpha, scale_range=scale_range)
    if paired.estimate is None or paired.std_error is None or paired.df is None:
        return Equivalence(
            name="mean change, equivalence",
            reason=undefined(paired.reason),
            estimate=paired.estimate,
            conf_level=paired.conf_level,
            n=paired.n,
            n_missing=paired.n_missing,
            margin_low=float(low),
            margin_high=float(high),
            alpha=alpha,
            checks=paired.checks,
            reference=REFERENCE,
        )
    t_lower, t_upper = (paired.estimate - low) / paired.std_error, (paired.estimate - high) / paired.std_error
    p_lower, p_upper = float(stats.t.sf(t_lower, paired.df)), float(stats.t.cdf(t_upper, paired.df))
    half = (high - low) / 2
    return Equivalence(
        name="mean change, equivalence",
        estimate=paired.estimate,
        std_error=paired.std_error,
        df=paired.df,
        df_method=paired.df_method,
        statistic=min(t_lower, -t_upper),
        p_value=max(p_lower, p_upper),
        p_method="larger of two one-sided p",
        conf_low=paired.conf_low,
        conf_high=paired.conf_high,
        conf_level=paired.conf_level,
        interval_method="t interval at level 1 - 2 alpha",
        n=paired.n,
        n_missing=paired.n_missing,
        effects=(
            EffectSize(
                name="share_of_margin",
                definition="mean change over half the width of the margin",
                estimate=paired.estimate / half,
                conf_low=None if paired.conf_low is None else paired.conf_low / half,
                conf_high=None if paired.conf_high is None else paired.conf_high / half,
                conf_level=paired.conf_level,
                interval_method="t interval over half the width",
            ),
        ),
        checks=(*paired.checks, f"margin {low:g} to {high:g}, to be declared and justified before the data are seen"),
        warnings=paired.warnings,
        margin_low=float(low),
        margin_high=float(high),
        t_lower=t_lower,
        t_upper=t_upper,
        p_lower=p_lower,
        p_upper=p_upper,
        alpha=alpha,
        equivalent=max(p_lower, p_upper) < alpha,
        reference=REFERENCE,
    )
