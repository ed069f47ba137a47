"""estimate_change and estimate_pooled_change against cases worked out by hand and the statistics beneath."""

from __future__ import annotations

from collections.abc import Callable
from math import gamma, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from toolkit.core.errors import UsageError
from toolkit.core.estimates import Estimates
from toolkit.evaluate import AnalysisPlan, Design, count_changes, estimate_change, estimate_pooled_change, grade
from toolkit.measure import Panel, ScoringRule
from toolkit.stats import adjust_holm, pool_estimates

ROUNDING = 1e-9  # the same few sums and roots, in another order
T_975_DF3 = 3.182446305284263  # qt(0.975, 3)

MOOD, IDLE, LIFE = ScoringRule("mood", 2), ScoringRule("idle", 1), ScoringRule("life", 1)
STRICT = ScoringRule("mood", 3, "sensitivity")
PLAN = AnalysisPlan(primary=("mood", "idle"), secondary=("life",))

Make = Callable[..., Panel]


def only(estimates: Estimates, **wanted: str) -> pd.Series[Any]:
    frame = estimates.frame
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_a_change_by_hand(make_panel: Make) -> None:
    # Differences 1, 2, 0, 3; one person lacks the earlier score, one the later, one both.
    before = [1, 2, 3, 4, None, 5, None]
    after = [2, 4, 3, 7, 5, None, None]
    estimates = estimate_change(
        make_panel({IDLE: before}, {IDLE: after}), plan=AnalysisPlan(primary=("idle",)), conf_level=0.95
    )
    row = only(estimates, estimator="mean_change")
    error = sqrt(5 / 3) / 2
    by_hand = {
        "estimate": 1.5,
        "std_error": error,
        "statistic": 1.5 / error,
        "df": 3,
        "p_value": 2 * stats.t.sf(1.5 / error, 3),
        "p_holm": 2 * stats.t.sf(1.5 / error, 3),
        "conf_level": 0.95,
        "conf_low": 1.5 - T_975_DF3 * error,
        "conf_high": 1.5 + T_975_DF3 * error,
        "n": 4,
        "n_missing": 3,
        "scale_low": 0,
        "scale_high": 14,
        "min_items": 1,
    }
    for column, value in by_hand.items():
        assert row[column] == pytest.approx(value, rel=ROUNDING), column
    assert (row["unit"], row["improvement"], row["population"]) == ("points", "unclear", "programme")
    assert row["missing_reasons"] == "pre missing: 1; post missing: 1; both missing: 1"
    assert only(estimates, estimator="mean_before")["estimate"] == pytest.approx(2.5)
    assert only(estimates, estimator="mean_after")["estimate"] == pytest.approx(4.0)
    assert only(estimates, estimator="mean_after")["std_error"] == pytest.approx(sqrt(14 / 3) / 2)
    correct = gamma(1.5) / (sqrt(1.5) * gamma(1))
    for name, divisor in (("z", sqrt(5 / 3)), ("av", sqrt((5 / 3 + 14 / 3) / 2))):
        assert only(estimates, estimator=f"d_{name}")["estimate"] == pytest.approx(1.5 / divisor)
        assert only(estimates, estimator=f"g_{name}")["estimate"] == pytest.approx(correct * 1.5 / divisor)
    (line,) = estimates.ledger.lines
    assert (line.step, line.count, line.n_in, line.n_out) == ("analysed", 3, 7, 4)


