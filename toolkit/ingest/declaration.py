"""What a study declares of one export file."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from toolkit.instruments import Instrument

Platform = Literal[
    "auto",
    "qualtrics",
    "plain",
    "google_forms",
    "microsoft_forms",
    "limesurvey",
    "kobo_odk",
    "surveymonkey",
    "redcap",
    "castor",
    "jisc",
    "spss",
    "stata",
    "eusurvey",
]
Layout = Literal["single", "wide", "long"]
PartialRule = Literal["keep", "set_aside"]
DateOrder = Literal["", "ymd", "dmy", "mdy"]
DecimalMark = Literal["", ".", ","]
DeclaredNumbers = Literal["", "scores"]


def clean_header(text: str) -> str:
    r"""Return a column header as headers are compared: composed letters, no white space around it.

    Examples
    --------
    >>> clean_header(" E\u0300 vero\n")
    'È vero'
    """
    return unicodedata.normalize("NFC", text.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDeclaration:
    """One export file and how to read it.

    Parameters
    ----------
    name : str
        Path as the study gives it; stands in messages and provenance.
    path : Path
        Where the file is.
    instrument : Instrument
        The form that was answered.
    platform : str
        Program that wrote the file; auto looks at its structure.
    layout : {"single", "wide", "long"}
        single: one wave in the file; wide: one row per person, a column per item and wave; long: a row per
        person and wave.
    waves : mapping of str to str
        single: ``{wave: ""}``. wide: wave -> pattern of its column names, such as ``"{item}_2"``.
        long: wave -> the text in `wave_column`.
    wave_column : str
        long only: the column that tells the wave.
    columns : mapping of str to str
        Item name -> column header (in a wide file it may hold ``{wave}``), where they differ.
    missing : frozenset of str
        Texts that mean no answer, such as ``NA`` or ``-99``. Everything else is an answer.
    fixed : mapping of str to str
        Item name -> text that holds for every row, such as the country.
    encoding : str
        Encoding of the file; auto takes UTF-8, or the one under which the form's labels appear.
    sheet : str
        Sheet of a workbook or table of an archive, or "" where there is only one that can be meant.
    qsf : Path or None
        Qualtrics' own form file (.qsf), which says what the numbers of a numeric export stand for.
    key : Path or None
        Jisc's key, or REDCap's data dictionary: which code stands for which label.
    numbers : {"", "scores"}
        scores: a bare number is the score of its choice, although the platform does not say so.
    dates : {"", "ymd", "dmy", "mdy"}
        Order of day, month and year in dates, where the platform does not fix it.
    date_windows : mapping of str to tuple of str
        Item name -> earliest and latest possible date (YYYY-MM-DD); two-digit years and spreadsheet serial
        numbers are read only where exactly one date lies within.
    decimal : {"", ".", ","}
        Decimal mark, where a column does not tell.
    not_asked : frozenset of str
        Names of items that this file does not hold because they were not yet, or no longer, asked.
    partial : {"keep", "set_aside"}
        What becomes of answers that were not submitted to the end.
    outcomes : frozenset of str, or None
        Scales that the file must hold; None means all. Another scale may be left out of the file as a whole.
    """

    name: str
    path: Path
    instrument: Instrument
    platform: Platform = "auto"
    layout: Layout = "single"
    waves: Mapping[str, str]
    wave_column: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    fixed: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "auto"
    sheet: str = ""
    qsf: Path | None = None
    key: Path | None = None
    numbers: DeclaredNumbers = ""
    dates: DateOrder = ""
    date_windows: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    decimal: DecimalMark = ""
    not_asked: frozenset[str] = frozenset()
    partial: PartialRule = "keep"
    outcomes: frozenset[str] | None = None

    def header_for(self, item: str, wave: str) -> str:
        """Return the column header that holds `item` in `wave`, as far as names tell."""
        if item in self.columns:
            return clean_header(self.columns[item].replace("{wave}", wave))
        if self.layout == "wide":
            return clean_header(self.waves[wave].replace("{item}", item))
        return item

    def expected_headers(self) -> set[str]:
        """Return every header that the declaration would recognise by its name."""
        headers = {
            self.header_for(item.name, wave)
            for wave in self.waves
            for item in self.instrument.items
            if item.holds_answer and wave in item.waves and item.name not in self.fixed
        }
        return headers | ({self.wave_column} if self.wave_column else set())

    def question_texts(self) -> set[str]:
        """Return every question text of the form, in all its languages."""
        return {
            clean_header(label) for item in self.instrument.items if item.holds_answer for label in item.labels.values()
        }

    def known_texts(self) -> set[str]:
        """Return every text that a file of this form may hold: headers, questions, labels, aliases."""
        labels = {
            text
            for item in self.instrument.items
            for choice in item.choices
            for text in (*choice.labels.values(), *choice.aliases)
        }
        return labels | self.question_texts() | self.expected_headers()
