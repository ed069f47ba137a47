"""Rows of text to the frame of a Table: headers, widths, row numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import nearest_name
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.decoding import check_header, check_rows
from toolkit.ingest.sheet import Sheet
from toolkit.ingest.text_rows import HEAD_ROWS, TextRows

BLOCK_ROWS = 512
Frame = tuple[pd.DataFrame, npt.NDArray[np.int64]]


def build_frame(
    rows: Sequence[list[str]],
    *,
    name: str,
    header_rows: int,
    log: ProblemLog,
    headers: list[str] | None = None,
) -> Frame | None:
    """Return the answers as a frame of text with their spreadsheet rows, or None after noting what is wrong.

    A last column without a header and without any answer is dropped: some tools end every line with a
    delimiter.

    Parameters
    ----------
    rows : sequence of list of str
        All rows of a sheet, header rows included.
    name : str
        File name for messages.
    header_rows : int
        How many rows come before the answers.
    log : ProblemLog
        Takes what is wrong.
    headers : list of str, optional
        Headers, where they are not the first row as it stands.
    """
    titles = [clean_header(cell) for cell in (headers if headers is not None else rows[0])]
    if isinstance(rows, TextRows) and (columns := rows.columns(skip=header_rows)) is not None:
        return _frame_of_columns(columns, titles, name=name, header_rows=header_rows, log=log)
    body = list(rows)
    if titles and not titles[-1] and all(len(row) != len(titles) or not row[-1].strip() for row in body[header_rows:]):
        titles = titles[:-1]
        body = [*body[:header_rows], *(row[:-1] if len(row) == len(titles) + 1 else row for row in body[header_rows:])]
    noted = len(log.problems)
    kept, numbers = check_rows(body, name=name, header_rows=header_rows, log=log, header=titles)
    if len(log.problems) > noted:
        return None
    if not kept:
        log.add("the file has a header and 0 answers", file=name, mend="export it again once there are answers")
        return None
    cells_of = {
        title: pd.array(cells, dtype="str")
        for title, cells in zip(_named(titles), _columns(kept, width=len(titles)), strict=True)
    }
    return pd.DataFrame(cells_of, copy=False), np.asarray(numbers, dtype=np.int64)


def _columns(rows: list[list[str]], *, width: int) -> list[npt.NDArray[np.object_]]:
    """Return the columns of equally wide rows, turned block by block, as a whole table does not fit a cache."""
    columns = [np.empty(len(rows), dtype=object) for _ in range(width)]
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        for column, cells in zip(columns, zip(*block, strict=True), strict=True):
            column[start : start + len(block)] = cells
    return columns


def _named(titles: Sequence[str]) -> list[str]:
    return [title or f"(column {position})" for position, title in enumerate(titles, start=1)]


def _frame_of_columns(
    columns: pd.DataFrame, titles: list[str], *, name: str, header_rows: int, log: ProblemLog
) -> Frame | None:
    """Name the columns of a large file, whose rows are all as wide as its header."""
    if not titles[-1] and (columns.iloc[:, -1].str.strip() == "").all():
        titles, columns = titles[:-1], columns.iloc[:, :-1]
    noted = len(log.problems)
    check_header(titles, name=name, log=log)
    if len(log.problems) > noted:
        return None
    columns.columns = pd.Index(_named(titles))
    numbers = np.arange(header_rows + 1, header_rows + 1 + len(columns), dtype=np.int64)
    blank = np.ones(len(columns), dtype=bool)
    for title in columns:
        if not blank.any():
            break
        blank[blank] = (columns[title][blank].str.strip() == "").to_numpy(dtype=bool)
    if blank.any():
        columns, numbers = columns[~blank].reset_index(drop=True), numbers[~blank]
    if columns.empty:
        log.add("the file has a header and 0 answers", file=name, mend="export it again once there are answers")
        return None
    return columns, numbers


def sample_of(rows: Sequence[list[str]]) -> Sequence[list[str]]:
    """Return the first rows, by which a dialect is told; the others of a large file stay unread."""
    return rows[:HEAD_ROWS]


def choose_sheet(book: Book, declaration: ExportDeclaration, *, log: ProblemLog, header_rows: int = 1) -> Sheet | None:
    """Return the sheet that holds the answers, or None after noting why it is not clear.

    Parameters
    ----------
    book : Book
        The opened file.
    declaration : ExportDeclaration
        Names the sheet where there are several.
    log : ProblemLog
        Takes what is wrong.
    header_rows : int
        Merged cells below this row are refused: whose answer they are cannot be told.
    """
    titles = [sheet.name for sheet in book.sheets]
    if declaration.sheet:
        found = [sheet for sheet in book.sheets if declaration.sheet in (sheet.name, sheet.name.rpartition("/")[2])]
        if not found:
            near = nearest_name(declaration.sheet, titles)
            log.add(
                f"the file has no sheet called {declaration.sheet}",
                file=book.name,
                allowed=", ".join(titles),
                mend=f"did you mean {near}?" if near else "correct sheet in study.yaml",
            )
            return None
    else:
        found = list(book.sheets)
    if len(found) != 1:
        log.add(
            f"the file has {len(found)} sheets",
            file=book.name,
            allowed=", ".join(titles) or "one sheet with answers",
            mend="say in study.yaml which one holds the answers: sheet: NAME",
        )
        return None
    sheet = found[0]
    for _, last in sheet.merged:
        if last > header_rows:
            log.add(
                "cells are merged here, so it cannot be told whose answer this is",
                file=book.name,
                row=last,
                mend="undo the merging and fill in each cell",
            )
            return None
    return sheet


def rows_of(book: Book, declaration: ExportDeclaration) -> Sequence[list[str]]:
    """Return the rows of the declared sheet, or else of the first; none where there is no such sheet."""
    for sheet in book.sheets:
        if declaration.sheet in ("", sheet.name, sheet.name.rpartition("/")[2]):
            return sheet.rows
    return []


def fill_forward(cells: Sequence[str]) -> list[str]:
    """Return the cells with every blank one holding what stands before it, as merged headings do.

    Examples
    --------
    >>> fill_forward(["Q1", "", "", "Q2"])
    ['Q1', 'Q1', 'Q1', 'Q2']
    """
    filled: list[str] = []
    for cell in cells:
        filled.append(cell if cell.strip() or not filled else filled[-1])
    return filled


def unique_headers(headers: Sequence[str]) -> list[str]:
    """Return the headers with a number after the second and later one of the same name.

    Examples
    --------
    >>> unique_headers(["Q", "Q", "", ""])
    ['Q', 'Q (2)', '', '']
    """
    seen: dict[str, int] = {}
    result = []
    for header in headers:
        title = clean_header(header)
        seen[title] = seen.get(title, 0) + 1
        result.append(title if not title or seen[title] == 1 else f"{title} ({seen[title]})")
    return result
