"""REDCap: raw or labelled exports, events, repeated forms, checkboxes, forms that were never opened."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.columns import Columns
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.dialects.redcap_dictionary import RedcapDictionary, read_dictionary
from toolkit.ingest.dialects.unused_options import drop_unused
from toolkit.ingest.layout import build_frame, choose_sheet, unique_headers
from toolkit.ingest.table import NOT_SHOWN, Aside, Option, Table

EVENTS = ("redcap_event_name", "Event Name")
INSTRUMENTS = ("redcap_repeat_instrument", "Repeat Instrument")
OWN = frozenset(
    (
        *EVENTS,
        *INSTRUMENTS,
        *("redcap_repeat_instance", "Repeat Instance", "redcap_data_access_group", "Data Access Group"),
        *("redcap_survey_identifier", "Survey Identifier", "Survey Timestamp"),
    )
)
STATUS = frozenset({"", "0", "1", "2", "3", "4", "incomplete", "unverified", "complete"})
OPEN = frozenset({"", "0", "incomplete"})
MARKS = frozenset(name for name in OWN if name.startswith("redcap_"))
NOT_COMPLETED = "[not completed]"
_CHECKBOX = re.compile(r"(.+?)___(.+)")
_LABELLED_BOX = re.compile(r"(.+?)\s*\(choice=(.*)\)", re.S)
_COMPLETE = re.compile(r".+_complete|Complete\?(?: \(\d+\))?")
_STAMP = re.compile(r".+_timestamp|Survey Timestamp(?: \(\d+\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """The columns of one form of the project, and the column that says whether it is complete."""

    fields: tuple[str, ...]
    boxes: tuple[str, ...]
    complete: str


def _is_status(rows: Sequence[Sequence[str]], place: int) -> bool:
    return all(row[place].strip().casefold() in STATUS for row in rows[1:] if len(row) > place)


def recognise(book: Book, _: ExportDeclaration) -> str:
    """Return the evidence that REDCap wrote the file, or ""."""
    rows = book.first
    titles = [clean_header(cell) for cell in rows[0]] if rows else []
    complete = [
        title
        for place, title in enumerate(unique_headers(titles))
        if _COMPLETE.fullmatch(title) and _is_status(rows, place)
    ]
    boxes = [title for title in titles if _CHECKBOX.fullmatch(title) or _LABELLED_BOX.fullmatch(title)]
    marks = MARKS & set(titles)
    if marks:
        return f"row 1 has {', '.join(sorted(marks))}"
    if complete and (boxes or titles[0] in complete or any(title.casefold() in _ID_NAMES for title in titles[:2])):
        return f"row 1 has {len(complete)} form status column(s) ({complete[0]}) and {len(boxes)} checkbox column(s)"
    return ""


_ID_NAMES = frozenset({"record_id", "record id", "study_id", "study id", "participant_id", "participant id", "id"})


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; forms that were never opened are told from questions that were passed over."""
    sheet = choose_sheet(book, declaration, log=log)
    headers = unique_headers(sheet.rows[0]) if sheet is not None else []
    built = build_frame(sheet.rows, name=book.name, header_rows=1, log=log, headers=headers) if sheet else None
    if built is None:
        return None
    frame, rows = built
    titles = [str(title) for title in frame]
    dictionary = read_dictionary(declaration, log=log)
    own = frozenset(title for title in titles if title in OWN or _COMPLETE.fullmatch(title) or _STAMP.fullmatch(title))
    options, unused = drop_unused(_options(titles, dictionary), frame=frame, instrument=declaration.instrument)
    forms = _forms(titles, own)
    table = Table(
        frame=frame,
        rows=rows,
        texts=dictionary.texts,
        reasons=_never_opened(frame, forms),
        numbers="codes",
        value_labels={title: labels for title, labels in dictionary.labels.items() if title in titles},
        options=options,
        own=own | unused,
        date_order="ymd",
    )
    answered = Columns(declaration, table).known(declaration.instrument.items) - own - {_record_id(titles)}
    answered &= set(titles)
    _check_events(table, answered, declaration, log)
    return replace(
        table,
        asides=_other_instruments(table, answered, declaration, log),
        partial=_partial(frame, forms, answered),
    )


def _record_id(titles: Sequence[str]) -> str:
    return next((title for title in titles if title.casefold() in _ID_NAMES), titles[0])


def _options(titles: Sequence[str], dictionary: RedcapDictionary) -> dict[str, tuple[Option, ...]]:
    """Return the columns FIELD___CODE, or QUESTION (choice=LABEL), of questions with several answers."""
    groups: dict[str, list[Option]] = {}
    for title in titles:
        if match := _CHECKBOX.fullmatch(title):
            base, code = match.groups()
            # In headers the minus of a code becomes one more underscore, and letters small ones.
            codes = [f"-{code[1:]}", code] if code.startswith("_") else [code]
            known = {key.casefold(): label for key, label in dictionary.labels.get(base, {}).items()}
            labels = [known[each.casefold()] for each in codes if each.casefold() in known]
            groups.setdefault(base, []).append(Option(header=title, names=(*labels, *codes)))
        elif match := _LABELLED_BOX.fullmatch(title):
            groups.setdefault(match[1], []).append(Option(header=title, names=(match[2],)))
    return {base: tuple(options) for base, options in groups.items() if base not in titles}


