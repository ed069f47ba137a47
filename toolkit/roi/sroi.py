"""Social return on investment: outcomes valued by sourced proxies, and what is taken off them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import InputError, Problem, ProblemLog, UsageError
from toolkit.roi.distributions import draw_from_table, pert
from toolkit.roi.simulation import DEFAULT_DRAWS, MIN_DRAWS

Range = tuple[float, float, float]
ChangeFrom = Literal["comparison", "before_after", "self_report"]
Starts = Literal["during", "after"]

WELLBY_GBP: Range = (10_000.0, 13_000.0, 16_000.0)
WELLBY_PRICE_YEAR = 2019
WELLBY_SOURCE = "HM Treasury (2021), Wellbeing guidance for appraisal: supplementary Green Book guidance"
LIFE_SATISFACTION_SCALE = (0.0, 10.0)
NONE: Range = (0.0, 0.0, 0.0)
SHARES = ("deadweight", "displacement", "attribution", "drop_off")
STEPS = ("gross", "deadweight", "displacement", "attribution", "drop_off", "discounting")


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialOutcome:
    """One outcome for one group of people, and what it is worth a year.

    Parameters
    ----------
    name, stakeholder : str
        What changed, and for whom.
    quantity : tuple of float
        Lowest, most likely and highest number of people (or units) that changed; 0 or more.
    proxy : tuple of float
        Likewise the value of one for one year, in the currency of the analysis; may be below zero for harm.
    source, licence : str
        Where the proxy is from, and what its licence is; both needed.
    deadweight, displacement, attribution, drop_off : tuple of float
        Shares 0 to 1: what would have happened anyway, what was only moved, what is due to others, and what
        is lost from one year to the next.
    duration : int
        Years the outcome lasts, 1 or more: a yearly value is not claimed for less than most of a year.
    starts : {"during", "after"}
        during: the first year is that of the placement and is not discounted.
    change_from : {"comparison", "before_after", "self_report"}
        How the change is known. From a comparison group: what would have happened anyway is already taken off.
    """

    name: str
    stakeholder: str
    quantity: Range
    proxy: Range
    source: str
    licence: str
    deadweight: Range = NONE
    displacement: Range = NONE
    attribution: Range = NONE
    drop_off: Range = NONE
    duration: int = 1
    starts: Starts = "after"
    change_from: ChangeFrom = "before_after"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialPart:
    """What one outcome comes to, step by step; the steps add up to `present_value`.

    Parameters
    ----------
    name, stakeholder : str
        The outcome.
    steps : mapping of str to float
        gross, then what is taken off, as amounts below or at zero for a benefit.
    present_value : float
        Their sum.
    """

    name: str
    stakeholder: str
    steps: Mapping[str, float]
    present_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialReturn:
    """A social return with its parts, its range and what it hangs on.

    Parameters
    ----------
    ratio : float or None
        Present value of all outcomes / present value of inputs; None where the inputs are zero or less.
    reason : str
        Why there is none, or "".
    present_value, inputs : float
        What the ratio is made of.
    parts : tuple of SocialPart
        One per outcome; their present values add up to `present_value`.
    p10, p50, p90 : float or None
        Percentiles of the ratio over draws.
    probability : float or None
        Share of draws with a present value above the inputs.
    sensitivity : tuple of (str, float, float)
        Figure, and the ratio with it at its 10th and its 90th percentile, the largest swing first.
    notes : tuple of str
        What was changed or must be known.
    """

    ratio: float | None
    reason: str
    present_value: float
    inputs: float
    parts: tuple[SocialPart, ...]
    p10: float | None
    p50: float | None
    p90: float | None
    probability: float | None
    sensitivity: tuple[tuple[str, float, float], ...]
    notes: tuple[str, ...]


def wellby_proxy(change: Range, *, people: float, scale_low: float, scale_high: float, years: int = 1) -> SocialOutcome:
    """Return an outcome valued in wellbeing-adjusted life years.

    Parameters
    ----------
    change : tuple of float
        Lowest, most likely and highest mean change in life satisfaction, in points.
    people : float
        People whose satisfaction changed, 0 or more.
    scale_low, scale_high : float
        Ends of the scale that was asked: 0 and 10, and no other.
    years : int
        Years the change lasts, 1 or more.

    Returns
    -------
    SocialOutcome
        In pounds of 2019; restate the proxy before you add it to others.

    Raises
    ------
    UsageError
        The scale is another one: a wellbeing index or a self-efficacy score has no such value.

    Examples
    --------
    >>> outcome = wellby_proxy((0.2, 0.2, 0.2), people=1, scale_low=0, scale_high=10)
    >>> round(compute_social_return([outcome], inputs=1000, rate=0.0).present_value)
    2600
    """
    if (scale_low, scale_high) != LIFE_SATISFACTION_SCALE:
        raise UsageError(
            Problem(
                what="a WELLBY value is for one item only: life satisfaction from 0 to 10",
                allowed="scale 0 to 10",
                mend="value another outcome by a proxy of its own, or leave it unvalued",
            )
        )
    low, mode, high = change
    # A quantity is not below zero; a fall in satisfaction is a proxy below zero.
    sign = -1.0 if mode < 0 else 1.0
    if not low <= mode <= high or (low < 0 < high and low != high):
        raise UsageError(
            Problem(
                what="the change in life satisfaction is out of order, or may be a gain or a loss",
                allowed="lowest <= most likely <= highest, all on one side of zero",
                mend="report the change without a value",
            )
        )
    sizes = sorted(abs(value) * people for value in change)
    proxies = sorted(sign * value for value in WELLBY_GBP)
    return SocialOutcome(
        name="life_satisfaction",
        stakeholder="student",
        quantity=(sizes[0], abs(mode) * people, sizes[2]),
        proxy=(proxies[0], sign * WELLBY_GBP[1], proxies[2]),
        source=WELLBY_SOURCE,
        licence="Open Government Licence v3.0",
        duration=years,
        starts="during",
    )


def compute_social_return(
    outcomes: Sequence[SocialOutcome],
    *,
    inputs: float,
    rate: float,
    n_draws: int = DEFAULT_DRAWS,
    seed: int = 0,
) -> SocialReturn:
    """Return the social return of outcomes on inputs.

    Parameters
    ----------
    outcomes : sequence of SocialOutcome
        In one currency and price year.
    inputs : float
        Present value of everything that was put in, by all parties, in the same.
    rate : float
        Discount rate a year, above -1.
    n_draws : int
        Draws, 100 or more.
    seed : int
        Seed, 0 or more.

    Returns
    -------
    SocialReturn
        At the expected value of every figure, with its range over draws.

    Raises
    ------
    InputError
        A share lies outside 0 to 1, a range is out of order, a proxy has no source or licence, an outcome
        lasts less than a year or stands twice; everything at once.
    UsageError
        The rate, draws or seed are out of range.

    Notes
    -----
    ``V_t = q x proxy x (1 - dw)(1 - dis)(1 - att)(1 - drop)^(t - 1)``, ``PV = sum V_t / (1 + r)^t`` with t
    from 1 (an outcome that starts during the placement: discounted a year less). Deadweight is set to zero
    where the change comes from a comparison group.

    References
    ----------
    Social Value UK (2012), A Guide to Social Return on Investment, stages 4 and 5.

    Examples
    --------
    >>> outcome = SocialOutcome(name="work", stakeholder="student", quantity=(10, 10, 10), source="own survey",
    ...                         proxy=(500, 500, 500), licence="CC0", deadweight=(0.2, 0.2, 0.2))
    >>> result = compute_social_return([outcome], inputs=2000, rate=0.0)
    >>> result.ratio
    2.0
    """
    if not (math.isfinite(rate) and rate > -1) or n_draws < MIN_DRAWS or seed < 0 or not math.isfinite(inputs):
        raise UsageError(
            Problem(
                what="the rate, the inputs, the draws or the seed are out of range",
                allowed=f"rate above -1, finite inputs, {MIN_DRAWS} draws or more, seed 0 or more",
            )
        )
    _check_outcomes(outcomes)
    counted, notes = _without_double_deadweight(outcomes)
    parts = tuple(_part(outcome, _means(outcome), rate) for outcome in counted)
    present = math.fsum(part.present_value for part in parts)
    result = SocialReturn(
        ratio=None,
        reason="ratio undefined: nothing was put in to set the value against",
        present_value=present,
        inputs=inputs,
        parts=parts,
        p10=None,
        p50=None,
        p90=None,
        probability=None,
        sensitivity=(),
        notes=notes,
    )
    if inputs <= 0:
        return result
    draws = _draw(counted, rate, n_draws, seed)
    low, middle, high = (float(value) for value in np.quantile(draws / inputs, [0.1, 0.5, 0.9]))
    return replace(
        result,
        ratio=present / inputs,
        reason="",
        p10=low,
        p50=middle,
        p90=high,
        probability=float((draws > inputs).mean()),
        sensitivity=_sensitivity(counted, parts, inputs, rate),
    )


def _check_outcomes(outcomes: Sequence[SocialOutcome]) -> None:
    log = ProblemLog()
    seen: set[tuple[str, str]] = set()
    for outcome in outcomes:
        where = f"{outcome.name} ({outcome.stakeholder})"
        if (outcome.name, outcome.stakeholder) in seen:
            log.add(f"the outcome {where} stands twice", mend="value each outcome once for a group of people")
        seen.add((outcome.name, outcome.stakeholder))
        for name in ("quantity", "proxy", *SHARES):
            low, mode, high = getattr(outcome, name)
            if not all(map(math.isfinite, (low, mode, high))) or not low <= mode <= high:
                log.add(f"{where}: the three figures of {name} are not in order", mend="lowest, most likely, highest")
            elif name in SHARES and (low < 0 or high > 1):
                log.add(f"{where}: {name} lies outside 0 to 1", allowed="0 to 1", mend="25% is 0.25")
            elif name == "quantity" and low < 0:
                log.add(f"{where}: the quantity is below zero", allowed="0 or more")
        if not outcome.source.strip() or not outcome.licence.strip():
            log.add(f"{where}: the proxy has no source or no licence", mend="name both, or leave the outcome unvalued")
        if outcome.duration < 1 or outcome.duration != int(outcome.duration):
            log.add(
                f"{where}: the outcome lasts {outcome.duration:g} years",
                allowed="whole years, 1 or more",
                mend="a yearly value is not claimed for what did not last most of a year: leave it unvalued",
            )
    log.raise_as(InputError)


def _without_double_deadweight(
    outcomes: Sequence[SocialOutcome],
) -> tuple[tuple[SocialOutcome, ...], tuple[str, ...]]:
    counted, notes = [], []
    for outcome in outcomes:
        if outcome.change_from == "comparison" and outcome.deadweight != NONE:
            notes.append(f"{outcome.name}: deadweight set to zero, since the comparison group has already taken it off")
            outcome = replace(outcome, deadweight=NONE)
        counted.append(outcome)
    return tuple(counted), tuple(notes)


def _means(outcome: SocialOutcome) -> dict[str, float]:
    return {name: pert(getattr(outcome, name)).mean for name in ("quantity", "proxy", *SHARES)}


def _part(outcome: SocialOutcome, figures: Mapping[str, float], rate: float) -> SocialPart:
    yearly = figures["quantity"] * figures["proxy"]
    running = [outcome.duration * yearly]
    for name in ("deadweight", "displacement", "attribution"):
        yearly *= 1 - figures[name]
        running.append(outcome.duration * yearly)
    kept = [yearly * (1 - figures["drop_off"]) ** year for year in range(outcome.duration)]
    running.append(math.fsum(kept))
    first = 0 if outcome.starts == "during" else 1
    running.append(math.fsum(value / (1 + rate) ** (year + first) for year, value in enumerate(kept)))
    amounts = [running[0], *(after - before for before, after in pairwise(running))]
    return SocialPart(
        name=outcome.name,
        stakeholder=outcome.stakeholder,
        steps=dict(zip(STEPS, amounts, strict=True)),
        present_value=running[-1],
    )


def _draw(outcomes: Sequence[SocialOutcome], rate: float, n_draws: int, seed: int) -> NDArray[np.float64]:
    """Return draws of the present value of all outcomes, (draws,)."""
    rng = np.random.default_rng(seed)
    total = np.zeros(n_draws)
    for outcome in outcomes:
        drawn = {}
        for name in ("quantity", "proxy", *SHARES):
            normal = rng.standard_normal(n_draws, dtype=np.float32)
            drawn[name] = draw_from_table(pert(getattr(outcome, name)).table(), normal)
        yearly = drawn["quantity"] * drawn["proxy"]
        for name in ("deadweight", "displacement", "attribution"):
            yearly *= 1 - drawn[name]
        first = 0 if outcome.starts == "during" else 1
        for year in range(outcome.duration):
            total += yearly * (1 - drawn["drop_off"]) ** year / (1 + rate) ** (year + first)
    return total


def _sensitivity(
    outcomes: Sequence[SocialOutcome], parts: Sequence[SocialPart], inputs: float, rate: float
) -> tuple[tuple[str, float, float], ...]:
    total = math.fsum(part.present_value for part in parts)
    rows = []
    for outcome, part in zip(outcomes, parts, strict=True):
        means = _means(outcome)
        for name in means:
            spread = pert(getattr(outcome, name))
            if spread.family == "fixed":
                continue
            ends = spread.quantile(np.asarray([0.1, 0.9]))
            low, high = (
                (total - part.present_value + _part(outcome, {**means, name: float(end)}, rate).present_value) / inputs
                for end in ends
            )
            rows.append((f"{outcome.name}: {name}", low, high))
    return tuple(sorted(rows, key=lambda row: (-abs(row[2] - row[1]), row[0])))
