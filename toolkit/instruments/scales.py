"""The scales in scales.csv, and the items that count towards them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.instruments.choices import ChoiceList, check_scores
from toolkit.instruments.model import (
    BETTERS,
    NUMBER_TYPES,
    SCORINGS,
    Better,
    Item,
    Scale,
    Scoring,
)
from toolkit.instruments.tables import ITEM_NAME, ITEM_NAME_RULE, NUMBER, Table, TableRow
from toolkit.instruments.translations import read_texts

_SCORINGS: dict[str, Scoring] = {each: each for each in SCORINGS}
_BETTERS: dict[str, Better] = {each: each for each in BETTERS}


def read_scales(table: Table, *, survey: Table | None, languages: Sequence[str], log: ProblemLog) -> tuple[Scale, ...]:
    """Return every scale in order and note what is wrong with each.

    Parameters
    ----------
    table : Table
        The rows of scales.csv.
    survey : Table or None
        The rows of survey.csv, which say what items a scale has; None where they could not be read.
    languages : sequence of str
        Languages that the instrument offers.
    log : ProblemLog
        Receives every problem.
    """
    first_rows: dict[str, int] = {}
    scales = []
    for row in table.rows:
        name = row.code("scale", pattern=ITEM_NAME, rule=ITEM_NAME_RULE, log=log)
        if name and name in first_rows:
            row.report(log, "scale", what=f"{name} occurs twice (first in row {first_rows[name]})", mend="rename one")
        first_rows.setdefault(name, row.number)
        members = _find_members(row, name=name, survey=survey, log=log)
        scoring = row.option("scoring", allowed=SCORINGS, log=log)
        min_items = _read_min_items(row, members=members, log=log)
        better = row.option("better", allowed=BETTERS, log=log)
        scales.append(
            Scale(
                name=name,
                labels=read_texts(row, prefix="label", languages=languages),
                items=members or (),
                min_items=min_items,
                # Only for going on after a reported problem; nothing is returned then.
                scoring=_SCORINGS.get(scoring, "mean"),
                better=_BETTERS.get(better, "higher"),
                licence=row.filled("licence", log=log),
                source=row.filled("source", log=log),
                factor=_read_factor(row, log=log),
                metric=_read_metric(row, every_item=members is None or min_items == len(members), log=log),
            )
        )
    return tuple(scales)


def check_scaled_items(
    pairs: Sequence[tuple[TableRow, Item]],
    *,
    scales: Table | None,
    lists: Mapping[str, ChoiceList] | None,
    log: ProblemLog,
) -> None:
    """Note items that cannot be scored in the scale they name.

    Parameters
    ----------
    pairs : sequence of tuple of TableRow and Item
        Items of survey.csv with their rows.
    scales : Table or None
        The rows of scales.csv; None where they could not be read.
    lists : mapping of str to ChoiceList, or None
        Lists of choices by name; None where they could not be read.
    log : ProblemLog
        Receives every problem.
    """
    scaled = [(row, item) for row, item in pairs if item.scale]
    if scales is not None and scales.has("scale"):
        known = [row.text("scale") for row in scales.rows]
        for row, item in scaled:
            if item.scale not in known:
                row.report(
                    log,
                    "scale",
                    what=f"{item.scale} is not listed in {scales.file}",
                    allowed=f"{', '.join(known)}, or blank" if known else "blank",
                    mend=suggest_name(item.scale, known),
                )
    for list_name in dict.fromkeys(item.list_name for _, item in scaled if item.type == "select_one"):
        if lists is not None and list_name in lists:
            check_scores(lists[list_name], log=log)
    _check_ranges(scaled, log=log)


def _find_members(row: TableRow, *, name: str, survey: Table | None, log: ProblemLog) -> tuple[str, ...] | None:
    """Return the items of a scale, or None where survey.csv cannot tell."""
    if survey is None or not survey.has("scale") or not name:
        return None
    members = tuple(each.text("name") for each in survey.rows if each.text("scale") == name)
    if not members:
        row.report(
            log,
            "scale",
            what=f"no item counts towards {name}",
            allowed="at least one item with this scale",
            mend=f"write {name} into the scale column of its items in {survey.file}",
        )
        return None
    return members


def _read_min_items(row: TableRow, *, members: tuple[str, ...] | None, log: ProblemLog) -> int:
    text = row.text("min_items")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
    if row.has("min_items") and (number < 1 or (members is not None and number > len(members))):
        highest = str(len(members)) if members is not None else "the number of items"
        row.report(
            log,
            "min_items",
            what=f"{text} does not say how many items are needed" if text else "the cell is blank",
            allowed=f"a whole number from 1 to {highest}",
            mend="write the fewest answered items that give a score",
        )
    return number


def _read_factor(row: TableRow, *, log: ProblemLog) -> float:
    factor = row.decimal("factor", log=log)
    if factor is not None and factor <= 0:
        row.report(
            log, "factor", what="the factor is not above 0", allowed="a number above 0, or blank", mend="correct it"
        )
    return 1.0 if factor is None else factor


def _read_metric(row: TableRow, *, every_item: bool, log: ProblemLog) -> dict[float, float]:
    """Return sum -> score of a cell such as ``7=7.00 8=9.51``; whether it covers the range is checked elsewhere."""
    pairs = [pair.partition("=") for pair in row.text("metric").split()]
    if not pairs:
        return {}
    well_formed = all(raw.isascii() and raw.isdigit() and NUMBER.fullmatch(score) for raw, _, score in pairs)
    if not well_formed or len({raw for raw, _, _ in pairs}) < len(pairs):
        row.report(
            log,
            "metric",
            what="the table of sums and scores cannot be read",
            allowed="pairs with spaces between them, such as: 7=7.00 8=9.51",
            mend="write a whole number, = and a number, once for each sum",
        )
        return {}
    if row.text("scoring") == "mean" or row.text("factor") or not every_item:
        row.report(
            log,
            "metric",
            what="a table needs the whole sum of all items",
            allowed="scoring sum, min_items the number of items, no factor",
            mend="correct these cells, or remove the table",
        )
    return {float(raw): float(score) for raw, _, score in pairs}


def check_metrics(scales: Sequence[Scale], *, items: Mapping[str, Item], table: Table, log: ProblemLog) -> None:
    """Note tables of sums and scores that leave out a sum, or fall where they should rise."""
    for scale, row in zip(scales, table.rows, strict=True):
        ranges = [items[name].score_range for name in scale.items if name in items]
        known = [each for each in ranges if each is not None]
        if not scale.metric or len(known) < len(scale.items):
            continue
        lowest, highest = (round(sum(ends)) for ends in zip(*known, strict=True))
        wanted = [float(raw) for raw in range(lowest, highest + 1)]
        if list(scale.metric) != wanted or any(later <= earlier for earlier, later in pairwise(scale.metric.values())):
            row.report(
                log,
                "metric",
                what="the table does not give a rising score for every sum",
                allowed=f"each sum from {lowest} to {highest} once, in order",
                mend="copy the table anew from its source",
            )


def _check_ranges(scaled: Sequence[tuple[TableRow, Item]], *, log: ProblemLog) -> None:
    first: dict[str, Item] = {}
    for row, item in scaled:
        if item.type != "select_one" and item.type not in NUMBER_TYPES:
            row.report(
                log,
                "type",
                what=f"an item of type {item.type} cannot count towards a scale",
                allowed="select_one, integer, decimal",
                mend="leave its scale blank, or change its type",
            )
        elif item.score_range is None:
            # Choices without scores were reported where they stand.
            if item.type in NUMBER_TYPES and row.has("range_min") and row.has("range_max"):
                row.report(
                    log,
                    "range_min" if item.range_min is None else "range_max",
                    what="a number that counts towards a scale needs its range",
                    allowed="range_min and range_max",
                    mend="write the lowest and the highest number that can be given",
                )
        elif item.score_range != first.setdefault(item.scale, item).score_range:
            row.report(
                log,
                "scale",
                what=f"the item has another range than {first[item.scale].name} of the same scale",
                allowed="one range for all items of a scale",
                mend="give both the same choices or range, or put them into two scales",
            )
