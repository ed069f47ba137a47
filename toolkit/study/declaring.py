"""declare_exports: what study.yaml names, as forms and as files to read."""

from __future__ import annotations

from pathlib import Path

from toolkit.core.errors import InputError, ProblemLog, ToolkitError
from toolkit.core.nearest import nearest_name
from toolkit.ingest import (
    ExportDeclaration,
)
from toolkit.instruments import Instrument, load_instrument
from toolkit.study.checking import check_settings
from toolkit.study.settings import (
    STUDY_FILE,
    ExportSettings,
    StudySettings,
    nearest_instrument,
)


def declare_exports(
    settings: StudySettings, folder: Path
) -> tuple[tuple[Instrument, list[ExportDeclaration]], tuple[Instrument | None, list[ExportDeclaration]]]:
    """Read the forms of a study and declare its export files.

    Parameters
    ----------
    settings : StudySettings
        study.yaml.
    folder : Path
        Its folder, from which paths are seen.

    Returns
    -------
    answers : tuple of Instrument and list of ExportDeclaration
        The form whose answers are linked, and its files.
    costs : tuple of (Instrument or None) and list of ExportDeclaration
        The form of host costs and its files; None and no files where the study has none.

    Raises
    ------
    InputError
        Everything in study.yaml and the forms that is wrong, at once.
    """
    log = ProblemLog()
    used = [export.instrument for export in settings.exports]
    asked = [export for export in settings.exports if export.instrument != settings.cost_form]
    for position, name in enumerate(used):
        if name not in settings.instruments:
            log.add(
                f"the instrument {name} is unknown",
                file=STUDY_FILE,
                row=settings.line("exports", position, "instrument"),
                column="exports.instrument",
                allowed=", ".join(settings.instruments),
                mend=nearest_instrument(name, settings.instruments),
            )
    if len((set(used) - {settings.cost_form}) & set(settings.instruments)) > 1:
        log.add(
            "exports answer several instruments",
            file=STUDY_FILE,
            row=settings.line("exports"),
            column="exports.instrument",
            allowed="one instrument in a study",
            mend="make a study for each instrument",
        )
    for position, export in enumerate(settings.exports):
        same = [other for other in settings.exports[:position] if other.path == export.path]
        if any(other.wave == export.wave or other.columns == export.columns for other in same):
            log.add(
                f"{export.path} is listed twice for the same columns",
                file=STUDY_FILE,
                row=settings.line("exports", position, "path"),
                column="exports.path",
                allowed="each file once, or once a wave with other columns",
                mend="correct one of the paths",
            )
    instruments = {name: _load(name, settings, folder, log) for name in settings.instruments}
    if not asked:
        log.add("there is no export but of host costs", file=STUDY_FILE, column="exports", mend="add the participants'")
        log.raise_as(InputError)
    instrument = instruments.get(asked[0].instrument)
    if instrument is not None and not log.problems:
        check_settings(settings, instrument, log=log)
    log.raise_as(InputError)
    if instrument is None:
        raise InputError(f"the instrument {asked[0].instrument} could not be read")
    outcomes = frozenset((*settings.outcomes.primary, *settings.outcomes.secondary))
    costs = instruments.get(settings.cost_form)
    spent = [export for export in settings.exports if export.instrument == settings.cost_form]
    return (
        (instrument, [_declaration(export, folder, instrument, outcomes) for export in asked]),
        (costs if spent else None, [_declaration(export, folder, costs, frozenset()) for export in spent if costs]),
    )


def _load(name: str, settings: StudySettings, folder: Path, log: ProblemLog) -> Instrument | None:
    where = folder / settings.instruments[name]
    if not where.is_dir():
        siblings = [entry.name for entry in where.parent.iterdir()] if where.parent.is_dir() else []
        near = nearest_name(where.name, siblings)
        log.add(
            f"there is no folder {settings.instruments[name]}",
            file=STUDY_FILE,
            row=settings.line("instruments", name),
            column=f"instruments.{name}",
            allowed="a path from the folder of study.yaml",
            mend=f"did you mean {near}?" if near else "correct the path",
        )
        return None
    try:
        return load_instrument(where)
    except ToolkitError as error:
        log.extend(error.problems)
        return None


def _declaration(
    export: ExportSettings, folder: Path, instrument: Instrument, outcomes: frozenset[str]
) -> ExportDeclaration:
    fixed = {**export.fixed, **({"country": export.country} if export.country else {})}
    path = Path(export.path)
    return ExportDeclaration(
        # A whole path would carry names of the machine and its user into reports.
        name="/".join(path.parts[-2:]) if path.is_absolute() else export.path,
        path=folder / path,
        instrument=instrument,
        platform=export.platform,
        layout=export.layout,
        waves=export.waves or {export.wave: ""},
        wave_column=export.wave_column,
        columns=export.columns,
        missing=frozenset(export.missing),
        fixed=fixed,
        encoding=export.encoding,
        outcomes=outcomes,
        sheet=export.sheet,
        qsf=folder / export.qsf if export.qsf else None,
        key=folder / export.key if export.key else None,
        numbers=export.numbers,
        dates=export.dates,
        date_windows=export.date_windows,
        decimal=export.decimal,
        not_asked=frozenset(export.not_asked),
        partial=export.partial,
    )
