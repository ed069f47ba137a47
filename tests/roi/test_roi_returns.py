"""Results against published examples, conventions, and what is undefined."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.roi.conftest import REFERENCE
from toolkit.core.errors import UsageError
from toolkit.roi.learning import LearningCurve, productive_contribution
from toolkit.roi.returns import UNDEFINED, compute_returns, net_present_value, payback_years, unit_cost

POSITIVE = st.floats(1, 1e9)


def test_germany_2007(published: Callable[[str], Any]) -> None:
    inputs = published("bibb_2007_apprentice_year")["inputs"]
    result = compute_returns(list(inputs["parts_eur"].values()), [inputs["returns"]])
    assert result.cost == 15_287
    assert abs(result.cost - 15_288) <= 1
    assert result.net_cost == pytest.approx(3_596, abs=1)
    assert round(result.bcr or 0, 3) == 0.765
    assert round(result.roi_percent or 0, 1) == -23.5


def test_germany_2017_18(published: Callable[[str], Any]) -> None:
    case = published("bibb_2017_18_apprentice_year")
    result = compute_returns([case["inputs"]["gross"]], [case["inputs"]["returns"]])
    assert result.net_cost == case["expected"]["net"]
    assert result.roi_percent == pytest.approx(case["recomputed"]["ROI_pct"], abs=1e-9)


def test_phillips_two_definitions(published: Callable[[str], Any]) -> None:
    inputs = published("phillips_try_it")["inputs"]
    result = compute_returns([inputs["costs"]], [inputs["benefits"]])
    assert f"{result.bcr:.2f}" == "1.76"
    assert f"{result.roi_percent:.0f}" == "76"


def test_flu_options_rank_differently_by_ratio_and_by_net(published: Callable[[str], Any]) -> None:
    case = published("flu_vaccination_cba")
    given_ = case["inputs"]
    costs = [given_["cost_per_dose"] * n for n in (given_["N1"], given_["N1"] + given_["N2"])]
    gains = [
        given_["hospital_cost"] * given_["rho1"] * given_["N1"],
        given_["hospital_cost"] * sum(given_["averted"]),
    ]
    first, second = (compute_returns([cost], [gain]) for cost, gain in zip(costs, gains, strict=True))
    assert [first.cost, second.cost] == [case["expected"]["cost_1"], case["expected"]["cost_2"]]
    assert first.benefit == pytest.approx(case["expected"]["benefit_1"], abs=1)
    assert second.benefit == pytest.approx(case["expected"]["benefit_2"], abs=1)
    assert (first.bcr or 0) > (second.bcr or 0)
    assert first.net_benefit < second.net_benefit


def test_ratio_and_per_cent_are_one_result() -> None:
    expected = json.loads((REFERENCE / "ratio_percent.json").read_text(encoding="utf-8"))
    with (REFERENCE / "ratio_percent.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            result = compute_returns([float(row["cost_eur"])], [float(row["benefit_present_value_eur"])])
            wanted = expected[row["case"]]
            assert result.roi_percent == pytest.approx(wanted["roi_percent"], abs=1e-9)
            if "net" in wanted:
                assert result.bcr == pytest.approx(wanted["benefit_cost_ratio"], abs=1e-12)
                assert result.net_benefit == pytest.approx(wanted["net"], abs=1e-9)


def test_ratio_of_sums_is_not_the_mean_of_ratios() -> None:
    result = compute_returns([100, 10_000], [400, 5_000])
    assert result.bcr == pytest.approx(5_400 / 10_100)


@pytest.mark.parametrize("cost", [0.0, -250.0])
def test_without_cost_the_return_is_undefined_and_the_net_stands(cost: float) -> None:
    result = compute_returns([1000, cost - 1000], [800])
    assert (result.bcr, result.roi_percent, result.reason) == (None, None, UNDEFINED)
    assert result.net_benefit == 800 - cost


def test_no_figures_at_all() -> None:
    assert compute_returns([], []).bcr is None
    with pytest.raises(UsageError):
        compute_returns([float("nan")], [1])


@given(cost=POSITIVE, benefit=POSITIVE, rate=st.floats(0.01, 100))
def test_the_currency_changes_no_ratio(cost: float, benefit: float, rate: float) -> None:
    one, other = compute_returns([cost], [benefit]), compute_returns([cost * rate], [benefit * rate])
    assert other.bcr == pytest.approx(one.bcr)
    assert other.roi_percent == pytest.approx(one.roi_percent, rel=1e-9, abs=1e-6)
    assert one.roi_percent == pytest.approx(100 * ((one.bcr or 0) - 1), rel=1e-9, abs=1e-6)


def test_net_present_value_as_numpy_financial(published: Callable[[str], Any]) -> None:
    case = published("numpy_financial_docs")
    given_ = case["inputs"]["npv"]
    found = net_present_value(given_["cash"], rate=given_["rate"])
    assert round(found.value, 5) == case["expected"]["npv"]
    assert "the first year is not discounted" in found.convention
    ends = net_present_value(given_["cash"], rate=given_["rate"], first_year_discounted=True)
    assert ends.value == pytest.approx(found.value / 1.08)


def test_a_published_slip_is_not_reproduced(published: Callable[[str], Any]) -> None:
    case = published("cba_training_manual_error")
    found = net_present_value(case["inputs"]["net_cash_flow"], rate=case["inputs"]["rate"])
    assert round(found.value, 2) == 1727.80
    assert abs(found.value - case["expected"]["NPV"]) > 9
    assert found.discounted[2] == pytest.approx(case["recomputed"]["discounted"][2])


def test_payback() -> None:
    assert payback_years([-100, 50, 50]) == 2
    assert payback_years([-100, 40, 120]) == 1.5
    assert payback_years([10, 10]) == 0
    assert payback_years([-100, 60]) is None
    assert payback_years([-100, 150, -100, 100]) == 2.5
    assert (payback_years([-100, 50, 60], rate=0.05) or 0) > (payback_years([-100, 50, 60]) or 0)


def test_unit_costs_and_learning() -> None:
    assert unit_cost(100, 4, what="hours") == (25, "")
    assert unit_cost(100, 0, what="hours")[0] is None
    flat = LearningCurve(start=0.5, end=0.5, weeks=12)
    steep = LearningCurve(start=0.2, end=0.8, weeks=12, shape="levelling")
    assert flat.mean() == pytest.approx(0.5)
    assert steep.mean() > LearningCurve(start=0.2, end=0.8, weeks=12).mean() == pytest.approx(0.5)
    assert steep.by_week()[[0, -1]] == pytest.approx([0.2, 0.8])
    assert steep.mean([1] * 12) == pytest.approx(steep.mean())
    rest = {"hours": 100, "wage_simple": 10.0, "wage_skilled": 20.0}
    assert productive_contribution(share_simple=0, share_skilled=0, productivity=1, **rest) == 0
    with pytest.raises(UsageError):
        productive_contribution(share_simple=0.6, share_skilled=0.6, productivity=1, **rest)
