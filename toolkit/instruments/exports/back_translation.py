"""The sheet that a back-translator fills in without seeing the original."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from toolkit.core.errors import Problem, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.instruments.exports.form import text_in
from toolkit.instruments.model import Instrument

HEADER = ("part", "name", "text", "back_translation", "remark")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def back_translation_sheet(instrument: Instrument, language: str) -> str:
    """Return every text of one language with room for its translation back.

    Parameters
    ----------
    instrument : Instrument
        The form.
    language : str
        Code of one of its languages.

    Returns
    -------
    str
        CSV with a byte order mark: one row per title, scale, question, hint and choice (each list once). The
        original wording is left out on purpose, as a back-translation is made blind. A text that a spreadsheet
        would take for a formula has an apostrophe before it.

    Raises
    ------
    UsageError
        Where the instrument does not offer the language.

    References
    ----------
    Brislin, R. W. (1970). Back-translation for cross-cultural research. Journal of Cross-Cultural Psychology,
    1(3), 185-216.

    Examples
    --------
    >>> form = Instrument(name="tiny", version="1", titles={"it": "Piccolo"}, languages=("it",), waves=("pre",),
    ...                   items=(), scales=(), sha256="")
    >>> back_translation_sheet(form, "it").splitlines()[1]
    'title,tiny,Piccolo,,'
    """
    if language not in instrument.languages:
        raise UsageError(
            Problem(
                what=f"instrument {instrument.name} has no texts in {language}",
                allowed=", ".join(instrument.languages),
                mend=suggest_name(language, instrument.languages),
            )
        )
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(HEADER)
    for part, name, texts in _texts(instrument):
        text = text_in(texts, language)
        if text:
            writer.writerow((part, name, f"'{text}" if text.startswith(_FORMULA_STARTS) else text, "", ""))
    return "\ufeff" + buffer.getvalue()


def _texts(instrument: Instrument) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    yield "title", instrument.name, instrument.titles
    for scale in instrument.scales:
        yield "scale", scale.name, scale.labels
    lists = {}
    for item in instrument.items:
        yield "question" if item.holds_answer else "text", item.name, item.labels
        yield "hint", item.name, item.hints
        if item.choices:
            lists[item.list_name] = item.choices
    for list_name, choices in lists.items():
        for choice in choices:
            yield "choice", f"{list_name}: {choice.name}", choice.labels
