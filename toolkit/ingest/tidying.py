"""tidy: a RawExport typed from its instrument."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import InputError, ProblemLog
from toolkit.core.ledger import Ledger, LedgerLine
from toolkit.ingest.cells import (
    BLANK,
    MARKED,
    NOT_ASKED,
    NOT_EXPORTED,
    NOTHING_TICKED,
    CellReader,
    CellRules,
    clean_text,
    decimal_mark,
)
from toolkit.ingest.columns import Columns
from toolkit.ingest.decoding import nearest_header
from toolkit.ingest.noticing import Source, check_zeros, note_fault, note_repair
from toolkit.ingest.raw import RawExport
from toolkit.ingest.responses import SOURCE_COLUMNS, Responses, concat_responses
from toolkit.ingest.routing import conditions, is_shown
from toolkit.ingest.splits import read_options
from toolkit.instruments import Instrument, Item

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
    source = Source(
        instrument=instrument,
        name=declaration.name,
        numbers=raw.table.numbers,
        columns=Columns(declaration, raw.table),
        log=log,
    )
    if declaration.layout == "long":
        parts = _tidy_long(raw, source)
    else:
        everybody = np.ones(len(raw.frame), dtype=bool)
        parts = [_tidy_wave(raw, wave, everybody, source) for wave in declaration.waves]
    log.raise_as(InputError)
    whole = concat_responses(parts)
    return Responses(
        frame=whole.frame,
        reasons=whole.reasons,
        instrument=instrument,
        notes=(
            f"{declaration.name}: read as {raw.platform} ({raw.evidence}).",
            *raw.table.notes,
            *source.notes,
            *_left_out(raw, source.columns),
        ),
        ledger=raw.ledger.add(*whole.ledger.lines),
        provenance=raw.provenance,
    )


def _tidy_long(raw: RawExport, source: Source) -> list[Responses]:
    declaration, log = raw.declaration, source.log
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
        _tidy_wave(raw, wave, (told == text).to_numpy(dtype=bool), source) for wave, text in declaration.waves.items()
    ]
    if parts:
        line = LedgerLine(
            step="received",
            instrument=source.instrument.name,
            reason="rows of waves that the study does not declare",
            count=int(other.sum()),
            n_in=len(raw.frame),
            n_out=int((~other).sum()),
            source_rows=tuple(f"{declaration.name}:{row}" for row in raw.rows[other]),
        )
        first = parts[0]
        parts[0] = first.keep(pd.Series(True, index=first.frame.index), first.ledger.add(line))
    return parts


def _tidy_wave(raw: RawExport, wave: str, chosen: npt.NDArray[np.bool_], source: Source) -> Responses:
    instrument = source.instrument
    columns: dict[str, npt.NDArray[np.generic]] = {}
    reasons: dict[str, npt.NDArray[np.object_]] = {}
    items = [item for item in instrument.items if item.holds_answer]
    for item in items:
        columns[item.name], reasons[item.name] = _tidy_item(raw, item, wave, chosen, source)
    _route(columns, reasons, source)
    index = pd.RangeIndex(int(chosen.sum()))
    values = {"wave": wave, "file": raw.declaration.name, "row": raw.rows[chosen], **columns}
    tidied = Responses(
        frame=pd.DataFrame(values, index=index, columns=[*SOURCE_COLUMNS, *columns], copy=False),
        reasons=pd.DataFrame(reasons, index=index, copy=False),
        instrument=instrument,
        notes=(),
        ledger=Ledger(),
        provenance=raw.provenance,
    )
    return _without_absent(tidied, wave) if raw.declaration.layout == "wide" else tidied


def _route(
    columns: dict[str, npt.NDArray[np.generic]], reasons: dict[str, npt.NDArray[np.object_]], source: Source
) -> None:
    """Mark blank answers to questions that the form did not put to a respondent as not asked."""
    missing = (NOT_ASKED, NOT_EXPORTED)
    known = {name: values for name, values in columns.items() if not (len(values) and reasons[name][0] in missing)}
    for name, texts in conditions(source.instrument).items():
        if name not in known:
            continue
        for text in texts:
            shown = is_shown(text, known, instrument=source.instrument)
            if shown is None:
                continue
            away = ~shown & np.isin(reasons[name], (BLANK, NOTHING_TICKED))
            reasons[name] = np.where(away, NOT_ASKED, reasons[name])
            answered = int((~shown & (reasons[name] == "")).sum())
            if answered:
                source.notes.append(
                    f"{source.name}: {answered} answer(s) to {name} stand where the form asks none; they are kept."
                )


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
    chosen: npt.NDArray[np.bool_],
    source: Source,
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_]]:
    declaration = raw.declaration
    table = raw.table
    numeric = item.type in ("integer", "decimal") or (
        item.type == "select_one" and any(choice.score is not None for choice in item.choices)
    )
    dtype: type = np.float64 if numeric else object
    n = int(chosen.sum())
    if item.name in declaration.fixed:
        reader = CellReader(item, CellRules(missing=declaration.missing))
        cells = pd.Series([declaration.fixed[item.name]] * n, dtype="str")
        return _read_cells(cells, reader, dtype, declaration.header_for(item.name, wave), raw.rows[chosen], source)
    if wave not in item.waves or item.name in declaration.not_asked:
        return _no_answers(n, dtype, NOT_ASKED)
    header = source.columns.find(item, wave, log=source.log)
    if header is None:
        if item.role not in OPTIONAL_ROLES and not _scale_left_out(raw, item, wave, source):
            source.log.add(
                "the column is missing",
                file=declaration.name,
                row=1,
                column=declaration.header_for(item.name, wave),
                mend=source.columns.suggest(item, wave),
            )
        return _no_answers(n, dtype, NOT_EXPORTED)
    source.note_other_spelling(header, declaration.header_for(item.name, wave))
    if header in table.options and header not in table.frame:
        return read_options(raw, item, header=header, chosen=chosen, source=source)
    cells = table.frame[header] if chosen.all() else table.frame[header][chosen]
    preset = table.reasons.get(header)
    if preset is not None:
        preset = preset[chosen]
        cells = cells.where(preset == "", "")
    reader = CellReader(item, _rules(raw, item, header, cells))
    values, reasons = _read_cells(cells, reader, dtype, header, raw.rows[chosen], source)
    if preset is not None:
        reasons = np.where(preset == "", reasons, preset)
    return values, reasons


def _scale_left_out(raw: RawExport, item: Item, wave: str, source: Source) -> bool:
    """Whether the file has nothing of a scale that no outcome needs; a part of a scale is never left out."""
    declaration = raw.declaration
    if not item.scale or declaration.outcomes is None or item.scale in declaration.outcomes:
        return False
    members = [source.instrument.item(name) for name in source.instrument.scale(item.scale).items]
    unheard = ProblemLog()
    return not any(
        member.name in declaration.fixed or source.columns.find(member, wave, log=unheard) for member in members
    )


def _rules(raw: RawExport, item: Item, header: str, cells: pd.Series[str]) -> CellRules:
    declaration, table = raw.declaration, raw.table
    decimal: str = declaration.decimal
    if not decimal and item.type == "decimal":
        decimal = decimal_mark([str(text) for text in cells.unique()])
    return CellRules(
        missing=declaration.missing,
        scores_as_numbers=table.numbers == "scores" or (table.numbers == "codes" and declaration.numbers == "scores"),
        value_labels=table.value_labels.get(header, {}),
        separators=table.separators,
        date_order=declaration.dates or table.date_order,
        date_window=declaration.date_windows.get(item.name, ("", "")),
        decimal=decimal or ".",
    )


def _read_cells(
    cells: pd.Series[str],
    reader: CellReader,
    dtype: type,
    header: str,
    rows: npt.NDArray[np.int64],
    source: Source,
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_]]:
    codes, unique = pd.factorize(cells)
    texts = [str(text) for text in np.asarray(unique, dtype=object)]
    read = [reader.read(text) for text in texts]
    for position, cell in enumerate(read):
        if cell.fault:
            note_fault(cell.fault, reader, header=header, source=source, rows=rows[codes == position])
        if cell.repair:
            note_repair(cell.repair, header, source=source, rows=rows[codes == position])
    if reader.item.role == "key":
        check_zeros(texts, header, source=source)
    values: npt.NDArray[np.generic] = np.array([cell.value for cell in read], dtype=dtype)
    reasons = np.array([cell.reason for cell in read], dtype=object)
    return values[codes], reasons[codes]


def _no_answers(n: int, dtype: type, reason: str) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_]]:
    nothing = np.nan if dtype is np.float64 else None
    return np.full(n, nothing, dtype=dtype), np.full(n, reason, dtype=object)


def _left_out(raw: RawExport, columns: Columns) -> tuple[str, ...]:
    declaration = raw.declaration
    notes = []
    for item, text in declaration.fixed.items():
        header = declaration.columns.get(item, item)
        if header in raw.frame:
            reader = CellReader(declaration.instrument.item(item), CellRules(missing=declaration.missing))
            declared = reader.read(text).value
            told = [reader.read(cell).value for cell in raw.frame[header]]
            other = sum(value is not None and value != declared for value in told)
            if other:
                notes.append(
                    f"{declaration.name}: {other} row(s) say another {item} than the study declares for the file; "
                    "the declared one counts."
                )
    fixed = {declaration.columns.get(item, item) for item in declaration.fixed}
    known = columns.known(declaration.instrument.items) | raw.table.own | fixed
    unknown = [str(header) for header in raw.frame if header and header not in known]
    if unknown:
        notes.append(f"{declaration.name}: columns that are no item of the form were left out: {', '.join(unknown)}.")
    return tuple(notes)
