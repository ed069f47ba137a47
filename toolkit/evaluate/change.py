"""estimate_change: what changed between two waves, overall and by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from toolkit.core.errors import Problem, UsageError
from toolkit.core.estimates import Estimates
from toolkit.core.ledger import LedgerLine
from toolkit.evaluate.notes import join_notes
from toolkit.evaluate.plan import AnalysisPlan
from toolkit.evaluate.populations import PROGRAMME, count_populations, iterate_populations
from toolkit.instruments import Scale
from toolkit.measure import Panel, ScoringRule
from toolkit.stats import PairedMean, StandardisedChange, adjust_holm, paired_mean, standardised_change

UNIT_POINTS = "points"
UNIT_SD = "standard deviations"


def estimate_change(
    panel: Panel,
    *,
    plan: AnalysisPlan,
    population: str = PROGRAMME,
    by: Sequence[str] = (),
    conf_level: float = 0.95,
) -> Estimates:
    """Estimate the change of every planned outcome between the panel's two waves.

    Parameters
    ----------
    panel : Panel
        One row per linked person.
    plan : AnalysisPlan
        Primary and secondary outcomes.
    population : str
        Name of the people in the panel.
    by : sequence of str
        Groups to report apart, one at a time; there the main scoring rule only.
    conf_level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    Estimates
        Per outcome, scoring rule and population: ``mean_before``, ``mean_after``, ``mean_change`` (later
        minus earlier, in points), and the standardised changes ``d_z``, ``g_z``, ``d_av``, ``g_av``.

    Raises
    ------
    UsageError
        A planned outcome was not scored, or a group is not in the panel.

    Notes
    -----
    The p-values of the primary outcomes of one population, main scoring rule, are adjusted by Holm within each
    family that the plan declares; without families they are one.
    """
    check_request(panel, plan=plan, by=by)
    records: list[dict[str, Any]] = []
    for name, mask in iterate_populations(panel.people, population=population, by=by):
        members = panel.keep(mask)
        for outcome in plan.outcomes:
            for rule in _rules_for(members, outcome, sensitivity=name == population):
                records.extend(_change_records(members, rule, plan, name, conf_level))
    _add_holm(records, plan)
    ledger = panel.ledger.add(*_analysed_lines(panel, plan))
    return Estimates.from_records(records, ledger=ledger, provenance=panel.provenance)


def count_changes(panel: Panel, *, plan: AnalysisPlan) -> dict[str, dict[str, int]]:
    """Return for each planned outcome how many people of each population have both scores.

    Parameters
    ----------
    panel : Panel
        One row per linked person.
    plan : AnalysisPlan
        Outcomes to count.

    Returns
    -------
    dict of str to (dict of str to int)
        Outcome -> population -> people with both scores under the main rule.
    """
    counts = {}
    for rule in panel.before:
        if rule.scale in plan.outcomes and rule.rule == "main":
            both = panel.before[rule].notna() & panel.after[rule].notna()
            counts[rule.scale] = count_populations(panel.people[both], panel.groups)
    return counts


def describe_scale(panel: Panel, scale: Scale) -> dict[str, Any]:
    """Return the record fields that say what range a scale has."""
    low, high = panel.instrument.scale_range(scale.name)
    return {"scale_low": low, "scale_high": high}


def judge_improvement(conf_low: float | None, conf_high: float | None, *, better: str) -> str:
    """Return yes, no or unclear: whether a whole interval lies on the better side of zero.

    Examples
    --------
    >>> judge_improvement(0.1, 0.4, better="higher"), judge_improvement(0.1, 0.4, better="lower")
    ('yes', 'no')
    >>> judge_improvement(-0.1, 0.4, better="higher")
    'unclear'
    """
    if conf_low is None or conf_high is None or conf_low <= 0 <= conf_high:
        return "unclear"
    return "yes" if (conf_low > 0) == (better == "higher") else "no"


def describe_missing(n_missing: Mapping[str, int]) -> str:
    """Return why people were left out, with counts, in words."""
    return "; ".join(f"{reason}: {count}" for reason, count in n_missing.items() if count)


def check_request(panel: Panel, *, plan: AnalysisPlan, by: Sequence[str]) -> None:
    """Refuse outcomes that the panel has no score of, and groups that it does not have."""
    scored = {rule.scale for rule in panel.before}
    problems = [
        Problem(what="the outcome was not scored", column=outcome, allowed=", ".join(sorted(scored)))
        for outcome in plan.outcomes
        if outcome not in scored
    ]
    problems += [
        Problem(what="the group is not in the panel", column=group, allowed=", ".join(panel.groups))
        for group in by
        if group not in panel.people
    ]
    if problems:
        raise UsageError(problems)


def _rules_for(panel: Panel, outcome: str, *, sensitivity: bool) -> Iterator[ScoringRule]:
    for rule in panel.before:
        if rule.scale == outcome and (sensitivity or rule.rule == "main"):
            yield rule


def _change_records(
    panel: Panel, rule: ScoringRule, plan: AnalysisPlan, population: str, conf_level: float
) -> Iterator[dict[str, Any]]:
    scale = panel.instrument.scale(rule.scale)
    low, high = panel.instrument.scale_range(rule.scale)
    before = panel.before[rule].to_numpy(dtype=np.float64)
    after = panel.after[rule].to_numpy(dtype=np.float64)
    result = paired_mean(before, after, conf_level=conf_level, scale_range=high - low)
    shared = {
        "outcome": rule.scale,
        "role": plan.role(rule.scale),
        "population": population,
        "rule": rule.rule,
        "min_items": rule.min_items,
        "n": result.n,
        "n_missing": sum(result.n_missing.values()),
        "missing_reasons": describe_missing(result.n_missing),
        **describe_scale(panel, scale),
    }
    for estimator, wave, mean, deviation in (
        ("mean_before", panel.waves[0], result.mean_pre, result.sd_pre),
        ("mean_after", panel.waves[1], result.mean_post, result.sd_post),
    ):
        error = None if deviation is None else deviation / np.sqrt(result.n)
        yield {
            **shared,
            "estimator": estimator,
            "wave": wave,
            "estimate": mean,
            "std_error": error,
            "unit": UNIT_POINTS,
            "method": "mean of the people with both scores",
        }
    yield {**shared, **_mean_change(result, scale)}
    for effect in standardised_change(before, after, conf_level=conf_level, scale_range=high - low):
        yield {**shared, **_standardised(effect, scale)}


def _mean_change(result: PairedMean, scale: Scale) -> dict[str, Any]:
    return {
        "estimator": "mean_change",
        "estimate": result.estimate,
        "unit": UNIT_POINTS,
        "std_error": result.std_error,
        "statistic": result.statistic,
        "df": result.df,
        "df_method": result.df_method if result.df is not None else "",
        "p_value": result.p_value,
        "conf_level": result.conf_level,
        "conf_low": result.conf_low,
        "conf_high": result.conf_high,
        "improvement": judge_improvement(result.conf_low, result.conf_high, better=scale.better),
        "method": "mean of later minus earlier, t interval",
        "notes": join_notes(result.reason, *result.warnings),
        "reference": result.reference,
    }


def _standardised(effect: StandardisedChange, scale: Scale) -> dict[str, Any]:
    return {
        "estimator": effect.name,
        "estimate": effect.estimate,
        "unit": UNIT_SD,
        "conf_level": effect.conf_level,
        "conf_low": effect.conf_low,
        "conf_high": effect.conf_high,
        "improvement": judge_improvement(effect.conf_low, effect.conf_high, better=scale.better),
        "standardiser": effect.standardiser,
        "method": effect.interval_method,
        "notes": join_notes(effect.reason, *effect.warnings),
        "reference": effect.reference,
    }


def _add_holm(records: list[dict[str, Any]], plan: AnalysisPlan) -> None:
    """Adjust each family of primary outcomes together, and call unclear what does not stand after it."""
    families: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
    for record in records:
        if (record["estimator"], record["role"], record["rule"]) == ("mean_change", "primary", "main"):
            families.setdefault((record["population"], plan.family(record["outcome"])), []).append(record)
    unclear = set()
    for (population, _), family in families.items():
        raw = [np.nan if record["p_value"] is None else record["p_value"] for record in family]
        for record, adjusted in zip(family, adjust_holm(np.asarray(raw)), strict=True):
            record["p_holm"] = None if np.isnan(adjusted) else float(adjusted)
            if adjusted >= 1 - record["conf_level"]:
                unclear.add((population, record["outcome"]))
    for record in records:
        if "improvement" in record and (record["population"], record["outcome"]) in unclear:
            record["improvement"] = "unclear"


def _analysed_lines(panel: Panel, plan: AnalysisPlan) -> Iterator[LedgerLine]:
    for rule in panel.before:
        if rule.scale in plan.outcomes:
            label = panel.instrument.scale(rule.scale).labels.get("en", rule.scale)
            both = panel.before[rule].notna() & panel.after[rule].notna()
            yield LedgerLine(
                step="analysed",
                instrument=panel.instrument.name,
                reason=f"{label}: fewer than {rule.min_items} items answered in one of the waves",
                count=int((~both).sum()),
                n_in=len(both),
                n_out=int(both.sum()),
            )
