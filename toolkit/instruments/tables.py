"""The four files of an instrument as text: columns and rows are checked, meanings are not."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import suggest_name

ITEM_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
SHORT_NAME = re.compile(r"[a-z][a-z0-9]{0,14}")
CHOICE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
ITEM_NAME_RULE = "a small letter, then up to 31 small letters, digits or _"
SHORT_NAME_RULE = "a small letter, then up to 14 small letters or digits"
CHOICE_NAME_RULE = "a letter, then up to 31 letters, digits or _"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of a file, every cell as trimmed text.

    Parameters
    ----------
    file : str
        Name of the file as the evaluator knows it.
    number : int
        Row as a spreadsheet counts it; the header is row 1.
    cells : mapping of str to str
        Column -> text. A column that the file lacks is not among them.
    """

    file: str
    number: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        """Return the cell, or "" where the file lacks the column."""
        return self.cells.get(column, "")

    def has(self, column: str) -> bool:
        """Return whether the file has the column at all; where not, that was reported once already."""
        return column in self.cells

    def report(self, log: ProblemLog, column: str, *, what: str, allowed: str = "", mend: str = "") -> None:
        """Note a problem with the cell in `column`."""
        log.add(what, file=self.file, row=self.number, column=column, allowed=allowed, mend=mend)

    def option(self, column: str, *, allowed: Iterable[str], log: ProblemLog) -> str:
        """Return the cell if it is one of `allowed`; else note a problem and return ""."""
        text = self.text(column)
        names = list(allowed)
        if text in names:
            return text
        if self.has(column):
            shown = ", ".join(name or "blank" for name in names)
            what = f"{text} is not known" if text else "the cell is blank"
            mend = suggest_name(text, filter(None, names)) if text else "fill it in"
            self.report(log, column, what=what, allowed=shown, mend=mend)
        return ""

    def filled(self, column: str, *, log: ProblemLog) -> str:
        """Return the cell; note a problem where it is blank."""
        text = self.text(column)
        if not text and self.has(column):
            self.report(log, column, what="the cell is blank", allowed="any text", mend="fill it in")
        return text

    def code(self, column: str, *, pattern: re.Pattern[str], rule: str, log: ProblemLog) -> str:
        """Return the cell; note a problem where it breaks the rule for names."""
        text = self.text(column)
        if self.has(column) and not pattern.fullmatch(text):
            what = f"{text} is not a usable name" if text else "the name is blank"
            self.report(log, column, what=what, allowed=rule, mend="rename it")
        return text

    def decimal(self, column: str, *, log: ProblemLog) -> float | None:
        """Return the cell as a number, or None where it is blank; note a problem where it is no number."""
        text = self.text(column)
        if not text:
            return None
        if NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
            return number
        self.report(
            log,
            column,
            what=f"{text} is not a number",
            allowed="digits, with a point before decimals",
            mend="write a plain number such as 5 or 2.5, or leave the cell blank",
        )
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file: its columns and its rows that are not blank.

    Parameters
    ----------
    file : str
        Name of the file as the evaluator knows it.
    columns : tuple of str
        Known columns that the file has.
    rows : tuple of TableRow
        Rows with content, in order.
    """

    file: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]

    def has(self, column: str) -> bool:
        """Return whether the file has the column."""
        return column in self.columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which columns a file must and may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...]


def read_table(path: Path, *, file: str, layout: Layout, log: ProblemLog) -> Table | None:
    """Read one CSV file as text and note what is wrong with its form.

    Parameters
    ----------
    path : Path
        File to read: UTF-8 with or without a mark, commas.
    file : str
        Name to show in problems.
    layout : Layout
        Columns that are needed and allowed.
    log : ProblemLog
        Receives every problem.

    Returns
    -------
    Table or None
        None where nothing could be read. A row with too many or too few cells is reported and left out.
    """
    text = _read_text(path, file=file, log=log)
    if text is None:
        return None
    records: list[list[str]] = []
    try:
        # One by one, so that the rows before a broken one still count towards its row number.
        for record in csv.reader(io.StringIO(text, newline=""), strict=True):
            records.append([cell.strip() for cell in record])
    except csv.Error:
        log.add(
            "the quotation marks do not pair up",
            file=file,
            row=len(records) + 1,
            mend='put " around the whole cell and write " inside it twice',
        )
        return None
    if not records or not any(records[0]):
        log.add("the first row does not name the columns", file=file, row=1, mend="put the column names there")
        return None
    header = records[0]
    if not _check_header(header, file=file, layout=layout, log=log):
        return None
    known = {*layout.required, *layout.optional}
    return Table(
        file=file,
        columns=tuple(name for name in dict.fromkeys(header) if name in known),
        rows=tuple(_collect_rows(records, file=file, known=known, log=log)),
    )


def _read_text(path: Path, *, file: str, log: ProblemLog) -> str | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        log.add("the file is missing", file=file, mend="add it; a header row alone is enough if it lists nothing")
        return None
    except OSError as error:
        log.add(f"the file cannot be read ({error.strerror})", file=file, mend="check its access rights")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        log.add("the text is not UTF-8", file=file, row=row, mend="save the file as CSV UTF-8")
        return None


def _check_header(header: list[str], *, file: str, layout: Layout, log: ProblemLog) -> bool:
    """Note missing, unknown and repeated columns; return whether the rows can be read at all."""
    known = [*layout.required, *layout.optional]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        log.add(
            "the cells are not separated by commas",
            file=file,
            row=1,
            allowed="comma-separated values",
            mend="save the file as CSV with commas",
        )
        return False
    for position, name in enumerate(header):
        if name == "":
            log.add(f"column number {position + 1} has no name", file=file, row=1, mend="name or remove it")
        elif name in header[:position]:
            log.add("the column occurs twice", file=file, row=1, column=name, mend="remove or rename one")
        elif name not in known:
            log.add(
                "the column is not known",
                file=file,
                row=1,
                column=name,
                allowed=", ".join(known),
                mend=suggest_name(name, known),
            )
    for name in layout.required:
        if name not in header:
            log.add("the column is missing", file=file, row=1, column=name, mend=f"add a column called {name}")
    return True


def _collect_rows(records: list[list[str]], *, file: str, known: set[str], log: ProblemLog) -> Iterable[TableRow]:
    header = records[0]
    for number, record in enumerate(records[1:], start=2):
        if not any(record):
            continue
        if len(record) != len(header):
            log.add(
                f"the row has {len(record)} cells and was left out of the further checks",
                file=file,
                row=number,
                allowed=f"{len(header)} cells, as in the header",
                mend='add or remove commas, or put " around a text that holds a comma',
            )
            continue
        # Reversed, so that the first of two columns with one name is the one that is kept.
        cells = {name: cell for name, cell in reversed(list(zip(header, record, strict=True))) if name in known}
        yield TableRow(file=file, number=number, cells=cells)
