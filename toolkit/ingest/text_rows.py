"""Large delimited texts: told row by row without a Python object for every cell, read only where they are regular."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt
import pandas as pd

PIECE = 1 << 22
HEAD_ROWS = 200
MAX_RECORD = 1_000_000
_QUOTE, _LF, _CR = 34, 10, 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Records of a regular text: how many, how wide, and where the first ones end.

    Parameters
    ----------
    records, width : int
        Number of records and of cells in each.
    ends : tuple of int
        Position behind the line end of each of the first records.
    """

    records: int
    width: int
    ends: tuple[int, ...]


def is_utf8(content: bytes) -> bool:
    """Return whether bytes are UTF-8, without making a text of them all at once."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), PIECE):
            decoder.decode(content[start : start + PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def scan_records(content: bytes, *, start: int, delimiter: str, width: int) -> Shape | None:
    """Return the shape of a delimited text, or None where a slower and more patient reader is needed.

    Regular is: every record of the same width, quotation marks only around whole cells and doubled inside them,
    lines that end in LF or CR LF.

    Parameters
    ----------
    content : bytes
        UTF-8, without NUL.
    start : int
        Where the first record starts.
    delimiter : str
        One character.
    width : int
        Cells in a record.
    """
    end = len(content)
    while end > start and content[end - 1] in (_LF, _CR):
        end -= 1
    if end == start:
        return None
    scan = _Scan(np.frombuffer(content, dtype=np.uint8)[:end], start, ord(delimiter), width)
    for begin in range(start, end, PIECE):
        if not scan.take(begin, min(begin + PIECE, end)):
            return None
    return scan.finish()


class _Scan:
    """Goes through a text piece by piece; what is open at the end of a piece is carried over."""

    def __init__(self, bytes_: npt.NDArray[np.uint8], start: int, delimiter: int, width: int) -> None:
        self.bytes = bytes_
        self.start, self.delimiter, self.width = start, delimiter, width
        self.inside = 0
        self.carried = 0
        self.records = 0
        self.last_end = start
        self.ends: list[int] = []
        self.around = np.zeros(256, dtype=bool)
        self.around[[delimiter, _LF, _CR, _QUOTE]] = True

    def take(self, begin: int, end: int) -> bool:
        """Look at one piece; False where the text is not regular."""
        piece = self.bytes[begin:end]
        breaks, marks = piece == _LF, piece == self.delimiter
        quotes = piece == _QUOTE
        if self.inside or quotes.any():
            within = (np.cumsum(quotes, dtype=np.uint8) + np.uint8(self.inside)) & 1
            if not self._quotes_fit(np.flatnonzero(quotes) + begin, within[quotes].astype(bool)):
                return False
            outside = within == 0
            breaks &= outside
            marks &= outside
            self.inside = int(within[-1])
        returns = np.flatnonzero(piece == _CR) + begin
        if len(returns) and (returns[-1] + 1 >= len(self.bytes) or not (self.bytes[returns + 1] == _LF).all()):
            return False
        places = np.flatnonzero(breaks)
        before = np.searchsorted(np.flatnonzero(marks), places)
        widths = np.diff(before, prepend=-self.carried)
        if not (widths == self.width - 1).all():
            return False
        self.carried = int(marks.sum()) - int(before[-1]) if len(places) else self.carried + int(marks.sum())
        stops = places + (begin + 1)
        if len(stops):
            if int(np.diff(stops, prepend=self.last_end).max()) > MAX_RECORD:
                return False
            self.last_end = int(stops[-1])
        self.ends += stops[: max(0, HEAD_ROWS - len(self.ends))].tolist()
        self.records += len(stops)
        return end - self.last_end <= MAX_RECORD

    def _quotes_fit(self, places: npt.NDArray[np.int64], opening: npt.NDArray[np.bool_]) -> bool:
        """Return whether quotation marks stand only at the edges of cells, or doubled."""
        opened = places[opening]
        opened = opened[opened > self.start]
        closed = places[~opening]
        closed = closed[closed + 1 < len(self.bytes)]
        return bool(self.around[self.bytes[opened - 1]].all() and self.around[self.bytes[closed + 1]].all())

    def finish(self) -> Shape | None:
        if self.inside or self.carried != self.width - 1:
            return None
        if len(self.ends) < HEAD_ROWS:
            self.ends.append(len(self.bytes))
        return Shape(records=self.records + 1, width=self.width, ends=tuple(self.ends))


class TextRows(Sequence[list[str]]):
    """Rows of a large text: the first ones at hand, the others read when they are asked for.

    Parameters
    ----------
    content : bytes
        UTF-8.
    start : int
        Where the first row starts.
    delimiter : str
        One character.
    shape : Shape
        From `scan_records`.
    """

    def __init__(self, content: bytes, *, start: int, delimiter: str, shape: Shape) -> None:
        self.content = content
        self.start = start
        self.delimiter = delimiter
        self.shape = shape
        self._head = self._parse(content[start : shape.ends[-1]])
        self._all: list[list[str]] | None = self._head if len(self._head) == shape.records else None

    def _parse(self, content: bytes) -> list[list[str]]:
        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
        return list(csv.reader(text, delimiter=self.delimiter, strict=True))

    def _whole(self) -> list[list[str]]:
        if self._all is None:
            self._all = self._parse(self.content[self.start :].rstrip(b"\r\n"))
        return self._all

    def __len__(self) -> int:
        return self.shape.records

    @overload
    def __getitem__(self, place: int) -> list[str]: ...

    @overload
    def __getitem__(self, place: slice) -> list[list[str]]: ...

    def __getitem__(self, place: int | slice) -> list[str] | list[list[str]]:
        if isinstance(place, int):
            return self._head[place] if 0 <= place < len(self._head) else self._whole()[place]
        first, last, step = place.indices(len(self))
        return self._head[place] if step > 0 and last <= len(self._head) else self._whole()[first:last:step]

    def __iter__(self) -> Iterator[list[str]]:
        return iter(self._whole())

    def columns(self, *, skip: int) -> pd.DataFrame | None:
        """Return the rows after the first `skip` as columns of text, or None where there are too many to skip.

        Equal texts of a column are one object, so a table of few different answers takes little memory.
        """
        if skip > len(self.shape.ends):
            return None
        source = io.BytesIO(self.content)
        source.seek(self.shape.ends[skip - 1] if skip else self.start)
        if skip >= self.shape.records:
            return None
        return pd.read_csv(
            source,
            sep=self.delimiter,
            header=None,
            names=list(range(self.shape.width)),
            index_col=False,
            dtype="str",
            na_filter=False,
            skip_blank_lines=False,
            nrows=self.shape.records - skip,
            encoding="utf-8",
        )
