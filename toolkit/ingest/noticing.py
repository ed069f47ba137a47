"""What is noticed while the cells of a file are typed: faults, repairs, codes that lost their zeros."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from toolkit.core.errors import ProblemLog
from toolkit.ingest.cells import CellReader, clean_text
from toolkit.ingest.columns import Columns
from toolkit.instruments import Instrument

MAX_ROWS_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is known of a file while its cells are typed, and what is noticed."""

    instrument: Instrument
    name: str
    numbers: str
    columns: Columns
    log: ProblemLog
    notes: list[str] = field(default_factory=list)

    def note_other_spelling(self, header: str, wanted: str) -> None:
        """Say that a header differs from the item's name by case or space only."""
        if header != wanted and header.casefold() == wanted.casefold():
            self.notes.append(f"{self.name}: the column {header} was read as {wanted}.")


def check_zeros(texts: list[str], header: str, *, source: Source) -> None:
    """Note codes that differ by leading zeros only, where one column alone tells people apart."""
    if len(source.instrument.items_with_role("key")) > 1:
        return
    if not any("0" in text[:2] for text in texts):
        return
    bare: dict[str, str] = {}
    for text in texts:
        code = clean_text(text)
        if code.isdigit() and bare.setdefault(code.lstrip("0"), code) != code:
            source.log.add(
                "two codes differ by leading zeros only: a spreadsheet program has dropped some",
                file=source.name,
                column=header,
                mend="restore the zeros, or export the answers again",
            )
            return


def note_fault(fault: str, reader: CellReader, *, header: str, source: Source, rows: npt.NDArray[np.int64]) -> None:
    """Note a fault with the place of every cell that has it, and how to mend it."""
    mend = "correct the cell, or declare the text under missing in study.yaml if it means no answer"
    if "number" in fault and reader.item.choices:
        mend = "export the answers as choice text, not as numeric values"
        if source.numbers == "codes":
            mend += "; or declare numbers: scores for this export, if its codes are the scores"
    elif "order of day" in fault:
        mend = "declare the order for this export: dates: dmy (or mdy)"
    elif reader.item.choices and "out of scale" not in fault:
        mend = "correct the cell, or add the spelling as an alias in choices.csv"
    log, name = source.log, source.name
    for row in rows[:MAX_ROWS_NAMED]:
        log.add(fault, file=name, row=int(row), column=header, allowed=reader.allowed(), mend=mend)
    if len(rows) > MAX_ROWS_NAMED:
        more = len(rows) - MAX_ROWS_NAMED
        log.add(f"{fault} in {more} more rows", file=name, column=header, allowed=reader.allowed(), mend=mend)


def note_repair(repair: str, header: str, *, source: Source, rows: npt.NDArray[np.int64]) -> None:
    """Say which cells were mended to be read."""
    named = ", ".join(str(row) for row in rows[:MAX_ROWS_NAMED])
    more = f" and {len(rows) - MAX_ROWS_NAMED} more" if len(rows) > MAX_ROWS_NAMED else ""
    source.notes.append(f"{source.name}, column {header}, row {named}{more}: {repair}.")
