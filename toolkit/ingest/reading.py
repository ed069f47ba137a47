"""Read one export file into a RawExport."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import InputError, ProblemLog, StorageError
from toolkit.core.ledger import Ledger, LedgerLine
from toolkit.core.nearest import nearest_name
from toolkit.core.provenance import Provenance, hash_bytes
from toolkit.ingest.book import open_book
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.platforms import detect_platform
from toolkit.ingest.raw import RawExport
from toolkit.ingest.table import PREVIEWS, Aside, Table

MAX_ROWS_NAMED = 20
PARTIAL = "answers that were not submitted to the end"
REPEATED = "the same submission, a second time in the file"
_DAMAGED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+|\d{6,}[.,]0+")


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
        The file is there but may not be read, or changed while it was read.
    """
    content = _read_bytes(declaration)
    table, platform, evidence = read_table(content, declaration, log=ProblemLog())
    return account(table, declaration, platform=platform, evidence=evidence, digest=hash_bytes(content))


def read_table(content: bytes, declaration: ExportDeclaration, *, log: ProblemLog) -> tuple[Table, str, str]:
    """Return the answers in a file's bytes, the name of the platform that wrote it, and the evidence.

    Parameters
    ----------
    content : bytes
        The file.
    declaration : ExportDeclaration
        What the study says of it.
    log : ProblemLog
        Takes what is wrong, and is raised once all is known.

    Raises
    ------
    InputError
        As `read_export`.
    """
    name = declaration.name
    book = open_book(content, declaration, log=log)
    detected = detect_platform(book, declaration, log=log) if book is not None else None
    table = detected[0].read(book, declaration, log=log) if book is not None and detected is not None else None
    log.raise_as(InputError)
    if book is None or detected is None or table is None:
        raise InputError(f"{name} could not be read")
    dialect, evidence = detected
    return replace(table, notes=(*book.notes, *table.notes)), dialect.name, evidence


def account(table: Table, declaration: ExportDeclaration, *, platform: str, evidence: str, digest: str) -> RawExport:
    """Return the answers that count, with a ledger line for all the others.

    Parameters
    ----------
    table : Table
        The answers as they stand in the file.
    declaration : ExportDeclaration
        What the study says of the file.
    platform, evidence : str
        Which program wrote it and how that is known.
    digest : str
        SHA-256 of the file.

    Raises
    ------
    InputError
        Ids of submissions are damaged, or stand twice with different answers.
    """
    log = ProblemLog()
    table, ledger = _set_aside(table, declaration, log)
    log.raise_as(InputError)
    return RawExport(
        table=table,
        platform=platform,
        evidence=evidence,
        declaration=declaration,
        ledger=ledger,
        provenance=Provenance(
            inputs={declaration.name: digest},
            instruments={declaration.instrument.name: declaration.instrument.version},
        ),
    )


def check_path(declaration: ExportDeclaration) -> None:
    """Raise an InputError where there is no file to read in the declared place."""
    log = ProblemLog()
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
    elif path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
        log.add(
            "this is a link to a file outside its folder",
            file=declaration.name,
            mend="put the file itself there",
        )
    log.raise_as(InputError)


def _read_bytes(declaration: ExportDeclaration) -> bytes:
    check_path(declaration)
    path = declaration.path
    try:
        before = state_of(path)
        content = path.read_bytes()
        after = state_of(path)
    except OSError as error:
        raise StorageError(f"{declaration.name} cannot be read: {error.strerror}") from error
    if before != after:
        raise StorageError(f"{declaration.name} changed while it was read; run it again once it is at rest")
    return content


def state_of(path: Path) -> tuple[int, int]:
    """Return the size of a file and when it was last written."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _set_aside(table: Table, declaration: ExportDeclaration, log: ProblemLog) -> tuple[Table, Ledger]:
    """Return the answers that count, and a ledger line for every reason why others do not."""
    nobody = np.zeros(len(table.frame), dtype=bool)
    asides = [*(table.asides or (Aside(reason=PREVIEWS, rows=nobody),))]
    if table.submission in table.frame:
        asides += _repeated(table, declaration, log)
    if declaration.partial == "set_aside" and table.partial is not None:
        asides.append(Aside(reason=PARTIAL, rows=table.partial))
    wave = next(iter(declaration.waves)) if declaration.layout == "single" else ""
    here = np.ones(len(table.frame), dtype=bool)
    lines: list[LedgerLine] = []
    for aside in asides:
        gone = here & aside.rows
        if lines and not gone.any():
            continue
        lines.append(
            LedgerLine(
                step="received",
                instrument=declaration.instrument.name,
                wave=wave,
                reason=aside.reason,
                count=int(gone.sum()),
                n_in=int(here.sum()),
                n_out=int((here & ~gone).sum()),
                source_rows=tuple(f"{declaration.name}:{row}" for row in table.rows[gone]),
            )
        )
        here = here & ~gone
    ledger = Ledger().add(*lines)
    if here.all():
        return table, ledger
    frame, rows = table.keep(here)
    return replace(
        table,
        frame=frame,
        rows=rows,
        reasons=table.reasons_of(here),
        asides=(),
        partial=table.partial[here] if table.partial is not None else None,
        seconds=table.seconds[here] if table.seconds is not None else None,
    ), ledger


def _repeated(table: Table, declaration: ExportDeclaration, log: ProblemLog) -> list[Aside]:
    """Find submissions that stand twice; the same answers again are set aside, other answers are refused."""
    ids = pd.Series([str(text).strip() for text in table.frame[table.submission].to_numpy(dtype=object)], dtype=object)
    damaged = np.array([_DAMAGED.fullmatch(text) is not None for text in ids], dtype=bool)
    twice: npt.NDArray[np.bool_] = (ids.duplicated() & (ids != "")).to_numpy(dtype=bool)
    if damaged.any():
        unique = "" if not twice.any() else "not unique and "
        log.add(
            f"the ids of submissions are {unique}in scientific notation or with decimals: a spreadsheet program "
            "damaged them",
            file=declaration.name,
            row=int(table.rows[damaged][0]),
            column=table.submission,
            mend="export the answers again and do not save them from a spreadsheet program",
        )
        return []
    if not twice.any():
        return []
    same = table.frame.duplicated().to_numpy(dtype=bool)
    for row in table.rows[twice & ~same][:MAX_ROWS_NAMED]:
        log.add(
            "the id of this submission stands above already, with other answers",
            file=declaration.name,
            row=int(row),
            column=table.submission,
            mend="keep the row that counts",
        )
    return [Aside(reason=REPEATED, rows=twice & same)]
