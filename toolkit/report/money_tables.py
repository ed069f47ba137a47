"""show_money_table: costs, benefits and returns as one accessible table with its figures to download."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from toolkit.core.errors import UsageError
from toolkit.core.glossary import GLOSSARY
from toolkit.disclosure import Released
from toolkit.report.money_words import FIGURE_LABELS, VIEW_LABELS, figure_text, number_text, part_label
from toolkit.report.parts import TABLE_MIME, ReportPart, csv_link, table_data
from toolkit.report.wording import Wording

_PAIRS = {"range": ("p10", "p90"), "interval": ("conf_low", "conf_high")}
_PAIR_LABELS = {"range": "In 8 of 10 draws", "interval": "Interval over hosts"}


def show_money_table(
    released: Released, *, name: str, caption: str, columns: Sequence[str], wording: Wording
) -> ReportPart:
    """Show released figures of money as a table.

    Parameters
    ----------
    released : Released
        Figures of money; those that may not be shown are named in a sentence beneath.
    name : str
        File name of the download, without ending.
    caption : str
        What the table shows; currency and price year are added.
    columns : sequence of str
        Columns of the glossary, the row's own heading first; ``range`` and ``interval`` stand for two limits.
    wording : Wording
        Labels and language.

    Raises
    ------
    UsageError
        What was released are no figures of money.
    """
    if released.kind != "money":
        raise UsageError("show_money_table takes released figures of money")
    frame = released.frame
    shown = frame[frame["shown"].fillna(False).astype(bool)]
    units = [unit for unit in dict.fromkeys(shown["unit"]) if unit[:3].isupper()]
    caption = f"{caption} ({wording.text('amounts in')} {units[0]})" if units else caption
    columns = [column for column in columns if column == columns[0] or _has_content(shown, column)]
    head = "".join(f'<th scope="col"{_mark(column)}>{escape(_heading(column, wording))}</th>' for column in columns)
    body = "".join(_row(record, columns, wording) for record in shown.to_dict("records"))
    if shown.empty:
        words = escape(wording.text("Too few hosts to show."))
        body = f'<tr><td colspan="{len(columns)}">{words}</td></tr>'
    html = (
        f'<div class="table-wrap" role="region" aria-labelledby="table-{name}" tabindex="0">'
        f'<table class="data"><caption id="table-{name}">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        + _withheld(frame, wording)
        + csv_link(frame, name=name, words=escape(wording.text("Download this table (CSV)")))
    )
    return ReportPart(html, TABLE_MIME, table_data(frame, name=name, caption=caption))


def _has_content(shown: pd.DataFrame, column: str) -> bool:
    return any((shown[name].notna() & (shown[name] != "")).any() for name in _PAIRS.get(column, (column,)))


def _heading(column: str, wording: Wording) -> str:
    return wording.text(_PAIR_LABELS[column] if column in _PAIRS else GLOSSARY[column].label)


def _mark(column: str) -> str:
    return ' class="number"' if column in _PAIRS or GLOSSARY[column].kind in ("number", "integer") else ""


def _row(record: Mapping[Hashable, Any], columns: Sequence[str], wording: Wording) -> str:
    cells = [f'<th scope="row">{escape(_cell(record, columns[0], wording))}</th>']
    cells += [f"<td{_mark(column)}>{escape(_cell(record, column, wording))}</td>" for column in columns[1:]]
    return f"<tr>{''.join(cells)}</tr>"


def _cell(record: Mapping[Hashable, Any], column: str, wording: Wording) -> str:
    unit, language = str(record["unit"]), wording.language
    if column in _PAIRS:
        low, high = (record[limit] for limit in _PAIRS[column])
        if pd.isna(low) or pd.isna(high):
            return "–"
        to = wording.text("to")
        return f"{figure_text(low, unit, language=language)} {to} {figure_text(high, unit, language=language)}"
    value = record[column]
    if pd.isna(value) or value == "":
        return "–"
    if column in ("estimate", "p10", "p50", "p90"):
        return figure_text(value, unit, language=language)
    if column == "variance_share":
        return figure_text(value, "share", language=language)
    if column == "break_even":
        return "× " + number_text(value, language=language)
    if column == "estimator":
        return wording.text(FIGURE_LABELS.get(value, value))
    if column == "component":
        return part_label(value, wording)
    if column == "view":
        return wording.text(VIEW_LABELS.get(value, value))
    if column == "population":
        return wording.hosts(value)
    return f"{value:d}" if GLOSSARY[column].kind == "integer" else wording.text(str(value))


def _withheld(frame: pd.DataFrame, wording: Wording) -> str:
    hidden = frame[~frame["shown"].fillna(False).astype(bool)]
    if hidden.empty:
        return ""
    names = dict.fromkeys(
        part_label(record["component"], wording) if record["component"] else wording.hosts(record["population"])
        for record in hidden.to_dict("records")
    )
    words = wording.text("Not shown, as a host's own figure could be worked out ({why}): {what}.")
    return f'<p class="caveat">{escape(words.format(why=hidden["band"].iloc[0], what=", ".join(names)))}</p>'
