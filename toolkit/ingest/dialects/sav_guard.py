"""SPSS files are walked through before the reading library opens them: a damaged dictionary can bring it down."""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER = 176
MAX_STRING = 255
MAX_EXPANDED = 2_000_000_000
_LAYOUT, _WIDTH, _CASES = 64, 68, 80
_VARIABLE, _LABELS, _LABELLED, _DOCUMENT, _EXTENSION, _END = 2, 3, 4, 6, 7, 999


class DamageError(ValueError):
    """The file is not what SPSS writes."""


@dataclass(slots=True)
class _Walk:
    """A place in the dictionary, and what was met on the way there."""

    content: bytes
    order: str
    place: int = HEADER
    units: int = 0
    open_units: int = 0

    def number(self) -> int:
        """Return the whole number here and go past it."""
        data = self.skip(4)
        return int(struct.unpack(f"{self.order}i", data)[0])

    def skip(self, length: int) -> bytes:
        """Return the bytes here and go past them."""
        if length < 0 or self.place + length > len(self.content):
            raise DamageError("it breaks off in its list of variables")
        data = self.content[self.place : self.place + length]
        self.place += length
        return data


def check_sav(content: bytes) -> str:
    """Return what shows that an SPSS file is damaged or too large, or "".

    Parameters
    ----------
    content : bytes
        The whole file.

    Notes
    -----
    The file starts with a header of 176 bytes. Records follow, each with its kind in front: variables (one per
    eight bytes of a text), value labels and the variables they belong to, documents, extensions, and the end.

    Examples
    --------
    >>> check_sav(b"$FL2")
    'it breaks off in its header'
    """
    if len(content) < HEADER:
        return "it breaks off in its header"
    order = next((mark for mark in "<>" if struct.unpack_from(f"{mark}i", content, _LAYOUT)[0] in (2, 3)), "")
    if not order:
        return "its header is not SPSS'"
    width, cases = (struct.unpack_from(f"{order}i", content, place)[0] for place in (_WIDTH, _CASES))
    if width > 0 and cases > 0 and width * cases * 8 > MAX_EXPANDED:
        return "it would expand to more than 2 GB"
    walk = _Walk(content=content, order=order)
    try:
        while _walk_record(walk):
            pass
    except DamageError as error:
        return str(error)
    if walk.open_units or not walk.units:
        return "its list of variables is not whole"
    return ""


def _walk_record(walk: _Walk) -> bool:
    """Go past one record; return whether another follows."""
    kind = walk.number()
    if kind == _VARIABLE:
        _walk_variable(walk)
    elif kind == _LABELS:
        for _ in range(_counted(walk, 9)):
            walk.skip(8)
            length = walk.skip(1)[0]
            walk.skip((length + 8) // 8 * 8 - 1)
    elif kind == _LABELLED:
        for _ in range(_counted(walk, 4)):
            if not 1 <= walk.number() <= walk.units:
                raise DamageError("it labels a variable that it does not have")
    elif kind == _DOCUMENT:
        walk.skip(80 * _counted(walk, 80))
    elif kind == _EXTENSION:
        walk.number()
        size = walk.number()
        count = walk.number()
        if size < 0 or count < 0:
            raise DamageError("a record of it has no length")
        walk.skip(size * count)
    elif kind == _END:
        walk.skip(4)
        return False
    else:
        raise DamageError("its list of variables holds a record of no known kind")
    return True


def _counted(walk: _Walk, least: int) -> int:
    """Return a count of parts that are each at least so long."""
    count = walk.number()
    if count < 0 or count * least > len(walk.content):
        raise DamageError("it counts more than it holds")
    return count


def _walk_variable(walk: _Walk) -> None:
    kind, labelled, missing = walk.number(), walk.number(), walk.number()
    walk.skip(16)
    walk.units += 1
    if kind == -1:
        # A text of more than eight letters takes one such record for each eight more.
        walk.open_units -= 1
        if walk.open_units < 0:
            raise DamageError("its list of variables is not whole")
    elif walk.open_units:
        raise DamageError("its list of variables is not whole")
    elif 0 <= kind <= MAX_STRING:
        walk.open_units = max(0, -(-kind // 8) - 1)
    else:
        raise DamageError("a variable of it has no known type")
    if labelled not in (0, 1) or missing not in (-3, -2, 0, 1, 2, 3):
        raise DamageError("a variable of it has no known form")
    if labelled:
        length = walk.number()
        walk.skip(-(-length // 4) * 4)
    walk.skip(8 * abs(missing))
