"""How complete the scores are, and whether the items of a scale hang together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from toolkit.core.estimates import Estimates
from toolkit.evaluate.notes import join_notes
from toolkit.evaluate.plan import AnalysisPlan
from toolkit.evaluate.populations import PROGRAMME
from toolkit.measure import Scores
from toolkit.stats import cronbach_alpha


def estimate_completeness(scores: Scores, *, plan: AnalysisPlan, population: str = PROGRAMME) -> Estimates:
    """Return which share of the answers to each wave could be scored.

    Parameters
    ----------
    scores : Scores
        One row per person and wave.
    plan : AnalysisPlan
        Outcomes to report.
    population : str
        Name of the people in `scores`.

    Returns
    -------
    Estimates
        One ``share_scored`` row (0 to 1) per outcome, wave and scoring rule; n counts all answers to the
        wave, n_missing those without a score.
    """
    records = []
    for wave in _waves(scores):
        here = scores.people["wave"] == wave
        for rule, values in scores.values.items():
            if rule.scale not in plan.outcomes or wave not in _asked(scores, rule.scale):
                continue
            n = int(here.sum())
            scored = int(values[here].notna().sum())
            records.append(
                {
                    "outcome": rule.scale,
                    "role": plan.role(rule.scale),
                    "population": population,
                    "wave": wave,
                    "rule": rule.rule,
                    "min_items": rule.min_items,
                    "estimator": "share_scored",
                    "estimate": scored / n if n else None,
                    "unit": "share",
                    "n": n,
                    "n_missing": n - scored,
                    "missing_reasons": "fewer items answered than needed" if n > scored else "",
                    "method": "answers with a score, of all answers to the wave",
                }
            )
    return Estimates.from_records(records, ledger=scores.ledger, provenance=scores.provenance)


def estimate_reliability(
    scores: Scores, *, plan: AnalysisPlan, population: str = PROGRAMME, conf_level: float = 0.95
) -> Estimates:
    """Estimate Cronbach's alpha of every planned scale with two items or more, per wave.

    Parameters
    ----------
    scores : Scores
        One row per person and wave.
    plan : AnalysisPlan
        Outcomes to report.
    population : str
        Name of the people in `scores`.
    conf_level : float
        Level of the Feldt interval, between 0 and 1.

    Returns
    -------
    Estimates
        One ``alpha`` row per scale and wave, from the rows with every item answered.
    """
    return Estimates.from_records(
        _alpha_records(scores, plan, population, conf_level),
        ledger=scores.ledger,
        provenance=scores.provenance,
    )


def _waves(scores: Scores) -> list[str]:
    present = set(scores.people["wave"])
    return [wave for wave in scores.instrument.waves if wave in present]


def _asked(scores: Scores, scale: str) -> set[str]:
    items = scores.instrument.scale(scale).items
    return {wave for item in items for wave in scores.instrument.item(item).waves}


def _alpha_records(scores: Scores, plan: AnalysisPlan, population: str, conf_level: float) -> Iterator[dict[str, Any]]:
    main = {rule.scale: rule for rule in scores.rules if rule.rule == "main"}
    for wave in _waves(scores):
        here = scores.people["wave"] == wave
        for outcome in plan.outcomes:
            scale = scores.instrument.scale(outcome)
            if len(scale.items) < 2 or wave not in _asked(scores, outcome):
                continue
            items = scores.items.loc[here, list(scale.items)].to_numpy(dtype=np.float64)
            result = cronbach_alpha(items, conf_level=conf_level)
            missing = result.n_rows - result.n_complete
            yield {
                "outcome": outcome,
                "role": plan.role(outcome),
                "population": population,
                "wave": wave,
                "rule": "main",
                "min_items": main[outcome].min_items,
                "estimator": "alpha",
                "estimate": result.estimate,
                "unit": "0 to 1",
                "conf_level": result.conf_level,
                "conf_low": result.conf_low,
                "conf_high": result.conf_high,
                "n": result.n_complete,
                "n_missing": missing,
                "missing_reasons": f"an item unanswered: {missing}" if missing else "",
                "method": "Cronbach's alpha of the complete rows, Feldt interval",
                "notes": join_notes(result.reason, *result.warnings),
                "reference": result.reference,
            }
