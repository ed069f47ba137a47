"""SPSS (.sav, .zsav): codes as they are stored, value labels beside them, declared missing values as reasons."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyreadstat

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.ingest.dialects.sav_guard import SavShape, check_sav
from toolkit.ingest.dialects.statistics_files import (
    PYTHON_NAMES,
    Opened,
    Reader,
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
from toolkit.ingest.table import UNTICKED, Option, Table

EPOCH = datetime(1582, 10, 14)
_DATE = re.compile(r"(?:[AEJS]?DATE|QYR|MOYR|WKYR)\d*(?:\.\d+)?")
_STAMP = re.compile(r"(?:DATETIME|YMDHMS)\d*(?:\.\d+)?")
_TIME = re.compile(r"[DM]?TIME\d*(?:\.\d+)?")


def recognise(book: Book, _: ExportDeclaration) -> str:
    """Return the evidence that the file is SPSS', or ""."""
    return "the file starts as SPSS writes it ($FL)" if book.kind == "sav" else ""


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the codes as text; what SPSS declares missing keeps its code and becomes a reason."""
    if book.kind != "sav":
        log.add("this is no SPSS file", file=book.name, allowed="a .sav or .zsav file", mend="correct platform")
        return None
    shape = check_sav(book.content)
    if shape.fault:
        log.add(
            f"the file is damaged or cut off: {shape.fault}",
            file=book.name,
            allowed="a .sav or .zsav file as SPSS wrote it",
            mend="export or download it again, and compare the sizes; or export the answers as CSV",
        )
        return None
    opened = open_codes(book, declaration, reader=_reader(shape), log=log)
    if opened is None:
        return None
    meta = opened.meta
    labels = {
        header: {number_text(code): str(label) for code, label in found.items()}
        for header, found in meta.variable_value_labels.items()
    }
    titles = [str(header) for header in opened.columns]
    texts = {header: label for header, label in meta.column_names_to_labels.items() if label}
    options = split_columns(titles, texts=texts, labels=labels, declaration=declaration) | _answer_sets(
        meta, titles, texts, labels
    )
    ticks = {option.header for group in options.values() for option in group}
    cells, reasons, odd = _read_columns(opened, ticks, labels, declaration)
    notes = [opened.note] if opened.note else []
    notes += [f"{book.name}, column {header}: times outside the calendar were left as seconds." for header in odd]
    frame, rows = frame_of(cells)
    sets = {name.lstrip("$"): str(found.get("label") or "") for name, found in meta.mr_sets.items()}
    return Table(
        frame=frame,
        rows=rows,
        texts=texts | {name: label for name, label in sets.items() if label and name in options},
        reasons=reasons,
        numbers="codes",
        value_labels=labels,
        options=leave_gaps(options, cells=cells, reasons=reasons),
        date_order="ymd",
        notes=tuple(notes),
    )


def _reader(shape: SavShape) -> Reader:
    """Return a reader that refuses an encoding in which a labelled text of the file does not stand."""

    def read_sav(
        file: io.BytesIO,
        *,
        encoding: str | None = None,
        usecols: list[str] | None = None,
        user_missing: bool,
        disable_datetime_conversion: bool,
        output_format: Literal["dict"],
    ) -> tuple[Mapping[str, Sequence[object]], Any]:
        if not shape.decodes(PYTHON_NAMES.get(encoding or "", encoding or "")):
            raise ValueError("unable to convert a labelled text")
        found: tuple[Mapping[str, Sequence[object]], Any] = pyreadstat.read_sav(
            file,
            encoding=encoding,
            usecols=usecols,
            user_missing=user_missing,
            disable_datetime_conversion=disable_datetime_conversion,
            output_format=output_format,
        )
        return found

    return read_sav


def _read_columns(
    opened: Opened, ticks: set[str], labels: Mapping[str, Mapping[str, str]], declaration: ExportDeclaration
) -> tuple[Texts, Reasons, list[str]]:
    meta, form = opened.meta, reasons_of_form(declaration)
    cells: Texts = {}
    reasons: Reasons = {}
    odd = []
    for header, values in opened.columns.items():
        ranges = meta.missing_ranges.get(header, [])
        kind = str(meta.original_variable_types.get(header, ""))
        if not ranges and meta.readstat_variable_types.get(header) == "string":
            cells[header] = ["" if value is None else str(value) for value in values]
            continue
        told = {
            value: tell_value(
                number_text(value) if gap else _cell(value, kind), gap=gap, labels=labels.get(header, {}), form=form
            )
            for value in dict.fromkeys(values)
            for gap in (_is_declared(value, ranges),)
        }
        if _STAMP.fullmatch(kind) or _DATE.fullmatch(kind):
            odd += [header] * any(text.count("-") < 2 and text and not reason for text, reason in told.values())
        if header in ticks:
            # Some tools declare 0 missing in every column; in a column of ticks it says that the option was left.
            told = {value: (text, "" if text == "0" else reason) for value, (text, reason) in told.items()}
        fill_column(header, values, told=told, cells=cells, reasons=reasons)
    return cells, reasons, odd


def _is_declared(value: object, ranges: Sequence[Mapping[str, Any]]) -> bool:
    if value is None:
        return False
    for entry in ranges:
        low, high = entry["lo"], entry["hi"]
        if isinstance(value, str) or isinstance(low, str):
            if isinstance(value, str) and value.rstrip() == str(low).rstrip() != "":
                return True
        elif isinstance(value, float) and low <= value <= high:
            return True
    return False


def _cell(value: object, kind: str) -> str:
    """Return a value as text: seconds as the date or time that they count, where the column is one."""
    if not isinstance(value, float) or np.isnan(value):
        return number_text(value)
    if _TIME.fullmatch(kind):
        whole = abs(value)
        hours, rest = divmod(whole, 3600)
        minutes, seconds = divmod(rest, 60)
        text = f"{'-' if value < 0 else ''}{int(hours):02}:{int(minutes):02}:{int(seconds):02}"
        fraction = round(seconds % 1, 6)
        return text + (f"{fraction:.6f}".rstrip("0")[1:] if 0 < fraction < 1 else "")
    if _DATE.fullmatch(kind) or _STAMP.fullmatch(kind):
        try:
            moment = EPOCH + timedelta(seconds=value)
        except OverflowError:
            return number_text(value)
        return moment.date().isoformat() if _DATE.fullmatch(kind) else moment.isoformat(sep=" ")
    return number_text(value)


def _answer_sets(
    meta: Any, titles: Sequence[str], texts: Mapping[str, str], labels: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[Option, ...]]:
    """Return the multiple response sets that count one value per variable."""
    groups = {}
    for name, found in meta.mr_sets.items():
        base = str(name).lstrip("$")
        if not found.get("is_dichotomy") or base in titles:
            continue
        counted = number_text(found.get("counted_value")).removesuffix(".0")
        options = tuple(
            Option(
                header=header,
                names=tuple(filter(None, (texts.get(header, ""), labels.get(header, {}).get(counted, ""), header))),
                unticked=UNTICKED | {code for code in labels.get(header, {}) if code != counted} - {counted},
                ticked=frozenset({counted}),
            )
            for header in found["variable_list"]
            if header in titles
        )
        groups[base] = options
    return groups


def write(answers: Answers) -> bytes:
    """Return a .sav file of codes with labels; the codes of choices that mean no answer are declared missing."""
    coded = code_answers(answers)
    gaps: dict[str, list[Any]] = {
        item.name: sorted(code for code in coded.labels[item.name] if code < 0)
        for item in answers.items
        if item.name in coded.labels
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.sav"
        pyreadstat.write_sav(
            pd.DataFrame(coded.columns),
            path,
            column_labels=coded.texts,
            variable_value_labels=coded.labels,
            missing_ranges={name: codes for name, codes in gaps.items() if codes},
        )
        return path.read_bytes()


SPSS = Dialect(name="spss", recognise=recognise, read=read, write=write)
