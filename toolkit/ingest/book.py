"""Book: an opened export file, whatever its kind, as sheets of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

from toolkit.core.errors import ProblemLog
from toolkit.ingest.archives import read_archive
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.decoding import choose_delimiter, count_cells, decode_text, split_cells
from toolkit.ingest.sheet import Sheet
from toolkit.ingest.text_rows import TextRows, is_utf8, scan_records
from toolkit.ingest.workbook_guard import OLE_MAGIC, check_workbook
from toolkit.ingest.workbooks import read_workbook

BookKind = Literal["text", "workbook", "sav", "dta", "archive"]

# Below this size a file is read cell by cell, whatever it looks like.
LARGE = 4_000_000
HEAD_BYTES = 4_000_000
UTF8_MARK = b"\xef\xbb\xbf"
ZIP_MAGIC = b"PK\x03\x04"
SAV_MAGICS = (b"$FL2", b"$FL3")
DTA_MAGIC = b"<stata_dta>"
# Up to release 12 Stata names the file's format and the byte order in the first two bytes, and 1 in the third.
OLD_DTA_MAGICS = tuple(bytes((number, order, 1)) for number in range(104, 116) for order in (1, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """An export file that has been opened and found harmless.

    Parameters
    ----------
    name : str
        Path as the study gives it.
    kind : {"text", "workbook", "sav", "dta", "archive"}
        What sort of file it is, told from its bytes.
    sheets : tuple of Sheet
        Its tables; none for SPSS and Stata files.
    content : bytes
        The whole file.
    members : mapping of str to bytes
        Files of an archive that are no tables.
    notes : tuple of str
        What an evaluator should know: hidden sheets, the encoding that was found.
    """

    name: str
    kind: BookKind
    sheets: tuple[Sheet, ...]
    content: bytes
    members: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> Sequence[list[str]]:
        """The rows of the first sheet; empty where there is none."""
        return self.sheets[0].rows if self.sheets else []


def open_book(content: bytes, declaration: ExportDeclaration, *, log: ProblemLog) -> Book | None:
    """Return the opened file, or None after noting why it cannot be read.

    Parameters
    ----------
    content : bytes
        The whole file.
    declaration : ExportDeclaration
        What the study says of it.
    log : ProblemLog
        Takes what is wrong.
    """
    name = declaration.name
    if content[:4] in SAV_MAGICS:
        return Book(name=name, kind="sav", sheets=(), content=content)
    if content.startswith(DTA_MAGIC) or content[:3] in OLD_DTA_MAGICS:
        return Book(name=name, kind="dta", sheets=(), content=content)
    if content.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return _open_container(content, declaration, log)
    if content.lstrip()[:200].lower().startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<?xml")):
        log.add(
            "this is a web page or XML file, not a table, whatever its name says",
            file=name,
            mend="export the answers as CSV or XLSX",
        )
        return None
    large = _open_large(content, declaration)
    if large is not None:
        return Book(name=name, kind="text", sheets=(Sheet(name="", rows=large),), content=content)
    decoded = decode_text(
        content,
        name=name,
        encoding=declaration.encoding,
        known=declaration.known_texts(),
        log=log,
        country=_country(declaration),
    )
    if decoded is None:
        return None
    expected = declaration.expected_headers() | declaration.question_texts()
    rows = split_cells(decoded.text, name=name, expected=expected, log=log)
    if rows is None:
        return None
    notes = []
    if decoded.found:
        notes.append(f"{name}: decoded as {decoded.encoding}, under which the form's labels appear.")
    if decoded.doubled:
        notes.append(f"{name}: the byte-order mark at the start stood twice and was taken off.")
    return Book(name=name, kind="text", sheets=(Sheet(name="", rows=rows),), content=content, notes=tuple(notes))


def _open_large(content: bytes, declaration: ExportDeclaration) -> TextRows | None:
    """Return the rows of a large and regular text in UTF-8; None for every other file."""
    if len(content) < LARGE or declaration.encoding.lower().replace("-", "") not in ("auto", "utf8"):
        return None
    start = len(UTF8_MARK) if content.startswith(UTF8_MARK) else 0
    if (content.startswith(UTF8_MARK, start) and start) or b"\0" in content or not is_utf8(content):
        return None
    head = content[start : start + HEAD_BYTES].decode("utf-8", errors="ignore")
    marks = choose_delimiter(head, declaration.expected_headers() | declaration.question_texts())
    if len(marks) != 1:
        return None
    width = count_cells(head, marks[0])
    shape = scan_records(content, start=start, delimiter=marks[0], width=width) if width > 1 else None
    return TextRows(content, start=start, delimiter=marks[0], shape=shape) if shape is not None else None


def _country(declaration: ExportDeclaration) -> str:
    return declaration.fixed.get("country", "").strip().lower()


def _open_container(content: bytes, declaration: ExportDeclaration, log: ProblemLog) -> Book | None:
    name = declaration.name
    shape = check_workbook(content, name=name, suffix=PurePath(name).suffix.lower(), log=log)
    if shape is None:
        return None
    if shape.kind == "archive":
        members = read_archive(content)
        tables: list[Sheet] = []
        for member, data in members.items():
            if not member.lower().endswith((".csv", ".tsv", ".txt")) or not data.strip():
                continue
            place = f"{name}/{member}"
            decoded = decode_text(
                data,
                name=place,
                encoding=declaration.encoding,
                known=declaration.known_texts(),
                log=log,
                country=_country(declaration),
            )
            rows = (
                split_cells(decoded.text, name=place, expected=declaration.expected_headers(), log=log)
                if decoded
                else None
            )
            if rows is not None:
                tables.append(Sheet(name=member, rows=rows))
        return Book(name=name, kind="archive", sheets=tuple(tables), content=content, members=members)
    read = read_workbook(content, name=name, log=log, errors=shape.errors)
    if read is None:
        return None
    hidden = sum(not sheet.visible for sheet in read)
    notes = []
    if hidden:
        notes.append(f"{name}: {hidden} hidden sheet(s) were left out.")
    if shape.hidden_rows:
        notes.append(f"{name}: {shape.hidden_rows} hidden row(s) were read like the others.")
    return Book(
        name=name,
        kind="workbook",
        sheets=tuple(sheet for sheet in read if sheet.visible and sheet.rows),
        content=content,
        notes=tuple(notes),
    )
