"""SPSS files are walked through before the reading library opens them: a damaged dictionary can bring it down."""

from __future__ import annotations

import codecs
import struct
from dataclasses import dataclass, field

HEADER = 176
MAX_STRING = 255
MAX_EXPANDED = 2_000_000_000
_LAYOUT, _WIDTH, _CASES = 64, 68, 80
_VARIABLE, _LABELS, _LABELLED, _DOCUMENT, _EXTENSION, _END = 2, 3, 4, 6, 7, 999
_MACHINE, _ENCODING, _LONG_LABELS = 3, 20, 21


@dataclass(frozen=True, slots=True, kw_only=True)
class SavShape:
    """What a walk through an SPSS file shows.

    Parameters
    ----------
    fault : str
        What shows that it is damaged or too large, or "".
    encoding : str
        Encoding that the file names, or that of its code page.
    values : tuple of bytes
        Texts that have a value label; the reading library fails on those that are not in the encoding.
    """

    fault: str = ""
    encoding: str = "cp1252"
    values: tuple[bytes, ...] = ()

    def decodes(self, encoding: str = "") -> bool:
        """Return whether every labelled text can be read in an encoding, or in the file's own."""
        try:
            codec = codecs.getincrementaldecoder(encoding or self.encoding)
            for value in map(bytes.rstrip, self.values):
                # A text that fills its field may have been cut within its last letter.
                codec("strict").decode(value, final=len(value) % 8 > 0)
        except LookupError:
            return all(value.isascii() for value in self.values)
        except ValueError:
            return False
        return True


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
    page: str = ""
    named: str = ""
    texts: set[int] = field(default_factory=set)
    values: list[bytes] = field(default_factory=list)
    labelled: list[bytes] = field(default_factory=list)

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


def check_sav(content: bytes) -> SavShape:
    """Return what shows that an SPSS file is damaged or too large, and which texts it puts labels on.

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
    >>> check_sav(b"$FL2").fault
    'it breaks off in its header'
    """
    if len(content) < HEADER:
        return SavShape(fault="it breaks off in its header")
    order = next((mark for mark in "<>" if struct.unpack_from(f"{mark}i", content, _LAYOUT)[0] in (2, 3)), "")
    if not order:
        return SavShape(fault="its header is not SPSS'")
    width, cases = (struct.unpack_from(f"{order}i", content, place)[0] for place in (_WIDTH, _CASES))
    if width > 0 and cases > 0 and width * cases * 8 > MAX_EXPANDED:
        return SavShape(fault="it would expand to more than 2 GB")
    walk = _Walk(content=content, order=order)
    try:
        while _walk_record(walk):
            pass
    except DamageError as error:
        return SavShape(fault=str(error))
    if walk.open_units or not walk.units:
        return SavShape(fault="its list of variables is not whole")
    return SavShape(encoding=walk.named or walk.page or "cp1252", values=tuple(walk.labelled))


def _walk_record(walk: _Walk) -> bool:
    """Go past one record; return whether another follows."""
    kind = walk.number()
    if kind == _VARIABLE:
        _walk_variable(walk)
    elif kind == _LABELS:
        walk.values = []
        for _ in range(_counted(walk, 9)):
            walk.values.append(walk.skip(8))
            length = walk.skip(1)[0]
            walk.skip((length + 8) // 8 * 8 - 1)
    elif kind == _LABELLED:
        for _ in range(_counted(walk, 4)):
            variable = walk.number()
            if not 1 <= variable <= walk.units:
                raise DamageError("it labels a variable that it does not have")
            if variable in walk.texts:
                walk.labelled += walk.values
                walk.values = []
    elif kind == _DOCUMENT:
        walk.skip(80 * _counted(walk, 80))
    elif kind == _EXTENSION:
        _walk_extension(walk)
    elif kind == _END:
        walk.skip(4)
        return False
    else:
        raise DamageError("its list of variables holds a record of no known kind")
    return True


def _walk_extension(walk: _Walk) -> None:
    """Go past an extension; note the encoding, and the long texts that have labels."""
    number, size, count = walk.number(), walk.number(), walk.number()
    if size < 0 or count < 0:
        raise DamageError("a record of it has no length")
    inner = _Walk(content=walk.skip(size * count), order=walk.order, place=0)
    if number == _MACHINE and len(inner.content) >= 32:
        page = int(struct.unpack_from(f"{walk.order}i", inner.content, 28)[0])
        walk.page = "utf-8" if page == 65001 else f"cp{page}" if page > 400 else ""
    elif number == _ENCODING:
        walk.named = inner.content.decode("ascii", "replace").strip("\0 ")
    elif number == _LONG_LABELS:
        while inner.place < len(inner.content):
            inner.skip(inner.number() + 4)
            for _ in range(_counted(inner, 8)):
                walk.labelled.append(inner.skip(inner.number()))
                inner.skip(inner.number())


def _counted(walk: _Walk, least: int) -> int:
    """Return a count of parts that are each at least so long."""
    count = walk.number()
    if count < 0 or count * least > len(walk.content):
        raise DamageError("it counts more than it holds")
    return count


def _walk_variable(walk: _Walk) -> None:
    kind, labelled, missing = walk.number(), walk.number(), walk.number()
    formats = walk.number(), walk.number()
    walk.skip(8)
    walk.units += 1
    if kind == -1:
        # A text of more than eight letters takes one such record for each eight more.
        walk.open_units -= 1
        if walk.open_units < 0:
            raise DamageError("its list of variables is not whole")
    elif walk.open_units:
        raise DamageError("its list of variables is not whole")
    elif 0 <= kind <= MAX_STRING:
        walk.texts |= {walk.units} if kind else set()
        walk.open_units = max(0, -(-kind // 8) - 1)
    else:
        raise DamageError("a variable of it has no known type")
    # A format is its kind, width and decimals; the kinds 1 and 2 are those of texts.
    if any(each >> 24 or (kind == 0 and each >> 16 in (1, 2)) for each in formats):
        raise DamageError("a variable of it has no known format")
    if labelled not in (0, 1) or missing not in (-3, -2, 0, 1, 2, 3):
        raise DamageError("a variable of it has no known form")
    if labelled:
        length = walk.number()
        walk.skip(-(-length // 4) * 4)
    walk.skip(8 * abs(missing))
