"""One cell's text to a typed value, by its item; what does not fit is a fault, never a guess."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from toolkit.instruments import Item, choice_lookup, fold_label

_WHOLE = re.compile(r"[+-]?\d{1,15}(\.0+)?")
_DECIMAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))

BLANK = "blank"
MARKED = "marked missing"
NOT_ASKED = "not asked"
NOT_EXPORTED = "not in the export"

NAMING_ROLES = frozenset({"group", "key"})
"""Roles whose answer is a name: what is not in the list of choices stays the text it is."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A typed cell: a value, or the reason why there is none, or the fault that stops the reading.

    Parameters
    ----------
    value : float, str or None
        Score, number or text; None where there is no answer.
    reason : str
        Why there is no answer, or "".
    fault : str
        What is wrong with the text, or "".
    """

    value: float | str | None = None
    reason: str = ""
    fault: str = ""


def clean_text(text: str) -> str:
    r"""Return `text` without invisible marks and outer white space (non-breaking ones included).

    Examples
    --------
    >>> clean_text("\u00a0007\u200b ")
    '007'
    """
    return text.translate(_INVISIBLE).strip()


class CellReader:
    """Reads the cells of one item.

    Parameters
    ----------
    item : Item
        The question.
    missing : frozenset of str
        Texts that the study declares to mean no answer.
    scores_as_numbers : bool
        Whether a bare number may stand for the choice with that score. True for plain files; False for
        Qualtrics, whose numbers are ids of choices and not scores.
    """

    def __init__(self, item: Item, *, missing: frozenset[str], scores_as_numbers: bool) -> None:
        self.item = item
        self.missing = missing
        self.choices = choice_lookup(item)
        self.by_score = (
            {choice.score: choice for choice in item.choices if choice.score is not None} if scores_as_numbers else {}
        )
        self.scored = any(choice.score is not None for choice in item.choices)

    def read(self, text: str) -> Cell:
        """Return the typed cell of `text`."""
        text = clean_text(text)
        if not text:
            return Cell(reason=BLANK)
        if text in self.missing:
            return Cell(reason=MARKED)
        if self.item.choices:
            return self._read_choice(text)
        if self.item.type in ("integer", "decimal"):
            return self._read_number(text)
        if self.item.type == "date":
            return self._read_date(text)
        return Cell(value=text)

    def allowed(self) -> str:
        """Return what the item accepts, in words."""
        if self.item.choices:
            labels = [
                choice.labels.get("en", next(iter(choice.labels.values()), choice.name)) for choice in self.item.choices
            ]
            scores = ""
            if self.by_score:
                scores = f", or a score from {min(self.by_score):g} to {max(self.by_score):g}"
            return " | ".join(labels) + f" (in any language of the form){scores}"
        if self.item.type == "date":
            return "a date as YYYY-MM-DD"
        kind = "a whole number" if self.item.type == "integer" else "a number with a decimal point"
        if self.item.score_range is not None:
            low, high = self.item.score_range
            return f"{kind} from {low:g} to {high:g}"
        return kind

    def _read_choice(self, text: str) -> Cell:
        choice = self.choices.get(fold_label(text))
        plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
        number = float(plain) if _DECIMAL.fullmatch(plain) else None
        if choice is None and number is not None:
            choice = self.by_score.get(number)
            if choice is None and self.by_score:
                return Cell(fault="the answer is out of scale")
            if choice is None and self.scored:
                return Cell(fault="the answer is a number, and numbers in this file are not known to be scores")
        if choice is None and self.item.role in NAMING_ROLES:
            return Cell(value=text)
        if choice is None:
            return Cell(fault="the answer is none of the form's choices in any language")
        if choice.missing_reason:
            return Cell(reason=choice.missing_reason)
        return Cell(value=choice.score if self.scored else choice.name)

    def _read_number(self, text: str) -> Cell:
        plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
        pattern = _WHOLE if self.item.type == "integer" else _DECIMAL
        if not pattern.fullmatch(plain):
            kind = "a whole number" if self.item.type == "integer" else "a number"
            return Cell(fault=f"the answer is not {kind}")
        value = float(plain)
        if self.item.score_range is not None:
            low, high = self.item.score_range
            if not low <= value <= high:
                return Cell(fault="the answer is out of scale")
        return Cell(value=value)

    def _read_date(self, text: str) -> Cell:
        try:
            return Cell(value=date.fromisoformat(text).isoformat())
        except ValueError:
            return Cell(fault="the answer is not a date")
