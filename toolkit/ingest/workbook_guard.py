"""Workbooks are looked over before any reader opens them: far cells, expansion, entities, macros, passwords."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from toolkit.core.errors import ProblemLog
from toolkit.ingest.archives import ArchiveError, list_members, stream_member
from toolkit.ingest.sheet_scan import SheetScan, exact_reach

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_BOX = 2_000_000
CELLS_PER_BOX = 20
MAX_ODS_REPEAT = 1_000
OVERLAP = 4_096

_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c (?=[^<>]*\bt="e")[^<>]*?\br="([A-Z]{1,3})(\d{1,7})"[^<>]*>'
    rb"(?:<(?:\w+:)?f[^<>]*(?:/>|>[^<>]*</(?:\w+:)?f>))?<(?:\w+:)?v>(#[^<>]{1,10})<"
)
_ERROR_WORD = re.compile(rb"#(?:REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|N/A)")
_ROW_HIDDEN = re.compile(rb'<(?:\w+:)?row [^<>]{0,300}?hidden="(?:1|true)"')
_FORMULA_WITHOUT_VALUE = re.compile(
    rb'r="([A-Z]{1,3}\d{1,7})"[^<>]{0,80}>\s*<f(?:[^<>]*/>|[^<>]*>[^<>]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_ODS_WIDE = re.compile(rb'<table:table-cell(?=[^>]*office:value-type)[^>]*number-columns-repeated="(\d{4,})"')
_ODS_TALL = re.compile(
    rb'<table:table-row[^>]*number-rows-repeated="(\d{4,})"[^>]*>(?:(?!</table:table-row>).)*?office:value-type', re.S
)

MEND = "open it in a spreadsheet program, copy the answers into a new workbook or save them as CSV UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What kind of container a file is, and what was noticed in passing."""

    kind: Literal["workbook", "archive"]
    hidden_rows: int = 0
    errors: bool = True


def check_workbook(content: bytes, *, name: str, suffix: str, log: ProblemLog) -> Shape | None:
    """Return what the container is, or None after noting why it is refused.

    Parameters
    ----------
    content : bytes
        The whole file; starts as a ZIP archive or an OLE file.
    name, suffix : str
        Name of the file, and the end of its name in small letters.
    log : ProblemLog
        Takes what is wrong.
    """
    if content.startswith(OLE_MAGIC):
        return _check_old_workbook(content, name=name, suffix=suffix, log=log)
    try:
        members = list_members(content)
        return _check_members(content, members, name=name, log=log)
    except ArchiveError as error:
        log.add(str(error), file=name, allowed="a workbook or archive as the survey tool exports it", mend=MEND)
        return None


def _check_old_workbook(content: bytes, *, name: str, suffix: str, log: ProblemLog) -> Shape | None:
    if "EncryptedPackage".encode("utf-16-le") in content:
        log.add("the workbook is protected by a password", file=name, mend="save it without a password")
    elif "_VBA_PROJECT".encode("utf-16-le") in content:
        log.add("the workbook holds macros", file=name, mend="save it as XLSX without macros")
    elif suffix not in (".xls", ".xlt", ""):
        log.add(
            f"the file is an old Excel workbook (XLS), although its name ends in {suffix}",
            file=name,
            mend="save it as what its name says, or name it .xls",
        )
    else:
        return Shape(kind="workbook")
    return None


