"""One cell's text to a typed value, by its item; what does not fit is a fault, never a guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from toolkit.ingest.dates import is_serial, read_date, repair_range
from toolkit.ingest.matching import ChoiceMatcher
from toolkit.ingest.multiples import read_joined
from toolkit.instruments import Choice, Item

_WHOLE = re.compile(r"[+-]?\d{1,15}(\.0+)?")
_DECIMAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,15}")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))

BLANK = "blank"
MARKED = "marked missing"
NOTHING_TICKED = "nothing ticked"
NOT_ASKED = "not asked"
NOT_EXPORTED = "not in the export"

OTHER_DIGITS = "digits or a minus sign of another kind were read as the plain ones"

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
    repair : str
        What was mended to read the text, or "".
    """

    value: float | str | None = None
    reason: str = ""
    fault: str = ""
    repair: str = ""


def clean_text(text: str) -> str:
    r"""Return `text` without invisible marks and outer white space (non-breaking ones included).

    Examples
    --------
    >>> clean_text("\u00a0007\u200b ")
    '007'
    """
    # Most cells hold nothing but plain letters, which need no look at each.
    return text.strip() if text.isascii() else text.translate(_INVISIBLE).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRules:
    """How the cells of one column are meant.

    Parameters
    ----------
    missing : frozenset of str
        Texts that the study declares to mean no answer.
    scores_as_numbers : bool
        Whether a bare number may stand for the choice with that score. True for plain files; False for
        Qualtrics, whose numbers are ids of choices and not scores.
    value_labels : mapping of str to str
        Code -> label, where the file brings them; a label goes before a score.
    separators : str
        Characters between several answers in one cell.
    date_order : str
        Order of day, month and year, or "" for YYYY-MM-DD only.
    date_window : tuple of str
        Earliest and latest possible date, or two blanks.
    decimal : {".", ","}
        Decimal mark.
    """

    missing: frozenset[str] = frozenset()
    scores_as_numbers: bool = True
    value_labels: Mapping[str, str] = field(default_factory=dict)
    separators: str = ",;|\n"
    date_order: str = ""
    date_window: tuple[str, str] = ("", "")
    decimal: str = "."


