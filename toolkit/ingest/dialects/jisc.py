"""Jisc Online Surveys: coded answers with a key, or labels under numbered questions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.cells import BLANK
from toolkit.ingest.columns import Columns
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.dialects.side_files import read_side_file
from toolkit.ingest.layout import build_frame, choose_sheet, unique_headers
from toolkit.ingest.matching import ChoiceMatcher, match_key
from toolkit.ingest.table import Option, Table

IDS = frozenset({"urn", "unique response number", "response id", "response number"})
OTHERS = frozenset(
    {
        "start date",
        "completion date",
        "date completed",
        "submission date",
        "completed",
        "survey language",
        "language",
        "started",
        "status",
    }
)
UNFINISHED = frozenset({"no", "false", "0", "incomplete", "partial"})
NO_ANSWER = "no answer"
ENOUGH = 0.8
_CODED = re.compile(r"Q\d+(?:_\d+)*(?:_[a-z]+)*(?:_\d+)*", re.I)
_NUMBERED = re.compile(r"(\d+(?:\.\d+)*(?:\.[a-z]+)*(?:\.\d+)*)\.\s+(\S.*)", re.S | re.I)
_QUESTION = re.compile(r"Q\d+(?:_\d+)*(?:_[a-z]+)*", re.I)


def _shape(titles: Sequence[str]) -> tuple[str, int, int]:
    """Return how questions are numbered ("coded", "labelled" or ""), how many are, and of how many."""
    rest = [title for title in titles if title and title.casefold() not in IDS | OTHERS]
    coded = sum(bool(_CODED.fullmatch(title)) for title in rest)
    labelled = sum(bool(_NUMBERED.fullmatch(title)) for title in rest)
    best = max(coded, labelled)
    if not rest or best < ENOUGH * len(rest):
        return "", best, len(rest)
    return ("coded" if coded >= labelled else "labelled"), best, len(rest)


def recognise(book: Book, _: ExportDeclaration) -> str:
    """Return the evidence that Jisc Online Surveys wrote the file, or ""."""
    titles = [clean_header(cell) for cell in book.first[0]] if book.first else []
    kind, count, total = _shape(titles)
    has_id = any(title.casefold() in IDS for title in titles)
    if kind == "coded" and has_id:
        return f"row 1 has a response number and {count} of {total} questions as Q1, Q2_1"
    first = next((_NUMBERED.fullmatch(title) for title in titles if _NUMBERED.fullmatch(title)), None)
    if kind == "labelled" and count > 1 and first is not None and first[1] == "1":
        return f"{count} of {total} headers in row 1 are numbered questions from 1. on"
    return ""


@dataclass(slots=True)
class _Key:
    """What a key says: the text of each question, and its codes with their labels."""

    texts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)


def read_key(declaration: ExportDeclaration, *, log: ProblemLog) -> _Key:
    """Return what the declared key says; empty where none is declared.

    Parameters
    ----------
    declaration : ExportDeclaration
        Its `key` is the path of the key that Jisc exports beside coded answers.
    log : ProblemLog
        Takes what is wrong.
    """
    key = _Key()
    rows = read_side_file(declaration, headers=frozenset({"URN", "Unique Response Number"}), log=log)
    question = ""
    for cells in rows:
        code, label = (*(cell.strip() for cell in cells), "", "")[:2]
        if _QUESTION.fullmatch(code) or code.casefold() in IDS:
            question = code
            key.texts[code] = label
        elif code and question:
            key.labels.setdefault(question, {})[code] = label
    if rows and declaration.key is not None and not key.labels:
        log.add(
            "the key holds no codes",
            file=declaration.key.name,
            allowed="the key that Jisc Online Surveys exports beside coded answers: Q1 and a text, then 1 and a label",
            mend="export the key again, or export the answers as labels",
        )
    return key


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; codes get their labels from the key, several answers their options."""
    sheet = choose_sheet(book, declaration, log=log)
    headers = unique_headers(sheet.rows[0]) if sheet is not None else []
    built = build_frame(sheet.rows, name=book.name, header_rows=1, log=log, headers=headers) if sheet else None
    if built is None:
        return None
    frame, rows = built
    titles = [str(title) for title in frame]
    key = read_key(declaration, log=log)
    numbered = {title: match[2] for title in titles if (match := _NUMBERED.fullmatch(title))}
    ids = [title for title in titles if title.casefold() in IDS]
    own = frozenset({*ids, *(title for title in titles if title.casefold() in OTHERS)})
    options = _options(titles, key)
    texts = {title: text for title, text in key.texts.items() if text and (title in titles or title in options)}
    table = Table(frame=frame, rows=rows, texts=numbered | texts, options=options, own=own)
    coded = not numbered
    return Table(
        frame=frame,
        rows=rows,
        texts=table.texts,
        reasons=_no_answers(table, declaration),
        numbers="codes" if coded else "scores",
        value_labels={title: labels for title, labels in key.labels.items() if title in titles},
        options=options,
        separators=",;|\n",
        own=own,
        partial=_partial(frame),
        submission=ids[0] if ids else "",
        date_order="dmy",
    )


def _options(titles: Sequence[str], key: _Key) -> dict[str, tuple[Option, ...]]:
    """Return the columns Q3_1, Q3_2 of a question whose codes the key lists and that has no column itself."""
    groups: dict[str, list[Option]] = {}
    for title in titles:
        base, mark, code = title.rpartition("_")
        if mark and code.isdigit() and base not in titles and title not in key.labels:
            label = key.labels.get(base, {}).get(code, "")
            groups.setdefault(base, []).append(Option(header=title, names=tuple(filter(None, (label, code)))))
    return {base: tuple(options) for base, options in groups.items()}


def _no_answers(table: Table, declaration: ExportDeclaration) -> Mapping[str, npt.NDArray[np.object_]]:
    """Return blank as the reason where the export writes "No answer" and that is no choice of the question."""
    columns, reasons = Columns(declaration, table), {}
    for wave in declaration.waves:
        for item in declaration.instrument.items:
            header = columns.find(item, wave, log=ProblemLog()) if item.holds_answer else None
            if header is None or header not in table.frame:
                continue
            if item.choices and ChoiceMatcher(item).find_label(NO_ANSWER) is not None:
                continue
            here = (table.frame[header].map(match_key) == NO_ANSWER).to_numpy(dtype=bool)
            if here.any():
                reasons[header] = np.where(here, BLANK, "").astype(object)
    return reasons


def _partial(frame: pd.DataFrame) -> npt.NDArray[np.bool_] | None:
    for title in map(str, frame):
        if title.casefold() in ("completed", "status"):
            return frame[title].str.strip().str.casefold().isin(UNFINISHED).to_numpy(dtype=bool)
    return None


def write(answers: Answers) -> bytes:
    """Return a CSV of labels under numbered questions, several answers joined by commas."""
    rows = [[f"{number}. {answers.label(item)}" for number, item in enumerate(answers.items, start=1)]]
    for _, row in answers.frame.iterrows():
        cells = []
        for item in answers.items:
            answer = str(row[item.name])
            if item.type == "date" and answer:
                cells.append("/".join(reversed(answer[:10].split("-"))))
            else:
                cells.append(",".join(answers.shown(item, answer)))
        rows.append(cells)
    return csv_bytes(rows, quote_all=True)


JISC = Dialect(name="jisc", recognise=recognise, read=read, write=write)
