"""Plain papermill and JupyterLab run the shipped notebooks too; sivsen run is tested in test_run_study.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from toolkit.core.shipped import shipped_path
from toolkit.run.parameters import NOTEBOOKS
from toolkit.run.status import judge_notebook

OUTCOMES = NOTEBOOKS[1]
SECONDS_TO_RUN = 300


def papermill(folder: Path, *parameters: str) -> tuple[int, str]:
    words = [str(shipped_path("notebooks", f"{OUTCOMES.name}.ipynb")), "out.ipynb", "-p", "study", "tiny", *parameters]
    done = subprocess.run(
        [sys.executable, "-m", "papermill", *words, "--no-progress-bar"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
    )
    return done.returncode, done.stderr


def shown(notebook: NotebookNode) -> str:
    return "\n".join(
        str(output.data["text/html"])
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "text/html" in output.get("data", {})
    )


def test_plain_papermill_works_without_a_plan_under_the_strictest_rule(tiny_study: Path) -> None:
    code, said = papermill(tiny_study.parent, "-p", "scope", "country=IT")
    assert code == 0, said
    notebook = nbformat.read(tiny_study.parent / "out.ipynb", as_version=4)
    judgement = judge_notebook(notebook, fault="", spec=OUTCOMES)
    assert judgement.fault == ""
    page = shown(notebook)
    assert "Run without a release plan: the strictest rule holds and the page is internal." in page
    assert "Internal: not to be passed on" in page
    assert "10 people" in page
    assert "canary" not in page
    change = next(table for table in judgement.tables if table["name"] == "change")
    counts = {row[change["columns"].index("n")] for row in change["rows"]}
    assert counts == {12}


def test_plain_papermill_stops_at_a_mistyped_parameter(tiny_study: Path) -> None:
    code, said = papermill(tiny_study.parent, "-p", "confidnce", "0.9")
    assert code != 0
    assert "'confidnce' is unknown" in said
    assert "did you mean confidence?" in said
    notebook = nbformat.read(tiny_study.parent / "out.ipynb", as_version=4)
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    ran = [cell for cell in code_cells if cell.execution_count is not None]
    assert "open_notebook(globals())" in ran[-1].source
    assert judge_notebook(notebook, fault="", spec=OUTCOMES).exit_code == 2


def test_jupyterlab_runs_all_cells_as_they_are() -> None:
    folder = Path(shipped_path("notebooks"))
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    notebook = nbformat.read(folder / f"{OUTCOMES.name}.ipynb", as_version=4)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    judgement = judge_notebook(notebook, fault="", spec=OUTCOMES)
    assert judgement.fault == ""
    assert "synthetic data" in shown(notebook)
    assert "the page is internal" in shown(notebook)
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
