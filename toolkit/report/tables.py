"""show_table: one accessible table with its figures to download."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from toolkit.core.glossary import GLOSSARY
from toolkit.disclosure import Released
from toolkit.report.parts import TABLE_MIME, ReportPart, csv_link, table_data
from toolkit.report.wording import Wording, format_limit, format_number, format_p

INTERVAL = "interval"
PREDICTION = "prediction_interval"
_PAIRS = {INTERVAL: ("conf_low", "conf_high"), PREDICTION: ("pi_low", "pi_high")}
_SIGNED = frozenset({"mean_change", "pooled_change", "d_z", "g_z", "d_av", "g_av", "d_rm", "g_rm", "d_pre", "g_pre"})
_BANDED = ("n", "n_missing")
_MAX_NAMED = 6


def show_table(
    released: Released,
    *,
    name: str,
    caption: str,
    columns: Sequence[str],
    wording: Wording,
    estimators: Sequence[str] = (),
) -> ReportPart:
    """Show released figures as a table.

    Parameters
    ----------
    released : Released
        One table row per row that may be shown; the others are named in a sentence beneath.
    name : str
        File name of the download, without ending; letters, digits and hyphens.
    caption : str
        What the table shows.
    columns : sequence of str
        Columns of the glossary, the row's own heading first; ``interval`` and ``prediction_interval`` stand
        for the two limits together, and ``notes`` are printed beneath.
    wording : Wording
        Labels and language.
    estimators : sequence of str
        Estimators whose rows are printed; all when empty. The download holds every row.

    Returns
    -------
    ReportPart
        The table, the CSV of every released column at full precision, and the same as JSON.
    """
    frame = released.frame
    shown = frame[frame["shown"].fillna(False).astype(bool)]
    if estimators:
        shown = shown[shown["estimator"].isin(list(estimators))]
    beneath = _notes(shown, wording) if "notes" in columns else ""
    columns = [column for column in columns if column != "notes"]
    columns = [column for column in columns if column == columns[0] or _has_content(shown, column)]
    head = "".join(
        f'<th scope="col"{_mark(column)}>{escape(_heading(column, shown, wording))}</th>' for column in columns
    )
    body = "".join(_row(record, columns, wording) for record in shown.to_dict("records"))
    if shown.empty:
        body = f'<tr><td colspan="{len(columns)}">{escape(wording.text("Too few people to show."))}</td></tr>'
    html = (
        f'<div class="table-wrap" role="region" aria-labelledby="table-{name}" tabindex="0">'
        f'<table class="data"><caption id="table-{name}">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        + beneath
        + _rounding(released, columns, wording)
        + _too_few(released, wording)
        + csv_link(frame, name=name, words=escape(wording.text("Download this table (CSV)")))
    )
    return ReportPart(html, TABLE_MIME, table_data(frame, name=name, caption=caption))


def _cell_text(record: Mapping[Hashable, Any], column: str, wording: Wording) -> str:
    """Return one cell as readers see it."""
    if column in _PAIRS:
        low, high = (record[limit] for limit in _PAIRS[column])
        if pd.isna(low) or pd.isna(high):
            return "–"
        signed = record["estimator"] in _SIGNED
        to = wording.text("to")
        return f"{format_limit(low, signed=signed)} {to} {format_limit(high, signed=signed)}"
    value = record[column]
    if pd.isna(value):
        return record["band"] or "–" if column in _BANDED else "–"
    if column == "outcome":
        return wording.outcome(value)
    if column == "population":
        return wording.population(value)
    if column == "estimator":
        return wording.estimator(value)
    if column in ("p_value", "p_holm"):
        return format_p(value)
    if column == "estimate" and record["unit"] == "share":
        return f"{100 * value:.0f}%"
    if column == "estimate":
        return format_number(value, signed=record["estimator"] in _SIGNED)
    kind = GLOSSARY[column].kind
    if kind == "number":
        return format_number(value, digits={"i2": 0, "df": 0, "tau2": 4}.get(column, 2))
    return f"{value:d}" if kind == "integer" else wording.text(str(value)) if value else "–"


def _has_content(shown: pd.DataFrame, column: str) -> bool:
    if column in _BANDED and (shown["band"] != "").any():
        return True
    return any((shown[name].notna() & (shown[name] != "")).any() for name in _PAIRS.get(column, (column,)))


def _heading(column: str, shown: pd.DataFrame, wording: Wording) -> str:
    if column == PREDICTION:
        return wording.text("A further site")
    if column == INTERVAL:
        levels = shown["conf_level"].dropna().unique()
        level = f"{100 * levels[0]:g}% " if len(levels) == 1 else ""
        return level + wording.text("interval")
    return wording.text(GLOSSARY[column].label)


def _mark(column: str) -> str:
    number = column in _PAIRS or GLOSSARY[column].kind in ("number", "integer")
    return ' class="number"' if number else ""


def _row(record: Mapping[Hashable, Any], columns: Sequence[str], wording: Wording) -> str:
    cells = [f'<th scope="row">{escape(_cell_text(record, columns[0], wording))}</th>']
    for column in columns[1:]:
        cells.append(f"<td{_mark(column)}>{escape(_cell_text(record, column, wording))}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _notes(shown: pd.DataFrame, wording: Wording) -> str:
    """Print each note once, before it the outcomes it belongs to."""
    noted = shown[shown["notes"].fillna("") != ""]
    lines = []
    for note, rows in noted.groupby("notes", sort=False):
        outcomes = ", ".join(wording.outcome(name) for name in dict.fromkeys(rows["outcome"]))
        lines.append(f'<p class="caveat">{escape(outcomes)}: {escape(wording.text(str(note)))}</p>')
    return "".join(lines)


def _rounding(released: Released, columns: Sequence[str], wording: Wording) -> str:
    if released.plan.exact or "n_missing" not in columns:
        return ""
    shares = (released.frame["estimator"] == "share_scored").any()
    words = (
        "Counts are rounded to tens, shares to whole per cent." if shares else "People left out are rounded to tens."
    )
    return f'<p class="caveat">{escape(wording.text(words))}</p>'


def _too_few(released: Released, wording: Wording) -> str:
    frame = released.frame
    if "population" not in frame:
        return ""
    hidden = frame[~frame["shown"].fillna(False).astype(bool)]
    names = [wording.population(name) for name in dict.fromkeys(hidden["population"])]
    if not names:
        return ""
    least = released.plan.min_people
    who = ", ".join(names) if len(names) <= _MAX_NAMED else f"{len(names)} " + wording.text("groups")
    words = wording.text(
        "Not shown, because fewer than {least} people are behind the figure or could be worked out from it: {who}."
    )
    return f'<p class="caveat">{escape(words.format(least=least, who=who))}</p>'
