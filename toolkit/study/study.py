"""Study: what a notebook holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import InputError, Problem
from toolkit.core.nearest import nearest_name
from toolkit.disclosure import SuppressionPlan
from toolkit.evaluate import AnalysisPlan, Design
from toolkit.measure import Matching, Panel, Scores
from toolkit.report.cover import Cover, Origin
from toolkit.report.wording import Wording
from toolkit.roi import HostingModel
from toolkit.study.settings import STUDY_FILE, RoiSettings, StudySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study opened, checked, scored and linked, in one scope.

    Parameters
    ----------
    settings : StudySettings
        study.yaml as it was written.
    name : str
        Name of the study's folder.
    folder : Path
        Where it is.
    population : str
        Name of the people in scope.
    scores : Scores
        One row per valid answer.
    panel : Panel
        One row per person linked across the two waves.
    matching : Matching or None
        How people were found again where elements of the key are folded; None where it is compared as written.
    plan : AnalysisPlan
        Primary and secondary outcomes.
    design : Design
        What the design has, for grading.
    groups : tuple of str
        Items to report by; the site is among them in internal reports only.
    site : str
        Item that names the site, or "" where none is declared.
    hosting : HostingModel or None
        What the hosts in scope reported; None without a host cost form.
    hosting_parts : tuple of str
        Part of the programme each of them is reported in.
    release_plan : SuppressionPlan
        Who may see what.
    wording : Wording
        Labels in the language of the report.
    confidence : float
        Level of the intervals.
    cover : Cover
        What stands at the top of a report.
    origin : Origin
        Hashes, parameters, seed and versions.
    """

    settings: StudySettings
    name: str
    folder: Path
    population: str
    scores: Scores
    panel: Panel
    matching: Matching | None
    plan: AnalysisPlan
    design: Design
    groups: tuple[str, ...]
    site: str
    hosting: HostingModel | None
    hosting_parts: tuple[str, ...]
    release_plan: SuppressionPlan
    wording: Wording
    confidence: float
    cover: Cover
    origin: Origin

    @property
    def roi(self) -> RoiSettings:
        """Return the conventions for money, as the study sets them."""
        return self.settings.roi or RoiSettings(currency="EUR", price_year=2023)


def find_study(study: str | Path, *, start: Path) -> Path:
    """Return the path of a study.yaml.

    Parameters
    ----------
    study : str or Path
        The study's folder or its study.yaml. A relative path is looked for from `start`, then upward to the
        folder that holds a pyproject.toml; where there is none, in the folder above `start` only.
    start : Path
        Working folder.

    Raises
    ------
    InputError
        There is no such file; names a similar one if there is.
    """
    given = Path(study)
    bases = [start] if given.is_absolute() else _upward(start.resolve())
    for base in bases:
        candidate = base / given
        for path in (candidate, candidate / STUDY_FILE):
            if _is_file(path):
                return path.resolve()
    near = _similar(start / given)
    raise InputError(
        Problem(
            what="there is no study here",
            file=given.name if given.is_absolute() else str(study),
            allowed="a folder with a study.yaml, or the study.yaml itself",
            mend=f"did you mean {near}?" if near else "correct the path; sivsen new DIR makes a new study",
        )
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for the file system, or a folder that may not be entered
        return False


def _similar(path: Path) -> str | None:
    """Return a name like the one looked for: in the folder itself, or else beside it."""
    try:
        inside = path.is_dir()
        names = [entry.name for entry in (path if inside else path.parent).iterdir()]
    except OSError:
        return None
    return nearest_name(STUDY_FILE if inside else path.name, names)


def _upward(start: Path) -> list[Path]:
    bases = []
    for base in (start, *start.parents):
        bases.append(base)
        if (base / "pyproject.toml").is_file():
            return bases
    return bases[:2]
