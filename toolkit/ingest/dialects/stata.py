"""Stata (.dta): codes as they are stored, value labels beside them, tagged missing values (.a to .z) as reasons."""

from __future__ import annotations

import re
import struct
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.ingest.dialects.statistics_files import (
    Opened,
    Reasons,
    Texts,
    code_answers,
    fill_column,
    frame_of,
    leave_gaps,
    number_text,
    open_codes,
    reasons_of_form,
    split_columns,
    tell_value,
)
from toolkit.ingest.table import Table

EPOCH = datetime(1960, 1, 1)
MAX_CASES = 50_000_000
END = b"</stata_dta>"
_DAY = re.compile(r"%-?(?:td|d).*")
_MILLISECONDS = re.compile(r"%-?tc.*")
_OTHER_TIME = re.compile(r"%-?t[Cwmqhyb].*")
_CASES = re.compile(rb"<N>(.{4}|.{8})</N>", re.S)


def recognise(book: Book, _: ExportDeclaration) -> str:
    """Return the evidence that the file is Stata's, or ""."""
    return "the file starts as Stata writes it" if book.kind == "dta" else ""


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the codes as text; tagged missing values keep their letter and become reasons."""
    if book.kind != "dta":
        log.add("this is no Stata file", file=book.name, allowed="a .dta file", mend="correct platform in study.yaml")
        return None
    fault = _damage(book.content)
    if fault:
        log.add(f"the file is damaged: {fault}", file=book.name, mend="export or download it again")
        return None
    opened = open_codes(book, declaration, reader=pyreadstat.read_dta, log=log)
    if opened is None:
        return None
    meta = opened.meta
    labels = {
        header: {_code(code): str(label) for code, label in found.items()}
        for header, found in meta.variable_value_labels.items()
    }
    texts = {header: label for header, label in meta.column_names_to_labels.items() if label}
    cells, reasons, odd = _read_columns(opened, labels, declaration)
    notes = [opened.note] if opened.note else []
    notes += [f"{book.name}, column {header}: times were left as the numbers that Stata stores." for header in odd]
    notes += [
        f"{book.name}, column {header}: the labels of its codes are not in the file."
        for header, name in meta.variable_to_label.items()
        if name and header not in labels
    ]
    options = split_columns(list(cells), texts=texts, labels=labels, declaration=declaration)
    frame, rows = frame_of(cells)
    return Table(
        frame=frame,
        rows=rows,
        texts=texts,
        reasons=reasons,
        numbers="codes",
        value_labels=labels,
        options=leave_gaps(options, cells=cells, reasons=reasons),
        date_order="ymd",
        notes=tuple(notes),
    )


def _damage(content: bytes) -> str:
    """Return what shows that a file is not whole, or "": its count of cases, its end."""
    if content.startswith(b"<stata_dta>"):
        order = "<" if b"<byteorder>LSF</byteorder>" in content[:200] else ">"
        match = _CASES.search(content[:200])
        cases = struct.unpack(f"{order}{'I' if len(match[1]) == 4 else 'Q'}", match[1])[0] if match else 0
    else:
        cases = struct.unpack_from("<i" if content[1:2] == b"\x02" else ">i", content.ljust(12, b"\0"), 6)[0]
    if cases > min(len(content), MAX_CASES):
        return "it speaks of more answers than it has room for"
    if content.startswith(b"<stata_dta>") and END not in content[-len(END) - 100 :]:
        return "it breaks off before its end"
    return ""


def _code(code: object) -> str:
    """Return the code of a label; a letter is a tagged missing value."""
    return f".{code}" if isinstance(code, str) else number_text(_plain(code))


def _plain(value: object) -> object:
    return float(value) if isinstance(value, (int, np.integer)) and not isinstance(value, bool) else value


def _read_columns(
    opened: Opened, labels: Mapping[str, Mapping[str, str]], declaration: ExportDeclaration
) -> tuple[Texts, Reasons, list[str]]:
    meta, form = opened.meta, reasons_of_form(declaration)
    cells: Texts = {}
    reasons: Reasons = {}
    odd = []
    for header, values in opened.columns.items():
        if meta.readstat_variable_types.get(header) == "string":
            cells[header] = ["" if value is None else str(value) for value in values]
            continue
        kind = str(meta.original_variable_types.get(header, ""))
        told = {
            value: tell_value(
                f".{value}" if isinstance(value, str) else _cell(_plain(value), kind),
                gap=isinstance(value, str),
                labels=labels.get(header, {}),
                form=form,
            )
            for value in dict.fromkeys(values)
        }
        if _OTHER_TIME.fullmatch(kind):
            odd.append(header)
        fill_column(header, values, told=told, cells=cells, reasons=reasons)
    return cells, reasons, odd


def _cell(value: object, kind: str) -> str:
    """Return a value as text: days and milliseconds as the date that they count, where the column is one."""
    if not isinstance(value, float) or np.isnan(value):
        return number_text(value)
    try:
        if _MILLISECONDS.fullmatch(kind):
            return (EPOCH + timedelta(milliseconds=value)).isoformat(sep=" ")
        if _DAY.fullmatch(kind):
            return (EPOCH + timedelta(days=value)).date().isoformat()
    except OverflowError:
        pass
    return number_text(value)


def write(answers: Answers) -> bytes:
    """Return a .dta file of codes with labels."""
    coded = code_answers(answers)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.dta"
        pyreadstat.write_dta(
            pd.DataFrame(coded.columns), path, column_labels=coded.texts, variable_value_labels=coded.labels
        )
        return path.read_bytes()


STATA = Dialect(name="stata", recognise=recognise, read=read, write=write)
