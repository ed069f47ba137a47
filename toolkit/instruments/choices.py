"""The lists of choices in choices.csv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.core.errors import ProblemLog
from toolkit.instruments.labels import LANGUAGES, fold_label, label_column
from toolkit.instruments.model import MISSING_REASONS, Choice, MissingReason
from toolkit.instruments.tables import (
    CHOICE_NAME,
    CHOICE_NAME_RULE,
    ITEM_NAME,
    ITEM_NAME_RULE,
    Table,
    TableRow,
)
from toolkit.instruments.translations import read_texts

_REASONS: dict[str, MissingReason] = {reason: reason for reason in MISSING_REASONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceList:
    """One list of choices, with the row that each came from (same order, same length)."""

    name: str
    choices: tuple[Choice, ...]
    rows: tuple[TableRow, ...]


def read_choice_lists(table: Table, *, languages: Sequence[str], log: ProblemLog) -> dict[str, ChoiceList] | None:
    """Return every list of choices, by name, and note what is wrong with each.

    Parameters
    ----------
    table : Table
        The rows of choices.csv.
    languages : sequence of str
        Languages that the instrument offers.
    log : ProblemLog
        Receives every problem.

    Returns
    -------
    dict of str to ChoiceList, or None
        None where the file does not say which row belongs to which list.
    """
    rows_of: dict[str, list[TableRow]] = {}
    for row in table.rows:
        name = row.code("list_name", pattern=ITEM_NAME, rule=ITEM_NAME_RULE, log=log)
        rows_of.setdefault(name, []).append(row)
    lists = {
        name: ChoiceList(
            name=name,
            choices=tuple(_read_choice(row, languages=languages, log=log) for row in rows),
            rows=tuple(rows),
        )
        for name, rows in rows_of.items()
    }
    if not table.has("list_name"):
        return None
    for each in lists.values():
        _check_distinct(each, log=log)
    return lists


def check_scores(choice_list: ChoiceList, *, log: ProblemLog) -> None:
    """Note where the scores of a list that a scale uses are not whole numbers without a gap."""
    scored: list[tuple[float, TableRow]] = []
    for choice, row in zip(choice_list.choices, choice_list.rows, strict=True):
        if choice.is_missing or not row.has("score"):
            continue
        if choice.score is not None:
            scored.append((choice.score, row))
        elif not row.text("score"):
            row.report(
                log,
                "score",
                what="the choice has no score, but a scale uses its list",
                allowed="a whole number, or a missing_reason",
                mend="give its points",
            )
    scored.sort(key=lambda pair: (pair[0], pair[1].number))
    for position, (score, row) in enumerate(scored):
        if not score.is_integer() or (position and score != scored[position - 1][0] + 1):
            row.report(
                log,
                "score",
                what="the scores of the list do not run on in whole numbers",
                allowed="each whole number from the lowest to the highest score, once",
                mend="number the choices without gaps or repeats",
            )
            return


def _read_choice(row: TableRow, *, languages: Sequence[str], log: ProblemLog) -> Choice:
    reason = _REASONS[row.option("missing_reason", allowed=MISSING_REASONS, log=log)]
    score = row.decimal("score", log=log)
    if reason and score is not None:
        row.report(
            log,
            "score",
            what="a choice that means a missing answer has a score",
            allowed="a blank cell",
            mend="remove the score or the missing_reason",
        )
    return Choice(
        name=row.code("name", pattern=CHOICE_NAME, rule=CHOICE_NAME_RULE, log=log),
        labels=read_texts(row, prefix="label", languages=languages),
        score=score,
        missing_reason=reason,
        aliases=tuple(alias.strip() for alias in row.text("alias").split("|") if alias.strip()),
    )


def _check_distinct(choice_list: ChoiceList, *, log: ProblemLog) -> None:
    """Note names that occur twice and texts that stand for two choices."""
    first_rows: dict[str, int] = {}
    owners: dict[str, tuple[str, int]] = {}
    for choice, row in zip(choice_list.choices, choice_list.rows, strict=True):
        if choice.name and choice.name in first_rows:
            row.report(
                log,
                "name",
                what=f"{choice.name} occurs twice in list {choice_list.name} (first in row {first_rows[choice.name]})",
                mend="rename or remove one",
            )
        first_rows.setdefault(choice.name, row.number)
        texts = [("name", choice.name)]
        texts += [(label_column("label", code), choice.labels.get(code, "")) for code in LANGUAGES]
        texts += [("alias", alias) for alias in choice.aliases]
        for column, text in texts:
            owner, owner_row = owners.setdefault(fold_label(text), (choice.name, row.number))
            if text and owner != choice.name:
                row.report(
                    log,
                    column,
                    what=f"{text} also stands for choice {owner} (row {owner_row})",
                    allowed="texts that differ by more than case and spaces within a list, in all languages",
                    mend="word them differently",
                )
