"""Tiny notebooks: one behaviour each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from toolkit.report.parts import TABLE_MIME

SHOW_TABLE = (
    "from IPython.display import display\n"
    f"display({{'{TABLE_MIME}': dict(name='answers', caption='Answers', columns=['n'], rows=[[24]]),"
    " 'text/html': '<p>24 answers</p>'}, raw=True)"
)

MakeNotebook = Callable[..., NotebookNode]


@pytest.fixture(scope="session")
def make_notebook() -> MakeNotebook:
    """Return a function that makes a notebook of a title, a parameters cell and code cells.

    A cell given as ``"show"`` shows the table `answers`, the result that the tests declare.
    """

    def make(*cells: str, title: str = "Answers", tags: Sequence[str] = ("parameters",)) -> NotebookNode:
        return new_notebook(
            cells=[
                new_markdown_cell(f"# {title}"),
                new_code_cell('study = "study.yaml"', metadata={"tags": list(tags)} if tags else {}),
                *(new_code_cell(SHOW_TABLE if source == "show" else source) for source in cells),
            ],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )

    return make
