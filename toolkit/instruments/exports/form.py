"""What every target asks of an instrument: the rows of a wave, texts, numbers, the banner of a draft."""

from __future__ import annotations

import re
from collections.abc import Mapping

from toolkit.core.errors import Problem, UsageError
from toolkit.core.nearest import suggest_name
from toolkit.instruments.exports.gap_notes import put_gap_notes
from toolkit.instruments.model import Choice, Instrument, Item

CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BREAKS = re.compile(r"\s*[\r\n\u2028\u2029]+\s*")


def choose_items(instrument: Instrument, *, wave: str = "") -> tuple[Item, ...]:
    """Return the rows of a form, notes and group edges included, with a note in each gap.

    Parameters
    ----------
    instrument : Instrument
        The form.
    wave : str
        One of its waves, or "" for the rows of all waves.

    Returns
    -------
    tuple of Item
        In the order of the questionnaire. A question stays where it is asked in the wave; the edges of a group
        go where the group is not shown in the wave or has nothing left in it.

    Raises
    ------
    UsageError
        Where there is no such wave.

    Examples
    --------
    >>> edge = {"labels": {}, "waves": ("pre",)}
    >>> rows = (Item(name="page", type="begin_group", **edge), Item(name="", type="end_group", **edge),
    ...         Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre",)))
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=rows, scales=(), sha256="")
    >>> [item.name for item in choose_items(form, wave="pre")]
    ['ls']
    """
    if wave and wave not in instrument.waves:
        raise UsageError(
            Problem(
                what=f"instrument {instrument.name} has no wave called {wave}",
                allowed=", ".join(instrument.waves),
                mend=suggest_name(wave, instrument.waves),
            )
        )
    kept: list[Item] = []
    started: list[int] = []  # where each open group stands in `kept`, or -1 where its edges are left out
    for item in put_gap_notes(instrument):
        shown = not wave or wave in item.waves
        if item.type == "begin_group":
            started.append(len(kept) if shown else -1)
            if shown:
                kept.append(item)
        elif item.type == "end_group":
            position = started.pop()
            if position == len(kept) - 1:
                kept.pop()
            elif position >= 0:
                kept.append(item)
        elif shown:
            kept.append(item)
    return tuple(kept)


def is_multiple(item: Item) -> bool:
    """Return whether several answers can be chosen."""
    return str(item.type) == "select_multiple"


def draft_banner(instrument: Instrument) -> dict[str, str]:
    """Return language -> what a form says at its start while any wording is a draft; empty where none is.

    Parameters
    ----------
    instrument : Instrument
        The form.

    Returns
    -------
    dict of str to str
        Every language of the form, as tools want a text in all of them.

    Examples
    --------
    >>> form = Instrument(name="tiny", version="1", titles={}, languages=("en", "it"), waves=("pre",), items=(),
    ...                   scales=(), sha256="", translation_status={"it": "reviewed by Anna Bianchi on 2026-02-01"})
    >>> draft_banner(form)["en"]
    'Draft: no native speaker has read and signed this wording yet.'
    """
    drafts = instrument.draft_languages
    return {code: _STATUS_WORDS[code][code in drafts] for code in instrument.languages} if drafts else {}


def text_in(texts: Mapping[str, str], language: str) -> str:
    """Return a text in one language without characters that no file format carries; "" where there is none."""
    return CONTROL_CHARACTERS.sub(" ", texts.get(language, ""))


def one_line(text: str) -> str:
    """Return a text with its line breaks and tabs turned into single spaces."""
    return " ".join(_BREAKS.sub(" ", text).replace("\t", " ").split(" ")).strip()


def number_text(number: float, *, language: str = "en") -> str:
    """Return a number as people write it: no needless decimals, and the decimal mark of the language.

    Examples
    --------
    >>> number_text(10.0), number_text(2.5, language="sv")
    ('10', '2,5')
    """
    text = str(int(number)) if number.is_integer() else repr(number)
    return text if language == "en" else text.replace(".", ",")


def describe_range(item: Item, *, language: str) -> str:
    """Return what numbers can be given, as a sentence for respondents; "" where there is no range.

    Examples
    --------
    >>> item = Item(name="ls", type="integer", labels={}, waves=("pre",), range_min=0.0, range_max=10.0)
    >>> describe_range(item, language="it")
    'Un numero da 0 a 10.'
    """
    between, lowest, highest = _RANGE_WORDS.get(language, _RANGE_WORDS["en"])
    low = "" if item.range_min is None else number_text(item.range_min, language=language)
    high = "" if item.range_max is None else number_text(item.range_max, language=language)
    if low and high:
        return between.format(low=low, high=high)
    if low:
        return lowest.format(low=low)
    return highest.format(high=high) if high else ""


def answer_choices(item: Item) -> tuple[Choice, ...]:
    """Return the choices that are answers, without those that mean a missing one."""
    return tuple(choice for choice in item.choices if not choice.is_missing)


_RANGE_WORDS: Mapping[str, tuple[str, str, str]] = {
    "en": ("A number from {low} to {high}.", "A number of {low} or more.", "A number of {high} or less."),
    "it": ("Un numero da {low} a {high}.", "Un numero non inferiore a {low}.", "Un numero non superiore a {high}."),
    "sv": ("Ett tal från {low} till {high}.", "Ett tal på minst {low}.", "Ett tal på högst {high}."),
    "ro": ("Un număr de la {low} la {high}.", "Un număr de cel puțin {low}.", "Un număr de cel mult {high}."),
}
# What is said of a wording that is signed, and of one that is not.
_STATUS_WORDS: Mapping[str, tuple[str, str]] = {
    "en": (
        "A native speaker has read and signed this wording.",
        "Draft: no native speaker has read and signed this wording yet.",
    ),
    "it": (
        "Una persona madrelingua ha riletto e approvato questo testo.",
        "Bozza: nessuna persona madrelingua ha ancora riletto e approvato questo testo.",
    ),
    "sv": (
        "En person med svenska som modersmål har läst och godkänt texten.",
        "Utkast: ingen med svenska som modersmål har läst och godkänt texten ännu.",
    ),
    "ro": (
        "Un vorbitor nativ a citit și a aprobat acest text.",
        "Ciornă: niciun vorbitor nativ nu a citit și nu a aprobat încă acest text.",
    ),
}
