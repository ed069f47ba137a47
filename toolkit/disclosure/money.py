"""The business rule: which totals of money may be shown without giving a host's own figure away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.roi import MONEY_COLUMNS, MoneyEstimates

MIN_HOSTS = 4
MAX_TWO_LARGEST = 0.90
P_PERCENT = 10
OTHER_COUNTRIES = "other"
HOST_GROUP = "host="
TOO_FEW_HOSTS = f"fewer than {MIN_HOSTS} hosts, or one or two of them make up nearly all"
_LEVER_LINES = ("guidance", "simple_work", "skilled_work", "recruitment_saved", "newcomer_saved")
_FIGURES = ("estimate", "p10", "p50", "p90", "conf_low", "conf_high", "variance_share", "break_even")


def may_show_total(amounts: ArrayLike) -> bool:
    """Tell whether a total over hosts may be shown.

    Parameters
    ----------
    amounts : array_like of float
        What each host adds; signs do not matter, and hosts that add nothing do not count.

    Notes
    -----
    At least four hosts; the two largest together at most 90 per cent; and the second largest, who knows its
    own figure, must not come within 10 per cent of the largest: ``total - x1 - x2 >= 0.1 x1``.

    References
    ----------
    Hundepool et al. (2012), Statistical Disclosure Control, Wiley, section 4.2.

    Examples
    --------
    >>> may_show_total([10, 9, 8, 7]), may_show_total([10, 9, 8]), may_show_total([100, 50, 2, 1])
    (True, False, False)
    """
    sizes = np.sort(np.abs(np.asarray(amounts, dtype=np.float64)))[::-1]
    sizes = sizes[sizes > 0]
    if len(sizes) < MIN_HOSTS:
        return False
    rest = float(sizes[2:].sum())
    return bool(sizes[:2].sum() <= MAX_TWO_LARGEST * sizes.sum() and rest >= P_PERCENT / 100 * sizes[0])


def join_small_countries(countries: Sequence[str], amounts: Sequence[ArrayLike]) -> tuple[str, ...]:
    """Return for each host the part of the programme it is reported in.

    Parameters
    ----------
    countries : sequence of str
        Country of each host.
    amounts : sequence of array_like
        Totals that would be shown of a country (costs, benefits), each with one amount per host.

    Returns
    -------
    tuple of str
        ``country=it``, or ``country=other`` for countries in which a total may not be shown.

    Examples
    --------
    >>> join_small_countries(["it"] * 4 + ["se"], [[5, 6, 7, 8, 9]])
    ('country=it', 'country=it', 'country=it', 'country=it', 'country=other')
    """
    given = np.asarray(countries)
    tables = [np.asarray(values, dtype=np.float64) for values in amounts]
    small = {country for country in countries if not all(may_show_total(values[given == country]) for values in tables)}
    return tuple(f"country={OTHER_COUNTRIES if country in small else country}" for country in countries)


def release_money_frame(estimates: MoneyEstimates) -> pd.DataFrame:
    """Return the figures of money with those emptied that would give a host's own figure away.

    Parameters
    ----------
    estimates : MoneyEstimates
        Figures and the hosts' parts in them.

    Returns
    -------
    DataFrame
        `MONEY_COLUMNS`, then ``shown`` and ``band``. A host's report about itself is shown to it whole.
    """
    frame = estimates.frame
    allowed = {
        (str(population), str(view), str(component)): may_show_total(rows["amount"])
        for (population, view, component), rows in estimates.contributions.groupby(
            ["population", "view", "component"], sort=False
        )
    }
    shown = [
        str(row["population"]).startswith(HOST_GROUP) or _row_allowed(row["population"], row, allowed)
        for row in frame.to_dict("records")
    ]
    mask = pd.Series(shown, index=frame.index, dtype=bool)
    emptied = frame.assign(**{name: frame[name].where(mask) for name in _FIGURES}, notes=frame["notes"].where(mask, ""))
    return emptied[list(MONEY_COLUMNS)].assign(
        shown=mask.astype("boolean"), band=mask.map({True: "", False: TOO_FEW_HOSTS})
    )


def _row_allowed(population: str, row: dict[object, object], allowed: dict[tuple[str, str, str], bool]) -> bool:
    view, estimator, component = str(row["view"]), str(row["estimator"]), str(row["component"])
    cost, benefit = (allowed.get((population, view, part), False) for part in ("cost", "benefit"))
    if estimator in ("cost_line", "benefit_line"):
        return allowed.get((population, "", component), False)
    if estimator == "driver":
        return cost and benefit and allowed.get((population, "driver", component), False)
    if estimator == "lever":
        return cost and benefit and all(allowed.get((population, "", line), True) for line in _LEVER_LINES)
    if estimator in ("gross_cost", "cost", "cost_per_participant", "cost_per_hour"):
        return cost
    if estimator == "benefit":
        return benefit
    return cost and benefit
