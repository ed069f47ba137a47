"""The host form and the ledger: what is refused, with its place, and what is counted twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from toolkit.core.errors import InputError
from toolkit.roi.host_form import build_hosting_model, count_sources
from toolkit.roi.money import PriceBasis
from toolkit.roi.overlaps import guard_overlaps
from toolkit.roi.reference import ReferenceTables
from toolkit.roi.simulation import split_costs
from toolkit.roi.value_ledger import build_value_ledger, model_ledger

EURO = PriceBasis(currency="EUR", price_year=2023)
LINE = {
    "host": "h1", "country": "IT", "party": "host", "category": "guidance", "direction": "cost", "kind": "in_kind",
    "quantity_low": "30", "quantity_mode": "40", "quantity_high": "60", "unit": "hours",
    "value_low": "20", "value_mode": "22", "value_high": "25", "currency": "EUR", "price_year": "2023",
    "source": "payroll",
}  # fmt: skip


def ledger(tables: ReferenceTables, *changes: dict[str, str]) -> Any:
    return build_value_ledger(pd.DataFrame([LINE | change for change in changes]), file="lines.csv", tables=tables)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value_mode": "1.234,56"}, "lines.csv, row 2, column value_mode: the number is written in the manner"),
        ({"value_high": "1.234"}, "column value_high: the number is written in the manner"),
        ({"value_mode": "-5", "value_low": "-6"}, "column value_mode: the amount is below zero"),
        ({"quantity_low": "-1"}, "column quantity_low: the quantity is below zero"),
        ({"quantity_high": "35"}, "column quantity_high: the three figures are not in order"),
        ({"quantity_low": "45"}, "column quantity_low: the three figures are not in order"),
        ({"unit": "share", "quantity_mode": "40"}, "the share is above 1"),
        ({"currency": "EURO"}, "column currency: the currency is unknown"),
        ({"currency": ""}, "column currency: the cell is empty"),
        ({"price_year": ""}, "column price_year: the cell is empty"),
        ({"party": "hosts"}, "did you mean host?"),
        ({"source": "payrol"}, "did you mean payroll?"),
        ({"weeks": "1", "quantity_high": "169"}, "there are more hours than the weeks have"),
        ({"unit": "hours per week", "quantity_high": "170"}, "a week has 168 hours"),
        ({"period_start": "2023-05-01"}, "the period has no end"),
        ({"year": "next"}, "column year"),
    ],
)
def test_a_line_that_is_wrong_is_named(tables: ReferenceTables, change: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        ledger(tables, change)
    assert words in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_line_twice_and_another_period_are_named_together(tables: ReferenceTables) -> None:
    year = {"period_start": "2023-01-01", "period_end": "2023-12-31"}
    with pytest.raises(InputError) as caught:
        ledger(tables, year, year, {"category": "travel", "period_start": "2023-01-01", "period_end": "2023-03-31"})
    assert "row 3, column category: the same line stands already in row 2" in str(caught.value)
    assert "row 4, column period_start: the line covers another period than row 2" in str(caught.value)


def test_a_price_year_without_index_names_the_row_to_add(tables: ReferenceTables) -> None:
    lines = ledger(tables, {"price_year": "2025"}, {"category": "travel", "price_year": "1999"})
    with pytest.raises(InputError) as caught:
        model_ledger(lines, target=EURO, tables=tables)
    assert "lines.csv, row 2, column price_year" in str(caught.value)
    assert "row 3, column price_year" in str(caught.value)
    assert "add to prices.csv a row with country IT, year 2025" in str(caught.value)


def test_a_ledger_becomes_a_model_in_one_currency(tables: ReferenceTables) -> None:
    pound = {"country": "GB", "currency": "GBP", "price_year": "2019", "host": "h2"}
    model = model_ledger(ledger(tables, {}, pound), target=EURO, tables=tables)
    expected = model.expected()
    assert expected[1, 0] / expected[0, 0] == pytest.approx(1.371898, rel=1e-6)
    assert model.hosts == ("h1", "h2")


DOUBLE = [
    (
        [
            {"category": "pay", "kind": "cash"},
            {"category": "pay", "kind": "cash", "party": "student", "direction": "benefit"},
        ],
        "pay counted as cost and as gain",
        2,
    ),
    (
        [{"category": "skilled_work", "direction": "benefit"}, {"category": "volunteer_time", "direction": "benefit"}],
        "hours counted as volunteer time and as production",
        1,
    ),
    (
        [
            {"category": name, "direction": "benefit", "party": "student"}
            for name in ("employability_proxy", "later_earnings", "wellbeing")
        ],
        "one change in a person valued more than once",
        1,
    ),
    ([{"category": "overhead", "charge": "full"}], "full overhead charged", 0),
    (
        [
            {"category": "later_earnings", "direction": "benefit", "party": "student"},
            {"category": "tax_revenue", "direction": "benefit", "party": "society"},
        ],
        "state savings counted beside the person's income",
        2,
    ),
]


@pytest.mark.parametrize(("changes", "name", "left"), DOUBLE, ids=[name for _, name, _ in DOUBLE])
def test_what_counts_twice_is_refused_or_netted(
    tables: ReferenceTables, changes: list[dict[str, str]], name: str, left: int
) -> None:
    lines = ledger(tables, *changes)
    with pytest.raises(InputError, match=name):
        guard_overlaps(lines)
    netted = guard_overlaps(lines, rule="net")
    assert len(netted.ledger.lines) == left
    assert {overlap.name.startswith(name) for overlap in netted.overlaps} == {True}
    assert guard_overlaps(netted.ledger).overlaps == ()
    before, after = (model_ledger(each, target=EURO, tables=tables) for each in (lines, netted.ledger))
    moved = [abs(sum(split_costs(model, model.expected().sum(0), view="social"))) for model in (before, after)]
    assert moved[1] < moved[0]


def test_different_changes_of_a_person_may_both_be_valued(tables: ReferenceTables) -> None:
    changes = [
        {"category": "later_earnings", "direction": "benefit", "party": "student", "change": "job"},
        {"category": "wellbeing", "direction": "benefit", "party": "student", "change": "health"},
    ]
    assert guard_overlaps(ledger(tables, *changes)).overlaps == ()


def build(tables: ReferenceTables, *rows: dict[str, Any]) -> Any:
    return build_hosting_model(pd.DataFrame(list(rows)), target=EURO, tables=tables)


def test_the_form_gives_the_amounts_of_the_formulas(form: Callable[..., Any], tables: ReferenceTables) -> None:
    model = build(
        tables,
        form(suphr=40, suprt=22, allow=600, hours=400, shsim=50, shskl=25, wsim=14, wskl=22, relpr=60, hired=1,
             pext=40, rcost=1500, slow=900, subs=300),
    )  # fmt: skip
    amounts = dict(zip((term.name for term in model.terms), model.expected()[0], strict=True))
    assert amounts["guidance"] == pytest.approx(880)
    assert amounts["simple_work"] + amounts["skilled_work"] == pytest.approx(400 * (0.5 * 14 + 0.25 * 0.6 * 22))
    assert amounts["recruitment_saved"] + amounts["newcomer_saved"] == pytest.approx(0.4 * 2400)
    assert model.hours.tolist() == [400]
    cost, _ = split_costs(model, model.expected().sum(0), view="host_cash")
    assert float(cost) == pytest.approx(300)


def test_germany_by_its_parts(form: Callable[..., Any], tables: ReferenceTables) -> None:
    year = form(allow=9490, suphr=1, suprt=3292, mater=691, error=1814, hours=1, shsim=100, wsim=11692, nplace=1.0)
    model = build(tables, year)
    cost, benefit = split_costs(model, model.expected().sum(0), view="host_economic")
    assert (float(cost), float(benefit)) == pytest.approx((15_287, 11_692))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"allow": (700, 600, 800)}, "column allowl: the three figures are not in order"),
        ({"allow": (500, 600, 550)}, "column allowh: the three figures are not in order"),
        ({"allow": -5}, "column allowl: the figure is below zero"),
        ({"suphr": -5}, "column suphrl: the figure is below zero"),
        ({"shsim": 130}, "the share is above 100%"),
        ({"shsim": 60, "shskl": 50}, "simple and skilled tasks take more than all"),
        ({"hours": 20_000}, "more hours than a year has"),
        ({"hired": 3}, "more participants were employed than took part"),
        ({"currency": "gpb"}, "column currency: the currency 'GPB' is unknown"),
        ({"currency": None}, "column currency: the cell is empty"),
        ({"priceyear": 2030.0}, "column priceyear: there is no price index CPI of IT for 2030"),
        ({"allow": 1.234}, "seems to be written in the manner of another language"),
        (
            {"suphr": 40, "suprtm": None, "suprtl": None, "suprth": None},
            "guidance_hours is given, and guidance_rate is not",
        ),
        ({"allowm": None, "allowh": 5.0}, "the most likely figure is missing"),
    ],
)
def test_a_form_that_is_wrong_is_named(
    form: Callable[..., Any], tables: ReferenceTables, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        build(tables, form(**change))
    assert words in str(caught.value)
    assert "costs.csv, row 2" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_host_twice_is_refused(form: Callable[..., Any], tables: ReferenceTables) -> None:
    with pytest.raises(
        InputError, match=r"row 3, column host: the costs of this host stand already in costs.csv, row 2"
    ):
        build(tables, form(), form(row=3))


def test_sources_are_counted(form: Callable[..., Any]) -> None:
    counts = count_sources(pd.DataFrame([form(allows="guess", travs="est", spacem=None, insurs=None)]))
    assert counts == {"payroll": 26, "estimate": 1, "guess": 1, "not_said": 1}
