"""record: findings as sentences. No other text makes a statement about results."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from html import escape
from typing import Any

import pandas as pd

from toolkit.core.errors import UsageError
from toolkit.disclosure import Released, SuppressionPlan
from toolkit.report.parts import FINDINGS_MIME, ReportPart, table_data
from toolkit.report.wording import Wording, format_limit, format_number, format_p

_LOOK = {
    "yes": ("finding-yes", "▲", "Better"),
    "no": ("finding-no", "▼", "Worse"),
    "unclear": ("finding-unclear", "●", "No clear change"),
    "too_few": ("finding-small", "○", "Too few to say"),
}


def record(released: Released, *, wording: Wording) -> ReportPart:
    """Say released findings of the people as a whole, one sentence each, and record all of them.

    Parameters
    ----------
    released : Released
        Findings, in the order in which they are to be said; those of groups are recorded and not said.
    wording : Wording
        Labels and language.

    Returns
    -------
    ReportPart
        A list of sentences, and the findings at full precision as JSON.

    Raises
    ------
    UsageError
        What was released are not findings.
    """
    if released.kind != "findings":
        raise UsageError("only findings can be recorded; grade the estimates and release what grade returns")
    said = released.select(whole=True).frame
    items = "".join(_item(row, wording, released.plan) for row in said.to_dict("records"))
    return ReportPart(
        f'<ul class="findings">{items}</ul>', FINDINGS_MIME, table_data(released.frame, name="findings", caption="")
    )


def finding_sentence(row: Mapping[Hashable, Any], *, wording: Wording, min_people: int) -> str:
    """Return the sentence of one released finding.

    Parameters
    ----------
    row : dict
        One row of released findings.
    wording : Wording
        Labels and language.
    min_people : int
        Smallest number of people a figure may rest on.
    """
    outcome = wording.outcome(row["outcome"])
    if not row["shown"] or pd.isna(row["estimate"]):
        words = wording.text("{who}, {outcome}: too few people to say (fewer than {least}).")
        return words.format(outcome=outcome, who=wording.population(row["population"]), least=min_people)
    pooled = row["estimator"] == "pooled_change"
    n = int(row["n"])
    people = wording.count_text("the {n} person with both scores", "the {n} people with both scores", n).format(n=n)
    form = {
        ("higher", False): wording.text(
            "{outcome}: {people} scored on average {size} points higher in the later survey than in the earlier "
            "one, on a scale from {low} to {high}{interval}."
        ),
        ("lower", False): wording.text(
            "{outcome}: {people} scored on average {size} points lower in the later survey than in the earlier "
            "one, on a scale from {low} to {high}{interval}."
        ),
        ("unclear", False): wording.text(
            "{outcome}: no clear change for {people}; the average difference is {change} points on a scale from "
            "{low} to {high}{interval}.{adjusted}"
        ),
        ("higher", True): wording.text(
            "{outcome}, pooled over {sites} sites: on average {size} points higher in the later survey{interval}."
        ),
        ("lower", True): wording.text(
            "{outcome}, pooled over {sites} sites: on average {size} points lower in the later survey{interval}."
        ),
        ("unclear", True): wording.text(
            "{outcome}, pooled over {sites} sites: no clear change; the average is {change} points{interval}."
        ),
    }[(row["direction"], pooled)]
    return form.format(
        outcome=outcome,
        people=people,
        sites=None if pd.isna(row["n_sites"]) else int(row["n_sites"]),
        size=format_number(abs(row["estimate"])),
        change=format_number(row["estimate"], signed=True),
        low=f"{row['scale_low']:g}",
        high=f"{row['scale_high']:g}",
        interval=_interval(row, wording),
        adjusted=_adjusted(row, wording),
    )


def _interval(row: Mapping[Hashable, Any], wording: Wording) -> str:
    if pd.isna(row["conf_low"]):
        return wording.text(" (no interval: {why})").format(why=row["notes"].rstrip(".")) if row["notes"] else ""
    words = wording.text(" ({level}% interval {low} to {high})")
    return words.format(
        level=f"{100 * row['conf_level']:g}",
        low=format_limit(row["conf_low"], signed=True),
        high=format_limit(row["conf_high"], signed=True),
    )


def _adjusted(row: Mapping[Hashable, Any], wording: Wording) -> str:
    """Say why a change whose interval leaves out zero is called unclear."""
    if pd.isna(row["conf_low"]) or pd.isna(row["p_holm"]) or row["conf_low"] <= 0 <= row["conf_high"]:
        return ""
    words = wording.text(
        " The interval alone leaves out zero, but several outcomes were tested: adjusted for that (Holm), "
        "p is {p}, which is not below {limit}."
    )
    return words.format(p=format_p(row["p_holm"]), limit=f"{1 - row['conf_level']:.2g}")


def _item(row: Mapping[Hashable, Any], wording: Wording, plan: SuppressionPlan) -> str:
    small = not row["shown"] or pd.isna(row["estimate"])
    style, mark, word = _LOOK["too_few" if small else row["improvement"]]
    sentence = escape(finding_sentence(row, wording=wording, min_people=plan.min_people))
    caveats = []
    if not small and not row["planned"]:
        caveats.append(wording.text("Exploratory: not a primary outcome of the analysis plan."))
    if not small and not pd.isna(row["n_missing"]) and row["n_missing"] > 0:
        n = int(row["n_missing"])
        if plan.exact:
            words = wording.count_text("{n} linked person is left out.", "{n} linked people are left out.", n)
        else:
            words = wording.text("About {n} linked people are left out.")
        caveats.append(words.format(n=n))
    caveat = f'<p class="caveat">{escape(" ".join(caveats))}</p>' if caveats else ""
    return (
        f'<li class="finding {style}"><span class="mark" aria-hidden="true">{mark}</span>'
        f"<p><strong>{escape(wording.text(word))}.</strong> {sentence}</p>{caveat}</li>"
    )
