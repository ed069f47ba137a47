"""KoboToolbox and ODK: names or labels, groups before the question, repeats as sheets, joined and split answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.cells import BLANK
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.dialects.unused_options import drop_unused
from toolkit.ingest.layout import build_frame, choose_sheet
from toolkit.ingest.matching import ChoiceMatcher, match_key
from toolkit.ingest.sheet import Sheet
from toolkit.ingest.table import UNTICKED, Option, Table
from toolkit.instruments import Item

KOBO_COLUMNS = frozenset(
    "_id _uuid _submission_time _validation_status _notes _status _submitted_by __version__ _version_ _tags _index "
    "_parent_table_name _parent_index _submission__id _submission__uuid _submission__submission_time "
    "_submission__validation_status _submission__notes _submission__status _submission__submitted_by "
    "_submission___version__ _submission__tags _bamboo_dataset_id _geolocation _attachments _xform_id_string "
    "_duration _total_media _media_count _media_all_received formhub/uuid meta/instanceID meta/rootUuid".split()
)
ODK_COLUMNS = frozenset(
    "SubmissionDate KEY PARENT_KEY SubmitterID SubmitterName AttachmentsPresent AttachmentsExpected Status ReviewState "
    "DeviceID Edits FormVersion instanceID instanceName meta-instanceID meta-instanceName meta:instanceID "
    "meta/instanceID meta/instanceName".split()
)
SHARED_COLUMNS = frozenset("start end today deviceid subscriberid simserial phonenumber username audit".split())
REPEAT_MARKS = frozenset({"_parent_index", "PARENT_KEY"})
LINKS = (("_parent_index", "_index"), ("_submission__id", "_id"), ("PARENT_KEY", "KEY"))
GROUP_MARKS = "/-:."
NOT_ANSWERED = "n/a"
# An export for spreadsheet programs puts an apostrophe before what could be taken for a formula.
_GUARDED = re.compile(r"'[=+\-@]")


def recognise(book: Book, _: ExportDeclaration) -> str:
    """Return the evidence that Kobo or ODK wrote the file, or ""."""
    for sheet in book.sheets:
        header = _header(sheet)
        if header & {"_uuid", "_submission__uuid"} and header & {"_index", "_submission_time", "_id", "_parent_index"}:
            return f"row 1 has columns that Kobo adds: {_first_names(KOBO_COLUMNS & header)}"
        if header >= {"_index", "_parent_table_name", "_parent_index"}:
            return "row 1 has the columns by which Kobo ties repeats to their submission"
        if "KEY" in header and header & (ODK_COLUMNS - {"KEY", "Status"}):
            return f"row 1 has columns that ODK adds: {_first_names(ODK_COLUMNS & header)}"
    return ""


def _first_names(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:4])


def _header(sheet: Sheet) -> set[str]:
    return {clean_header(cell) for cell in sheet.rows[0]} if sheet.rows else set()


@dataclass(slots=True)
class _Meanings:
    """Which header stands for which question or option of the form."""

    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    options: dict[str, list[Option]] = field(default_factory=dict)


class _Headers:
    """Tells headers apart by the form: groups, questions and options are parted by the same mark."""

    def __init__(self, declaration: ExportDeclaration) -> None:
        self.by_name: dict[str, Item] = {}
        self.by_text: dict[str, Item] = {}
        for item in declaration.instrument.items:
            if not item.holds_answer:
                continue
            for wave in declaration.waves:
                self.by_name[declaration.header_for(item.name, wave).casefold()] = item
            for label in item.labels.values():
                self.by_text[match_key(label)] = item

    def question(self, title: str) -> tuple[Item, str] | None:
        """Return the question that a header ends in, and the part of the header that names it."""
        for start in (0, *(place + 1 for place, mark in enumerate(title) if mark in GROUP_MARKS)):
            part = title[start:].strip()
            item = self.by_name.get(part.casefold()) or self.by_text.get(match_key(part))
            if item is not None and part:
                return item, part
        return None

    def option(self, title: str) -> tuple[Item, str, str] | None:
        """Return the question with several answers, its header without the option, and the option."""
        for place in range(len(title) - 1, 0, -1):
            if title[place] not in GROUP_MARKS:
                continue
            found = self.question(title[:place])
            if found and found[0].type == "select_multiple":
                part = title[place + 1 :].strip()
                if ChoiceMatcher(found[0]).find_label(part) is not None or title[place] == "/":
                    return found[0], title[:place], part
        return None


def _understand(titles: Sequence[str], declaration: ExportDeclaration) -> _Meanings:
    headers, meanings = _Headers(declaration), _Meanings()
    for title in titles:
        if title in KOBO_COLUMNS | ODK_COLUMNS:
            continue
        if found := headers.question(title):
            meanings.items[title] = found[0]
            meanings.names[title] = (found[1],)
        elif split := headers.option(title):
            _, base, part = split
            option = Option(header=title, names=(part,), unticked=UNTICKED | {NOT_ANSWERED})
            meanings.options.setdefault(base, []).append(option)
            if named := headers.question(base):
                meanings.names[base] = (named[1],)
    return meanings


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers of the form's own sheet, or of a repeat that the study names."""
    repeats = [sheet for sheet in book.sheets if _header(sheet) & REPEAT_MARKS]
    mains = [sheet for sheet in book.sheets if sheet not in repeats]
    sheet: Sheet | None = mains[0] if len(mains) == 1 and not declaration.sheet else None
    if sheet is None:
        sheet = choose_sheet(book, declaration, log=log)
    notes: list[str] = []
    body = _filled_up(sheet.rows, book.name, notes) if sheet else []
    built = build_frame(body, name=book.name, header_rows=1, log=log) if sheet else None
    if sheet is None or built is None:
        return None
    frame, rows = built
    if sheet in repeats:
        frame = _with_parents(frame, rows, sheet, book, declaration, log)
    elif repeats:
        _check_repeats(frame, repeats, book, declaration, log)
        counts = ", ".join(f"{each.name} ({len(each.rows) - 1} rows)" for each in repeats)
        notes.append(f"{book.name}: sheets of repeated groups were left out: {counts}.")
    frame = _without_apostrophes(frame, book.name, notes)
    if "ReviewState" in frame and (rejected := int((frame["ReviewState"] == "rejected").sum())):
        notes.append(f"{book.name}: {rejected} submission(s) rejected in ODK's review were read like the others.")
    titles = [str(title) for title in frame]
    meanings = _understand(titles, declaration)
    header = set(titles)
    options, unused = drop_unused(meanings.options, frame=frame, instrument=declaration.instrument)
    ids = ("_uuid", "KEY", "meta/instanceID", "meta-instanceID", "_id")
    return Table(
        frame=frame,
        rows=rows,
        names=meanings.names,
        reasons=_not_answered(frame, meanings),
        numbers="codes",
        options=options,
        separators=" ,;|\n",
        own=frozenset(
            title
            for title in titles
            if title in KOBO_COLUMNS | ODK_COLUMNS | SHARED_COLUMNS | unused or title.startswith("SET-OF-")
        ),
        submission="" if sheet in repeats else next((name for name in ids if name in header), ""),
        date_order="ymd",
        notes=tuple(notes),
    )


