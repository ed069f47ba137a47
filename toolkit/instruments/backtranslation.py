"""The sheet on which a second translator writes every text back into English without seeing the original."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from toolkit.core.errors import Problem, UsageError
from toolkit.instruments.model import Instrument

COLUMNS = ("item", "part", "language", "text", "back_translation")


def back_translation_sheet(instrument: Instrument, *, language: str) -> str:
    r"""Return every text of an instrument in one language, with a blank column for its translation back.

    Parameters
    ----------
    instrument : Instrument
        The questionnaire.
    language : str
        One of its languages.

    Returns
    -------
    str
        CSV text (commas, one row per text): item or list or scale; part (title, label, hint, choice code, scale);
        language; text; back_translation, which is blank. The original is left out on purpose. A choice that
        several questions share stands once.

    Raises
    ------
    UsageError
        The instrument is not offered in the language.

    Notes
    -----
    A text that a spreadsheet would take for a formula (= + - @ first) has an apostrophe put before it.

    Examples
    --------
    >>> from toolkit.core.shipped import shipped_path
    >>> from toolkit.instruments.xlsform import load_instrument
    >>> form = load_instrument(shipped_path("surveys", "instruments", "participant"))
    >>> for line in back_translation_sheet(form, language="sv").splitlines()[:4]:
    ...     print(line)
    item,part,language,text,back_translation
    participant,title,sv,Praktik i ett socialt företag: din bild,
    consent,label,sv,Jag samtycker till att delta i den här utvärderingen.,
    consent,hint,sv,Det är frivilligt att delta. Du kan sluta när du vill utan att det påverkar din praktik.,
    """
    if language not in instrument.languages:
        raise UsageError(
            Problem(
                what=f"instrument {instrument.name} is not offered in this language",
                column="language",
                allowed=", ".join(instrument.languages),
            )
        )
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item, part, texts in _texts(instrument):
        text = texts.get(language, "")
        if text:
            writer.writerow((item, part, language, f"'{text}" if text[0] in "=+-@\t\r" else text, ""))
    return buffer.getvalue()


def _texts(instrument: Instrument) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    yield instrument.name, "title", instrument.titles
    shown: set[str] = set()
    for item in instrument.items:
        yield item.name, "label", item.labels
        yield item.name, "hint", item.hints
        if item.list_name not in shown:
            for choice in item.choices:
                yield item.list_name, choice.name, choice.labels
        shown.add(item.list_name)
    for scale in instrument.scales:
        yield scale.name, "scale", scale.labels
