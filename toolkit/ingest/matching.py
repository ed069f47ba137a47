"""How the text of a cell finds its choice: folding that is no guess, and anchors such as "5 - Agree"."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from toolkit.instruments import Choice, Item, choice_lookup, fold_label

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_ANCHOR = re.compile(r"([+-]?\d{1,3})\s*[-–—.:)=]\s*(\D.*)", re.S)
_ANCHOR_AFTER = re.compile(r"(.*\D)\s*[(\[]\s*([+-]?\d{1,3})\s*[)\]]", re.S)
_TRAILING = " .:;,!?…*"

ANCHOR_DIFFERS = "the number beside the label is not the score of that choice"


def strip_markup(text: str) -> str:
    r"""Return `text` without HTML tags and with entities as the letters they stand for.

    Examples
    --------
    >>> strip_markup("<b>Caf&eacute;</b>&nbsp;&amp; bar, under <18")
    'Café\xa0& bar, under <18'
    """
    if "<" in text:
        text = _TAG.sub("", text)
    return html.unescape(text) if "&" in text else text


def match_key(text: str) -> str:
    """Return a label as cells and labels are compared: no markup, folded, no punctuation at the end.

    Examples
    --------
    >>> match_key("<p>Strongly  agree.</p>")
    'strongly agree'
    """
    folded = fold_label(strip_markup(text))
    return folded.rstrip(_TRAILING) or folded


def unique_keys(pairs: Iterable[tuple[str, Choice]]) -> dict[str, Choice]:
    """Return key -> choice; a key that stands for two choices stands for none."""
    keys: dict[str, Choice] = {}
    twice = set()
    for text, choice in pairs:
        key = match_key(text)
        if keys.setdefault(key, choice).name != choice.name:
            twice.add(key)
    return {key: choice for key, choice in keys.items() if key not in twice}


class ChoiceMatcher:
    """Finds the choice that a text of an export stands for.

    Parameters
    ----------
    item : Item
        A question with choices.
    """

    def __init__(self, item: Item) -> None:
        self._exact = choice_lookup(item)
        self._loose = unique_keys(
            (text, choice)
            for choice in item.choices
            for text in (choice.name, *choice.labels.values(), *choice.aliases)
            if text
        )

    @property
    def keys(self) -> dict[str, Choice]:
        """Every text, folded with and without its end punctuation, and the choice it stands for."""
        return {**self._loose, **self._exact}

    def find(self, text: str) -> Choice | str | None:
        """Return the choice; None where there is none; a fault where number and label disagree."""
        choice = self.find_label(text)
        if choice is not None:
            return choice
        folded = fold_label(strip_markup(text))
        if match := _ANCHOR.fullmatch(folded):
            number, label = match[1], match[2]
        elif match := _ANCHOR_AFTER.fullmatch(folded):
            number, label = match[2], match[1]
        else:
            return None
        choice = self.find_label(label)
        if choice is not None and choice.score is not None and choice.score != float(number):
            return ANCHOR_DIFFERS
        return choice

    def find_label(self, text: str) -> Choice | None:
        """Return the choice that the whole text names, or None."""
        return self._exact.get(fold_label(text)) or self._loose.get(match_key(text))
