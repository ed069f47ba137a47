"""estimate_returns: what hosting cost and returned, for everybody and country by country, with its uncertainty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.core.errors import Problem, UsageError
from toolkit.core.glossary import GLOSSARY, conform_frame
from toolkit.roi.host_form import SHARES
from toolkit.roi.model import VIEW_MEANINGS, VIEWS, HostingModel, View
from toolkit.roi.returns import (
    DEFINITIONS,
    Returns,
    compute_returns,
    net_present_value,
    payback_years,
    ratio_draws,
    unit_cost,
)
from toolkit.roi.sensitivity import analyse_drivers, compare_scenarios
from toolkit.roi.simulation import DEFAULT_DRAWS, TermDraws, simulate_hosting, split_costs
from toolkit.roi.what_if import summarise_levers
from toolkit.stats import RatioOfSums, ratio_of_sums

MONEY_COLUMNS = (
    *("population", "view", "estimator", "component", "estimate", "unit", "p10", "p50", "p90"),
    *("conf_level", "conf_low", "conf_high", "variance_share", "break_even", "n_hosts", "definition", "notes"),
)
CONTRIBUTION_COLUMNS = ("population", "view", "component", "host", "amount")
MAIN_VIEW: View = "host_economic"
DEFAULT_RATE = 0.035
_BINS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyEstimates:
    """Costs, benefits and returns, one row per figure, and the hosts' parts that decide who may see them.

    Parameters
    ----------
    frame : DataFrame
        Columns `MONEY_COLUMNS`.
    contributions : DataFrame
        Columns `CONTRIBUTION_COLUMNS`: what each host adds to each total; never shown.
    basis : tuple of str
        How amounts were restated, and the conventions, in words.
    """

    frame: pd.DataFrame
    contributions: pd.DataFrame
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    conf_level: float
    seed: int
    rate: float


def estimate_returns(
    model: HostingModel | None,
    *,
    population: str,
    by: Sequence[str] = (),
    conf_level: float = 0.95,
    seed: int = 0,
    n_draws: int = DEFAULT_DRAWS,
    correlation: float = 0.0,
    rate: float = DEFAULT_RATE,
) -> MoneyEstimates:
    """Estimate what hosting cost and returned.

    Parameters
    ----------
    model : HostingModel or None
        What hosts reported.
    population : str
        Name of all hosts of the model together, such as ``programme`` or ``host=h03``.
    by : sequence of str
        Name of the part of each host, such as ``country=it``; reported one by one when there are several.
    conf_level : float
        Level of the intervals over hosts, between 0 and 1.
    seed : int
        Seed of draws and resampling, 0 or more.
    n_draws : int
        Draws, 100 or more.
    correlation : float
        Correlation of the figures within a host, 0 to below 1.
    rate : float
        Real discount rate a year.

    Returns
    -------
    MoneyEstimates
        Per population and view: every line, totals, ratio, return, present value, payback and unit costs, at
        expected values, with percentiles over draws; for all hosts together also drivers, scenarios and the
        distribution of the net benefit.

    Raises
    ------
    UsageError
        There is no host cost form, or an option is out of range.

    Notes
    -----
    Percentiles say how unsure the reported figures are; the interval says how much the hosts differ, and is
    given for six hosts or more.
    """
    if model is None or not model.n_hosts:
        raise UsageError(
            Problem(
                what="the study has no host cost form to work with",
                mend="add its export to study.yaml and declare roi: {currency: EUR, price_year: 2023}",
            )
        )
    groups = tuple(by) or (population,) * len(model.hosts)
    draws = simulate_hosting(model, by=groups, n_draws=n_draws, seed=seed, correlation=correlation)
    request = _Request(conf_level=conf_level, seed=seed, rate=rate)
    names = list(dict.fromkeys(groups))
    records = list(_records(model, draws, names, population, request))
    parts = [_contributions(model, population)]
    records += _whole_only(model, draws, names, population)
    if len(names) > 1:
        for name in sorted(names):
            part = model.keep([group == name for group in groups])
            records += _records(part, draws, [name], name, request)
            parts.append(_contributions(part, name))
    rows = [[record.get(name, "" if _is_text(name) else None) for name in MONEY_COLUMNS] for record in records]
    frame = conform_frame(pd.DataFrame(rows, columns=list(MONEY_COLUMNS)), MONEY_COLUMNS)
    conventions = net_present_value([0.0], rate=rate).convention
    return MoneyEstimates(
        frame=frame,
        contributions=pd.concat(parts, ignore_index=True),
        basis=(*model.basis, f"present values: {conventions}", *(f"{view}: {VIEW_MEANINGS[view]}" for view in VIEWS)),
    )


def _is_text(name: str) -> bool:
    return GLOSSARY[name].kind == "text"


def _records(
    model: HostingModel, draws: TermDraws, groups: Sequence[str], population: str, request: _Request
) -> Iterator[dict[str, Any]]:
    totals = draws.sum_groups(groups)
    expected = model.expected()
    unit = f"{model.currency} {model.price_year}"
    for view in VIEWS:
        shared = {"population": population, "view": view, "n_hosts": model.n_hosts}
        for place, term in enumerate(model.terms):
            # A line that nobody filled in is no line.
            if term.counts_in(view) and model.high[:, model.driver_index(term)].prod(axis=1).any():
                yield {
                    **shared,
                    "estimator": f"{term.direction}_line",
                    "component": term.name,
                    "estimate": float(expected[:, place].sum()),
                    "unit": unit,
                    **_percentiles(totals[place]),
                }
        yield from _totals(model, totals, view, shared | {"unit": unit}, request)


def _totals(
    model: HostingModel, totals: NDArray[np.float64], view: View, shared: Mapping[str, Any], request: _Request
) -> Iterator[dict[str, Any]]:
    by_host = split_costs(model, model.expected().T, view=view)
    cost, benefit = split_costs(model, totals, view=view)
    result = compute_returns([float(value) for value in by_host[0]], [float(value) for value in by_host[1]])
    gross = [place for place, term in enumerate(model.terms) if term.counts_in(view) and term.direction == "cost"]
    amounts: tuple[tuple[str, float, NDArray[np.float64]], ...] = (
        ("gross_cost", float(model.expected()[:, gross].sum()), totals[gross].sum(axis=0)),
        ("cost", result.cost, cost),
        ("benefit", result.benefit, benefit),
        ("net_benefit", result.net_benefit, benefit - cost),
    )
    for name, value, drawn in amounts:
        yield {**shared, "estimator": name, "estimate": value, "definition": DEFINITIONS[name], **_percentiles(drawn)}
    over_hosts = ratio_of_sums(by_host[1], by_host[0], conf_level=request.conf_level, seed=request.seed)
    yield from _ratios(result, over_hosts, ratio_draws(cost, benefit), shared)
    yield {
        **shared,
        "estimator": "probability",
        "estimate": float((benefit > cost).mean()),
        "unit": "share",
        "definition": "share of draws in which benefits exceed costs",
    }
    flows = _flows(model, view)
    worth = net_present_value(flows, rate=request.rate)
    yield {
        **shared,
        "estimator": "npv",
        "estimate": worth.value,
        "definition": DEFINITIONS["npv"],
        "notes": worth.convention,
    }
    years = payback_years(flows)
    yield {
        **shared,
        "estimator": "payback",
        "estimate": years,
        "unit": "years",
        "definition": DEFINITIONS["payback"],
        "notes": "" if years is not None else "benefits do not make up for costs within the years counted",
    }
    people, hours = float(model.participants.sum()), float(model.hours.sum())
    for name, amount, drawn, units, what in (
        ("cost_per_participant", result.cost, cost, people, "participants"),
        ("net_cost_per_participant", result.net_cost, cost - benefit, people, "participants"),
        ("cost_per_hour", result.cost, cost, hours, "hours present"),
    ):
        each, reason = unit_cost(amount, units, what=what)
        spread = _percentiles(drawn / units) if each is not None else {}
        yield {
            **shared,
            "estimator": name,
            "estimate": each,
            "definition": DEFINITIONS[name],
            "notes": reason,
            **spread,
        }


def _ratios(
    result: Returns, over_hosts: RatioOfSums, drawn: NDArray[np.float64], shared: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    notes = "; ".join(word for word in (result.reason or over_hosts.reason, *over_hosts.warnings) if word)
    limits = (over_hosts.conf_low, over_hosts.conf_high)
    defined = result.bcr is not None and not np.isnan(drawn).any()
    for name, value, scale, shift, unit in (
        ("bcr", result.bcr, 1.0, 0.0, "ratio"),
        ("roi_percent", result.roi_percent, 100.0, -100.0, "per cent"),
    ):
        yield {
            **shared,
            "estimator": name,
            "estimate": value,
            "unit": unit,
            "definition": DEFINITIONS[name],
            "conf_level": over_hosts.conf_level,
            "conf_low": None if limits[0] is None or value is None else scale * limits[0] + shift,
            "conf_high": None if limits[1] is None or value is None else scale * limits[1] + shift,
            "notes": notes,
            **(_percentiles(scale * drawn + shift) if defined else {}),
        }


def _flows(model: HostingModel, view: View) -> list[float]:
    """Return the net flow of each year, the placement's being the first."""
    amounts = model.expected().sum(axis=0) * model.signs(view)
    last = max((term.year for term in model.terms), default=0)
    return [
        float(sum(amount for amount, term in zip(amounts, model.terms, strict=True) if term.year == year))
        for year in range(last + 1)
    ]


