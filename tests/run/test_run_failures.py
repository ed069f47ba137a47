"""Runs that go wrong in a real kernel: none is a success, and earlier reports stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from toolkit.run import batch, engine
from toolkit.run.parameters import NotebookSpec
from toolkit.run.results import RunResult

Make = Callable[..., NotebookNode]
Snapshot = Callable[[Path], Mapping[str, bytes]]

NOTEBOOKS: Mapping[str, tuple[str, ...]] = {
    "killed": ("show", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "x = 1"),
    "left_in_the_middle": ("import sys\nsys.exit(0)", "show"),
    "left_at_the_end": ("show", "import sys\nsys.exit(0)"),
    "quit": ("show", "quit()", "x = 1"),
    "exit_at_the_end": ("show", "exit()"),
    "raised": ("secret = {}\nsecret['canary']", "show"),
    "without_results": ("x = 1",),
    "made": ("show", "import sys\nprint('canary', file=sys.stderr)"),
}
FAULTS = {
    "killed": (4, "the kernel died in mid-run"),
    "left_in_the_middle": (3, "the cell stopped with SystemExit"),
    "left_at_the_end": (4, "the cell stopped with SystemExit"),
    "quit": (4, "the cell stopped with SystemExit"),
    "exit_at_the_end": (4, "the cell stopped with SystemExit"),
    "raised": (3, "the cell stopped with KeyError"),
    "without_results": (None, "the notebook ended without its results: answers"),
    "without_parameters": (None, "the notebook has no cell tagged parameters"),
}
KEPT = ("killed", "raised")
"""Those of which an earlier run has left a report."""


def spec(name: str) -> NotebookSpec:
    return NotebookSpec(
        name=name, title=name.replace("_", " "), question="How many?", tables=("answers",), findings=False
    )


@dataclass(frozen=True)
class Failed:
    """What a run of all these notebooks left behind."""

    result: RunResult
    output: Path
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    source: Path


@pytest.fixture(scope="module")
def failed(
    tiny_template: Path, make_notebook: Make, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> Failed:
    folder = tmp_path_factory.mktemp("failures")
    startup = folder / "profile" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-own.py").write_text("import os; os._exit(1)", encoding="utf-8")
    source = folder / "shipped" / "notebooks"
    source.mkdir(parents=True)
    for name, cells in NOTEBOOKS.items():
        nbformat.write(make_notebook(*cells, title=name), source / f"{name}.ipynb")
    nbformat.write(make_notebook("show", title="x", tags=()), source / "without_parameters.ipynb")
    output = folder / "output"
    (output / "tables").mkdir(parents=True)
    for name in KEPT:
        (output / f"{name}.html").write_text(f"<p>Earlier report {name}</p>", encoding="utf-8")
        (output / "tables" / f"{name}-answers.csv").write_text("n\n23\n", encoding="utf-8")
    before = snapshot(output)
    with pytest.MonkeyPatch.context() as patch:
        _ship(patch, source, [*NOTEBOOKS, "without_parameters"])
        patch.setenv("IPYTHONDIR", str(folder / "profile"))  # what a user's profile does must not reach a report
        result = batch.run_study(tiny_template, output=output)
    return Failed(result=result, output=output, before=before, after=snapshot(output), source=source)


def _ship(patch: pytest.MonkeyPatch, source: Path, names: list[str]) -> None:
    specs = tuple(spec(name) for name in names)
    patch.setattr(batch, "NOTEBOOKS", specs)
    patch.setattr("toolkit.run.site.NOTEBOOKS", specs)
    patch.setattr("toolkit.run.manifest.NOTEBOOKS", specs)
    patch.setattr(batch, "shipped_path", lambda *parts: source.parent.joinpath(*parts))


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_no_success(name: str, failed: Failed) -> None:
    report = next(report for report in failed.result.reports if report.spec.name == name)
    assert (report.judgement.cell, report.judgement.fault) == FAULTS[name]
    assert report.judgement.exit_code == 1
    assert report.kept == (name in KEPT)


def test_the_run_goes_on_and_its_exit_code_tells(failed: Failed) -> None:
    assert failed.result.exit_code == 1
    assert [report.spec.name for report in failed.result.reports if not report.judgement.fault] == ["made"]
    assert (failed.output / "made.html").is_file()
    assert (failed.output / "tables" / "made-answers.csv").read_text(encoding="utf-8") == "n\n24\n"


def test_earlier_reports_stay_as_they_were(failed: Failed) -> None:
    assert {name: failed.after[name] for name in failed.before} == failed.before


def test_a_failed_run_leaves_its_failure_page_and_nothing_else(failed: Failed) -> None:
    added = {name for name in failed.after if not name.endswith("/")} - set(failed.before)
    assert added == {
        *(f"{name}.failed.html" for name in FAULTS),
        *("made.html", "notebooks/made.ipynb", "tables/made-answers.csv", "index.html", "manifest.json"),
    }


@pytest.mark.parametrize("name", FAULTS)
def test_the_failure_page_says_what_happened_and_shows_no_trace(name: str, failed: Failed) -> None:
    page = failed.after[f"{name}.failed.html"].decode()
    words = BeautifulSoup(page, "html.parser").get_text(" ", strip=True)
    cell, fault = FAULTS[name]
    assert fault in words
    assert ("It stopped at cell" in words) == (cell is not None)
    assert "Run sivsen check on the study" in words
    for trace in ("Traceback", "canary", "secret", "site-packages", "ipykernel", str(failed.output.parent), "/tmp"):
        assert trace not in page


def test_printed_text_and_machine_paths_stay_out_of_what_is_passed_on(failed: Failed) -> None:
    page = failed.after["made.html"].decode()
    assert "24 answers" in page
    for trace in ("canary", str(failed.output.parent), "ipykernel"):
        assert trace not in page
    notebook = nbformat.reads(failed.after["notebooks/made.ipynb"].decode(), as_version=4)
    assert "papermill" not in notebook.metadata
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)


def test_the_index_names_every_failure_and_links_what_there_is(failed: Failed) -> None:
    soup = BeautifulSoup(failed.after["index.html"].decode(), "html.parser")
    links = {str(link["href"]) for link in soup.find_all("a") if not str(link["href"]).startswith("#")}
    assert links == {
        "made.html",
        *(f"{name}.html" for name in KEPT),
        *(f"{name}.failed.html" for name in FAULTS if name not in KEPT),
    }
    words = soup.get_text(" ", strip=True)
    assert words.count("Could not be made") == len(FAULTS) - len(KEPT)
    assert words.count("Earlier report kept: this run's failed") == len(KEPT)
    for _, fault in FAULTS.values():
        assert fault in words


def test_the_manifest_holds_every_status(failed: Failed) -> None:
    manifest = json.loads(failed.after["manifest.json"])
    statuses = {report["notebook"]: report["status"] for report in manifest["reports"]}
    assert statuses == {"made": "made", **{name: "kept" if name in KEPT else "failed" for name in FAULTS}}
    assert set(manifest["files"]) >= {f"{name}.failed.html" for name in FAULTS}


def test_a_later_success_takes_the_failure_page_away(
    failed: Failed, make_notebook: Make, tiny_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbformat.write(make_notebook("show", title="raised"), failed.source / "raised.ipynb")
    _ship(monkeypatch, failed.source, [*NOTEBOOKS, "without_parameters"])
    result = batch.run_study(tiny_template, output=failed.output, notebooks=["raised"])
    assert result.exit_code == 0
    assert not (failed.output / "raised.failed.html").exists()
    assert "24 answers" in (failed.output / "raised.html").read_text(encoding="utf-8")
    index = (failed.output / "index.html").read_text(encoding="utf-8")
    assert re.search(r'href="raised\.html"', index)
    assert re.search(r'href="made\.html"', index)
    assert re.search(r'href="left_at_the_end\.failed\.html"', index), "a report that still lacks is still listed"
    statuses = {
        report["notebook"]: report["status"]
        for report in json.loads((failed.output / "manifest.json").read_text(encoding="utf-8"))["reports"]
    }
    assert statuses == {
        name: "made" if name in ("made", "raised", "killed") else "failed" for name in (*FAULTS, "made")
    }


def test_without_parameters_no_kernel_starts(
    make_notebook: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a kernel was about to start")

    monkeypatch.setattr("papermill.execute_notebook", refuse)
    nbformat.write(make_notebook("show", tags=()), tmp_path / "source.ipynb")
    notebook, fault = engine.execute_notebook(
        tmp_path / "source.ipynb", tmp_path / "target.ipynb", parameters={}, folder=tmp_path
    )
    assert notebook is None
    assert fault


@pytest.mark.parametrize("error", [RuntimeError("/home/somebody"), TimeoutError("x"), OSError(28, "No space left")])
def test_a_kernel_that_does_not_start_is_a_fault_in_words(
    error: Exception, make_notebook: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("papermill.execute_notebook", fail)
    nbformat.write(make_notebook("show"), tmp_path / "source.ipynb")
    notebook, fault = engine.execute_notebook(
        tmp_path / "source.ipynb", tmp_path / "target.ipynb", parameters={}, folder=tmp_path
    )
    assert notebook is None
    assert fault == f"the notebook could not be run ({type(error).__name__})"
