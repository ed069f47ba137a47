"""EUSurvey: a sheet called Content with a block above the heading and the contribution's id behind the answers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.ingest.dialects.workbook_bytes import xlsx_bytes
from toolkit.ingest.layout import build_frame, unique_headers
from toolkit.ingest.sheet import Sheet
from toolkit.ingest.table import Table
from toolkit.instruments import fold_label

OWN = ("Invitation Number", "Contribution Id", "User Name", "Creation Date", "Last Update", "Languages")
LONGEST_BLOCK = 30
_CONTENT = re.compile(r"content\d*")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_SHORT_NAME = re.compile(r"(.*\S)\s*\(([A-Za-z][\w.-]*)\)", re.S)


def _heading(sheets: Sequence[Sheet]) -> tuple[int, int, int] | None:
    """Return sheet, row and column (from 0) of the contribution's id in the heading, or None.

    The headings follow the language of the export, so the ids below are looked for where they are not English.
    """
    known = {fold_label(name) for name in OWN}
    for position, sheet in enumerate(sheets):
        for number, row in enumerate(sheet.rows[:LONGEST_BLOCK]):
            cells = [fold_label(cell) for cell in row]
            if "contribution id" in cells and len(known.intersection(cells)) > 2:
                return position, number, cells.index("contribution id")
            at = next((column for column, cell in enumerate(row) if _UUID.fullmatch(cell.strip())), None)
            if at is not None and number and sum(bool(cell.strip()) for cell in row) > 1:
                return (position, number - 1, at) if sheet.rows[number - 1][at : at + 1] not in ([], [""]) else None
    return None


def _contents(book: Book, declaration: ExportDeclaration) -> list[Sheet]:
    named = [sheet for sheet in book.sheets if declaration.sheet and sheet.name == declaration.sheet]
    return named or [sheet for sheet in book.sheets if _CONTENT.fullmatch(sheet.name.casefold())]


def recognise(book: Book, declaration: ExportDeclaration) -> str:
    """Return the evidence that EUSurvey wrote the file, or ""."""
    if book.kind != "workbook":
        return ""
    sheets = _contents(book, declaration)
    place = _heading(sheets)
    if place is None or not _CONTENT.fullmatch(sheets[place[0]].name.casefold()):
        return ""
    return f"the sheet {sheets[place[0]].name} has a contribution id in row {place[1] + 1}"


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers of all Content sheets side by side; several in one cell are joined by a semicolon."""
    sheets = _contents(book, declaration)
    place = _heading(sheets)
    if place is None:
        log.add(
            "the heading of an EUSurvey export was not found",
            file=book.name,
            allowed="a sheet called Content whose heading ends in " + ", ".join(OWN),
            mend="export the results from EUSurvey again as XLS or XLSX",
        )
        return None
    at, top, _ = place
    length = max(len(sheet.rows) for sheet in sheets)
    if any(len(sheet.rows) != length for sheet in sheets):
        log.add(
            "the sheets of the export hold different numbers of rows: "
            + ", ".join(f"{sheet.name} {len(sheet.rows)}" for sheet in sheets),
            file=book.name,
            mend="export the results from EUSurvey again",
        )
        return None
    rows = [[cell for sheet in sheets for cell in sheet.rows[number]] for number in range(length)]
    width = len(rows[top])
    id_at = sum(len(sheet.rows[top]) for sheet in sheets[:at]) + place[2]
    joined, spilt = _join_spilt(rows[top + 1 :], width, id_at)
    titles = unique_headers(rows[top])
    built = build_frame([*rows[: top + 1], *joined], name=book.name, header_rows=top + 1, log=log, headers=titles)
    if built is None:
        return None
    frame, numbers = built
    titles = [str(title) for title in frame]
    id_title = clean_header(rows[top][id_at])
    # What EUSurvey adds stands together, the invitation's number just before the id.
    added = {title for title in titles if fold_label(title) in {fold_label(name) for name in OWN}}
    if fold_label(id_title) not in {fold_label(name) for name in OWN}:
        added |= set(titles[titles.index(id_title) - 1 :])
    notes = (f"{book.name}: {spilt} row(s) continued a long text of the row above and were joined to it.",)
    return Table(
        frame=frame,
        rows=numbers,
        numbers="scores",
        texts={title: match[1] for title in titles if (match := _SHORT_NAME.fullmatch(title))},
        names={title: _other_names(title) for title in titles},
        separators=";",
        own=frozenset(added),
        submission=id_title,
        notes=notes if spilt else (),
    )


def _join_spilt(rows: list[list[str]], width: int, id_at: int) -> tuple[list[list[str]], int]:
    """Return the rows with texts too long for a cell put together again; the rows they spilt to become blank."""
    result: list[list[str]] = []
    last: list[str] | None = None
    spilt = 0
    for row in rows:
        if last is not None and len(row) == width and not row[id_at].strip() and any(row):
            for position, cell in enumerate(row):
                last[position] += cell
            result.append([""] * width)
            spilt += 1
            continue
        last = list(row)
        result.append(last)
    return result, spilt


def _other_names(title: str) -> tuple[str, ...]:
    """Return the short name in brackets, and the row of a grid behind the colon."""
    short = _SHORT_NAME.fullmatch(title)
    question = short[1] if short else title
    names = [short[2]] if short else []
    if ": " in question:
        names.append(question.rpartition(": ")[2])
    return tuple(names)


def write(answers: Answers) -> bytes:
    """Return a workbook with the block above the heading and the short names behind the questions."""
    rows = [["Alias", answers.instrument.name], ["Export Date", "01/02/2026 10:00"], []]
    rows.append([*(f"{answers.label(item)} ({item.name})" for item in answers.items), *OWN])
    for number, (_, row) in enumerate(answers.frame.iterrows(), start=1):
        cells = ["; ".join(answers.shown(item, str(row[item.name]))) for item in answers.items]
        contribution = f"00000000-0000-4000-8000-{number:012}"
        rows.append([*cells, "", contribution, "Anonymous", "2026-02-01 10:00:00", "2026-02-01 10:00:00", "EN"])
    return xlsx_bytes(rows, title="Content")


EUSURVEY = Dialect(name="eusurvey", recognise=recognise, read=read, write=write)
