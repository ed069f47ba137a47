"""Reliable change of single participants with a declared reliability, and cut-offs against norms."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import check_between, largest_zero_sd, read_pairs
from toolkit.stats.proportions import wilson_interval
from toolkit.stats.results import EffectSize, Estimate, undefined

LARGEST_NORM = 1e100

REFERENCE = (
    "(post - pre) / (sd(pre) * sqrt(2) * sqrt(1 - reliability)); Jacobson & Truax (1991), J. Consult. Clin. Psychol. "
    "59, 12-19"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliableChange(Estimate):
    """How many participants changed by more than error of measurement; `estimate` is the share that gained.

    Attributes
    ----------
    reliability : float
        Declared, above 0 and below 1.
    reliability_source : str
        Where the reliability comes from, as declared.
    sd_pre : float or None
        SD of pre, in scale points.
    std_error_of_measurement, std_error_of_difference : float or None
        Of one score, and of a difference of two, in scale points.
    threshold : float or None
        Smallest change that counts, in scale points.
    index : tuple of float
        Reliable change index of each complete pair, in the order given.
    n_gain, n_loss, n_same : int
        Participants with a reliable rise, a reliable fall, neither.
    """

    reliability: float
    reliability_source: str = ""
    sd_pre: float | None = None
    std_error_of_measurement: float | None = None
    std_error_of_difference: float | None = None
    threshold: float | None = None
    index: tuple[float, ...] = ()
    n_gain: int = 0
    n_loss: int = 0
    n_same: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCutoffs:
    """Scores beyond which a participant counts as having left one population for the other.

    Attributes
    ----------
    a : float
        Two SD beyond the starting population.
    b : float
        Within two SD of the norm population.
    c : float
        Where both populations are equally near, in their own SDs.
    reference : str
        Formula and source.
    """

    a: float
    b: float
    c: float
    reference: str = REFERENCE


def reliable_change(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    reliability: float,
    reliability_source: str = "",
    conf_level: float = 0.95,
    sd_pre: float | None = None,
) -> ReliableChange:
    """Count the participants whose change exceeds error of measurement.

    Parameters
    ----------
    pre, post : array_like
        One value per participant, in the same order and on the same scale; NaN is missing.
    reliability : float
        Of the scale, above 0 and below 1; declared, never guessed from these data without saying so.
    reliability_source : str
        Where it comes from: a manual, a study, these data.
    conf_level : float
        Level of the threshold and of the intervals, above 0 and below 1.
    sd_pre : float or None
        SD of pre in a norm sample, in scale points; None takes it from the complete pairs.

    Returns
    -------
    ReliableChange
        Counts, Wilson intervals of the shares and the index of every participant.

    Raises
    ------
    UsageError
        A reliability outside 0 to 1, an SD that is not above zero; as `read_pairs`.

    Notes
    -----
    ``S_diff = sd(pre) sqrt(2 (1 - reliability))``; a change of more than ``z * S_diff`` is reliable.

    References
    ----------
    Jacobson & Truax (1991). Clinical significance. J. Consult. Clin. Psychol., 59, 12-19.

    Examples
    --------
    >>> result = reliable_change([1, 2, 3, 4], [4, 2, 3, 1], reliability=0.8)
    >>> result.n_gain, result.n_loss, result.n_same
    (1, 1, 2)
    """
    log = ProblemLog()
    check_between(reliability, name="reliability", low=0, high=1, log=log)
    if sd_pre is not None:
        check_between(sd_pre, name="sd_pre", low=0, high=LARGEST_NORM, log=log)
    log.raise_as(UsageError)
    pairs = read_pairs(pre, post, names=("pre", "post"), conf_level=conf_level)
    n = int(pairs.first.size)
    sd = sd_pre if sd_pre is not None else float(pairs.first.std(ddof=1)) if n > 1 else 0.0
    if n == 0 or sd <= largest_zero_sd(pairs.first, scale_range=None):
        why = (
            "nobody has both values"
            if n == 0
            else "pre does not vary: there is no error of measurement to compare with"
        )
        return ReliableChange(
            name="share with a reliable gain",
            reason=undefined(why),
            conf_level=conf_level,
            n=n,
            n_missing=pairs.n_missing,
            reliability=float(reliability),
            reliability_source=reliability_source,
            reference=REFERENCE,
        )
    error = sd * sqrt(1 - reliability)
    z = float(stats.norm.isf((1 - conf_level) / 2))
    index = (pairs.second - pairs.first) / (error * sqrt(2))
    n_gain, n_loss = int(np.sum(index > z)), int(np.sum(index < -z))
    low, high = wilson_interval(n_gain, n, conf_level=conf_level)
    loss_low, loss_high = wilson_interval(n_loss, n, conf_level=conf_level)
    source = reliability_source or "source not declared"
    return ReliableChange(
        name="share with a reliable gain",
        estimate=n_gain / n,
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        interval_method="Wilson",
        n=n,
        n_missing=pairs.n_missing,
        effects=(
            EffectSize(
                name="share_reliable_loss",
                definition="participants with a reliable fall, of all",
                estimate=n_loss / n,
                conf_low=loss_low,
                conf_high=loss_high,
                conf_level=conf_level,
                interval_method="Wilson",
            ),
        ),
        checks=(
            f"reliability {reliability:g}: {source}",
            f"SD of pre: {'given' if sd_pre is not None else 'these data'}",
        ),
        warnings=()
        if reliability_source
        else ("the source of the reliability is not declared: say where it comes from",),
        sd_pre=sd,
        std_error_of_measurement=error,
        std_error_of_difference=error * sqrt(2),
        threshold=z * error * sqrt(2),
        index=tuple(float(value) for value in index),
        n_gain=n_gain,
        n_loss=n_loss,
        n_same=n - n_gain - n_loss,
        reliability=float(reliability),
        reliability_source=reliability_source,
        reference=REFERENCE,
    )


def change_cutoffs(*, mean_start: float, sd_start: float, mean_norm: float, sd_norm: float) -> ChangeCutoffs:
    """Return the three cut-offs between a starting population and a norm population.

    Parameters
    ----------
    mean_start, mean_norm : float
        Means of the two populations, in scale points.
    sd_start, sd_norm : float
        Their SDs, above zero.

    Returns
    -------
    ChangeCutoffs
        a, b and c, in scale points.

    Raises
    ------
    UsageError
        An SD that is not above zero, a mean that is not finite.

    Notes
    -----
    ``a = mean_start +- 2 sd_start`` towards the norm, ``b = mean_norm -+ 2 sd_norm``,
    ``c = (sd_start mean_norm + sd_norm mean_start) / (sd_start + sd_norm)``.

    References
    ----------
    Jacobson & Truax (1991), J. Consult. Clin. Psychol. 59, 12-19.

    Examples
    --------
    >>> cutoffs = change_cutoffs(mean_start=40, sd_start=7.5, mean_norm=60, sd_norm=7.5)
    >>> cutoffs.a, cutoffs.b, cutoffs.c
    (55.0, 45.0, 50.0)
    """
    log = ProblemLog()
    for name, value in (("mean_start", mean_start), ("mean_norm", mean_norm)):
        check_between(value, name=name, low=-LARGEST_NORM, high=LARGEST_NORM, log=log)
    for name, value in (("sd_start", sd_start), ("sd_norm", sd_norm)):
        check_between(value, name=name, low=0, high=LARGEST_NORM, log=log)
    log.raise_as(UsageError)
    towards = 1.0 if mean_norm >= mean_start else -1.0
    return ChangeCutoffs(
        a=float(mean_start + towards * 2 * sd_start),
        b=float(mean_norm - towards * 2 * sd_norm),
        c=float((sd_start * mean_norm + sd_norm * mean_start) / (sd_start + sd_norm)),
    )
