"""Responses: answers typed from the instrument, with a reason for every missing cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.instruments import Instrument

SOURCE_COLUMNS = ("wave", "file", "row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Responses:
    """Answers to one instrument, one row per person and wave.

    Parameters
    ----------
    frame : DataFrame
        `SOURCE_COLUMNS`, then one column per item: numbers for scored and numeric items (nan where there is
        no answer), text for the others (None where there is no answer).
    reasons : DataFrame
        Same rows, one text column per item: "" where there is an answer, else why there is none: ``blank``,
        ``marked missing``, ``not asked``, ``not in the export``, or the choice's own missing reason.
    instrument : Instrument
        The form.
    notes : tuple of str
        What an evaluator should know: columns left out, platforms recognised.
    ledger, provenance : Ledger, Provenance
        Rows set aside so far; hashes of the files.
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    instrument: Instrument
    notes: tuple[str, ...]
    ledger: Ledger
    provenance: Provenance

    def keep(self, mask: pd.Series[bool], ledger: Ledger) -> Responses:
        """Return the rows where `mask` holds, with the ledger that accounts for the others."""
        return Responses(
            frame=self.frame[mask].reset_index(drop=True),
            reasons=self.reasons[mask].reset_index(drop=True),
            instrument=self.instrument,
            notes=self.notes,
            ledger=ledger,
            provenance=self.provenance,
        )

    def source_rows(self, mask: pd.Series[bool]) -> tuple[str, ...]:
        """Return "file:row" of the rows where `mask` holds."""
        chosen = self.frame.loc[mask, ["file", "row"]]
        return tuple(f"{file}:{row}" for file, row in zip(chosen["file"], chosen["row"], strict=True))


def concat_responses(parts: Sequence[Responses]) -> Responses:
    """Return the answers of several files to the same instrument as one.

    Parameters
    ----------
    parts : sequence of Responses
        At least one; all of the same instrument.
    """
    if len(parts) == 1:
        return parts[0]
    provenance = parts[0].provenance
    for part in parts[1:]:
        provenance = provenance.merge(part.provenance)
    return Responses(
        frame=pd.concat([part.frame for part in parts], ignore_index=True),
        reasons=pd.concat([part.reasons for part in parts], ignore_index=True),
        instrument=parts[0].instrument,
        notes=tuple(note for part in parts for note in part.notes),
        ledger=parts[0].ledger.merge(*(part.ledger for part in parts[1:])),
        provenance=provenance,
    )
