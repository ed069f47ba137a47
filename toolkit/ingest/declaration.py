"""What a study declares of one export file."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from toolkit.instruments import Instrument

Platform = Literal["auto", "qualtrics", "plain"]
Layout = Literal["single", "wide", "long"]


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
    platform : {"auto", "qualtrics", "plain"}
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
        Texts that mean no answer, such as ``NA``. Everything else is an answer.
    fixed : mapping of str to str
        Item name -> text that holds for every row, such as the country.
    encoding : str
        Encoding of the file.
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
    encoding: str = "utf-8"
    outcomes: frozenset[str] | None = None

    def header_for(self, item: str, wave: str) -> str:
        """Return the column header that holds `item` in `wave`."""
        if item in self.columns:
            return clean_header(self.columns[item].replace("{wave}", wave))
        if self.layout == "wide":
            return clean_header(self.waves[wave].replace("{item}", item))
        return item

    def expected_headers(self) -> set[str]:
        """Return every header that the declaration would recognise."""
        headers = {
            self.header_for(item.name, wave)
            for wave in self.waves
            for item in self.instrument.items
            if item.holds_answer and wave in item.waves and item.name not in self.fixed
        }
        return headers | ({self.wave_column} if self.wave_column else set())
