"""The toolkit's own judgement of a run; no kernel is needed to judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from toolkit.report.parts import FINDINGS_MIME, TABLE_MIME
from toolkit.run.parameters import NotebookSpec
from toolkit.run.status import judge_notebook

SPEC = NotebookSpec(name="answers", title="Answers", question="How many?", tables=("answers",), findings=False)
WITH_FINDINGS = NotebookSpec(name="answers", title="Answers", question="How many?", tables=("answers",), findings=True)
TABLE = {"name": "answers", "caption": "Answers", "columns": ["n"], "rows": [[24]]}

Make = Callable[..., NotebookNode]


def executed(notebook: NotebookNode, *outputs: NotebookNode) -> NotebookNode:
    """Return the notebook as if every cell had run, the last one with these outputs."""
    for number, cell in enumerate(notebook.cells[1:], start=1):
        cell.execution_count = number
        cell.metadata["papermill"] = {"status": "completed", "exception": False}
    notebook.cells[-1].outputs = list(outputs)
    return notebook


def table(**mime: Any) -> NotebookNode:
    return new_output("display_data", data=mime or {TABLE_MIME: TABLE})


def error(name: str, words: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=words, traceback=[f"{name}: {words}"])


def test_a_complete_run_is_a_success(make_notebook: Make) -> None:
    judgement = judge_notebook(executed(make_notebook("show"), table()), fault="", spec=SPEC)
    assert (judgement.fault, judgement.cell, judgement.exit_code) == ("", None, 0)
    assert judgement.tables == (TABLE,)


def test_no_notebook_is_a_failure() -> None:
    assert judge_notebook(None, fault="", spec=SPEC).exit_code == 1
    assert judge_notebook(None, fault="no kernel", spec=SPEC).fault == "no kernel"


def test_a_notebook_converted_but_not_run_is_a_failure() -> None:
    sources = {"b1": "country = 'IT'", "b2": "print(country)"}
    never_run = {
        "cells": [
            {"cell_type": "code", "id": name, "metadata": {}, "execution_count": None, "source": source, "outputs": []}
            for name, source in sources.items()
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    judgement = judge_notebook(nbformat.reads(json.dumps(never_run), as_version=4), fault="", spec=SPEC)
    assert (judgement.cell, judgement.exit_code) == (1, 1)
    assert judgement.fault == "the run ended before this cell was finished"


def test_an_error_is_a_failure_although_later_cells_ran(make_notebook: Make) -> None:
    notebook = executed(make_notebook("1 / 0", "show"), table())
    notebook.cells[2].outputs = [error("ZeroDivisionError", "division by zero")]
    judgement = judge_notebook(notebook, fault="", spec=SPEC)
    assert (judgement.fault, judgement.cell, judgement.exit_code) == ("the cell stopped with ZeroDivisionError", 3, 1)


@pytest.mark.parametrize("spoil", ["count", "status"])
@pytest.mark.parametrize("cell", [1, 2, 3])
def test_one_cell_unfinished_is_a_failure(spoil: str, cell: int, make_notebook: Make) -> None:
    notebook = executed(make_notebook("x = 1", "show"), table())
    if spoil == "count":
        notebook.cells[cell].execution_count = None
    else:
        notebook.cells[cell].metadata.papermill.status = "pending"
    judgement = judge_notebook(notebook, fault="", spec=SPEC)
    assert (judgement.cell, judgement.exit_code) == (cell + 1, 1)


def test_a_dead_kernel_is_a_failure_although_every_cell_says_completed(make_notebook: Make) -> None:
    notebook = executed(make_notebook("show"), table())
    judgement = judge_notebook(notebook, fault="the kernel died in mid-run", spec=SPEC)
    assert (judgement.fault, judgement.exit_code) == ("the kernel died in mid-run", 1)
    assert judgement.tables == ()


def test_results_that_were_declared_must_be_there(make_notebook: Make) -> None:
    nothing = judge_notebook(executed(make_notebook("x = 1")), fault="", spec=SPEC)
    assert (nothing.fault, nothing.exit_code) == ("the notebook ended without its results: answers", 1)
    other = executed(make_notebook("show"), table(**{TABLE_MIME: {**TABLE, "name": "other"}}))
    assert judge_notebook(other, fault="", spec=SPEC).exit_code == 1
    unrecorded = judge_notebook(executed(make_notebook("show"), table()), fault="", spec=WITH_FINDINGS)
    assert unrecorded.fault == "the notebook ended without its results: findings"
    whole = executed(make_notebook("show"), table(), table(**{FINDINGS_MIME: TABLE}))
    assert judge_notebook(whole, fault="", spec=WITH_FINDINGS).findings == (TABLE,)


def test_a_result_in_printed_text_is_none(make_notebook: Make) -> None:
    notebook = executed(
        make_notebook("show"), new_output("stream", name="stdout", text=json.dumps({TABLE_MIME: TABLE}))
    )
    assert judge_notebook(notebook, fault="", spec=SPEC).exit_code == 1


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("UsageError", "column confidnce: the parameter is unknown.", 2),
        ("InputError", "pre.csv, row 7: the answer is out of scale.", 3),
        ("DisclosureError", "too few people.", 4),
        ("StorageError", "pre.csv cannot be read.", 5),
    ],
)
def test_an_error_of_the_toolkit_keeps_its_words_and_exit_code(
    name: str, words: str, code: int, make_notebook: Make
) -> None:
    notebook = executed(make_notebook("show"), error(name, f"\x1b[31m{words}\x1b[0m"))
    judgement = judge_notebook(notebook, fault="a cell stopped", spec=SPEC)
    assert (judgement.fault, judgement.exit_code) == (words, code)


@pytest.mark.parametrize("name", ["KeyError", "SystemExit", "KeyboardInterrupt", "MemoryError"])
def test_words_of_any_other_error_are_left_out(name: str, make_notebook: Make) -> None:
    notebook = executed(make_notebook("show"), error(name, "an answer"))
    judgement = judge_notebook(notebook, fault="", spec=SPEC)
    assert (judgement.fault, judgement.exit_code) == (f"the cell stopped with {name}", 1)


def test_the_cell_that_was_running_when_the_engine_stopped_is_named(make_notebook: Make) -> None:
    notebook = executed(make_notebook("x = 1", "y = 2", "show"))
    notebook.cells[3].metadata.papermill.start_time = "2026-01-01T00:00:00"
    assert judge_notebook(notebook, fault="the kernel died in mid-run", spec=SPEC).cell == 4


@pytest.mark.parametrize("tag", ["injected-parameters", "papermill-error-cell-tag"])
def test_cells_are_counted_as_in_the_shipped_notebook(tag: str, make_notebook: Make) -> None:
    notebook = executed(make_notebook("1 / 0"), error("ZeroDivisionError", "division by zero"))
    notebook.cells.insert(2, new_code_cell("x = 1", metadata={"tags": [tag]}, execution_count=9))
    assert judge_notebook(notebook, fault="", spec=SPEC).cell == 3


def test_an_empty_cell_need_not_run(make_notebook: Make) -> None:
    notebook = executed(make_notebook("   \n", "show"), table())
    notebook.cells[2].execution_count = None
    assert judge_notebook(notebook, fault="", spec=SPEC).exit_code == 0
