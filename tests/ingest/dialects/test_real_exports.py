"""Every real export is read as an independent reader reads it: rows, columns, every cell or code."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest

from toolkit.ingest import ExportDeclaration, read_export

EXPORTS = Path(__file__).parents[2] / "exports"
# Folders with further exports of the same kinds, which may not be copied into the repository.
FURTHER = [Path(folder) for folder in os.environ.get("SIVSEN_EXPORTS", "").split(os.pathsep) if folder]
# Seconds beyond the year 9999 that the independent reader cannot make a moment of.
BEYOND_CALENDAR = {("haven_datetime.sav", "date.posix")}


def found(pattern: str) -> list[Path]:
    return [path for folder in (EXPORTS, *FURTHER) for path in sorted(folder.rglob(pattern))]


def rows_of(path: Path, delimiter: str) -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]


def cells(frame: pd.DataFrame) -> list[list[str]]:
    rows: list[list[str]] = frame.to_numpy().tolist()
    return rows


@pytest.mark.parametrize(
    "path", [path for path in found("*.csv") if path.parent.name == "redcap"], ids=lambda p: p.name
)
def test_redcap(declared: Callable[..., ExportDeclaration], path: Path) -> None:
    rows = rows_of(path, ",")
    raw = read_export(declared(path.read_bytes()))
    assert raw.platform == "redcap"
    assert list(raw.frame) == [title or f"(column {place})" for place, title in enumerate(rows[0], start=1)]
    assert cells(raw.frame) == rows[1:]
    assert all(line.count == 0 for line in raw.ledger.lines)


@pytest.mark.parametrize(
    "path",
    [path for path in found("*led.csv") + found("coded.csv") if "jisc" in path.parent.name],
    ids=lambda p: p.name,
)
def test_jisc(declared: Callable[..., ExportDeclaration], path: Path) -> None:
    rows = rows_of(path, ",")
    raw = read_export(declared(path.read_bytes()))
    assert raw.platform == "jisc"
    assert list(raw.frame) == rows[0]
    assert cells(raw.frame) == rows[1:]


@pytest.mark.parametrize(("one", "other"), [("coded.csv", "coded.xlsx"), ("labelled.csv", "labelled.xls")])
def test_a_jisc_workbook_holds_what_the_csv_holds(
    declared: Callable[..., ExportDeclaration], one: str, other: str
) -> None:
    folder = EXPORTS / "jisc"
    first = read_export(declared((folder / one).read_bytes())).frame
    second = read_export(declared((folder / other).read_bytes(), name=other)).frame
    assert cells(second) == cells(first)
    assert list(second) == list(first)


def opened(path: Path) -> Iterator[tuple[str, list[str], list[Any]]]:
    """Yield per column its name, the texts that are right, and the values of the independent reader."""
    read = pyreadstat.read_sav if path.suffix == ".sav" else pyreadstat.read_dta
    seconds, meta = read(path, user_missing=True, disable_datetime_conversion=True)
    beyond = [name for file, name in BEYOND_CALENDAR if file == path.name]
    usual = [name for name in meta.column_names if name not in beyond]
    frame = read(path, user_missing=True, usecols=usual)[0] if usual else seconds
    for name in meta.column_names:
        values = (seconds if name in beyond else frame)[name].tolist()
        kind = meta.readstat_variable_types[name]
        yield name, [expected(value, kind, path.suffix) for value in values], values


def expected(value: Any, kind: str, suffix: str) -> str:
    if isinstance(value, str):
        return f".{value}" if suffix == ".dta" and kind != "string" else value
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return repr(float(value)).removesuffix(".0")


@pytest.mark.parametrize("path", [*found("*.sav"), *found("*.dta")], ids=lambda path: path.name)
def test_spss_and_stata(declared: Callable[..., ExportDeclaration], path: Path) -> None:
    raw = read_export(declared(path.read_bytes(), name=path.name))
    assert raw.platform == ("spss" if path.suffix == ".sav" else "stata")
    columns = list(opened(path))
    assert list(raw.frame) == [name for name, _, _ in columns]
    assert len(raw.frame) == len(columns[0][1])
    for name, texts, values in columns:
        if (path.name, name) in BEYOND_CALENDAR:
            assert raw.frame[name].tolist() == ["6306150067200", "2014-09-23 15:59:20"]
            assert values[0] == 6306150067200.0
            continue
        told = raw.frame[name].tolist()
        fractions = [text.rstrip("0") if "." in text and ":" in text else text for text in texts]
        assert [text.rstrip("0") if "." in text and ":" in text else text for text in told] == fractions, name


@pytest.mark.parametrize(
    ("name", "rows", "archived", "completed"),
    [("CastorQOLSurvey.csv", 2, 0, 1), ("CastorQOLSurvey - Archived.csv", 3, 1, 1)],
)
def test_castor(
    declared: Callable[..., ExportDeclaration], name: str, rows: int, archived: int, completed: int
) -> None:
    content = (EXPORTS / "castor" / name).read_bytes()
    read = rows_of(EXPORTS / "castor" / name, ";")
    assert [len(row) for row in read] == [16] + [17] * rows
    raw = read_export(declared(content))
    assert raw.platform == "castor"
    assert list(raw.frame) == read[0]
    assert cells(raw.frame) == [row[:16] for row in read[1:] if row[7] and row[10] == "False"]
    assert raw.frame["record_id"].tolist() == ["110001"]
    answers = dict(zip(raw.frame, raw.frame.iloc[0], strict=True))
    assert [answers[each] for each in ("SF12_1", "SF12_2", "SF12_3", "SF12_12", "VAS")] == [
        "Excellent",
        "Mostly",
        "Mostly",
        "Rarely",
        "85",
    ]
    first, second = raw.ledger.lines
    assert (first.reason, first.n_in, first.count) == ("archived in Castor", rows, archived)
    # Sent and not archived, of which one was never opened.
    assert (second.n_in, second.count, second.n_out) == (2, 1, completed)
    assert any("last field" in note for note in raw.table.notes)
