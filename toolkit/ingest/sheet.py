"""Sheet: one table of text, as it stood in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Rows of cells, every one as text; the first is row 1 of the spreadsheet.

    Parameters
    ----------
    name : str
        Name of the sheet or of the file in an archive; "" for a text file.
    rows : sequence of list of str
        All rows, header rows included.
    visible : bool
        Whether a spreadsheet shows it.
    merged : tuple of tuple of int
        First and last row (from 1) of every merged range.
    """

    name: str
    rows: Sequence[list[str]]
    visible: bool = True
    merged: tuple[tuple[int, int], ...] = ()
