"""Google Forms: a build sheet, since it imports no forms."""

from __future__ import annotations

from toolkit.instruments.exports.build_sheet import GRID, BuildSheet, Tool, make_sections, number_rule
from toolkit.instruments.exports.form import text_in
from toolkit.instruments.model import NUMBER_TYPES, Instrument, Item

BEFORE = (
    "Make one form for each language: Google Forms has no translations.",
    "Settings, Responses: set Collect email addresses to Do not collect.",
    "Settings, Responses: turn off Limit to 1 response, which would make people sign in.",
    "Settings, Responses: turn off Allow response editing and Send responders a copy.",
    "Settings, Presentation: turn off Shuffle question order, and leave option order alone in every question.",
    "Settings, Quizzes: leave it off.",
    "Paste every text as it stands: titles and answers are how the toolkit finds its questions again.",
    "Add no Other option anywhere; where it is wanted, it is in the list.",
)
AFTER = (
    "Answer the form once on a phone and once on a computer, look at both rows, then delete them.",
    "Do not reword a question or an answer once people have answered: Google starts a new column or keeps both.",
    "Hand in the file from Responses, Download responses (.csv), or from the linked sheet, unchanged.",
)


def to_google_forms(instrument: Instrument, *, language: str, wave: str = "") -> BuildSheet:
    """Return what to paste into Google Forms, question by question.

    Parameters
    ----------
    instrument : Instrument
        The form.
    language : str
        Code of one of its languages.
    wave : str
        One of its waves, or "" for the questions of all waves.

    Returns
    -------
    BuildSheet
        A grid's column is titled `question [row]`, any other has the question's text.

    Raises
    ------
    UsageError
        Where there is no such wave or language.

    Examples
    --------
    >>> item = Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre",), range_min=0.0,
    ...             range_max=10.0)
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(item,), scales=(), sha256="")
    >>> to_google_forms(form, language="en").sections[0].steps[0].notes
    ('Response validation: Number, for a whole number from 0 to 10.',)
    """
    return BuildSheet(
        platform="Google Forms",
        instrument=instrument.name,
        version=instrument.version,
        wave=wave,
        language=language,
        title=text_in(instrument.titles, language),
        is_draft=language in instrument.draft_languages,
        before=BEFORE,
        sections=make_sections(instrument, wave=wave, language=language, tool=_TOOL),
        after=AFTER,
    )


def _notes(item: Item) -> tuple[str, ...]:
    if item.type in NUMBER_TYPES:
        return (f"Response validation: Number, for {number_rule(item)}.",)
    return ("Leave Include time off.",) if item.type == "date" else ()


_TOOL = Tool(
    kinds={
        "select_one": "Multiple choice",
        "select_multiple": "Checkboxes",
        "integer": "Short answer",
        "decimal": "Short answer",
        "text": "Short answer",
        "open": "Paragraph",
        "date": "Date",
        "note": "Title and description",
        GRID: "Multiple choice grid",
    },
    grid_column="{title} [{row}]",
    notes=_notes,
)
