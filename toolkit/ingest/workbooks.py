"""Workbooks (XLSX, XLS, ODS) as text: every cell what it holds, nothing retyped."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import cast

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from toolkit.core.errors import ProblemLog
from toolkit.ingest.sheet import Sheet

MAX_CELL = 1_000_000
_ERROR_VALUE = re.compile(r"#(REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|N/A)")


def cell_text(value: object) -> str:
    """Return a spreadsheet cell as text: whole numbers without a point, dates as YYYY-MM-DD.

    Examples
    --------
    >>> [cell_text(each) for each in (3.0, 2.5, True, "007", datetime(2026, 2, 1, 12, 0), date(2026, 2, 1))]
    ['3', '2.5', 'TRUE', '007', '2026-02-01 12:00:00', '2026-02-01']
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(value)


def read_workbook(content: bytes, *, name: str, log: ProblemLog, errors: bool = True) -> list[Sheet] | None:
    """Return the sheets of a workbook, or None after noting why it cannot be read.

    Parameters
    ----------
    content : bytes
        The whole file, already looked over by `check_workbook`.
    name : str
        File name for messages.
    log : ProblemLog
        Takes what is wrong.
    errors : bool
        Whether there may be cells whose formula failed.
    """
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            kinds = {meta.name: meta for meta in book.sheets_metadata}
            sheets = []
            for title, meta in kinds.items():
                if meta.typ != SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_name(title)
                rows = [_texts(row) for row in sheet.to_python(skip_empty_area=False)]
                while rows and not any(rows[-1]):
                    rows.pop()
                merged = tuple((first[0] + 1, last[0] + 1) for first, last in sheet.merged_cell_ranges or ())
                visible = meta.visible == SheetVisibleEnum.Visible
                sheets.append(Sheet(name=title, rows=rows, visible=visible, merged=merged))
    except (CalamineError, OSError, ValueError) as error:
        words = "protected by a password" if "assword" in str(error) else "damaged"
        log.add(f"the workbook is {words}", file=name, mend="export it again, or save it as CSV UTF-8")
        return None
    if not any(sheet.rows for sheet in sheets):
        log.add("the file is empty", file=name, allowed="a header row and answers", mend="export it again")
        return None
    for each in sheets if errors else ():
        _check_errors(each, name=name, log=log)
    return sheets


def _texts(row: Sequence[object]) -> list[str]:
    """Return the cells of a row as texts; a row of nothing else stays as it is."""
    if set(map(type, row)) == {str}:
        return cast(list[str], row)
    return [value if type(value) is str else cell_text(value) for value in row]


def _check_errors(sheet: Sheet, *, name: str, log: ProblemLog) -> None:
    if not sheet.visible:
        return
    for number, row in enumerate(sheet.rows, start=1):
        for position, cell in enumerate(row):
            if cell.startswith("#") and _ERROR_VALUE.fullmatch(cell):
                log.add(
                    f"a formula of the spreadsheet failed here ({cell})",
                    file=name,
                    row=number,
                    column=sheet.rows[0][position],
                    mend="paste the answers as values",
                )
