"""Dialect: one survey tool's way of writing answers down."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.table import Table
from toolkit.instruments import Instrument, Item

Recognise = Callable[[Book, ExportDeclaration], str]


class Read(Protocol):
    """Reads an opened file; None after noting what is wrong."""

    def __call__(self, book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
        """Return the answers as text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers to be written as a tool would export them.

    Parameters
    ----------
    instrument : Instrument
        The form.
    wave : str
        Which of its questions are asked.
    language : str
        Language of the labels.
    frame : DataFrame
        One text column per item: the name of the choice (several joined by spaces), or the text; "" for none.
    """

    instrument: Instrument
    wave: str
    language: str
    frame: pd.DataFrame

    @property
    def items(self) -> tuple[Item, ...]:
        """The questions that are asked in the wave."""
        return self.instrument.items_in_wave(self.wave)

    def label(self, item: Item) -> str:
        """Return the text of a question."""
        return item.labels.get(self.language, item.name)

    def shown(self, item: Item, answer: str) -> list[str]:
        """Return what respondents saw of an answer: one label per choice, or the text."""
        if not answer:
            return []
        if not item.choices:
            return [answer]
        labels = {choice.name: choice.labels.get(self.language, choice.name) for choice in item.choices}
        names = answer.split(" ") if item.type == "select_multiple" else [answer]
        return [labels.get(name, name) for name in names]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a tool's export is told from others, read and, for tests and simulation, written.

    Parameters
    ----------
    name : str
        As it stands in study.yaml.
    recognise : callable
        Returns which structure of a file shows that this tool wrote it, or "".
    read : callable
        Returns the answers as text, or None after noting what is wrong.
    write : callable or None
        Returns the bytes of a file as the tool would export it.
    one_header : bool
        Whether the file could also be read as a plain table: one header row, nothing in codes of its own.
    """

    name: str
    recognise: Recognise
    read: Read
    write: Callable[[Answers], bytes] | None = None
    one_header: bool = False


def csv_bytes(rows: list[list[str]], *, delimiter: str = ",", quote_all: bool = False, end: str = "\n") -> bytes:
    """Return rows as a delimited text in UTF-8."""
    buffer = io.StringIO(newline="")
    if quote_all:
        csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=end).writerows(rows)
    else:
        csv.writer(buffer, delimiter=delimiter, lineterminator=end).writerows(rows)
    return buffer.getvalue().encode("utf-8")
