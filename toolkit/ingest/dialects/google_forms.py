"""Google Forms: the linked spreadsheet, and the form's own CSV; both start with the time of submission."""

from __future__ import annotations

import re
from collections.abc import Sequence

from toolkit.core.errors import ProblemLog
from toolkit.ingest.book import Book
from toolkit.ingest.declaration import ExportDeclaration, clean_header
from toolkit.ingest.dialects.dialect import Answers, Dialect, csv_bytes
from toolkit.ingest.layout import build_frame, choose_sheet, rows_of, sample_of
from toolkit.ingest.table import Table
from toolkit.instruments import fold_label

# The heading of the first column follows the language of the account that owns the form.
TIMESTAMPS = frozenset(
    fold_label(name)
    for name in (
        "Timestamp",
        "Informazioni cronologiche",
        "Tidstämpel",
        "Marcaj de timp",
        "Marcaj temporal",
        "Marcă temporală",
        "Horodateur",
        "Zeitstempel",
        "Marca temporal",
        "Carimbo de data/hora",
        "Carimbo de data / hora",
        "Tijdstempel",
        "Tidsstempel",
        "Tidsmerke",
        "Aikaleima",
        "Sygnatura czasowa",
        "Časové razítko",
        "Časová značka",
        "Időbélyeg",
        "Χρονική σήμανση",
        "Marca de temps",
        "Vremenska oznaka",
        "Časovni žig",
    )
)
# E-mail of the respondent and points of a quiz, where the form collects them.
OWN = frozenset(
    fold_label(name)
    for name in (
        "Username",
        "Email Address",
        "Email address",
        "Indirizzo email",
        "Nome utente",
        "E-postadress",
        "Användarnamn",
        "Adresă de e-mail",
        "Nume de utilizator",
        "Adresse e-mail",
        "E-Mail-Adresse",
        "Score",
        "Total score",
        "Punteggio",
        "Poäng",
        "Punctaj",
        "Scor",
    )
)
_OWN_CSV = re.compile(r"\d{4}/\d{2}/\d{2} \d{1,2}:\d{2}:\d{2} [AP]M [A-Z]{2,5}(?:[+-]\d{1,2}(?::\d{2})?)?", re.I)
# Days and times of every locale: digits and marks, perhaps AM or PM in letters.
_SHEET_STAMP = re.compile(
    r"\d{1,4}[./\- ]{1,2}\d{1,2}[./\- ]{1,2}\d{1,4}\.?[T ,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?\D{1,8})?"
)
_GRID = re.compile(r"(.*\S)\s*\[([^\[\]]*)\]", re.S)


def _stamps(rows: Sequence[list[str]]) -> list[str]:
    return [row[0].strip() for row in sample_of(rows)[1:] if row and row[0].strip()]


def recognise(book: Book, declaration: ExportDeclaration) -> str:
    """Return the evidence that Google Forms wrote the file, or ""."""
    rows = rows_of(book, declaration)
    if not rows or not rows[0]:
        return ""
    stamps = _stamps(rows)
    if stamps and all(_OWN_CSV.fullmatch(stamp) for stamp in stamps):
        return "column 1 holds the time of submission as Google Forms writes it into its own CSV"
    if fold_label(rows[0][0]) in TIMESTAMPS and all(map(_SHEET_STAMP.fullmatch, stamps)):
        return f"column 1 is the {clean_header(rows[0][0])} of a form's linked spreadsheet"
    return ""


def read(book: Book, declaration: ExportDeclaration, *, log: ProblemLog) -> Table | None:
    """Return the answers; several in one cell are joined by a comma in the sheet and a semicolon in the CSV."""
    sheet = choose_sheet(book, declaration, log=log)
    built = build_frame(sheet.rows, name=book.name, header_rows=1, log=log) if sheet else None
    if sheet is None or built is None:
        return None
    frame, rows = built
    titles = [str(title) for title in frame]
    own_csv = all(_OWN_CSV.fullmatch(stamp) for stamp in _stamps(sheet.rows))
    grids = {title: match for title in titles if (match := _GRID.fullmatch(title))}
    return Table(
        frame=frame,
        rows=rows,
        numbers="scores",
        names={title: (match[2],) for title, match in grids.items() if match[2].strip()},
        separators=";" if own_csv else ",",
        own=frozenset({titles[0], *(title for title in titles if fold_label(title) in OWN)}),
        date_order="ymd" if own_csv else "",
    )


def write(answers: Answers) -> bytes:
    """Return a CSV as downloaded from the linked spreadsheet: questions above, labels below."""
    rows = [["Timestamp", *(answers.label(item) for item in answers.items)]]
    for number, (_, row) in enumerate(answers.frame.iterrows()):
        stamp = f"2/{number % 28 + 1}/2026 10:{number % 60:02}:00"
        rows.append([stamp, *(", ".join(answers.shown(item, str(row[item.name]))) for item in answers.items)])
    return csv_bytes(rows, end="\r\n")


GOOGLE_FORMS = Dialect(name="google_forms", recognise=recognise, read=read, write=write, one_header=True)