def _check_members(content: bytes, members: list[zipfile.ZipInfo], *, name: str, log: ProblemLog) -> Shape | None:
    names = {info.filename for info in members}
    is_ods = "content.xml" in names
    if "xl/workbook.xml" not in names and not is_ods:
        if any(member.startswith("xl/") for member in names):
            raise ArchiveError("the workbook is of a kind that is not read (XLSB, or damaged)")
        return Shape(kind="archive")
    if any(member.lower().endswith("vbaproject.bin") for member in names):
        log.add("the workbook holds macros", file=name, mend="save it as XLSX without macros")
        return None
    hidden = 0
    errors = is_ods
    for info in members:
        if not info.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        seen = _scan_member(content, info)
        hidden += seen.hidden_rows
        errors |= seen.errors
        if seen.failed:
            # The reading library makes a blank of such a cell.
            column, row, words = seen.failed
            log.add(
                f"a formula of the spreadsheet failed here ({words})",
                file=name,
                row=row,
                column=column,
                mend="paste the answers as values",
            )
        if seen.bare_formula:
            log.add(
                f"the cell {seen.bare_formula} holds a formula whose result was never stored",
                file=name,
                mend="open the workbook in a spreadsheet program and save it, or paste the answers as values",
            )
    return None if log.problems else Shape(kind="workbook", hidden_rows=hidden, errors=errors)


@dataclass(slots=True)
class _Seen:
    hidden_rows: int = 0
    bare_formula: str = ""
    errors: bool = False
    failed: tuple[str, int, str] | None = None


def _scan_member(content: bytes, info: zipfile.ZipInfo) -> _Seen:
    if info.filename.startswith("xl/worksheets/sheet"):
        return _scan_worksheet(content, info)
    is_ods = info.filename == "content.xml"
    seen = _Seen()
    tail = b""
    for piece in stream_member(content, info):
        text = tail + piece
        _refuse_declarations(text)
        seen.errors = seen.errors or _ERROR_WORD.search(text) is not None
        if is_ods and (
            any(int(times) > MAX_ODS_REPEAT for times in _ODS_WIDE.findall(text))
            or any(int(times) > MAX_ODS_REPEAT for times in _ODS_TALL.findall(text))
        ):
            raise ArchiveError("the workbook repeats one answer over thousands of cells")
        tail = text[_cut(text) :]
    return seen


def _refuse_declarations(text: bytes) -> None:
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ArchiveError("the workbook declares a DOCTYPE or entities of its own")


def _cut(text: bytes) -> int:
    """Return where a tag opens that is not closed within the text, so that nothing is cut apart; its end otherwise."""
    cut = text.rfind(b"<", max(0, len(text) - OVERLAP))
    return cut if cut >= 0 and b">" not in text[cut:] else len(text)


def _scan_worksheet(content: bytes, info: zipfile.ZipInfo) -> _Seen:
    scan, seen = SheetScan(), _Seen()
    tail = b""
    for piece in stream_member(content, info):
        text = tail + piece
        cut = _cut(text)
        scan.take(text, until=cut)
        if scan.markup:
            _refuse_declarations(text)
        if scan.hidden:
            seen.hidden_rows += len(_ROW_HIDDEN.findall(text, 0, cut))
        if scan.formulas and not seen.bare_formula and (match := _FORMULA_WITHOUT_VALUE.search(text)):
            seen.bare_formula = match[1].decode()
        if scan.errors and not seen.failed and (match := _ERROR_CELL.search(text)):
            seen.failed = (match[1].decode(), int(match[2]), match[3].decode("utf-8", errors="replace"))
        seen.errors = seen.errors or b"inlineStr" in text[:OVERLAP]
        tail = text[cut:]
    scan.take(tail, until=len(tail))
    if _too_large(scan.last_row, scan.last_column, scan.cells):
        reached = [exact_reach(piece) for piece in _overlapping(content, info)]
        if _too_large(max(row for row, _ in reached), max(column for _, column in reached), scan.cells):
            raise ArchiveError("a cell far outside the answers makes the sheet too large to be read")
    return seen


def _too_large(row: int, column: int, cells: int) -> bool:
    return row * column > max(MAX_BOX, CELLS_PER_BOX * cells)


def _overlapping(content: bytes, info: zipfile.ZipInfo) -> Iterator[bytes]:
    tail = b""
    for piece in stream_member(content, info):
        yield tail + piece
        tail = piece[-OVERLAP:]
