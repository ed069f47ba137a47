"""freeze_plan: the analysis plan, fixed with its hash and date before the later answers exist."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from toolkit.core.errors import InputError, Problem, StorageError
from toolkit.core.provenance import hash_bytes
from toolkit.evaluate import AnalysisPlan
from toolkit.study.declaring import declare_exports
from toolkit.study.settings import STUDY_FILE, StudySettings, read_settings

PLAN_FILE = "plan.json"
_FORMAT = 1
_UNDER_PLAN = ("outcomes", "scoring", "link", "consent_to_take_part")
"""Entries of study.yaml that decide what is analysed, of whom, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenPlan:
    """An analysis plan as it stood on a day.

    Parameters
    ----------
    day : date
        When it was frozen.
    later_answers : bool
        Whether exports of a later wave were there already: then nothing counts as planned.
    content : mapping of str to object
        Entry of study.yaml, with dots between its parts -> value.
    sha256 : str
        Hash of the day, of whether later answers existed, and of the content.
    """

    day: date
    later_answers: bool
    content: Mapping[str, Any]
    sha256: str


def freeze_plan(settings: StudySettings, *, folder: Path, today: date, waves: tuple[str, ...]) -> FrozenPlan:
    """Write the analysis plan of a study to ``plan.json`` beside its study.yaml.

    Parameters
    ----------
    settings : StudySettings
        study.yaml.
    folder : Path
        Folder of study.yaml.
    today : date
        Day that the plan is dated.
    waves : tuple of str
        Waves of the form, in order; all but the first are later ones.

    Returns
    -------
    FrozenPlan
        What was written.

    Raises
    ------
    InputError
        A plan that says something else is frozen already.
    StorageError
        The file cannot be written.
    """
    content = _content_of(settings)
    frozen = read_frozen_plan(folder)
    if frozen is not None:
        if dict(frozen.content) != content:
            raise InputError(
                Problem(
                    what=f"a plan was frozen on {frozen.day.isoformat()}, and study.yaml now says something else",
                    file=PLAN_FILE,
                    column=", ".join(_changed(frozen.content, content)),
                    mend="write the old values again, or declare each change under deviations in study.yaml",
                )
            )
        return frozen
    later = _has_later_answers(settings, folder, waves)
    sealed = {"day": today.isoformat(), "later_answers": later, "content": content}
    digest = _digest(sealed)
    _write_whole(folder / PLAN_FILE, json.dumps({"format": _FORMAT, **sealed, "sha256": digest}, indent=1) + "\n")
    return FrozenPlan(day=today, later_answers=later, content=MappingProxyType(content), sha256=digest)


def read_frozen_plan(folder: Path) -> FrozenPlan | None:
    """Return the plan that was frozen beside a study.yaml, or None where there is none.

    Raises
    ------
    InputError
        The file is not what `freeze_plan` wrote: it was edited or damaged.
    StorageError
        The file may not be read.
    """
    path = folder / PLAN_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{PLAN_FILE} cannot be read") from error
    frozen = _read_seal(text)
    if frozen is None:
        raise InputError(
            Problem(
                what="the frozen plan was changed after it was frozen",
                file=PLAN_FILE,
                mend="put back the file as sivsen plan wrote it; changes are declared under deviations in study.yaml",
            )
        )
    return frozen


