"""Money: the order of inflation and conversion, missing rows, numbers in another manner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import InputError
from toolkit.roi.money import Money, PriceBasis, plan_conversion, restate
from toolkit.roi.numerals import looks_grouped, read_amount, read_number
from toolkit.roi.reference import TABLE_COLUMNS, ReferenceTables, build_reference_tables

CENT = 0.005  # Published to two or three decimals.
EURO_2023 = PriceBasis(currency="EUR", price_year=2023)
EXAMPLES = [("GBP", 1371.90, 1324.56), ("SEK", 105.217, 109.798), ("RON", 273.811, 245.010)]


@pytest.mark.parametrize(("currency", "right", "wrong"), EXAMPLES)
def test_inflation_comes_before_conversion(tables: ReferenceTables, currency: str, right: float, wrong: float) -> None:
    money = Money(amount=1000.0, basis=PriceBasis(currency=currency, price_year=2019))
    assert restate(money, EURO_2023, tables=tables).amount == pytest.approx(right, abs=CENT)
    then = restate(money, PriceBasis(currency="EUR", price_year=2019), tables=tables).amount
    in_italy = Money(amount=then, basis=PriceBasis(currency="EUR", price_year=2019, country="IT"))
    turned = restate(in_italy, EURO_2023, tables=tables).amount
    assert turned == pytest.approx(wrong, abs=CENT)
    assert abs(turned - right) > 4


def test_every_vintage_used_is_named(tables: ReferenceTables) -> None:
    found = plan_conversion(PriceBasis(currency="GBP", price_year=2019), EURO_2023, tables=tables)
    assert found.factor == pytest.approx(found.inflation * found.exchange)
    assert any("CPI GB 2019 to 2023" in words and "WDI" in words for words in found.vintages)
    assert any("GBP per EUR, mean of 2023: ECB" in words for words in found.vintages)


def test_purchasing_power_compares_and_market_rates_pay(tables: ReferenceTables) -> None:
    origin = PriceBasis(currency="RON", price_year=2023)
    target = PriceBasis(currency="EUR", price_year=2023, country="IT")
    market = plan_conversion(origin, target, tables=tables).factor
    ppp = plan_conversion(origin, target, tables=tables, rule="ppp")
    expected = tables.ppp["IT", "PPP_GDP", 2023].value / tables.ppp["RO", "PPP_GDP", 2023].value
    assert ppp.factor == pytest.approx(expected)
    assert ppp.factor > market
    assert any("WDI 2026-03" in words for words in ppp.vintages)


@given(amount=st.floats(-1e9, 1e9), years=st.tuples(st.integers(2010, 2024), st.integers(2010, 2024)))
def test_there_and_back_is_the_same_amount(tables: ReferenceTables, amount: float, years: tuple[int, int]) -> None:
    start = PriceBasis(currency="SEK", price_year=years[0])
    end = PriceBasis(currency="SEK", price_year=years[1])
    back = restate(restate(Money(amount=amount, basis=start), end, tables=tables), start, tables=tables)
    assert back.amount == pytest.approx(amount, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("origin", "target", "words"),
    [
        (("GBP", 2025, ""), ("GBP", 2023, ""), ["no price index CPI of GB for 2025", "add to prices.csv a row"]),
        (("GBP", 2023, ""), ("EUR", 2031, ""), ["2031", "add to prices.csv"]),
        (("GBP", 2013, ""), ("EUR", 2013, ""), ["exchange rate of GBP for 2013", "add to exchange_rates.csv a row"]),
        (("EUR", 2019, ""), ("EUR", 2023, ""), ["need their country"]),
        (("GPB", 2019, ""), ("EUR", 2023, ""), ["'GPB' is unknown", "did you mean GBP?"]),
        (("GBP", 2019, "IT"), ("EUR", 2023, ""), ["amounts of IT are given in GBP"]),
    ],
)
def test_what_is_missing_is_named(
    tables: ReferenceTables, origin: tuple[str, int, str], target: tuple[str, int, str], words: list[str]
) -> None:
    one, other = (PriceBasis(currency=cur, price_year=year, country=land) for cur, year, land in (origin, target))
    with pytest.raises(InputError) as caught:
        plan_conversion(one, other, tables=tables)
    assert all(word in str(caught.value) for word in words)


def _rows(table: Any, *rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{name: row.get(name, "") for name in TABLE_COLUMNS[table]} for row in rows])


def test_users_may_add_rows_and_faults_are_told_together() -> None:
    good = {"country": "GB", "year": "2025", "measure": "CPI", "index": "158.1", "base": "2010=100", "vintage": "ONS"}
    prices = _rows("prices", good)
    assert build_reference_tables([("prices", "mine.csv", prices)]).prices["GB", "CPI", 2025].value == 158.1
    bad = _rows("prices", good, good, {**good, "year": "20x5", "index": "1,2"}, {**good, "year": "2026", "base": "x=1"})
    with pytest.raises(InputError) as caught:
        build_reference_tables([("prices", "mine.csv", bad)])
    text = str(caught.value)
    for words in ("row 3: the same country", "row 4, column year", "another language", "several base years"):
        assert words in text


def test_published_price_years(published: Callable[[str], Any]) -> None:
    case = published("inflater_price_year")
    index, expected = case["inputs"]["index_2020_100"], case["expected"]

    def carry(series: str, amount: float, start: int, end: int) -> float:
        measure = "deflator" if "deflator" in series else "CPI"
        currency = series[:3]
        country = {"GBP": "GB", "USD": "US"}[currency]
        frame = _rows(
            "prices",
            *(
                {
                    "country": country,
                    "year": year,
                    "measure": measure,
                    "index": str(value),
                    "base": "2020=100",
                    "vintage": "v",
                }
                for year, value in index[series].items()
            ),
        )
        rates = _rows(
            "exchange_rates",
            {"currency": currency, "per_currency": "EUR", "year": "2020", "period": "2020", "kind": "annual_average",
             "rate": "1", "vintage": "v"},
        )  # fmt: skip
        tables = build_reference_tables([("prices", "p.csv", frame), ("exchange_rates", "x.csv", rates)])
        basis = PriceBasis(currency=currency, price_year=start, country=country)
        target = PriceBasis(currency=currency, price_year=end, country=country)
        return restate(Money(amount=amount, basis=basis), target, tables=tables, measure=measure).amount

    assert round(carry("GBP_CPI", 12, 1963, 2024), 2) == expected["a"]
    assert round(carry("USD_CPI", 50, 1980, 2024), 2) == expected["b"]
    assert round(carry("GBP_CPI", 100, 1970, 2000), 2) == expected["c"]
    assert round(carry("GBP_CPI", 100, 2024, 1963), 2) == expected["d"]
    assert round(carry("USD_CPI", 1000, 2020, 1990), 2) == expected["e"]
    assert carry("USD_CPI", 1, 2000, 2020) - 1 == pytest.approx(expected["f"], abs=1e-4)
    assert carry("GBP_GDP_deflator", 500e9, 1990, 2024) == pytest.approx(expected["i"], rel=1e-6)
    # Published errors: the documentation does not follow from its own index.
    assert carry("GBP_CPI", 1, 1990, 2020) ** (1 / 30) - 1 != pytest.approx(expected["g"], abs=5e-4)
    for amount, printed, right in zip((100, 500, 1000), expected["h"], case["recomputed"]["h"], strict=True):
        found = carry("GBP_CPI", amount, 2000, 2020)
        assert found == pytest.approx(right, rel=1e-9)
        assert abs(found - printed) > 10


@pytest.mark.parametrize("text", ["1.234,56", "1,234.56", "1 234", "1'234.5", "1234,5", "1\u202f234", "1.234.567"])
def test_numbers_in_another_manner_are_no_numbers(text: str) -> None:
    assert read_number(text).fault == "the number is written in the manner of another language"


@pytest.mark.parametrize("text", ["abc", "1e", "--1", "nan", "inf", "£5"])
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    assert read_number(text).fault == "the cell is not a number"


def test_amounts_have_no_third_decimal() -> None:
    assert read_amount("12.345").fault
    assert read_amount("1234.5").value == 1234.5
    assert looks_grouped(12.345)
    assert not looks_grouped(1234.25)
