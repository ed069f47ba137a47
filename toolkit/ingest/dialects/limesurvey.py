"""LimeSurvey: CSV and workbook with codes, texts or both above the columns; VV; archives (.lsa)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.dialects.limesurvey_archive import Archive, read_archive_answers, read_key, responses_member
from toolkit.ingest.layout import build_frame, choose_sheet, fill_forward, rows_of, sample_of, unique_headers
from toolkit.ingest.matching import match_key, strip_markup
from toolkit.ingest.table import NOT_SHOWN, UNTICKED, Option, Table
from toolkit.instruments import Instrument, fold_label

OWN_CODES = frozenset(
    "id submitdate lastpage startlanguage seed token startdate datestamp ipaddr refurl interviewtime firstname "
    "lastname email grouptime questiontime".split()
)
TELLING_CODES = frozenset({"submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"})
OWN_TEXTS = frozenset(
    fold_label(text)
    for text in (
        "Response ID",
        "Date submitted",
        "Last page",
        "Start language",
        "Seed",
        "Access code",
        "Token",
        "Date started",
        "Date last action",
        "IP address",
        "Referrer URL",
        "Total time",
    )
)
NO = frozenset({"2", "no", "n", "nej", "nu", "nein", "non"})
UNTICKED_HERE = UNTICKED | NO
NOT_SHOWN_MARKS = ("{question_not_shown}", "N/A")
VV_ESCAPES = {"{newline}": "\n", "{cr}": "\r", "{tab}": "\t", "{quote}": '"', "{lbrace}": "{", "{rbrace}": "}"}
OTHER_CODE = "-oth-"

_CODE_AND_TEXT = re.compile(r"([A-Za-z]\w*(?:\[[^\[\]]*\]){0,2})\. (.*)", re.S)
_PART = re.compile(r"(.*\S)\s*\[([^\[\]]*)\]", re.S)
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{4} \d{2}:\d{2}(?::\d{2})?|")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z-]{2,12})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heading:
    """What the rows above the answers say of the columns."""

    kind: str
    rows: int
    headers: list[str]
    texts: list[str] = field(default_factory=list)


def _read_heading(rows: Sequence[list[str]]) -> _Heading | None:
    """Return the heading of a LimeSurvey export, or None where it is none."""
    if not rows or not rows[0]:
        return None
    first = [clean_header(cell) for cell in rows[0]]
    second = [clean_header(cell) for cell in rows[1]] if len(rows) > 1 else []
    if second and second[0] == "id" and len(TELLING_CODES & set(second)) > 1:
        return _Heading(kind="VV: texts above codes", rows=2, headers=second, texts=first)
    if first[0] == "id" and len(TELLING_CODES & set(first)) > 1:
        if second and second[0] and not second[0].isdigit() and len(second) == len(first):
            return _Heading(kind="codes above texts", rows=2, headers=first, texts=second)
        return _Heading(kind="codes", rows=1, headers=first)
    split = [_CODE_AND_TEXT.fullmatch(cell) for cell in first]
    codes = {match[1] for match in split if match}
    if split[0] and split[0][1] == "id" and len(TELLING_CODES & codes) > 1:
        headers = [match[1] if match else cell for match, cell in zip(split, first, strict=True)]
        texts = [match[2] if match else "" for match in split]
        return _Heading(kind="codes and texts", rows=1, headers=headers, texts=texts)
    folded = {fold_label(cell) for cell in first}
    if (fold_label(first[0]) in OWN_TEXTS and len(OWN_TEXTS & folded) > 1) or _looks_localised(rows):
        if second and not second[0] and any(second):
            return _Heading(kind="texts in two rows", rows=2, headers=_join_rows(first, second))
        return _Heading(kind="texts", rows=1, headers=first)
    return None


def _looks_localised(rows: Sequence[list[str]]) -> bool:
    """Whether the first four columns hold a number, a time, a page and a language, whatever they are called."""
    body = [row for row in sample_of(rows)[1:] if any(row) and row[0].strip()]
    return (
        bool(body)
        and all(len(row) > 4 for row in body)
        and all(row[0].strip().isdigit() for row in body)
        and all(_STAMP.fullmatch(row[1].strip()) for row in body)
        and any(row[1].strip() for row in body)
        and all(not row[2].strip() or row[2].strip().isdigit() for row in body)
        and all(_LANGUAGE.fullmatch(row[3].strip()) for row in body)
    )


def _join_rows(first: list[str], second: list[str]) -> list[str]:
    parts = [*second, *[""] * (len(first) - len(second))]
    return [
        f"{question} [{part}]" if part else question for question, part in zip(fill_forward(first), parts, strict=False)
    ]


def recognise(book: Book, declaration: ExportDeclaration) -> str:
    """Return the evidence that LimeSurvey wrote the file, or ""."""
    if book.kind == "archive":
        member = responses_member(book.members)
        return f"the archive holds {member}" if member else ""
    heading = _read_heading(rows_of(book, declaration))
    return f"the heading is LimeSurvey's ({heading.kind})" if heading else ""


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; codes are the form's own unless the structure says what they stand for."""
    if book.kind == "archive":
        archive = read_archive_answers(book.members, name=book.name, log=log)
        if archive is None:
            return None
        heading = _Heading(kind="archive", rows=1, headers=archive.headers, texts=archive.texts)
        rows: Sequence[list[str]] = [archive.headers, *archive.rows]
    else:
        archive = read_key(declaration, log=log)
        rows = rows_of(book, declaration)
        found = _read_heading(rows)
        if found is None or choose_sheet(book, declaration, log=log, header_rows=found.rows) is None:
            if found is None:
                _note_no_heading(book, log)
            return None
        heading = found
    headers = unique_headers([strip_markup(header) for header in heading.headers])
    built = build_frame(rows, name=book.name, header_rows=heading.rows, log=log, headers=headers)
    if built is None:
        return None
    frame, numbers = built
    if heading.kind.startswith("VV"):
        frame = _unescape(frame)
    return _table(frame, numbers, heading, archive, declaration.instrument)


