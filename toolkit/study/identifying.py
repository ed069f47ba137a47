"""Identifying: the link settings of a study turned into people found again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolkit.core.errors import InputError, Problem, StorageError
from toolkit.measure import (
    ElementKind,
    Matching,
    MatchRule,
    ReviewRow,
    Scores,
    match_people,
    read_review,
    write_review,
)
from toolkit.study.link_key import open_link_key
from toolkit.study.settings import STUDY_FILE, LinkSettings, StudySettings

REVIEW_FILE = "link_review.csv"


def element_kinds(link: LinkSettings) -> dict[str, ElementKind]:
    """Return what each element of the key holds; empty where the key is compared as written."""
    return {name: link.elements.get(name, "text") for name in link.key} if link.elements else {}


def match_study(
    settings: StudySettings, scores: Scores, *, folder: Path, waves: tuple[str, ...], known_rows: Sequence[str]
) -> Matching | None:
    """Find the same people in the waves of a study; None where the key is compared as written.

    Parameters
    ----------
    settings : StudySettings
        The study.
    scores : Scores
        One row per answer with a usable key.
    folder : Path
        Folder of the study, where the review file is.
    waves : tuple of str
        Waves of the study, in order of time.
    known_rows : sequence of str
        "file:row" of every answer that was read, also of those out of scope or set aside since.

    Raises
    ------
    InputError
        The review file was edited wrongly.
    StorageError
        The linking key or the review file cannot be read.
    """
    elements = element_kinds(settings.link)
    if not elements:
        return None
    rule = MatchRule(
        elements=elements,
        secret=open_link_key(folder),
        tolerance=settings.link.tolerance,
        within=tuple(settings.link.within or _country(settings)),
        verdicts=_verdicts(folder, settings.link.review, known_rows),
    )
    return match_people(scores.people, waves=waves, rule=rule)


def review_path(settings: StudySettings, folder: Path) -> Path:
    """Return where the review file of a study is, written or not."""
    return folder / (settings.link.review or REVIEW_FILE)


def save_review(matching: Matching, path: Path) -> int:
    """Write the pairs that a person has to decide, keeping what was decided before; return how many are open.

    Parameters
    ----------
    matching : Matching
        What was found.
    path : Path
        Where the file goes. Nothing is written where there is nothing to decide.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    if not matching.review:
        return 0
    text = write_review(matching.review)
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            temporary = path.with_name(f".{path.name}.part")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
    except OSError as error:
        raise StorageError(f"{path.name} cannot be written: {error.strerror}") from error
    return sum(not row.verdict for row in matching.review)


def _country(settings: StudySettings) -> list[str]:
    return [item for name, item in settings.groups.items() if name in ("country", "cohort")]


def _verdicts(folder: Path, declared: str, known_rows: Sequence[str]) -> tuple[ReviewRow, ...]:
    path = folder / (declared or REVIEW_FILE)
    if not path.is_file():
        if declared:
            # A file that is yet to be written is named in advance; any other name would be a slip.
            if Path(declared).suffix.lower() == ".csv" and path.parent.is_dir():
                return ()
            raise InputError(
                Problem(
                    what="the review file cannot be there",
                    file=STUDY_FILE,
                    column="link.review",
                    allowed="a file name that ends in .csv",
                    mend="correct the name",
                )
            )
        return ()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path.name} cannot be read as UTF-8 text") from error
    return read_review(text, name=path.name, known_rows=known_rows)