def _forms(titles: Sequence[str], own: frozenset[str]) -> list[_Form]:
    """Return the forms: each ends in the column that says whether it is complete."""
    forms, fields = [], list[str]()
    first = _record_id(titles)
    for title in titles:
        if _COMPLETE.fullmatch(title):
            boxes = tuple(each for each in fields if _CHECKBOX.fullmatch(each) or _LABELLED_BOX.fullmatch(each))
            forms.append(_Form(fields=tuple(each for each in fields if each not in boxes), boxes=boxes, complete=title))
            fields = []
        elif title not in OWN and title != first:
            fields.append(title)
    return forms


def _never_opened(frame: pd.DataFrame, forms: Sequence[_Form]) -> Mapping[str, npt.NDArray[np.object_]]:
    """Return "not shown" for the rows in which a form holds nothing and was not marked by anybody.

    REDCap writes 0 in the boxes of a form that was never opened, as it does for boxes that were left.
    """
    reasons: dict[str, npt.NDArray[np.object_]] = {}
    for form in forms:
        unseen = frame[form.complete].str.strip().str.casefold().isin(OPEN).to_numpy(dtype=bool, copy=True)
        for title in form.fields:
            unseen &= (frame[title].str.strip() == "").to_numpy(dtype=bool)
        for title in form.boxes:
            unseen &= frame[title].str.strip().str.casefold().isin(["", "0", "unchecked"]).to_numpy(dtype=bool)
        if unseen.any():
            told = np.where(unseen, NOT_SHOWN, "").astype(object)
            reasons |= dict.fromkeys((*(each for each in form.fields if not _STAMP.fullmatch(each)), *form.boxes), told)
    return reasons


def _check_events(table: Table, answered: set[str], declaration: ExportDeclaration, log: ProblemLog) -> None:
    """Refuse to take the events of a longitudinal project for one wave."""
    event = next((name for name in EVENTS if name in table.frame), None)
    if event is None or not answered or declaration.wave_column == event:
        return
    filled = (table.frame[sorted(answered)] != "").any(axis=1)
    names = list(dict.fromkeys(table.frame[event][filled]))
    if len(names) > 1:
        log.add(
            f"the form was answered in {len(names)} events: each is a wave of its own",
            file=declaration.name,
            column=event,
            allowed=", ".join(names[:10]),
            mend=f"declare layout: long, wave_column: {event}, and under waves which event is which",
        )


def _other_instruments(
    table: Table, answered: set[str], declaration: ExportDeclaration, log: ProblemLog
) -> tuple[Aside, ...]:
    """Return the rows of repeated forms that hold no question of ours; ours must stand in rows of one kind."""
    header = next((name for name in INSTRUMENTS if name in table.frame), None)
    if header is None or not answered:
        return ()
    kinds = table.frame[header]
    columns = sorted(answered)
    filled = {
        str(kind): [title for title in columns if _is_filled(table, title, (kinds == kind).to_numpy(dtype=bool))]
        for kind in kinds.unique()
    }
    holding = [kind for kind, titles in filled.items() if titles]
    if len(holding) > 1:
        log.add(
            f"the questions of the form stand in rows of {len(holding)} kinds, which no rule can put together",
            file=declaration.name,
            column=header,
            allowed="; ".join(f"{kind or 'not repeated'}: {', '.join(filled[kind][:3])}" for kind in holding),
            mend="export the repeated form by itself, with the fields that tell persons apart in it",
        )
        return ()
    return tuple(
        Aside(
            reason=f"rows of {f'the repeated form {kind}' if kind else 'forms that are not repeated'}, which hold no "
            "question of this form",
            rows=(kinds == kind).to_numpy(dtype=bool),
        )
        for kind, titles in filled.items()
        if holding and not titles
    )


def _is_filled(table: Table, title: str, rows: npt.NDArray[np.bool_]) -> bool:
    cells = table.frame[title][rows]
    if _CHECKBOX.fullmatch(title) or _LABELLED_BOX.fullmatch(title):
        return bool((~cells.str.strip().str.casefold().isin(["", "0", "unchecked"])).any())
    return bool((cells.str.strip() != "").any())


def _partial(frame: pd.DataFrame, forms: Sequence[_Form], answered: set[str]) -> npt.NDArray[np.bool_] | None:
    """Return the rows in which a form with questions of ours is not complete; None where no form has any."""
    ours = [form for form in forms if answered & {*form.fields, *form.boxes}]
    if not ours:
        return None
    partial = np.zeros(len(frame), dtype=bool)
    for form in ours:
        partial |= frame[form.complete].str.strip().str.casefold().isin(OPEN).to_numpy(dtype=bool)
        for title in form.fields:
            if _STAMP.fullmatch(title):
                partial |= (frame[title].str.strip() == NOT_COMPLETED).to_numpy(dtype=bool)
    return partial


def write(answers: Answers) -> bytes:
    """Return a CSV of raw values: names of choices, boxes as 1 and 0, the form complete."""
    header = ["record_id", "survey_timestamp"]
    for item in answers.items:
        many = item.type == "select_multiple"
        header += [f"{item.name}___{choice.name.lower()}" for choice in item.choices] if many else [item.name]
    header.append("survey_complete")
    rows = []
    for number, (_, row) in enumerate(answers.frame.iterrows(), start=1):
        cells = [str(number), "2026-02-01 10:00:00"]
        for item in answers.items:
            answer = str(row[item.name])
            if item.type == "select_multiple":
                cells += [str(int(choice.name in answer.split())) for choice in item.choices]
            else:
                cells.append(answer)
        rows.append([*cells, "2"])
    return csv_bytes([header, *rows])


REDCAP = Dialect(name="redcap", recognise=recognise, read=read, write=write)
