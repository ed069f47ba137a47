"""The page that lists a run's reports, and the page that stands in for a report that could not be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.core.errors import Problem, ReportError, UsageError
from toolkit.report.language import translator
from toolkit.report.rendering import render_page

Status = Literal["made", "failed", "kept", "earlier"]

# A shape beside each word, so that a status never rests on colour alone.
STATUS_MARKS: dict[Status, str] = {"made": "●", "failed": "✕", "kept": "◆", "earlier": "◇"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEntry:
    """One report in the list.

    Parameters
    ----------
    title : str
        Title of the report.
    question : str
        The question it answers, or "".
    href : str
        Address of its page from the list's own folder, or "" where there is none.
    status : {"made", "failed", "kept", "earlier"}
        `made` in this run; `failed`, and there is no report; `kept`: this run failed and the earlier report
        is still shown; `earlier`: this run did not make it, and an earlier one did.
    note : str
        One sentence more, or "".
    """

    title: str
    question: str
    href: str
    status: Status
    note: str

    def __post_init__(self) -> None:
        if self.status not in STATUS_MARKS:
            raise UsageError(Problem(what="the status is unknown", column="status", allowed=", ".join(STATUS_MARKS)))


def render_index(
    *,
    title: str,
    entries: Sequence[SiteEntry],
    facts: Sequence[tuple[str, str]],
    audience_label: str,
    language: str,
) -> str:
    """Return the page that lists the reports of a run.

    Parameters
    ----------
    title : str
        Title of the study.
    entries : sequence of SiteEntry
        The reports, in the order in which they are read.
    facts : sequence of (str, str)
        Name and value of what the reader should know first, such as the cohort.
    audience_label : str
        Who these reports may be shown to, in words.
    language : str
        Language tag such as `en` or `sv`.

    Returns
    -------
    str
        One self-contained HTML page. All values are text and are escaped.

    Raises
    ------
    ReportError
        If the finished page fails a check of `finish_page`.
    UsageError
        If the language tag has an unknown form.

    Examples
    --------
    >>> entry = SiteEntry(title="Participants", question="What changed?", href="01.html",
    ...                   status="made", note="")
    >>> page = render_index(title="Placements 2026", entries=[entry], facts=[("Cohort", "2026")],
    ...                     audience_label="Partners", language="en")
    >>> '<a href="01.html">Participants</a>' in page
    True
    """
    words = translator(language)
    _ = words.gettext
    shown = sum(entry.status != "failed" for entry in entries)
    missing = len(entries) - shown
    sentences = [words.ngettext("{n} report.", "{n} reports.", shown).format(n=shown)]
    if missing:
        sentences.append(words.ngettext("{n} could not be made.", "{n} could not be made.", missing).format(n=missing))
    status_words: dict[Status, str] = {
        "made": _("Made in this run"),
        "failed": _("Could not be made"),
        "kept": _("Earlier report kept: this run's failed"),
        "earlier": _("Made in an earlier run"),
    }
    return render_page(
        "list.html.j2",
        language=language,
        title=title,
        values={
            "entries": entries,
            "facts": facts,
            "audience_label": audience_label,
            "summary": " ".join(sentences),
            "words": status_words,
            "marks": STATUS_MARKS,
        },
    )


def render_failure(*, title: str, cell: int | None, message: str, mend: str, language: str) -> str:
    """Return the short page that stands where a report could not be made.

    Parameters
    ----------
    title : str
        Title of the report.
    cell : int or None
        Number of the notebook's cell that failed, counted from 1, or None where it is not known.
    message : str
        What went wrong, in a sentence a reader understands. Line breaks are kept.
    mend : str
        What to do about it, or "".
    language : str
        Language tag such as `en` or `sv`.

    Returns
    -------
    str
        One self-contained HTML page. All values are text and are escaped.

    Raises
    ------
    ReportError
        If `message` holds a traceback, or the finished page fails a check of `finish_page`.
    UsageError
        If the language tag has an unknown form.

    Examples
    --------
    >>> page = render_failure(title="Hosts", cell=4, message="No host answered.", mend="Check the export.",
    ...                       language="en")
    >>> "It stopped at cell 4 of the notebook." in page
    True
    """
    if "Traceback (most recent call last)" in message + mend:
        raise ReportError(Problem(what="the message holds a traceback", mend="pass one sentence"))
    _ = translator(language).gettext
    notice = _("This report could not be made.")
    if cell is not None:
        notice += " " + _("It stopped at cell {n} of the notebook.").format(n=cell)
    return render_page(
        "failure.html.j2",
        language=language,
        title=title,
        values={"notice": notice, "message": message, "mend": mend},
    )
