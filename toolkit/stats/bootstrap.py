"""Bootstrap intervals of changes by participants or whole hosts, all resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, check_between, check_choice, check_count, read_floats
from toolkit.stats.groups import IntArray
from toolkit.stats.resampling import (
    STATISTICS,
    BootstrapMethod,
    ChangeStatistic,
    Limits,
    add_by_cluster,
    change_statistic,
    find_limits,
    origins,
    resample_sums,
    unit_sums,
)
from toolkit.stats.results import EffectSize, Estimate, undefined

# The interval of fewer units than this leans on a handful of resampled people or hosts.
FEW_UNITS = 10
UNDEFINED_SHARE = 0.01

REFERENCE = (
    "BCa interval of Efron (1987), J. Am. Stat. Assoc. 82, 171-185, ties counted half; resamples of whole hosts after "
    "Davison & Hinkley (1997), Bootstrap Methods and their Application, section 3.8"
)

DEFINITIONS: dict[ChangeStatistic, str] = {
    "mean_change": "mean of post minus pre, in scale points",
    "d_z": "mean change / SD of the changes",
    "d_av": "mean change / root mean of the two variances",
    "d_pre": "mean change / SD of pre",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapInterval(Estimate):
    """A statistic of change with a bootstrap interval; `estimate` is in the units of `effects[0]`.

    Attributes
    ----------
    statistic_name : {"mean_change", "d_z", "d_av", "d_pre"}
        Which one.
    method : {"bca", "percentile"}
        How limits are taken from the resamples.
    n_units : int
        People or hosts resampled.
    n_resamples, n_undefined : int
        Resamples drawn, and those among them without a value, which are left out.
    z0, acceleration : float or None
        BCa's corrections for bias and skewness.
    """

    statistic_name: ChangeStatistic
    method: BootstrapMethod
    n_units: int
    n_resamples: int
    n_undefined: int = 0
    z0: float | None = None
    acceleration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Waves:
    pre: FloatArray
    post: FloatArray
    codes: IntArray | None
    n_clusters: int


def bootstrap_changes(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    statistic: ChangeStatistic = "mean_change",
    method: BootstrapMethod = "bca",
    clusters: ArrayLike | None = None,
    n_resamples: int = 9999,
    conf_level: float = 0.95,
    seed: int = 0,
) -> tuple[BootstrapInterval, ...]:
    """Estimate changes of one or many outcomes with bootstrap intervals.

    Parameters
    ----------
    pre, post : array_like
        One row per participant; one column per outcome, or one-dimensional for one outcome. NaN is missing, and
        a participant may lack some outcomes.
    statistic : {"mean_change", "d_z", "d_av", "d_pre"}
        What to estimate of each outcome.
    method : {"bca", "percentile"}
        Corrected for bias and skewness, or plain quantiles.
    clusters : array_like or None
        Host of each participant; whole hosts are then resampled. None resamples participants.
    n_resamples : int
        Resamples, 1 or more; the same ones for all outcomes.
    conf_level : float
        Level of the intervals, above 0 and below 1.
    seed : int
        Of the resamples, 0 or more.

    Returns
    -------
    tuple of BootstrapInterval
        One per outcome, in the order of the columns.

    Raises
    ------
    UsageError
        Unequal shapes, values that are no numbers, a choice, count, level or seed out of bounds.

    Notes
    -----
    A resample is how often each unit was drawn; a statistic is a function of sums. So all resamples of all
    outcomes are one matrix product of counts and unit sums, and the jackknife is the total less one row.
    Resamples in which a statistic has no value (nobody varies) are counted and left out, never turned into an
    endless limit.

    References
    ----------
    Efron (1987), J. Am. Stat. Assoc. 82, 171-185.

    Examples
    --------
    >>> (result,) = bootstrap_changes([2, 3, 3, 4, 2, 3], [3, 3, 5, 5, 2, 4], n_resamples=2000, seed=1)
    >>> round(result.estimate, 3), result.n_undefined
    (0.833, 0)
    """
    waves = _read(
        pre,
        post,
        clusters=clusters,
        options={"statistic": statistic, "method": method},
        n_resamples=n_resamples,
        conf_level=conf_level,
        seed=seed,
    )
    units = unit_sums(waves.pre, waves.post, statistic=statistic)
    people = units[..., 0].sum(axis=0)
    if waves.codes is not None:
        units = add_by_cluster(units, waves.codes, n_clusters=waves.n_clusters)
    origin_pre, origin_post = origins(waves.pre, waves.post)
    origin = origin_post - origin_pre
    total = units.sum(axis=0)
    estimates = change_statistic(total, statistic=statistic, origin=origin)
    missing = waves.pre.shape[0] - people
    n_units = int(units.shape[0])
    resampled = jackknife = np.empty((0, estimates.size))
    if n_units > 1:
        sums = resample_sums(units, n_resamples, rng=np.random.default_rng(seed))
        resampled = change_statistic(sums, statistic=statistic, origin=origin)
        jackknife = change_statistic(total - units, statistic=statistic, origin=origin)
    found = []
    for place, estimate in enumerate(estimates):
        limits = None
        if n_units > 1 and np.isfinite(estimate):
            # People without this outcome do not change it and are no units of it.
            own = jackknife[units[:, place, 0] > 0, place]
            limits = find_limits(
                float(estimate), resampled[:, place], jackknife=own, conf_level=conf_level, method=method
            )
        found.append(
            describe_interval(
                float(estimate),
                limits,
                base=BootstrapInterval(
                    name=DEFINITIONS[statistic],
                    conf_level=conf_level,
                    n=int(people[place]),
                    n_missing={"pre or post missing": int(missing[place])},
                    statistic_name=statistic,
                    method=method,
                    n_units=int(np.sum(units[:, place, 0] > 0)),
                    n_resamples=n_resamples,
                    seed=seed,
                    reference=REFERENCE,
                ),
                by_cluster=waves.codes is not None,
            )
        )
    return tuple(found)


def describe_interval(
    estimate: float, limits: Limits | None, *, base: BootstrapInterval, by_cluster: bool
) -> BootstrapInterval:
    """Return the result of one outcome in words and figures; `base` carries its counts and settings."""
    units = "hosts" if by_cluster else "participants"
    reason = "" if np.isfinite(estimate) else undefined(_why_undefined(base))
    interval_reason = ""
    low = high = None
    if limits is not None:
        low, high = limits.low, limits.high
        if low is not None and low == high:
            low = high = None
            interval_reason = undefined("every resample gives the same value")
    if not reason and low is None and not interval_reason:
        interval_reason = undefined(_why_no_interval(base, limits, units=units))
    warnings = []
    n_undefined = 0 if limits is None else limits.n_undefined
    if n_undefined:
        share = n_undefined / base.n_resamples
        warnings.append(f"{n_undefined} of {base.n_resamples} resamples have no value and are left out")
        if share > UNDEFINED_SHARE:
            warnings.append("so many are left out that the interval is a rough guide")
    if base.n_units < FEW_UNITS:
        warnings.append(f"fewer than {FEW_UNITS} {units}: bootstrap intervals are too narrow; use the t interval")
    method = "BCa" if base.method == "bca" else "percentile"
    return BootstrapInterval(
        name=DEFINITIONS[base.statistic_name],
        reason=reason,
        interval_reason=interval_reason,
        estimate=None if reason else estimate,
        std_error=None if limits is None else limits.std_error,
        conf_low=low,
        conf_high=high,
        conf_level=base.conf_level,
        interval_method=f"{method} bootstrap by {units}",
        n=base.n,
        n_missing=base.n_missing,
        effects=(
            EffectSize(
                name=base.statistic_name,
                definition=DEFINITIONS[base.statistic_name],
                estimate=None if reason else estimate,
                conf_low=low,
                conf_high=high,
                conf_level=base.conf_level,
                interval_method=f"{method} bootstrap by {units}",
                reason=reason or interval_reason,
            ),
        ),
        checks=(f"resamples of {base.n_units} {units}: {base.n_resamples}, without a value: {n_undefined}",),
        warnings=tuple(warnings),
        seed=base.seed,
        statistic_name=base.statistic_name,
        method=base.method,
        n_units=base.n_units,
        n_resamples=base.n_resamples,
        n_undefined=n_undefined,
        z0=None if limits is None else limits.z0,
        acceleration=None if limits is None else limits.acceleration,
        reference=REFERENCE,
    )


def _why_undefined(base: BootstrapInterval) -> str:
    if base.n == 0:
        return "nobody has both a pre and a post value"
    return "what the change is divided by does not vary"


def _why_no_interval(base: BootstrapInterval, limits: Limits | None, *, units: str) -> str:
    if limits is None or base.n_units < 2:
        return f"there is one of the {units} only: nothing to resample"
    if base.n_resamples - limits.n_undefined < 2 / ((1 - base.conf_level) / 2):
        return "too few resamples have a value"
    return f"without one of the {units} the statistic has no value, or no resample lies below it"


def _read(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    clusters: ArrayLike | None,
    options: dict[str, str],
    n_resamples: int,
    conf_level: float,
    seed: int,
) -> _Waves:
    log = ProblemLog()
    ndim = 2 if np.ndim(pre) == 2 else 1
    first = read_floats(pre, name="pre", ndim=ndim, log=log)
    second = read_floats(post, name="post", ndim=ndim, log=log)
    if not log.problems and first.shape != second.shape:
        log.add(
            f"pre has the shape {first.shape} and post {second.shape}",
            column="pre, post",
            allowed="one value of each per participant and outcome",
        )
    check_choice(options["statistic"], name="statistic", allowed=STATISTICS, log=log)
    check_choice(options["method"], name="method", allowed=("bca", "percentile"), log=log)
    check_count(n_resamples, name="n_resamples", low=1, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    check_count(seed, name="seed", low=0, log=log)
    codes, n_clusters = None, 0
    if clusters is not None:
        labels = np.asarray(clusters)
        if labels.shape != first.shape[:1]:
            log.add(
                f"has {labels.size} values for {first.shape[0]} participants",
                column="clusters",
                allowed="the host of each participant",
            )
        else:
            names, codes = np.unique(labels.astype(str), return_inverse=True)
            n_clusters = int(names.size)
    log.raise_as(UsageError)
    if ndim == 1:
        first, second = first[:, None], second[:, None]
    return _Waves(pre=first, post=second, codes=codes, n_clusters=n_clusters)
