"""The XML of a worksheet looked over at the speed of memory: how far its cells reach, what it hides."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BLOCK = 1 << 19
# r=" and the longest reference, XFD1048576.
REACH = 13
DIGITS = 7
_CELL = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@dataclass(slots=True)
class SheetScan:
    """What was seen so far.

    Parameters
    ----------
    cells : int
        Number of cells.
    last_row, last_column : int
        At least as large as the row and the column of every cell; less than twice as large as the row.
    errors, formulas, markup, hidden : bool
        Whether there may be failed formulas, formulas, declarations (``<!``), hidden rows.
    """

    cells: int = 0
    last_row: int = 0
    last_column: int = 0
    errors: bool = False
    formulas: bool = False
    markup: bool = False
    hidden: bool = False

    def take(self, text: bytes, *, until: int) -> None:
        """Look at the references that start before `until`; what follows is only read on from them."""
        whole = np.frombuffer(text + bytes(REACH), dtype=np.uint8)
        for start in range(0, until, BLOCK):
            length = min(BLOCK, until - start)
            self._look(whole[start : start + length + REACH], length)

    def _look(self, block: Bytes, length: int) -> None:
        at = [block[place : place + length] for place in range(4)]
        opened = at[0] == ord("<")
        self.markup = self.markup or bool((opened & (at[1] == ord("!"))).any())
        self.formulas = self.formulas or bool((opened & (at[1] == ord("f"))).any())
        quoted = (at[1] == ord("=")) & (at[2] == ord('"'))
        self.errors = self.errors or bool((quoted & (at[0] == ord("t")) & (at[3] == ord("e"))).any())
        ends_in_en = (at[0] == ord("e")) & (at[1] == ord("n")) & (at[2] == ord("=")) & (at[3] == ord('"'))
        self.hidden = self.hidden or bool(ends_in_en.any())
        cells = np.flatnonzero(quoted & (at[0] == ord("r")) & _letter(at[3]))
        if len(cells):
            self.cells += len(cells)
            self._reach(block, cells)

    def _reach(self, block: Bytes, cells: npt.NDArray[np.int64]) -> None:
        """Widen the bounds by the cells of a block, by the number of letters and digits in their references."""
        named = [block[cells + place] for place in range(3, REACH)]
        second, third = _letter(named[1]), _letter(named[2])
        for letters, here in ((1, ~second), (2, second & ~third), (3, second & third)):
            if not here.any():
                continue
            reference = named if here.all() else [bytes_[here] for bytes_ in named]
            number = np.zeros(len(reference[0]), dtype=np.uint16)
            for place in range(letters):
                number = number * np.uint16(26) + (reference[place] - np.uint8(64))
            self.last_column = max(self.last_column, int(number.max()))
            self.last_row = max(self.last_row, _last_row(reference[letters:]))


def _letter(bytes_: Bytes) -> Flags:
    return (bytes_ - np.uint8(65)) < 26


def _last_row(digits: list[Bytes]) -> int:
    """Return a row that none of the references goes beyond: their number of digits and the first one tell."""
    longest = np.ones(len(digits[0]), dtype=bool)
    count = 0
    for bytes_ in digits[:DIGITS]:
        longer = longest & ((bytes_ - np.uint8(48)) < 10)
        if not longer.any():
            break
        longest, count = longer, count + 1
    if not count:
        return 0
    lead = int(digits[0][longest].max()) - 48
    return int((lead + 1) * 10 ** (count - 1) - 1)


def exact_reach(text: bytes) -> tuple[int, int]:
    """Return the last row and column of the cells in a text, each looked at by itself."""
    row = column = 0
    for letters, digits in _CELL.findall(text):
        number = 0
        for letter in letters:
            number = number * 26 + letter - 64
        row, column = max(row, int(digits)), max(column, number)
    return row, column
