"""Bytes to a table of text: decoding, the delimiter, and rows that do not fit."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import nearest_name
from toolkit.ingest.declaration import clean_header

DELIMITERS = (",", ";", "\t")
MAX_CELL = 1_000_000


def decode_text(content: bytes, *, name: str, encoding: str, log: ProblemLog) -> str | None:
    """Return the text of a file, or None after noting why it cannot be read as text.

    A byte-order mark is dropped, also where it stands twice.

    Parameters
    ----------
    content : bytes
        The whole file.
    name : str
        File name for messages.
    encoding : str
        Declared encoding, normally utf-8.
    log : ProblemLog
        Takes what is wrong.
    """
    if not content.strip():
        log.add("the file is empty", file=name, allowed="a header row and answers", mend="export it again")
        return None
    if content[:2] == b"PK":
        log.add(
            "this is a workbook or ZIP archive, not a CSV file",
            file=name,
            mend="export the answers as CSV (UTF-8)",
        )
        return None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") and encoding.lower().replace("-", "") == "utf8":
        encoding = "utf-16"
    try:
        text = content.decode(encoding)
    except (ValueError, LookupError) as error:
        offset = getattr(error, "start", None)
        place = f" (byte {offset + 1})" if offset is not None else ""
        log.add(
            f"the file cannot be read as {encoding}{place}",
            file=name,
            allowed="UTF-8, or the encoding declared in study.yaml",
            mend="save it as CSV UTF-8, or declare encoding: cp1252 (or what it is) for this export",
        )
        return None
    text = text.lstrip("\ufeff")
    if not text.strip():
        log.add("the file is empty", file=name, allowed="a header row and answers", mend="export it again")
        return None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        log.add("the file holds a NUL byte", file=name, row=row, mend="export it again; it is damaged")
        return None
    return text


def split_cells(text: str, *, name: str, expected: Collection[str], log: ProblemLog) -> list[list[str]] | None:
    """Return the rows of a delimited text, or None after noting why they cannot be told apart.

    The delimiter is the one under which most of the `expected` headers appear in the first row.

    Parameters
    ----------
    text : str
        Decoded file.
    name : str
        File name for messages.
    expected : collection of str
        Headers that may occur.
    log : ProblemLog
        Takes what is wrong.
    """
    unclosed = _unclosed_quote(text)
    if unclosed is not None:
        log.add("a quotation mark opens here and is never closed", file=name, row=unclosed, mend="close it")
        return None
    csv.field_size_limit(MAX_CELL)
    found = {mark: _count_expected(text, mark, expected) for mark in DELIMITERS}
    best = max(found.values())
    marks = [mark for mark in DELIMITERS if found[mark] == best]
    # Where all fit alike, the first row has one column or nothing that is known; the comma will do.
    if 1 < len(marks) < len(DELIMITERS):
        log.add(
            "several delimiters fit the first row equally well",
            file=name,
            row=1,
            mend="save the file with one delimiter throughout",
        )
        return None
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=marks[0], strict=True):
            rows.append(cells)
    except csv.Error as error:
        log.add(
            f"the row cannot be told apart from the next ({error})",
            file=name,
            row=len(rows) + 1,
            mend="look for a quotation mark inside an answer; export the file again as CSV",
        )
        return None
    return rows


def check_rows(
    rows: list[list[str]], *, name: str, header_rows: int, log: ProblemLog
) -> tuple[list[list[str]], list[int]]:
    """Return the data rows that are as wide as the header, and their spreadsheet row numbers.

    Blank lines are passed over. A row that is too short or too long, and a header that occurs twice, is noted.

    Parameters
    ----------
    rows : list of list of str
        All rows, header rows included.
    name : str
        File name for messages.
    header_rows : int
        How many rows come before the answers.
    log : ProblemLog
        Takes what is wrong.
    """
    header = [clean_header(cell) for cell in rows[0]]
    for title, times in Counter(header).items():
        if times > 1 and title:
            second = [position for position, text in enumerate(header, start=1) if text == title][1]
            log.add(
                f"the header occurs {times} times (again as column {second})",
                file=name,
                row=1,
                column=title,
                allowed="each header once",
                mend="rename or remove one of the columns",
            )
    kept, numbers = [], []
    for number, cells in enumerate(rows[header_rows:], start=header_rows + 1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            log.add(
                f"the row has {len(cells)} cells and the header has {len(header)}",
                file=name,
                row=number,
                mend="look for a delimiter or quotation mark inside an answer; export the file again",
            )
            continue
        kept.append(cells)
        numbers.append(number)
    return kept, numbers


def nearest_header(header: str, headers: Collection[str]) -> str:
    """Return how to mend a missing column, naming the most similar header in the file."""
    match = nearest_name(header, headers)
    hint = f"; the file has a column {match}" if match else ""
    return f"add the column, or say under columns in study.yaml which one holds it{hint}"


def _count_expected(text: str, delimiter: str, expected: Collection[str]) -> int:
    try:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return 0
    return sum(clean_header(cell) in expected for cell in first)


def _unclosed_quote(text: str) -> int | None:
    if text.count('"') % 2 == 0:
        return None
    row, opened, inside = 1, 1, False
    for character in text.replace("\r\n", "\n").replace("\r", "\n"):
        if character == '"':
            inside = not inside
            opened = row if inside else opened
        elif character == "\n" and not inside:
            row += 1
    return opened