class CellReader:
    """Reads the cells of one item.

    Parameters
    ----------
    item : Item
        The question.
    rules : CellRules
        What the platform and the study say of the column.
    """

    def __init__(self, item: Item, rules: CellRules) -> None:
        self.item = item
        self.rules = rules
        self.matcher = ChoiceMatcher(item)
        self.scored = item.type == "select_one" and any(choice.score is not None for choice in item.choices)
        by_score = {choice.score: choice for choice in item.choices if choice.score is not None}
        self.by_score = by_score if rules.scores_as_numbers and self._labels_agree() else {}

    def read(self, text: str) -> Cell:
        """Return the typed cell of `text`."""
        text = clean_text(text)
        if not text:
            return Cell(reason=BLANK)
        if text in self.rules.missing:
            return Cell(reason=MARKED)
        if self.item.type == "select_multiple":
            return self._read_several(text)
        if self.item.choices:
            return self._read_choice(text)
        if self.item.type in ("integer", "decimal"):
            return self._read_number(text)
        if self.item.type == "date":
            day = read_date(text, order=self.rules.date_order, window=self.rules.date_window)
            if isinstance(day, str):
                return Cell(fault=day)
            serial = "a spreadsheet's serial number was read back as the day that it counts"
            return Cell(value=day.isoformat(), repair=serial if is_serial(text) else "")
        if self.item.role == "key" and _SCIENTIFIC.fullmatch(text):
            return Cell(fault="the code is in scientific notation: a spreadsheet program damaged it")
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
            return f"a date as {self.rules.date_order or 'YYYY-MM-DD'}"
        kind = "a whole number" if self.item.type == "integer" else "a number with a decimal point"
        if self.item.score_range is not None:
            low, high = self.item.score_range
            return f"{kind} from {low:g} to {high:g}"
        return kind

    def _labels_agree(self) -> bool:
        """Whether every labelled code that is a choice of the form is the score of that choice."""
        for code, label in self.rules.value_labels.items():
            choice = self.matcher.find_label(label)
            number = _number(code)
            if choice is not None and not choice.is_missing and choice.score != number:
                return False
        return True

    def _read_choice(self, text: str) -> Cell:
        found = self.matcher.find(self.rules.value_labels.get(text, text))
        if isinstance(found, str):
            return Cell(fault=found)
        number = _number(text)
        if found is None and number is not None:
            found = self.by_score.get(number)
            if found is None and text in self.rules.value_labels:
                return Cell(fault="the label that the file gives to this number is none of the form's choices")
            if found is None and self.by_score:
                return Cell(fault="the answer is out of scale")
            if found is None and self.scored:
                return Cell(fault="the answer is a number, and numbers in this file are not known to be scores")
        repaired = OTHER_DIGITS if number is not None and plain_digits(text) != text else ""
        if found is None:
            found = repair_range(text, self.matcher.keys)
            repaired = "a date was read back as the range that a spreadsheet program made it of" if found else ""
        if found is None and self.item.role in NAMING_ROLES:
            return Cell(value=text)
        if found is None:
            return Cell(fault="the answer is none of the form's choices in any language")
        return self._of_choice(found, repaired)

    def _of_choice(self, choice: Choice, repaired: str) -> Cell:
        if choice.missing_reason:
            return Cell(reason=choice.missing_reason, repair=repaired)
        return Cell(value=choice.score if self.scored else choice.name, repair=repaired)

    def _read_several(self, text: str) -> Cell:
        names = read_joined(text, self.matcher, separators=self.rules.separators)
        if names is None:
            return Cell(fault="the answers are not all among the form's choices in any language")
        return cell_of_choices(self.item, names)

    def _read_number(self, text: str) -> Cell:
        plain = plain_digits(text)
        if self.rules.decimal == "," and _COMMA.fullmatch(plain):
            plain = plain.replace(",", ".")
        pattern = _WHOLE if self.item.type == "integer" else _DECIMAL
        if not pattern.fullmatch(plain):
            kind = "a whole number" if self.item.type == "integer" else "a number"
            return Cell(fault=f"the answer is not {kind}")
        value = float(plain)
        if self.item.score_range is not None:
            low, high = self.item.score_range
            if not low <= value <= high:
                return Cell(fault="the answer is out of scale")
        return Cell(value=value, repair=OTHER_DIGITS if plain_digits(text) != text else "")


def plain_digits(text: str) -> str:
    """Return `text` with wide digits and the minus sign of typesetters as plain ones."""
    return unicodedata.normalize("NFKC", text).replace("\u2212", "-")


def _number(text: str) -> float | None:
    plain = plain_digits(text)
    return float(plain) if _DECIMAL.fullmatch(plain) else None


def cell_of_choices(item: Item, names: frozenset[str]) -> Cell:
    """Return the cell of a question with several answers: codes in the order of the form, or why none."""
    chosen = [choice for choice in item.choices if choice.name in names]
    if not chosen:
        return Cell(reason=NOTHING_TICKED)
    reasons = {choice.missing_reason for choice in chosen}
    if reasons == {""}:
        return Cell(value=" ".join(choice.name for choice in chosen))
    if len(chosen) == 1:
        return Cell(reason=chosen[0].missing_reason)
    return Cell(fault="a choice that means no answer stands beside another answer")


def decimal_mark(texts: list[str]) -> str:
    """Return the decimal mark of a column: a comma only where no cell has a point and a comma is no thousands mark.

    Examples
    --------
    >>> decimal_mark(["1,54", "2"]), decimal_mark(["22.1"]), decimal_mark(["1,234"]), decimal_mark(["1,5", "1.5"])
    (',', '.', '.', '.')
    """
    numbers = [plain_digits(clean_text(text)) for text in texts]
    commas = [number for number in numbers if _COMMA.fullmatch(number)]
    pointed = any("." in number and _DECIMAL.fullmatch(number) for number in numbers)
    if commas and not pointed and any(len(number.partition(",")[2]) != 3 for number in commas):
        return ","
    return "."
