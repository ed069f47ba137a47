"""open_study: read, check, score and link everything a study.yaml names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from toolkit.core.errors import InputError, Problem, ProblemLog, ToolkitError
from toolkit.core.ledger import LedgerLine
from toolkit.core.nearest import nearest_name
from toolkit.core.provenance import Provenance, hash_bytes, package_sha256, package_versions
from toolkit.core.shipped import shipped_path
from toolkit.disclosure import SuppressionPlan, strictest_plan
from toolkit.evaluate import PROGRAMME, AnalysisPlan, Design, count_changes, grade_design, name_population
from toolkit.ingest import (
    ExportDeclaration,
    RawExport,
    Responses,
    check_agreement,
    concat_responses,
    read_export,
    tidy,
)
from toolkit.instruments import Instrument, choice_lookup, fold_label, load_instrument
from toolkit.measure import ScoringRule, keep_consenting, keep_identified, link, score
from toolkit.report.cover import Cover, Origin
from toolkit.report.wording import Wording
from toolkit.study.checking import check_settings
from toolkit.study.settings import (
    STUDY_FILE,
    ExportSettings,
    StudySettings,
    nearest_instrument,
    read_settings,
)
from toolkit.study.study import Study, find_study

PROGRAMME_SCOPE = "programme"


def open_study(
    study: str | Path,
    *,
    scope: str = PROGRAMME_SCOPE,
    language: str = "en",
    confidence: float = 0.95,
    seed: int | None = None,
    release_plan: SuppressionPlan | None = None,
    parameters: Mapping[str, object] | None = None,
    start: Path | None = None,
) -> Study:
    """Open a study: everything it names is read, checked, scored and linked.

    Parameters
    ----------
    study : str or Path
        The study's folder or its study.yaml; see `find_study`.
    scope : str
        programme, or one declared group such as ``country=IT``.
    language : str
        Language of the report.
    confidence : float
        Level of the intervals, between 0 and 1.
    seed : int, optional
        Seed of random draws; the study's own when left out.
    release_plan : SuppressionPlan, optional
        The plan of the run; the strictest rule holds without one.
    parameters : mapping, optional
        Parameters of the notebook, for its provenance.
    start : Path, optional
        Folder from which a relative `study` is looked for; the working folder when left out.

    Raises
    ------
    InputError
        Everything that is wrong with study.yaml, or else with instruments and exports, at once.
    """
    path = find_study(study, start=start or Path.cwd())
    settings = read_settings(path)
    instrument, declarations = _declare(settings, path.parent)
    responses = _read_all(declarations, instrument)
    groups = tuple(dict.fromkeys(settings.groups.values()))
    responses, population = _in_scope(responses, settings, scope)
    if settings.consent_to_take_part:
        consent = settings.consent_to_take_part
        responses = keep_consenting(responses, item=consent.item, keep=consent.keep)
    responses = keep_identified(responses, key=settings.link.key, repeated=settings.link.repeated)
    scores = score(responses, _scoring_rules(settings, instrument))
    waves = _waves(settings, instrument)
    panel = link(scores, key=settings.link.key, groups=groups, waves=waves, repeated=settings.link.repeated)
    plan = release_plan or strictest_plan()
    site = settings.groups.get("site", "")
    analysis = AnalysisPlan(primary=tuple(settings.outcomes.primary), secondary=tuple(settings.outcomes.secondary))
    # Files of two waves measure no change where nobody has a score in both.
    measured = any(counts[PROGRAMME] for counts in count_changes(panel, plan=analysis).values())
    design = Design(waves=waves if measured else ())
    provenance = panel.provenance.merge(
        Provenance(
            inputs={STUDY_FILE: hash_bytes(path.read_bytes())},
            instruments={},
            seed=settings.seed if seed is None else seed,
        )
    )
    return Study(
        settings=settings,
        name=path.parent.name,
        folder=path.parent,
        population=population,
        scores=scores,
        panel=replace(panel, provenance=provenance),
        plan=analysis,
        design=design,
        groups=tuple(group for group in groups if plan.audience == "internal" or group != site),
        site=site,
        release_plan=plan,
        wording=_wording(instrument, language),
        confidence=confidence,
        cover=Cover(
            title=settings.title,
            population=population,
            grade_reason=grade_design(design).reason,
            notes=responses.notes,
            plan=plan,
        ),
        origin=Origin(
            provenance=provenance,
            parameters=MappingProxyType(dict(parameters or {})),
            versions=package_versions(),
            hashes=_hashes(instrument, plan),
        ),
    )


def _hashes(instrument: Instrument, plan: SuppressionPlan) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "Form, all files": instrument.sha256,
            "Lock": hash_bytes(shipped_path("requirements.lock").read_bytes()),
            "Package": package_sha256(),
            "Release plan": plan.sha256,
        }
    )


def _declare(settings: StudySettings, folder: Path) -> tuple[Instrument, list[ExportDeclaration]]:
    log = ProblemLog()
    used = [export.instrument for export in settings.exports]
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
    if len(set(used) & set(settings.instruments)) > 1:
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
    instrument = instruments.get(used[0])
    if instrument is not None and not log.problems:
        check_settings(settings, instrument, log=log)
    log.raise_as(InputError)
    if instrument is None:
        raise InputError(f"the instrument {used[0]} could not be read")
    outcomes = frozenset((*settings.outcomes.primary, *settings.outcomes.secondary))
    return instrument, [_declaration(export, folder, instrument, outcomes) for export in settings.exports]


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


def _read_all(declarations: list[ExportDeclaration], instrument: Instrument) -> Responses:
    log = ProblemLog()
    parts: list[Responses] = []
    raws: list[RawExport] = []
    worst: type[ToolkitError] = InputError
    for declaration in declarations:
        try:
            raws.append(read_export(declaration))
            parts.append(tidy(raws[-1], instrument))
        except ToolkitError as error:
            log.extend(error.problems)
            worst = max(worst, type(error), key=lambda kind: kind.exit_code)
    disagreements = check_agreement(raws, instrument, log=log)
    log.raise_as(worst)
    whole = concat_responses(parts)
    return replace(whole, notes=(*whole.notes, *disagreements, *_same_contents(whole.provenance.inputs)))


def _same_contents(inputs: Mapping[str, str]) -> list[str]:
    """Say which files hold the same bytes: a wave exported twice looks like no change at all."""
    first: dict[str, str] = {}
    for name, digest in inputs.items():
        first.setdefault(digest, name)
    return [
        f"{name}: holds exactly the same as {first[digest]}; is it the right export?"
        for name, digest in inputs.items()
        if first[digest] != name
    ]


def _in_scope(responses: Responses, settings: StudySettings, scope: str) -> tuple[Responses, str]:
    if scope == PROGRAMME_SCOPE:
        return responses, name_population({})
    group, _, value = scope.partition("=")
    item_name = settings.groups.get(group, group if group in settings.groups.values() else "")
    if not item_name:
        raise InputError(
            Problem(
                what="the scope names no declared group",
                column="scope",
                allowed="programme, or " + ", ".join(f"{name}=VALUE" for name in settings.groups),
                mend="correct the scope, or declare the group under groups in study.yaml",
            )
        )
    item = responses.instrument.item(item_name)
    choice = choice_lookup(item).get(fold_label(value)) if item.choices else None
    wanted = choice.name if choice else value
    present = sorted(responses.frame[item_name].dropna().unique())
    if wanted not in present:
        raise InputError(
            Problem(
                what=f"no answer belongs to this {group}",
                column="scope",
                allowed=", ".join(f"{group}={name}" for name in present),
                mend="use one of these",
            )
        )
    here = responses.frame[item_name] == wanted
    line = LedgerLine(
        step="in scope",
        instrument=responses.instrument.name,
        reason="answers of other groups",
        count=int((~here).sum()),
        n_in=len(here),
        n_out=int(here.sum()),
    )
    return responses.keep(here, responses.ledger.add(line)), name_population({item_name: wanted})


def _scoring_rules(settings: StudySettings, instrument: Instrument) -> list[ScoringRule]:
    rules = []
    others = settings.scoring.sensitivity.min_items
    for scale in instrument.scales:
        main = settings.scoring.min_items.get(scale.name, scale.min_items)
        rules.append(ScoringRule(scale.name, main))
        extra = others.get(scale.name, []) if isinstance(others, dict) else others
        rules += [
            ScoringRule(scale.name, least, "sensitivity")
            for least in dict.fromkeys(extra)
            if least != main and 1 <= least <= len(scale.items)
        ]
    return rules


def _waves(settings: StudySettings, instrument: Instrument) -> tuple[str, str]:
    declared = {wave for export in settings.exports for wave in (export.waves or {export.wave: ""})}
    present = [wave for wave in instrument.waves if wave in declared]
    if len(present) < 2:
        raise InputError(
            Problem(
                what="the exports are of one wave only, so no change can be measured",
                file=STUDY_FILE,
                row=settings.line("exports"),
                column="exports",
                allowed=f"two of: {', '.join(instrument.waves)}",
                mend="add the export of the other wave",
            )
        )
    return present[0], present[1]


def _wording(instrument: Instrument, language: str) -> Wording:
    def in_language(labels: Mapping[str, str], name: str) -> str:
        return labels.get(language) or labels.get("en") or next(iter(labels.values()), name)

    return Wording(
        language=language,
        outcomes={scale.name: in_language(scale.labels, scale.name) for scale in instrument.scales},
        values={
            (item.name, choice.name): in_language(choice.labels, choice.name)
            for item in instrument.items
            for choice in item.choices
        },
        groups={item.name: in_language(item.labels, item.name) for item in instrument.items},
    )
