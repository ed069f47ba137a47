"""Folding: the spellings of one key element that mean the same, brought to one form."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, get_args

ElementKind = Literal["text", "letters", "digits", "email", "code", "id"]
ELEMENT_KINDS: tuple[ElementKind, ...] = get_args(ElementKind)

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Signs of issued codes: no I, L, O or U, which are misread."""

_CHECK_SIGNS = len(CODE_ALPHABET)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-")
# Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})
_AS_DIGITS = str.maketrans({"o": "0", "l": "1", "i": "1", "|": "1"})
_AS_LETTERS = str.maketrans({"0": "o", "1": "l"})
_AS_CODE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_DECIMAL_ZEROS = re.compile(r"(\d+)[.,]0+")
_SCIENTIFIC = re.compile(r"[+-]?\d+([.,]\d+)?[eE]\+?\d+")
_SHEET_ERROR = re.compile(r"#(REF|N/A|DIV/0|VALUE|NAME|NUM|NULL)[!?]?")
_SHEET_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?|\d{1,2}-[a-z]{3}(-\d{2,4})?|[a-z]{3}-\d{2}", re.IGNORECASE
)
_LOST_DIGITS = re.compile(r"\d{12,}")
_EXACT_DIGITS = 15  # a spreadsheet keeps 15 digits of a number and writes noughts after them

SHARED_MAILBOXES = frozenset(
    "admin administration amministrazione booking contact contacto contatti contatto desk direzione enquiries "
    "expedition hello hej hi hr info information jobs kontakt mail office postmaster reception receptie recepție "
    "secretariat secretariaat segreteria staff support team ufficio birou kontoret reklam noreply no-reply".split()
)


def fold_element(text: str, *, kind: ElementKind) -> str:
    r"""Return the form that all spellings of one key element share.

    Parameters
    ----------
    text : str
        Element as it was typed.
    kind : {"text", "letters", "digits", "email", "code", "id"}
        What the element holds. text: case, marks and blanks do not count. letters: only letters count, nought
        and one are read as o and l. digits: only digits count, o, l and i are read as 0 and 1, leading noughts
        and a spreadsheet's ``.0`` are dropped. email: case does not count. code: an issued code; dashes, blanks
        and case do not count, O is 0, I and L are 1. id: as written, but for blanks around it.

    Returns
    -------
    str
        Folded element; "" where nothing is left.

    Notes
    -----
    NFKC, then case folding, then canonical decomposition without its marks, so that the Romanian comma-below
    letters and the cedilla letters that stand in for them are one.

    Examples
    --------
    >>> fold_element(" \u0218tefan ", kind="text") == fold_element("\u015etefan", kind="text")
    True
    >>> fold_element("O07", kind="digits"), fold_element("7.0", kind="digits"), fold_element("B0b", kind="letters")
    ('7', '7', 'bob')
    """
    plain = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).translate(_DASHES)
    plain = " ".join(plain.split())
    if kind == "id":
        return plain
    if kind == "code":
        return re.sub(r"[^0-9A-Z]", "", _without_marks(plain).upper()).translate(_AS_CODE)
    if kind == "email":
        return _without_marks(plain).replace(" ", "")
    folded = _without_marks(plain)
    if kind == "letters":
        return "".join(sign for sign in folded.translate(_AS_LETTERS) if sign.isalpha())
    if kind == "digits":
        return _fold_digits(folded)
    return folded


def fold_mailbox(text: str) -> str:
    """Return a folded address without what follows a plus sign: perhaps the same mailbox, never surely.

    Examples
    --------
    >>> fold_mailbox("Sara+survey@example.org")
    'sara@example.org'
    """
    box, at, place = fold_element(text, kind="email").rpartition("@")
    return f"{box.partition('+')[0]}{at}{place}"


def is_shared_mailbox(text: str) -> bool:
    """Tell whether an address names an office and not a person.

    Examples
    --------
    >>> is_shared_mailbox("Office@host.example"), is_shared_mailbox("anna@host.example")
    (True, False)
    """
    box = fold_mailbox(text).rpartition("@")[0]
    return box in SHARED_MAILBOXES


def check_sign(body: str) -> str:
    """Return the sign that ends an issued code and finds every single misread or swapped neighbour.

    Parameters
    ----------
    body : str
        Signs of `CODE_ALPHABET`, one or more.

    Notes
    -----
    The code as a polynomial over the field of 32 elements vanishes at a primitive element, so every change of one
    sign and every swap of two unlike neighbours is found.

    Examples
    --------
    >>> check_sign("4T7K2") != check_sign("4T7K3"), check_sign("4T7K2") != check_sign("T47K2")
    (True, True)
    """
    value = 0
    for sign in body:
        value = _times_alpha(value ^ CODE_ALPHABET.index(sign))
    return CODE_ALPHABET[value]


def is_whole_code(folded: str) -> bool:
    """Tell whether a folded code ends in its own check sign.

    Examples
    --------
    >>> is_whole_code("4T7K2" + check_sign("4T7K2")), is_whole_code("4T7K")
    (True, False)
    """
    return len(folded) > 1 and all(sign in CODE_ALPHABET for sign in folded) and check_sign(folded[:-1]) == folded[-1]


def find_damage(text: str, *, kind: ElementKind) -> str:
    """Return how a spreadsheet has damaged a key element, in words; "" where it has not.

    Parameters
    ----------
    text : str
        Element as it stands in the file.
    kind : {"text", "letters", "digits", "email", "code", "id"}
        What the element holds.

    Examples
    --------
    >>> find_damage("1.1467E+11", kind="id")
    'a spreadsheet has turned it into a number in scientific notation'
    >>> find_damage("anna", kind="text")
    ''
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if _SHEET_ERROR.fullmatch(plain):
        return "it is an error value of a spreadsheet"
    if kind == "email":
        return ""
    if _SCIENTIFIC.fullmatch(plain) and ("." in plain or "," in plain or "+" in plain):
        return "a spreadsheet has turned it into a number in scientific notation"
    if kind != "text" and _SHEET_DATE.fullmatch(plain):
        return "a spreadsheet has turned it into a date"
    if _LOST_DIGITS.fullmatch(plain) and len(plain) > _EXACT_DIGITS and not plain[_EXACT_DIGITS:].strip("0"):
        return "a spreadsheet has replaced its last digits by noughts"
    return ""


def _without_marks(text: str) -> str:
    taken_apart = unicodedata.normalize("NFD", text.casefold().translate(_PLAIN))
    bare = unicodedata.normalize("NFKC", "".join(sign for sign in taken_apart if not unicodedata.combining(sign)))
    return " ".join(bare.split())


def _fold_digits(folded: str) -> str:
    whole = _DECIMAL_ZEROS.fullmatch(folded)
    read = (whole[1] if whole else folded).translate(_AS_DIGITS)
    digits = "".join(str(unicodedata.decimal(sign)) for sign in read if sign.isdecimal())
    return digits.lstrip("0") or digits[:1]


def _times_alpha(value: int) -> int:
    """Multiply by the primitive element of the field of 32 elements (x^5 + x^2 + 1)."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & _CHECK_SIGNS else doubled
