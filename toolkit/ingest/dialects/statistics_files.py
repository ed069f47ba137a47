"""What SPSS and Stata files have in common: codes as text, labels beside them, encodings, declared gaps."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyreadstat

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.decoding import ENCODINGS, ENCODINGS_OF_COUNTRY
from toolkit.ingest.dialects.dialect import Answers
from toolkit.ingest.matching import match_key
from toolkit.ingest.table import Option
from toolkit.instruments import Item

Reader = Callable[..., tuple[Mapping[str, Sequence[object]], Any]]
Texts = dict[str, list[str]]
Reasons = dict[str, npt.NDArray[np.object_]]

# A double holds every whole number up to here; the next ones are no longer exact.
MAX_EXACT = 2.0**53
DECLARED_MISSING = "marked missing"
LOST_LETTERS = "letters would be lost"
# How the reading library calls the encodings that exports of older programs stand in.
_ICONV = {"mac_roman": "MACINTOSH", "mac_romanian": "MACROMANIA", "iso8859-16": "ISO-8859-16"}
PYTHON_NAMES = {name: python for python, name in _ICONV.items()}
"""Name of an encoding in the reading library -> its name in Python, where they differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file of codes as the reading library gives it: columns of values, the dictionary beside them, a note."""

    columns: Mapping[str, Sequence[object]]
    meta: Any
    note: str = ""


def open_codes(book: Book, declaration: ExportDeclaration, *, reader: Reader, log: ProblemLog) -> Opened | None:
    """Return the values and the dictionary of a file, or None after noting why it cannot be read.

    The encoding is the declared one, or the one that the file names, unless labels of the form appear only
    under another.

    Parameters
    ----------
    book : Book
        The opened file.
    declaration : ExportDeclaration
        What the study says of it.
    reader : callable
        `pyreadstat.read_sav` or `pyreadstat.read_dta`.
    log : ProblemLog
        Takes what is wrong.
    """
    declared = "" if declaration.encoding == "auto" else declaration.encoding
    opened, fault = _attempt(book.content, declared, reader)
    if not declared:
        if opened is not None and _loses_letters(opened, book.content, reader):
            opened, fault = None, LOST_LETTERS
        opened = _better_encoding(opened, book, declaration, reader)
    if opened is None:
        letters = "convert" in fault or "decode" in fault or fault == LOST_LETTERS
        log.add(
            "letters of the file cannot be read in the encoding that it names"
            if letters
            else f"the file is damaged or cut off: {fault}",
            file=book.name,
            allowed="a .sav, .zsav or .dta file as the program wrote it",
            mend="declare encoding: cp1252 (or what it is) for this export"
            if letters
            else "export or download it again, and compare the sizes; or export the answers as CSV",
        )
        return None
    if not opened.columns or not len(next(iter(opened.columns.values()))):
        log.add("the file has a header and 0 answers", file=book.name, mend="export it again once there are answers")
        return None
    return opened


def _attempt(content: bytes, encoding: str, reader: Reader, only: Sequence[str] = ()) -> tuple[Opened | None, str]:
    options: dict[str, object] = {"encoding": _ICONV.get(encoding, encoding)} if encoding else {}
    if only:
        options["usecols"] = list(only)
    try:
        columns, meta = reader(
            io.BytesIO(content),
            user_missing=True,
            disable_datetime_conversion=True,
            output_format="dict",
            **options,
        )
    except (
        pyreadstat.ReadstatError,
        pyreadstat.PyreadstatError,
        ValueError,
        LookupError,
        ArithmeticError,
        MemoryError,
    ) as error:
        return None, str(error).strip().rstrip(".").lower() or "it breaks off"
    return Opened(columns=columns, meta=meta), ""


def _loses_letters(opened: Opened, content: bytes, reader: Reader) -> bool:
    """Whether texts end in part of a letter although their field has room: they stand in another encoding.

    The reading library drops such a part without a word, because SPSS cuts long texts within a letter.
    """
    meta = opened.meta
    texts = [name for name, kind in meta.readstat_variable_types.items() if kind == "string"]
    if str(meta.file_encoding or "UTF-8").upper() != "UTF-8" or not texts:
        return False
    raw, _ = _attempt(content, "ISO-8859-1", reader, texts)
    if raw is None:
        return False
    for name in texts:
        width = meta.variable_storage_width.get(name, 0)
        for read, value in zip(opened.columns[name], raw.columns[name], strict=True):
            # Texts that are stored apart come as UTF-8 whatever is asked for.
            if not isinstance(value, str) or value.isascii() or value == read:
                continue
            try:
                data = value.encode("iso-8859-1")
                data.decode("utf-8")
            except UnicodeDecodeError as error:
                if len(data) < width or error.reason != "unexpected end of data":
                    return True
            except UnicodeEncodeError:
                return False
    return False


def _better_encoding(
    opened: Opened | None, book: Book, declaration: ExportDeclaration, reader: Reader
) -> Opened | None:
    """Return the reading under which most labels of the form appear; the file's own one where none do better."""
    known = {match_key(text) for text in declaration.known_texts() if not text.isascii()}
    own = _count_known(opened, known)
    if not known or own or (opened is not None and not _has_letters(opened)):
        return opened
    country = declaration.fixed.get("country", "").strip().lower()
    found: list[tuple[int, str, Opened]] = []
    for encoding in ENCODINGS_OF_COUNTRY.get(country, ENCODINGS):
        tried, _ = _attempt(book.content, encoding, reader)
        hits = _count_known(tried, known)
        if tried is not None and hits:
            found.append((hits, encoding, tried))
    found.sort(key=lambda entry: -entry[0])
    if not found or (len(found) > 1 and found[0][0] == found[1][0] and _texts(found[0][2]) != _texts(found[1][2])):
        return opened
    note = f"{book.name}: decoded as {found[0][1]}, under which the form's labels appear."
    return Opened(columns=found[0][2].columns, meta=found[0][2].meta, note=note)


