"""Questions with several answers whose options stand in columns of their own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.ingest.cells import BLANK, cell_of_choices, clean_text
from toolkit.ingest.matching import ChoiceMatcher
from toolkit.ingest.multiples import is_ticked
from toolkit.ingest.noticing import MAX_ROWS_NAMED, Source
from toolkit.ingest.raw import RawExport
from toolkit.instruments import Item


def read_options(
    raw: RawExport, item: Item, *, header: str, chosen: npt.NDArray[np.bool_], source: Source
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
            preset = preset[chosen]
            reason = np.where(preset == "", reason, preset)
            shown |= preset == ""
            cells = cells.where(preset == "", "")
        else:
            shown |= True
        labels = (*option.names, *choice.labels.values())
        codes, texts = pd.factorize(cells)
        told = [is_ticked(text, names=labels, option=option) for text in texts]
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
        flags = np.array([bool(answer) for answer in told], dtype=bool)[codes]
        ticked[choice.name] = ticked[choice.name] | flags if choice.name in ticked else flags
        blank &= (cells == "").to_numpy()
    values, reasons, nothing = _join_ticks(item, ticked, rows, header, source)
    return values, np.where(nothing & (blank | ~shown), reason, reasons)


def _join_ticks(
    item: Item, ticked: dict[str, npt.NDArray[np.bool_]], rows: npt.NDArray[np.int64], header: str, source: Source
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Return the joined answers, the reasons of blank ones, and where nothing is ticked; each pattern is read once."""
    matrix = np.column_stack(list(ticked.values())) if ticked else np.zeros((len(rows), 1), dtype=bool)
    patterns, codes = np.unique(matrix, axis=0, return_inverse=True)
    codes = codes.reshape(-1)
    cells = []
    for position, pattern in enumerate(patterns):
        cell = cell_of_choices(item, frozenset(name for name, flag in zip(ticked, pattern, strict=False) if flag))
        cells.append(cell)
        if cell.fault:
            for row in rows[codes == position][:MAX_ROWS_NAMED]:
                source.log.add(cell.fault, file=source.name, row=int(row), column=header, mend="correct the cells")
    values = np.array([cell.value for cell in cells], dtype=object)
    reasons = np.array([cell.reason for cell in cells], dtype=object)
    return values[codes], reasons[codes], np.asarray(~matrix.any(axis=1))
