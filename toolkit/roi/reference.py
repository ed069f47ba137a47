"""Reference tables: price indices, exchange rates and purchasing power parities, each row with its vintage."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from toolkit.core.errors import InputError, ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.roi.numerals import read_number

TableName = Literal["prices", "exchange_rates", "ppp"]

TABLE_COLUMNS: Mapping[TableName, tuple[str, ...]] = {
    "prices": ("country", "year", "measure", "index", "base", "vintage", "status", "source", "licence", "note"),
    "exchange_rates": (
        *("currency", "per_currency", "year", "period", "kind", "rate", "vintage", "source", "licence", "note"),
    ),
    "ppp": ("country", "currency", "year", "measure", "factor", "vintage", "source", "licence", "note"),
}
_KEYS: Mapping[TableName, tuple[str, ...]] = {
    "prices": ("country", "measure", "year"),
    "exchange_rates": ("currency", "kind", "period"),
    "ppp": ("country", "measure", "year"),
}
_VALUE: Mapping[TableName, str] = {"prices": "index", "exchange_rates": "rate", "ppp": "factor"}
_WHERE: Mapping[TableName, str] = {
    "prices": "prices.csv",
    "exchange_rates": "exchange_rates.csv",
    "ppp": "ppp.csv",
}
_YEAR = re.compile(r"(1[89]|2[01])\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceValue:
    """One figure of a reference table.

    Parameters
    ----------
    value : float
        Index, rate or factor; above 0.
    base : str
        Year in which an index is 100, such as ``2010=100``; "" for rates and factors.
    vintage : str
        Which edition of the source it is from.
    """

    value: float
    base: str
    vintage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTables:
    """Dated, sourced figures that carry an amount from one country and year to another.

    Parameters
    ----------
    prices : mapping of (country, measure, year) to ReferenceValue
        Price indices.
    rates : mapping of (currency, kind, period) to ReferenceValue
        Units of the currency for one euro.
    ppp : mapping of (country, measure, year) to ReferenceValue
        National currency for one international dollar.
    currencies : mapping of str to str
        Country -> its currency.
    """

    prices: Mapping[tuple[str, str, int], ReferenceValue]
    rates: Mapping[tuple[str, str, str], ReferenceValue]
    ppp: Mapping[tuple[str, str, int], ReferenceValue]
    currencies: Mapping[str, str]

    @property
    def known_currencies(self) -> tuple[str, ...]:
        """Return the currencies that have an exchange rate."""
        return tuple(sorted({currency for currency, _, _ in self.rates}))

    def home_country(self, currency: str) -> str:
        """Return the one country of a currency, or "" where several share it or none is known."""
        homes = [country for country, own in self.currencies.items() if own == currency]
        return homes[0] if len(homes) == 1 else ""


def build_reference_tables(parts: Sequence[tuple[TableName, str, pd.DataFrame]]) -> ReferenceTables:
    """Check reference tables and make them ready for use.

    Parameters
    ----------
    parts : sequence of (str, str, DataFrame)
        Table, name of its file in messages, and its cells as text; several files of one table are joined.

    Returns
    -------
    ReferenceTables
        The figures by their keys.

    Raises
    ------
    InputError
        A column is missing, a figure is none or not above zero, a year is none, a key stands twice, or one
        index has two base years; everything at once, with file and row.

    Examples
    --------
    >>> row = ["GB", "2019", "CPI", "119.6", "2010=100", "v1", "", "", "", ""]
    >>> frame = pd.DataFrame([row], columns=list(TABLE_COLUMNS["prices"]))
    >>> build_reference_tables([("prices", "prices.csv", frame)]).prices["GB", "CPI", 2019].value
    119.6
    """
    log = ProblemLog()
    found: dict[TableName, dict[tuple[str, ...], ReferenceValue]] = {"prices": {}, "exchange_rates": {}, "ppp": {}}
    first: dict[tuple[str, ...], str] = {}
    currencies: dict[str, str] = {}
    for table, file, frame in parts:
        absent = [name for name in TABLE_COLUMNS[table] if name not in frame]
        for name in absent:
            log.add("the column is missing", file=file, row=1, column=name, mend="add it, empty if need be")
        if absent:
            continue
        for position, cells in enumerate(frame.to_dict("records")):
            row = position + 2
            record = {str(name): str(cell).strip() for name, cell in cells.items()}
            key = tuple(record[name] for name in _KEYS[table])
            value = _check_row(table, record, file=file, row=row, log=log)
            if (table, *key) in first:
                log.add(
                    f"the same {', '.join(_KEYS[table])} stands already in {first[table, *key]}",
                    file=file,
                    row=row,
                    mend="remove one of the rows, or give another vintage a measure of its own",
                )
            elif value is not None:
                first[table, *key] = f"{file}, row {row}"
                found[table][key] = value
            if table == "ppp":
                currencies[record["country"]] = record["currency"]
    _check_bases(found["prices"], log)
    log.raise_as(InputError)
    return ReferenceTables(
        prices={(country, measure, int(year)): value for (country, measure, year), value in found["prices"].items()},
        rates={(currency, kind, period): value for (currency, kind, period), value in found["exchange_rates"].items()},
        ppp={(country, measure, int(year)): value for (country, measure, year), value in found["ppp"].items()},
        currencies=currencies,
    )


def _check_row(
    table: TableName, record: Mapping[str, str], *, file: str, row: int, log: ProblemLog
) -> ReferenceValue | None:
    column = _VALUE[table]
    number = read_number(record[column])
    good = True
    for name in (*_KEYS[table], "vintage"):
        if not record[name]:
            log.add("the cell is empty", file=file, row=row, column=name, mend="fill it in")
            good = False
    if not _YEAR.fullmatch(record["year"]):
        log.add("this is no year", file=file, row=row, column="year", allowed="four digits, such as 2023")
        good = False
    if table == "exchange_rates" and record["per_currency"] != "EUR":
        log.add("rates are per euro", file=file, row=row, column="per_currency", allowed="EUR")
        good = False
    if number.fault:
        log.add(number.fault, file=file, row=row, column=column, allowed="a number with a decimal point")
        return None
    if number.value is None or number.value <= 0:
        log.add("the figure is not above zero", file=file, row=row, column=column, mend="correct the cell")
        return None
    if not good:
        return None
    return ReferenceValue(value=number.value, base=record.get("base", ""), vintage=record["vintage"])


def _check_bases(prices: Mapping[tuple[str, ...], ReferenceValue], log: ProblemLog) -> None:
    """Refuse an index whose rows count from different years: their quotient would mean nothing."""
    bases: dict[tuple[str, str], set[str]] = {}
    for (country, measure, _), value in prices.items():
        bases.setdefault((country, measure), set()).add(value.base)
    for (country, measure), found in sorted(bases.items()):
        if len(found) > 1:
            log.add(
                f"the index {measure} of {country} has several base years: {', '.join(sorted(found))}",
                file=_WHERE["prices"],
                column="base",
                mend="rebase the added rows, or give them a measure of their own",
            )


def missing_row(table: TableName, key: Mapping[str, str], *, known: Sequence[str]) -> str:
    """Return how to mend a figure that a reference table lacks: the row to add, and the nearest that is there.

    Examples
    --------
    >>> missing_row("prices", {"country": "GB", "year": "2025"}, known=["2023", "2024"])
    'add to prices.csv a row with country GB, year 2025 and its index, vintage and source (there: 2023, 2024)'
    """
    cells = ", ".join(f"{name} {value}" for name, value in key.items())
    shown = list(known) if len(known) <= 4 else [known[0], "...", known[-1]]
    there = f" (there: {', '.join(shown)})" if known else ""
    return f"add to {_WHERE[table]} a row with {cells} and its {_VALUE[table]}, vintage and source{there}"


def suggest_currency(currency: str, tables: ReferenceTables) -> str:
    """Return how to mend an unknown currency."""
    return suggest_name(currency, list(tables.known_currencies))
