"""Bounds for an effect when people drop out differently: Lee's trimming bounds."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import BoolArray, FloatArray, check_choice, check_count, read_floats
from toolkit.stats.proportions import check_binary
from toolkit.stats.results import Estimate, undefined

TrimRule: TypeAlias = Literal["fractional", "floor"]

# Shares this close are equal but for rounding: 0.25 * 16 must not trim 3 for 3.9999999.
SHARE_SLACK = 1e-9

REFERENCE = (
    "difference of means after trimming the group that answered more, from above and from below; Lee (2009), Rev. "
    "Econ. Stud. 76, 1071-1102"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeeBounds(Estimate):
    """Bounds of the effect on those who would answer in either group; `estimate` is the untrimmed difference.

    Attributes
    ----------
    bound_low, bound_high : float or None
        Bounds, in the units of the outcome; they are identified limits, not a confidence interval. The interval
        of the class holds bootstrap limits of the two bounds.
    share_treated, share_control : float or None
        Shares whose outcome was seen, 0 to 1.
    trimmed_group : {"treated", "control", ""}
        Group that was trimmed; "" when both answered alike.
    trim_share : float
        Share of its answers that was trimmed, 0 to 1.
    n_trimmed : int
        Whole answers trimmed under the floor rule.
    n_larger : int
        Answers seen in the trimmed group before trimming.
    rule : {"fractional", "floor"}
        Whether a fraction of an answer is trimmed too.
    """

    bound_low: float | None = None
    bound_high: float | None = None
    share_treated: float | None = None
    share_control: float | None = None
    trimmed_group: str = ""
    trim_share: float = 0.0
    n_trimmed: int = 0
    n_larger: int = 0
    rule: TrimRule = "fractional"


def lee_bounds(
    outcome: ArrayLike,
    treated: ArrayLike,
    *,
    selected: ArrayLike | None = None,
    rule: TrimRule = "fractional",
    conf_level: float = 0.95,
    n_resamples: int = 0,
    seed: int = 0,
) -> LeeBounds:
    """Bound a difference of means when answering depends on the group.

    Parameters
    ----------
    outcome : array_like
        One value per person; NaN for people who did not answer.
    treated : array_like
        1 for people in the programme, 0 for the comparison.
    selected : array_like or None
        1 for people whose outcome was seen, 0 for others; None reads it from the gaps of `outcome`.
    rule : {"fractional", "floor"}
        Trim exactly the share, an answer in part; or whole answers only, rounded down.
    conf_level : float
        Level of the bootstrap limits, above 0 and below 1.
    n_resamples : int
        Resamples of people for limits of the bounds; 0 gives none.
    seed : int
        Of the resamples.

    Returns
    -------
    LeeBounds
        The untrimmed difference and both bounds.

    Raises
    ------
    UsageError
        Values other than 0 and 1 in `treated` or `selected`, unequal lengths, a person seen without an outcome.

    Notes
    -----
    With q = share seen, the group with the larger q loses ``1 - q_small / q_large`` of its answers, from the top
    for the one bound and from the bottom for the other. It assumes that the programme moves everybody's
    answering in one direction.

    References
    ----------
    Lee (2009). Training, wages, and sample selection. Rev. Econ. Stud., 76, 1071-1102.

    Examples
    --------
    >>> nan = float("nan")
    >>> result = lee_bounds([3, 4, 5, 6, 2, 3, nan, nan], [1, 1, 1, 1, 0, 0, 0, 0])
    >>> result.bound_low, result.bound_high, result.trimmed_group
    (1.0, 3.0, 'treated')
    """
    values, arm, seen = _read(outcome, treated, selected=selected, rule=rule, n_resamples=n_resamples)
    n, n_missing = int(values.size), {"outcome not seen": int(np.sum(~seen))}
    groups = {side: arm == side for side in (1, 0)}
    if any(not (mask & seen).any() for mask in groups.values()):
        return LeeBounds(
            name="difference of means under differential drop-out",
            reason=undefined("a group has nobody whose outcome was seen"),
            conf_level=conf_level,
            n=n,
            n_missing=n_missing,
            rule=rule,
            reference=REFERENCE,
        )
    shares = {side: float(seen[mask].mean()) for side, mask in groups.items()}
    answers = {side: np.sort(values[mask & seen]) for side, mask in groups.items()}
    larger = 1 if shares[1] >= shares[0] else 0
    trim = 1 - shares[1 - larger] / shares[larger]
    low, high = _bounds(answers, larger=larger, trim=trim, rule=rule)
    limits = _resampled(values, arm, seen, rule=rule, conf_level=conf_level, n_resamples=n_resamples, seed=seed)
    return LeeBounds(
        name="difference of means under differential drop-out",
        interval_reason="" if limits else "no resamples asked for: the bounds have no interval",
        estimate=float(answers[1].mean() - answers[0].mean()),
        conf_low=limits[0] if limits else None,
        conf_high=limits[1] if limits else None,
        conf_level=conf_level,
        interval_method="percentile bootstrap: low limit of the lower, high limit of the upper bound",
        n=n,
        n_missing=n_missing,
        checks=("assumed: the programme moves everybody's answering in one direction",),
        warnings=("the bounds are not an interval for chance: they allow for who answered",),
        seed=seed if limits else None,
        bound_low=low,
        bound_high=high,
        share_treated=shares[1],
        share_control=shares[0],
        trimmed_group="" if trim <= SHARE_SLACK else "treated" if larger == 1 else "control",
        trim_share=trim,
        n_trimmed=floor(trim * answers[larger].size + SHARE_SLACK),
        n_larger=int(answers[larger].size),
        rule=rule,
        reference=REFERENCE,
    )


def _read(
    outcome: ArrayLike, treated: ArrayLike, *, selected: ArrayLike | None, rule: str, n_resamples: int
) -> tuple[FloatArray, FloatArray, BoolArray]:
    log = ProblemLog()
    values = read_floats(outcome, name="outcome", ndim=1, log=log)
    arm = read_floats(treated, name="treated", ndim=1, log=log)
    check_choice(rule, name="rule", allowed=("fractional", "floor"), log=log)
    check_count(n_resamples, name="n_resamples", low=0, log=log)
    check_binary(arm, name="treated", log=log)
    seen = ~np.isnan(values)
    if selected is not None:
        flags = read_floats(selected, name="selected", ndim=1, log=log)
        check_binary(flags, name="selected", log=log)
        if not log.problems and flags.size == values.size:
            if bool(((flags == 1) & ~seen).any()):
                log.add("says seen where the outcome is missing", column="selected", allowed="0 there")
            seen = flags == 1
        elif not log.problems:
            log.add(f"has {flags.size} values for {values.size} people", column="selected", allowed="one per person")
    if not log.problems and arm.size != values.size:
        log.add(f"has {arm.size} values for {values.size} people", column="treated", allowed="one per person")
    if np.isnan(arm).any():
        log.add("is missing for somebody", column="treated", allowed="0 or 1 for everybody")
    log.raise_as(UsageError)
    return values, arm, seen


def _bounds(answers: dict[int, FloatArray], *, larger: int, trim: float, rule: TrimRule) -> tuple[float, float]:
    ordered = answers[larger]
    size = trim * ordered.size
    cut = float(floor(size + SHARE_SLACK)) if rule == "floor" else size
    other = float(answers[1 - larger].mean())
    bottom, top = _trimmed_mean(ordered[::-1], cut), _trimmed_mean(ordered, cut)
    ends = (bottom - other, top - other) if larger == 1 else (other - top, other - bottom)
    return min(ends), max(ends)


def _trimmed_mean(ordered: FloatArray, cut: float) -> float:
    """Mean after taking `cut` answers, the last one in part, off the front."""
    weights = np.clip(np.arange(1, ordered.size + 1) - cut, 0.0, 1.0)
    return float(weights @ ordered / weights.sum())


def _resampled(
    values: FloatArray,
    arm: FloatArray,
    seen: BoolArray,
    *,
    rule: TrimRule,
    conf_level: float,
    n_resamples: int,
    seed: int,
) -> tuple[float, float] | None:
    """Bootstrap limits of the two bounds: people as counts, answers in order, no loop over resamples."""
    if n_resamples == 0:
        return None
    rng = np.random.default_rng(seed)
    n = values.size
    counts = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(np.float64)
    seen_flags = np.asarray(seen, dtype=np.float64)
    size = {side: counts @ (arm == side) for side in (1, 0)}
    kept = {side: counts @ ((arm == side) * seen_flags) for side in (1, 0)}
    usable = (kept[1] > 0) & (kept[0] > 0)
    share = {side: kept[side][usable] / size[side][usable] for side in (1, 0)}
    ends = []
    for upper in (False, True):
        means = {}
        for side in (1, 0):
            trim = np.clip(1 - share[1 - side] / share[side], 0.0, None) * kept[side][usable]
            cut = np.floor(trim + SHARE_SLACK) if rule == "floor" else trim
            members = np.flatnonzero((arm == side) & seen)
            order = members[np.argsort(values[members], kind="stable")]
            # Treated lose low answers for the upper bound; the comparison loses high ones.
            order = order if (side == 1) == upper else order[::-1]
            reached = np.cumsum(counts[usable][:, order], axis=1)
            weights = np.clip(reached - cut[:, None], 0.0, counts[usable][:, order])
            means[side] = (weights @ values[order]) / weights.sum(axis=1)
        ends.append(means[1] - means[0])
    tail = (1 - conf_level) / 2
    return float(np.quantile(ends[0], tail)), float(np.quantile(ends[1], 1 - tail))
