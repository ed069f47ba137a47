"""run_study: every report of a study, judged one by one, written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolkit.core.errors import DisclosureError, ReportError, StorageError, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.core.provenance import hash_bytes
from toolkit.core.shipped import shipped_path
from toolkit.disclosure import SuppressionPlan
from toolkit.evaluate import split_population
from toolkit.report.exporter import render_report
from toolkit.report.site import render_failure
from toolkit.report.what_if import render_what_if
from toolkit.run.engine import execute_notebook
from toolkit.run.manifest import MANIFEST, build_manifest, describe_report, read_earlier_reports
from toolkit.run.output import INDEX, check_output, choose_output
from toolkit.run.parameters import NOTEBOOKS, NotebookSpec, check_parameters
from toolkit.run.publishing import (
    TEMPORARY_PREFIX,
    gather_files,
    lock_folder,
    publish_files,
    strip_machine_traces,
    write_results,
)
from toolkit.run.results import ReportResult, RunResult, report_stem
from toolkit.run.site import build_index, failure_page, what_if_page
from toolkit.run.status import Judgement, judge_notebook
from toolkit.study import STUDY_FILE, Study, find_study, open_study, plan_study_release


def run_study(
    study: str | Path,
    *,
    output: str | Path | None = None,
    notebooks: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None,
    on_report: Callable[[ReportResult], None] | None = None,
) -> RunResult:
    """Run the notebooks on a study and write its folder of reports.

    Parameters
    ----------
    study : str or Path
        The study's folder or its study.yaml.
    output : str or Path, optional
        Where the reports go; see `choose_output`.
    notebooks : sequence of str
        Names of the notebooks to run; all when empty.
    parameters : mapping, optional
        Checked values of notebook parameters other than study and release_plan.
    on_report : callable, optional
        Called after each report.

    Returns
    -------
    RunResult
        Where the reports are, and what became of each.

    Raises
    ------
    DisclosureError
        The scope is a single host and the audience is not internal.
    LockedError
        Another run is writing to the folder.
    ToolkitError
        The study, a parameter or the output folder is wrong: nothing has been written.
    """
    given = check_parameters(parameters or {})
    specs = _choose_notebooks(notebooks)
    path = find_study(study, start=Path.cwd())
    folder = choose_output(path.parent, output)
    opened = open_study(path, seed=given.get("seed"))
    check_output(folder, opened)
    if not notebooks and opened.hosting is None:
        specs = [spec for spec in specs if not spec.needs_costs]
    if given.get("scope", "programme") != "programme":
        own_costs = all(spec.needs_costs for spec in specs)
        given["scope"] = _check_scope(open_study(path, scope=given["scope"]), own_costs=own_costs)
    plan = plan_study_release(opened)
    given = {**given, "study": f"{path.parent.name}/{path.name}", "release_plan": plan.to_json()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with lock_folder(folder), tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=folder) as temporary:
            room = Path(temporary)
            reports = []
            for spec in specs:
                reports.append(_run_report(spec, given, path.parent.parent, folder, room / spec.name))
                if on_report:
                    on_report(reports[-1])
            result = RunResult(output=folder, index=folder / INDEX, reports=tuple(reports))
            _check_unchanged(opened, path)
            _finish(result, opened, plan, given, room)
    except OSError as error:
        raise StorageError(f"the reports could not be written: {error.strerror or error}") from error
    return result


def _check_unchanged(study: Study, path: Path) -> None:
    """Refuse to publish when a file changed while the reports were made: they could disagree with each other."""
    inputs = study.origin.provenance.inputs
    files = {name: path if name == STUDY_FILE else study.folder / name for name in inputs}
    changed = [
        name for name, file in files.items() if not file.is_file() or hash_bytes(file.read_bytes()) != inputs[name]
    ]
    if changed:
        raise StorageError(
            f"{', '.join(changed)} changed while the reports were made; nothing was written. "
            "To mend: run again once nobody is writing to the study"
        )


def _check_scope(study: Study, *, own_costs: bool) -> str:
    """Return the scope as populations are named, so that country=IT and country=it are one report."""
    ((group, value),) = split_population(study.population).items()
    audience = study.settings.disclosure.audience
    if audience != "internal" and group == study.site and not own_costs:
        raise DisclosureError(
            f"a {audience} report about one {study.site} would tell what its trainees answered, and the "
            f"{study.site} knows them. To mend: report on the programme or a country, or declare audience: internal"
        )
    return f"{group}={value}"


def _choose_notebooks(names: Sequence[str]) -> list[NotebookSpec]:
    known = {spec.name: spec for spec in NOTEBOOKS}
    for name in names:
        if name not in known:
            raise UsageError(f"the notebook {name} is unknown; {suggest_name(name, known)} ({', '.join(known)})")
    return [known[name] for name in dict.fromkeys(names)] or list(NOTEBOOKS)


def _run_report(
    spec: NotebookSpec, parameters: Mapping[str, Any], folder: Path, output: Path, room: Path
) -> ReportResult:
    stem = report_stem(spec, parameters.get("scope", "programme"))
    page = f"{stem}.html"
    language = parameters.get("language", "en")
    executed = room / "notebooks" / f"{stem}.ipynb"
    executed.parent.mkdir(parents=True)
    source = shipped_path("notebooks", f"{spec.name}.ipynb")
    notebook, fault = execute_notebook(source, executed, parameters=parameters, folder=folder)
    judgement = judge_notebook(notebook, fault=fault, spec=spec)
    if notebook is not None and not judgement.fault:
        try:
            (room / page).write_text(render_report(notebook, language=language), encoding="utf-8")
            for data in judgement.what_if[:1]:
                what_if = render_what_if(data, title=f"{spec.title}: what if?")
                (room / what_if_page(page)).write_text(what_if, encoding="utf-8")
            strip_machine_traces(notebook, executed)
            write_results(judgement, room, name=stem)
        except ReportError as error:
            judgement = Judgement(fault=str(error), cell=None, exit_code=ReportError.exit_code)
    if judgement.fault:
        shutil.rmtree(room)
        room.mkdir()
        failure = render_failure(
            title=spec.title,
            cell=judgement.cell,
            message=judgement.fault,
            mend="Run sivsen check on the study; if it finds nothing, run the report again.",
            language=language,
        )
        (room / failure_page(page)).write_text(failure, encoding="utf-8")
    kept = bool(judgement.fault) and (output / page).is_file()
    return ReportResult(spec=spec, page=page, judgement=judgement, kept=kept)


def _finish(result: RunResult, study: Study, plan: SuppressionPlan, parameters: Mapping[str, Any], room: Path) -> None:
    scope = parameters.get("scope", "programme")
    reports = [describe_report(report, scope) for report in result.reports]
    pages = {report["page"] for report in reports}
    listed = [*reports, *(entry for entry in read_earlier_reports(result.output) if entry["page"] not in pages)]
    ready = gather_files([room / report.spec.name for report in result.reports], room / "ready")
    pages_there = {path.name for folder in (result.output, ready) for path in folder.glob("*.html")}
    index = build_index(listed, this_run=len(reports), study=study, plan=plan, pages=pages_there)
    (ready / result.index.name).write_text(index, encoding="utf-8")
    manifest = build_manifest(result, listed, ready=ready, study=study, plan=plan, parameters=parameters)
    (ready / MANIFEST).write_text(manifest, encoding="utf-8")
    stale = [failure_page(report.page) for report in result.reports if not report.judgement.fault]
    publish_files(ready, result.output, remove=stale)
