"""Castor: surveys and records, semicolons, one field too many per row, missing values with codes of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.cells import clean_text
from toolkit.ingest.columns import Columns
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.dialects.unused_options import drop_unused
from toolkit.ingest.layout import build_frame, choose_sheet
from toolkit.ingest.matching import ChoiceMatcher
from toolkit.ingest.sheet import Sheet
from toolkit.ingest.table import UNTICKED, Aside, Option, Table

PERSONS = frozenset({"record id", "participant id", "castor record id"})
SITES = frozenset({"institute", "institute abbreviation", "site abbreviation", "site"})
SURVEYS = frozenset(
    {
        "survey name",
        "survey instance id",
        "survey parent",
        "survey package id",
        "survey package name",
        "package id",
        "package name",
        "created on",
        "sent on",
        "progress",
        "completed on",
        "archived",
        "survey creation date",
        "survey completed on",
        "survey progress",
        "survey archived",
        "invitation subject",
        "custom name",
        "parent",
    }
)
RECORDS = frozenset(
    {
        "record creation date",
        "participant creation date",
        "record status",
        "participant status",
        "randomisation group",
        "randomisation datetime",
        "randomized on",
        "randomization id",
        "randomization group",
    }
)
OWN = PERSONS | SITES | SURVEYS | RECORDS
MISSING = {
    95: "measurement failed",
    96: "not applicable",
    97: "not asked",
    98: "asked but unknown",
    99: "not done",
}
GAPS = frozenset(
    f"{mark[0]}{code}{mark[1]}" for code in MISSING for mark in (("-", ""), ("-", ".0"), ("##user_missing_", "##"))
)
ARCHIVED = "archived in Castor"
NOT_OPENED = "surveys that were sent and not answered"
_YES = frozenset({"true", "1", "yes"})


def _plain(title: str) -> str:
    return clean_header(title).replace("_", " ").casefold()


def recognise(book: Book, _: ExportDeclaration) -> str:
    """Return the evidence that Castor wrote the file, or ""."""
    for sheet in book.sheets:
        header = {_plain(cell) for cell in sheet.rows[0]} if sheet.rows else set()
        own = header & OWN
        if header & PERSONS and header & SITES and len(header & (SURVEYS | RECORDS)) > 1:
            return f"row 1 has {len(own)} columns that Castor adds"
    return ""


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; archived and unanswered surveys are set aside, coded gaps become reasons."""
    sheet = _answers_sheet(book, declaration, log)
    if sheet is None:
        return None
    body, phantom = _without_last_field(sheet.rows)
    built = build_frame(body, name=book.name, header_rows=1, log=log)
    if built is None:
        return None
    frame, rows = built
    titles = [str(title) for title in frame]
    found = {_plain(title): title for title in reversed(titles)}
    own = frozenset(title for title in titles if _plain(title) in OWN)
    options, unused = drop_unused(_options(titles), frame=frame, instrument=declaration.instrument)
    table = Table(frame=frame, rows=rows, options=options, own=own)
    progress, done = _progress(frame, found)
    notes = [f"{book.name}: a last field without a header and without any answer was dropped."] if phantom else []
    return Table(
        frame=frame,
        rows=rows,
        reasons=_reasons(table, declaration),
        numbers="codes",
        options=options,
        separators=";,|\n",
        own=own | unused,
        asides=_asides(frame, found, progress, done, own),
        partial=None if done is None else ~done,
        submission=found.get("survey instance id", ""),
        date_order="dmy",
        notes=tuple(notes),
    )


def _answers_sheet(book: Book, declaration: ExportDeclaration, log: ProblemLog) -> Sheet | None:
    """Return the sheet of answers; lists of variables and options stand beside it and hold none."""
    if not declaration.sheet:
        fitting = [
            sheet
            for sheet in book.sheets
            if sheet.rows and {_plain(cell) for cell in sheet.rows[0]} & PERSONS and len(sheet.rows[0]) > 1
        ]
        if len(fitting) == 1:
            return fitting[0]
    return choose_sheet(book, declaration, log=log)


def _without_last_field(rows: Sequence[list[str]]) -> tuple[list[list[str]], bool]:
    """Return the rows without the empty field that Castor writes after the last answer."""
    width = len(rows[0])
    body = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    if not body or any(len(row) != width + 1 or row[-1].strip() for row in body):
        return list(rows), False
    return [rows[0], *(row[:width] if len(row) == width + 1 else row for row in rows[1:])], True


def _options(titles: Sequence[str]) -> dict[str, tuple[Option, ...]]:
    """Return the columns VARIABLE#OPTION of questions with several answers."""
    groups: dict[str, list[Option]] = {}
    for title in titles:
        base, mark, option = title.partition("#")
        if mark and base and option:
            spaced = option.replace("_", " ")
            names = tuple(dict.fromkeys((option, spaced)))
            groups.setdefault(base, []).append(Option(header=title, names=names, unticked=UNTICKED | GAPS))
    return {base: tuple(options) for base, options in groups.items()}


