"""Money: an amount with its currency, its country's prices and their year, and the way to another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from toolkit.core.errors import InputError, Problem
from toolkit.roi.reference import ReferenceTables, missing_row, suggest_currency

ConversionRule = Literal["market", "ppp"]
EURO = "EUR"
ANNUAL = "annual_average"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBasis:
    """In what an amount is counted.

    Parameters
    ----------
    currency : str
        ISO code such as GBP.
    price_year : int
        Year of the prices.
    country : str
        Country of the prices, such as GB; may be left empty where the currency has one country.
    """

    currency: str
    price_year: int
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount and what it is counted in.

    Parameters
    ----------
    amount : float
        Units of the currency; may be negative.
    basis : PriceBasis
        Currency, price year and country.
    """

    amount: float
    basis: PriceBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How an amount gets from one basis to another; every amount is multiplied by `factor`.

    Parameters
    ----------
    factor : float
        Product of the two steps; above 0.
    inflation : float
        First step: index of the target year over index of the price year, in the amount's own country.
    exchange : float
        Second step: target currency for one unit of the amount's currency in the target year.
    rule : {"market", "ppp"}
        By exchange rate (cash) or by purchasing power (comparison).
    vintages : tuple of str
        Editions of the tables that were used, in words.
    """

    factor: float
    inflation: float
    exchange: float
    rule: ConversionRule
    vintages: tuple[str, ...]


def plan_conversion(
    origin: PriceBasis,
    target: PriceBasis,
    *,
    tables: ReferenceTables,
    measure: str = "CPI",
    rule: ConversionRule = "market",
) -> Conversion:
    """Find the factor from one basis to another: inflate in local currency first, then convert.

    Parameters
    ----------
    origin, target : PriceBasis
        What amounts are counted in, and what they shall be counted in.
    tables : ReferenceTables
        Indices, rates and parities.
    measure : str
        Price index, such as CPI or GDP_deflator.
    rule : {"market", "ppp"}
        market: mean exchange rate of the target year, for cash. ppp: purchasing power of the two countries
        in the target year, for comparison.

    Returns
    -------
    Conversion
        The factor, its two steps, and the vintages.

    Raises
    ------
    InputError
        A currency is unknown, a country is needed, or an index, rate or parity is not in the tables; the
        message names the row to add.

    Notes
    -----
    ``amount x I(target year) / I(price year)``, both of the origin's country, then ``x e(target) / e(origin)``
    with e in units for one euro, or ``x PPP(target country) / PPP(origin country)``. The other order would
    inflate by the prices of a country in which nothing was paid.
    """
    for basis in (origin, target):
        _check_currency(basis.currency, tables)
    vintages: list[str] = []
    inflation = _inflation(origin, target.price_year, tables, measure, vintages)
    if rule == "market":
        exchange = _exchange(origin.currency, target, tables, vintages)
    else:
        exchange = _parity(origin, target, tables, vintages)
    return Conversion(
        factor=inflation * exchange,
        inflation=inflation,
        exchange=exchange,
        rule=rule,
        vintages=tuple(dict.fromkeys(vintages)),
    )


def restate(
    money: Money,
    target: PriceBasis,
    *,
    tables: ReferenceTables,
    measure: str = "CPI",
    rule: ConversionRule = "market",
) -> Money:
    """Return an amount in another currency and price year; see `plan_conversion`.

    Parameters
    ----------
    money : Money
        The amount.
    target : PriceBasis
        What it shall be counted in.
    tables : ReferenceTables
        Indices, rates and parities.
    measure, rule : str
        As in `plan_conversion`.

    Raises
    ------
    InputError
        As in `plan_conversion`, or the amount is not a finite number.
    """
    if not math.isfinite(money.amount):
        raise InputError(Problem(what="the amount is not a finite number", mend="give the amount"))
    conversion = plan_conversion(money.basis, target, tables=tables, measure=measure, rule=rule)
    return Money(amount=money.amount * conversion.factor, basis=target)


def _check_currency(currency: str, tables: ReferenceTables) -> None:
    if currency not in tables.known_currencies:
        raise InputError(
            Problem(
                what=f"the currency {currency!r} is unknown",
                column="currency",
                allowed=", ".join(tables.known_currencies),
                mend=suggest_currency(currency, tables),
            )
        )


def price_country(basis: PriceBasis, tables: ReferenceTables) -> str:
    """Return the country whose prices a basis means.

    Raises
    ------
    InputError
        Several countries use the currency and none is named, or the country uses another currency.
    """
    country = basis.country or tables.home_country(basis.currency)
    if not country:
        raise InputError(
            Problem(
                what=f"amounts in {basis.currency} need their country: prices rose differently in each",
                column="country",
                allowed=", ".join(sorted(name for name, own in tables.currencies.items() if own == basis.currency)),
                mend="name the country in which the money was spent",
            )
        )
    own = tables.currencies.get(country)
    if own is not None and own != basis.currency:
        raise InputError(
            Problem(
                what=f"amounts of {country} are given in {basis.currency}",
                column="currency",
                allowed=own,
                mend="give the currency in which the money was spent",
            )
        )
    return country


def _inflation(origin: PriceBasis, year: int, tables: ReferenceTables, measure: str, vintages: list[str]) -> float:
    if year == origin.price_year:
        return 1.0
    country = price_country(origin, tables)
    values = []
    for wanted in (origin.price_year, year):
        found = tables.prices.get((country, measure, wanted))
        if found is None:
            known = sorted(str(there) for land, name, there in tables.prices if (land, name) == (country, measure))
            key = {"country": country, "year": str(wanted), "measure": measure}
            raise InputError(
                Problem(
                    what=f"there is no price index {measure} of {country} for {wanted}",
                    column="price_year",
                    mend=missing_row("prices", key, known=known),
                )
            )
        values.append(found)
    start, end = values
    vintages.append(f"{measure} {country} {origin.price_year} to {year}: " + _both(start.vintage, end.vintage))
    return end.value / start.value


def _exchange(currency: str, target: PriceBasis, tables: ReferenceTables, vintages: list[str]) -> float:
    if currency == target.currency:
        return 1.0
    rates = []
    for wanted in (currency, target.currency):
        if wanted == EURO:
            rates.append(1.0)
            continue
        found = tables.rates.get((wanted, ANNUAL, str(target.price_year)))
        if found is None:
            known = sorted(period for name, kind, period in tables.rates if (name, kind) == (wanted, ANNUAL))
            year = str(target.price_year)
            key = {"currency": wanted, "per_currency": EURO, "year": year, "period": year, "kind": ANNUAL}
            raise InputError(
                Problem(
                    what=f"there is no mean exchange rate of {wanted} for {target.price_year}",
                    column="price_year",
                    mend=missing_row("exchange_rates", key, known=known),
                )
            )
        rates.append(found.value)
        vintages.append(f"{wanted} per {EURO}, mean of {target.price_year}: {found.vintage}")
    return rates[1] / rates[0]


def _parity(origin: PriceBasis, target: PriceBasis, tables: ReferenceTables, vintages: list[str]) -> float:
    countries = [price_country(origin, tables), price_country(target, tables)]
    if countries[0] == countries[1]:
        return 1.0
    factors = []
    for country in countries:
        found = tables.ppp.get((country, "PPP_GDP", target.price_year))
        if found is None:
            known = sorted(str(year) for land, _, year in tables.ppp if land == country)
            key = {"country": country, "year": str(target.price_year), "measure": "PPP_GDP"}
            raise InputError(
                Problem(
                    what=f"there is no purchasing power parity of {country} for {target.price_year}",
                    column="price_year",
                    mend=missing_row("ppp", key, known=known),
                )
            )
        factors.append(found.value)
        vintages.append(f"PPP {country} {target.price_year}: {found.vintage}")
    return factors[1] / factors[0]


def _both(one: str, other: str) -> str:
    return one if one == other else f"{one}; {other}"