def _filled_up(rows: Sequence[list[str]], name: str, notes: list[str]) -> list[list[str]]:
    """Return the rows with ODK's own last columns, which some releases head and never fill."""
    width = len(rows[0])
    body = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    short = {width - len(row) for row in body}
    lack = short.pop() if len(short) == 1 else 0
    if lack < 1 or not {clean_header(cell) for cell in rows[0][-lack:]} <= ODK_COLUMNS - {"KEY", "PARENT_KEY"}:
        return list(rows)
    notes.append(f"{name}: the last {lack} column(s) of ODK's own have a header and no cells.")
    return [rows[0], *(row + [""] * lack if len(row) + lack == width else row for row in rows[1:])]


def _not_answered(frame: pd.DataFrame, meanings: _Meanings) -> Mapping[str, npt.NDArray[np.object_]]:
    """Return blank as the reason where an older export writes n/a and that is no choice of the question."""
    reasons = {}
    for title, item in meanings.items.items():
        here = (frame[title] == NOT_ANSWERED).to_numpy(dtype=bool)
        if here.any() and item.type != "text" and ChoiceMatcher(item).find_label(NOT_ANSWERED) is None:
            reasons[title] = np.where(here, BLANK, "").astype(object)
    for option in (option for options in meanings.options.values() for option in options):
        here = (frame[option.header] == NOT_ANSWERED).to_numpy(dtype=bool)
        if here.any():
            reasons[option.header] = np.where(here, BLANK, "").astype(object)
    return reasons


