"""Numbers as text: one way to write them, and words for every other way."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_PLAIN = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,3})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,' \u00a0\u202f\u2019]\d{3})+([.,]\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
_COMMA = re.compile(r"[+-]?\d+,\d+")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number read from text, or why there is none.

    Parameters
    ----------
    value : float or None
        The number; None where the text is empty or faulty.
    fault : str
        What is wrong, or "".
    """

    value: float | None = None
    fault: str = ""


def read_number(text: str) -> Numeral:
    """Read a number with a decimal point and no thousands sign; anything else is a fault, never a guess.

    Examples
    --------
    >>> read_number("1234.56").value
    1234.56
    >>> read_number("1.234,56").fault
    'the number is written in the manner of another language'
    >>> read_number("1,234").fault
    'the number is written in the manner of another language'
    >>> read_number("") == Numeral()
    True
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    if not plain:
        return Numeral()
    if _PLAIN.fullmatch(plain):
        return Numeral(value=float(plain))
    # NFKC turns the narrow and the non-breaking blank into a plain one.
    if _GROUPED.fullmatch(plain) or _COMMA.fullmatch(plain):
        return Numeral(fault="the number is written in the manner of another language")
    return Numeral(fault="the cell is not a number")


def read_amount(text: str) -> Numeral:
    """Read an amount of money: as `read_number`, and a point before exactly three digits is a fault too.

    Money has no third decimal, so 1.234 is one thousand and more in another language's manner.

    Examples
    --------
    >>> read_amount("1.234").fault
    'the number is written in the manner of another language'
    >>> read_amount("1.23").value
    1.23
    """
    number = read_number(text)
    if number.value is not None and _THOUSANDS.fullmatch(text.strip()):
        return Numeral(fault="the number is written in the manner of another language")
    return number


def looks_grouped(value: float) -> bool:
    """Tell whether an amount of money was probably typed with a point for thousands: it has a third decimal.

    Examples
    --------
    >>> looks_grouped(1.234), looks_grouped(1.25), looks_grouped(1234.0)
    (True, False, False)
    """
    thousandths = round(value * 1000)
    return value != 0 and abs(value * 1000 - thousandths) < 1e-6 and thousandths % 10 != 0
