"""manifest.json: what a run was made from, with what, and what it made."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolkit.core.provenance import hash_bytes, package_versions
from toolkit.disclosure import SuppressionPlan
from toolkit.run.parameters import FILLED_IN, NOTEBOOKS, NotebookParameters
from toolkit.run.results import ReportResult, RunResult, report_stem
from toolkit.run.site import failure_page
from toolkit.study import Study

MANIFEST = "manifest.json"


def read_earlier_reports(output: Path) -> list[dict[str, Any]]:
    """Return the reports that the manifest in a folder lists and that are still there, as a later run lists them.

    A report that was kept when a run failed is a made one again; one that could not be made stays failed.

    Parameters
    ----------
    output : Path
        Folder of the reports.
    """
    try:
        listed = json.loads((output / MANIFEST).read_text(encoding="utf-8"))["reports"]
        return [_as_earlier(entry, output) for entry in listed if _still_there(entry, output)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def read_manifest_facts(output: Path) -> dict[str, str]:
    """Return which study and audience the reports in a folder are of, as far as its manifest tells.

    Parameters
    ----------
    output : Path
        Folder of the reports.

    Returns
    -------
    dict of str to str
        ``study``, ``title`` and ``audience``; empty where no report is left, or no manifest of a run is there.
    """
    if not read_earlier_reports(output):
        return {}
    written = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
    return {name: written[name] for name in ("study", "title", "audience") if isinstance(written.get(name), str)}


def _still_there(entry: dict[str, Any], output: Path) -> bool:
    specs = [spec for spec in NOTEBOOKS if spec.name == entry["notebook"]]
    if not specs or entry["page"] != f"{report_stem(specs[0], entry['scope'])}.html":
        return False
    return any((output / name).is_file() for name in (entry["page"], failure_page(entry["page"])))


def _as_earlier(entry: dict[str, Any], output: Path) -> dict[str, Any]:
    made = (output / entry["page"]).is_file()
    return {**entry, **({"status": "made", "fault": "", "cell": None, "exit_code": 0} if made else {})}


def describe_report(report: ReportResult, scope: str) -> dict[str, Any]:
    """Return a report as the manifest lists it."""
    fault = report.judgement.fault
    return {
        "notebook": report.spec.name,
        "scope": scope,
        "page": report.page,
        "status": "made" if not fault else "kept" if report.kept else "failed",
        "fault": fault,
        "cell": report.judgement.cell,
        "exit_code": report.judgement.exit_code,
    }


def build_manifest(
    result: RunResult,
    reports: list[dict[str, Any]],
    *,
    ready: Path,
    study: Study,
    plan: SuppressionPlan,
    parameters: Mapping[str, Any],
) -> str:
    """Return the manifest of a run as JSON. Time, engine and commit stand here and nowhere else.

    Parameters
    ----------
    result : RunResult
        The run; its reports are already in place.
    reports : list of dict
        Reports of this run and of earlier ones.
    ready : Path
        Folder of the files that go into place together with the manifest.
    study : Study
        The study.
    plan : SuppressionPlan
        The release plan.
    parameters : mapping
        Parameters the notebooks were run with.
    """
    content = {
        "study": study.name,
        "title": study.settings.title,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "engine": "stock",
        "python": platform.python_version(),
        "system": platform.system(),
        **_commit(Path(__file__).parent),
        "versions": package_versions(),
        "hashes": {**study.origin.hashes, "Release plan": plan.sha256},
        "audience": plan.audience,
        "inputs": dict(study.origin.provenance.inputs),
        "seed": study.origin.provenance.seed,
        "parameters": {
            name: parameters.get(name, field.default)
            for name, field in NotebookParameters.model_fields.items()
            if name not in FILLED_IN
        },
        "reports": reports,
        "files": _hash_files(result.output, ready, [str(report["page"]) for report in reports]),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _hash_files(output: Path, ready: Path, pages: list[str]) -> dict[str, str]:
    """Hash what runs have written and this run is about to write, and nothing else that stands in the folder."""
    found: dict[str, Path] = {}
    for page in pages:
        stem = page.removesuffix(".html")
        for pattern in (
            page,
            f"notebooks/{stem}.ipynb",
            f"findings/{stem}.json",
            f"tables/{stem}-*.csv",
            f"{stem}-what-if.html",
        ):
            found |= {path.relative_to(output).as_posix(): path for path in output.glob(pattern)}
        failure = output / failure_page(page)
        if failure.is_file() and not (ready / page).is_file():
            found[failure.name] = failure
    found |= {path.relative_to(ready).as_posix(): path for path in ready.rglob("*") if path.is_file()}
    return {name: hash_bytes(found[name].read_bytes()) for name in sorted(found) if name != MANIFEST}


def _commit(folder: Path) -> dict[str, Any]:
    """Return commit and dirty flag of the toolkit's checkout; None for an installed wheel."""
    try:
        _git(folder, "ls-files", "--error-unmatch", "__init__.py")
        return {
            "commit": _git(folder, "rev-parse", "HEAD"),
            "dirty": bool(_git(folder, "status", "--porcelain")),
        }
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip()
