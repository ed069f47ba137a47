"""Results: net benefit, benefit-cost ratio, return on investment, present value, payback, unit costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import Problem, UsageError

Terms = Literal["real", "nominal"]

UNDEFINED = "ROI undefined: there is no cost to set the benefit against; the net benefit stands"
NO_BENEFIT = "nothing was gained and nothing spent"
DEFINITIONS: Mapping[str, str] = {
    "gross_cost": "sum of all costs, before grants",
    "cost": "sum of all costs the view counts",
    "benefit": "sum of all benefits the view counts",
    "net_benefit": "benefits - costs",
    "net_cost": "costs - benefits",
    "bcr": "benefit-cost ratio: sum of benefits / sum of costs",
    "roi_percent": "return on investment: 100 x (sum of benefits - sum of costs) / sum of costs",
    "npv": "net present value: sum over years of (benefits - costs) / (1 + rate)^year",
    "payback": "years until benefits have made up for costs",
    "cost_per_participant": "sum of costs / participants",
    "cost_per_hour": "sum of costs / hours present",
    "net_cost_per_participant": "(sum of costs - sum of benefits) / participants",
    "cost_per_improvement": "cost per participant / mean improvement in points",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """What was spent and what came of it, taken together.

    Parameters
    ----------
    cost, benefit : float
        Sums.
    net_benefit : float
        ``benefit - cost``; the net cost is the same with the other sign.
    bcr, roi_percent : float or None
        Ratio and return; None where there is no cost to divide by.
    reason : str
        Why they are None, or "".
    """

    cost: float
    benefit: float
    net_benefit: float
    bcr: float | None
    roi_percent: float | None
    reason: str

    @property
    def net_cost(self) -> float:
        """Return costs less benefits."""
        return 0.0 - self.net_benefit


def compute_returns(costs: Sequence[float], benefits: Sequence[float]) -> Returns:
    """Return the results of costs and benefits as a ratio of their sums.

    Parameters
    ----------
    costs, benefits : sequence of float
        One number per line or per host; the sums are set against each other, never one host's ratio against
        another's. A cost below zero (a grant) is allowed.

    Raises
    ------
    UsageError
        A number is not finite.

    Notes
    -----
    ``BCR = B / C`` and ``ROI% = 100 (B - C) / C``, so that a BCR of 1.5 is an ROI of 50 per cent. With
    ``C <= 0`` both are undefined.

    References
    ----------
    Phillips (2003), Return on Investment in Training and Performance Improvement Programs, 2nd ed.

    Examples
    --------
    >>> result = compute_returns([425_000], [750_000])
    >>> round(result.bcr, 2), round(result.roi_percent)
    (1.76, 76)
    """
    cost, benefit = math.fsum(costs), math.fsum(benefits)
    if not (math.isfinite(cost) and math.isfinite(benefit)):
        raise UsageError(Problem(what="a cost or benefit is not a finite number", mend="give every amount"))
    if cost <= 0:
        return Returns(
            cost=cost,
            benefit=benefit,
            net_benefit=benefit - cost,
            bcr=None,
            roi_percent=None,
            reason=NO_BENEFIT if cost == 0 == benefit else UNDEFINED,
        )
    return Returns(
        cost=cost,
        benefit=benefit,
        net_benefit=benefit - cost,
        bcr=benefit / cost,
        roi_percent=100 * (benefit - cost) / cost,
        reason="",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentValue:
    """A net present value and the conventions it rests on.

    Parameters
    ----------
    value : float
        Sum of the discounted flows.
    discounted : tuple of float
        Each year's flow, discounted.
    rate : float
        Rate a year, in the terms of the flows.
    convention : str
        Conventions, in words.
    """

    value: float
    discounted: tuple[float, ...]
    rate: float
    convention: str


def net_present_value(
    flows: Sequence[float],
    *,
    rate: float,
    terms: Terms = "real",
    first_year_discounted: bool = False,
) -> PresentValue:
    """Return the net present value of yearly flows.

    Parameters
    ----------
    flows : sequence of float
        Benefits less costs of each year, the first being the year of the placement.
    rate : float
        Discount rate a year, above -1: 0.035 is 3.5 per cent. Real flows take a real rate; see `real_rate`.
    terms : {"real", "nominal"}
        Whether flows and rate are in constant prices or in those of each year.
    first_year_discounted : bool
        Whether the first flow falls at the end of its year. Spreadsheets' NPV does so; numpy's does not.

    Raises
    ------
    UsageError
        The rate is -1 or less, or a flow is not finite.

    Notes
    -----
    ``sum_t F_t / (1 + r)^t``, with t from 0, or from 1 where the first year is discounted.

    Examples
    --------
    >>> round(net_present_value([-40000, 5000, 8000, 12000, 30000], rate=0.08).value, 5)
    3065.22267
    """
    if not rate > -1 or not math.isfinite(rate):
        raise UsageError(Problem(what="the discount rate is out of range", column="rate", allowed="above -1"))
    if not all(map(math.isfinite, flows)):
        raise UsageError(Problem(what="a flow is not a finite number", mend="give every year's flow"))
    start = 1 if first_year_discounted else 0
    discounted = tuple(flow / (1 + rate) ** (year + start) for year, flow in enumerate(flows))
    when = "the first year is discounted" if first_year_discounted else "the first year is not discounted"
    return PresentValue(
        value=math.fsum(discounted),
        discounted=discounted,
        rate=rate,
        convention=f"{terms} terms, {100 * rate:g}% a year, {when}",
    )


def real_rate(nominal: float, inflation: float) -> float:
    """Return the real rate that goes with a nominal one: ``(1 + nominal) / (1 + inflation) - 1``.

    Raises
    ------
    UsageError
        A rate is -1 or less.

    Examples
    --------
    >>> round(real_rate(0.055, 0.02), 4)
    0.0343
    """
    if not (nominal > -1 and inflation > -1):
        raise UsageError(Problem(what="a rate is out of range", allowed="above -1"))
    return (1 + nominal) / (1 + inflation) - 1


def payback_years(flows: Sequence[float], *, rate: float = 0.0) -> float | None:
    """Return after how many years the flows have made up for themselves, or None if they never do.

    Parameters
    ----------
    flows : sequence of float
        Benefits less costs of each year, the first at time 0; within a later year they come evenly.
    rate : float
        Discount rate a year, 0 for the undiscounted payback.

    Notes
    -----
    The last time that the running sum turns from below zero to zero or more, so that a later loss is not
    overlooked.

    Examples
    --------
    >>> payback_years([-3000, 1000, 1500, 1000])
    2.5
    >>> payback_years([-10, 2]) is None
    True
    """
    running = np.cumsum(net_present_value(flows, rate=rate).discounted)
    if not len(running) or running[-1] < 0:
        return None
    below = np.flatnonzero(running < 0)
    if not len(below):
        return 0.0
    last = int(below[-1])
    return float(last - running[last] / (running[last + 1] - running[last]))


def unit_cost(cost: float, units: float, *, what: str) -> tuple[float | None, str]:
    """Return a cost per unit, or why there is none.

    Parameters
    ----------
    cost : float
        Total cost.
    units : float
        Participants, hours, or points of improvement times participants.
    what : str
        Name of the units in the reason.

    Returns
    -------
    value : float or None
    reason : str
        "" where there is a value.

    Examples
    --------
    >>> unit_cost(1200, 4, what="participants")
    (300.0, '')
    >>> unit_cost(1200, 0, what="hours")
    (None, 'no cost per unit: there are no hours')
    >>> unit_cost(1200, -0.2, what="points of improvement")[1]
    'no cost per unit: the points of improvement are below zero'
    """
    if not math.isfinite(units) or units == 0:
        return None, f"no cost per unit: there are no {what}"
    if units < 0:
        return None, f"no cost per unit: the {what} are below zero"
    return cost / units, ""


def ratio_draws(cost: NDArray[np.float64], benefit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the benefit-cost ratio of each draw; nan where its cost is zero or less.

    Parameters
    ----------
    cost, benefit : array of float, (draws,)
    """
    ratio = np.full(len(cost), np.nan)
    np.divide(benefit, cost, out=ratio, where=cost > 0)
    return ratio
