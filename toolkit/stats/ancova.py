"""Comparison groups: ANCOVA on the later value with adjusted means and slope test, and the change-score contrast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.stats.arrays import FloatArray
from toolkit.stats.cluster_robust import estimate_robust, fit_clustered
from toolkit.stats.grouped_pairs import GroupedPairs, describe_robust, divide_by_sd, read_groups
from toolkit.stats.regression import LinearFit, breusch_pagan, compare_nested, fit_linear
from toolkit.stats.results import Estimate

REFERENCE = (
    "post = constant + slope * pre + groups, HC3 errors; Fisher (1932), Statistical Methods for Research Workers, "
    "4th ed.; Long & Ervin (2000), Am. Stat. 54, 217-224; agrees with R 4.2.2 lm(), sandwich 3.0-2 and emmeans 1.8.4-1"
)
LORD = (
    "ANCOVA and change scores answer different questions when the groups started at different levels; report both "
    "(Lord, 1967, Psychol. Bull. 68, 304-305)"
)
FEWEST_FOR_SHAPIRO, MOST_FOR_SHAPIRO = 3, 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedMean:
    """Mean of a group had everybody started at the common mean of pre.

    Attributes
    ----------
    group : str
        Group.
    mean, std_error, conf_low, conf_high : float
        In scale points, classical error.
    n : int
        People with both values.
    """

    group: str
    mean: float
    std_error: float
    conf_low: float
    conf_high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ancova:
    """An analysis of covariance of the later value.

    Attributes
    ----------
    contrasts : tuple of Estimate
        One per group other than the reference: adjusted difference from it, HC3 error.
    groups : tuple of str
        Reference first.
    fit, change_fit, change_fit_adjusted, separate_fit : LinearFit
        post on pre and group; post minus pre on group; post minus pre on pre and group; post on pre and group
        with a slope for every group.
    adjusted_means : tuple of AdjustedMean
        One per group, reference first.
    group_f, group_df, group_p_value : float, int, float
        F test of all groups alike, given pre.
    partial_eta_squared : float
        Share of what pre leaves over that the groups explain.
    slopes_f, slopes_p_value : float or None
        F test of one slope for all groups; a small p says that one adjusted difference is not enough. None when
        there are too few people to fit a slope for every group.
    shapiro_w, shapiro_p_value : float or None
        Shapiro-Wilk test of the residuals; None outside 3 to 5,000 people.
    breusch_pagan, breusch_pagan_df, breusch_pagan_p_value : float, int, float
        Studentised test of equal spread.
    n : int
        People with both values and a group.
    n_missing : dict of str to int
        People set aside, by reason.
    checks, warnings : tuple of str
        What was looked at; what a reader must know.
    reference : str
        Formula and source.
    """

    contrasts: tuple[Estimate, ...]
    groups: tuple[str, ...]
    fit: LinearFit
    change_fit: LinearFit
    change_fit_adjusted: LinearFit
    separate_fit: LinearFit | None
    adjusted_means: tuple[AdjustedMean, ...]
    group_f: float
    group_df: int
    group_p_value: float
    partial_eta_squared: float
    slopes_f: float | None
    slopes_p_value: float | None
    shapiro_w: float | None
    shapiro_p_value: float | None
    breusch_pagan: float
    breusch_pagan_df: int
    breusch_pagan_p_value: float
    n: int
    n_missing: dict[str, int]
    checks: tuple[str, ...]
    warnings: tuple[str, ...]
    reference: str = REFERENCE


def compare_adjusted(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    groups: Sequence[object],
    reference: str,
    clusters: Sequence[object] | None = None,
    conf_level: float = 0.95,
) -> Ancova:
    """Compare groups on the later value, adjusted for where everybody started.

    Parameters
    ----------
    pre, post : array_like
        One value per person, in the same order and on the same scale; NaN is missing.
    groups : sequence
        Group of each person; None for unknown.
    reference : str
        Group that the others are compared with.
    clusters : sequence or None
        Host of each person; the differences then have CR2 errors over hosts. None takes HC3 errors over people.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    Ancova
        Adjusted differences with HC3 intervals, adjusted means, slope test, change scores for comparison.

    Raises
    ------
    UsageError
        Unequal lengths, a reference that is no group, fewer than two groups, a group with one member, a pre that
        does not vary.

    Notes
    -----
    The effect size d_pre divides the adjusted difference and its limits by the pooled SD of pre within groups.

    References
    ----------
    Long & Ervin (2000), Am. Stat. 54, 217-224.

    Examples
    --------
    >>> result = compare_adjusted([1, 2, 3, 4, 2, 3, 4, 5], [1, 3, 3, 4, 3, 5, 5, 7],
    ...                           groups=["c", "c", "c", "c", "t", "t", "t", "t"], reference="c")
    >>> round(result.contrasts[0].estimate, 3), [round(row.mean, 3) for row in result.adjusted_means]
    (1.2, [3.275, 4.475])
    """
    read = read_groups(pre, post, groups=groups, reference=reference, clusters=clusters, conf_level=conf_level)
    first, second, labels, missing = read.pre, read.post, read.labels, read.n_missing
    names = (reference, *sorted(set(labels) - {reference}))
    codes = np.array([names.index(label) for label in labels])
    dummies = np.stack([(codes == place).astype(np.float64) for place in range(1, len(names))], axis=1)
    constant, terms = np.ones((first.size, 1)), tuple(f"group {name}" for name in names[1:])
    design = np.hstack([constant, first[:, None], dummies])
    fit = fit_linear(second, design, names=("(Intercept)", "pre", *terms))
    group_f, group_df, group_p = compare_nested(fit_linear(second, design[:, :2]), fit)
    slopes = np.hstack([design, dummies * first[:, None]])
    separate = None
    if first.size > slopes.shape[1] and _full_rank(slopes):
        separate = fit_linear(second, slopes)
    slopes_f, _, slopes_p = compare_nested(fit, separate) if separate is not None else (None, 0, None)
    shapiro = None
    if FEWEST_FOR_SHAPIRO <= first.size <= MOST_FOR_SHAPIRO and float(np.ptp(fit.residuals)) > 0:
        shapiro = stats.shapiro(fit.residuals)
    spread, spread_df, spread_p = breusch_pagan(fit, design)
    return Ancova(
        contrasts=_contrasts(fit, read, codes, names=names, conf_level=conf_level),
        groups=names,
        fit=fit,
        change_fit=fit_linear(second - first, np.hstack([constant, dummies]), names=("(Intercept)", *terms)),
        change_fit_adjusted=fit_linear(second - first, design, names=fit.names),
        separate_fit=separate,
        adjusted_means=_adjusted_means(fit, first, codes, names=names, conf_level=conf_level),
        group_f=group_f,
        group_df=group_df,
        group_p_value=group_p,
        partial_eta_squared=group_f * group_df / (group_f * group_df + fit.df) if np.isfinite(group_f) else 1.0,
        slopes_f=slopes_f,
        slopes_p_value=slopes_p,
        shapiro_w=None if shapiro is None else float(shapiro.statistic),
        shapiro_p_value=None if shapiro is None else float(shapiro.pvalue),
        breusch_pagan=spread,
        breusch_pagan_df=spread_df,
        breusch_pagan_p_value=spread_p,
        n=int(first.size),
        n_missing=missing,
        checks=tuple(f"{name}: {int(np.sum(codes == place))} people" for place, name in enumerate(names)),
        warnings=_warnings(first, codes, names=names, slopes_p=slopes_p),
    )


def _full_rank(design: FloatArray) -> bool:
    rank = int(np.linalg.matrix_rank(design / np.linalg.norm(design, axis=0)))
    return rank == int(design.shape[1])


def _contrasts(
    fit: LinearFit, read: GroupedPairs, codes: FloatArray, *, names: tuple[str, ...], conf_level: float
) -> tuple[Estimate, ...]:
    pre = read.pre
    within = pre - np.array([pre[codes == place].mean() for place in range(len(names))])[codes]
    sd = sqrt(float(within @ within) / (pre.size - len(names)))
    if read.clusters is None:
        found = _over_people(fit, names, conf_level=conf_level)
    else:
        found = _over_hosts(read, codes, names=names, conf_level=conf_level)
    return tuple(
        replace(each, n=fit.n, n_missing=read.n_missing, effects=(divide_by_sd(each, sd),), reference=REFERENCE)
        for each in found
    )


def _over_people(fit: LinearFit, names: tuple[str, ...], *, conf_level: float) -> list[Estimate]:
    robust = bool(np.isfinite(fit.hc3_std_errors).all())
    errors, kind = (fit.hc3_std_errors, "HC3 error") if robust else (fit.std_errors, "classical error")
    limits, p_values = fit.intervals(errors, conf_level=conf_level), fit.p_values(errors)
    return [
        Estimate(
            name=f"adjusted difference, {name} less {names[0]}",
            estimate=float(fit.coefficients[place]),
            std_error=float(errors[place]),
            df=float(fit.df),
            df_method="people - coefficients",
            statistic=float(fit.coefficients[place] / errors[place]),
            p_value=float(p_values[place]),
            p_method=f"t test, {kind}",
            conf_low=float(limits[place, 0]),
            conf_high=float(limits[place, 1]),
            conf_level=conf_level,
            interval_method=f"t interval, {kind}",
            n=fit.n,
            reference=REFERENCE,
        )
        for place, name in enumerate(names[1:], start=2)
    ]


def _over_hosts(read: GroupedPairs, codes: FloatArray, *, names: tuple[str, ...], conf_level: float) -> list[Estimate]:
    columns = {f"group {name}": (codes == place).astype(np.float64) for place, name in enumerate(names)}
    del columns[f"group {names[0]}"]
    fit = fit_clustered(read.post, {"pre": read.pre, **columns}, cluster=np.asarray(read.clusters))
    effects = estimate_robust(fit, correction="CR2", conf_level=conf_level)[2:]
    return [
        describe_robust(effect, name=f"adjusted difference, {name} less {names[0]}", n_missing=read.n_missing)
        for effect, name in zip(effects, names[1:], strict=True)
    ]


def _adjusted_means(
    fit: LinearFit, pre: FloatArray, codes: FloatArray, *, names: tuple[str, ...], conf_level: float
) -> tuple[AdjustedMean, ...]:
    critical = float(stats.t.isf((1 - conf_level) / 2, fit.df))
    found = []
    for place, name in enumerate(names):
        point = np.zeros(len(fit.names))
        point[:2] = 1.0, float(pre.mean())
        if place:
            point[1 + place] = 1.0
        mean, error = float(point @ fit.coefficients), sqrt(float(point @ fit.covariance @ point))
        found.append(
            AdjustedMean(
                group=name,
                mean=mean,
                std_error=error,
                conf_low=mean - critical * error,
                conf_high=mean + critical * error,
                n=int(np.sum(codes == place)),
            )
        )
    return tuple(found)


def _warnings(pre: FloatArray, codes: FloatArray, *, names: tuple[str, ...], slopes_p: float | None) -> tuple[str, ...]:
    found = []
    if slopes_p is not None and slopes_p < 0.05:
        found.append("the slope on pre differs between groups: the difference depends on where people started")
    means = [float(pre[codes == place].mean()) for place in range(len(names))]
    if max(means) - min(means) > 0.25 * float(pre.std(ddof=1)):
        found.append(LORD)
    return tuple(found)
