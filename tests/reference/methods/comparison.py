"""Two groups and comparison groups: effects, ANCOVA, weights, drop-out bounds."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from tests.reference.comparing import AnyOf, Within, either
from tests.reference.fixtures import Fixture, Numbers, Table
from tests.reference.methods.r_searches import stop_like_simplex
from tests.reference.methods.shared import coefficient_table, level
from toolkit.stats.ancova import compare_adjusted
from toolkit.stats.cluster_robust import estimate_robust, fit_clustered
from toolkit.stats.group_difference import GroupDifference, compare_groups
from toolkit.stats.noncentral import noncentral_t_cdf
from toolkit.stats.selection import lee_bounds
from toolkit.stats.standardised import hedges_correction
from toolkit.stats.weighted_comparison import BalanceRow, WeightedComparison, compare_weighted

# What is left of a difference after balancing is where an optimiser stopped, not a figure.
OPTIMISER_NOISE = 1e-6


def offer_two_sample(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    outcome, group = table.numbers(fixture.input("outcome")), table.labels(fixture.input("group"))
    treated, control = (
        outcome[[label == str(fixture.input(side)) for label in group]] for side in ("treated", "control")
    )
    result = compare_groups(treated, control, conf_level=level(fixture))
    effects = {each.name: each for each in result.effects}
    limits = {f"{name}_ci": [each.conf_low, each.conf_high] for name, each in effects.items()}
    stopped = _limits_of_effectsize(result, conf_level=level(fixture))
    limits = either(limits, stopped, names=("exact", "where effectsize's search stops"))
    return {
        **{name: each.estimate for name, each in effects.items()},
        **limits,
        "n": [result.n_treated, result.n_control],
        "U": result.u,
        "mw_p": result.rank_p_value,
        "mean_diff": result.estimate,
        "welch": {
            "t": result.statistic,
            "df": result.df,
            "p": result.p_value,
            "ci": [result.conf_low, result.conf_high],
        },
    }


def _limits_of_effectsize(result: GroupDifference, *, conf_level: float) -> dict[str, list[float]]:
    """Limits of d and g where effectsize's simplex search for both noncentralities stops."""
    df, scale = result.n - 2, sqrt(1 / result.n_treated + 1 / result.n_control)
    statistic, tail = result.effect("cohen_d").estimate / scale, (1 - conf_level) / 2

    def apart(limits: Numbers) -> float:
        chances = [noncentral_t_cdf(statistic, df, noncentrality=float(limit)) for limit in limits]
        return abs(max(chances) - (1 - tail)) + abs(min(chances) - tail)

    found = np.sort(stop_like_simplex(apart, np.full(2, 1.1 * statistic), abstol=1e-9)) * scale
    j = hedges_correction(df)
    return {"cohen_d_ci": list(found), "hedges_g_ci": list(j * found)}


