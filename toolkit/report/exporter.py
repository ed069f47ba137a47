"""An executed notebook becomes one HTML page that needs neither network nor script."""

from __future__ import annotations

from typing import Any

import nbformat
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import markdown2html
from traitlets import Unicode, default

from toolkit.core.errors import ProblemLog, ReportError
from toolkit.report.page import PAGE_TEMPLATES, finish_page, page_frame

SHOWN_FORMS = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg")
"""MIME types a page can show, best first. Everything else an output carries stays in the notebook."""


class ReportExporter(HTMLExporter):  # type: ignore[misc]
    """nbconvert's HTML exporter with the toolkit's own template and checks.

    Parameters
    ----------
    language : str
        Language tag of the report, such as `en` or `sv`.

    Notes
    -----
    Cell ids, tags and metadata do not reach the page: papermill makes them anew in every run.

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> page, _ = ReportExporter(language="en").from_notebook_node(
    ...     new_notebook(cells=[new_markdown_cell("# What changed")]))
    >>> "<title>What changed - SIVSEN toolkit</title>" in page
    True
    """

    language = Unicode("en", help="Language tag of the report.")

    @default("template_name")
    def _template_name_default(self) -> str:
        return "sivsen"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self) -> list[str]:
        return [str(PAGE_TEMPLATES)]

    @default("exclude_input")
    def _exclude_input_default(self) -> bool:
        return True

    @default("exclude_input_prompt")
    def _exclude_input_prompt_default(self) -> bool:
        return True

    @default("exclude_output_prompt")
    def _exclude_output_prompt_default(self) -> bool:
        return True

    @default("exclude_raw")
    def _exclude_raw_default(self) -> bool:
        return True

    def from_notebook_node(
        self, nb: nbformat.NotebookNode, resources: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Return the finished page and nbconvert's resources.

        Parameters
        ----------
        nb : nbformat.NotebookNode
            Executed notebook, nbformat 4. It is left as it is.
        resources : dict, optional
            What nbconvert passes on.

        Returns
        -------
        tuple of str and dict
            The page, and the resources.

        Raises
        ------
        ReportError
            If a cell ended in an error, the title is missing, or the page fails a check of `finish_page`.
        """
        shown = _keep_what_is_shown(nb)
        frame = page_frame(title=_read_title(shown), language=self.language)
        html, resources = super().from_notebook_node(shown, {**(resources or {}), "frame": frame})
        return finish_page(html, contents_label=frame.contents_label), resources


def render_report(notebook: nbformat.NotebookNode, *, language: str) -> str:
    """Return an executed notebook as one self-contained HTML page.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Executed notebook whose first markdown cell holds the title as `# ...`.
    language : str
        Language tag of the report, such as `en` or `sv`.

    Returns
    -------
    str
        The page: prose and shown outputs only. Code, prompts, printed text, bare values and machine-readable
        outputs are left out. Equal notebooks give equal bytes.

    Raises
    ------
    ReportError
        If a cell ended in an error, the title is missing, or the page fails a check of `finish_page`.
    UsageError
        If the language tag has an unknown form.

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> notebook = new_notebook(cells=[new_markdown_cell("# Placements 2026")])
    >>> page = render_report(notebook, language="sv")
    >>> '<html lang="sv">' in page
    True
    """
    page, _ = ReportExporter(language=language).from_notebook_node(notebook)
    return str(page)


def _keep_what_is_shown(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a copy with prose and one showable form per output; refuse a notebook with a failed cell."""
    log = ProblemLog()
    cells = []
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            cells.append(cell)
        elif cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "error":
                    log.add(
                        f"cell {number} ended in an error ({output.get('ename', 'unknown')})",
                        mend="mend the cell and run the notebook again; a failed run is never shown",
                    )
            cells.append(nbformat.NotebookNode({**cell, "outputs": _shown_outputs(cell.outputs)}))
    log.raise_as(ReportError)
    return nbformat.NotebookNode({**notebook, "cells": cells})


def _shown_outputs(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Reduce each output to its best showable form; printed text can hold paths and never counts."""
    shown = []
    for output in outputs:
        bundle = output.get("data", {})
        form = next((form for form in SHOWN_FORMS if form in bundle), None)
        if form is not None:
            data = nbformat.NotebookNode({form: bundle[form]})
            shown.append(nbformat.NotebookNode({**output, "data": data}))
    return shown


def _read_title(notebook: nbformat.NotebookNode) -> str:
    """Return the words of the first markdown cell's h1."""
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    heading = BeautifulSoup(markdown2html(first), "html.parser").find("h1")
    if heading is not None:
        for link in heading.find_all("a", class_="anchor-link"):
            link.decompose()
    title = " ".join(heading.get_text().split()) if heading is not None else ""
    if not title:
        log = ProblemLog()
        log.add(
            "the notebook's first markdown cell has no title",
            allowed="one line that starts with '# '",
            mend="write the report's title there",
        )
        log.raise_as(ReportError)
    return title
