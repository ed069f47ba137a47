"""Review file: ties that a person decides, by row numbers and never by answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.core.errors import InputError, ProblemLog

Verdict = Literal["", "same", "different"]

REVIEW_COLUMNS = ("one_row", "other_row", "elements_that_differ", "suggestion", "verdict")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """Two rows that may be of one person.

    Parameters
    ----------
    one, other : str
        "file:row" in the earlier and in the later wave.
    unlike : str
        Elements in which they differ, by the names of the form.
    suggestion : str
        What the assignment with the fewest differing elements says: "same", or "" where it says nothing.
    verdict : {"", "same", "different"}
        What a person decided; "" is not yet.
    """

    one: str
    other: str
    unlike: str = ""
    suggestion: str = ""
    verdict: Verdict = ""


def write_review(rows: Iterable[ReviewRow]) -> str:
    r"""Return the text of a review file.

    Parameters
    ----------
    rows : iterable of ReviewRow
        Pairs to decide, and those decided already.

    Examples
    --------
    >>> write_review([ReviewRow(one="pre.csv:2", other="post.csv:5", unlike="initial")]).splitlines()[1]
    'pre.csv:2,post.csv:5,initial,,'
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(REVIEW_COLUMNS)
    for row in sorted(rows, key=lambda row: (row.one, row.other)):
        writer.writerow([row.one, row.other, row.unlike, row.suggestion, row.verdict])
    return buffer.getvalue()


def read_review(text: str, *, name: str, known_rows: Sequence[str]) -> tuple[ReviewRow, ...]:
    """Read a review file that a person has filled in.

    Parameters
    ----------
    text : str
        The file.
    name : str
        Its name in messages.
    known_rows : sequence of str
        "file:row" of every row of the study.

    Returns
    -------
    tuple of ReviewRow
        In the order of the file.

    Raises
    ------
    InputError
        A column is missing, a row is not in the study, a verdict is neither same nor different, a pair has two
        verdicts, or a row is the same person as two rows of one file's wave. All of them at once.

    Examples
    --------
    >>> text = write_review([ReviewRow(one="pre.csv:2", other="post.csv:5", verdict="same")])
    >>> read_review(text, name="review.csv", known_rows=["pre.csv:2", "post.csv:5"])[0].verdict
    'same'
    """
    log = ProblemLog()
    lines = text.removeprefix("\ufeff")
    delimiter = ";" if lines.partition("\n")[0].count(";") > lines.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(lines, newline=""), delimiter=delimiter)
    missing = [column for column in ("one_row", "other_row", "verdict") if column not in (reader.fieldnames or ())]
    for column in missing:
        log.add(
            "the column is missing", file=name, row=1, column=column, mend="take the headers of the file as written"
        )
    log.raise_as(InputError)
    known = set(known_rows)
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    rows = []
    for number, cells in enumerate(reader, start=2):
        one, other = ((cells[column] or "").strip() for column in ("one_row", "other_row"))
        verdict = (cells["verdict"] or "").strip().casefold()
        for column, place in (("one_row", one), ("other_row", other)):
            if place not in known:
                log.add(
                    "the row is not in the study",
                    file=name,
                    row=number,
                    column=column,
                    allowed="file:row as the toolkit wrote it",
                    mend="restore the cell, or delete this file and let it be written again",
                )
        if verdict not in ("", "same", "different"):
            log.add(
                "the verdict is unknown", file=name, row=number, column="verdict", allowed="same | different | empty"
            )
            continue
        pair = (min(one, other), max(one, other))
        if pair in seen and seen[pair][1] != verdict:
            log.add(
                f"the pair has another verdict in row {seen[pair][0]}",
                file=name,
                row=number,
                column="verdict",
                mend="keep one of the two rows",
            )
        seen[pair] = (number, verdict)
        unlike, suggestion = (cells.get(column) or "" for column in ("elements_that_differ", "suggestion"))
        row = ReviewRow(one=one, other=other, unlike=unlike, suggestion=suggestion)
        rows.append(row if verdict == "" else _decided(row, verdict))
    log.raise_as(InputError)
    return tuple(dict.fromkeys(rows))


def _decided(row: ReviewRow, verdict: str) -> ReviewRow:
    return ReviewRow(
        one=row.one,
        other=row.other,
        unlike=row.unlike,
        suggestion=row.suggestion,
        verdict="same" if verdict == "same" else "different",
    )