def _percentiles(drawn: NDArray[np.float64]) -> dict[str, float]:
    low, middle, high = np.quantile(drawn, [0.1, 0.5, 0.9])
    return {"p10": float(low), "p50": float(middle), "p90": float(high)}


def _whole_only(
    model: HostingModel, draws: TermDraws, groups: Sequence[str], population: str
) -> Iterator[dict[str, Any]]:
    unit = f"{model.currency} {model.price_year}"
    shared = {"population": population, "view": MAIN_VIEW, "n_hosts": model.n_hosts, "unit": unit}
    for effect in analyse_drivers(model, view=MAIN_VIEW, shares=SHARES):
        yield {
            **shared,
            "estimator": "driver",
            "component": effect.driver,
            "p10": effect.net_low,
            "p90": effect.net_high,
            "variance_share": effect.variance_share,
            "break_even": effect.break_even_factor,
            "notes": effect.break_even_reason,
            "definition": "net benefit with the figure at its 10th and 90th percentile in every host",
        }
    for name, result in compare_scenarios(model, view=MAIN_VIEW):
        yield {**shared, "estimator": "scenario", "component": name, "estimate": result.net_benefit}
    if "hours_present" in model.drivers:
        for name, value in asdict(summarise_levers(model)).items():
            yield {**shared, "estimator": "lever", "component": name, "estimate": value}
    cost, benefit = draws.split(groups, view=MAIN_VIEW)
    net = benefit - cost
    ends = np.quantile(net, [0.005, 0.995])
    edges = np.linspace(float(ends[0]), float(ends[1]), _BINS + 1)
    if edges[0] < edges[-1]:
        counts, _ = np.histogram(net, bins=edges)
        for count, low, high in zip(counts, edges, edges[1:], strict=False):
            yield {
                **shared,
                "estimator": "density",
                "estimate": float(count / len(net)),
                "p10": float(low),
                "p90": float(high),
                "definition": "share of draws with a net benefit between the two limits",
            }


def _contributions(model: HostingModel, population: str) -> pd.DataFrame:
    """Return what each host adds to every total that is shown."""
    expected = model.expected()
    columns: dict[tuple[str, str], NDArray[np.float64]] = {}
    for place, term in enumerate(model.terms):
        if not expected[:, place].any():
            continue
        columns["", term.name] = columns.get(("", term.name), 0) + expected[:, place]
        for driver in term.drivers:
            columns["driver", driver] = columns.get(("driver", driver), 0) + expected[:, place]
    for view in VIEWS:
        cost, benefit = split_costs(model, expected.T, view=view)
        columns[view, "cost"], columns[view, "benefit"] = np.abs(cost), benefit
    rows = [
        (population, view, component, host, float(amount))
        for (view, component), amounts in columns.items()
        for host, amount in zip(model.hosts, amounts, strict=True)
        if host
    ]
    return pd.DataFrame(rows, columns=list(CONTRIBUTION_COLUMNS))
