"""What became of a run and of each of its reports."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from toolkit.run.parameters import NotebookSpec
from toolkit.run.status import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportResult:
    """What became of one report.

    Parameters
    ----------
    spec : NotebookSpec
        The notebook.
    page : str
        File name of its page in the output folder.
    judgement : Judgement
        Success or why not.
    kept : bool
        Whether an earlier report is still shown, this run having failed.
    """

    spec: NotebookSpec
    page: str
    judgement: Judgement
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What became of a run.

    Parameters
    ----------
    output : Path
        Folder of the reports.
    index : Path
        The index page.
    reports : tuple of ReportResult
        One per notebook, in order.
    """

    output: Path
    index: Path
    reports: tuple[ReportResult, ...]

    @property
    def exit_code(self) -> int:
        """Return 0, or the highest code of the reports that failed."""
        return max((report.judgement.exit_code for report in self.reports), default=0)


def report_stem(spec: NotebookSpec, scope: str) -> str:
    """Return the name of a report's files, without ending: one for each notebook and scope.

    A scope whose letters cannot stand in a file name gets a short hash, so that two scopes never share one.

    Parameters
    ----------
    spec : NotebookSpec
        The notebook.
    scope : str
        programme, or group=value.

    Examples
    --------
    >>> from toolkit.run.parameters import NOTEBOOKS
    >>> report_stem(NOTEBOOKS[1], "programme"), report_stem(NOTEBOOKS[1], "country=it")
    ('01_participant_outcomes', '01_participant_outcomes--country-it')
    """
    if scope == "programme":
        return spec.name
    slug = re.sub(r"[^a-z0-9]+", "-", scope.lower()).strip("-")[:60]
    exact = re.fullmatch(r"[a-z0-9]+=[a-z0-9]+", scope)
    mark = "" if exact else "-" + hashlib.sha256(scope.encode()).hexdigest()[:6]
    return f"{spec.name}--{slug}{mark}"
