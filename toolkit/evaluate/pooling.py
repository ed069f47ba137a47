"""estimate_pooled_change: the sites' own changes, pooled with random effects."""

from __future__ import annotations

from typing import Any

import pandas as pd

from toolkit.core.estimates import Estimates
from toolkit.evaluate.change import UNIT_POINTS, check_request, describe_scale, judge_improvement
from toolkit.evaluate.notes import join_notes
from toolkit.evaluate.plan import AnalysisPlan
from toolkit.evaluate.populations import PROGRAMME
from toolkit.measure import Panel, ScoringRule
from toolkit.stats import pool_estimates

SMALL_SITE = 10


def estimate_pooled_change(
    panel: Panel,
    *,
    plan: AnalysisPlan,
    site: str,
    population: str = PROGRAMME,
    conf_level: float = 0.95,
) -> Estimates:
    """Pool each outcome's mean change over sites.

    Parameters
    ----------
    panel : Panel
        One row per linked person.
    plan : AnalysisPlan
        Primary and secondary outcomes.
    site : str
        Group that names the site, such as the host or the study; "" where the study declares none, which
        leaves nothing to pool.
    population : str
        Name of the people in the panel.
    conf_level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    Estimates
        One ``pooled_change`` row per outcome and scoring rule, with tau2, I2 and the prediction interval for
        a further site.

    Raises
    ------
    UsageError
        A planned outcome was not scored, or the site is no group of the panel.

    Notes
    -----
    A site enters with its mean change and that mean's squared standard error; a site with fewer than two
    people who have both scores, or whose people all changed alike, has none and is left out and counted.
    """
    check_request(panel, plan=plan, by=[site] if site else [])
    records = [
        _pooled_record(panel, rule, plan, site, population, conf_level)
        for outcome in plan.outcomes
        for rule in panel.before
        if rule.scale == outcome
    ]
    return Estimates.from_records(records, ledger=panel.ledger, provenance=panel.provenance)


def _site_changes(panel: Panel, rule: ScoringRule, site: str) -> pd.DataFrame:
    change = panel.after[rule] - panel.before[rule]
    site_of = panel.people[site] if site else pd.Series(None, index=panel.people.index, dtype="str")
    low, high = panel.instrument.scale_range(rule.scale)
    grouped = change[change.notna()].groupby(site_of)
    sites = pd.DataFrame({"mean": grouped.mean(), "sd": grouped.std(ddof=1), "n": grouped.size()})
    sites["usable"] = (sites["n"] >= 2) & (sites["sd"] > 1e-9 * (high - low))
    return sites


def _pooled_record(
    panel: Panel, rule: ScoringRule, plan: AnalysisPlan, site: str, population: str, conf_level: float
) -> dict[str, Any]:
    sites = _site_changes(panel, rule, site)
    used = sites[sites["usable"]]
    n = int(used["n"].sum())
    scale = panel.instrument.scale(rule.scale)
    record: dict[str, Any] = {
        "outcome": rule.scale,
        "role": plan.role(rule.scale),
        "population": population,
        "rule": rule.rule,
        "min_items": rule.min_items,
        "estimator": "pooled_change",
        "unit": UNIT_POINTS,
        "n": n,
        "n_missing": len(panel.people) - n,
        "missing_reasons": _why_left_out(panel, sites, n),
        "n_sites": len(used),
        "improvement": "unclear",
        "method": f"random effects over {site}: REML, Knapp-Hartung" if site else "",
        **describe_scale(panel, scale),
    }
    if used.empty:
        why = "No site has two people whose changes differ" if site else "The study declares no site"
        both = int((panel.after[rule].notna() & panel.before[rule].notna()).sum())
        counts = {"n": both, "n_missing": len(panel.people) - both, "missing_reasons": ""}
        return {**record, **counts, "notes": f"{why}; nothing can be pooled."}
    variances = used["sd"].to_numpy() ** 2 / used["n"].to_numpy()
    result = pool_estimates(used["mean"].to_numpy(), variances, conf_level=conf_level)
    notes = [result.reason, *result.warnings]
    if (used["n"] < SMALL_SITE).any():
        small = int((used["n"] < SMALL_SITE).sum())
        notes.append(
            f"{small} of {len(used)} sites rest on fewer than {SMALL_SITE} people; "
            "their own uncertainty is itself uncertain."
        )
    return {
        **record,
        "estimate": result.estimate,
        "std_error": result.std_error,
        "statistic": result.statistic,
        "df": result.df,
        "df_method": result.df_method if result.df is not None else "",
        "p_value": result.p_value,
        "conf_level": result.conf_level,
        "conf_low": result.conf_low,
        "conf_high": result.conf_high,
        "pi_low": result.prediction_low,
        "pi_high": result.prediction_high,
        "tau2": result.tau2,
        "i2": result.i2,
        "improvement": judge_improvement(result.conf_low, result.conf_high, better=scale.better),
        "notes": join_notes(*notes),
        "reference": result.reference,
    }


def _why_left_out(panel: Panel, sites: pd.DataFrame, n: int) -> str:
    in_sites = int(sites["n"].sum())
    small = in_sites - n
    missing = len(panel.people) - in_sites
    parts = [
        f"no score in both waves, or no site: {missing}" if missing else "",
        f"in a site with one person or no variation: {small}" if small else "",
    ]
    return "; ".join(filter(None, parts))
