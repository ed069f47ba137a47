"""Agreement of raters and consistency of items."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.reference.comparing import AnyOf
from tests.reference.fixtures import Fixture, FixtureError, Numbers, Table
from tests.reference.methods.shared import level, read_number
from toolkit.stats.agreement import ICC_NAMES, intraclass_correlations, limits_of_agreement
from toolkit.stats.item_analysis import summarise_items
from toolkit.stats.krippendorff import METRICS, krippendorff_alpha
from toolkit.stats.reliability import cronbach_alpha

# psych's names, in its order: single ratings first.
PSYCH_NAMES = ("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k")


def offer_icc(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    columns = fixture.inputs.get("columns")
    ratings = table.matrix(columns if isinstance(columns, list) else _numeric(table, fixture))
    if str(fixture.inputs.get("rows", "")).startswith("rater"):
        ratings = ratings.T
    found = intraclass_correlations(ratings, conf_level=level(fixture))
    by_name = dict(zip(ICC_NAMES, found, strict=True))
    rows = {
        "type": list(PSYCH_NAMES),
        "icc": [each.estimate for each in found],
        "F": [each.statistic for each in found],
        "df1": [each.df_between for each in found],
        "df2": [each.df_error for each in found],
        "p": [each.p_value for each in found],
        "lo": [each.conf_low for each in found],
        "hi": [each.conf_high for each in found],
        "n": found[0].n,
        "n_raters": found[0].n_raters,
    }
    single = {
        name: {"icc": each.estimate, "F": each.statistic, "p": each.p_value, "lo": each.conf_low, "hi": each.conf_high}
        for name, each in [*zip(PSYCH_NAMES, found, strict=True), *by_name.items()]
    }
    return rows | single


def _numeric(table: Table, fixture: Fixture) -> list[str]:
    """Columns that are ratings: numbers, and not the one that names the target."""
    ids = {str(fixture.inputs.get(name)) for name in ("id", "target", "targets", "subject")}
    return [name for name in table.columns if not table.is_text(name) and name not in ids]


def offer_agreement_limits(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    first, second = table.numbers(fixture.input("a")), table.numbers(fixture.input("b"))
    if str(fixture.inputs.get("difference", "a - b")).replace(" ", "") == "b-a":
        first, second = second, first
    z = read_number(fixture.inputs.get("limit_z", "qnorm(.975)"))
    result = limits_of_agreement(first, second, conf_level=level(fixture), limit_z=z)
    doubled = limits_of_agreement(first, second, conf_level=level(fixture), limit_z=2)
    return {
        "n": result.n,
        "bias": result.estimate,
        "sd": result.sd,
        "loa_95": [result.lower, result.upper],
        "loa_2sd": [doubled.lower, doubled.upper],
        "bias_ci95": [result.conf_low, result.conf_high],
        "se_loa_approx_sqrt3": result.sd * np.sqrt(3 / result.n),
        "se_loa_exact": result.limit_std_error,
        "loa_low_ci95": [result.lower_conf_low, result.lower_conf_high],
        "loa_high_ci95": [result.upper_conf_low, result.upper_conf_high],
        "slope_diff_on_mean": result.slope_on_mean,
    }


def offer_krippendorff(fixture: Fixture) -> dict[str, Any]:
    offered: dict[str, Any] = {}
    for name, file in fixture.inputs.items():
        if not isinstance(file, str) or not file.endswith(".csv"):
            continue
        ratings = _ratings(fixture.table(file), fixture)
        alphas = {metric: _alpha(ratings, metric) for metric in METRICS}
        named = [metric for metric in METRICS if name.endswith(f"_{metric}")]
        offered[name] = alphas[named[0]] if named else alphas
        if name == "data":
            stem = file.removesuffix(".csv")
            others = {f"alpha_{metric}": value for metric, value in alphas.items()}
            offered |= {**alphas, **others, "alpha": alphas, stem: alphas, "n_units": ratings.shape[1]}
    if not offered:
        raise FixtureError("its inputs name no data file")
    return offered


def _ratings(table: Table, fixture: Fixture) -> Numbers:
    """Rows are raters unless the inputs say otherwise; text categories become numbers."""
    names = fixture.inputs.get("columns")
    names = list(names) if isinstance(names, list) else list(table.columns)
    if any(table.is_text(name) for name in names):
        labels = [table.labels(name) for name in names]
        values = sorted({label for column in labels for label in column if label is not None}, key=_natural)
        numbered = [_natural(value)[1] for value in values]
        codes = numbered if all(_natural(value)[0] == 0 for value in values) else range(1, len(values) + 1)
        code = dict(zip(values, codes, strict=True))
        ratings = np.array([[np.nan if label is None else code[label] for label in column] for column in labels]).T
    else:
        ratings = table.matrix(names)
    return ratings.T if str(fixture.inputs.get("rows", "raters")) == "units" else ratings


def _natural(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), ""
    except ValueError:
        return 1, 0.0, label


def _alpha(ratings: Numbers, metric: str) -> float | None:
    if metric == "ratio" and np.nanmin(ratings) < 0:
        return None
    return krippendorff_alpha(ratings, metric=metric, n_resamples=0).estimate


def offer_reliability(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    listed = fixture.inputs.get("items")
    names = list(listed) if isinstance(listed, list) else list(table.columns)
    items = _turned(table.matrix(names), names, fixture.inputs.get("keyed"))
    alpha = cronbach_alpha(items, conf_level=level(fixture))
    listwise = summarise_items(items, conf_level=level(fixture))
    pairwise = summarise_items(items, deletion="pairwise", conf_level=level(fixture))
    offered: dict[str, Any] = {
        "n_rows": alpha.n_rows,
        "n_complete": alpha.n_complete,
        "k": alpha.k,
        "alpha_complete": alpha.estimate,
        "alpha_complete_manual": alpha.estimate,
        "alpha_pairwise": pairwise.alpha,
        "alpha_pairwise_manual": pairwise.alpha,
        "ci95_feldt": [alpha.conf_low, alpha.conf_high],
        "ci95_bonett2002": [listwise.conf_low, listwise.conf_high],
        "corrected_item_total_r": dict(zip(names, alpha.item_rest_correlations, strict=True)),
        "alpha_if_dropped": dict(zip(names, alpha.alpha_if_dropped, strict=True)),
        "spearman_brown": listwise.spearman_brown,
    }
    for name, attribute in (
        ("alpha_std", "alpha_standardised"),
        ("guttman_l6", "guttman_lambda6"),
        ("mean_interitem_r", "mean_correlation"),
        ("ase_duhachek", "std_error"),
    ):
        both = {"complete rows": getattr(listwise, attribute), "pairwise": getattr(pairwise, attribute)}
        offered[name] = AnyOf({key: value for key, value in both.items() if value is not None})
    for rows in range(2, min(items.shape[0], 200) + 1):
        first = (
            cronbach_alpha(items[:rows], conf_level=level(fixture)) if f"first{rows}_alpha" in fixture.values else None
        )
        if first is not None:
            offered[f"first{rows}_alpha"] = first.estimate
            offered[f"first{rows}_ci95_feldt"] = [first.conf_low, first.conf_high]
    return offered


def _turned(items: Numbers, names: list[str], keyed: Any) -> Numbers:
    """Items named as reversed (or keyed -1) turned round within the range of all answers."""
    if isinstance(keyed, dict):
        turn = [float(keyed.get(name, 1)) < 0 for name in names]
    elif isinstance(keyed, list) and len(keyed) == len(names) and all(isinstance(key, int | float) for key in keyed):
        turn = [key < 0 for key in keyed]
    elif isinstance(keyed, list):
        turn = [name in keyed or f"-{name}" in keyed for name in names]
    else:
        turn = [False] * len(names)
    ends = np.nanmin(items) + np.nanmax(items)
    return np.where(np.array(turn), ends - items, items)
