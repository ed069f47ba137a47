"""Qualtrics: three header rows (names, texts, ImportIds); or the older export with two."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.dialects.qsf import read_qsf
from toolkit.ingest.layout import build_frame, choose_sheet
from toolkit.ingest.table import PREVIEWS, Aside, Option, Table

OWN_COLUMNS = frozenset(
    "StartDate EndDate Status IPAddress Progress Finished RecordedDate ResponseId RecipientLastName "
    "RecipientFirstName RecipientEmail ExternalReference LocationLatitude LocationLongitude "
    "LocationAccuracy DistributionChannel UserLanguage ResponseID ResponseSet Name ExternalDataReference "
    "EmailAddress".split()
) | {"Duration (in seconds)"}
LEGACY_ROW_2 = frozenset({"ResponseID", "ResponseSet", "Finished"})
PREVIEW_STATUS = frozenset({"survey preview", "1", "survey test", "2", "offline survey preview", "17"})
UNFINISHED = frozenset({"false", "0"})
HEADER_ROWS, LEGACY_HEADER_ROWS = 3, 2


def _is_import_id(cell: str) -> bool:
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "ImportId" in value


def _is_current(rows: Sequence[Sequence[str]]) -> bool:
    if len(rows) < HEADER_ROWS or not rows[2]:
        return False
    header = {clean_header(cell) for cell in rows[0]}
    return header >= {"ResponseId", "Finished"} and all(_is_import_id(cell) for cell in rows[2] if cell)


def _is_legacy(rows: Sequence[Sequence[str]]) -> bool:
    return len(rows) > 1 and set(rows[1]) >= LEGACY_ROW_2 and "V1" in rows[0]


def recognise(book: Book, _: ExportDeclaration) -> str:
    """Return the evidence that Qualtrics wrote the file, or ""."""
    rows = book.first
    if _is_current(rows):
        fixed = OWN_COLUMNS & {clean_header(cell) for cell in rows[0]}
        return f"row 3 holds ImportIds and row 1 has {len(fixed)} Qualtrics columns"
    if _is_legacy(rows):
        return "rows 1 and 2 are the header of Qualtrics' legacy export (V1, V2 above ResponseID, ResponseSet)"
    return ""


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; numbers are ids of choices unless a .qsf file says what they stand for."""
    rows = book.first
    if _is_current(rows):
        headers, texts, header_rows = rows[0], rows[1], HEADER_ROWS
        ids = [_import_id(cell) for cell in rows[2]]
    elif _is_legacy(rows):
        # V1 to V10 are platform columns whose names stand in row 2.
        texts, header_rows = rows[1], LEGACY_HEADER_ROWS
        headers = [
            second if first[:1] == "V" and first[1:].isdigit() else first
            for first, second in zip(*rows[:2], strict=False)
        ]
        ids = [""] * len(headers)
    else:
        fixed = OWN_COLUMNS & {clean_header(cell) for cell in rows[0]} if rows else OWN_COLUMNS & set()
        log.add(
            f"row 3 does not hold Qualtrics ImportIds (row 1 has {len(fixed)} Qualtrics columns)",
            file=book.name,
            row=3,
            allowed="a Qualtrics CSV with its three header rows, or with the two of the legacy format",
            mend="export it again from Data & Analysis as CSV with the three header rows kept",
        )
        return None
    if choose_sheet(book, declaration, log=log, header_rows=header_rows) is None:
        return None
    built = build_frame(rows, name=book.name, header_rows=header_rows, log=log, headers=list(headers))
    if built is None:
        return None
    frame, numbers = built
    titles = [str(title) for title in frame]
    shown = dict(zip(titles, (clean_header(text) for text in texts), strict=False))
    labels = read_qsf(declaration, dict(zip(titles, ids, strict=False)), log=log) if declaration.qsf else {}
    return Table(
        frame=frame,
        rows=numbers,
        texts=shown,
        numbers="ids",
        value_labels=labels,
        options=_options(titles, shown, labels),
        separators=",",
        own=OWN_COLUMNS | {title for title in titles if title.endswith("_DO") or "_DO_" in title},
        asides=_previews(frame),
        partial=_says(frame["Finished"], UNFINISHED) if "Finished" in frame else None,
        submission="ResponseId" if "ResponseId" in frame else "ResponseID",
        date_order="ymd",
    )


def _import_id(cell: str) -> str:
    return str(json.loads(cell)["ImportId"]) if cell else ""


def _previews(frame: pd.DataFrame) -> tuple[Aside, ...]:
    if "Status" not in frame:
        return (Aside(reason=PREVIEWS, rows=(frame.index < 0)),)
    return (Aside(reason=PREVIEWS, rows=_says(frame["Status"], PREVIEW_STATUS)),)


def _says(cells: pd.Series[str], words: frozenset[str]) -> npt.NDArray[np.bool_]:
    """Return where a cell is one of the words, in any case."""
    wanted = [text for text in cells.unique() if str(text).strip().lower() in words]
    return cells.isin(wanted).to_numpy(dtype=bool)


def _options(
    titles: Sequence[str], texts: Mapping[str, str], labels: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[Option, ...]]:
    """Return the columns Q_1, Q_2 of a question whose text ends in "- option"."""
    groups: dict[str, list[Option]] = {}
    for title in titles:
        base, mark, number = title.rpartition("_")
        if not mark or not number.isdigit() or title in OWN_COLUMNS:
            continue
        label = labels.get(title, {}).get("1", "")
        tails = [tail for tail in (label, texts.get(title, "").rpartition(" - ")[2], number) if tail]
        groups.setdefault(base, []).append(Option(header=title, names=tuple(tails)))
    return {base: tuple(options) for base, options in groups.items() if base not in titles}


def write(answers: Answers) -> bytes:
    """Return a CSV with choice texts as Qualtrics exports it, several answers split over columns."""
    own = {"StartDate": "startDate", "Status": "status", "Finished": "finished", "ResponseId": "_recordId"}
    header, second, third = list(own), list(own), [json.dumps({"ImportId": name}) for name in own.values()]
    for number, item in enumerate(answers.items, start=1):
        many = item.type == "select_multiple"
        for position, choice in enumerate(item.choices if many else (None,), start=1):
            label = answers.label(item)
            header.append(f"{item.name}_{position}" if many else item.name)
            second.append(f"{label} - {answers.shown(item, choice.name)[0]}" if choice else label)
            third.append(json.dumps({"ImportId": f"QID{number}_{position}" if many else f"QID{number}"}))
    rows = []
    for number, (_, row) in enumerate(answers.frame.iterrows(), start=1):
        cells = ["2026-02-01 10:00:00", "IP Address", "True", f"R_{number:015}"]
        for item in answers.items:
            shown = answers.shown(item, str(row[item.name]))
            if item.type == "select_multiple":
                cells += [
                    label if label in shown else ""
                    for choice in item.choices
                    for label in answers.shown(item, choice.name)
                ]
            else:
                cells += shown or [""]
        rows.append(cells)
    return csv_bytes([header, second, third, *rows])


QUALTRICS = Dialect(name="qualtrics", recognise=recognise, read=read, write=write)
