"""EUSurvey: a build sheet, since it imports only what it exported itself."""

from __future__ import annotations

from toolkit.instruments.exports.build_sheet import GRID, BuildSheet, Tool, make_sections, number_rule
from toolkit.instruments.exports.form import text_in
from toolkit.instruments.model import NUMBER_TYPES, Instrument, Item

BEFORE = (
    "Properties, Security: set Anonymous survey mode to Yes, so that neither address nor e-mail is kept.",
    "Properties, Security: leave Secured with password and EU Login off, which would tell who answered.",
    "Properties, Security: set Allow participants to change their contribution to No.",
    "Build the survey in one language; for the others use Translations, and take the texts from their own sheets.",
    "Paste every text as it stands: titles and answers are how the toolkit finds its questions again.",
    "Give each question the identifier named here (Advanced, Identifier).",
    "Leave Order of the answers at Original everywhere.",
)
AFTER = (
    "Publish, answer once on a phone and once on a computer, look at both rows, then delete them.",
    "Do not reword a question or an answer once people have answered.",
    "Hand in the file from Results, Export as XLSX, with all questions selected, unchanged.",
)


def to_eusurvey(instrument: Instrument, *, language: str, wave: str = "") -> BuildSheet:
    """Return what to paste into EUSurvey, question by question.

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
        A matrix's column is titled `question: row`, any other has the question's text.

    Raises
    ------
    UsageError
        Where there is no such wave or language.

    Examples
    --------
    >>> item = Item(name="best", type="text", labels={"en": "What was best?"}, waves=("pre",), role="open")
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(item,), scales=(), sha256="")
    >>> to_eusurvey(form, language="en").columns
    (('best', 'What was best?'),)
    """
    return BuildSheet(
        platform="EUSurvey",
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
        decimals = "Decimal places: 0. " if item.type == "integer" else ""
        return (f"{decimals}Minimum and maximum for {number_rule(item)}.",)
    return ()


_TOOL = Tool(
    kinds={
        "select_one": "Single Choice, style Radio Button",
        "select_multiple": "Multiple Choice, style Check Box",
        "integer": "Number",
        "decimal": "Number",
        "text": "Free Text, 1 row",
        "open": "Free Text, 5 rows",
        "date": "Date",
        "note": "Text",
        GRID: "Matrix, single choice",
    },
    grid_column="{title}: {row}",
    notes=_notes,
)
