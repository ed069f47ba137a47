"""SurveyMonkey: questions in row 1, blank where merged; options, rows of a grid or "Response" in row 2."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.layout import build_frame, choose_sheet, fill_forward, rows_of, unique_headers
from toolkit.ingest.table import Option, Table
from toolkit.instruments import fold_label

RESPONDENT = frozenset({"respondent id", "respondent_id", "respondentid"})
OWN = frozenset(
    "respondent id,collector id,start date,end date,date created,date modified,ip address,email address,first name,"
    "last name,custom data,custom data 1,custom data 2,custom data 3,custom data 4,custom data 5,custom data 6,"
    "collectorid,startdate,enddate,ipaddress,emailaddress,firstname,lastname,customdata,customdata1,collector,"
    "language,collection mode".split(",")
)
ANSWER = frozenset({"response", "open-ended response", "open-ended-response", "risposta", "svar", "răspuns"})
_OTHER = re.compile(
    r"other\b.*\(please specify\).*|altro\b.*\(.*\)|annat\b.*\(.*\)|altul\b.*\(.*\)|alt[ăc]eva\b.*\(.*\)"
)


def _key(cell: str) -> str:
    return fold_label(cell).replace("_", " ")


def _is_own(title: str) -> bool:
    return _key(title) in OWN or _key(title) in RESPONDENT


def _has_second_row(rows: Sequence[Sequence[str]]) -> bool:
    """Whether row 2 belongs to the heading: it says "Response", or names options below blank cells."""
    if len(rows) < 2 or len(rows[1]) < 2 or rows[1][0].strip():
        return False
    return any(fold_label(cell) in ANSWER for cell in rows[1]) or not all(cell.strip() for cell in rows[0])


def recognise(book: Book, declaration: ExportDeclaration) -> str:
    """Return the evidence that SurveyMonkey wrote the file, or ""."""
    rows = rows_of(book, declaration)
    if not rows or not rows[0] or _key(rows[0][0]) not in RESPONDENT:
        return ""
    if _has_second_row(rows):
        return "row 1 starts with the respondent's id and row 2 names options or says Response"
    others = {_key(cell) for cell in rows[0][1:]} & OWN
    return f"row 1 starts with the respondent's id and {len(others)} more SurveyMonkey columns" if others else ""


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; the heading is the question and, where it has several columns, the option or row."""
    rows = rows_of(book, declaration)
    if choose_sheet(book, declaration, log=log, header_rows=2) is None:
        return None
    if not _has_second_row(rows):
        built = build_frame(rows, name=book.name, header_rows=1, log=log)
        questions, parts = list(rows[0]), [""] * len(rows[0])
    else:
        questions = [clean_header(cell) for cell in fill_forward(rows[0])]
        second = [*rows[1], *[""] * (len(questions) - len(rows[1]))]
        parts = ["" if fold_label(cell) in ANSWER else clean_header(cell) for cell in second[: len(questions)]]
        titles = [f"{question} - {part}" if part else question for question, part in zip(questions, parts, strict=True)]
        built = build_frame(rows, name=book.name, header_rows=2, log=log, headers=unique_headers(titles))
    if built is None:
        return None
    frame, numbers = built
    titles = [str(title) for title in frame]
    groups = list(zip(titles, questions, parts, strict=False))
    return Table(
        frame=frame,
        rows=numbers,
        numbers="codes",
        names={title: (part,) for title, _, part in groups if part},
        options=_options(groups),
        separators=",;\n",
        own=frozenset(title for title in titles if _is_own(title)),
        submission=titles[0],
        date_order="mdy",
    )


def _options(groups: Sequence[tuple[str, str, str]]) -> dict[str, tuple[Option, ...]]:
    """Return the columns of every question that has several; whether they are options its item says."""
    wide = {question for question, times in Counter(question for _, question, _ in groups).items() if times > 1}
    found: dict[str, list[Option]] = {}
    for title, question, part in groups:
        if question in wide and part:
            written = _OTHER.fullmatch(fold_label(part)) is not None
            names = (part, part.partition("(")[0].strip(), "other") if written else (part,)
            found.setdefault(question, []).append(Option(header=title, names=names, written=written))
    titles = {title for title, _, _ in groups}
    return {question: tuple(options) for question, options in found.items() if question not in titles}


def write(answers: Answers) -> bytes:
    """Return a CSV with two header rows; a question with several answers has a column per option."""
    first, second = ["Respondent ID", "Collector ID", "Start Date"], ["", "", ""]
    for item in answers.items:
        if item.type == "select_multiple":
            first += [answers.label(item), *[""] * (len(item.choices) - 1)]
            second += [answers.shown(item, choice.name)[0] for choice in item.choices]
        else:
            first.append(answers.label(item))
            second.append("Response" if item.choices else "Open-Ended Response")
    rows = [first, second]
    for number, (_, row) in enumerate(answers.frame.iterrows(), start=1):
        cells = [str(114_670_000_000 + number), "400000001", "02/01/2026 10:00:00 AM"]
        for item in answers.items:
            shown = answers.shown(item, str(row[item.name]))
            if item.type == "select_multiple":
                labels = [answers.shown(item, choice.name)[0] for choice in item.choices]
                cells += [label if label in shown else "" for label in labels]
            else:
                cells += shown or [""]
        rows.append(cells)
    return csv_bytes(rows)


SURVEYMONKEY = Dialect(name="surveymonkey", recognise=recognise, read=read, write=write)
