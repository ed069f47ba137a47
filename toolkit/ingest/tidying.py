"""tidy: a RawExport typed from its instrument."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    CellReader,
    CellRules,
    cell_of_choices,
    clean_text,
    decimal_mark,
)
from toolkit.ingest.columns import Columns
from toolkit.ingest.decoding import nearest_header
from toolkit.ingest.matching import ChoiceMatcher
from toolkit.ingest.multiples import is_ticked
from toolkit.ingest.raw import RawExport
from toolkit.ingest.responses import SOURCE_COLUMNS, Responses, concat_responses
from toolkit.instruments import Instrument, Item

MAX_ROWS_NAMED = 20
ABSENT = (BLANK, MARKED, NOT_EXPORTED)
OPTIONAL_ROLES = frozenset({"context", "open"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What is known of a file while its cells are typed, and what is noticed."""

    instrument: Instrument
    name: str
    numbers: str
    columns: Columns
    log: ProblemLog
    notes: list[str] = field(default_factory=list)


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
    source = _Source(
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


def _tidy_long(raw: RawExport, source: _Source) -> list[Responses]:
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


def _tidy_wave(raw: RawExport, wave: str, chosen: npt.NDArray[np.bool_], source: _Source) -> Responses:
    instrument = source.instrument
    values: dict[str, object] = {"wave": wave, "file": raw.declaration.name, "row": raw.rows[chosen]}
    reasons: dict[str, npt.NDArray[np.object_]] = {}
    items = [item for item in instrument.items if item.holds_answer]
    for item in items:
        values[item.name], reasons[item.name] = _tidy_item(raw, item, wave, chosen, source)
    columns = [*SOURCE_COLUMNS, *(item.name for item in items)]
    index = pd.RangeIndex(int(chosen.sum()))
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
    chosen: npt.NDArray[np.bool_],
    source: _Source,
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
    if wave not in item.waves:
        return _no_answers(n, dtype, NOT_ASKED)
    header = source.columns.find(item, wave, log=source.log)
    if header is None:
        if item.role not in OPTIONAL_ROLES:
            source.log.add(
                "the column is missing",
                file=declaration.name,
                row=1,
                column=declaration.header_for(item.name, wave),
                mend=source.columns.suggest(item, wave),
            )
        return _no_answers(n, dtype, NOT_EXPORTED)
    if header in table.options and header not in table.frame:
        return _read_options(raw, item, header, chosen, source)
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
    source: _Source,
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_]]:
    codes, texts = pd.factorize(cells)
    read = [reader.read(text) for text in texts]
    for position, cell in enumerate(read):
        if cell.fault:
            _note_fault(cell.fault, reader, header, source, rows[codes == position])
        if cell.repair:
            _note_repair(cell.repair, header, source, rows[codes == position])
    if reader.item.role == "key":
        _check_zeros([str(text) for text in texts], header, source)
    values: npt.NDArray[np.generic] = np.array([cell.value for cell in read], dtype=dtype)
    reasons = np.array([cell.reason for cell in read], dtype=object)
    return values[codes], reasons[codes]


def _read_options(
    raw: RawExport, item: Item, header: str, chosen: npt.NDArray[np.bool_], source: _Source
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_]]:
    """Read a question with several answers from its columns, one per option."""
    table, name = raw.table, raw.declaration.name
    matcher = ChoiceMatcher(item)
    rows = raw.rows[chosen]
    ticked: dict[str, npt.NDArray[np.bool_]] = {}
    blank = np.ones(len(rows), dtype=bool)
    shown = np.zeros(len(rows), dtype=bool)
    reason = np.full(len(rows), BLANK, dtype=object)
    for option in table.options[header]:
        cells = table.frame[option.header][chosen].map(clean_text)
        choice = next(filter(None, map(matcher.find_label, option.names)), None)
        if choice is None:
            if (cells != "").any():
                source.log.add(
                    "the option of this column is none of the form's choices in any language",
                    file=name,
                    row=1,
                    column=option.header,
                    mend="add its spelling as an alias in choices.csv",
                )
            continue
        preset = table.reasons.get(option.header)
        if preset is not None:
            reason = np.where(preset[chosen] == "", reason, preset[chosen])
            shown |= preset[chosen] == ""
        else:
            shown |= True
        labels = (*option.names, *choice.labels.values())
        codes, texts = pd.factorize(cells)
        told = [is_ticked(text, names=labels, ticked=option.ticked, unticked=option.unticked) for text in texts]
        for position, answer in enumerate(told):
            if answer is None and texts[position] not in raw.declaration.missing:
                for row in rows[codes == position][:MAX_ROWS_NAMED]:
                    source.log.add(
                        "the cell neither ticks the option nor leaves it",
                        file=name,
                        row=int(row),
                        column=option.header,
                        allowed="the option's label, 1 or yes; blank, 0 or no",
                        mend="correct the cell",
                    )
        ticked[choice.name] = np.array([bool(answer) for answer in told], dtype=bool)[codes]
        blank &= (cells == "").to_numpy()
    values = np.full(len(rows), None, dtype=object)
    reasons = np.full(len(rows), "", dtype=object)
    for position in range(len(rows)):
        names = frozenset(choice for choice, flags in ticked.items() if flags[position])
        cell = cell_of_choices(item, names)
        values[position] = cell.value
        reasons[position] = cell.reason
        if not names and (blank[position] or not shown[position]):
            reasons[position] = reason[position]
        if cell.fault:
            source.log.add(cell.fault, file=name, row=int(rows[position]), column=header, mend="correct the cells")
    return values, reasons


def _check_zeros(texts: list[str], header: str, source: _Source) -> None:
    """Note codes that differ by leading zeros only, where one column alone tells people apart."""
    if len(source.instrument.items_with_role("key")) > 1:
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


def _no_answers(n: int, dtype: type, reason: str) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_]]:
    nothing = np.nan if dtype is np.float64 else None
    return np.full(n, nothing, dtype=dtype), np.full(n, reason, dtype=object)


def _note_fault(fault: str, reader: CellReader, header: str, source: _Source, rows: npt.NDArray[np.int64]) -> None:
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


def _note_repair(repair: str, header: str, source: _Source, rows: npt.NDArray[np.int64]) -> None:
    named = ", ".join(str(row) for row in rows[:MAX_ROWS_NAMED])
    more = f" and {len(rows) - MAX_ROWS_NAMED} more" if len(rows) > MAX_ROWS_NAMED else ""
    source.notes.append(f"{source.name}, column {header}, row {named}{more}: {repair}.")


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
