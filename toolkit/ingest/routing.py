"""Which respondents a question was put to: the form's own conditions, so that routed away is not skipped."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from toolkit.instruments import Instrument, Item

Answers = Mapping[str, npt.NDArray[np.generic]]
Flags = npt.NDArray[np.bool_]

_TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{\s*\w+\s*\})|(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)|(?P<mark>!=|<=|>=|=|<|>|\(|\)|,)"
    r"|(?P<word>[A-Za-z][\w-]*))"
)
_ORDER = ("<", "<=", ">", ">=")


class _NotReadError(ValueError):
    """The condition holds something that is not read here."""


def conditions(instrument: Instrument) -> dict[str, tuple[str, ...]]:
    """Return item name -> the conditions under which it is shown, those of its groups included.

    Parameters
    ----------
    instrument : Instrument
        The form.
    """
    found: dict[str, tuple[str, ...]] = {}
    groups: list[str] = []
    for item in instrument.items:
        if item.type == "begin_group":
            groups.append(item.relevant)
        elif item.type == "end_group":
            groups.pop()
        elif item.holds_answer:
            own = tuple(text for text in (*groups, item.relevant) if text.strip())
            if own:
                found[item.name] = own
    return found


def is_shown(condition: str, answers: Answers, *, instrument: Instrument) -> Flags | None:
    """Return to whom a question was shown, or None where its condition cannot be told here.

    Parameters
    ----------
    condition : str
        XLSForm expression: comparisons of ``${item}`` with a text or number, ``selected(${item}, 'code')``,
        ``and``, ``or``, ``not( )`` and brackets.
    answers : mapping of str to ndarray
        Item name -> typed answers of the items that were asked and exported.
    instrument : Instrument
        The form: a scored choice is stored as its score and compared by its code.

    Examples
    --------
    >>> from toolkit.instruments import Instrument, Item
    >>> age = Item(name="age", type="integer", labels={"en": "Age"}, waves=("pre",))
    >>> form = Instrument(name="f", version="1", titles={"en": "F"}, languages=("en",), waves=("pre",),
    ...                   items=(age,), scales=(), sha256="")
    >>> is_shown("${age} >= 18 and not(${age} = 99)", {"age": np.array([17.0, 18.0, 99.0, np.nan])}, instrument=form)
    array([False,  True, False, False])
    """
    try:
        return _Reader(condition, answers, instrument).whole()
    except _NotReadError:
        return None


class _Reader:
    """Reads one condition from left to right."""

    def __init__(self, condition: str, answers: Answers, instrument: Instrument) -> None:
        self.answers = answers
        self.instrument = instrument
        self.tokens: list[tuple[str, str]] = []
        position, text = 0, condition.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise _NotReadError(text[position:])
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        self.next = 0

    def whole(self) -> Flags:
        flags = self._any()
        if self.next < len(self.tokens):
            raise _NotReadError(self.tokens[self.next][1])
        return flags

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.next] if self.next < len(self.tokens) else ("", "")

    def _take(self, *, kind: str = "", text: str = "") -> str:
        found = self._peek()
        if not found[0] or (kind and found[0] != kind) or (text and found[1] != text):
            raise _NotReadError(found[1])
        self.next += 1
        return found[1]

    def _any(self) -> Flags:
        flags = self._all()
        while self._peek() == ("word", "or"):
            self.next += 1
            flags = flags | self._all()
        return flags

    def _all(self) -> Flags:
        flags = self._one()
        while self._peek() == ("word", "and"):
            self.next += 1
            flags = flags & self._one()
        return flags

    def _one(self) -> Flags:
        kind, text = self._peek()
        if text in ("not", "selected") and kind == "word":
            self.next += 1
            self._take(text="(")
            flags = ~self._any() if text == "not" else self._selected()
            self._take(text=")")
            return flags
        if text == "(":
            self.next += 1
            flags = self._any()
            self._take(text=")")
            return flags
        item = self._item()
        mark = self._take(kind="mark")
        if mark not in ("=", "!=", *_ORDER):
            raise _NotReadError(mark)
        return self._compare(item, mark)

    def _item(self) -> Item:
        name = self._take(kind="ref")[2:-1].strip()
        found = [item for item in self.instrument.items if item.name == name]
        if not found or name not in self.answers:
            raise _NotReadError(name)
        return found[0]

    def _literal(self) -> str:
        kind, text = self._peek()
        if kind not in ("text", "number"):
            raise _NotReadError(text)
        self.next += 1
        return text[1:-1] if kind == "text" else text

    def _selected(self) -> Flags:
        item = self._item()
        self._take(text=",")
        code = self._literal()
        if item.type == "select_one":
            return self._equals(item, code)
        return np.array(
            [isinstance(text, str) and code in text.split(" ") for text in self.answers[item.name]], dtype=bool
        )

    def _compare(self, item: Item, mark: str) -> Flags:
        text = self._literal()
        values = self.answers[item.name]
        if mark in ("=", "!="):
            equal = self._equals(item, text)
            return equal if mark == "=" else ~equal
        if values.dtype != np.float64 or item.type == "select_one":
            raise _NotReadError(mark)
        bound, numbers = float(text), values.astype(np.float64)
        if mark[0] == "<":
            return numbers <= bound if mark == "<=" else numbers < bound
        return numbers >= bound if mark == ">=" else numbers > bound

    def _equals(self, item: Item, text: str) -> Flags:
        values = self.answers[item.name]
        if values.dtype == np.float64:
            scores = {choice.name: choice.score for choice in item.choices}
            if not text:
                return np.isnan(values.astype(np.float64))
            if item.choices and scores.get(text) is None:
                raise _NotReadError(text)
            wanted = scores[text] if item.choices else float(text)
            return np.asarray(values == wanted, dtype=bool)
        return np.array([(value if isinstance(value, str) else "") == text for value in values], dtype=bool)