def offer_lee_bounds(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    outcome = table.numbers(fixture.input("outcome"))
    treated = table.numbers(fixture.input("treatment"))
    selected = table.numbers(fixture.inputs["selected"]) if "selected" in fixture.inputs else None
    whole = lee_bounds(outcome, treated, selected=selected, rule="floor")
    fractional = lee_bounds(outcome, treated, selected=selected)
    return {
        "q1": fractional.share_treated,
        "q0": fractional.share_control,
        "trim_share": fractional.trim_share,
        "n_selected_larger": fractional.n_larger,
        "trim_n_floor": whole.n_trimmed,
        "bounds_floor": [whole.bound_low, whole.bound_high],
        "bounds_fractional": [fractional.bound_low, fractional.bound_high],
        "naive": fractional.estimate,
        "trimmed_group": fractional.trimmed_group,
    }


def offer_ancova(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    pre, post = table.numbers(fixture.input("pre")), table.numbers(fixture.input("post"))
    groups = table.labels(fixture.input("group"))
    reference = str(fixture.inputs.get("reference") or min(group for group in groups if group is not None))
    result = compare_adjusted(pre, post, groups=groups, reference=reference, conf_level=level(fixture))
    names = ["(Intercept)", "pre", *(f"g{name}" for name in result.groups[1:])]
    fit = result.fit
    limits = fit.intervals(fit.std_errors, conf_level=level(fixture))
    ends = [f"{100 * share:g} %" for share in ((1 - level(fixture)) / 2, (1 + level(fixture)) / 2)]
    return {
        "n": result.n,
        "coef": coefficient_table(names, fit.coefficients, fit.std_errors, df=fit.df),
        "ci95": {name: dict(zip(ends, row, strict=True)) for name, row in zip(names, limits, strict=True)},
        "hc3_se": dict(zip(names, fit.hc3_std_errors, strict=True)),
        "hc2_se": dict(zip(names, fit.hc2_std_errors, strict=True)),
        "sigma": fit.sigma,
        "r2": fit.r_squared,
        "F_group_adjusted": {"F": result.group_f, "df1": result.group_df, "df2": fit.df, "p": result.group_p_value},
        "partial_eta2_group_typeII": result.partial_eta_squared,
        "slopes_heterogeneity": {"F": result.slopes_f, "p": result.slopes_p_value},
        "adjusted_means": {
            "group": [each.group for each in result.adjusted_means],
            "mean": [each.mean for each in result.adjusted_means],
            "se": [each.std_error for each in result.adjusted_means],
            "lo": [each.conf_low for each in result.adjusted_means],
            "hi": [each.conf_high for each in result.adjusted_means],
        },
        "change_score": _table(result.change_fit, [names[0], *names[2:]]),
        "change_score_adj_pre": _table(result.change_fit_adjusted, names),
        **_differences(table, pre, post, groups, result.groups, fixture),
        "shapiro": {"W": result.shapiro_w, "p": result.shapiro_p_value},
        "breusch_pagan": {
            "BP": result.breusch_pagan,
            "df": result.breusch_pagan_df,
            "p": result.breusch_pagan_p_value,
        },
    }


def _table(fit: Any, names: list[str]) -> dict[str, dict[str, float]]:
    return coefficient_table(names, fit.coefficients, fit.std_errors, df=fit.df)


def _differences(
    table: Table, pre: Numbers, post: Numbers, groups: list[str | None], names: tuple[str, ...], fixture: Fixture
) -> dict[str, Any]:
    """Difference in differences on the long data: y on time, group and both, people as clusters."""
    keep = ~np.isnan(pre) & ~np.isnan(post) & np.array([group is not None for group in groups])
    ids = table.labels(fixture.inputs["id"]) if "id" in fixture.inputs else [str(row) for row in range(len(pre))]
    people = np.array([str(each) for each in ids])[keep]
    labels = np.array([str(group) for group in groups])[keep]
    time = np.repeat([0.0, 1.0], keep.sum())
    dummies = {f"g{name}": np.tile((labels == name).astype(float), 2) for name in names[1:]}
    columns = {"time": time, **dummies, **{f"time:{name}": time * column for name, column in dummies.items()}}
    fit = fit_clustered(np.concatenate([pre[keep], post[keep]]), columns, cluster=np.tile(people, 2))
    effects = estimate_robust(fit, correction="CR2", conf_level=level(fixture))
    stata = estimate_robust(fit, correction="CR1S", conf_level=level(fixture))
    return {
        "did_coef": dict(zip(fit.names, fit.coefficients, strict=True)),
        "did_cr2": {
            "term": list(fit.names),
            "se": [each.std_error for each in effects],
            "df": [each.df for each in effects],
            "p": [each.p_value for each in effects],
        },
        "did_cr1s_se": [each.std_error for each in stata],
    }


def offer_entropy_balance(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    listed = fixture.input("covariates")
    columns = _covariates(table, [listed] if isinstance(listed, str) else list(listed))
    outcome, treated = table.numbers(fixture.input("outcome")), _binary(table, fixture.input("treatment"))
    shared = {"covariates": np.stack(list(columns.values()), axis=1), "names": list(columns)}
    balanced = compare_weighted(outcome, treated, method="entropy", conf_level=level(fixture), **shared)
    odds = compare_weighted(outcome, treated, method="odds", conf_level=level(fixture), **shared)
    largest = balanced.largest_weight
    return {
        "n": _sizes(fixture.values.get("n"), balanced),
        "att_unweighted": balanced.unweighted,
        "att_ebal": balanced.estimate,
        "ess_ebal": balanced.effective_n,
        "max_weight": AnyOf(
            {
                "weights sum to 1": largest,
                "weights sum to the number treated": largest * balanced.n_treated,
                "weights average 1": largest * balanced.n_control,
            }
        ),
        "att_ipw_odds": odds.estimate,
        "ess_ipw": odds.effective_n,
        "smd_before": _differences_of(fixture.values.get("smd_before"), balanced, after=False),
        "smd_after_ebal": _differences_of(fixture.values.get("smd_after_ebal"), balanced, after=True),
        "smd_after_ebal_maxabs": Within(
            max(abs(row.difference_after or 0.0) for row in balanced.balance), OPTIMISER_NOISE
        ),
        "smd_after_ipw": _differences_of(fixture.values.get("smd_after_ipw"), odds, after=True),
        "ps_coef": dict(zip(["(Intercept)", *columns], odds.score_coefficients, strict=True)),
    }


def _covariates(table: Table, names: list[str]) -> dict[str, Numbers]:
    """Columns as R would code them: text by treatment contrasts, the first level as reference."""
    columns: dict[str, Numbers] = {}
    for name in names:
        if not table.is_text(name):
            columns[name] = table.numbers(name)
            continue
        labels = table.labels(name)
        for level_name in sorted({label for label in labels if label is not None})[1:]:
            columns[name + level_name] = np.array(
                [np.nan if label is None else float(label == level_name) for label in labels]
            )
    return columns


def _binary(table: Table, name: str) -> Numbers:
    """0 and 1, or a text column with two values, the later one in order standing for treated."""
    if not table.is_text(name):
        return table.numbers(name)
    labels = table.labels(name)
    last = max(label for label in labels if label is not None)
    return np.array([np.nan if label is None else float(label == last) for label in labels])


def _sizes(expected: Any, result: WeightedComparison) -> Any:
    """n in the shape that is asked for: everybody, or treated and comparison apart."""
    if isinstance(expected, list):
        pair = [result.n_treated, result.n_control]
        return pair if expected[:1] == pair[:1] else pair[::-1]
    if isinstance(expected, dict):
        sides = {"treated": result.n_treated, "control": result.n_control, "all": result.n, "total": result.n}
        return sides | {"1": result.n_treated, "0": result.n_control, "t": result.n_treated, "c": result.n_control}
    return AnyOf({"everybody": result.n, "treated": result.n_treated, "comparison": result.n_control})


def _differences_of(expected: Any, result: WeightedComparison, *, after: bool) -> Any:
    """Standardised differences in the shape that is asked for, by the SD of the treated or the pooled SD."""
    rows = {row.covariate: _difference(row, after=after) for row in result.balance}
    if isinstance(expected, dict):
        return rows
    if isinstance(expected, list):
        return list(rows.values())
    largest = {
        convention: max(abs(row.by_convention[convention] or 0.0) for row in rows.values())
        for convention in ("SD of the treated", "pooled SD")
    }
    return AnyOf(largest)


def _difference(row: BalanceRow, *, after: bool) -> AnyOf:
    own, pooled = (row.difference_after, row.pooled_after) if after else (row.difference_before, row.pooled_before)
    return AnyOf(
        {
            "SD of the treated": own,
            "pooled SD": pooled,
            "SD of the treated, size only": None if own is None else abs(own),
            "pooled SD, size only": None if pooled is None else abs(pooled),
        }
    )
