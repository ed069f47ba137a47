"""Languages, and how a label from an export finds its choice."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from toolkit.instruments.model import Choice, Item

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"en": "English (en)", "it": "Italiano (it)", "sv": "Svenska (sv)", "ro": "Română (ro)"}
)

# NFKC keeps the cedilla letters of old Romanian keyboards apart from the correct comma-below ones, and curly
# apostrophes (word processors write them into "d’accordo") apart from straight ones.
_SAME_LETTER = str.maketrans({"ţ": "ț", "ş": "ș", "’": "'", "‘": "'", "ʼ": "'"})


def label_column(prefix: str, language: str) -> str:
    """Return the XLSForm column of a text in a language.

    Parameters
    ----------
    prefix : str
        "label", "hint" or "form_title".
    language : str
        A code of `LANGUAGES`.

    Examples
    --------
    >>> label_column("label", "ro")
    'label::Română (ro)'
    """
    return f"{prefix}::{LANGUAGES[language]}"


def fold_label(text: str) -> str:
    """Return `text` in the form in which labels are compared.

    Case, kinds and runs of space, compatibility characters, cedilla or comma below t and s, and curly or
    straight apostrophes make no difference. Accents and punctuation do: folding is no guess.

    Parameters
    ----------
    text : str
        A label, alias, choice name or cell of an export.

    Returns
    -------
    str
        Folded text; folding it again changes nothing.

    Notes
    -----
    Unicode NFKC, then case folding, repeated until the text stays the same, as case folding can undo NFKC.

    References
    ----------
    Unicode Standard Annex 15 (normalisation forms); the Unicode Standard, section 3.13 (caseless matching).

    Examples
    --------
    >>> fold_label("  Del  tutto d’ACCORDO ")
    "del tutto d'accordo"
    >>> fold_label("Învăţământ") == fold_label("învățământ")
    True
    """
    folded = text
    while True:
        step = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
        step = " ".join(step.translate(_SAME_LETTER).split())
        if step == folded:
            return folded
        folded = step


def choice_lookup(item: Item) -> Mapping[str, Choice]:
    """Return what a folded cell of an export stands for.

    Parameters
    ----------
    item : Item
        A select_one or select_multiple item; any other gives an empty mapping.

    Returns
    -------
    mapping of str to Choice
        `fold_label` of every choice name, label (all languages) and alias -> the choice. Scores are not among
        the keys, since platforms also number choices in ways that are not the score.

    Notes
    -----
    `load_instrument` refuses a list in which one text stands for two choices, so the mapping is unambiguous.

    Examples
    --------
    >>> yes = Choice(name="yes", labels={"en": "Yes", "it": "Sì"}, aliases=("Si",))
    >>> item = Item(name="prior", type="select_one", labels={"en": "Worked?"}, waves=("pre",),
    ...             choices=(yes,))
    >>> sorted(choice_lookup(item))
    ['si', 'sì', 'yes']
    """
    return MappingProxyType(
        {
            fold_label(text): choice
            for choice in item.choices
            for text in (choice.name, *choice.labels.values(), *choice.aliases)
        }
    )