def _note_no_heading(book: Book, log: ProblemLog) -> None:
    log.add(
        "the heading of a LimeSurvey export was not found",
        file=book.name,
        row=1,
        allowed="columns id, submitdate, lastpage and startlanguage, or their texts",
        mend="export the responses from LimeSurvey again as CSV with question codes",
    )


def _unescape(frame: pd.DataFrame) -> pd.DataFrame:
    pattern = re.compile("|".join(map(re.escape, VV_ESCAPES)))
    columns = {
        title: pd.array([pattern.sub(lambda match: VV_ESCAPES[match[0]], text) for text in frame[title]], dtype="str")
        for title in frame
    }
    return pd.DataFrame(columns)


def _table(
    frame: pd.DataFrame,
    rows: np.ndarray[tuple[int], np.dtype[np.int64]],
    heading: _Heading,
    archive: Archive | None,
    instrument: Instrument,
) -> Table:
    titles = [str(title) for title in frame]
    texts = {
        title: strip_markup(text) for title, text in zip(titles, heading.texts, strict=False) if text and text != title
    }
    with_codes = heading.kind not in ("texts", "texts in two rows")
    options = _options(titles, texts)
    own = set(titles[:4]) if not with_codes else set()
    own |= {title for title in titles if title in OWN_CODES or fold_label(title) in OWN_TEXTS}
    submitted = "submitdate" if "submitdate" in frame else titles[1]
    labels = {title: {**(archive.labels.get(title, {}) if archive else {})} for title in titles}
    for title in titles:
        if (frame[title] == OTHER_CODE).any():
            labels[title].setdefault(OTHER_CODE, "other")
    asked = {
        base: next(filter(None, (texts.get(option.header) for option in group)), "") for base, group in options.items()
    }
    return Table(
        frame=frame,
        rows=rows,
        texts={**texts, **{base: _PART.sub(r"\1", text) for base, text in asked.items() if text and base not in texts}},
        names={title: names for title in titles if (names := _other_names(title, texts.get(title, "")))},
        reasons=_not_shown(frame, options, instrument),
        numbers="codes",
        value_labels={title: known for title, known in labels.items() if known},
        options=options,
        separators=";,\n" if not with_codes else ";\n",
        own=frozenset(own),
        partial=(frame[submitted].str.strip() == "").to_numpy(dtype=bool) if submitted in frame else None,
        submission=titles[0],
        date_order="ymd",
    )


