"""Returns as figures: contract, ratio of sums, few hosts, and what the door lets through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.core.errors import UsageError
from toolkit.core.glossary import GLOSSARY
from toolkit.disclosure import join_small_countries, may_show_total, plan_release, release, strictest_plan
from toolkit.report.money_figures import show_money_figure
from toolkit.report.money_tables import show_money_table
from toolkit.report.what_if import show_what_if
from toolkit.report.wording import Wording
from toolkit.roi.estimates import CONTRIBUTION_COLUMNS, MONEY_COLUMNS, MoneyEstimates, estimate_returns
from toolkit.roi.host_form import build_hosting_model
from toolkit.roi.model import HostingModel
from toolkit.roi.money import PriceBasis
from toolkit.roi.reference import ReferenceTables
from toolkit.roi.what_if import LEVERS, compute_what_if, summarise_levers

DRAWS = 2000
WORDING = Wording(language="en", outcomes={}, values={}, groups={})
FIGURES = {
    "suphr": (30, 40, 60), "suprt": (20, 22, 25), "allow": (500, 600, 800), "mater": 90, "subs": 200,
    "hours": (350, 400, 420), "shsim": (30, 40, 50), "shskl": (10, 20, 30), "wsim": (12, 13, 15),
    "wskl": (18, 20, 24), "relpr": (40, 55, 70), "hired": (0, 1, 1), "pext": (20, 40, 60), "rcost": (800, 1500, 3000),
}  # fmt: skip


@pytest.fixture
def make(form: Callable[..., Any], tables: ReferenceTables) -> Callable[..., HostingModel]:
    def model(sizes: dict[str, list[float]], **figures: Any) -> HostingModel:
        rows = []
        for country, factors in sizes.items():
            for place, factor in enumerate(factors):
                scaled = {
                    name: tuple(factor * np.asarray(value)) if isinstance(value, tuple) else factor * value
                    for name, value in (FIGURES | figures).items()
                    if name in ("allow", "mater", "subs", "suphr")
                }
                rows.append(form(**{"host": f"{country}{place}", "country": country} | FIGURES | figures | scaled))
        target = PriceBasis(currency="EUR", price_year=2023)
        return build_hosting_model(pd.DataFrame(rows), target=target, tables=tables)

    return model


def row(money: MoneyEstimates, estimator: str, *, view: str = "host_economic", population: str = "programme") -> Any:
    frame = money.frame
    mask = (frame["estimator"] == estimator) & (frame["view"] == view) & (frame["population"] == population)
    (found,) = frame[mask].to_dict("records")
    return found


def test_the_frame_keeps_the_glossary_and_ratios_are_of_sums(make: Callable[..., HostingModel]) -> None:
    model = make({"it": [1, 1.2, 0.8, 1.1, 5, 0.9]})
    money = estimate_returns(model, population="programme", n_draws=DRAWS)
    assert tuple(money.frame) == MONEY_COLUMNS
    assert money.frame.dtypes.astype(str).tolist() == [GLOSSARY[name].dtype for name in MONEY_COLUMNS]
    assert tuple(money.contributions) == CONTRIBUTION_COLUMNS
    cost, benefit, ratio = (row(money, name) for name in ("cost", "benefit", "bcr"))
    assert ratio["estimate"] == pytest.approx(benefit["estimate"] / cost["estimate"])
    assert row(money, "roi_percent")["estimate"] == pytest.approx(100 * (ratio["estimate"] - 1))
    assert ratio["conf_low"] < ratio["estimate"] < ratio["conf_high"]
    assert row(money, "roi_percent")["conf_low"] == pytest.approx(100 * ratio["conf_low"] - 100)
    assert cost["p10"] < cost["estimate"] < cost["p90"]
    density = money.frame[money.frame["estimator"] == "density"]["estimate"]
    assert 0.97 < density.sum() <= 1
    assert any("CPI" in words for words in money.basis) or model.basis == ()


def test_few_hosts_have_no_interval_and_keep_their_range(make: Callable[..., HostingModel]) -> None:
    money = estimate_returns(make({"it": [1, 2, 1.5, 1.2, 0.9]}), population="programme", n_draws=DRAWS)
    found = row(money, "bcr")
    assert pd.isna(found["conf_low"]) and "too few hosts for an interval" in found["notes"]
    assert found["p10"] < found["estimate"] < found["p90"]


def test_a_cost_paid_for_by_grants_leaves_the_return_undefined(make: Callable[..., HostingModel]) -> None:
    model = make({"it": [1, 1, 1, 1, 1, 1]}, subs=5000, suphr=0)
    money = estimate_returns(model, population="programme", n_draws=DRAWS)
    found = row(money, "roi_percent", view="host_cash")
    assert pd.isna(found["estimate"])
    assert found["notes"].startswith("ROI undefined")
    assert row(money, "net_benefit", view="host_cash")["estimate"] > 0


def test_without_a_form_it_says_what_to_do() -> None:
    with pytest.raises(UsageError, match="no host cost form"):
        estimate_returns(None, population="programme")


@pytest.mark.parametrize(
    ("amounts", "shown"),
    [
        ([10, 10, 10], False),
        ([10, 10, 10, 10], True),
        ([10, 10, 10, 0], False),
        ([60, 31, 5, 4], False),
        ([60, 25, 8, 7], True),
        ([95, 1, 3, 3], False),
        ([-10, 10, -10, 10], True),
        ([], False),
    ],
)
def test_the_business_rule(amounts: list[float], shown: bool) -> None:
    assert may_show_total(amounts) is shown


def test_the_second_largest_host_must_not_know_the_largest() -> None:
    assert may_show_total([80, 10, 5, 5])
    assert not may_show_total([100, 2, 4, 5])


def test_small_countries_are_taken_together(make: Callable[..., HostingModel]) -> None:
    model = make({"it": [1, 1.2, 0.8, 1.1], "se": [1, 2], "ro": [1, 1.5]})
    parts = join_small_countries(model.countries, [model.expected()[:, 3]])
    assert set(parts) == {"country=it", "country=other"}
    money = estimate_returns(model, population="programme", by=parts, n_draws=DRAWS)
    assert set(money.frame["population"]) == {"programme", *parts}
    assert not (money.frame["population"] == "country=se").any()


@pytest.mark.parametrize("audience", ["public", "partner", "internal"])
def test_a_total_of_few_hosts_is_emptied_for_every_audience(make: Callable[..., HostingModel], audience: Any) -> None:
    money = estimate_returns(make({"it": [1, 1.2, 0.8]}), population="country=it", n_draws=DRAWS)
    for plan in (plan_release({"country=it": 40}, audience=audience), strictest_plan()):
        frame = release(money, plan=plan).frame
        assert not frame["shown"].any()
        assert (
            frame[["estimate", "p10", "p50", "p90", "conf_low", "break_even", "variance_share"]].isna().all(axis=None)
        )


def test_a_host_sees_itself_and_no_page_names_another(make: Callable[..., HostingModel]) -> None:
    model = make({"it": [1, 1.2, 0.8, 1.1]})
    own = estimate_returns(model.keep([host == "it2" for host in model.hosts]), population="host=it2", n_draws=DRAWS)
    released = release(own, plan=strictest_plan())
    assert released.frame["shown"].all()
    assert set(own.contributions["host"]) == {"it2"}
    everybody = release(estimate_returns(model, population="programme", n_draws=DRAWS), plan=strictest_plan())
    assert not everybody.frame.astype(str).apply(lambda column: column.str.contains("it2")).any(axis=None)


def test_a_line_of_one_host_is_withheld_and_the_waterfall_with_it(make: Callable[..., HostingModel]) -> None:
    model = make({"it": [1, 1.2, 0.8, 1.1, 1]})
    place = model.drivers.index("travel")
    for limits in (model.low, model.mode, model.high):
        limits[0, place] = 300.0
    released = release(estimate_returns(model, population="programme", n_draws=DRAWS), plan=strictest_plan())
    lines = released.frame[released.frame["component"] == "travel"]
    assert not lines["shown"].any()
    part = show_money_figure(
        released.select(views=["host_economic"]), kind="waterfall", name="w", caption="W.", wording=WORDING
    )
    assert "nothing to draw" in part.html


@pytest.mark.parametrize("kind", ["waterfall", "tornado", "density", "cost_structure"])
def test_figures_say_in_words_what_they_draw(make: Callable[..., HostingModel], kind: Any) -> None:
    model = make({"it": [1, 1.2, 0.8, 1.1, 1]})
    released = release(estimate_returns(model, population="programme", n_draws=DRAWS), plan=strictest_plan())
    main = released.select(views=["host_economic"])
    first, second = (show_money_figure(main, kind=kind, name="f", caption="C.", wording=WORDING) for _ in range(2))
    assert first.html == second.html
    assert 'alt="C. ' in first.html
    assert {"waterfall": "Daily guidance", "tornado": "net benefit", "density": "of draws", "cost_structure": "%"}[
        kind
    ] in first.html
    table = show_money_table(
        main.select(estimators=["bcr", "roi_percent"]),
        name="t", caption="T", columns=["estimator", "estimate", "definition"], wording=WORDING,
    )  # fmt: skip
    assert "sum of benefits / sum of costs" in table.html and "%" in table.html
    with pytest.raises(UsageError):
        show_money_figure(main, kind="pie", name="f", caption="C.", wording=WORDING)  # type: ignore[arg-type]


def test_levers_lead_to_the_model_itself(make: Callable[..., HostingModel]) -> None:
    model = make({"it": [1, 1.2, 0.8, 1.1, 1]})
    money = estimate_returns(model, population="programme", n_draws=DRAWS)
    base = summarise_levers(model)
    result = compute_what_if(base, {name: getattr(base, name) for name in LEVERS})
    assert result.cost == pytest.approx(row(money, "cost")["estimate"])
    assert result.benefit == pytest.approx(row(money, "benefit")["estimate"])
    for name, value in result.break_even.items():
        if value is not None:
            moved = compute_what_if(base, {other: getattr(base, other) for other in LEVERS} | {name: value})
            assert moved.net_cost == pytest.approx(0, abs=1e-6)
    part = show_what_if(release(money, plan=strictest_plan()), wording=WORDING)
    assert part.data is not None and part.data["base"]["hours"] == pytest.approx(base.hours)
    with pytest.raises(UsageError):
        compute_what_if(base, {"wage": 1.0})
