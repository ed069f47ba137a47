"""The ledger of values: who bears and who gains what, line by line, as an economist would audit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd

from toolkit.core.errors import InputError, ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.roi.model import Direction, HostingModel, Kind, Party, Term
from toolkit.roi.money import ConversionRule, PriceBasis, plan_conversion
from toolkit.roi.numerals import Numeral, read_amount, read_number
from toolkit.roi.reference import ReferenceTables
from toolkit.roi.rows import RowLog

LINE_COLUMNS = (
    *("host", "country", "party", "category", "direction", "kind"),
    *("quantity_low", "quantity_mode", "quantity_high", "unit"),
    *("value_low", "value_mode", "value_high", "currency", "price_year"),
    *("source", "charge", "change", "year", "weeks", "period_start", "period_end", "note"),
)
REQUIRED = ("party", "category", "direction", "kind", "quantity_mode", "value_mode", "currency", "price_year", "source")
SOURCES = ("payroll", "estimate", "guess")
CHARGES = ("marginal", "full")
HOURS_IN_A_WEEK = 168
_TEXT = ("host", "country", "party", "category", "direction", "kind", "unit", "currency", "source", "charge", "change")
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "party": get_args(Party),
    "direction": get_args(Direction),
    "kind": get_args(Kind),
    "source": SOURCES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLine:
    """One line of cost or benefit.

    Parameters
    ----------
    file : str
        File it stands in.
    row : int
        Its row.
    host, country : str
        Host it belongs to, "" for the programme; country of its prices.
    party : {"student", "host", "education", "society"}
        Who bears or gains it.
    category : str
        What it is.
    direction : {"cost", "benefit"}
        Which side it stands on.
    kind : {"cash", "in_kind", "transfer"}
        Whether money flows, and whether it only changes hands.
    quantity, value : tuple of float
        Lowest, most likely and highest quantity, and value of one unit.
    unit : str
        Unit of the quantity.
    currency : str
        Currency of the value.
    price_year : int
        Its price year.
    source : {"payroll", "estimate", "guess"}
        Where the figures come from.
    charge : {"", "marginal", "full"}
        Whether an overhead is charged with what it rose by, or in full.
    change : str
        Name of the change in a person that a benefit values; two lines that value the same change count it
        twice.
    year : int
        Year in which it falls, the placement's being 0.
    note : str
        Evidence or remark.
    """

    file: str
    row: int
    host: str
    country: str
    party: Party
    category: str
    direction: Direction
    kind: Kind
    quantity: tuple[float, float, float]
    value: tuple[float, float, float]
    unit: str
    currency: str
    price_year: int
    source: str
    charge: str = ""
    change: str = ""
    year: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLedger:
    """Lines of cost and benefit of all parties, checked.

    Parameters
    ----------
    lines : tuple of ValueLine
        In the order of the file.
    """

    lines: tuple[ValueLine, ...]


def build_value_ledger(cells: pd.DataFrame, *, file: str, tables: ReferenceTables) -> ValueLedger:
    """Check a table of lines and make a ledger of it.

    Parameters
    ----------
    cells : DataFrame
        Cells as text, one row per line; columns of `LINE_COLUMNS`, those of `REQUIRED` at least. Lowest and
        highest may be empty: the figure is then taken as exact.
    file : str
        Name of the file in messages; its first data row is row 2.
    tables : ReferenceTables
        For the currencies that are known.

    Returns
    -------
    ValueLedger
        The lines.

    Raises
    ------
    InputError
        Everything that is wrong, by row and column: numbers in another language's manner, amounts or hours
        below zero, ranges out of order, shares above 1, more hours than a week has, unknown names and
        currencies, the same line twice, a line for another period than the host's others.
    """
    log = ProblemLog()
    for name in cells.columns:
        if name not in LINE_COLUMNS:
            log.add(
                "the column is unknown",
                file=file,
                row=1,
                column=str(name),
                allowed=", ".join(LINE_COLUMNS),
                mend=suggest_name(str(name), LINE_COLUMNS),
            )
    for name in REQUIRED:
        if name not in cells:
            log.add("the column is missing", file=file, row=1, column=name, mend="add it")
    log.raise_as(InputError)
    records = [
        {name: str(record.get(name, "") or "").strip() for name in LINE_COLUMNS} for record in cells.to_dict("records")
    ]
    lines = [_read_line(record, RowLog(log, file, place + 2), tables) for place, record in enumerate(records)]
    _check_repeated(records, file, log)
    _check_periods(records, file, log)
    log.raise_as(InputError)
    return ValueLedger(lines=tuple(line for line in lines if line is not None))


def _read_line(record: Mapping[str, str], place: RowLog, tables: ReferenceTables) -> ValueLine | None:
    before = len(place.log.problems)
    for name, allowed in _ALLOWED.items():
        if record[name] not in allowed:
            place.add(
                "the value is not one of those allowed" if record[name] else "the cell is empty",
                column=name,
                allowed=", ".join(allowed),
                mend=suggest_name(record[name], allowed),
            )
    if record["charge"] and record["charge"] not in CHARGES:
        place.add("the value is not one of those allowed", column="charge", allowed=", ".join(CHARGES))
    if not record["category"]:
        place.add("the cell is empty", column="category", mend="say what the line is for")
    if record["currency"] not in tables.known_currencies:
        place.add(
            "the currency is unknown" if record["currency"] else "the cell is empty",
            column="currency",
            allowed=", ".join(tables.known_currencies),
            mend=suggest_name(record["currency"], tables.known_currencies),
        )
    year = _read_whole(record, "price_year", place, least=1800, most=2200)
    flow_year = _read_whole(record, "year", place, least=0, most=100) if record["year"] else 0
    quantity = _read_triple(record, "quantity", place)
    value = _read_triple(record, "value", place)
    if quantity is not None:
        _check_quantity(record, quantity, place)
    if len(place.log.problems) > before or quantity is None or value is None or year is None or flow_year is None:
        return None
    texts: dict[str, Any] = {name: record[name] for name in _TEXT}
    return ValueLine(
        file=place.file,
        row=place.row,
        **texts,
        quantity=quantity,
        value=value,
        price_year=year,
        year=flow_year,
        note=record["note"],
    )


def _read_whole(record: Mapping[str, str], name: str, place: RowLog, *, least: int, most: int) -> int | None:
    text = record[name]
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        place.add(
            "this is no whole number in range" if text else "the cell is empty",
            column=name,
            allowed=f"{least} to {most}",
            mend="correct the cell",
        )
        return None
    return int(text)


def _read_triple(record: Mapping[str, str], stem: str, place: RowLog) -> tuple[float, float, float] | None:
    read = read_amount if stem == "value" else read_number
    numbers: dict[str, Numeral] = {part: read(record[f"{stem}_{part}"]) for part in ("low", "mode", "high")}
    good = True
    for part, number in numbers.items():
        column = f"{stem}_{part}"
        if number.fault:
            place.add(number.fault, column=column, allowed="a number with a decimal point", mend="write 1234.56")
            good = False
        elif number.value is not None and number.value < 0:
            what = "the amount is below zero" if stem == "value" else "the quantity is below zero"
            place.add(what, column=column, allowed="0 or more", mend="a grant is a benefit of kind transfer")
            good = False
    mode = numbers["mode"].value
    if mode is None:
        if not numbers["mode"].fault:
            place.add("the cell is empty", column=f"{stem}_mode", mend="give the most likely figure")
        return None
    low = mode if numbers["low"].value is None else numbers["low"].value
    high = mode if numbers["high"].value is None else numbers["high"].value
    if good and not low <= mode <= high:
        place.add(
            "the three figures are not in order",
            column=f"{stem}_{'low' if low > mode else 'high'}",
            allowed="lowest, most likely, highest, each no smaller than the one before",
            mend="correct the cells",
        )
        good = False
    return (low, mode, high) if good else None


def _check_quantity(record: Mapping[str, str], quantity: tuple[float, float, float], place: RowLog) -> None:
    if record["unit"] == "share" and quantity[2] > 1:
        place.add("the share is above 1", column="quantity_high", allowed="0 to 1", mend="25% is 0.25")
    if record["unit"] == "per cent" and quantity[2] > 100:
        place.add("the share is above 100%", column="quantity_high", allowed="0 to 100", mend="correct the cell")
    weeks = read_number(record["weeks"])
    if record["weeks"] and (weeks.value is None or weeks.value <= 0):
        place.add("this is no number of weeks", column="weeks", allowed="above 0")
    elif record["unit"] == "hours per week" and quantity[2] > HOURS_IN_A_WEEK:
        place.add("a week has 168 hours", column="quantity_high", allowed="0 to 168", mend="correct the cell")
    elif record["unit"] == "hours" and weeks.value and quantity[2] > HOURS_IN_A_WEEK * weeks.value:
        place.add(
            "there are more hours than the weeks have",
            column="quantity_high",
            allowed=f"up to {HOURS_IN_A_WEEK} a week",
            mend="correct hours or weeks; for several people give one line each",
        )


def _check_repeated(records: Sequence[Mapping[str, str]], file: str, log: ProblemLog) -> None:
    first: dict[tuple[str, ...], int] = {}
    for place, record in enumerate(records):
        key = tuple(record[name] for name in ("host", "party", "category", "direction", "year"))
        if key in first:
            log.add(
                f"the same line stands already in row {first[key]}",
                file=file,
                row=place + 2,
                column="category",
                allowed="each category once for a host, party and year",
                mend="remove one, add the two up, or give them different categories",
            )
        first.setdefault(key, place + 2)


def _check_periods(records: Sequence[Mapping[str, str]], file: str, log: ProblemLog) -> None:
    """Refuse lines that cover another stretch of time than the other lines of their host."""
    first: dict[str, tuple[tuple[str, str], int]] = {}
    for place, record in enumerate(records):
        period = (record["period_start"], record["period_end"])
        if not any(period):
            continue
        if not all(period) or period[0] > period[1]:
            log.add("the period has no end, no start, or ends before it starts", file=file, row=place + 2,
                    column="period_start", allowed="two dates, YYYY-MM-DD", mend="give both dates")  # fmt: skip
            continue
        earlier = first.setdefault(record["host"], (period, place + 2))
        if earlier[0] != period:
            log.add(
                f"the line covers another period than row {earlier[1]}",
                file=file,
                row=place + 2,
                column="period_start",
                allowed="one period for all lines of a host",
                mend="give every line for the whole placement",
            )


def model_ledger(
    ledger: ValueLedger,
    *,
    target: PriceBasis,
    tables: ReferenceTables,
    measure: str = "CPI",
    rule: ConversionRule = "market",
) -> HostingModel:
    """Turn a ledger into a hosting model, in one currency and price year.

    Parameters
    ----------
    ledger : ValueLedger
        Lines in their own currencies.
    target, tables, measure, rule
        As in `plan_conversion`.

    Returns
    -------
    HostingModel
        One driver for each category's quantity and one for its unit value.

    Raises
    ------
    InputError
        An index or rate is missing; every line concerned is named.
    """
    log = ProblemLog()
    terms: dict[tuple[str, ...], Term] = {}
    hosts: dict[str, str] = {}
    cells: dict[tuple[str, str], tuple[float, float, float]] = {}
    basis: list[str] = []
    for line in ledger.lines:
        origin = PriceBasis(currency=line.currency, price_year=line.price_year, country=line.country)
        try:
            conversion = plan_conversion(origin, target, tables=tables, measure=measure, rule=rule)
        except InputError as error:
            for problem in error.problems:
                place = RowLog(log, line.file, line.row)
                place.add(problem.what, column=problem.column, allowed=problem.allowed, mend=problem.mend)
            continue
        basis.extend(conversion.vintages)
        stem = f"{line.category} ({line.party}, {line.direction}, {line.year})"
        names = (f"{stem} quantity", f"{stem} unit value")
        hosts.setdefault(line.host, line.country)
        cells[line.host, names[0]] = line.quantity
        low, mode, high = (value * conversion.factor for value in line.value)
        cells[line.host, names[1]] = (low, mode, high)
        key = (line.category, line.party, line.direction, line.kind, str(line.year))
        terms[key] = Term(
            name=line.category,
            party=line.party,
            direction=line.direction,
            kind=line.kind,
            drivers=names,
            year=line.year,
        )
    log.raise_as(InputError)
    drivers = tuple(dict.fromkeys(name for term in terms.values() for name in term.drivers))
    return _fill_model(hosts, drivers, cells, terms=tuple(terms.values()), target=target, basis=basis)


def _fill_model(
    hosts: Mapping[str, str],
    drivers: tuple[str, ...],
    cells: Mapping[tuple[str, str], tuple[float, float, float]],
    *,
    terms: tuple[Term, ...],
    target: PriceBasis,
    basis: Sequence[str],
) -> HostingModel:
    ranges = np.zeros((3, len(hosts), len(drivers)))
    for row, host in enumerate(hosts):
        for place, driver in enumerate(drivers):
            ranges[:, row, place] = cells.get((host, driver), (0.0, 0.0, 0.0))
    return HostingModel(
        hosts=tuple(hosts),
        countries=tuple(hosts.values()),
        drivers=drivers,
        low=ranges[0],
        mode=ranges[1],
        high=ranges[2],
        terms=terms,
        participants=np.zeros(len(hosts)),
        hours=np.zeros(len(hosts)),
        currency=target.currency,
        price_year=target.price_year,
        families={},
        basis=tuple(dict.fromkeys(basis)),
    )
