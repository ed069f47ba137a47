"""The questions in survey.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.instruments.choices import ChoiceList
from toolkit.instruments.model import (
    CHOICE_TYPES,
    ITEM_TYPES,
    NUMBER_TYPES,
    ROLES,
    Choice,
    Item,
    ItemType,
    Role,
)
from toolkit.instruments.tables import ITEM_NAME, ITEM_NAME_RULE, Table, TableRow
from toolkit.instruments.translations import read_texts

YES_NO = ("", "yes", "no")
_TYPES: dict[str, ItemType] = {each: each for each in ITEM_TYPES}
_ROLES: dict[str, Role] = {each: each for each in ROLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What questions may refer to.

    Parameters
    ----------
    lists : mapping of str to ChoiceList, or None
        Lists of choices by name; None where they could not be read.
    waves : tuple of str
        Waves of the settings; empty where they could not be read.
    languages : tuple of str
        Languages that the instrument offers.
    """

    lists: Mapping[str, ChoiceList] | None
    waves: tuple[str, ...]
    languages: tuple[str, ...]


def read_items(table: Table, *, around: Surroundings, log: ProblemLog) -> list[tuple[TableRow, Item]]:
    """Return every item with its row, in order, and note what is wrong with each.

    Parameters
    ----------
    table : Table
        The rows of survey.csv.
    around : Surroundings
        Lists, waves and languages that items may refer to.
    log : ProblemLog
        Receives every problem.

    Returns
    -------
    list of tuple of TableRow and Item
        Rows with an unknown type are reported and left out.
    """
    first_rows: dict[str, int] = {}
    pairs = []
    for row in table.rows:
        item = _read_item(row, around=around, log=log)
        # XLSForm lets a group's end repeat the group's name.
        name = row.text("name") if item is None or item.type != "end_group" else ""
        if name in first_rows:
            row.report(log, "name", what=f"{name} occurs twice (first in row {first_rows[name]})", mend="rename one")
        elif name:
            first_rows[name] = row.number
        if item is not None:
            pairs.append((row, item))
    _check_groups(pairs, log=log)
    _check_unscored(pairs, log=log)
    return pairs


def _read_item(row: TableRow, *, around: Surroundings, log: ProblemLog) -> Item | None:
    item_type, list_name = _read_type(row, log=log)
    if item_type != "end_group":
        row.code("name", pattern=ITEM_NAME, rule=ITEM_NAME_RULE, log=log)
    low, high = _read_range(row, item_type=item_type, log=log)
    options = {column: row.option(column, allowed=YES_NO, log=log) for column in ("required", "reverse")}
    role = _ROLES[row.option("role", allowed=ROLES, log=log)]
    waves = _read_waves(row, known=around.waves, log=log)
    if item_type is None:
        return None
    item = Item(
        name=row.text("name") if item_type != "end_group" else "",
        type=item_type,
        labels=read_texts(row, prefix="label", languages=around.languages),
        hints=read_texts(row, prefix="hint", languages=around.languages),
        list_name=list_name,
        choices=_find_choices(row, list_name=list_name, lists=around.lists, log=log),
        scale=row.text("scale"),
        reverse=options["reverse"] == "yes",
        waves=waves,
        role=role,
        range_min=low,
        range_max=high,
        required=options["required"] == "yes",
        relevant=row.text("relevant"),
        constraint=row.text("constraint"),
    )
    if item.reverse and item.score_range is None and (not item.list_name or item.choices):
        row.report(
            log,
            "reverse",
            what="only an item with a numeric range can be reversed",
            allowed="yes where choices have scores or range_min and range_max are given; else no or blank",
            mend="give the scores or the range, or remove the yes",
        )
    return item