def test_everybody_gains_the_same(make_panel: Make) -> None:
    # 3.1 + 0.2 is not 3.3 in floating point: a naive sd of the differences is 2e-16 and t is 2e15.
    before, after = [3.1, 2.7, 3.3, 2.9, 3.6, 2.2], [3.3, 2.9, 3.5, 3.1, 3.8, 2.4]
    panel = make_panel({MOOD: before}, {MOOD: after}, host=["a"] * 6)
    plan = AnalysisPlan(primary=("mood",))
    estimates = estimate_change(panel, plan=plan)
    row = only(estimates, estimator="mean_change")
    assert row["estimate"] == pytest.approx(0.2)
    assert row["n"] == 6
    assert row["improvement"] == "unclear"
    assert "Every participant changed by the same amount" in row["notes"]
    figures = ["statistic", "df", "p_value", "p_holm", "conf_low", "conf_high"]
    assert row[figures].isna().all()
    assert only(estimates, estimator="d_z")[["estimate", "conf_low", "conf_high"]].isna().all()
    pooled = only(estimate_pooled_change(panel, plan=plan, site="host"), estimator="pooled_change")
    assert pooled[["estimate", *figures]].isna().all()
    assert (pooled["n"], pooled["n_sites"]) == (6, 0)
    assert "nothing can be pooled" in pooled["notes"]


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_for_a_test(make_panel: Make, n: int) -> None:
    frame = estimate_change(make_panel({MOOD: [2] * n}, {MOOD: [3] * n}), plan=AnalysisPlan(primary=("mood",))).frame
    assert (frame["n"] == n).all()
    assert frame[["std_error", "p_value", "p_holm", "conf_low", "conf_high"]].isna().all(axis=None)
    assert frame["estimate"].notna().sum() == 3 * n
    assert (frame.loc[frame["estimator"] == "mean_change", "notes"] != "").all()


def varied(shift: float, *, n: int, seed: int) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(seed)
    before = rng.uniform(1, 4, n)
    return before.tolist(), (before + shift + rng.normal(0, 0.5, n)).tolist()


def three_outcomes(make_panel: Make, n: int = 24, **groups: list[str]) -> Panel:
    columns = {
        MOOD: varied(0.5, n=n, seed=1),
        STRICT: varied(0.5, n=n, seed=1),
        IDLE: varied(-0.4, n=n, seed=2),
        LIFE: varied(0.1, n=n, seed=3),
    }
    return make_panel(
        {rule: b for rule, (b, _) in columns.items()}, {rule: a for rule, (_, a) in columns.items()}, **groups
    )


def test_holm_family_is_the_primary_outcomes_of_one_population(make_panel: Make) -> None:
    panel = three_outcomes(make_panel, country=["it"] * 10 + ["se"] * 14)
    frame = estimate_change(panel, plan=PLAN, by=["country"]).frame
    adjusted = frame[frame["p_holm"].notna()]
    assert set(adjusted["estimator"]) == {"mean_change"}
    assert set(adjusted["role"]) == {"primary"}
    assert set(adjusted["rule"]) == {"main"}
    assert adjusted["population"].value_counts().to_dict() == {"programme": 2, "country=it": 2, "country=se": 2}
    for _, family in adjusted.groupby("population"):
        np.testing.assert_allclose(family["p_holm"], adjust_holm(family["p_value"].to_numpy()))
    sensitivity = frame[frame["rule"] == "sensitivity"]
    assert set(sensitivity["population"]) == {"programme"}


def test_tables_and_findings_call_the_same_changes_unclear(make_panel: Make) -> None:
    # Alone, each interval leaves out zero; adjusted for three outcomes, none of the p-values is low enough.
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(20)
    change = 0.95 * (noise - noise.mean()) / noise.std(ddof=1) + 0.46
    before = np.full(20, 3.0)
    panel = make_panel(
        {rule: before for rule in (MOOD, IDLE, LIFE)}, {rule: before + change for rule in (MOOD, IDLE, LIFE)}
    )
    estimates = estimate_change(panel, plan=AnalysisPlan(primary=("mood", "idle", "life")))
    rows = estimates.frame[estimates.frame["estimator"].isin(["mean_change", "d_pre", "g_pre", "d_av", "d_rm", "d_z"])]
    assert (estimates.frame["p_value"].dropna() < 0.05).all()
    assert (estimates.frame["p_holm"].dropna() > 0.05).all()
    assert set(rows["improvement"]) == {"unclear"}
    findings = grade(estimates, design=Design(waves=("pre", "post")), study="s").frame
    assert set(findings["improvement"]) == {"unclear"}
    alone = estimate_change(panel, plan=AnalysisPlan(primary=("mood",))).frame
    assert "yes" in set(alone["improvement"])


