"""People with two values and a group, and cluster-robust coefficients as estimates: shared by comparison groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import BoolArray, FloatArray, check_between, read_floats
from toolkit.stats.cluster_robust import RobustEffect
from toolkit.stats.results import EffectSize, Estimate, undefined


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupedPairs:
    """People with both values and a group.

    Attributes
    ----------
    pre, post : numpy.ndarray
        In the order given.
    labels : list of str
        Group of each.
    clusters : numpy.ndarray or None
        Host of each; None where none were given.
    n_missing : dict of str to int
        People set aside, by reason.
    """

    pre: FloatArray
    post: FloatArray
    labels: list[str]
    clusters: NDArray[np.str_] | None
    n_missing: dict[str, int]


def read_groups(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    groups: Sequence[object],
    reference: str,
    clusters: Sequence[object] | None,
    conf_level: float,
) -> GroupedPairs:
    """Return the people with both values and a group; raise `UsageError` with all that is wrong at once."""
    log = ProblemLog()
    first = read_floats(pre, name="pre", ndim=1, log=log)
    second = read_floats(post, name="post", ndim=1, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    if not log.problems and not first.size == second.size == len(groups):
        log.add(
            f"pre has {first.size}, post {second.size} and groups {len(groups)} values",
            column="pre, post, groups",
            allowed="one of each per person",
        )
    if clusters is not None and not log.problems and len(clusters) != first.size:
        log.add(f"has {len(clusters)} values for {first.size} people", column="clusters", allowed="one host per person")
    log.raise_as(UsageError)
    homeless = np.array([clusters is not None and _is_missing(clusters[place]) for place in range(first.size)])
    unknown = np.array([_is_missing(group) for group in groups], dtype=np.bool_)
    gap = np.isnan(first) | np.isnan(second)
    keep: BoolArray = ~unknown & ~gap & ~homeless.astype(np.bool_)
    labels = [str(group) for group, kept in zip(groups, keep, strict=True) if kept]
    sizes = {name: labels.count(name) for name in sorted(set(labels))}
    if reference not in sizes:
        log.add("is no group with both values", column="reference", allowed=", ".join(sizes) or "a group")
    if len(sizes) < 2:
        log.add("there are fewer than two groups with both values", column="groups", allowed="two or more")
    small = [name for name, size in sizes.items() if size < 2]
    if small:
        log.add(f"has a group with one member: {', '.join(small)}", column="groups", allowed="two or more people each")
    log.raise_as(UsageError)
    missing = {"group unknown": int(unknown.sum()), "pre or post missing": int(np.sum(gap & ~unknown))}
    hosts = None
    if clusters is not None:
        missing["host unknown"] = int(np.sum(homeless & ~unknown & ~gap))
        hosts = np.array([str(host) for host, kept in zip(clusters, keep, strict=True) if kept])
    return GroupedPairs(pre=first[keep], post=second[keep], labels=labels, clusters=hosts, n_missing=missing)


def _is_missing(group: object) -> bool:
    return group is None or (isinstance(group, float) and np.isnan(group)) or str(group) == ""


def describe_robust(effect: RobustEffect, *, name: str, n_missing: Mapping[str, int]) -> Estimate:
    """Return a coefficient with a cluster-robust error as an estimate of the room."""
    return Estimate(
        name=name,
        reason=undefined(effect.reason) if effect.reason else "",
        estimate=effect.estimate,
        std_error=effect.std_error,
        df=effect.df,
        df_method=effect.df_method,
        statistic=effect.statistic,
        p_value=effect.p_value,
        p_method=f"t test, {effect.correction} error",
        conf_low=effect.conf_low,
        conf_high=effect.conf_high,
        conf_level=effect.conf_level,
        interval_method=f"t interval, {effect.correction} error",
        n=effect.n,
        n_missing=n_missing,
        checks=(f"clusters: {effect.n_clusters}",),
        warnings=effect.warnings,
        reference=effect.reference,
    )


def divide_by_sd(each: Estimate, sd: float) -> EffectSize:
    """Return a difference and its limits over the pooled SD of pre within groups."""
    low, high = each.conf_low, each.conf_high
    return EffectSize(
        name="d_pre",
        definition="difference / pooled SD of pre within groups",
        estimate=None if each.estimate is None else each.estimate / sd,
        conf_low=None if low is None else low / sd,
        conf_high=None if high is None else high / sd,
        conf_level=each.conf_level,
        interval_method="t interval over the SD",
        reason=each.reason,
    )