def _without_apostrophes(frame: pd.DataFrame, name: str, notes: list[str]) -> pd.DataFrame:
    changed = {}
    for title in map(str, frame):
        guarded = frame[title].str.match(_GUARDED).to_numpy(dtype=bool)
        if guarded.any():
            changed[title] = frame[title].where(~guarded, frame[title].str[1:])
            notes.append(f"{name}, column {title}: an apostrophe before {int(guarded.sum())} answer(s) was taken off.")
    return frame.assign(**changed) if changed else frame


def _check_repeats(
    frame: pd.DataFrame, repeats: Sequence[Sheet], book: Book, declaration: ExportDeclaration, log: ProblemLog
) -> None:
    """Note questions that stand in the sheet of a repeat only."""
    here = _understand([str(title) for title in frame], declaration)
    present = {item.name for item in here.items.values()} | {name for names in here.names.values() for name in names}
    for sheet in repeats:
        there = _understand([clean_header(cell) for cell in sheet.rows[0]], declaration)
        only = [item.name for item in there.items.values() if item.scale and item.name not in present]
        if only:
            log.add(
                f"{len(only)} questions of the form stand in the sheet of a repeated group ({', '.join(only[:5])})",
                file=book.name,
                column=sheet.name,
                mend=f"declare sheet: {sheet.name}; what is asked once per submission is added to every row",
            )


def _with_parents(
    frame: pd.DataFrame,
    rows: npt.NDArray[np.int64],
    sheet: Sheet,
    book: Book,
    declaration: ExportDeclaration,
    log: ProblemLog,
) -> pd.DataFrame:
    """Return the rows of a repeat with the questions that are asked once per submission beside them."""
    quiet = ProblemLog()
    titles = {each.name for each in book.sheets}
    for other in book.sheets:
        built = build_frame(other.rows, name=book.name, header_rows=1, log=quiet) if other is not sheet else None
        if built is None:
            continue
        parents = built[0]
        named = set(frame["_parent_table_name"]) if "_parent_table_name" in frame else set()
        # The index counts within the sheet that is named; another sheet is tied by the submission alone.
        links = LINKS[1:] if named & titles and named != {other.name} else LINKS
        link = next(((a, b) for a, b in links if a in frame and b in parents), None)
        if link is None or not frame[link[0]].isin(parents[link[1]]).any():
            continue
        if _header(other) & {"PARENT_KEY"}:
            parents = _with_parents(parents, built[1], other, book, declaration, log)
        meanings = _understand([str(title) for title in parents], declaration)
        split = {option.header for options in meanings.options.values() for option in options}
        wanted = [title for title in (*meanings.items, *split) if title not in frame]
        if not wanted:
            continue
        lookup = parents.drop_duplicates(link[1]).set_index(link[1])
        lost = ~frame[link[0]].isin(lookup.index).to_numpy(dtype=bool)
        for row in rows[lost][:20]:
            log.add(
                f"the row belongs to a submission that is not in the sheet {other.name}",
                file=book.name,
                row=int(row),
                column=link[0],
                mend="export the answers again with all sheets",
            )
        added = lookup.reindex(frame[link[0]])[wanted].reset_index(drop=True).fillna("")
        frame = pd.concat([frame, added.astype("str")], axis=1)
    return frame


def write(answers: Answers) -> bytes:
    """Return a CSV as Kobo writes it: names, one group, several answers joined and in a column per option."""
    header = ["start", "end"]
    for item in answers.items:
        header.append(f"survey/{item.name}")
        if item.type == "select_multiple":
            header += [f"survey/{item.name}/{choice.name}" for choice in item.choices]
    header += ["_id", "_uuid", "_submission_time", "_validation_status", "_index"]
    rows = []
    for number, (_, row) in enumerate(answers.frame.iterrows(), start=1):
        cells = ["2026-02-01T10:00:00.000+01:00", "2026-02-01T10:05:00.000+01:00"]
        for item in answers.items:
            answer = str(row[item.name])
            cells.append(answer)
            if item.type == "select_multiple":
                chosen = answer.split()
                cells += [str(int(choice.name in chosen)) if answer else "" for choice in item.choices]
        cells += [str(1000 + number), f"uuid-{number:06}", "2026-02-01T09:05:01", "", str(number)]
        rows.append(cells)
    return csv_bytes([header, *rows], delimiter=";", quote_all=True)


KOBO_ODK = Dialect(name="kobo_odk", recognise=recognise, read=read, write=write, one_header=True)
