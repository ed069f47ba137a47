"""Plain tables: one header row of item names or question texts, one row per answer (CSV, XLSX, XLS, ODS)."""

from __future__ import annotations

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.layout import build_frame, choose_sheet
from toolkit.ingest.matching import match_key
from toolkit.ingest.table import Option, Table


def recognise(book: Book, declaration: ExportDeclaration) -> str:
    """Return how many headers are known, or "" where none is; any tool's file may answer to this."""
    sheets = [sheet for sheet in book.sheets if declaration.sheet in ("", sheet.name)]
    best = max((_count_known(sheet.rows[0], declaration) for sheet in sheets if sheet.rows), default=(0, 0))
    return f"{best[0]} of {best[1]} headers in row 1 are known" if best[0] else ""


def _count_known(header: list[str], declaration: ExportDeclaration) -> tuple[int, int]:
    names = {name.casefold() for name in declaration.expected_headers()}
    texts = {match_key(text) for text in declaration.question_texts()}
    titles = [clean_header(cell) for cell in header]
    split = {option.header for options in _options(titles, declaration).values() for option in options}
    known = [
        title
        for title in titles
        if title and (title in split or title.casefold() in names or match_key(title) in texts)
    ]
    return len(known), len(titles)


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; a bare number is the score of its choice."""
    sheet = choose_sheet(book, declaration, log=log)
    built = build_frame(sheet.rows, name=book.name, header_rows=1, log=log) if sheet else None
    if built is None:
        return None
    frame, rows = built
    return Table(frame=frame, rows=rows, numbers="scores", options=_options(list(map(str, frame)), declaration))


def _options(titles: list[str], declaration: ExportDeclaration) -> dict[str, tuple[Option, ...]]:
    """Return the columns ITEM_CHOICE or ITEM/CHOICE of questions with several answers."""
    groups = {}
    for item in declaration.instrument.items:
        if item.type != "select_multiple" or item.name in titles:
            continue
        named = {f"{item.name}{mark}{choice.name}": choice.name for mark in "_/" for choice in item.choices}
        options = tuple(Option(header=title, names=(named[title],)) for title in titles if title in named)
        if options:
            groups[item.name] = options
    return groups


def write(answers: Answers) -> bytes:
    """Return a CSV with item names above and labels in the cells, several answers joined by "; "."""
    rows = [[item.name for item in answers.items]]
    for _, row in answers.frame.iterrows():
        rows.append(["; ".join(answers.shown(item, str(row[item.name]))) for item in answers.items])
    return csv_bytes(rows)


PLAIN = Dialect(name="plain", recognise=recognise, read=read, write=write, one_header=True)
