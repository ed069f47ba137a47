"""tidy: a RawExport typed from its instrument."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import InputError, ProblemLog
from toolkit.core.ledger import Ledger, LedgerLine
from toolkit.ingest.cells import BLANK, MARKED, NOT_ASKED, NOT_EXPORTED, CellReader, clean_text
from toolkit.ingest.decoding import nearest_header
from toolkit.ingest.platforms import QUALTRICS_COLUMNS
from toolkit.ingest.raw import RawExport
from toolkit.ingest.responses import SOURCE_COLUMNS, Responses, concat_responses
from toolkit.instruments import Instrument, Item

MAX_ROWS_NAMED = 20
ABSENT = (BLANK, MARKED, NOT_EXPORTED)
OPTIONAL_ROLES = frozenset({"context", "open"})


def tidy(raw: RawExport, instrument: Instrument) -> Responses:
    """Type every cell from the instrument and give every missing cell its reason.

    Parameters
    ----------
    raw : RawExport
        One file; each row is one answer, or in a wide file one person.
    instrument : Instrument
        The form that was answered.

    Returns
    -------
    Responses
        One row per person and wave in the file.

    Raises
    ------
    InputError
        A required column is missing, or a cell does not fit its item: out of scale, not a number, a label in
        no language. All of them at once.
    """
    log = ProblemLog()
    declaration = raw.declaration
    if declaration.layout == "long":
        parts = _tidy_long(raw, instrument, log)
    else:
        parts = [_tidy_wave(raw, instrument, wave, raw.frame, raw.rows, log) for wave in declaration.waves]
    log.raise_as(InputError)
    whole = concat_responses(parts)
    return Responses(
        frame=whole.frame,
        reasons=whole.reasons,
        instrument=instrument,
        notes=(f"{declaration.name}: read as {raw.platform} ({raw.evidence}).", *_left_out(raw)),
        ledger=raw.ledger.add(*whole.ledger.lines),
        provenance=raw.provenance,
    )


def _tidy_long(raw: RawExport, instrument: Instrument, log: ProblemLog) -> list[Responses]:
    declaration = raw.declaration
    if declaration.wave_column not in raw.frame:
        log.add(
            "the column that tells the wave is missing",
            file=declaration.name,
            row=1,
            column=declaration.wave_column,
            mend=nearest_header(declaration.wave_column, [str(name) for name in raw.frame]),
        )
        log.raise_as(InputError)
    told = raw.frame[declaration.wave_column].map(clean_text)
    other = ~told.isin(list(declaration.waves.values())).to_numpy()
    parts = [
        _tidy_wave(raw, instrument, wave, raw.frame[told == text], raw.rows[(told == text).to_numpy()], log)
        for wave, text in declaration.waves.items()
    ]
    if parts:
        line = LedgerLine(
            step="received",
            instrument=instrument.name,
            reason="rows of waves that the study does not declare",
            count=int(other.sum()),
            n_in=len(raw.frame),
            n_out=int((~other).sum()),
            source_rows=tuple(f"{declaration.name}:{row}" for row in raw.rows[other]),
        )
        first = parts[0]
        parts[0] = first.keep(pd.Series(True, index=first.frame.index), first.ledger.add(line))
    return parts


def _tidy_wave(
    raw: RawExport,
    instrument: Instrument,
    wave: str,
    frame: pd.DataFrame,
    rows: npt.NDArray[np.int64],
    log: ProblemLog,
) -> Responses:
    values: dict[str, object] = {"wave": wave, "file": raw.declaration.name, "row": rows}
    reasons: dict[str, npt.NDArray[np.object_]] = {}
    items = [item for item in instrument.items if item.holds_answer]
    for item in items:
        values[item.name], reasons[item.name] = _tidy_item(raw, item, wave, frame, rows, log)
    columns = [*SOURCE_COLUMNS, *(item.name for item in items)]
    index = pd.RangeIndex(len(frame))
    tidied = Responses(
        frame=pd.DataFrame(values, index=index, columns=columns),
        reasons=pd.DataFrame(reasons, index=index),
        instrument=instrument,
        notes=(),
        ledger=Ledger(),
        provenance=raw.provenance,
    )
    return _without_absent(tidied, wave) if raw.declaration.layout == "wide" else tidied


def _without_absent(responses: Responses, wave: str) -> Responses:
    """Leave out people of a wide file who met no scale item of a wave; to decline is to have been there."""
    items = [item.name for item in responses.instrument.items if item.scale and wave in item.waves]
    if not items:
        return responses
    answered = ~responses.reasons[items].isin(ABSENT).all(axis=1)
    line = LedgerLine(
        step="received",
        instrument=responses.instrument.name,
        wave=wave,
        reason="people of the wide file who answered nothing in this wave",
        count=int((~answered).sum()),
        n_in=len(responses.frame),
        n_out=int(answered.sum()),
        source_rows=responses.source_rows(~answered),
    )
    return responses.keep(answered, responses.ledger.add(line))


def _tidy_item(
    raw: RawExport,
    item: Item,
    wave: str,
    frame: pd.DataFrame,
    rows: npt.NDArray[np.int64],
    log: ProblemLog,
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_]]:
    declaration = raw.declaration
    numeric = item.type in ("integer", "decimal") or any(choice.score is not None for choice in item.choices)
    dtype: type = np.float64 if numeric else object
    reader = CellReader(
        item,
        missing=declaration.missing,
        scores_as_numbers=raw.platform == "plain" or item.name in declaration.fixed,
    )
    header = declaration.header_for(item.name, wave)
    if item.name in declaration.fixed:
        cells = pd.Series(declaration.fixed[item.name], index=frame.index, dtype="str")
    elif wave not in item.waves:
        return _no_answers(len(frame), dtype, NOT_ASKED)
    elif header in frame:
        cells = frame[header]
    else:
        if item.role not in OPTIONAL_ROLES and not _scale_left_out(raw, item, wave, frame):
            log.add(
                "the column is missing",
                file=declaration.name,
                row=1,
                column=header,
                mend=nearest_header(header, [str(name) for name in frame]),
            )
        return _no_answers(len(frame), dtype, NOT_EXPORTED)
    codes, texts = pd.factorize(cells)
    read = [reader.read(text) for text in texts]
    for position, cell in enumerate(read):
        if cell.fault:
            _note_fault(cell.fault, reader, header, declaration.name, rows[codes == position], log)
    values: npt.NDArray[np.generic] = np.array([cell.value for cell in read], dtype=dtype)
    reasons = np.array([cell.reason for cell in read], dtype=object)
    return values[codes], reasons[codes]


def _scale_left_out(raw: RawExport, item: Item, wave: str, frame: pd.DataFrame) -> bool:
    """Whether the file has nothing of a scale that no outcome needs; a part of a scale is never left out."""
    declaration = raw.declaration
    if not item.scale or declaration.outcomes is None or item.scale in declaration.outcomes:
        return False
    members = declaration.instrument.scale(item.scale).items
    return not any(name in declaration.fixed or declaration.header_for(name, wave) in frame for name in members)


def _no_answers(n: int, dtype: type, reason: str) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_]]:
    nothing = np.nan if dtype is np.float64 else None
    return np.full(n, nothing, dtype=dtype), np.full(n, reason, dtype=object)


def _note_fault(
    fault: str, reader: CellReader, header: str, name: str, rows: npt.NDArray[np.int64], log: ProblemLog
) -> None:
    mend = "correct the cell, or declare the text under missing in study.yaml if it means no answer"
    if "number" in fault and reader.item.choices:
        mend = "export the answers as choice text, not as numeric values"
    elif reader.item.choices and "out of scale" not in fault:
        mend = "correct the cell, or add the spelling as an alias in choices.csv"
    for row in rows[:MAX_ROWS_NAMED]:
        log.add(fault, file=name, row=int(row), column=header, allowed=reader.allowed(), mend=mend)
    if len(rows) > MAX_ROWS_NAMED:
        more = len(rows) - MAX_ROWS_NAMED
        log.add(f"{fault} in {more} more rows", file=name, column=header, allowed=reader.allowed(), mend=mend)


def _left_out(raw: RawExport) -> tuple[str, ...]:
    declaration = raw.declaration
    notes = []
    for item, text in declaration.fixed.items():
        header = declaration.columns.get(item, item)
        if header in raw.frame:
            reader = CellReader(declaration.instrument.item(item), missing=declaration.missing, scores_as_numbers=True)
            declared = reader.read(text).value
            told = [reader.read(cell).value for cell in raw.frame[header]]
            other = sum(value is not None and value != declared for value in told)
            if other:
                notes.append(
                    f"{declaration.name}: {other} row(s) say another {item} than the study declares for the file; "
                    "the declared one counts."
                )
    fixed = {declaration.columns.get(item, item) for item in declaration.fixed}
    known = declaration.expected_headers() | QUALTRICS_COLUMNS | fixed
    unknown = [str(header) for header in raw.frame if header and header not in known]
    if unknown:
        notes.append(f"{declaration.name}: columns that are no item of the form were left out: {', '.join(unknown)}.")
    return tuple(notes)
