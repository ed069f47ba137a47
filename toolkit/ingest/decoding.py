"""Bytes to a table of text: decoding, the delimiter, and rows that do not fit."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import nearest_name
from toolkit.ingest.declaration import clean_header

DELIMITERS = (",", ";", "\t")
MAX_CELL = 1_000_000
ENCODINGS = ("cp1252", "cp1250", "iso8859-16", "mac_roman", "mac_romanian")
_WESTERN, _ROMANIAN = ("cp1252", "mac_roman"), ("cp1250", "iso8859-16", "mac_romanian")
ENCODINGS_OF_COUNTRY = {"it": _WESTERN, "se": _WESTERN, "uk": _WESTERN, "gb": _WESTERN, "ie": _WESTERN, "ro": _ROMANIAN}
_CONTROL = re.compile("[\x01-\x08\x0e-\x1f\x80-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A decoded text and the encoding it stood in; `found` where labels of the form decided.

    `doubled` where the byte-order mark stood twice, of which a spreadsheet would make a part of the first header.
    """

    text: str
    encoding: str
    found: bool = False
    doubled: bool = False


def decode_text(
    content: bytes, *, name: str, encoding: str, known: Collection[str], log: ProblemLog, country: str = ""
) -> Decoded | None:
    """Return the text of a file, or None after noting why it cannot be read as text.

    A byte-order mark is dropped, also where it stands twice.

    Parameters
    ----------
    content : bytes
        The whole file.
    name : str
        File name for messages.
    encoding : str
        Declared encoding; auto tries UTF-8 and then asks which older encoding shows the form's own labels.
    known : collection of str
        Labels, questions and headers of the form.
    log : ProblemLog
        Takes what is wrong.
    country : str
        Country declared for the file, in small letters; limits the older encodings.
    """
    if not content.strip():
        log.add("the file is empty", file=name, allowed="a header row and answers", mend="export it again")
        return None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") and encoding.lower().replace("-", "") in ("utf8", "auto"):
        encoding = "utf-16"
    try:
        decoded = Decoded(text=content.decode("utf-8" if encoding == "auto" else encoding), encoding=encoding)
    except (ValueError, LookupError) as error:
        best = _decode_by_labels(content, known=known, country=country) if encoding == "auto" else None
        if best is None:
            offset = getattr(error, "start", None)
            place = f" (byte {offset + 1})" if offset is not None else ""
            log.add(
                f"the file cannot be read as {'utf-8' if encoding == 'auto' else encoding}{place}",
                file=name,
                allowed="UTF-8, or an encoding under which labels of the form appear",
                mend=f"save it as CSV UTF-8, or declare encoding: {_likely(content)} (or what it is) for this export",
            )
            return None
        decoded = best
    text = decoded.text.lstrip("\ufeff")
    if not text.strip():
        log.add("the file is empty", file=name, allowed="a header row and answers", mend="export it again")
        return None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        log.add("the file holds a NUL byte", file=name, row=row, mend="export it again; it is damaged")
        return None
    return replace(decoded, text=text, doubled=decoded.text.startswith("\ufeff\ufeff"))


def _likely(content: bytes) -> str:
    """Return what to propose: only old Macintosh programs end lines with a bare carriage return."""
    return "mac_roman" if b"\r" in content and b"\n" not in content else "cp1252"


def _decode_by_labels(content: bytes, *, known: Collection[str], country: str) -> Decoded | None:
    """Return the decoding under which most labels of the form appear, or None where two are alike."""
    telling = {unicodedata.normalize("NFC", text) for text in known if not text.isascii()}
    shown: dict[str, tuple[int, str]] = {}
    for encoding in ENCODINGS_OF_COUNTRY.get(country, ENCODINGS):
        try:
            text = content.decode(encoding)
        except ValueError:
            continue
        if not _CONTROL.search(text):
            shown.setdefault(text, (sum(text.count(label) for label in telling), encoding))
    ranked = sorted(((hits, encoding, text) for text, (hits, encoding) in shown.items()), reverse=True)
    if not ranked or ranked[0][0] == 0 or (len(ranked) > 1 and ranked[1][0] == ranked[0][0]):
        return None
    return Decoded(text=ranked[0][2], encoding=ranked[0][1], found=True)


