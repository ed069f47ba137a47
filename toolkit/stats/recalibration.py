"""Threats to a pre-post change: a changed yardstick (then-test) and regression to the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import check_between, read_floats, read_pairs
from toolkit.stats.paired import PairedMean, paired_mean
from toolkit.stats.results import Estimate, undefined

LARGEST_MEAN = 1e100

THEN_REFERENCE = (
    "change on one yardstick = post - then; recalibration = then - pre; Howard (1980), Eval. Rev. 4, 93-106; "
    "Sprangers & Schwartz (1999), Soc. Sci. Med. 48, 1507-1515"
)
REGRESSION_REFERENCE = (
    "expected post = population mean + reliability * (pre - population mean); Barnett, van der Pols & Dobson (2005), "
    "Int. J. Epidemiol. 34, 215-220"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThenTest:
    """A then-test; pre and then are kept apart, and neither change replaces the other.

    Attributes
    ----------
    conventional : PairedMean
        post minus pre, as answered at the time.
    retrospective : PairedMean
        post minus then: both answered afterwards, on one yardstick.
    recalibration : PairedMean
        then minus pre: how far the yardstick moved.
    n : int
        Participants with all three values; all three results rest on them.
    n_missing : mapping of str to int
        Participants set aside, by reason.
    warnings : tuple of str
        What a reader must know.
    reference : str
        Formula and source.
    """

    conventional: PairedMean
    retrospective: PairedMean
    recalibration: PairedMean
    n: int
    n_missing: dict[str, int]
    warnings: tuple[str, ...] = (
        "then is a memory: people may recall a worse start because they expect to have improved; report both changes",
    )
    reference: str = THEN_REFERENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionToMean(Estimate):
    """Mean change net of what regression to the mean alone would bring.

    Attributes
    ----------
    observed_change : float or None
        Mean of post minus pre, in scale points.
    expected_change : float or None
        Change that selection on pre alone would bring, in scale points.
    population_mean : float
        Declared, in scale points.
    reliability : float
        Declared: correlation of two measurements without a change between them.
    """

    observed_change: float | None = None
    expected_change: float | None = None
    population_mean: float
    reliability: float


def then_test(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    then: ArrayLike,
    conf_level: float = 0.95,
    scale_range: float | None = None,
) -> ThenTest:
    """Split a change into change on one yardstick and movement of the yardstick.

    Parameters
    ----------
    pre, post : array_like
        Answers before and after, one per participant, in the same order; NaN is missing.
    then : array_like
        How participants, asked afterwards, remember where they stood before; on the same scale.
    conf_level : float
        Level of the intervals, above 0 and below 1.
    scale_range : float or None
        Highest minus lowest possible value, in scale points; None takes the observed range.

    Returns
    -------
    ThenTest
        Three paired means over the participants with all three values.

    Raises
    ------
    UsageError
        Unequal lengths; as `paired_mean`.

    Notes
    -----
    ``(post - pre) = (post - then) + (then - pre)`` holds exactly for the three means.

    References
    ----------
    Howard (1980), Eval. Rev. 4, 93-106.

    Examples
    --------
    >>> result = then_test([3, 4, 4, 3], [4, 4, 5, 4], then=[2, 3, 4, 2])
    >>> result.conventional.estimate, result.retrospective.estimate, result.recalibration.estimate
    (0.75, 1.5, -0.75)
    """
    log = ProblemLog()
    waves = {
        name: read_floats(values, name=name, ndim=1, log=log)
        for name, values in (("pre", pre), ("post", post), ("then", then))
    }
    if not log.problems and len({wave.size for wave in waves.values()}) > 1:
        found = ", ".join(f"{name} {wave.size}" for name, wave in waves.items())
        log.add(f"lengths differ: {found}", column="pre, post, then", allowed="one value of each per participant")
    log.raise_as(UsageError)
    gaps = {name: np.isnan(wave) for name, wave in waves.items()}
    complete = ~(gaps["pre"] | gaps["post"] | gaps["then"])
    first, second, memory = (waves[name][complete] for name in ("pre", "post", "then"))
    return ThenTest(
        conventional=paired_mean(first, second, conf_level=conf_level, scale_range=scale_range),
        retrospective=paired_mean(memory, second, conf_level=conf_level, scale_range=scale_range),
        recalibration=paired_mean(first, memory, conf_level=conf_level, scale_range=scale_range),
        n=int(complete.sum()),
        n_missing={f"{name} missing": int(gap.sum()) for name, gap in gaps.items()},
    )


def net_of_regression(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    population_mean: float,
    reliability: float,
    conf_level: float = 0.95,
) -> RegressionToMean:
    """Estimate the mean change beyond what regression to the mean would bring.

    Parameters
    ----------
    pre, post : array_like
        One value per participant, in the same order and on the same scale; NaN is missing.
    population_mean : float
        Mean of the people the participants were selected from, in scale points.
    reliability : float
        Correlation of two measurements without a change between them, above 0 and below 1.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    RegressionToMean
        Observed, expected and net mean change with a t interval of the net change.

    Raises
    ------
    UsageError
        A reliability outside 0 to 1, a mean that is not finite; as `read_pairs`.

    Notes
    -----
    Each participant's expected change is ``(1 - reliability)(population_mean - pre)``; the net change is post
    minus the expected post, and its interval is that of a paired mean. Both declared numbers are taken as known.

    References
    ----------
    Barnett, van der Pols & Dobson (2005). Regression to the mean. Int. J. Epidemiol., 34, 215-220.

    Examples
    --------
    >>> result = net_of_regression([1, 2, 2, 1], [2, 3, 3, 3], population_mean=3, reliability=0.8)
    >>> round(result.observed_change, 2), round(result.expected_change, 2), round(result.estimate, 2)
    (1.25, 0.3, 0.95)
    """
    log = ProblemLog()
    check_between(population_mean, name="population_mean", low=-LARGEST_MEAN, high=LARGEST_MEAN, log=log)
    check_between(reliability, name="reliability", low=0, high=1, log=log)
    log.raise_as(UsageError)
    pairs = read_pairs(pre, post, names=("pre", "post"), conf_level=conf_level)
    expected = population_mean + reliability * (pairs.first - population_mean)
    net = paired_mean(expected, pairs.second, conf_level=conf_level)
    n = int(pairs.first.size)
    return RegressionToMean(
        name="mean change net of regression to the mean",
        reason=undefined(net.reason) if net.reason else "",
        estimate=net.estimate,
        std_error=net.std_error,
        df=net.df,
        df_method=net.df_method if net.df is not None else "",
        statistic=net.statistic,
        p_value=net.p_value,
        p_method="t test" if net.p_value is not None else "",
        conf_low=net.conf_low,
        conf_high=net.conf_high,
        conf_level=net.conf_level,
        interval_method="t interval of the net changes",
        n=n,
        n_missing=pairs.n_missing,
        checks=(f"declared: population mean {population_mean:g}, reliability {reliability:g}",),
        warnings=(*net.warnings, "the two declared numbers are taken as known: try others and say how far it holds"),
        observed_change=float((pairs.second - pairs.first).mean()) if n else None,
        expected_change=float((expected - pairs.first).mean()) if n else None,
        population_mean=float(population_mean),
        reliability=float(reliability),
        reference=REGRESSION_REFERENCE,
    )