def _other_names(title: str, text: str) -> tuple[str, ...]:
    """Return what else a column may be called: its part in brackets, as code and as text, and the code with a _."""
    names = []
    if match := _PART.fullmatch(title):
        names += [match[2], f"{match[1]}_{match[2]}"]
    if match := _PART.fullmatch(text):
        names.append(match[2])
    return tuple(dict.fromkeys(name for name in names if name))


def _options(titles: Sequence[str], texts: dict[str, str]) -> dict[str, tuple[Option, ...]]:
    """Return the columns Q[code], Q_code or Question [option] of every question that has several."""
    groups: dict[str, list[Option]] = {}
    for title in titles:
        match = _PART.fullmatch(title)
        base, part = (match[1], match[2]) if match else title.partition("_")[::2]
        if not part or part.endswith("comment") or title in OWN_CODES:
            continue
        shown = _PART.fullmatch(texts.get(title, ""))
        names = (part, shown[2]) if shown else (part,)
        written = fold_label(part) in ("other", "altro", "annat", "altele", "altul", "sonstiges", "autre")
        groups.setdefault(base, []).append(
            Option(header=title, names=(*names, "other") if written else names, unticked=UNTICKED_HERE, written=written)
        )
    return {base: tuple(options) for base, options in groups.items() if base not in titles}


def _not_shown(
    frame: pd.DataFrame, options: dict[str, tuple[Option, ...]], instrument: Instrument
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Return the cells whose question was not on the respondent's way.

    They are marked in VV files and full answers; where yes and no were converted to 1 and 2, they are blank.
    """
    marks = list(NOT_SHOWN_MARKS)
    known = {
        match_key(text) for item in instrument.items for c in item.choices for text in (*c.labels.values(), *c.aliases)
    }
    if match_key("N/A") in known:
        marks.remove("N/A")
    reasons = {}
    for title in frame:
        absent = frame[title].isin(marks)
        if absent.any():
            reasons[str(title)] = np.where(absent, NOT_SHOWN, "").astype(object)
    for group in options.values():
        headers = [option.header for option in group if not option.written]
        cells = {text.strip() for header in headers for text in frame[header].unique()}
        if cells <= {"1", "2", ""} and "2" in cells:
            for header in headers:
                blank = (frame[header].str.strip() == "").to_numpy(dtype=bool)
                reasons[header] = np.where(blank, NOT_SHOWN, reasons.get(header, "")).astype(object)
    return reasons


def write(answers: Answers) -> bytes:
    """Return a CSV with codes above and in the cells, every field quoted, as LimeSurvey exports it."""
    header = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
    for item in answers.items:
        many = item.type == "select_multiple"
        header += [f"{item.name}[{choice.name}]" for choice in item.choices] if many else [item.name]
    rows = [header]
    for number, (_, row) in enumerate(answers.frame.iterrows(), start=1):
        cells = [str(number), "2026-02-01 10:00:00", "3", answers.language, str(1000 + number)]
        for item in answers.items:
            answer = str(row[item.name])
            if item.type == "select_multiple":
                cells += ["Y" if choice.name in answer.split(" ") else "" for choice in item.choices]
            else:
                cells.append(answer)
        rows.append(cells)
    return b"\xef\xbb\xbf" + csv_bytes(rows, quote_all=True, end="\r\n") + b"\r\n"


LIMESURVEY = Dialect(name="limesurvey", recognise=recognise, read=read, write=write)
