"""A template filled in and finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from toolkit.report.language import translator
from toolkit.report.page import PAGE_TEMPLATES, finish_page, page_frame


def render_page(template: str, *, language: str, title: str, values: Mapping[str, Any], style: str = "") -> str:
    """Return a finished page.

    Parameters
    ----------
    template : str
        File among the page templates.
    language : str
        Language tag of the page's fixed words.
    title : str
        Words of the page's only h1.
    values : mapping of str to object
        What the template shows. All of it is text and is escaped.
    style : str
        File of a style sheet that comes after the one of every page, or "".

    Returns
    -------
    str
        One self-contained HTML page.

    Raises
    ------
    ReportError
        If the finished page fails a check of `finish_page`.
    UsageError
        If the language tag has an unknown form.

    Examples
    --------
    >>> values = {"notice": "It failed.", "message": "No host answered.", "mend": ""}
    >>> "It failed." in render_page("failure.html.j2", language="en", title="Hosts", values=values)
    True
    """
    folder = PAGE_TEMPLATES / "sivsen"
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    frame = page_frame(title=title, language=language)
    if style:
        frame = replace(frame, style=frame.style + (folder / style).read_text(encoding="utf-8"))
    html = environment.get_template(template).render(**values, title=title, frame=frame, _=translator(language).gettext)
    return finish_page(html, contents_label=frame.contents_label)