def _read_seal(text: str) -> FrozenPlan | None:
    """Return what was frozen, or None where the text is not what its hash was made of."""
    try:
        written = json.loads(text)
        sealed = {name: written[name] for name in ("day", "later_answers", "content")}
        if written["format"] != _FORMAT or written["sha256"] != _digest(sealed):
            return None
        return FrozenPlan(
            day=date.fromisoformat(sealed["day"]),
            later_answers=bool(sealed["later_answers"]),
            content=MappingProxyType(dict(sealed["content"])),
            sha256=written["sha256"],
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def check_deviations(settings: StudySettings, frozen: FrozenPlan) -> tuple[tuple[str, str], ...]:
    """Return what differs from a frozen plan, with the reason that study.yaml declares for each.

    Parameters
    ----------
    settings : StudySettings
        study.yaml as it is now.
    frozen : FrozenPlan
        The plan.

    Returns
    -------
    tuple of (str, str)
        Entry and reason, sorted by entry.

    Raises
    ------
    InputError
        An entry differs and no reason is declared, or a reason is declared for what does not differ.
    """
    declared = {deviation.entry: deviation.reason for deviation in settings.deviations}
    changed = _changed(frozen.content, _content_of(settings))
    problems = [
        Problem(
            what=f"this differs from the plan frozen on {frozen.day.isoformat()}",
            file=STUDY_FILE,
            row=settings.line(*entry.split(".")),
            column=entry,
            mend="write the old value again, or add the entry with its reason under deviations",
        )
        for entry in changed
        if entry not in declared
    ]
    problems += [
        Problem(
            what="this does not differ from the frozen plan",
            file=STUDY_FILE,
            row=settings.line("deviations", position),
            column=f"deviations: {deviation.entry}",
            allowed=", ".join(changed) or "nothing differs",
            mend="take the entry out",
        )
        for position, deviation in enumerate(settings.deviations)
        if deviation.entry not in changed
    ]
    if problems:
        raise InputError(problems)
    return tuple((entry, declared[entry]) for entry in changed)


def analysis_plan(settings: StudySettings, frozen: FrozenPlan | None) -> AnalysisPlan:
    """Return the analysis plan of a study, with what is known of its freezing.

    Parameters
    ----------
    settings : StudySettings
        study.yaml as it is now.
    frozen : FrozenPlan or None
        The plan that was frozen.

    Raises
    ------
    InputError
        As `check_deviations`; or deviations are declared and nothing was frozen.
    """
    if frozen is None and settings.deviations:
        raise InputError(
            Problem(
                what="deviations are declared, and no plan was frozen",
                file=STUDY_FILE,
                row=settings.line("deviations"),
                column="deviations",
                mend="take them out; sivsen plan freezes the plan before later answers exist",
            )
        )
    outcomes = settings.outcomes
    return AnalysisPlan(
        primary=tuple(outcomes.primary),
        secondary=tuple(outcomes.secondary),
        families=tuple(tuple(family) for family in outcomes.families.values()),
        important=MappingProxyType(dict(outcomes.important)),
        margins=MappingProxyType(dict(outcomes.margins)),
        frozen_on=frozen.day if frozen and not frozen.later_answers else None,
        deviations=check_deviations(settings, frozen) if frozen else (),
    )


def freeze_study(study: Path, *, today: date) -> FrozenPlan:
    """Check a study.yaml with its forms, and freeze its analysis plan; exports need not exist yet.

    Parameters
    ----------
    study : Path
        The study.yaml.
    today : date
        Day that the plan is dated.

    Raises
    ------
    InputError
        study.yaml or a form is wrong, or another plan is frozen already.
    """
    settings = read_settings(study)
    (instrument, _), _ = declare_exports(settings, study.parent)
    return freeze_plan(settings, folder=study.parent, today=today, waves=instrument.waves)


def _content_of(settings: StudySettings) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for name, value in settings.model_dump(mode="json", include=set(_UNDER_PLAN)).items():
        if isinstance(value, dict):
            content |= {f"{name}.{part}": inner for part, inner in value.items()}
        else:
            content[name] = value
    return dict(sorted(content.items()))


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    missing = object()
    return sorted(name for name in {*before, *after} if before.get(name, missing) != after.get(name, missing))


def _has_later_answers(settings: StudySettings, folder: Path, waves: tuple[str, ...]) -> bool:
    later = set(waves[1:])
    return any(
        (folder / export.path).exists() for export in settings.exports if later & set(export.waves or {export.wave: ""})
    )


def _digest(sealed: Mapping[str, Any]) -> str:
    return hash_bytes(json.dumps(sealed, sort_keys=True, ensure_ascii=False).encode())


def _write_whole(path: Path, text: str) -> None:
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=".sivsen-", suffix=".part", delete=False
        ) as file:
            file.write(text)
        os.replace(file.name, path)
    except OSError as error:
        raise StorageError(f"{path.name} cannot be written: {error.strerror}") from error
