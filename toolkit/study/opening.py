"""open_study: read, check, score and link everything a study.yaml names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from toolkit.core.errors import InputError, Problem, ProblemLog, ToolkitError
from toolkit.core.ledger import LedgerLine
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
from toolkit.instruments import Instrument, choice_lookup, fold_label
from toolkit.measure import (
    Matching,
    Panel,
    Scores,
    ScoringRule,
    keep_consenting,
    keep_identified,
    link,
    note_response_quality,
    score,
)
from toolkit.report.cover import Cover, Origin
from toolkit.report.wording import Wording
from toolkit.study.declaring import declare_exports
from toolkit.study.freezing import PLAN_FILE, FrozenPlan, analysis_plan, read_frozen_plan
from toolkit.study.hosting import hosting_in_scope, hosting_parts
from toolkit.study.identifying import element_kinds, match_study, review_path
from toolkit.study.settings import (
    STUDY_FILE,
    StudySettings,
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
    (instrument, declarations), (cost_form, cost_files) = declare_exports(settings, path.parent)
    responses = _read_all(declarations, instrument)
    every_row = responses.source_rows(responses.frame["row"].notna())
    costs = _read_all(cost_files, cost_form) if cost_form else None
    groups = tuple(dict.fromkeys(settings.groups.values()))
    responses, population = _in_scope(responses, settings, scope)
    scores, panel, matching = _link_people(
        responses, settings=settings, instrument=instrument, folder=path.parent, known_rows=every_row
    )
    plan = release_plan or strictest_plan()
    site = settings.groups.get("site", "")
    frozen = read_frozen_plan(path.parent)
    analysis = analysis_plan(settings, frozen)
    design = _design(panel, analysis)
    hosting = hosting_in_scope(costs, settings=settings, folder=path.parent, population=population)
    about_host = bool(site) and population.startswith(f"{site}=")
    provenance = (panel.provenance.merge(costs.provenance) if costs else panel.provenance).merge(
        Provenance(
            inputs={STUDY_FILE: hash_bytes(path.read_bytes()), **_beside(settings, path.parent, frozen)},
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
        matching=matching,
        plan=analysis,
        design=design,
        groups=tuple(group for group in groups if plan.audience == "internal" or group != site),
        site=site,
        hosting=hosting,
        hosting_parts=hosting_parts(hosting) if population == PROGRAMME else (),
        release_plan=plan,
        wording=_wording(instrument, language),
        confidence=confidence,
        cover=Cover(
            title=settings.title,
            population=population,
            grade_reason=grade_design(design).reason,
            notes=(*responses.notes, *note_response_quality(scores)),
            plan=plan,
            frozen_on=analysis.frozen_on,
            deviations=analysis.deviations,
            host_only=about_host and plan.audience != "internal",
        ),
        origin=Origin(
            provenance=provenance,
            parameters=MappingProxyType(dict(parameters or {})),
            versions=package_versions(),
            hashes=_hashes(instrument, plan),
            money=hosting.basis if hosting else (),
        ),
    )


def _link_people(
    responses: Responses, *, settings: StudySettings, instrument: Instrument, folder: Path, known_rows: Sequence[str]
) -> tuple[Scores, Panel, Matching | None]:
    """Score those who consented and can be told apart, and find each of them again in the other waves."""
    groups = tuple(dict.fromkeys(settings.groups.values()))
    if settings.consent_to_take_part:
        consent = settings.consent_to_take_part
        responses = keep_consenting(responses, item=consent.item, keep=consent.keep)
    responses = keep_identified(
        responses,
        key=settings.link.key,
        repeated=settings.link.repeated,
        elements=element_kinds(settings.link),
        tolerance=settings.link.tolerance,
    )
    scores = score(responses, _scoring_rules(settings, instrument))
    waves = _waves(settings, instrument)
    matching = match_study(
        settings, scores, folder=folder, waves=_all_waves(settings, instrument), known_rows=known_rows
    )
    panel = link(
        scores,
        key=settings.link.key,
        groups=groups,
        waves=waves,
        repeated=settings.link.repeated,
        person=None if matching is None else matching.person,
    )
    return scores, panel, matching


def _design(panel: Panel, analysis: AnalysisPlan) -> Design:
    """Return what the design has: files of two waves measure no change where nobody has a score in both."""
    measured = any(counts[PROGRAMME] for counts in count_changes(panel, plan=analysis).values())
    return Design(waves=panel.waves if measured else (), planned=analysis.frozen_on is not None)


def _hashes(instrument: Instrument, plan: SuppressionPlan) -> Mapping[str, str]:
    return MappingProxyType(
        {
            "Form, all files": instrument.sha256,
            "Lock": hash_bytes(shipped_path("requirements.lock").read_bytes()),
            "Package": package_sha256(),
            "Release plan": plan.sha256,
        }
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
    present = _all_waves(settings, instrument)
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


def _beside(settings: StudySettings, folder: Path, frozen: FrozenPlan | None) -> dict[str, str]:
    """Return the hashes of the files beside study.yaml that have a say: a frozen plan, and the review of links."""
    names = [PLAN_FILE] if frozen else []
    review = review_path(settings, folder)
    if settings.link.elements and review.is_file():
        names.append(review.name)
    return {name: hash_bytes((folder / name).read_bytes()) for name in names}


def _all_waves(settings: StudySettings, instrument: Instrument) -> tuple[str, ...]:
    declared = {wave for export in settings.exports for wave in (export.waves or {export.wave: ""})}
    return tuple(wave for wave in instrument.waves if wave in declared)


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
