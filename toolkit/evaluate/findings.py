"""Findings: graded statements, each with its estimate, its population and a stable name."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from toolkit.core.estimates import Estimates
from toolkit.core.glossary import conform_frame
from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.evaluate.grading import Design, Grade, grade_design

FINDING_COLUMNS = (
    "finding_id",
    "outcome",
    "role",
    "planned",
    "population",
    "estimator",
    "direction",
    "improvement",
    "estimate",
    "unit",
    "conf_level",
    "conf_low",
    "conf_high",
    "p_value",
    "p_holm",
    "n",
    "n_missing",
    "n_sites",
    "scale_low",
    "scale_high",
    "nesta",
    "maryland",
    "grade_reason",
    "notes",
)

GRADED = ("mean_change", "pooled_change")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Graded statements of change, one row each, in the plan's order.

    Parameters
    ----------
    frame : DataFrame
        Columns `FINDING_COLUMNS`.
    grade : Grade
        Level of evidence they share.
    ledger, provenance : Ledger, Provenance
        As in the estimates they come from.
    """

    frame: pd.DataFrame
    grade: Grade
    ledger: Ledger
    provenance: Provenance


def grade(estimates: Estimates, *, design: Design, study: str) -> Findings:
    """Turn changes into findings that say no more than the design allows.

    Parameters
    ----------
    estimates : Estimates
        Rows of ``mean_change`` and ``pooled_change``, main scoring rule, become findings.
    design : Design
        What the study's design has.
    study : str
        Name of the study; enters each finding's id.

    Returns
    -------
    Findings
        One row per outcome, population and estimator.

    Notes
    -----
    The direction is ``higher`` or ``lower`` when the interval leaves out zero and, for a primary outcome, the
    Holm-adjusted p-value is below one minus the level; otherwise ``unclear``.
    """
    level = grade_design(design)
    frame = estimates.frame
    rows = frame[frame["estimator"].isin(GRADED) & (frame["rule"] == "main")].reset_index(drop=True)
    direction = [_direction(row) for row in rows.to_dict("records")]
    rows = rows.assign(
        finding_id=[
            _finding_id(study, *names)
            for names in zip(rows["outcome"], rows["population"], rows["estimator"], rows["role"], strict=True)
        ],
        planned=rows["role"] == "primary",
        direction=direction,
        improvement=[
            improvement if way != "unclear" else "unclear"
            for improvement, way in zip(rows["improvement"], direction, strict=True)
        ],
        nesta=level.nesta,
        maryland=level.maryland,
        grade_reason=level.reason,
    )
    return Findings(
        frame=conform_frame(rows[list(FINDING_COLUMNS)], FINDING_COLUMNS),
        grade=level,
        ledger=estimates.ledger,
        provenance=estimates.provenance,
    )


def _direction(row: Mapping[Hashable, Any]) -> str:
    low, high, adjusted, level = row["conf_low"], row["conf_high"], row["p_holm"], row["conf_level"]
    if not isinstance(low, float) or not isinstance(high, float) or low != low or low <= 0 <= high:
        return "unclear"
    if isinstance(adjusted, float) and isinstance(level, float) and adjusted >= 1 - level:
        return "unclear"
    return "higher" if low > 0 else "lower"


def _finding_id(*parts: str) -> str:
    return "f-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:12]
