"""Dates in a declared order, spreadsheet serial numbers, and ranges that a spreadsheet turned into dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from toolkit.instruments import Choice

EPOCHS = (date(1899, 12, 30), date(1904, 1, 1))
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan gen ian",
            "feb",
            "mar mars",
            "apr",
            "may mag maj mai",
            "jun giu juni iun",
            "jul lug juli iul",
            "aug ago",
            "sep set sept",
            "oct ott okt",
            "nov noi",
            "dec dic",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{0,2})?)?")
_PARTS = re.compile(r"(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})(?:[T ,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)?")
_SERIAL = re.compile(r"\d{5}")
_DAY_MONTH = re.compile(r"(\d{1,2})[-. /]([^\W\d]{3,4})\.?")
_MONTH_DAY = re.compile(r"([^\W\d]{3,4})\.?[-. /](\d{1,2})")
_RANGE = re.compile(r"(\d{1,2})\s*[-–]\s*(\d{1,2})")

NOT_A_DATE = "the answer is not a date"
NO_ORDER = "the answer is a date whose order of day and month is not declared"


def read_date(text: str, *, order: str, window: tuple[str, str] = ("", "")) -> date | str:
    """Return the date that a text means, or what is wrong with it.

    Parameters
    ----------
    text : str
        ``2005-03-12``, or day, month and year in the declared order; a time after it is passed over.
    order : {"", "ymd", "dmy", "mdy"}
        Declared order; without one only ``YYYY-MM-DD`` is read.
    window : tuple of str
        Earliest and latest possible date. Two-digit years are read only where exactly one date lies within,
        serial numbers only where the day lies within (counted from 1900, or else from 1904).

    Examples
    --------
    >>> read_date("12/03/05", order="dmy", window=("1990-02-02", "2012-02-01"))
    datetime.date(2005, 3, 12)
    >>> read_date("03/04/2021", order="")
    'the answer is a date whose order of day and month is not declared'
    """
    if match := _ISO.fullmatch(text):
        found = _real([(int(match[1]), int(match[2]), int(match[3]))])
    elif match := _PARTS.fullmatch(text):
        if not order:
            return NO_ORDER
        found = _real(_in_order(match.groups(), order))
    elif _SERIAL.fullmatch(text) and window[0]:
        found = _within([epoch + timedelta(days=int(text)) for epoch in EPOCHS], window)[:1]
    else:
        return NOT_A_DATE
    if window[0]:
        within = _within(found, window)
        if len(within) == 1:
            return within[0]
        return "the date is outside the declared window, or could be two dates within" if found else NOT_A_DATE
    return found[0] if len(found) == 1 and found[0].year >= 1000 else NOT_A_DATE


def is_serial(text: str) -> bool:
    """Return whether a text has the shape of a spreadsheet's serial number of a day."""
    return _SERIAL.fullmatch(text) is not None


def _within(days: list[date], window: tuple[str, str]) -> list[date]:
    low, high = (date.fromisoformat(bound) for bound in window)
    return [day for day in days if low <= day <= high]


def _in_order(parts: tuple[str, ...], order: str) -> list[tuple[int, int, int]]:
    named = dict(zip(order, parts, strict=True))
    if len(named["y"]) not in (2, 4) or max(len(named["d"]), len(named["m"])) > 2:
        return []
    years = [int(named["y"])] if len(named["y"]) == 4 else [1900 + int(named["y"]), 2000 + int(named["y"])]
    return [(year, int(named["m"]), int(named["d"])) for year in years]


def _real(days: Iterable[tuple[int, int, int]]) -> list[date]:
    found = []
    for year, month, day in days:
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    return found


def repair_range(text: str, choices: Mapping[str, Choice]) -> Choice | None:
    """Return the one choice, a range such as 1-5, that a spreadsheet can have turned into this date.

    Parameters
    ----------
    text : str
        A cell such as ``5-Jan``, ``Jan-50`` or ``2024-01-05``.
    choices : mapping of str to Choice
        Folded label -> choice.

    Returns
    -------
    Choice or None
        None where no listed range fits, or two do.
    """
    pairs: set[tuple[int, int]] = set()
    if match := _ISO.fullmatch(text):
        month, day = int(match[2]), int(match[3])
        # A month and two digits are taken for a year by spreadsheets, and then the day is the first.
        pairs = {(month, day), (day, month)} | ({(month, int(match[1]) % 100)} if day == 1 else set())
    elif match := _DAY_MONTH.fullmatch(text):
        pairs = _both(MONTHS.get(match[2].casefold()), int(match[1]))
    elif match := _MONTH_DAY.fullmatch(text):
        pairs = _both(MONTHS.get(match[1].casefold()), int(match[2]))
    fitting = {}
    for label, choice in choices.items():
        if (ends := _RANGE.fullmatch(label)) and (int(ends[1]), int(ends[2])) in pairs:
            fitting[choice.name] = choice
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _both(month: int | None, number: int) -> set[tuple[int, int]]:
    return {(month, number), (number, month)} if month else set()
