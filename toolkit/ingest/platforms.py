"""Which program wrote a file, told from its structure."""

from __future__ import annotations

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects import DIALECTS, PLAIN, Dialect
from toolkit.ingest.dialects.qualtrics import OWN_COLUMNS as QUALTRICS_COLUMNS
from toolkit.ingest.dialects.qualtrics import QUALTRICS

# A file that lost its second and third row still shows this many of Qualtrics' columns.
TELLING_COLUMNS = 4


def detect_platform(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> tuple[Dialect, str] | None:
    """Return the dialect and the evidence for it, or None after noting why it is not clear.

    Parameters
    ----------
    book : Book
        The opened file.
    declaration : ExportDeclaration
        What the study says of it; a declared platform is held against the structure.
    log : ProblemLog
        Takes what is wrong.
    """
    claims = [(dialect, dialect.recognise(book, declaration)) for dialect in DIALECTS if dialect is not PLAIN]
    claims = [(dialect, evidence) for dialect, evidence in claims if evidence]
    known = PLAIN.recognise(book, declaration)
    if declaration.platform not in ("auto", "plain"):
        declared = next(dialect for dialect in DIALECTS if dialect.name == declaration.platform)
        return declared, dict((dialect.name, evidence) for dialect, evidence in claims).get(declared.name, "declared")
    if declaration.platform == "plain":
        for dialect, evidence in claims:
            if not dialect.one_header:
                log.add(
                    f"declared as plain, but {evidence}",
                    file=book.name,
                    mend=f"declare platform: {dialect.name}, or auto",
                )
                return None
    if declaration.platform == "auto" and len(claims) > 1:
        log.add(
            "several survey tools could have written this file: "
            + "; ".join(f"{dialect.name} ({evidence})" for dialect, evidence in claims),
            file=book.name,
            mend="declare which one under platform in study.yaml",
        )
        return None
    if declaration.platform == "auto" and claims:
        return claims[0]
    header = {clean_header(cell) for cell in book.first[0]} if book.first else set()
    if len(QUALTRICS_COLUMNS & header) >= TELLING_COLUMNS:
        return QUALTRICS, "row 1 has Qualtrics columns"
    if known:
        return PLAIN, known
    log.add(
        "it is not clear which program wrote this file: row 3 holds no Qualtrics ImportIds, no other tool's marks "
        "are there, and no header in row 1 is an item of the form",
        file=book.name,
        row=1,
        allowed="an export of " + ", ".join(dialect.name for dialect in DIALECTS),
        mend="declare platform: plain and map the headers under columns in study.yaml",
    )
    return None
