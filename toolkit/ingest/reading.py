"""Read one export file into a RawExport."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from toolkit.core.errors import InputError, ProblemLog, StorageError
from toolkit.core.ledger import Ledger, LedgerLine
from toolkit.core.nearest import nearest_name
from toolkit.core.provenance import Provenance, hash_bytes
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.decoding import check_rows, decode_text, split_cells
from toolkit.ingest.platforms import (
    PLAIN_HEADER_ROWS,
    QUALTRICS_COLUMNS,
    QUALTRICS_HEADER_ROWS,
    detect_platform,
)
from toolkit.ingest.raw import RawExport

PREVIEW_STATUS = frozenset({"survey preview", "1", "survey test", "2", "offline survey preview", "17"})


def read_export(declaration: ExportDeclaration) -> RawExport:
    """Read a file as text and tell which program wrote it.

    Parameters
    ----------
    declaration : ExportDeclaration
        The file and what the study says of it.

    Returns
    -------
    RawExport
        One row per answer row; every cell is text.

    Raises
    ------
    InputError
        The file is missing, empty, not text, ragged, has a header twice, or its platform is not clear.
    StorageError
        The file is there but may not be read.
    """
    log = ProblemLog()
    content = _read_bytes(declaration, log)
    name = declaration.name
    expected = declaration.expected_headers() | QUALTRICS_COLUMNS
    text = decode_text(content, name=name, encoding=declaration.encoding, log=log)
    rows = split_cells(text, name=name, expected=expected, log=log) if text is not None else None
    detected = (
        detect_platform(
            rows,
            declared=declaration.platform,
            expected=declaration.expected_headers(),
            name=name,
            log=log,
        )
        if rows
        else None
    )
    if rows is None or detected is None:
        log.raise_as(InputError)
        raise InputError(f"{name} could not be read")
    platform, evidence = detected
    header_rows = QUALTRICS_HEADER_ROWS if platform == "qualtrics" else PLAIN_HEADER_ROWS
    kept, numbers = check_rows(rows, name=name, header_rows=header_rows, log=log)
    if not kept and not log.problems:
        log.add("the file has a header and 0 answers", file=name, mend="export it again once there are answers")
    log.raise_as(InputError)
    frame = pd.DataFrame(kept, columns=pd.Index([clean_header(cell) for cell in rows[0]]), dtype="str")
    return _set_aside_previews(
        RawExport(
            frame=frame,
            rows=np.asarray(numbers, dtype=np.int64),
            platform=platform,
            evidence=evidence,
            declaration=declaration,
            ledger=Ledger(),
            provenance=Provenance(
                inputs={name: hash_bytes(content)},
                instruments={declaration.instrument.name: declaration.instrument.version},
            ),
        )
    )


def _read_bytes(declaration: ExportDeclaration, log: ProblemLog) -> bytes:
    path = declaration.path
    if path.is_dir():
        log.add("this is a folder, not a file", file=declaration.name, mend="name the export file itself")
    elif not path.exists():
        siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = nearest_name(path.name, siblings)
        log.add(
            "the file does not exist",
            file=declaration.name,
            allowed="a path from the folder of study.yaml",
            mend=f"did you mean {near}?" if near else "put the file there, or correct the path in study.yaml",
        )
    log.raise_as(InputError)
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"{declaration.name} cannot be read: {error.strerror}") from error


def _set_aside_previews(raw: RawExport) -> RawExport:
    declaration = raw.declaration
    preview = np.zeros(len(raw.frame), dtype=bool)
    if raw.platform == "qualtrics" and "Status" in raw.frame:
        preview = raw.frame["Status"].str.strip().str.lower().isin(PREVIEW_STATUS).to_numpy()
    line = LedgerLine(
        step="received",
        instrument=declaration.instrument.name,
        wave=next(iter(declaration.waves)) if declaration.layout == "single" else "",
        reason="test answers entered in the survey tool's preview",
        count=int(preview.sum()),
        n_in=len(preview),
        n_out=int((~preview).sum()),
        source_rows=tuple(f"{declaration.name}:{row}" for row in raw.rows[preview]),
    )
    return replace(
        raw,
        frame=raw.frame[~preview].reset_index(drop=True),
        rows=raw.rows[~preview],
        ledger=raw.ledger.add(line),
    )
