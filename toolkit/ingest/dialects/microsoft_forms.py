"""Microsoft Forms: one workbook table that starts with the number, the times and the sender of each answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.ingest.dialects.workbook_bytes import xlsx_bytes
from toolkit.ingest.layout import build_frame, choose_sheet, rows_of, sample_of, unique_headers
from toolkit.ingest.table import Table
from toolkit.instruments import fold_label

FIXED = 5
MAX_NAMED = 20
# Columns that follow the first five where the form is a quiz, may be edited or has several languages.
OWN = frozenset(
    fold_label(name)
    for name in (
        "Last modified time",
        "Language",
        "Total points",
        "Quiz feedback",
        "Grade posted time",
        "Ora dell'ultima modifica",
        "Lingua",
        "Punti totali",
        "Feedback quiz",
        "Feedback del quiz",
        "Ora dell'ultima modifica apportata",
        "Senast ändrad",
        "Tid för senaste ändring",
        "Språk",
        "Totalpoäng",
        "Totalt antal poäng",
        "Ora ultimei modificări",
        "Limbă",
        "Total puncte",
    )
)
_QUIZ = re.compile(r"(points|feedback|punti|poäng|puncte) - .*", re.S)
_STAMP = re.compile(
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})(?:[T ,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[AP]M)?)?", re.I
)
_COUNT = re.compile(r"\((\d+)-(\d+)\)")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+|anonymous|anonimo|anonym|anonim|", re.I)


def recognise(book: Book, declaration: ExportDeclaration) -> str:
    """Return the evidence that Microsoft Forms wrote the file, or ""."""
    rows = rows_of(book, declaration)
    if not rows or len(rows[0]) <= FIXED or fold_label(rows[0][0]) != "id":
        return ""
    if [fold_label(cell) for cell in rows[0][1:FIXED]] == ["start time", "completion time", "email", "name"]:
        return "row 1 starts with ID, Start time, Completion time, Email, Name"
    body = [row for row in sample_of(rows)[1:] if any(row) and len(row) > FIXED]
    if (
        body
        and all(row[0].strip().isdigit() for row in body)
        and all(_STAMP.fullmatch(row[1].strip()) and _STAMP.fullmatch(row[2].strip()) for row in body)
        and all(_ADDRESS.fullmatch(row[3].strip()) for row in body)
        and any(row[3].strip() for row in body)
    ):
        return "columns 1 to 4 hold a number, two times and an address or anonymous, as Microsoft Forms writes them"
    return ""


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; several in one cell end in a semicolon each."""
    sheet = choose_sheet(book, declaration, log=log)
    if sheet is None:
        return None
    titles = unique_headers(sheet.rows[0])
    built = build_frame(sheet.rows, name=book.name, header_rows=1, log=log, headers=titles)
    if built is None:
        return None
    frame, rows = built
    titles = [str(title) for title in frame]
    seconds, notes = _durations(frame, rows, book.name)
    own = {title for title in titles[FIXED:] if fold_label(title) in OWN or _QUIZ.fullmatch(fold_label(title))}
    return Table(
        frame=frame,
        rows=rows,
        numbers="scores",
        separators=";\n",
        own=frozenset(own.union(titles[:FIXED])),
        submission=titles[0],
        seconds=seconds,
        notes=(*_gaps(frame[titles[0]].tolist(), book.name), *notes),
    )


def _durations(
    frame: pd.DataFrame, rows: npt.NDArray[np.int64], name: str
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Return seconds from start to completion, and which rows end before they start."""
    seconds = np.full(len(frame), np.nan)
    earlier = []
    for position, (start, end) in enumerate(zip(frame.iloc[:, 1], frame.iloc[:, 2], strict=True)):
        try:
            spent = (datetime.fromisoformat(end.strip()) - datetime.fromisoformat(start.strip())).total_seconds()
        except ValueError:
            continue
        if spent < 0:
            earlier.append(int(rows[position]))
        else:
            seconds[position] = spent
    if not earlier:
        return seconds, ()
    named = ", ".join(map(str, earlier[:MAX_NAMED])) + (" and more" if len(earlier) > MAX_NAMED else "")
    return seconds, (
        f"{name}: {len(earlier)} answer(s) were completed before they were started (row {named}); day and month were "
        "probably swapped by a spreadsheet program. The rows are kept; how long they took is not known.",
    )


def _gaps(ids: Sequence[str], name: str) -> tuple[str, ...]:
    """Return what the numbers of the answers and the name of the file say of answers that are gone."""
    numbers = sorted({int(text) for text in ids if text.strip().isdigit()})
    if not numbers:
        return ()
    gone = numbers[-1] - len(numbers)
    counted = _COUNT.search(PurePath(name).name)
    notes = []
    if gone > 0:
        first = f"start at {numbers[0]}" if numbers[0] > 1 else "have gaps"
        notes.append(f"{name}: the numbers of the answers {first}: {gone} earlier answer(s) were deleted in the form.")
    if counted and int(counted[2]) - int(counted[1]) + 1 != len(ids):
        notes.append(f"{name}: the name of the file counts {counted[1]} to {counted[2]}, the file holds {len(ids)}.")
    return tuple(notes)


def write(answers: Answers) -> bytes:
    """Return a workbook as the form's "Open in Excel" gives it."""
    rows = [["ID", "Start time", "Completion time", "Email", "Name", *(answers.label(item) for item in answers.items)]]
    for number, (_, row) in enumerate(answers.frame.iterrows(), start=1):
        cells = [str(number), "2026-02-01 10:00:00", "2026-02-01 10:05:00", "anonymous", ""]
        for item in answers.items:
            shown = answers.shown(item, str(row[item.name]))
            cells.append("".join(f"{label};" for label in shown) if item.type == "select_multiple" else "".join(shown))
        rows.append(cells)
    return xlsx_bytes(rows, title="Sheet1")


MICROSOFT_FORMS = Dialect(name="microsoft_forms", recognise=recognise, read=read, write=write, one_header=True)
