"""Whether a run was a success: the toolkit's own judgement, not papermill's metadata."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from toolkit.report.parts import FINDINGS_MIME, TABLE_MIME
from toolkit.report.what_if import WHAT_IF_MIME
from toolkit.run.parameters import NotebookSpec

_ADDED_BY_PAPERMILL = frozenset({"injected-parameters", "papermill-error-cell-tag"})
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_OWN_ERRORS = {
    "UsageError": 2,
    "InputError": 3,
    "DisclosureError": 4,
    "StorageError": 5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of a notebook's run.

    Parameters
    ----------
    fault : str
        Why it is not a success, in words without traces; "" for a success.
    cell : int or None
        Number of the cell where it stopped, counted from 1 over all cells of the notebook as it is shipped.
    exit_code : int
        0 for a success; else as the commands' exit codes.
    tables : tuple of dict
        Tables found in the notebook: name, caption, columns, rows.
    findings : tuple of dict
        Findings found in the notebook, in the same form.
    what_if : tuple of dict
        Figures of a what-if page, where the notebook gave them.
    """

    fault: str
    cell: int | None
    exit_code: int
    tables: tuple[dict[str, Any], ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    what_if: tuple[dict[str, Any], ...] = ()


def judge_notebook(notebook: NotebookNode | None, *, fault: str, spec: NotebookSpec) -> Judgement:
    """Judge an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode or None
        What the engine left behind.
    fault : str
        Why the engine stopped, or "".
    spec : NotebookSpec
        What a complete run must contain.

    Returns
    -------
    Judgement
        A success has an execution count in every code cell, no error among the outputs, no fault of the
        engine, and every declared result.
    """
    if notebook is None:
        return Judgement(fault=fault or "the notebook was not run", cell=None, exit_code=1)
    cells = _code_cells(notebook)
    for number, cell in cells:
        for output in cell.outputs:
            if output.output_type == "error":
                name, words = output.ename, _ANSI.sub("", str(output.evalue))
                own = _OWN_ERRORS.get(name)
                return Judgement(
                    fault=words if own else f"the cell stopped with {name}", cell=number, exit_code=own or 1
                )
    if fault:
        return Judgement(fault=fault, cell=_last_started(cells), exit_code=1)
    unfinished = _first_unfinished(cells)
    if unfinished is not None:
        return Judgement(fault="the run ended before this cell was finished", cell=unfinished, exit_code=1)
    tables, findings = _collect(cells, TABLE_MIME), _collect(cells, FINDINGS_MIME)
    absent = sorted(set(spec.tables) - {table["name"] for table in tables})
    if absent or (spec.findings and not findings):
        what = ", ".join(absent) or "findings"
        return Judgement(fault=f"the notebook ended without its results: {what}", cell=None, exit_code=1)
    return Judgement(
        fault="",
        cell=None,
        exit_code=0,
        tables=tables,
        findings=findings,
        what_if=_collect(cells, WHAT_IF_MIME),
    )


def _code_cells(notebook: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return the code cells, numbered as in the source; a cell that papermill added shares the number before it."""
    cells, number = [], 0
    for cell in notebook.cells:
        number += not _ADDED_BY_PAPERMILL & set(cell.metadata.get("tags", ()))
        if cell.cell_type == "code" and cell.source.strip():
            cells.append((number, cell))
    return cells


def _last_started(cells: Sequence[tuple[int, NotebookNode]]) -> int | None:
    return max((number for number, cell in cells if cell.metadata.get("papermill", {}).get("start_time")), default=None)


def _first_unfinished(cells: Sequence[tuple[int, NotebookNode]]) -> int | None:
    for number, cell in cells:
        state = cell.metadata.get("papermill", {}).get("status", "completed")
        if cell.execution_count is None or state != "completed":
            return number
    return None


def _collect(cells: Sequence[tuple[int, NotebookNode]], mime: str) -> tuple[dict[str, Any], ...]:
    return tuple(
        output.data[mime]
        for _, cell in cells
        for output in cell.outputs
        if output.output_type in ("display_data", "execute_result") and mime in output.data
    )
