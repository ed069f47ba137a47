"""Moments, draws, and what the result hangs on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.core.errors import UsageError
from toolkit.roi import distributions as dist
from toolkit.roi.host_form import SHARES, build_hosting_model
from toolkit.roi.model import VIEWS, HostingModel, Term, spread_range
from toolkit.roi.money import PriceBasis
from toolkit.roi.reference import ReferenceTables
from toolkit.roi.sensitivity import (
    analyse_drivers,
    compare_scenarios,
    net_benefit,
    net_variance,
    one_way_table,
    two_way_table,
    vary_drivers,
)
from toolkit.roi.simulation import simulate_hosting, split_costs

MOMENTS = 1e-10  # Closed forms against numerical integration, whose worst error is 8.2e-12.
QUANTILES = 1e-6
SIGMAS = 5  # Monte Carlo error is random; five standard errors are missed once in two million.


def _made(case: dict[str, Any]) -> dist.Distribution | None:
    given_ = case["parameters"]
    match case["distribution"]:
        case "pert":
            return dist.pert((given_["min"], given_["mode"], given_["max"]))
        case "beta":
            return dist.beta(given_["alpha"], given_["beta"])
        case "beta_from_mean_sd":
            return dist.beta_from_moments(given_["mean"], given_["sd"])
        case "gamma_from_mean_sd":
            return dist.gamma_from_moments(given_["mean"], given_["sd"])
        case "lognormal_from_mean_variance":
            return dist.lognormal_from_moments(given_["mean"], given_["variance"] ** 0.5)
    return None


def test_moments_and_percentiles_of_every_published_distribution(published: Callable[[str], Any]) -> None:
    checked = 0
    for case in published("c_distribution_moments")["expected"]:
        made = _made(case)
        if made is None:
            assert case["distribution"] == "truncated_normal"  # Not offered.
            continue
        checked += 1
        closed, numerical = case["closed_form"], case["numerical"]
        assert made.mean == pytest.approx(closed["mean"], rel=MOMENTS)
        assert made.variance == pytest.approx(closed["variance"], rel=MOMENTS)
        found = made.quantile(np.asarray([0.1, 0.5, 0.9]))
        assert found == pytest.approx([numerical[name] for name in ("p10", "p50", "p90")], rel=QUANTILES)
        drawn = dist.draw_from_table(made.table(), np.random.default_rng(1).standard_normal(200_000, dtype=np.float32))
        assert abs(drawn.mean() - made.mean) < SIGMAS * (made.variance / 200_000) ** 0.5
        assert drawn.var() == pytest.approx(made.variance, rel=0.05)
    assert checked == 14


def test_the_customary_variance_of_pert_is_not_ours() -> None:
    made = dist.pert((10, 20, 50))
    assert made.variance == pytest.approx((made.mean - 10) * (50 - made.mean) / 7)
    assert abs(made.variance - ((50 - 10) / 6) ** 2) > 6


@pytest.mark.parametrize(
    "make",
    [
        lambda: dist.pert((3, 2, 5)),
        lambda: dist.pert((1, 2, float("inf"))),
        lambda: dist.beta_from_moments(0.5, 0.6),
        lambda: dist.beta_from_moments(1.2, 0.1),
        lambda: dist.gamma_from_moments(0, 1),
        lambda: dist.lognormal_from_moments(-1, 1),
        lambda: dist.beta(0, 1),
        lambda: spread_range((1, 2, 3), family="normal"),  # type: ignore[arg-type]
    ],
)
def test_impossible_distributions_are_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(UsageError):
        make()


def linear_model(n_hosts: int = 3) -> HostingModel:
    """Four lines of one driver each."""
    rng = np.random.default_rng(5)
    low = rng.uniform(50, 100, (n_hosts, 4))
    mode = low + rng.uniform(1, 50, low.shape)
    names = ("pay", "guidance", "simple_work", "grants")
    return HostingModel(
        hosts=tuple(f"h{k}" for k in range(n_hosts)),
        countries=tuple("it" if k % 2 else "se" for k in range(n_hosts)),
        drivers=names,
        low=low,
        mode=mode,
        high=mode + rng.uniform(1, 80, low.shape),
        terms=(
            Term(name="pay", party="host", direction="cost", kind="transfer", drivers=("pay",)),
            Term(name="guidance", party="host", direction="cost", kind="in_kind", drivers=("guidance",)),
            Term(name="simple_work", party="host", direction="benefit", kind="in_kind", drivers=("simple_work",)),
            Term(name="grants", party="host", direction="benefit", kind="transfer", drivers=("grants",)),
        ),
        participants=np.ones(n_hosts),
        hours=np.ones(n_hosts),
        currency="EUR",
        price_year=2023,
        families={},
    )


def test_views_count_what_they_say() -> None:
    model = linear_model()
    amounts = np.asarray([100.0, 40.0, 90.0, 30.0])
    found = {view: tuple(map(float, split_costs(model, amounts, view=view))) for view in VIEWS}
    assert found == {"host_cash": (70.0, 0.0), "host_economic": (140.0, 90.0), "social": (40.0, 90.0)}


def test_draws_of_a_linear_ledger_have_its_mean_and_variance() -> None:
    model = linear_model()
    draws = simulate_hosting(model, n_draws=100_000, seed=3)
    cost, benefit = draws.split(["it", "se"], view="host_economic")
    net = benefit - cost
    expected = net_benefit(model, model.driver_means(), view="host_economic")
    variance = net_variance(model, view="host_economic")
    assert abs(net.mean() - expected) < SIGMAS * (variance / 100_000) ** 0.5
    assert net.var() == pytest.approx(variance, rel=0.03)
    signs = np.abs(model.signs("host_economic"))
    assert variance == pytest.approx(float((model.driver_variances() @ signs).sum()))


def test_correlation_within_a_host_widens_a_sum_and_keeps_each_line() -> None:
    model = linear_model(1)
    alone = simulate_hosting(model, n_draws=50_000, seed=3).sum_groups(["se"])
    for correlation in (0.6, 0.6 * np.ones((4, 4)) + 0.4 * np.eye(4)):
        tied = simulate_hosting(model, n_draws=50_000, seed=3, correlation=correlation).sum_groups(["se"])
        assert tied.mean(axis=1) == pytest.approx(alone.mean(axis=1), rel=0.01)
        assert tied.var(axis=1) == pytest.approx(alone.var(axis=1), rel=0.05)
        spread = alone.std(axis=1)
        expected = spread[0] ** 2 + spread[1] ** 2 + 2 * 0.6 * spread[0] * spread[1]
        assert (tied[0] + tied[1]).var() == pytest.approx(expected, rel=0.06)
        assert np.corrcoef(tied[:2])[0, 1] == pytest.approx(0.6, abs=0.05)


def test_a_host_draws_the_same_whoever_else_is_there() -> None:
    model = linear_model()
    whole = simulate_hosting(model, by=model.hosts, n_draws=1000, seed=3).totals["h1"]
    alone = simulate_hosting(model.keep([False, True, False]), by=["h1"], n_draws=1000, seed=3).totals["h1"]
    assert np.array_equal(whole, alone)
    other = simulate_hosting(model, by=model.hosts, n_draws=1000, seed=4).totals["h1"]
    assert not np.array_equal(whole, other)


@pytest.mark.parametrize("correlation", [-0.1, 1.0, np.eye(3), np.full((4, 4), 2.0), -np.ones((4, 4)) + 2 * np.eye(4)])
def test_impossible_correlations_are_refused(correlation: Any) -> None:
    with pytest.raises(UsageError):
        simulate_hosting(linear_model(), correlation=correlation)


def test_known_figures_draw_nothing_and_no_host_is_no_error() -> None:
    model = linear_model()
    exact = replace(model, low=model.mode, high=model.mode)
    totals = simulate_hosting(exact, by=["all"] * 3).totals["all"]
    assert totals.std(axis=1) == pytest.approx(0, abs=1e-9)
    assert totals[:, 0] == pytest.approx(exact.mode.sum(axis=0))
    assert simulate_hosting(model.keep([False] * 3)).totals == {}


@pytest.fixture
def hosting(form: Callable[..., Any], tables: ReferenceTables) -> HostingModel:
    figures = {
        "suphr": (30, 40, 60), "suprt": (20, 22, 25), "allow": (500, 600, 800), "mater": 90, "space": 50,
        "subs": 200, "hours": (350, 400, 420), "shsim": (30, 40, 50), "shskl": (10, 20, 30), "wsim": (12, 13, 15),
        "wskl": (18, 20, 24), "relpr": (40, 55, 70), "hired": (0, 1, 1), "pext": (20, 40, 60),
        "rcost": (800, 1500, 3000), "slow": (500, 900, 2000),
    }  # fmt: skip
    rows = [form(host=f"h{k}", **figures) for k in range(2)]
    return build_hosting_model(pd.DataFrame(rows), target=PriceBasis(currency="EUR", price_year=2023), tables=tables)


def test_break_even_solved_is_break_even_by_bisection(hosting: HostingModel) -> None:
    seen = 0
    for effect in analyse_drivers(hosting, view="host_economic", shares=SHARES):
        if effect.break_even_factor is None:
            assert effect.break_even_reason
            continue
        seen += 1
        low, high = 0.0, 100.0
        start = vary_drivers(hosting, {effect.driver: low}, view="host_economic").net_benefit
        for _ in range(80):
            middle = (low + high) / 2
            found = vary_drivers(hosting, {effect.driver: middle}, view="host_economic").net_benefit
            low, high = (middle, high) if (found > 0) == (start > 0) else (low, middle)
        assert effect.break_even_factor == pytest.approx((low + high) / 2, rel=1e-9)
    assert seen >= 5


def test_shares_of_variance_agree_with_draws(hosting: HostingModel) -> None:
    effects = analyse_drivers(hosting, view="host_economic", shares=SHARES)
    assert 0.8 < sum(effect.variance_share for effect in effects) <= 1
    for effect in effects[:3]:
        place = hosting.drivers.index(effect.driver)
        means = hosting.driver_means()
        low, high = means.copy(), means.copy()
        low[:, place], high[:, place] = hosting.mode[:, place], hosting.mode[:, place]
        frozen = replace(hosting, low=np.where(low == means, means, low))
        only = replace(frozen, low=means.copy(), mode=means.copy(), high=means.copy())
        for name in ("low", "mode", "high"):
            getattr(only, name)[:, place] = getattr(hosting, name)[:, place]
        draws = simulate_hosting(only, by=["all"] * 2, n_draws=50_000)
        cost, benefit = draws.split(["all"], view="host_economic")
        share = (benefit - cost).var() / net_variance(hosting, view="host_economic")
        assert share == pytest.approx(effect.variance_share, rel=0.05)


def test_tables_and_scenarios(hosting: HostingModel) -> None:
    table = one_way_table(hosting, "guidance_hours", factors=[0.5, 1, 2], view="host_economic")
    nets = [result.net_benefit for _, result in table]
    assert nets[0] - nets[1] == pytest.approx((nets[1] - nets[2]) / 2)
    pairs = two_way_table(hosting, ("guidance_hours", "productivity"), factors=[0.5, 1], view="host_economic")
    assert [(one, other) for one, other, _ in pairs] == [(0.5, 0.5), (0.5, 1), (1, 0.5), (1, 1)]
    assert pairs[-1][2].net_benefit == pytest.approx(nets[1])
    scenarios = dict(compare_scenarios(hosting, view="host_economic"))
    assert scenarios["cautious"].net_benefit < scenarios["expected"].net_benefit < scenarios["favourable"].net_benefit
    with pytest.raises(UsageError, match="guidance_hours"):
        vary_drivers(hosting, {"guidance_hour": 1}, view="social")


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(0.01, 100))
def test_another_currency_changes_no_ratio(scale: float) -> None:
    model = linear_model()
    other = replace(model, low=model.low * scale, mode=model.mode * scale, high=model.high * scale)
    one = vary_drivers(model, {}, view="host_economic")
    two = vary_drivers(other, {}, view="host_economic")
    assert two.bcr == pytest.approx(one.bcr)
    for first, second in zip(
        analyse_drivers(model, view="host_economic"), analyse_drivers(other, view="host_economic"), strict=True
    ):
        assert second.variance_share == pytest.approx(first.variance_share)
        assert second.break_even_factor == (
            None if first.break_even_factor is None else pytest.approx(first.break_even_factor)
        )