def _texts(opened: Opened) -> list[str]:
    meta = opened.meta
    texts = [label for label in meta.column_labels if label]
    for labels in meta.variable_value_labels.values():
        texts += map(str, labels.values())
    for name, column in opened.columns.items():
        if meta.readstat_variable_types.get(name) == "string":
            texts += [value for value in column if isinstance(value, str) and not value.isascii()]
    return texts


def _has_letters(opened: Opened) -> bool:
    return any(not text.isascii() for text in _texts(opened))


def _count_known(opened: Opened | None, known: set[str]) -> int:
    return sum(match_key(text) in known for text in _texts(opened)) if opened is not None else 0


def number_text(value: object) -> str:
    """Return a number as text with every digit it holds; whole ones without a point.

    Examples
    --------
    >>> [number_text(each) for each in (3.0, -0.5, 12345678901.0, None, float("nan"), 2.0**60)]
    ['3', '-0.5', '12345678901', '', '', '1.152921504606847e+18']
    """
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) <= MAX_EXACT else repr(number)
    return str(value)


def frame_of(columns: Mapping[str, Sequence[str]]) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Return columns of text as a frame, and the numbers of its cases from 1."""
    frame = pd.DataFrame(
        {name: pd.array(np.array(cells, dtype=object), dtype="str") for name, cells in columns.items()}
    )
    return frame, np.arange(1, len(frame) + 1, dtype=np.int64)


def tell_value(code: str, *, gap: bool, labels: Mapping[str, str], form: Mapping[str, str]) -> tuple[str, str]:
    """Return a code, and why it is no answer where the file declares it to mean none.

    Parameters
    ----------
    code : str
        The value as text.
    gap : bool
        Whether the file declares it missing.
    labels : mapping of str to str
        Code -> label of the column.
    form : mapping of str to str
        Folded label of the form -> its own reason, which goes before the code.
    """
    if not gap:
        return code, ""
    return code, form.get(match_key(labels.get(code, "")), "") or f"{DECLARED_MISSING} {code}"


def fill_column(
    header: str,
    values: Sequence[object],
    *,
    told: Mapping[object, tuple[str, str]],
    cells: Texts,
    reasons: Reasons,
) -> None:
    """Write the texts of a column, and its reasons where there are any; `told` holds both per value."""
    cells[header] = [told[value][0] for value in values]
    if any(reason for _, reason in told.values()):
        reasons[header] = np.array([told[value][1] for value in values], dtype=object)


def leave_gaps(
    options: Mapping[str, tuple[Option, ...]], *, cells: Texts, reasons: Reasons
) -> dict[str, tuple[Option, ...]]:
    """Return the options with every code that the file declares missing as one that ticks nothing."""
    gaps = {
        header: frozenset(text.casefold() for text, reason in zip(cells[header], told, strict=True) if reason)
        for header, told in reasons.items()
    }
    return {
        base: tuple(
            replace(option, unticked=option.unticked | gaps.get(option.header, frozenset())) for option in group
        )
        for base, group in options.items()
    }


def reasons_of_form(declaration: ExportDeclaration) -> dict[str, str]:
    """Return folded label -> reason, for the choices of the form that mean no answer."""
    return {
        match_key(text): choice.missing_reason
        for item in declaration.instrument.items
        for choice in item.choices
        if choice.missing_reason
        for text in (*choice.labels.values(), *choice.aliases)
    }


def split_columns(
    headers: Iterable[str],
    *,
    texts: Mapping[str, str],
    labels: Mapping[str, Mapping[str, str]],
    declaration: ExportDeclaration,
) -> dict[str, tuple[Option, ...]]:
    """Return the columns ITEM_PART of questions with several answers: 1 where the option was ticked.

    What the option is called is taken from the label of 1, the end of the variable's label, or the part.
    """
    titles = list(headers)
    bases = {
        declaration.header_for(item.name, wave).casefold()
        for item in declaration.instrument.items
        if item.type == "select_multiple"
        for wave in declaration.waves
    }
    groups: dict[str, list[Option]] = {}
    for title in titles:
        base, part = next(
            (
                (title[:end], title[end:].lstrip("_"))
                for end in range(len(title) - 1, 0, -1)
                if title[end] == "_" and title[:end].rstrip("_").casefold() in bases
            ),
            ("", ""),
        )
        base = base.rstrip("_")
        if base and base not in titles:
            text = texts.get(title, "")
            names = (labels.get(title, {}).get("1", ""), text, text.rpartition(" - ")[2], part)
            groups.setdefault(base, []).append(Option(header=title, names=tuple(filter(None, names))))
    return {base: tuple(options) for base, options in groups.items()}


@dataclass(slots=True)
class Coded:
    """Answers as columns of codes, with the labels of variables and of codes, ready to be written."""

    columns: dict[str, list[float | str | None]]
    texts: dict[str, str | None]
    labels: dict[str, dict[float, str]]


def code_answers(answers: Answers) -> Coded:
    """Return answers as codes: the score of a choice, or its place; 1 and 0 per option where several may be chosen."""
    coded = Coded(columns={}, texts={}, labels={})
    for item in answers.items:
        cells = [str(cell) for cell in answers.frame[item.name]]
        if item.type == "select_multiple":
            for choice in item.choices:
                header = f"{item.name}_{choice.name}"
                coded.columns[header] = [float(choice.name in cell.split()) if cell else float("nan") for cell in cells]
                coded.texts[header] = f"{answers.label(item)} - {answers.shown(item, choice.name)[0]}"
                coded.labels[header] = {1.0: answers.shown(item, choice.name)[0]}
            continue
        coded.texts[item.name] = answers.label(item)
        if item.choices:
            codes = choice_codes(item)
            coded.columns[item.name] = [codes[cell] if cell else float("nan") for cell in cells]
            coded.labels[item.name] = {code: answers.shown(item, name)[0] for name, code in codes.items()}
        elif item.type in ("integer", "decimal"):
            coded.columns[item.name] = [float(cell) if cell else float("nan") for cell in cells]
        else:
            coded.columns[item.name] = list(cells)
    return coded


def choice_codes(item: Item) -> dict[str, float]:
    """Return name -> code: scores where choices have them, places otherwise, negative ones for no answer."""
    return {
        choice.name: float(-place if choice.missing_reason else place) if choice.score is None else choice.score
        for place, choice in enumerate(item.choices, start=1)
    }
