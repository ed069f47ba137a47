"""Difference in differences: how much more one group changed than another, with CR2 errors over people or hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from toolkit.stats.cluster_robust import estimate_robust, fit_clustered
from toolkit.stats.grouped_pairs import describe_robust, divide_by_sd, read_groups
from toolkit.stats.results import Estimate

REFERENCE = (
    "y = constant + time + group + time:group over both waves, CR2 errors with Satterthwaite df; Bell & McCaffrey "
    "(2002), Surv. Methodol. 28, 169-181; Lechner (2011), Found. Trends Econom. 4, 165-224; agrees with R clubSandwich "
    "0.5.8"
)
ONE_EARLIER_WAVE = (
    "that the groups would have changed alike cannot be tested with one earlier wave: say why it is believable here"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceInDifferences(Estimate):
    """How much more a group changed than the reference; `estimate` is in scale points.

    Attributes
    ----------
    group, reference_group : str
        The two groups.
    change, reference_change : float
        Mean change of each, in scale points.
    start_difference : float
        By how much the group started above the reference, in scale points.
    n_clusters : int
        People or hosts that the errors are over.
    """

    group: str
    reference_group: str
    change: float
    reference_change: float
    start_difference: float
    n_clusters: int


def compare_changes(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    groups: Sequence[object],
    reference: str,
    clusters: Sequence[object] | None = None,
    conf_level: float = 0.95,
) -> tuple[DifferenceInDifferences, ...]:
    """Estimate how much more each group changed than the reference.

    Parameters
    ----------
    pre, post : array_like
        One value per person, in the same order and on the same scale; NaN is missing.
    groups : sequence
        Group of each person; None for unknown.
    reference : str
        Group that the others are compared with.
    clusters : sequence or None
        Host of each person; None takes each person as a cluster of two waves.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    tuple of DifferenceInDifferences
        One per group other than the reference, in order of name.

    Raises
    ------
    UsageError
        Unequal lengths, a reference that is no group, fewer than two groups, a group with one member, fewer
        clusters than coefficients.

    Notes
    -----
    With two waves the estimate is the difference of the mean changes. The effect size d_pre divides it by the
    pooled SD of pre within groups.

    References
    ----------
    Lechner (2011), Found. Trends Econom. 4, 165-224.

    Examples
    --------
    >>> (result,) = compare_changes([1, 2, 3, 2, 3, 4], [1, 3, 3, 4, 4, 6], groups=list("cccttt"), reference="c")
    >>> round(result.estimate, 3), round(result.change, 3), round(result.reference_change, 3)
    (1.333, 1.667, 0.333)
    """
    read = read_groups(pre, post, groups=groups, reference=reference, clusters=clusters, conf_level=conf_level)
    names = (reference, *sorted(set(read.labels) - {reference}))
    codes = np.array([names.index(label) for label in read.labels])
    n = int(read.pre.size)
    people = np.arange(n).astype(str) if read.clusters is None else read.clusters
    time = np.repeat([0.0, 1.0], n)
    columns = {"time": time}
    for place, name in enumerate(names[1:], start=1):
        columns[f"group {name}"] = np.tile((codes == place).astype(np.float64), 2)
    for name in names[1:]:
        columns[f"time:group {name}"] = time * columns[f"group {name}"]
    fit = fit_clustered(np.concatenate([read.pre, read.post]), columns, cluster=np.tile(people, 2))
    effects = estimate_robust(fit, correction="CR2", conf_level=conf_level)[-(len(names) - 1) :]
    means = np.array([[wave[codes == place].mean() for wave in (read.pre, read.post)] for place in range(len(names))])
    within = read.pre - means[codes, 0]
    sd = sqrt(float(within @ within) / (n - len(names)))
    found = []
    for place, (name, effect) in enumerate(zip(names[1:], effects, strict=True), start=1):
        described = describe_robust(
            effect, name=f"change of {name} less change of {reference}", n_missing=read.n_missing
        )
        described = replace(described, n=n, warnings=(*described.warnings, ONE_EARLIER_WAVE))
        sizes = () if sd == 0 else (divide_by_sd(described, sd),)
        found.append(
            DifferenceInDifferences(
                name=described.name,
                reason=described.reason,
                estimate=described.estimate,
                std_error=described.std_error,
                df=described.df,
                df_method=described.df_method,
                statistic=described.statistic,
                p_value=described.p_value,
                p_method=described.p_method,
                conf_low=described.conf_low,
                conf_high=described.conf_high,
                conf_level=conf_level,
                interval_method=described.interval_method,
                n=n,
                n_missing=read.n_missing,
                effects=sizes,
                checks=described.checks,
                warnings=described.warnings,
                group=name,
                reference_group=reference,
                change=float(means[place, 1] - means[place, 0]),
                reference_change=float(means[0, 1] - means[0, 0]),
                start_difference=float(means[place, 0] - means[0, 0]),
                n_clusters=fit.n_clusters,
                reference=REFERENCE,
            )
        )
    return tuple(found)