def _read_type(row: TableRow, *, log: ProblemLog) -> tuple[ItemType | None, str]:
    """Return the type and the list it names; (None, "") with a problem noted where there is no such type."""
    word, _, rest = row.text("type").partition(" ")
    list_name = rest.strip()
    item_type = _TYPES.get(word)
    needs_list = item_type in CHOICE_TYPES
    if item_type is not None and needs_list == bool(list_name) and " " not in list_name:
        return item_type, list_name
    if row.has("type"):
        if list_name.endswith(" or_other"):
            mend = "write an explicit choice for other answers and a text question after it"
        elif item_type is None:
            mend = suggest_name(row.text("type").replace(" ", "_"), ITEM_TYPES)
        else:
            mend = "name one list after the type" if needs_list else "remove what follows the type"
        shown = [f"{each} LIST" if each in CHOICE_TYPES else each for each in ITEM_TYPES]
        what = f"{row.text('type')} is not a type of question" if row.text("type") else "the type is blank"
        row.report(log, "type", what=what, allowed=", ".join(shown), mend=mend)
    return None, ""


def _read_range(row: TableRow, *, item_type: ItemType | None, log: ProblemLog) -> tuple[float | None, float | None]:
    low, high = row.decimal("range_min", log=log), row.decimal("range_max", log=log)
    if item_type is not None and item_type not in NUMBER_TYPES and not (low is None and high is None):
        row.report(
            log,
            "range_min" if low is not None else "range_max",
            what="only a number has a range",
            allowed="a blank cell, unless the type is integer or decimal",
            mend="remove it; the range of a select_one comes from the scores of its choices",
        )
    elif low is not None and high is not None and low >= high:
        row.report(
            log,
            "range_min",
            what="the lowest number is not below the highest",
            allowed="range_min below range_max",
            mend="correct one of the two",
        )
    return low, high


def _read_waves(row: TableRow, *, known: tuple[str, ...], log: ProblemLog) -> tuple[str, ...]:
    """Return the waves of an item in the order of the settings; a blank cell means all."""
    words = row.text("wave").split()
    for word in words if known else ():
        if word not in known:
            row.report(
                log,
                "wave",
                what=f"{word} is not a wave of the settings",
                allowed=f"{' '.join(known)}, or blank for all",
                mend=suggest_name(word, known),
            )
    return tuple(wave for wave in known if wave in words or not words)


def _find_choices(
    row: TableRow, *, list_name: str, lists: Mapping[str, ChoiceList] | None, log: ProblemLog
) -> tuple[Choice, ...]:
    if not list_name or lists is None:
        return ()
    found = lists.get(list_name)
    if found is None:
        row.report(
            log,
            "type",
            what=f"list {list_name} has no choices",
            allowed=", ".join(lists),
            mend=suggest_name(list_name, lists),
        )
        return ()
    if all(choice.is_missing for choice in found.choices):
        row.report(
            log,
            "type",
            what=f"list {list_name} has no choice that is an answer",
            allowed="at least one choice without a missing_reason",
            mend="add the answers to choices.csv",
        )
    return found.choices


def _check_unscored(pairs: Sequence[tuple[TableRow, Item]], *, log: ProblemLog) -> None:
    """Note questions with several answers whose choices carry points: no rule says how they would add up."""
    for row, item in pairs:
        if item.type == "select_multiple" and any(choice.score is not None for choice in item.choices):
            row.report(
                log,
                "type",
                what=f"list {item.list_name} has scores, and a question with several answers cannot be scored",
                allowed="a list of choices without scores",
                mend="use select_one, or a list of its own without scores",
            )


def _check_groups(pairs: Sequence[tuple[TableRow, Item]], *, log: ProblemLog) -> None:
    """Note groups that end without a start or start without an end."""
    started: list[TableRow] = []
    for row, item in pairs:
        if item.type == "begin_group":
            started.append(row)
        elif item.type == "end_group":
            if started:
                started.pop()
            else:
                row.report(log, "type", what="no group is open here", mend="remove the end_group")
    for row in started:
        row.report(log, "type", what="the group is never ended", mend="add an end_group")
