"""Several answers to one question: joined in a cell, or split over columns."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.ingest.matching import ChoiceMatcher, match_key, strip_markup
from toolkit.ingest.table import Option
from toolkit.instruments import Choice, fold_label

_AFTER_LABEL = ".:;!?"
MAX_JOINED = 20_000


def read_joined(text: str, matcher: ChoiceMatcher, *, separators: str) -> frozenset[str] | None:
    """Return the names of the choices that a cell joins, or None where a part of it is no choice.

    Labels may hold the separator themselves, so the cell is matched against the choices, the longest first,
    and never split.

    Parameters
    ----------
    text : str
        The cell.
    matcher : ChoiceMatcher
        Choices of the question.
    separators : str
        Characters that may stand between two answers; a space among them parts words, as Kobo does.
    """
    keys = matcher.keys
    longest = sorted(keys, key=len, reverse=True)
    folded = fold_label(strip_markup(text.replace("\n", ";") if "\n" in separators else text))
    rest = folded.strip(separators + " ")
    if len(rest) > MAX_JOINED:
        return None
    found = _match_from(rest, 0, longest, keys, separators.replace("\n", ";"), len(keys))
    return frozenset(found) if found is not None else None


def _match_from(
    text: str, start: int, longest: list[str], keys: Mapping[str, Choice], separators: str, left: int
) -> set[str] | None:
    if start >= len(text):
        return set()
    # No choice is ticked twice, so a cell of more parts than texts is none of ours.
    for key in longest if left else ():
        if not text.startswith(key, start):
            continue
        end = start + len(key)
        after = _skip(text, end, separators)
        if after is None:
            continue
        rest = _match_from(text, after, longest, keys, separators, left - 1)
        if rest is not None:
            return {keys[key].name} | rest
    return None


def _skip(text: str, end: int, separators: str) -> int | None:
    """Return where the next answer starts after a label that ends at `end`; None where the label goes on."""
    position = end
    while position < len(text) and text[position] in _AFTER_LABEL and text[position] not in separators:
        position += 1
    if position >= len(text):
        return position
    begin = position
    while position < len(text) and text[position] in separators + " ":
        position += 1
    return position if any(mark in separators for mark in text[begin:position]) else None


def is_ticked(text: str, *, names: tuple[str, ...], option: Option) -> bool | None:
    """Return whether a cell of a split question means its option; None where that cannot be told.

    Parameters
    ----------
    text : str
        The cell.
    names : tuple of str
        What the option is called: the cell may repeat it.
    option : Option
        The column.
    """
    key = match_key(text)
    if key in option.unticked:
        return False
    if key in option.ticked or key in {match_key(name) for name in names}:
        return True
    return True if option.written else None