def split_cells(text: str, *, name: str, expected: Collection[str], log: ProblemLog) -> list[list[str]] | None:
    """Return the rows of a delimited text, or None after noting why they cannot be told apart.

    The delimiter is the one under which most of the `expected` headers appear in the first row.

    Parameters
    ----------
    text : str
        Decoded file.
    name : str
        File name for messages.
    expected : collection of str
        Headers that may occur.
    log : ProblemLog
        Takes what is wrong.
    """
    unclosed = _unclosed_quote(text)
    if unclosed is not None:
        log.add("a quotation mark opens here and is never closed", file=name, row=unclosed, mend="close it")
        return None
    csv.field_size_limit(MAX_CELL)
    marks = choose_delimiter(text, expected)
    if len(marks) > 1 and max(count_cells(text, mark) for mark in marks) > 1:
        log.add(
            "several delimiters fit the first row equally well",
            file=name,
            row=1,
            mend="save the file with one delimiter throughout",
        )
        return None
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=marks[0], strict=True):
            rows.append(cells)
    except csv.Error as error:
        log.add(
            f"the row cannot be told apart from the next ({error})",
            file=name,
            row=len(rows) + 1,
            mend="look for a quotation mark inside an answer; export the file again as CSV",
        )
        return None
    return rows


def choose_delimiter(text: str, expected: Collection[str]) -> list[str]:
    """Return the delimiters under which most of the expected headers appear in the first row."""
    found = {mark: _count_expected(text, mark, expected) for mark in DELIMITERS}
    best = max(found.values())
    if best == 0:
        # Nothing is known of the first row: the mark that parts it into most cells, and the comma before others.
        return [max(DELIMITERS, key=lambda mark: count_cells(text, mark))]
    return [mark for mark in DELIMITERS if found[mark] == best]


def check_rows(
    rows: list[list[str]], *, name: str, header_rows: int, log: ProblemLog, header: list[str] | None = None
) -> tuple[list[list[str]], list[int]]:
    """Return the data rows that are as wide as the header, and their spreadsheet row numbers.

    Blank lines are passed over. A row that is too short or too long, and a header that occurs twice, is noted.

    Parameters
    ----------
    rows : list of list of str
        All rows, header rows included.
    name : str
        File name for messages.
    header_rows : int
        How many rows come before the answers.
    log : ProblemLog
        Takes what is wrong.
    header : list of str, optional
        Headers, where they are not the first row as it stands.
    """
    header = [clean_header(cell) for cell in (rows[0] if header is None else header)]
    check_header(header, name=name, log=log)
    kept, numbers = [], []
    for number, cells in enumerate(rows[header_rows:], start=header_rows + 1):
        if not (cells and cells[0].strip()) and not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            log.add(
                f"the row has {len(cells)} cells and the header has {len(header)}",
                file=name,
                row=number,
                mend="look for a delimiter or quotation mark inside an answer; export the file again",
            )
            continue
        kept.append(cells)
        numbers.append(number)
    return kept, numbers


def check_header(header: Sequence[str], *, name: str, log: ProblemLog) -> None:
    """Note headers that occur twice."""
    for title, times in Counter(header).items():
        if times > 1 and title:
            second = [position for position, text in enumerate(header, start=1) if text == title][1]
            log.add(
                f"the header occurs {times} times (again as column {second})",
                file=name,
                row=1,
                column=title,
                allowed="each header once",
                mend="rename or remove one of the columns",
            )


def nearest_header(header: str, headers: Collection[str]) -> str:
    """Return how to mend a missing column, naming the most similar header in the file."""
    match = nearest_name(header, headers)
    hint = f"; the file has a column {match}" if match else ""
    return f"add the column, or say under columns in study.yaml which one holds it{hint}"


def _first_row(text: str, delimiter: str) -> list[str]:
    """Return the cells of the first row; none where quotation marks do not fit the delimiter."""
    try:
        return next(csv.reader(io.StringIO(text[:MAX_CELL], newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _count_expected(text: str, delimiter: str, expected: Collection[str]) -> int:
    return sum(clean_header(cell) in expected for cell in _first_row(text, delimiter))


def count_cells(text: str, delimiter: str) -> int:
    """Return how many cells the first row has; 0 where quotation marks do not fit the delimiter."""
    return len(_first_row(text, delimiter))


def _unclosed_quote(text: str) -> int | None:
    if text.count('"') % 2 == 0:
        return None
    row, opened, inside = 1, 1, False
    for character in text.replace("\r\n", "\n").replace("\r", "\n"):
        if character == '"':
            inside = not inside
            opened = row if inside else opened
        elif character == "\n" and not inside:
            row += 1
    return opened
