"""Models with a formula: mixed models, cluster-robust errors, response weights, pooling of imputations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tests.reference.comparing import AnyOf
from tests.reference.fixtures import Fixture, Table
from tests.reference.methods.shared import coefficient_table, level
from toolkit.evaluate.designs import Design, build_design
from toolkit.evaluate.mixed_models import fit_formula, run_term_tests, tabulate_effects
from toolkit.stats.cluster_robust import estimate_robust, fit_clustered
from toolkit.stats.imputation import PooledImputations, pool_imputations, pool_r_squared
from toolkit.stats.mixed import MixedFit
from toolkit.stats.mixed_inference import FixedEffect, JointTest
from toolkit.stats.mixed_profile import profile_intervals
from toolkit.stats.mixed_summary import explain_variance
from toolkit.stats.regression import LinearFit, fit_linear
from toolkit.stats.response_weights import weighted_mean_of_responders
from toolkit.stats.weights import fit_weighted
from toolkit.stats.wild_bootstrap import bootstrap_wild

CORRECTIONS = ("CR0", "CR1", "CR1S", "CR2", "CR3")


def to_frame(table: Table) -> pd.DataFrame:
    """The table as a data frame: text stays text, numbers numbers."""
    return pd.DataFrame(
        {name: table.labels(name) if table.is_text(name) else table.numbers(name) for name in table.columns}
    )


def to_matrix(design: Design) -> tuple[np.ndarray, list[str]]:
    """Columns with the intercept first, and their names as R gives them."""
    constant = {"(Intercept)": np.ones(design.n)} if design.intercept else {}
    columns = {**constant, **design.fixed}
    return np.stack([np.asarray(column, dtype=float) for column in columns.values()], axis=1), list(columns)


def offer_cluster_robust(fixture: Fixture) -> dict[str, Any]:
    frame = to_frame(fixture.table())
    cluster = fixture.input("cluster")
    known = frame[cluster].notna()
    frame = frame[known].reset_index(drop=True)
    design = build_design(fixture.input("formula"), frame)
    labels = frame[cluster] if design.rows is None else frame.loc[design.rows, cluster]
    fit = fit_clustered(design.outcome, design.fixed, cluster=labels.to_numpy(), intercept=design.intercept)
    offered: dict[str, Any] = {"n": fit.n, "coef": dict(zip(fit.names, fit.coefficients, strict=True))}
    for correction in CORRECTIONS:
        effects = estimate_robust(fit, correction=correction, conf_level=level(fixture))
        offered[correction] = {
            "se": [each.std_error for each in effects],
            "df_satt": [each.df for each in effects],
            "p": [each.p_value for each in effects],
        }
    wild = fixture.inputs.get("wild")
    for name in wild if isinstance(wild, list) else [wild] if wild else []:
        # The fixtures count every sign vector, however few the clusters are.
        test = bootstrap_wild(fit, name, weights="rademacher")
        offered[f"wcr_{name}"] = {
            "t_cr0": test.statistic,
            "G": test.n_clusters,
            "draws": test.draws,
            "p_equal_tail_abs_strict": test.share_above,
            "p_abs_weak": test.p_value,
        }
    return offered


def offer_lmm(fixture: Fixture) -> dict[str, Any]:
    frame, formula = to_frame(fixture.table()), fixture.input("formula")
    model, full = fit_formula(formula, frame), fit_formula(formula, frame, method="ml")
    fit, ml = model.fit, full.fit
    theta = [float(value) for value in fit.theta]
    explained = explain_variance(fit)
    offered = {
        "n": fit.n,
        "ngrps": dict(fit.n_groups),
        "fixef_satterthwaite": _effects(tabulate_effects(model, df_method="satterthwaite", conf_level=level(fixture))),
        "fixef_kenward_roger": _effects(tabulate_effects(model, df_method="kenward_roger", conf_level=level(fixture))),
        "anova_satt": _tests(run_term_tests(model, df_method="satterthwaite")),
        "anova_kr": _tests(run_term_tests(model, df_method="kenward_roger")),
        "varcomp": _components(fit),
        "sigma": fit.sigma,
        "reml_criterion": fit.criterion,
        "logLik_reml": fit.log_likelihood,
        "ml_logLik": ml.log_likelihood,
        "ml_fixef": dict(zip(ml.names, ml.coefficients, strict=True)),
        "ml_sd": [component["sdcor"] for component in _components(ml)],
        "singular": fit.singular,
        "theta": theta[0] if len(theta) == 1 else theta,
        "r2_marginal": explained.marginal,
        "r2_conditional": explained.conditional,
        **_null_model(formula, frame, values=fixture.values),
    }
    if any(str(name).startswith("profile") for name in fixture.values):
        ends = [f"{100 * share:g} %" for share in ((1 - level(fixture)) / 2, (1 + level(fixture)) / 2)]
        offered["profile_ci95"] = {
            each.name: dict(zip(ends, (each.conf_low, each.conf_high), strict=True))
            for each in profile_intervals(fit, conf_level=level(fixture))
        }
    return offered


def _null_model(formula: str, frame: pd.DataFrame, *, values: Mapping[str, Any]) -> dict[str, Any]:
    """The model without predictors: variances and their share between groups."""
    if not {"null_icc", "null_var"} & set(values):
        return {}
    outcome, right = formula.split("~")
    random = " + ".join(re.findall(r"\([^()]*\|[^()]*\)", right))
    used = build_design(formula, frame).rows
    rows = frame if used is None else frame[used].reset_index(drop=True)
    fit = fit_formula(f"{outcome} ~ 1 + {random}", rows).fit
    variances = [component["vcov"] for component in _components(fit) if component["var2"] is None]
    return {"null_var": variances, "null_icc": variances[0] / sum(variances)}


def _effects(effects: Iterable[FixedEffect]) -> dict[str, dict[str, float | None]]:
    return {
        each.name: {
            "Estimate": each.estimate,
            "Std. Error": each.std_error,
            "df": each.df,
            "t value": each.statistic,
            "Pr(>|t|)": each.p_value,
        }
        for each in effects
    }


def _tests(tests: Mapping[str, JointTest]) -> dict[str, dict[str, float]] | None:
    if not tests:
        return None
    return {
        re.sub(r"C\(([^()]*)\)", r"\1", term): {
            "Sum Sq": test.sum_squares,
            "Mean Sq": test.mean_square,
            "NumDF": test.df_num,
            "DenDF": test.df_den,
            "F value": test.statistic,
            "Pr(>F)": test.p_value,
        }
        for term, test in tests.items()
    }


def _components(fit: MixedFit) -> list[dict[str, Any]]:
    return [
        {
            "grp": each.group,
            "var1": each.name or None,
            "var2": each.other or None,
            "vcov": each.variance,
            "sdcor": each.sd,
        }
        for each in fit.variances
    ]


def offer_ipw_attrition(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    frame, response = to_frame(table), fixture.input("response")
    design = build_design(fixture.input("response_formula"), frame)
    x, names = to_matrix(design)
    used = np.ones(len(frame), dtype=bool) if design.rows is None else np.asarray(design.rows)
    outcome, seen = table.numbers(fixture.input("outcome"))[used], table.numbers(response)[used]
    # A person who answered the survey may still lack this one outcome.
    answered = np.where(np.isnan(outcome), 0.0, seen)
    scored = weighted_mean_of_responders(np.where(seen == 1, np.nan_to_num(outcome), np.nan), seen, design=x)
    weights = np.full(len(frame), np.nan)
    weights[np.flatnonzero(used)[seen == 1]] = scored.weights
    kept = np.flatnonzero(used)[answered == 1]
    own, values = weights[kept], table.numbers(fixture.input("outcome"))[kept]
    model = build_design(fixture.input("outcome_formula"), frame.iloc[kept].reset_index(drop=True))
    columns, terms = to_matrix(model)
    rows = np.ones(len(kept), dtype=bool) if model.rows is None else np.asarray(model.rows)
    fit, errors = fit_weighted(model.outcome, columns, weights=own[rows])
    all_weights = np.array(scored.weights)
    return {
        "ps_coef": dict(zip(names, scored.score_coefficients, strict=True)),
        "n_obs": len(all_weights),
        "mean_unweighted": float(values.mean()),
        "mean_ipw": float(own @ values / own.sum()),
        "ess": scored.effective_n,
        "w_range": [scored.smallest_weight, scored.largest_weight],
        "svyglm": coefficient_table(terms, fit.coefficients, errors, df=int(rows.sum()) - len(terms)),
    }


def offer_rubin(fixture: Fixture) -> dict[str, Any]:
    frame, label = to_frame(fixture.table()), fixture.inputs.get("imputation", ".imp")
    fits: list[LinearFit] = []
    for number in sorted(frame[label].unique()):
        if str(number) in ("0", "0.0"):
            continue
        design = build_design(fixture.input("formula"), frame[frame[label] == number].reset_index(drop=True))
        x, names = to_matrix(design)
        fits.append(fit_linear(design.outcome, x, names=names))
    names = fits[0].names
    df_complete = int(fixture.inputs.get("n_complete", fits[0].n)) - len(names)
    pooled = [
        pool_imputations(
            [fit.coefficients[place] for fit in fits],
            [fit.std_errors[place] for fit in fits],
            df_complete=df_complete,
            conf_level=level(fixture),
            name=name,
        )
        for place, name in enumerate(names)
    ]
    squared = pool_r_squared([fit.r_squared for fit in fits], n=fits[0].n, conf_level=level(fixture))
    columns = {
        "estimate": "estimate",
        "se": "std_error",
        "t": "statistic",
        "df": "df",
        "p": "p_value",
        "lo": "conf_low",
        "hi": "conf_high",
        "ubar": "within_variance",
        "b": "between_variance",
        "total": "total_variance",
        "riv": "relative_increase",
        "lambda": "share_between",
        "fmi": "missing_information",
        "dfcom": "df_complete",
    }
    offered = {name: [getattr(each, field) for each in pooled] for name, field in columns.items()}
    r2 = [squared.estimate, *_r2_limits(squared), squared.missing_information]
    return {"m": len(fits), "terms": list(names), **offered, "r2_pooled": r2}


def _r2_limits(squared: PooledImputations) -> list[AnyOf]:
    """The limits, and the same with the normal quantile that mice writes as 1.96."""
    z, half = np.arctanh(np.sqrt(squared.estimate)), 1.96 * np.sqrt(squared.total_variance)
    ends = zip((squared.conf_low, squared.conf_high), np.tanh([z - half, z + half]) ** 2, strict=True)
    return [AnyOf({"exact": exact, "mice's rounded 1.96": rounded}) for exact, rounded in ends]
