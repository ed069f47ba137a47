"""What if: the result as a function of five figures that a reader may move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from toolkit.core.errors import Problem, UsageError
from toolkit.roi.model import HostingModel

LEVERS = ("wage", "hours", "productivity", "supervision", "hires")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """A hosting model drawn together into five levers and what stays as it is.

    Parameters
    ----------
    wage : float
        Mean cost of one hour of whoever would otherwise do the work, weighted by the work done.
    hours : float
        Hours present.
    productivity : float
        Mean productivity in skilled tasks, 0 to 1, weighted by the work.
    supervision : float
        Hours of daily guidance.
    hires : float
        Participants employed.
    simple, skilled : float
        Hours of simple work, and of skilled work at full productivity, that one hour present gives, each
        weighted by its wage over `wage`.
    guidance_rate : float
        Mean cost of one hour of guidance.
    other_costs : float
        All other costs.
    per_hire : float
        What one participant employed saves.
    """

    wage: float
    hours: float
    productivity: float
    supervision: float
    hires: float
    simple: float
    skilled: float
    guidance_rate: float
    other_costs: float
    per_hire: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfResult:
    """What five figures lead to.

    Parameters
    ----------
    cost, benefit, net_cost : float
        Amounts; the net cost is below zero where hosting pays.
    bcr : float or None
        Benefit-cost ratio; None where there is no cost.
    break_even : mapping of str to float or None
        Lever -> value at which the net cost is zero, the others as they are; None where none does it.
    """

    cost: float
    benefit: float
    net_cost: float
    bcr: float | None
    break_even: Mapping[str, float | None]


def summarise_levers(model: HostingModel) -> WhatIf:
    """Draw a hosting model together; at its own levers the result is that of the model.

    Parameters
    ----------
    model : HostingModel
        From the host cost form.

    Raises
    ------
    UsageError
        The model does not come from the form.
    """
    absent = {"hours_present", "guidance_hours", "hires"} - set(model.drivers)
    if absent:
        raise UsageError(Problem(what="the model does not come from the host cost form", mend="use the form's answers"))
    means = dict(zip(model.drivers, model.driver_means().T, strict=True))
    amounts = dict(zip((term.name for term in model.terms), model.expected().sum(axis=0), strict=True))
    hours = float(means["hours_present"].sum())
    simple_hours = float((means["hours_present"] * means["share_simple"]).sum())
    trained = means["hours_present"] * means["share_skilled"]
    skilled_hours = float((trained * means["productivity"]).sum())
    productivity = _over(skilled_hours, float(trained.sum()))
    wage = _over(amounts["simple_work"] + amounts["skilled_work"], simple_hours + skilled_hours)
    supervision = float(means["guidance_hours"].sum())
    hires = float(means["hires"].sum())
    costs = [amounts[term.name] for term in model.terms if term.direction == "cost" and term.name != "guidance"]
    return WhatIf(
        wage=wage,
        hours=hours,
        productivity=productivity,
        supervision=supervision,
        hires=hires,
        simple=_over(float(amounts["simple_work"]), hours * wage),
        skilled=_over(float(amounts["skilled_work"]), hours * wage * productivity),
        guidance_rate=_over(float(amounts["guidance"]), supervision),
        other_costs=float(np.sum(costs)),
        per_hire=_over(float(amounts["recruitment_saved"] + amounts["newcomer_saved"]), hires),
    )


def _over(above: float, below: float) -> float:
    return float(above / below) if below else 0.0


def compute_what_if(base: WhatIf, levers: Mapping[str, float]) -> WhatIfResult:
    """Return what other values of the five levers lead to.

    Parameters
    ----------
    base : WhatIf
        What stays as it is.
    levers : mapping of str to float
        Every name of `LEVERS` -> value, 0 or more.

    Raises
    ------
    UsageError
        A lever is missing, unknown or below zero.

    Notes
    -----
    ``cost = other + supervision x rate``; ``benefit = hours x wage x (simple + skilled x productivity) +
    hires x saving``. The net is linear in each lever, so break-even is ``lever + net cost / slope``.

    Examples
    --------
    >>> base = WhatIf(wage=15, hours=400, productivity=0.5, supervision=40, hires=0, simple=0.4, skilled=0.3,
    ...               guidance_rate=25, other_costs=900, per_hire=2000)
    >>> result = compute_what_if(base, {name: getattr(base, name) for name in LEVERS})
    >>> round(result.cost, 2), round(result.benefit, 2)
    (1900.0, 3300.0)
    """
    if set(levers) != set(LEVERS) or not all(value >= 0 for value in levers.values()):
        raise UsageError(Problem(what="the levers are not right", allowed=f"{', '.join(LEVERS)}, each 0 or more"))
    work = base.simple + base.skilled * levers["productivity"]
    cost = base.other_costs + levers["supervision"] * base.guidance_rate
    benefit = levers["hours"] * levers["wage"] * work + levers["hires"] * base.per_hire
    net = cost - benefit
    slopes = {
        "wage": levers["hours"] * work,
        "hours": levers["wage"] * work,
        "productivity": levers["hours"] * levers["wage"] * base.skilled,
        "supervision": -base.guidance_rate,
        "hires": base.per_hire,
    }
    most = {"productivity": 1.0}
    found: dict[str, float | None] = {}
    for name in LEVERS:
        value = levers[name] + net / slopes[name] if slopes[name] else None
        found[name] = value if value is not None and 0 <= value <= most.get(name, float("inf")) else None
    return WhatIfResult(
        cost=float(cost),
        benefit=float(benefit),
        net_cost=float(net),
        bcr=float(benefit / cost) if cost > 0 else None,
        break_even=found,
    )
