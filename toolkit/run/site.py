"""The index page of a study's folder of reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolkit.disclosure import SuppressionPlan, round_people
from toolkit.report.site import SiteEntry, render_index
from toolkit.report.wording import Wording
from toolkit.run.parameters import NOTEBOOKS
from toolkit.study import Study

AUDIENCES = {
    "public": "Public: may be published",
    "partner": "For partners: not for publication",
    "internal": "Internal: not to be passed on",
}


def build_index(reports: Sequence[dict[str, Any]], *, this_run: int, study: Study, plan: SuppressionPlan) -> str:
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
    """
    facts = [
        ("People in both surveys", round_people(len(study.panel.people), plan=plan)),
        ("Smallest group shown", f"{plan.min_people} people"),
        ("To pass on", "the HTML pages only; notebooks, tables and manifest.json beside them are internal"),
    ]
    return render_index(
        title=study.settings.title,
        entries=[
            _entry(report, earlier=position >= this_run, wording=study.wording)
            for position, report in enumerate(reports)
        ],
        facts=facts,
        audience_label=AUDIENCES[plan.audience],
        language="en",
    )


def _entry(report: dict[str, Any], *, earlier: bool, wording: Wording) -> SiteEntry:
    spec = next(spec for spec in NOTEBOOKS if spec.name == report["notebook"])
    group, _, value = report["scope"].partition("=")
    who = f": {wording.values.get((group, value), value)}" if value else ""
    failed = report["status"] == "failed"
    return SiteEntry(
        title=spec.title + who,
        question=spec.question,
        href=failure_page(report["page"]) if failed else report["page"],
        status="earlier" if earlier and not failed else report["status"],
        note=report["fault"].split("\n")[0],
    )


def failure_page(page: str) -> str:
    """Return the name of the page that says why a report could not be made.

    Examples
    --------
    >>> failure_page("00_data_quality.html")
    '00_data_quality.failed.html'
    """
    return page.removesuffix(".html") + ".failed.html"
