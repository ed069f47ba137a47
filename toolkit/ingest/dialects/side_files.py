"""Files beside an export that say what its codes stand for: a key, a data dictionary."""

from __future__ import annotations

from toolkit.core.errors import ProblemLog
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.decoding import decode_text, split_cells
from toolkit.ingest.workbook_guard import OLE_MAGIC, check_workbook
from toolkit.ingest.workbooks import read_workbook

ZIP_MAGIC = b"PK\x03\x04"
MAX_BYTES = 50_000_000


def read_side_file(declaration: ExportDeclaration, *, headers: frozenset[str], log: ProblemLog) -> list[list[str]]:
    """Return the rows of the file that the study declares as `key`; none where it declares none.

    Parameters
    ----------
    declaration : ExportDeclaration
        Its `key` is the path of the file.
    headers : frozenset of str
        Headers that tell the delimiter.
    log : ProblemLog
        Takes what is wrong.
    """
    path = declaration.key
    if path is None:
        return []
    try:
        content = path.read_bytes()[:MAX_BYTES]
    except OSError as error:
        log.add(
            f"the key of the export cannot be read: {error.strerror}",
            file=path.name,
            mend="correct the path under key in study.yaml",
        )
        return []
    if content.startswith((ZIP_MAGIC, OLE_MAGIC)):
        sound = check_workbook(content, name=path.name, suffix=path.suffix.lower(), log=log)
        sheets = read_workbook(content, name=path.name, log=log) if sound else None
        return next((list(sheet.rows) for sheet in sheets or () if sheet.visible and sheet.rows), [])
    known = declaration.known_texts()
    decoded = decode_text(content, name=path.name, encoding=declaration.encoding, known=known, log=log)
    if decoded is None:
        return []
    return split_cells(decoded.text, name=path.name, expected=headers, log=log) or []