def test_changes_are_counted_by_outcome_and_population(make_panel: Make) -> None:
    panel = make_panel(
        {MOOD: [1, 2, None, 3], STRICT: [1, None, None, 3]},
        {MOOD: [1, 2, 3, None], STRICT: [1, 2, 3, None]},
        country=["it", "it", "se", "se"],
    )
    counts = count_changes(panel, plan=AnalysisPlan(primary=("mood",)))
    assert counts == {"mood": {"programme": 2, "country=it": 2}}


def test_improvement_follows_the_better_side(make_panel: Make) -> None:
    rows = estimate_change(three_outcomes(make_panel), plan=PLAN).frame
    rows = rows[(rows["estimator"] == "mean_change") & (rows["rule"] == "main")].set_index("outcome")
    assert rows.loc["mood", "conf_low"] > 0
    assert rows.loc["idle", "conf_high"] < 0
    assert rows["improvement"].to_dict() == {"mood": "yes", "idle": "yes", "life": "unclear"}
    panel = three_outcomes(make_panel)
    swapped = make_panel(panel.after, panel.before)
    worse = estimate_change(swapped, plan=PLAN).frame
    worse = worse[worse["estimator"] == "mean_change"].groupby("outcome")["improvement"].first()
    assert worse.to_dict() == {"mood": "no", "idle": "no", "life": "unclear"}


def sites(make_panel: Make) -> Panel:
    change = [1.0, 0.5, 0.8, 0.1, -0.2, 0.4, 0.9, 2.0, 0.3, 0.3, None, 1.0]
    host = ["a"] * 4 + ["b"] * 3 + ["one"] + ["same"] * 2 + ["a", None]
    before = [2.0] * len(change)
    after = [None if each is None else 2 + each for each in change]
    return make_panel({MOOD: before}, {MOOD: after}, host=host)


def test_pooling_is_that_of_the_sites_own_changes(make_panel: Make) -> None:
    plan = AnalysisPlan(primary=("mood",))
    row = only(estimate_pooled_change(sites(make_panel), plan=plan, site="host"), estimator="pooled_change")
    changes = [np.array([1.0, 0.5, 0.8, 0.1]), np.array([-0.2, 0.4, 0.9])]
    result = pool_estimates(
        [change.mean() for change in changes], [change.var(ddof=1) / change.size for change in changes]
    )
    expected = {
        "estimate": result.estimate,
        "std_error": result.std_error,
        "df": result.df,
        "p_value": result.p_value,
        "conf_low": result.conf_low,
        "conf_high": result.conf_high,
        "tau2": result.tau2,
        "i2": result.i2,
        "n": 7,
        "n_sites": 2,
        "n_missing": 5,
    }
    for column, value in expected.items():
        assert row[column] == pytest.approx(value, rel=ROUNDING), column
    assert row[["pi_low", "pi_high"]].isna().all()
    assert (
        row["missing_reasons"] == "no score in both waves, or no site: 2; in a site with one person or no variation: 3"
    )
    assert "2 of 2 sites rest on fewer than 10 people" in row["notes"]


def test_without_a_site_there_is_nothing_to_pool(make_panel: Make) -> None:
    panel = sites(make_panel)
    row = only(estimate_pooled_change(panel, plan=AnalysisPlan(primary=("mood",)), site=""), estimator="pooled_change")
    assert row[["estimate", "conf_low", "p_value"]].isna().all()
    assert (row["n"], row["n_sites"], row["n_missing"], row["method"]) == (11, 0, 1, "")
    assert row["notes"] == "The study declares no site; nothing can be pooled."


@pytest.mark.parametrize("verb", ["change", "pooled"])
def test_what_the_panel_does_not_have_is_refused_at_once(make_panel: Make, verb: str) -> None:
    panel = sites(make_panel)
    plan = AnalysisPlan(primary=("mood", "moods"))
    with pytest.raises(UsageError) as caught:
        if verb == "change":
            estimate_change(panel, plan=plan, by=["hosts"])
        else:
            estimate_pooled_change(panel, plan=plan, site="hosts")
    assert [(problem.column, problem.allowed) for problem in caught.value.problems] == [
        ("moods", "mood"),
        ("hosts", "host"),
    ]