def _progress(
    frame: pd.DataFrame, found: Mapping[str, str]
) -> tuple[npt.NDArray[np.bool_] | None, npt.NDArray[np.bool_] | None]:
    """Return which surveys were begun and which were completed; None where the file does not say."""
    completed = found.get("completed on") or found.get("survey completed on")
    progress = found.get("progress") or found.get("survey progress")
    done = (frame[completed].map(clean_text) != "").to_numpy(dtype=bool) if completed else None
    begun = (~frame[progress].map(clean_text).isin(["", "0", "0%", "0.0"])).to_numpy(dtype=bool) if progress else None
    return begun, done


def _asides(
    frame: pd.DataFrame,
    found: Mapping[str, str],
    begun: npt.NDArray[np.bool_] | None,
    done: npt.NDArray[np.bool_] | None,
    own: frozenset[str],
) -> tuple[Aside, ...]:
    archived = np.zeros(len(frame), dtype=bool)
    for name in ("archived", "survey archived"):
        if name in found:
            archived |= frame[found[name]].map(clean_text).str.casefold().isin(_YES).to_numpy(dtype=bool)
    for name in ("record status", "participant status"):
        if name in found:
            archived |= (frame[found[name]].map(clean_text).str.casefold() == "archived").to_numpy(dtype=bool)
    asides = [Aside(reason=ARCHIVED, rows=archived)]
    if begun is not None or done is not None:
        empty = (frame[[title for title in frame if title not in own]] == "").all(axis=1).to_numpy(dtype=bool)
        for flags in (begun, done):
            empty = empty if flags is None else empty & ~flags
        asides.append(Aside(reason=NOT_OPENED, rows=empty))
    return tuple(asides)


def _reasons(table: Table, declaration: ExportDeclaration) -> dict[str, npt.NDArray[np.object_]]:
    """Return per column which cells hold one of Castor's codes for a value that is missing."""
    items = {
        header: item
        for wave in declaration.waves
        for item in declaration.instrument.items
        if item.holds_answer and (header := Columns(declaration, table).find(item, wave, log=ProblemLog()))
    }
    items |= {option.header: items[base] for base, group in table.options.items() if base in items for option in group}
    reasons = {}
    for title in map(str, table.frame):
        if title in table.own:
            continue
        item = items.get(title)
        texts = table.frame[title].unique()
        told = {text: _reason(clean_text(text)) for text in texts}
        for text in told:
            if item is not None and item.choices and ChoiceMatcher(item).find_label(text) is not None:
                told[text] = ""
            # A number from -99 to -95 in a column that is no question of the form may be a value.
            if item is None and not text.startswith("##"):
                told[text] = ""
        if any(told.values()):
            reasons[title] = table.frame[title].map(told).to_numpy(dtype=object)
    return reasons


def _reason(text: str) -> str:
    if text.startswith("##USER_MISSING_") and text.endswith("##"):
        code = text.removeprefix("##USER_MISSING_").removesuffix("##")
        return MISSING.get(int(code), f"marked missing {code}") if code.isdecimal() else "marked missing"
    for number, reason in MISSING.items():
        if text in (f"-{number}", f"-{number}.0", f"Missing ({reason})"):
            return reason
        days = (f"31-12-29{number}", f"01-01-29{number}", f"29{number}-12-31", f"29{number}-01-01")
        if text.split(" ")[0] in days:
            return reason
    return ""


def write(answers: Answers) -> bytes:
    """Return a CSV of completed surveys with labels, several answers in a column per option, a field too many."""
    header = ["record_id", "institute", "survey_name", "survey_instance_id", "created_on", "sent_on", "progress"]
    header += ["completed_on", "package_id", "package_name", "archived"]
    for item in answers.items:
        many = item.type == "select_multiple"
        header += [f"{item.name}#{choice.name}" for choice in item.choices] if many else [item.name]
    rows = []
    for number, (_, row) in enumerate(answers.frame.iterrows(), start=1):
        stamp = "01-02-2026 10:00:00"
        cells = [f"{110000 + number}", "School", "Survey", f"S-{number:06}", stamp, stamp, "100", stamp]
        cells += [f"P-{number:06}", "Package", "False"]
        for item in answers.items:
            answer = str(row[item.name])
            if item.type == "select_multiple":
                cells += [str(int(choice.name in answer.split())) if answer else "" for choice in item.choices]
            elif item.type == "date" and answer:
                cells.append("-".join(reversed(answer[:10].split("-"))))
            else:
                cells += answers.shown(item, answer) or [""]
        rows.append([*cells, ""])
    return csv_bytes([header, *rows], delimiter=";")


CASTOR = Dialect(name="castor", recognise=recognise, read=read, write=write)
