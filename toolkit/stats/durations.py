"""Months until an outcome, with people still waiting counted: Kaplan-Meier (statsmodels beneath)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log as natural_log

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, name_positions, read_floats
from toolkit.stats.proportions import check_binary
from toolkit.stats.results import Estimate, undefined

REFERENCE = (
    "product of 1 - reached / waiting over the months; Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457-481; "
    "Greenwood's error, limits on log(-log); statsmodels SurvfuncRight beneath"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedShare:
    """Share of people who reached the outcome by a month.

    Attributes
    ----------
    month : float
        Months since the start.
    share : float
        Share that reached it by then, 0 to 1.
    std_error : float or None
        Greenwood's standard error; None where nobody is left waiting.
    conf_low, conf_high : float or None
        Limits of the share; None where it is 0 or 1.
    n_waiting : int
        People still waiting just before the month.
    """

    month: float
    share: float
    std_error: float | None
    conf_low: float | None
    conf_high: float | None
    n_waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthsToOutcome(Estimate):
    """Months to an outcome; `estimate` is the median, with Brookmeyer-Crowley limits.

    Attributes
    ----------
    n_reached, n_waiting : int
        People who reached the outcome, and those who had not when last heard of.
    curve : tuple of ReachedShare
        One per month in which somebody reached it, in order.
    """

    n_reached: int = 0
    n_waiting: int = 0
    curve: tuple[ReachedShare, ...] = ()

    def share_by(self, month: float) -> float:
        """Return the share that reached the outcome by a month, 0 to 1."""
        reached = [point.share for point in self.curve if point.month <= month]
        return reached[-1] if reached else 0.0


def months_to_outcome(months: ArrayLike, reached: ArrayLike, *, conf_level: float = 0.95) -> MonthsToOutcome:
    """Estimate how long people take to reach an outcome such as a job.

    Parameters
    ----------
    months : array_like
        Months from the start to the outcome, or to the last day the person was heard of; above 0; NaN is missing.
    reached : array_like
        1 for people who reached it at that time, 0 for people still waiting; NaN is missing.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    MonthsToOutcome
        The curve of shares and the median months; the median is undefined while fewer than half reached it.

    Raises
    ------
    UsageError
        Months that are not above zero, values other than 0 and 1, unequal lengths.

    Notes
    -----
    People still waiting count as waiting up to the last day they were heard of, and assume that those lost from
    sight are like those who stay.

    References
    ----------
    Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457-481; Brookmeyer & Crowley (1982), Biometrics 38, 29-41.

    Examples
    --------
    >>> result = months_to_outcome([1, 2, 2, 4, 6, 6], [1, 1, 0, 1, 0, 0])
    >>> result.estimate, [round(point.share, 3) for point in result.curve]
    (4.0, [0.167, 0.333, 0.556])
    """
    time, event, missing = _read(months, reached, conf_level=conf_level)
    base = MonthsToOutcome(
        name="median months to the outcome",
        conf_level=conf_level,
        n=int(time.size),
        n_missing=missing,
        n_reached=int(event.sum()),
        n_waiting=int(time.size - event.sum()),
        reason=""
        if event.sum()
        else undefined("nobody reached the outcome yet" if time.size else "nobody's months are known"),
        checks=("assumed: people lost from sight are like those who stay",),
        reference=REFERENCE,
    )
    if not event.sum():
        return base
    fit = SurvfuncRight(time, event)
    z = float(stats.norm.isf((1 - conf_level) / 2))
    curve = tuple(
        _point(float(month), float(left), float(error), n_waiting=int(waiting), z=z)
        for month, left, error, waiting in zip(fit.surv_times, fit.surv_prob, fit.surv_prob_se, fit.n_risk, strict=True)
    )
    curve = tuple(point for point in curve if np.any((time == point.month) & (event == 1)))
    median = next((point.month for point in curve if point.share >= 0.5 - 1e-12), None)
    low = next((point.month for point in curve if _upper(point) >= 0.5 - 1e-12), None)
    high = next((point.month for point in curve if _lower(point) >= 0.5 - 1e-12), None)
    known = median is not None and low is not None and high is not None and low < high
    return replace(
        base,
        reason="" if median is not None else undefined("fewer than half reached the outcome so far"),
        interval_reason="" if known else "a limit of the median lies outside the months seen",
        estimate=median,
        conf_low=low if known else None,
        conf_high=high if known else None,
        interval_method="months at which the limits of the curve pass a half (Brookmeyer-Crowley)",
        curve=curve,
    )


def compare_months(months: ArrayLike, reached: ArrayLike, *, groups: ArrayLike) -> tuple[float, int, float]:
    """Return the log-rank chi-squared, its degrees of freedom and p for equal curves of groups.

    Parameters
    ----------
    months, reached : array_like
        As for `months_to_outcome`.
    groups : array_like
        Group of each person.

    Returns
    -------
    tuple
        Statistic, groups less one, p.

    Raises
    ------
    UsageError
        Fewer than two groups with known months; as `months_to_outcome`.

    References
    ----------
    Mantel (1966), Cancer Chemother. Rep. 50, 163-170.

    Examples
    --------
    >>> statistic, df, p = compare_months([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], groups=list("aaabbb"))
    >>> df, round(p, 3)
    (1, 0.025)
    """
    labels = np.asarray(groups).astype(str)
    time, event, _ = _read(months, reached, conf_level=0.95)
    known = ~np.isnan(np.asarray(months, dtype=np.float64)) & ~np.isnan(np.asarray(reached, dtype=np.float64))
    if labels.shape != known.shape or np.unique(labels[known]).size < 2:
        raise UsageError(
            "groups does not name two groups with known months. Allowed: the group of each person, two or more"
        )
    statistic, p_value = survdiff(time, event, labels[known])
    return float(statistic), int(np.unique(labels[known]).size - 1), float(p_value)


def _read(months: ArrayLike, reached: ArrayLike, *, conf_level: float) -> tuple[FloatArray, FloatArray, dict[str, int]]:
    log = ProblemLog()
    time = read_floats(months, name="months", ndim=1, log=log)
    event = read_floats(reached, name="reached", ndim=1, log=log)
    check_binary(event, name="reached", log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    if not log.problems and time.size != event.size:
        log.add(f"has {event.size} values for {time.size} people", column="reached", allowed="one per person")
    if bool((time <= 0).any()):
        log.add(
            f"is not above zero at {name_positions(time <= 0)}",
            column="months",
            allowed="months above 0",
            mend="count a job found on the first day as half a month, and say so",
        )
    log.raise_as(UsageError)
    no_time, no_event = np.isnan(time), np.isnan(event)
    known = ~no_time & ~no_event
    missing = {
        "months missing": int(np.sum(no_time & ~no_event)),
        "status missing": int(np.sum(no_event & ~no_time)),
        "both missing": int(np.sum(no_time & no_event)),
    }
    return time[known], event[known], missing


def _point(month: float, left: float, error: float, *, n_waiting: int, z: float) -> ReachedShare:
    low = high = None
    usable = 0 < left < 1 and np.isfinite(error)
    if usable:
        spread = z * error / (left * abs(natural_log(left)))
        low, high = 1 - left ** np.exp(-spread), 1 - left ** np.exp(spread)
    return ReachedShare(
        month=month,
        share=1 - left,
        std_error=error if usable else None,
        conf_low=None if low is None else float(low),
        conf_high=None if high is None else float(high),
        n_waiting=n_waiting,
    )


def _upper(point: ReachedShare) -> float:
    return point.share if point.conf_high is None else point.conf_high


def _lower(point: ReachedShare) -> float:
    return point.share if point.conf_low is None else point.conf_low
