"""The ledger: every row that was set aside, with its step, reason, count, and what went in and out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from toolkit.core.errors import ToolkitError
from toolkit.core.glossary import conform_frame

LEDGER_COLUMNS = ("step", "instrument", "wave", "reason", "count", "n_in", "n_out", "source_rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One step that rows went through.

    Parameters
    ----------
    step : str
        received, consented, linked, analysed, ...
    instrument, wave : str
        Which answers; "" where a step covers several.
    reason : str
        Why rows were set aside, in words an evaluator understands.
    count : int
        Rows set aside (0 or more).
    n_in, n_out : int
        Rows before and after; ``n_in - count == n_out`` always.
    source_rows : tuple of str
        "file:row" of the rows set aside, as a spreadsheet counts them.
    """

    step: str
    reason: str
    count: int
    n_in: int
    n_out: int
    instrument: str = ""
    wave: str = ""
    source_rows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.count < 0 or self.n_in - self.count != self.n_out:
            raise ToolkitError(
                f"the ledger does not reconcile at step {self.step}: "
                f"{self.n_in} in, {self.count} set aside, {self.n_out} out"
            )


@dataclass(frozen=True, slots=True)
class Ledger:
    """All steps so far, in order. Adding a line gives a new ledger.

    Examples
    --------
    >>> ledger = Ledger().add(LedgerLine(step="consented", reason="no consent", count=1, n_in=4, n_out=3))
    >>> ledger.frame()[["step", "count", "n_out"]].to_dict("records")
    [{'step': 'consented', 'count': 1, 'n_out': 3}]
    """

    lines: tuple[LedgerLine, ...] = ()

    def add(self, *lines: LedgerLine) -> Ledger:
        """Return a ledger with `lines` behind the present ones."""
        return Ledger(self.lines + lines)

    def merge(self, *others: Ledger) -> Ledger:
        """Return one ledger for rows that came from several files.

        Lines of the same step, instrument, wave and reason are added up; order is that of first occurrence.
        """
        merged: dict[tuple[str, str, str, str], LedgerLine] = {}
        for line in (line for ledger in (self, *others) for line in ledger.lines):
            name = (line.step, line.instrument, line.wave, line.reason)
            earlier = merged.get(name)
            merged[name] = line if earlier is None else _add_lines(earlier, line)
        return Ledger(tuple(merged.values()))

    def frame(self) -> pd.DataFrame:
        """Return one row per line, in the order of the steps."""
        records = [
            (
                line.step,
                line.instrument,
                line.wave,
                line.reason,
                line.count,
                line.n_in,
                line.n_out,
                "; ".join(line.source_rows),
            )
            for line in self.lines
        ]
        return conform_frame(pd.DataFrame(records, columns=list(LEDGER_COLUMNS)), LEDGER_COLUMNS)


def _add_lines(one: LedgerLine, other: LedgerLine) -> LedgerLine:
    return replace(
        one,
        count=one.count + other.count,
        n_in=one.n_in + other.n_in,
        n_out=one.n_out + other.n_out,
        source_rows=one.source_rows + other.source_rows,
    )
