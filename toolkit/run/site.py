"""The index page of a study's folder of reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from toolkit.disclosure import SuppressionPlan, round_people
from toolkit.report.site import SiteEntry, render_index
from toolkit.run.parameters import NOTEBOOKS
from toolkit.study import Study

AUDIENCES = {
    "public": "Public: may be published",
    "partner": "For partners: not for publication",
    "internal": "Internal: not to be passed on",
}


def build_index(
    reports: Sequence[dict[str, Any]],
    *,
    this_run: int,
    study: Study,
    plan: SuppressionPlan,
    pages: Collection[str],
) -> str:
    """Return the page that lists the reports of a study, this run's first.

    Parameters
    ----------
    reports : sequence of dict
        Reports as the manifest lists them.
    this_run : int
        How many of them are of this run; the others are earlier ones that still stand.
    study : Study
        The study.
    plan : SuppressionPlan
        The release plan.
    pages : collection of str
        File names of the pages that stand beside the index.
    """
    facts = [
        ("People in both surveys", round_people(len(study.panel.people), plan=plan)),
        ("Smallest group shown", f"{plan.min_people} people"),
        ("To pass on", "the HTML pages only; notebooks, tables and manifest.json beside them are internal"),
    ]
    return render_index(
        title=study.settings.title,
        entries=[
            entry
            for position, report in enumerate(reports)
            for entry in _entries(report, earlier=position >= this_run, study=study, pages=pages)
        ],
        facts=facts,
        audience_label=AUDIENCES[plan.audience],
        language="en",
    )


def _entries(report: dict[str, Any], *, earlier: bool, study: Study, pages: Collection[str]) -> Iterator[SiteEntry]:
    entry = _entry(report, earlier=earlier, study=study)
    yield entry
    beside = what_if_page(report["page"])
    if report["status"] != "failed" and beside in pages:
        yield replace(entry, title=f"{entry.title}: what if?", question="What if a figure were another?", href=beside)


def _entry(report: dict[str, Any], *, earlier: bool, study: Study) -> SiteEntry:
    spec = next(spec for spec in NOTEBOOKS if spec.name == report["notebook"])
    group, _, value = report["scope"].partition("=")
    who = f": {study.wording.values.get((group, value), value)}" if value else ""
    failed = report["status"] == "failed"
    note = report["fault"].split("\n")[0]
    if group == study.site and not failed:
        note = f"For the {group} it is about, and for nobody else. {note}".strip()
    return SiteEntry(
        title=spec.title + who,
        question=spec.question,
        href=failure_page(report["page"]) if failed else report["page"],
        status="earlier" if earlier and not failed else report["status"],
        note=note,
    )


def what_if_page(page: str) -> str:
    """Return the name of the page beside a report on which readers try other figures.

    Examples
    --------
    >>> what_if_page("04_enterprise_roi.html")
    '04_enterprise_roi-what-if.html'
    """
    return page.removesuffix(".html") + "-what-if.html"


def failure_page(page: str) -> str:
    """Return the name of the page that says why a report could not be made.

    Examples
    --------
    >>> failure_page("00_data_quality.html")
    '00_data_quality.failed.html'
    """
    return page.removesuffix(".html") + ".failed.html"
