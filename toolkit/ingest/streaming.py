"""Exports too large for memory: read part by part, each with the heading of the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.errors import InputError, Problem, ProblemLog, StorageError
from toolkit.ingest.book import SAV_MAGICS, ZIP_MAGIC
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.reading import account, check_path, read_export, read_table, state_of
from toolkit.ingest.responses import Responses
from toolkit.ingest.table import Table
from toolkit.ingest.tidying import tidy
from toolkit.ingest.workbook_guard import OLE_MAGIC

PART_BYTES = 32_000_000
# The first part holds the whole heading, whatever the size of the others.
FIRST_BYTES = 1_000_000
_WHOLE = (ZIP_MAGIC, OLE_MAGIC, *SAV_MAGICS, b"<stata_dta>", b"\xff\xfe", b"\xfe\xff")
_LF, _QUOTE = 10, 34
# A part of these alone holds no answer.
_NOTHING = b' \t\r\n,;"'


def stream_responses(declaration: ExportDeclaration, *, part_bytes: int = PART_BYTES) -> Iterator[Responses]:
    """Yield the answers of a delimited text part by part, in its order; other files come in one part.

    Parameters
    ----------
    declaration : ExportDeclaration
        The file and what the study says of it.
    part_bytes : int
        Size of a part; a part ends where a record ends.

    Yields
    ------
    Responses
        Typed answers of one part, with the row numbers of the whole file. Ledger lines count the rows of the part.

    Raises
    ------
    InputError
        What `read_export` and `tidy` raise, for the first part that has something wrong with it; or the id of a
        submission stands in two parts.
    StorageError
        The file cannot be read, or changed while it was read.

    Notes
    -----
    Between parts only hashes of the ids of submissions are kept, 8 bytes each. Whether rows of several parts belong
    to one person is for `keep_identified` to say.
    """
    check_path(declaration)
    path, name = declaration.path, declaration.name
    try:
        before = state_of(path)
        with path.open("rb") as file:
            whole = file.read(len(max(_WHOLE, key=len))).startswith(_WHOLE)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if whole:
            raw = read_export(declaration)
            yield tidy(raw, declaration.instrument)
            return
        seen = np.zeros(0, dtype=np.uint64)
        for table, platform, evidence in _tables(declaration, part_bytes):
            seen = _check_new(table, seen, name)
            raw = account(table, declaration, platform=platform, evidence=evidence, digest=digest)
            yield tidy(raw, declaration.instrument)
        if state_of(path) != before:
            raise StorageError(f"{name} changed while it was read; run it again once it is at rest")
    except OSError as error:
        raise StorageError(f"{name} cannot be read: {error.strerror}") from error


def _tables(declaration: ExportDeclaration, part_bytes: int) -> Iterator[tuple[Table, str, str]]:
    """Yield every part as a table whose row numbers are those of the whole file."""
    header, heading_rows, rows_before = b"", 0, 0
    for part in _parts(declaration, part_bytes):
        if header and not part.strip(_NOTHING):
            rows_before += len(_ends(part))
            continue
        log = ProblemLog()
        table, platform, evidence = read_table(header + part, declaration, log=log)
        if not header:
            heading_rows = int(table.rows[0]) - 1
            header = part[: _end_of_record(part, heading_rows)]
        else:
            table = replace(table, rows=table.rows + (rows_before - heading_rows))
        rows_before += len(_ends(part))
        yield table, platform, evidence


def _parts(declaration: ExportDeclaration, part_bytes: int) -> Iterator[bytes]:
    """Yield the file in pieces that end where a record ends."""
    with declaration.path.open("rb") as file:
        rest = file.read(FIRST_BYTES)
        while block := file.read(part_bytes):
            rest += block
            cut = _last_end(rest)
            if cut:
                yield rest[:cut]
                rest = rest[cut:]
        if rest:
            yield rest


def _last_end(content: bytes) -> int:
    """Return where the last whole record ends, 0 where none does; a line break within quotation marks ends none."""
    open_marks = content.count(b'"') % 2
    end = len(content)
    while (place := content.rfind(b"\n", 0, end)) >= 0:
        open_marks = (open_marks + content.count(b'"', place, end)) % 2
        if not open_marks:
            return place + 1
        end = place
    return 0


def _ends(content: bytes) -> npt.NDArray[np.int64]:
    """Return where every whole record ends."""
    marks = np.frombuffer(content, dtype=np.uint8)
    within = np.cumsum(marks == _QUOTE, dtype=np.uint8) & 1
    return np.flatnonzero((marks == _LF) & (within == 0)) + 1


def _end_of_record(content: bytes, number: int) -> int:
    return int(_ends(content)[number - 1])


def _check_new(table: Table, seen: npt.NDArray[np.uint64], name: str) -> npt.NDArray[np.uint64]:
    """Return the hashes of all ids so far; refuse an id that stood in an earlier part."""
    if table.submission not in table.frame:
        return seen
    ids = table.frame[table.submission].str.strip()
    told = (ids != "").to_numpy(dtype=bool)
    hashes = pd.util.hash_array(ids.to_numpy(dtype=object), categorize=False)
    again = told & np.isin(hashes, seen)
    if again.any():
        raise InputError(
            Problem(
                what="the id of this submission stands in an earlier part of the file",
                file=name,
                row=int(table.rows[again][0]),
                column=table.submission,
                mend="keep the row that counts",
            )
        )
    return np.union1d(seen, hashes[told])
