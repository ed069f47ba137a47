"""Three waves and more of the same people, by a mixed model: changes from the first wave and one test of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import BoolArray, check_between, read_floats
from toolkit.stats.groups import number_groups
from toolkit.stats.mixed import MixedFit, fit_mixed
from toolkit.stats.mixed_degrees import prepare_inference
from toolkit.stats.mixed_inference import FixedEffect, JointTest, estimate_effects, run_joint_test
from toolkit.stats.mixed_terms import RandomTerm
from toolkit.stats.results import EffectSize, Estimate, undefined


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RepeatedChanges:
    """Changes over several waves.

    Attributes
    ----------
    changes : tuple of Estimate
        Each later wave less the first, in scale points.
    waves : tuple of str
        In order, the first one the reference.
    joint : JointTest
        F test of no change in any wave.
    fit : MixedFit
        The model, for variances, profiles and checks.
    n_people, n_hosts : int
        Groups of the model; 0 hosts where none were given.
    n : int
        Measurements used.
    n_missing : dict of str to int
        Measurements without a value; the person's other waves still count.
    """

    changes: tuple[Estimate, ...]
    waves: tuple[str, ...]
    joint: JointTest
    fit: MixedFit
    n_people: int
    n_hosts: int
    n: int
    n_missing: dict[str, int]


def compare_waves(
    outcome: ArrayLike,
    wave: Sequence[str],
    *,
    people: Sequence[object],
    waves: Sequence[str],
    hosts: Sequence[object] | None = None,
    conf_level: float = 0.95,
) -> RepeatedChanges:
    """Estimate how far each later wave lies from the first.

    Parameters
    ----------
    outcome : array_like
        One value per person and wave; NaN is missing.
    wave : sequence of str
        Wave of each value.
    people : sequence
        Person of each value.
    waves : sequence of str
        Every wave in order of time, two or more.
    hosts : sequence or None
        Host of each value; hosts then vary too, persons inside them.
    conf_level : float
        Level of the intervals, above 0 and below 1.

    Returns
    -------
    RepeatedChanges
        One estimate per later wave, and one test of all of them.

    Raises
    ------
    UsageError
        Unequal lengths, a wave that is not listed or has no values, a model that the data cannot estimate.

    Notes
    -----
    ``y = wave + (1 | person)``, or ``+ (1 | host / person)``, by REML, with Kenward-Roger degrees of freedom below
    30 groups. People with a gap in one wave still count in the others, which holds when gaps depend only on what
    was seen. It takes all pairs of waves of a person as equally alike.

    References
    ----------
    Laird & Ware (1982). Random-effects models for longitudinal data. Biometrics, 38, 963-974.

    Examples
    --------
    >>> result = compare_waves([1, 2, 4, 2, 3, 3, 3, 5, 6], ["pre", "post", "later"] * 3,
    ...                        people=list("aaabbbccc"), waves=["pre", "post", "later"])
    >>> [round(change.estimate, 3) for change in result.changes]
    [1.333, 2.333]
    """
    log = ProblemLog()
    y = read_floats(outcome, name="outcome", ndim=1, log=log)
    check_between(conf_level, name="conf_level", low=0, high=1, log=log)
    order, labels = [str(each) for each in waves], np.array([str(each) for each in wave])
    if len(order) < 2 or len(set(order)) != len(order):
        log.add("does not name two or more different waves", column="waves", allowed="every wave once, in order")
    strange = sorted(set(labels.tolist()) - set(order))
    if strange:
        log.add(f"holds waves that are not listed: {', '.join(strange)}", column="wave", allowed=", ".join(order))
    for name, values in (("wave", labels), ("people", people), ("hosts", hosts)):
        if values is not None and len(values) != y.size:
            log.add(f"has {len(values)} values for {y.size} measurements", column=name, allowed="one per measurement")
    log.raise_as(UsageError)
    known = ~np.isnan(y)
    empty = [each for each in order if not np.any(labels[known] == each)]
    if empty:
        log.add(f"has no values in: {', '.join(empty)}", column="outcome", allowed="values in every wave")
    log.raise_as(UsageError)
    terms, sizes = _terms(people, hosts, known=known)
    columns = {each: (labels[known] == each).astype(np.float64) for each in order[1:]}
    fit = fit_mixed(y[known], columns, random=terms)
    inference = prepare_inference(fit)
    effects = estimate_effects(inference, conf_level=conf_level)[1:]
    contrasts = np.eye(len(order))[1:]
    first = y[known][labels[known] == order[0]]
    sd = float(first.std(ddof=1)) if first.size > 1 else 0.0
    missing = {"value missing": int(np.sum(~known))}
    return RepeatedChanges(
        changes=tuple(
            _describe(effect, name=f"{later} less {order[0]}", sd=sd, n=int(known.sum()), missing=missing)
            for effect, later in zip(effects, order[1:], strict=True)
        ),
        waves=tuple(order),
        joint=run_joint_test(inference, contrasts),
        fit=fit,
        n_people=sizes[0],
        n_hosts=sizes[1],
        n=int(known.sum()),
        n_missing=missing,
    )


def _terms(
    people: Sequence[object], hosts: Sequence[object] | None, *, known: BoolArray
) -> tuple[list[RandomTerm], tuple[int, int]]:
    log = ProblemLog()
    kept = [str(each) for each, there in zip(people, known, strict=True) if there]
    homes = None if hosts is None else [str(each) for each, there in zip(hosts, known, strict=True) if there]
    if homes is not None:
        # A person belongs to one host, so equal codes in two hosts are two people.
        kept = [f"{home}\x1f{person}" for home, person in zip(homes, kept, strict=True)]
    codes, levels = number_groups(kept, name="people", n=len(kept), log=log)
    terms, n_hosts = [RandomTerm(group="person", codes=codes, levels=levels)], 0
    if homes is not None:
        host_codes, n_hosts = number_groups(homes, name="hosts", n=len(homes), log=log)
        terms.append(RandomTerm(group="host", codes=host_codes, levels=n_hosts))
    log.raise_as(UsageError)
    return terms, (levels, n_hosts)


def _describe(effect: FixedEffect, *, name: str, sd: float, n: int, missing: dict[str, int]) -> Estimate:
    limits = (effect.conf_low, effect.conf_high)
    return Estimate(
        name=name,
        reason=undefined(effect.reason) if effect.reason else "",
        estimate=effect.estimate,
        std_error=effect.std_error,
        df=effect.df,
        df_method=effect.df_method,
        statistic=effect.statistic,
        p_value=effect.p_value,
        p_method="t test of the mixed model",
        conf_low=limits[0],
        conf_high=limits[1],
        conf_level=effect.conf_level,
        interval_method="t interval of the mixed model",
        n=n,
        n_missing=missing,
        effects=(
            EffectSize(
                name="d_pre",
                definition="change / SD of the first wave",
                estimate=effect.estimate / sd if sd > 0 else None,
                conf_low=None if sd == 0 or limits[0] is None else limits[0] / sd,
                conf_high=None if sd == 0 or limits[1] is None else limits[1] / sd,
                conf_level=effect.conf_level,
                interval_method="t interval over the SD",
                reason="" if sd > 0 and limits[0] is not None else undefined("the first wave does not vary"),
            ),
        ),
        warnings=effect.warnings,
        reference=effect.reference,
    )
