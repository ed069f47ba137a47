"""The frame of a report: its cover, the account of rows, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

import pandas as pd

from toolkit.core.errors import UsageError
from toolkit.core.glossary import GLOSSARY
from toolkit.core.provenance import Provenance
from toolkit.disclosure import Released, SuppressionPlan
from toolkit.report.parts import TABLE_MIME, ReportPart, csv_link, table_data
from toolkit.report.wording import Wording

_ACCOUNT_COLUMNS = ("reason", "wave", "n_in", "count", "n_out", "source_rows")
_ROWS_NAMED = 6
_NUMBER = ' class="number"'
_HOST_ONLY = "For the host it is about: not to be passed on to anybody else."
_AUDIENCES = {
    "public": "Public: may be published.",
    "partner": "For partners: not for publication.",
    "internal": "Internal: not to be passed on outside the evaluation team.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What stands at the top of a report.

    Parameters
    ----------
    title : str
        Title of the study.
    population : str
        Name of the people the report is about.
    grade_reason : str
        What the design allows one to say.
    frozen_on : date, optional
        Day the analysis plan was frozen, before later answers existed; None where it was not.
    deviations : tuple of (str, str)
        What was changed in it since, and why.
    notes : tuple of str
        What the evaluator should know of the files; shown in internal reports only.
    plan : SuppressionPlan
        Rule the report is released under.
    host_only : bool
        Whether the report is for the one host it is about, and for nobody else.
    """

    title: str
    population: str
    grade_reason: str
    frozen_on: date | None
    deviations: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    plan: SuppressionPlan
    host_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a report was computed from.

    Parameters
    ----------
    provenance : Provenance
        Hashes of the input files and versions of the instruments.
    parameters : mapping
        Parameters of the notebook.
    versions : mapping of str to str
        Package -> version.
    hashes : mapping of str to str
        What else was hashed (lock, package, release plan) -> SHA-256.
    money : tuple of str
        How amounts of money were restated, with the vintages of the reference tables.
    """

    provenance: Provenance
    parameters: Mapping[str, object]
    versions: Mapping[str, str]
    hashes: Mapping[str, str]
    money: tuple[str, ...] = ()


def show_cover(cover: Cover, *, wording: Wording) -> ReportPart:
    """Show what the report is about, for whom it is, and how far its evidence goes.

    Parameters
    ----------
    cover : Cover
        What there is to say.
    wording : Wording
        Labels and language.
    """
    plan = cover.plan
    facts = [
        (wording.text("Study"), cover.title),
        (wording.text("People"), wording.population(cover.population)),
        (wording.text("Readers"), wording.text(_HOST_ONLY if cover.host_only else _AUDIENCES[plan.audience])),
        (wording.text("Smallest group shown"), f"{plan.min_people} " + wording.text("people")),
        (wording.text("What the design allows"), wording.text(cover.grade_reason)),
        (wording.text("Analysis plan"), _plan_words(cover, wording)),
    ]
    notice = ""
    if not plan.planned:
        words = wording.text("Run without a release plan: the strictest rule holds and the page is internal.")
        notice = f'<p class="notice notice-internal">{escape(words)}</p>'
    listed = ""
    if plan.exact and cover.notes:
        listed = "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in cover.notes) + "</ul>"
    return ReportPart(f'<div class="cover">{notice}{_facts(facts)}{listed}</div>')


def _plan_words(cover: Cover, wording: Wording) -> str:
    if cover.frozen_on is None:
        words = wording.text("Written in study.yaml; it was not frozen before the later answers existed.")
    else:
        day = cover.frozen_on.isoformat()
        words = wording.text("Frozen on {day}, before the later answers existed.").format(day=day)
    if not cover.deviations:
        return words
    changes = "; ".join(f"{entry} ({reason})" for entry, reason in cover.deviations)
    return f"{words} " + wording.text("Changed since: {changes}.").format(changes=changes)


def show_account(released: Released, *, name: str, caption: str, wording: Wording) -> ReportPart:
    """Show what happened to every row between the files and the analysis.

    Parameters
    ----------
    released : Released
        A released ledger; one table row per line.
    name : str
        File name of the download, without ending.
    caption : str
        What the table shows.
    wording : Wording
        Labels and language.

    Raises
    ------
    UsageError
        What was released is not a ledger.
    """
    if released.kind != "account":
        raise UsageError("show_account takes a released ledger")
    frame = released.frame
    shown = frame[frame["shown"].fillna(False).astype(bool)]
    columns = [
        column
        for column in _ACCOUNT_COLUMNS
        if column == "count" or (shown[column].notna() & (shown[column] != "")).any()
    ]
    head = "".join(
        f'<th scope="col"{_NUMBER if GLOSSARY[column].kind == "integer" else ""}>'
        f"{escape(wording.text(GLOSSARY[column].label))}</th>"
        for column in columns
    )
    rows = []
    for line in shown.to_dict("records"):
        cells = [f'<th scope="row">{escape(wording.text(line["reason"]))}</th>']
        for column in columns[1:]:
            mark = _NUMBER if GLOSSARY[column].kind == "integer" else ""
            value = line["band"] if pd.isna(line[column]) else str(line[column])
            if column == "source_rows":
                value = _first_rows(value, wording)
            cells.append(f"<td{mark}>{escape(value) or '–'}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    html = (
        f'<div class="table-wrap" role="region" aria-labelledby="table-{name}" tabindex="0">'
        f'<table class="data"><caption id="table-{name}">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        + _small_steps(released, wording)
        + csv_link(frame, name=name, words=escape(wording.text("Download this table (CSV)")))
    )
    return ReportPart(html, TABLE_MIME, table_data(frame, name=name, caption=caption))


def _small_steps(released: Released, wording: Wording) -> str:
    """Name the steps that set aside too few rows to be counted, and say how the others are counted."""
    if released.plan.exact:
        return ""
    least = released.plan.min_people
    small = released.frame[~released.frame["shown"].fillna(False).astype(bool)]
    lines = [f'<p class="caveat">{escape(wording.text("Counts are rounded to tens."))}</p>']
    if not small.empty:
        words = wording.text("Fewer than {least} rows, perhaps none, were set aside for each of these reasons:")
        reasons = dict.fromkeys(
            wording.text(line["reason"]) + (f" ({wording.text(line['wave'])})" if line["wave"] else "")
            for line in small.to_dict("records")
        )
        items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
        lines.append(f'<p class="caveat">{escape(words.format(least=least))}</p><ul class="caveat">{items}</ul>')
    return "".join(lines)


def show_provenance(origin: Origin, *, wording: Wording) -> ReportPart:
    """Show what the page was computed from, so that it can be made again.

    Parameters
    ----------
    origin : Origin
        Hashes, parameters, seed and versions.
    wording : Wording
        Labels and language.
    """
    provenance = origin.provenance
    facts = [
        *((wording.text("Data") + f" {name}", digest) for name, digest in sorted(provenance.inputs.items())),
        *((wording.text("Form") + f" {name}", str(version)) for name, version in provenance.instruments.items()),
        *((wording.text(name), digest) for name, digest in origin.hashes.items()),
        *(
            (wording.text("Parameter") + f" {name}", str(value))
            for name, value in origin.parameters.items()
            if value is not None
        ),
        *((wording.text("Prices and rates"), words) for words in origin.money),
        (wording.text("Seed"), str(provenance.seed)),
        (
            wording.text("Versions"),
            ", ".join(f"{name} {version}" for name, version in origin.versions.items()),
        ),
    ]
    return ReportPart(f'<section class="provenance">{_facts(facts)}</section>')


def _first_rows(rows: str, wording: Wording) -> str:
    """Name the first rows; the download names them all."""
    named = rows.split("; ")
    if len(named) <= _ROWS_NAMED:
        return rows
    return wording.text("{first} and {n} more").format(first="; ".join(named[:_ROWS_NAMED]), n=len(named) - _ROWS_NAMED)


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    pairs = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in facts)
    return f'<dl class="facts">{pairs}</dl>'
