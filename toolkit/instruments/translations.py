"""Which languages an instrument offers, and every text that is missing in one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from toolkit.core.errors import ProblemLog
from toolkit.instruments.labels import LANGUAGES, label_column
from toolkit.instruments.tables import Table, TableRow

# Form builders write "-" where a translation is missing.
NO_TEXT = ("", "-")

DRAFT = "draft"
_SIGNED = re.compile(r"reviewed by (?P<name>\S.*\S) on (?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})")


def find_languages(
    tables: Iterable[Table], *, title_table: Table | None, survey: Table | None, log: ProblemLog
) -> tuple[str, ...]:
    """Return the languages that an instrument offers and note every gap in them.

    A language is offered where any label of it is filled in, in any file; then all labels are needed.

    Parameters
    ----------
    tables : iterable of Table
        Files whose rows carry `label::` columns.
    title_table : Table or None
        The settings, with `form_title::` columns.
    survey : Table or None
        The one of `tables` with questions, whose hints must keep step between languages.
    log : ProblemLog
        Receives every gap.

    Returns
    -------
    tuple of str
        Codes in the order of `LANGUAGES`.
    """
    labelled = [(table, "label") for table in tables]
    if title_table is not None:
        labelled.append((title_table, "form_title"))
    offered = tuple(
        language
        for language in LANGUAGES
        if any(
            row.text(label_column(prefix, language)) not in NO_TEXT for table, prefix in labelled for row in table.rows
        )
    )
    if survey is not None and not offered:
        log.add(
            "no language has any labels",
            file=survey.file,
            row=1,
            allowed=", ".join(label_column("label", language) for language in LANGUAGES),
            mend="fill in the labels of at least one language",
        )
    for language in offered:
        for table, prefix in labelled:
            _check_labels(table, column=label_column(prefix, language), log=log)
    if survey is not None:
        _check_hints(survey, languages=offered, log=log)
    return offered


def read_statuses(row: TableRow, *, languages: Iterable[str], log: ProblemLog) -> dict[str, str]:
    """Return language -> status of its wording, and note what is no status.

    Parameters
    ----------
    row : TableRow
        The row of settings.
    languages : iterable of str
        Languages that the instrument offers.
    log : ProblemLog
        Receives every problem.

    Returns
    -------
    dict of str to str
        "draft" (also where the cell is blank or the column is missing) or "reviewed by NAME on YYYY-MM-DD".
    """
    statuses = {}
    for language in languages:
        column = label_column("translation_status", language)
        status = row.text(column) or DRAFT
        if status != DRAFT and not _is_signed(status):
            row.report(
                log,
                column,
                what=f"{status} is not a status of a translation",
                allowed="draft, or: reviewed by NAME on YYYY-MM-DD",
                mend="name the native speaker who read all of it, and the day",
            )
        statuses[language] = status
    return statuses


def _is_signed(status: str) -> bool:
    match = _SIGNED.fullmatch(status)
    if match is None:
        return False
    try:
        date.fromisoformat(match["day"])
    except ValueError:
        return False
    return True


def read_texts(row: TableRow, *, prefix: str, languages: Iterable[str]) -> dict[str, str]:
    """Return language -> text of the cells that are filled in."""
    texts = {language: row.text(label_column(prefix, language)) for language in languages}
    return {language: text for language, text in texts.items() if text not in NO_TEXT}


def check_all_labels(table: Table, *, log: ProblemLog) -> None:
    """Note every label that is missing in any of the languages of the programme."""
    for language in LANGUAGES:
        _check_labels(table, column=label_column("label", language), log=log)


def _check_labels(table: Table, *, column: str, log: ProblemLog) -> None:
    needing = [row for row in table.rows if _needs_label(row)]
    if needing and not table.has(column):
        log.add(
            "the column is missing, although other labels of this language are there",
            file=table.file,
            row=1,
            column=column,
            mend="add the column, or empty the language everywhere",
        )
        return
    for row in needing:
        if row.text(column) in NO_TEXT:
            row.report(
                log,
                column,
                what="the text is missing in this language",
                allowed="a text in every row, or none in the whole language",
                mend="translate it",
            )


def _needs_label(row: TableRow) -> bool:
    """Whether a row shows a text; a group without any title is fine."""
    if row.text("type") == "begin_group":
        return bool(read_texts(row, prefix="label", languages=LANGUAGES))
    return row.text("type") != "end_group"


def _check_hints(survey: Table, *, languages: tuple[str, ...], log: ProblemLog) -> None:
    for row in survey.rows:
        hints = read_texts(row, prefix="hint", languages=languages)
        for language in languages if hints else ():
            if language not in hints:
                row.report(
                    log,
                    label_column("hint", language),
                    what="the hint is missing in this language, although others have it",
                    allowed="a hint in all languages or in none",
                    mend="translate it",
                )
