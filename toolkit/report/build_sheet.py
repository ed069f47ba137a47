"""The page that leads through building a form by hand."""

from __future__ import annotations

from toolkit.instruments.exports import BuildSheet
from toolkit.report.codebook import LANGUAGE_NAMES
from toolkit.report.rendering import render_page


def render_build_sheet(sheet: BuildSheet) -> str:
    """Return a build sheet as a page to work through.

    Parameters
    ----------
    sheet : BuildSheet
        What to build, in one language.

    Returns
    -------
    str
        One self-contained HTML page: what to set first, every text to paste in its order, what to do last,
        and the column titles that the export will have. The advice is in English, the texts to paste in the
        sheet's language.

    Raises
    ------
    ReportError
        If the finished page fails a check of `finish_page`.

    Examples
    --------
    >>> sheet = BuildSheet(platform="EUSurvey", instrument="tiny", version="1", wave="", language="en",
    ...                    title="Tiny", is_draft=False, before=("Stay anonymous.",), sections=(), after=())
    >>> "Stay anonymous." in render_build_sheet(sheet)
    True
    """
    name = LANGUAGE_NAMES[sheet.language]
    wave = f", {sheet.wave}" if sheet.wave else ""
    return render_page(
        "build_sheet.html.j2",
        language="en",
        title=f"{sheet.platform} build sheet: {sheet.instrument}{wave}, {name}",
        style="forms.css",
        values={"sheet": sheet, "language_name": name},
    )
