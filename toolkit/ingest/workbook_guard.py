"""Workbooks are looked over before any reader opens them: far cells, expansion, entities, macros, passwords."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from typing import Literal

from toolkit.core.errors import ProblemLog
from toolkit.ingest.archives import ArchiveError, list_members, stream_member

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_BOX = 2_000_000
CELLS_PER_BOX = 20
MAX_ODS_REPEAT = 1_000
OVERLAP = 4_096

_CELL = re.compile(rb'<(?:\w+:)?c [^<>]{0,80}?\br="([A-Z]{1,3})(\d{1,7})"')
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


@dataclass(slots=True)
class _Scan:
    last_row: int = 0
    last_column: int = 0
    cells: int = 0
    hidden: int = 0
    bare_formula: str = ""


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
    for info in members:
        if not info.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        scan = _scan_member(content, info)
        hidden += scan.hidden
        if scan.bare_formula:
            log.add(
                f"the cell {scan.bare_formula} holds a formula whose result was never stored",
                file=name,
                mend="open the workbook in a spreadsheet program and save it, or paste the answers as values",
            )
    return None if log.problems else Shape(kind="workbook", hidden_rows=hidden)


def _scan_member(content: bytes, info: zipfile.ZipInfo) -> _Scan:
    scan = _Scan()
    is_sheet = info.filename.startswith("xl/worksheets/sheet")
    is_ods = info.filename == "content.xml"
    tail = b""
    for piece in stream_member(content, info):
        text = tail + piece
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise ArchiveError("the workbook declares a DOCTYPE or entities of its own")
        if is_sheet:
            _scan_sheet(text, scan)
        if is_ods and (
            any(int(times) > MAX_ODS_REPEAT for times in _ODS_WIDE.findall(text))
            or any(int(times) > MAX_ODS_REPEAT for times in _ODS_TALL.findall(text))
        ):
            raise ArchiveError("the workbook repeats one answer over thousands of cells")
        # Cut where a tag opens, so that nothing is counted twice and nothing is cut apart.
        cut = text.rfind(b"<", max(0, len(text) - OVERLAP))
        tail = text[cut:] if cut >= 0 and b">" not in text[cut:] else b""
    box = scan.last_row * scan.last_column
    if box > MAX_BOX and box > CELLS_PER_BOX * scan.cells:
        raise ArchiveError("a cell far outside the answers makes the sheet too large to be read")
    return scan


def _scan_sheet(text: bytes, scan: _Scan) -> None:
    found = _CELL.findall(text)
    if found:
        scan.cells += len(found)
        scan.last_row = max(scan.last_row, max(int(row) for _, row in found))
        longest = max(len(letters) for letters, _ in found)
        letters = max(column for column, _ in found if len(column) == longest)
        number = 0
        for letter in letters:
            number = number * 26 + letter - 64
        scan.last_column = max(scan.last_column, number)
    if b"hidden=" in text:
        scan.hidden += len(_ROW_HIDDEN.findall(text))
    if not scan.bare_formula and b"<f" in text and (match := _FORMULA_WITHOUT_VALUE.search(text)):
        scan.bare_formula = match[1].decode()
